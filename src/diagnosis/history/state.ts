/**
 * An identity as it was at a time: what it is now, with everything undone that the journal tells of since. What the journal does
 * not tell (members of groups, who lost what in a merge) is not in it.
 */
import { parseAttributes } from '../../connector-space/hologram.ts';
import type { Attributes, AttributeValue } from '../../model/value.ts';
import type { JournalRow } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { heldAttributes } from '../../sync/views.ts';
import type { Found } from '../find.ts';
import { changesOf, detailOf, journalRows, versionsOf } from './history.ts';

export interface PastObject {
  readonly cs: number;
  readonly connector: string;
  readonly dn: string;
  /** Targets: whether it was there by then. Null for objects of directories. */
  readonly inTarget: boolean | null;
  /** Targets: what had been sent to it by then. */
  readonly values: Attributes;
  /** Targets: how many references of each attribute it held by then. */
  readonly references: Readonly<Record<string, number>>;
}
export interface PastIdentity {
  /** ISO instant that was asked for. */
  readonly time: string;
  readonly mv: number | null;
  readonly exists: boolean;
  readonly type: string;
  readonly values: Attributes;
  /** The objects that belonged to it. */
  readonly objects: readonly PastObject[];
  readonly configuration: { readonly version: number; readonly who: string; readonly reason: string } | null;
  /** What cannot be told, as sentences. */
  readonly limits: readonly string[];
}

/** `time`: milliseconds since 1970. */
export function identityAt(store: Store, found: Found, time: number): PastIdentity {
  const rows = journalRows(store, found);
  const own = rows.filter((row) => row.mv !== null && row.mv === found.mv);
  const later = rows.filter((row) => row.time > time).reverse();
  const now = found.mv === null ? undefined : store.mv.get(found.mv);
  const removed = own.findLast((row) => row.kind === 'identity-removed');
  const last = removed && (detailOf(removed) as { type?: string; attributes?: Attributes });
  const values: Record<string, AttributeValue> = {
    ...(now ? (JSON.parse(now.attributes) as Attributes) : (last?.attributes ?? {})),
  };
  for (const row of later) if (row.kind === 'identity-changed') undo(values, row);
  const born = own.find((row) => row.kind === 'linked');
  const exists = Boolean((now || last) && (!born || born.time <= time) && !(removed && !now && removed.time <= time));
  const version = versionsOf(store).find((v) => v.time <= time);
  return {
    time: new Date(time).toISOString(),
    mv: found.mv,
    exists,
    type: now?.type ?? last?.type ?? '',
    values: exists ? values : {},
    objects: exists ? objectsAt(store, found, own, later, time) : [],
    configuration: version ? { version: version.id, who: version.who, reason: version.reason } : null,
    limits: limitsOf(rows, born, time, version !== undefined),
  };
}

function undo(values: Record<string, AttributeValue>, row: JournalRow): void {
  for (const { attribute, before } of changesOf(detailOf(row))) {
    if (before === undefined) delete values[attribute];
    else
      Object.defineProperty(values, attribute, { value: before, enumerable: true, writable: true, configurable: true });
  }
}

/** The links of that time, with what had been sent to each by then. */
function objectsAt(
  store: Store,
  found: Found,
  own: readonly JournalRow[],
  later: readonly JournalRow[],
  time: number,
): PastObject[] {
  const linked = new Map<number, boolean>();
  const names = new Map<number, string>();
  for (const row of own) {
    if (row.cs === null) continue;
    const { dn } = detailOf(row);
    if (typeof dn === 'string') names.set(row.cs, dn);
    if (row.time > time) continue;
    if (row.kind === 'linked') linked.set(row.cs, true);
    // What is to be deleted in a target is linked no more.
    if (row.kind === 'unlinked' || row.kind === 'deprovisioned') linked.set(row.cs, false);
  }
  // Links older than the journal.
  for (const cs of found.cs)
    if (!linked.has(cs) && !own.some((r) => r.cs === cs && r.kind === 'linked')) linked.set(cs, true);
  return [...linked].flatMap(([cs, is]) => (is ? [objectAt(store, cs, names.get(cs) ?? '', later)] : []));
}

function objectAt(store: Store, cs: number, name: string, later: readonly JournalRow[]): PastObject {
  const row = store.cs.get(cs);
  const connector = store.records.connectors().find((c) => c.id === row?.connector);
  const isTarget = connector?.type === 'entra';
  // What the cloud itself says of the object was never sent.
  const {
    cloudAnchor: _,
    cloudMastered: __,
    ...held
  } = isTarget ? heldAttributes(store, cs, parseAttributes(row?.attributes ?? null)) : {};
  const values: Record<string, AttributeValue> = { ...held };
  let inTarget = row?.anchor !== null && row?.anchor !== undefined;
  for (const entry of later.filter((r) => r.cs === cs && r.kind === 'exported')) {
    const { operation } = detailOf(entry);
    if (operation === 'add') inTarget = false;
    else if (operation === 'delete') inTarget = true;
    else undo(values, entry);
  }
  return {
    cs,
    connector: connector?.name ?? '',
    dn: row?.dn ?? name,
    inTarget: isTarget ? inTarget : null,
    values: isTarget && inTarget ? values : {},
    references: isTarget && inTarget ? referencesAt(store, cs, later) : {},
  };
}

/** How many references there were: those of now, with what was exported since undone. */
function referencesAt(store: Store, cs: number, later: readonly JournalRow[]): Record<string, number> {
  const numbers = new Map(store.references.counts(cs).map((c) => [store.attributes.name(c.attribute), c.count]));
  for (const entry of later.filter((r) => r.cs === cs && r.kind === 'references-exported'))
    for (const [name, { added, removed }] of Object.entries(detailOf(entry).references ?? {}))
      numbers.set(name, (numbers.get(name) ?? 0) - (added?.count ?? 0) + (removed?.count ?? 0));
  return Object.fromEntries([...numbers].filter(([, n]) => n > 0));
}

function limitsOf(
  rows: readonly JournalRow[],
  born: JournalRow | undefined,
  time: number,
  hasVersion: boolean,
): string[] {
  const limits: string[] = [];
  const first = rows[0];
  if (!first) limits.push('Nothing is written down about it, so it is shown as it is now.');
  else if (!born)
    limits.push(`The journal begins on ${new Date(first.time).toISOString()}; what was before is not known.`);
  if (!hasVersion && time > 0)
    limits.push('No version of the configuration was kept by then; a running service keeps them.');
  limits.push(
    'Of references such as the members of a group only the number is known for a time; history tells who came.',
  );
  return limits;
}
