/** What a decision changes on the stored object, and the object as it is afterwards. */
import type { Attributes, AttributeValue } from '../model/value.ts';
import type { CloudObject, ObjectClass } from './objects.ts';

/** Only what differs from the object before. An absent member stays as it is; `null` clears. */
export interface ObjectChanges {
  readonly onPremisesSyncEnabled?: boolean | null;
  readonly immutableId?: string | null;
  readonly objectIdentifier?: string | null;
  readonly moera?: string | null;
  /** false: out of the recycle bin; true: into it. */
  readonly deleted?: boolean;
  /** By sync-plane names. */
  readonly shadow: Readonly<Record<string, AttributeValue | null>>;
  /** By Graph names and in Graph form. */
  readonly graph: Readonly<Record<string, unknown>>;
}

export const noChanges: ObjectChanges = { shadow: {}, graph: {} };

export const isUnchanged = (changes: ObjectChanges): boolean =>
  Object.keys(changes).length === 2 &&
  Object.keys(changes.shadow).length === 0 &&
  Object.keys(changes.graph).length === 0;

const blank = { onPremisesSyncEnabled: null, deleted: false, graph: {}, shadow: {} };

/** The object with the changes applied; `before` is undefined for a new one. Pure. */
export function applyChanges(
  before: CloudObject | undefined,
  identity: { readonly id: string; readonly class: ObjectClass },
  changes: ObjectChanges,
): CloudObject {
  const base: CloudObject = before ?? { ...identity, ...blank };
  const pick = <T>(change: T | null | undefined, old: T | undefined): T | undefined =>
    change === undefined ? old : (change ?? undefined);
  return {
    id: base.id,
    class: base.class,
    onPremisesSyncEnabled:
      changes.onPremisesSyncEnabled === undefined ? base.onPremisesSyncEnabled : changes.onPremisesSyncEnabled,
    immutableId: pick(changes.immutableId, base.immutableId),
    objectIdentifier: pick(changes.objectIdentifier, base.objectIdentifier),
    moera: pick(changes.moera, base.moera),
    deleted: changes.deleted ?? base.deleted,
    cloudManaged: base.cloudManaged,
    licence: base.licence,
    subscriptions: base.subscriptions,
    graph: merged(base.graph, changes.graph),
    shadow: merged(base.shadow, changes.shadow) as Attributes,
  };
}

/** The record with the patch applied; `null` takes a member away. */
export function merged<T>(record: Readonly<Record<string, T>>, patch: Readonly<Record<string, T | null>>) {
  const changes = Object.entries(patch);
  // Most changes of references change no value, and a new object has only what comes with it.
  if (changes.length === 0) return record as Record<string, T>;
  const result = new Map(Object.entries(record));
  if (result.size === 0 && changes.every(([, value]) => value !== null)) return { ...patch } as Record<string, T>;
  for (const [name, value] of changes) {
    if (value === null) result.delete(name);
    else result.set(name, value);
  }
  return Object.fromEntries(result) as Record<string, T>;
}
