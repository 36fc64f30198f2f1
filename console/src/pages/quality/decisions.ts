/** What somebody decided about values to mend. Pure; the service makes tables of it and reads them (operations s.2.7). */
import type { PrecheckDecision, PrecheckRow } from '../../api/generated.ts';

export type Decisions = ReadonlyMap<string, PrecheckDecision>;
type About = Pick<PrecheckDecision, 'dn' | 'attribute' | 'value'>;

/** Object, attribute and value: what a decision is about. */
const keyOf = ({ dn, attribute, value }: About): string =>
  JSON.stringify([dn.toLowerCase(), attribute.toLowerCase(), value]);

export const decisionsOf = (list: readonly PrecheckDecision[]): Decisions => new Map(list.map((d) => [keyOf(d), d]));
export const decisionOf = (decisions: Decisions, row: PrecheckRow): PrecheckDecision | undefined =>
  decisions.get(keyOf(row));

/** The decisions with this row accepted as it is proposed, or left open again. */
export function toggled(decisions: Decisions, row: PrecheckRow): Decisions {
  const next = new Map(decisions);
  const { dn, attribute, value, action, update } = row;
  if (!next.delete(keyOf(row)) && action !== null)
    next.set(keyOf(row), { dn, attribute, value, action, update: update ?? '' });
  return next;
}

/** Those that write something; COMPLETE says that a value is right as it is. */
export const changesOf = (decisions: Decisions): PrecheckDecision[] =>
  [...decisions.values()].filter((d) => d.action !== 'COMPLETE');
