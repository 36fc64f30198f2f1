/** What is said of a group by whoever knows it. */
export interface GroupFacts<Id> {
  readonly isSecurity: boolean;
  readonly memberOf: Iterable<Id>;
}

/**
 * The number of security groups that somebody is in, directly and through groups in groups of any kind; circles count
 * once. Stops after one more than `enough`. SharePoint looks at 2,049 of them at most, the directory itself has no limit
 * (entra-directory s.4.3).
 */
export function countSecurityGroups<Id>(
  direct: Iterable<Id>,
  factsOf: (id: Id) => GroupFacts<Id> | undefined,
  enough = Number.POSITIVE_INFINITY,
): number {
  const seen = new Set<Id>(direct);
  let count = 0;
  // A set is walked to what is added to it on the way.
  for (const id of seen) {
    const facts = factsOf(id);
    if (facts === undefined) continue;
    if (facts.isSecurity) count += 1;
    if (count > enough) return count;
    for (const parent of facts.memberOf) seen.add(parent);
  }
  return count;
}
