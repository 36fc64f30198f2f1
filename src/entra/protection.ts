/** What synchronization must not do to objects it does not own (entra-directory s.1.4 and 1.7). */
import type { Attributes } from '../model/value.ts';
import { type RuleError, ruleError } from './errors.ts';
import { graphProperties, sameGraphValue } from './graph-form.ts';
import type { CloudObject, ObjectClass } from './objects.ts';
import { propertiesOf } from './properties.ts';

/** What a delete through the sync plane does to an object. */
export type Deletion =
  /** Into the recycle bin for 30 days; onPremisesSyncEnabled becomes false, the anchor stays. */
  { readonly kind: 'soft' } | { readonly kind: 'hard' } | { readonly kind: 'refused'; readonly error: RuleError };

/** The effect of a delete (s.1.7): only what is mastered on-premises may be deleted by synchronization. */
export function decideDeletion(object: CloudObject): Deletion {
  if (object.onPremisesSyncEnabled !== true || object.cloudManaged === true) {
    return { kind: 'refused', error: ruleError('DeletingCloudOnlyObjectNotAllowed', { objectId: object.id }) };
  }
  return { kind: hasRecycleBin(object.class, object.graph.groupTypes) ? 'soft' : 'hard' };
}

/** Users, and of the groups only Microsoft 365 groups, have a recycle bin (s.1.7 [M]). */
export const hasRecycleBin = (objectClass: ObjectClass, groupTypes: unknown): boolean =>
  objectClass === 'user' || (objectClass === 'group' && Array.isArray(groupTypes) && groupTypes.includes('Unified'));

/** Why a password hash is refused; undefined if it is taken (s.1.7, s.3.1 code 90). */
export function refuseCredential(
  object: CloudObject | undefined,
  sourceAnchor: string,
  features: Readonly<Partial<Record<string, boolean>>>,
): RuleError | undefined {
  if (features.passwordSyncEnabled !== true) return ruleError('PasswordSyncNotActivated', {});
  if (object === undefined || object.deleted) return ruleError('ObjectNotFound', { objectId: sourceAnchor });
  if (object.class !== 'user' || object.onPremisesSyncEnabled !== true || object.cloudManaged === true) {
    return ruleError('PasswordAccessViolation', { objectId: object.id });
  }
  return undefined;
}

export type DeletionPrevention = 'disabled' | 'enabledForCount' | 'enabledForPercentage';
/**
 * Whether so many deletes in one export are too many (s.1.7, default 500 by count). `threshold` is a number of objects
 * or a percentage of `total`; a threshold of 0 counts as disabled.
 */
export function exceedsDeletionThreshold(
  deletes: number,
  total: number,
  prevention: DeletionPrevention,
  threshold: number,
): boolean {
  if (prevention === 'disabled' || threshold <= 0) return false;
  if (prevention === 'enabledForCount') return deletes > threshold;
  return total > 0 && (deletes / total) * 100 > threshold;
}

/** What taking over a cloud object changes, to show beforehand (s.1.4). */
export interface TakeoverEffects {
  /** Graph properties whose cloud value is replaced. */
  readonly overwritten: readonly { readonly property: string; readonly from: unknown; readonly to: unknown }[];
  /** Graph properties that only the cloud has. They stay for now; the next cycle may clear them [U]. */
  readonly kept: readonly string[];
}

export function takeoverEffects(
  candidate: CloudObject,
  graphAfter: Readonly<Record<string, unknown>>,
): TakeoverEffects {
  const overwritten = Object.entries(graphAfter).flatMap(([property, to]) => {
    const from = candidate.graph[property];
    const replaced = from !== undefined && from !== null && !sameGraphValue(from, to);
    return replaced ? [{ property, from, to }] : [];
  });
  const kept = syncedGraphNames(candidate.class).filter((name) => {
    const value = candidate.graph[name];
    const has = value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
    return has && !Object.hasOwn(graphAfter, name);
  });
  return { overwritten, kept };
}

const namesByClass = new Map<ObjectClass, readonly string[]>();
/** Graph properties that a directory masters once an object of the class is synchronized, computed ones left out. */
export function syncedGraphNames(objectClass: ObjectClass): readonly string[] {
  let names = namesByClass.get(objectClass);
  if (names === undefined) {
    const flowing = propertiesOf(objectClass).filter((rule) => rule.type !== 'reference');
    const none: Attributes = {};
    names = Object.keys(
      graphProperties(
        objectClass,
        flowing.map((rule) => rule.name),
        none,
        {},
      ),
    );
    namesByClass.set(objectClass, names);
  }
  return names;
}
