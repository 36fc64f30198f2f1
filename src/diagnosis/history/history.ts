/**
 * The past of an identity from the journal: every change with the run that made it, the rule that gave the value, and the
 * configuration that was in force. Reads only.
 */
import type { AttributeValue } from '../../model/value.ts';
import type { VersionRow } from '../../store/administration.ts';
import type { JournalRow } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { type Found, findObjects } from '../find.ts';

export interface HistoryChange {
  readonly attribute: string;
  readonly before?: AttributeValue;
  readonly after?: AttributeValue;
  /** The rule that gave the value, or took it away. */
  readonly rule?: string;
  /** Of references: who came, and who went. */
  readonly added?: ReferenceChange;
  readonly removed?: ReferenceChange;
}
export interface ReferenceChange {
  readonly count: number;
  /** The first of them, by sign-in name, address or display name. */
  readonly names: readonly string[];
}
export interface HistoryEntry {
  readonly id: number;
  /** ISO instant. */
  readonly time: string;
  readonly run: number | null;
  readonly profile: string | null;
  /** The version of the configuration in force; null if none was kept by then. */
  readonly configuration: number | null;
  readonly kind: string;
  readonly title: string;
  readonly connector: string | null;
  readonly dn: string | null;
  readonly changes: readonly HistoryChange[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What a line of the journal is called. */
const titles: Readonly<Record<string, string>> = {
  linked: 'was linked to the identity',
  unlinked: 'was disconnected from the identity',
  deprovisioned: 'is to be deleted in the target',
  exported: 'was exported',
  'references-exported': 'its references were exported',
  'identity-changed': 'the identity changed',
  'identity-removed': 'the identity was removed',
  'unknown-export-resolved': 'an export without answer was resolved by reading back',
  'changed-in-directory': 'was changed in the directory by an administrator',
};

export const journalTitle = (kind: string): string => titles[kind] ?? kind.replaceAll('-', ' ');

export interface JournalDetail {
  readonly [name: string]: unknown;
  readonly changes?: Readonly<Record<string, { before?: AttributeValue; after?: AttributeValue; rule?: string }>>;
  readonly before?: Readonly<Record<string, AttributeValue>>;
  readonly after?: Readonly<Record<string, AttributeValue | null>>;
  readonly references?: Readonly<Record<string, Readonly<Partial<Record<'added' | 'removed', ReferencesTaken>>>>>;
}
/** As the export writes it down: of many only the first identities are named. */
export interface ReferencesTaken {
  readonly count: number;
  readonly mv: readonly number[];
}
export const detailOf = (row: JournalRow): JournalDetail => JSON.parse(row.detail) as JournalDetail;

/** Rows of the journal about an identity and its objects, oldest first. */
export function journalRows(store: Store, found: Found): JournalRow[] {
  const rows = [
    ...found.cs.flatMap((cs) => store.records.journalOf(null, cs)),
    ...(found.mv === null ? [] : store.records.journalOf(found.mv, null)),
  ];
  return [...new Map(rows.map((row) => [row.id, row])).values()].sort((a, b) => a.id - b.id);
}

/** What happened to an identity and its objects, oldest first; of a very long past the newest `limit` entries. */
export function historyOf(store: Store, found: Found, limit = 1000): HistoryEntry[] {
  const versions = versionsOf(store);
  const names = new Map(store.records.connectors().map((c) => [c.id, c.name]));
  return journalRows(store, found)
    .slice(-limit)
    .map((row): HistoryEntry => {
      const detail = detailOf(row);
      const { changes: _, before: __, after: ___, references: ____, ...rest } = detail;
      const cs = row.cs === null ? undefined : store.cs.get(row.cs);
      return {
        id: row.id,
        time: new Date(row.time).toISOString(),
        run: row.run,
        profile: row.run === null ? null : (store.records.run(row.run)?.profile ?? null),
        configuration: versions.find((v) => v.time <= row.time)?.id ?? null,
        kind: row.kind,
        title: journalTitle(row.kind),
        connector: cs ? (names.get(cs.connector) ?? null) : null,
        dn: cs?.dn ?? (typeof rest.dn === 'string' ? rest.dn : null),
        changes: [...changesOf(detail), ...referencesOf(store, detail)],
        detail: rest,
      };
    });
}

/** Newest first. */
export const versionsOf = (store: Store): readonly VersionRow[] =>
  store.administration.versionPage(Number.MAX_SAFE_INTEGER, 10_000);

export function changesOf({ changes, before, after }: JournalDetail): HistoryChange[] {
  if (changes) return Object.entries(changes).map(([attribute, change]) => ({ attribute, ...change }));
  if (!after) return [];
  return Object.entries(after).map(([attribute, value]) => ({
    attribute,
    ...(before?.[attribute] === undefined ? {} : { before: before[attribute] }),
    ...(value === null ? {} : { after: value }),
  }));
}

/** Who came and who went, of each attribute. */
export function referencesOf(store: Store, { references = {} }: JournalDetail): HistoryChange[] {
  const told = (side: 'added' | 'removed', taken: ReferencesTaken | undefined) =>
    taken && { [side]: { count: taken.count, names: taken.mv.map((mv) => nameOfIdentity(store, mv)) } };
  return Object.entries(references).map(([attribute, { added, removed }]) => ({
    attribute,
    ...told('added', added),
    ...told('removed', removed),
  }));
}

/** What people call an identity, or called it before it was removed. */
function nameOfIdentity(store: Store, mv: number): string {
  const now = store.mv.get(mv)?.attributes;
  const removed = now === undefined && store.records.journalOf(mv, null).findLast((r) => r.kind === 'identity-removed');
  const values = now === undefined ? removed && detailOf(removed).attributes : JSON.parse(now);
  const { userPrincipalName, mail, displayName, cn } = (values || {}) as Readonly<Record<string, unknown>>;
  return String(userPrincipalName ?? mail ?? displayName ?? cn ?? `mv:${mv}`);
}

/** What a reference means now; if nothing, the identities that were called so before they were removed, newest first. */
export function findPast(store: Store, reference: string): readonly Found[] {
  const now = findObjects(store, reference);
  if (now.length > 0) return now;
  const text = reference.trim().toLowerCase();
  const numbered = /^mv:(\d+)$/.exec(text)?.[1];
  if (text === '') return [];
  const found = new Map<number, Found>();
  for (const row of store.records.removedIdentities(numbered ? '' : JSON.stringify(text).slice(1, -1))) {
    if (row.mv === null || found.has(row.mv)) continue;
    const attributes = (detailOf(row).attributes ?? {}) as Readonly<Record<string, unknown>>;
    const isIt = numbered
      ? row.mv === Number(numbered)
      : Object.values(attributes).some((v) => typeof v === 'string' && v.toLowerCase() === text);
    if (isIt) found.set(row.mv, { mv: row.mv, cs: linkedBefore(store, row.mv) });
  }
  return [...found.values()];
}

/** The objects that belonged to an identity at any time. */
function linkedBefore(store: Store, mv: number): number[] {
  const rows = store.records.journalOf(mv, null).filter((row) => row.kind === 'linked' && row.cs !== null);
  return [...new Set(rows.map((row) => row.cs as number))];
}
