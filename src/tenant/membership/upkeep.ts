import { tenantLimits } from '../../entra/limits.ts';
import type { TenantContext } from '../context.ts';
import { type LinkKind, linkKinds } from '../store/links.ts';
import { objectColumns, type StoredObject } from '../store/objects.ts';
import { type MembershipRule, parseMembershipRule } from './rule.ts';

/** Keeps the members of groups and administrative units with a rule as the rule says. */
export interface MembershipUpkeep {
  /** Looks at what changed since the last call; within the transaction that changed it. */
  settle(): void;
  /** The transaction of the last call stays. */
  committed(): void;
}

interface Followed {
  readonly container: StoredObject;
  readonly link: LinkKind;
  readonly rule: MembershipRule;
}
type Core = Pick<TenantContext, 'db' | 'objects' | 'links' | 'settings'>;

const pageSize = 1000;
const markName = 'membershipChange';

/**
 * The real service follows rules minutes or hours later; here members are right as soon as the write is done. Without
 * rules a write costs one look at the containers it changed.
 */
export function createMembershipUpkeep(core: Core): MembershipUpkeep {
  let followed: Map<number, Followed> | undefined;
  let mark = 0;
  let isOpen = false;
  core.db.onRollback(() => {
    // What was undone before anything was settled has changed nothing here: refused writes are no reason to read all rules.
    if (isOpen) followed = undefined;
    isOpen = false;
  });
  return {
    settle() {
      isOpen = true;
      if (!followed) {
        mark = Number(core.settings.get(markName) ?? 0);
        followed = readFollowed(core, mark);
      }
      const { lastChange } = core.objects;
      if (lastChange === mark) return;
      const fresh = refresh(core, followed, mark);
      if (followed.size > 0) {
        const all = [...followed.values()];
        for (const one of fresh) evaluateAll(core, one);
        evaluateChanged(core, all, mark);
        core.settings.set(markName, core.objects.lastChange);
      }
      mark = core.objects.lastChange;
    },
    committed() {
      isOpen = false;
    },
  };
}

/** The container's rule if it is followed: processing is on and can be paused. */
function followedOf(container: StoredObject): Followed | undefined {
  const { membershipRule, membershipRuleProcessingState, groupTypes, membershipType } = container.body;
  const isGroup = container.kind === 'group';
  const isDynamic = isGroup
    ? Array.isArray(groupTypes) && groupTypes.includes('DynamicMembership')
    : container.kind === 'administrativeUnit' && membershipType === 'Dynamic';
  if (!isDynamic || container.deletedAt !== undefined || membershipRuleProcessingState !== 'On') return undefined;
  const rule = parseMembershipRule(String(membershipRule));
  return { container, link: isGroup ? 'member' : 'unitMember', rule };
}

const hasRule = "kind IN ('group', 'administrativeUnit') AND json_extract(body, '$.membershipRule') IS NOT NULL";

/** The rules that were settled up to this number; younger ones are found as changes. */
function readFollowed({ objects }: Core, mark: number): Map<number, Followed> {
  const rows = objects.many(
    `SELECT ${objectColumns} FROM object o WHERE o.deleted_at IS NULL AND o.change <= ? AND o.${hasRule}`,
    mark,
  );
  return new Map(rows.flatMap((row) => [followedOf(row)].flatMap((one) => (one ? [[row.seq, one] as const] : []))));
}

/** Brings the followed rules up to date and returns those that are new or were changed. */
function refresh(core: Core, followed: Map<number, Followed>, mark: number): Followed[] {
  const { db, objects } = core;
  const changed = db
    .sql(`SELECT seq, ${hasRule} AS ruled FROM object WHERE change > ? AND kind IN ('group', 'administrativeUnit')`)
    .all(mark) as unknown as { seq: number; ruled: number }[];
  const fresh: Followed[] = [];
  for (const { seq, ruled } of changed) {
    const before = followed.get(seq);
    if (!before && ruled === 0) continue;
    followed.delete(seq);
    const now = objects.bySeq(seq);
    const one = now && followedOf(now);
    if (!one) continue;
    followed.set(seq, one);
    if (before?.container.body.membershipRule !== one.container.body.membershipRule) fresh.push(one);
  }
  const gone = db
    .sql("SELECT 1 FROM tombstone WHERE change > ? AND kind IN ('group', 'administrativeUnit') LIMIT 1")
    .get(mark);
  if (gone) for (const seq of followed.keys()) if (!objects.bySeq(seq)) followed.delete(seq);
  return fresh;
}

/** A new rule looks at every object; who was a member and does not fit leaves. */
function evaluateAll(core: Core, one: Followed): void {
  for (const member of core.links.targets(one.container.seq, one.link)) {
    if (member.kind !== one.rule.subject) core.links.remove(one.container.seq, one.link, member);
  }
  for (let after = 0; ; ) {
    const page = core.objects.many(
      `SELECT ${objectColumns} FROM object o WHERE o.kind = ? AND o.deleted_at IS NULL AND o.seq > ? ORDER BY o.seq LIMIT ?`,
      one.rule.subject,
      after,
      pageSize,
    );
    for (const object of page) apply(core, one, object);
    if (page.length < pageSize) return;
    after = (page.at(-1) as StoredObject).seq;
  }
}

function evaluateChanged(core: Core, all: readonly Followed[], mark: number): void {
  for (let after = mark; ; ) {
    const page = core.objects.many(
      `SELECT ${objectColumns} FROM object o WHERE o.change > ? AND o.kind IN ('user', 'device') ORDER BY o.change LIMIT ?`,
      after,
      pageSize,
    );
    for (const object of page) {
      if (object.deletedAt === undefined) {
        for (const one of all) if (one.rule.subject === object.kind) apply(core, one, object);
      }
    }
    if (page.length < pageSize) return;
    after = (page.at(-1) as StoredObject).change;
  }
}

/** Whom a rule would put into one unit too many stays out of it (entra-directory s.4.3). */
function apply({ links, db }: Core, { container, link, rule }: Followed, object: StoredObject): void {
  const isMember = links.has(container.seq, link, object.seq);
  const fits = rule.matches(object);
  if (fits === isMember) return;
  if (!fits) links.remove(container.seq, link, object);
  else if (link !== 'unitMember' || unitsOf(db, object) < tenantLimits.administrativeUnitsOfObject) {
    links.add(container.seq, link, object);
  }
}

/** Administrative units that the object is in, those in the recycle bin included: they may come back. */
export function unitsOf(db: TenantContext['db'], object: StoredObject): number {
  const row = db
    .sql(`SELECT count(*) AS n FROM link WHERE target = ? AND kind = ${linkKinds.unitMember}`)
    .get(object.seq) as { n: number };
  return row.n;
}
