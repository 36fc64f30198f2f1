/** Objects and identities: searching, listing, and one with everything that belongs to it. */
import { z } from 'zod';
import { type Description, describe } from '../../diagnosis/describe.ts';
import { type Found, findObjects, searchObjects } from '../../diagnosis/find.ts';
import {
  type HistoryChange,
  journalTitle,
  type ReferenceChange,
  referencesOf,
} from '../../diagnosis/history/history.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { Refusal } from '../refusal.ts';
import { requireConnector } from './delete-plan.ts';
import { numberCursor, type Page, pageOfRows, pageQuery } from './page.ts';
import { changesOf, connectorNames, iso } from './runs.ts';

export const hitSchema = z.object({
  id: z.number().int(),
  reference: z.string().describe('What object pages and verbs take: mv:<number> or cs:<number>.'),
  space: z.enum(['cs', 'mv']),
  connector: z.string().optional(),
  type: z.string(),
  name: z.string(),
  dn: z.string().optional(),
});
export type Hit = z.infer<typeof hitSchema>;
export const objectQuery = pageQuery.extend({
  space: z.enum(['cs', 'mv']).default('mv'),
  q: z
    .string()
    .max(2048)
    .optional()
    .describe('DN, UPN, mail, sAMAccountName, GUID, source anchor, cloud id, or how one of them begins.'),
  type: z.string().max(64).optional(),
  connector: z.string().max(256).optional(),
  scope: z
    .enum(['all', 'pending-import', 'pending-export', 'errors', 'disconnected'])
    .default('all')
    .describe('State, in the connector space.'),
});
export type ObjectQuery = z.infer<typeof objectQuery>;

/** Hits of a search, or all objects page by page. */
export function objectPage(store: Store, config: LoadedConfiguration, query: ObjectQuery): Page<Hit> {
  if (query.q !== undefined && query.q.trim() !== '') return searchPage(store, query, query.q);
  const after = numberCursor(query.cursor, 0);
  const type = query.type === undefined ? {} : { type: query.type };
  if (query.space === 'mv') {
    const rows = store.reports.mvPage({ after, ...type, limit: query.limit + 1 });
    return pageOfRows(rows, query.limit, mvHit, (last) => String(last.id));
  }
  const names = connectorNames(store);
  const connector =
    query.connector === undefined ? undefined : (requireConnector(store, config, query.connector) ?? -1);
  const rows = store.reports.csPage(query.scope, {
    after,
    ...type,
    ...(connector === undefined ? {} : { connector }),
    limit: query.limit + 1,
  });
  return pageOfRows(
    rows,
    query.limit,
    (row) => csHit(row, names),
    (last) => String(last.id),
  );
}

function searchPage(store: Store, query: ObjectQuery, q: string): Page<Hit> {
  const hits = searchObjects(store, query.space, q, query.limit)
    .filter((h) => query.type === undefined || h.type === query.type)
    .filter((h) => query.connector === undefined || h.connector === query.connector)
    .map((h) => ({ ...h, reference: `${h.space}:${h.id}` }));
  return { items: hits, next: null };
}

/** Identities that contain a text anywhere. Reads everything: not for the thread that answers others. */
export function containing(store: Store, text: string, limit: number): Hit[] {
  return store.search.mvContaining(text, limit).flatMap((id) => {
    const row = store.mv.get(id);
    return row ? [mvHit(row)] : [];
  });
}

function mvHit(row: MvRow): Hit {
  const v = JSON.parse(row.attributes) as Record<string, unknown>;
  const name = v.displayName ?? v.userPrincipalName ?? v.accountName ?? v.cn ?? v.sourceAnchor ?? '';
  return { id: row.id, reference: `mv:${row.id}`, space: 'mv', type: row.type, name: String(name) };
}

function csHit(row: CsRow, names: ReadonlyMap<number, string>): Hit {
  const v = JSON.parse(row.attributes ?? '{}') as Record<string, unknown>;
  return {
    id: row.id,
    reference: `cs:${row.id}`,
    space: 'cs',
    connector: names.get(row.connector) ?? '',
    type: row.object_type ?? '',
    name: String(v.displayName ?? v.cn ?? ''),
    dn: row.dn,
  };
}

const value = z.unknown().describe('Text, number, boolean, {base64}, {date}, {dn}, {int}, or a list of these.');
const references = { count: z.number().int(), sample: z.array(z.string()) };
export const objectErrorSchema = z.object({
  phase: z.string(),
  code: z.string(),
  message: z.string(),
  attribute: z.string().optional(),
  rule: z.string().optional(),
  firstSeen: z.string(),
  lastSeen: z.string(),
  count: z.number().int(),
  nextAttempt: z.string().optional(),
});
export const descriptionSchema = z.object({
  reference: z.string(),
  mv: z
    .object({
      id: z.number().int(),
      type: z.string(),
      attributes: z.record(
        z.string(),
        z
          .object({ value, rule: z.string(), connector: z.string(), dn: z.string() })
          .describe('With where it came from.'),
      ),
      references: z.record(z.string(), z.object({ ...references, rule: z.string(), dn: z.string() })),
    })
    .nullable(),
  objects: z.array(
    z.object({
      id: z.number().int(),
      connector: z.string(),
      connectorType: z.string(),
      dn: z.string(),
      anchor: z.string().nullable(),
      type: z.string().nullable(),
      attributes: z.record(z.string(), value),
      references: z.record(z.string(), z.object(references)),
      pendingImport: z.object({ kind: z.string(), previous: z.unknown() }).nullable(),
      pendingExport: z
        .object({
          operation: z.string(),
          state: z.enum(['pending', 'in-progress']),
          attributes: z.unknown(),
          attempt: z.number().int(),
        })
        .nullable(),
      pendingReferences: z.number().int(),
      unconfirmed: z.unknown(),
      link: z.object({ origin: z.string(), rule: z.string(), since: z.string() }).nullable(),
      errors: z.array(objectErrorSchema),
    }),
  ),
});

/** The one object that a reference means. Throws a Refusal if there is none, or several. */
export function requireObject(store: Store, reference: string): Found {
  const found = findObjects(store, reference);
  const [first, second] = found;
  if (!first) {
    throw new Refusal(
      'not-found',
      `Nothing is known of "${reference}". Give a DN, UPN, mail address, sAMAccountName, GUID, source anchor or cloud id; "causeway search mv ${reference}" finds by how a name begins.`,
      { code: 'unknown-object' },
    );
  }
  if (second) {
    const candidates = found.map((f) => (f.mv === null ? `cs:${f.cs[0]}` : `mv:${f.mv}`));
    throw new Refusal(
      'conflict',
      `"${reference}" may mean ${found.length} objects: ${candidates.join(', ')}. Name one of them.`,
      { code: 'ambiguous-reference', facts: { candidates } },
    );
  }
  return first;
}

export const referenceOf = (found: Found): string => (found.mv === null ? `cs:${found.cs[0]}` : `mv:${found.mv}`);

/** An identity with all its objects, or an object that has none. */
export function objectFacts(store: Store, reference: string): Description & { readonly reference: string } {
  const found = requireObject(store, reference);
  return { reference: referenceOf(found), ...describe(store, found) };
}

export const historySchema = z.object({
  id: z.number().int(),
  time: z.string(),
  run: z.number().int().nullable(),
  kind: z.string(),
  title: z.string(),
  connector: z.string().nullable(),
  dn: z.string().nullable(),
  changes: z.array(z.object({ attribute: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })),
  detail: z.record(z.string(), z.unknown()),
});
export type HistoryLine = z.infer<typeof historySchema>;

/** Lines of a history at most. */
const longestHistory = 1000;
export const historyQuery = z.object({
  limit: z.coerce.number().int().min(1).max(longestHistory).default(longestHistory).describe('Newest lines.'),
  before: z.coerce.number().int().min(1).optional().describe('Only lines with a smaller id than that.'),
});
export type HistoryQuery = z.infer<typeof historyQuery>;

/** Who went is what was before, who came what is after; of many the rest is a number. */
function namesChange({ attribute, added, removed }: HistoryChange) {
  const list = (taken: ReferenceChange) => {
    const rest = taken.count - taken.names.length;
    return [...taken.names, ...(rest > 0 ? [`… ${rest} more`] : [])];
  };
  return { attribute, ...(removed ? { before: list(removed) } : {}), ...(added ? { after: list(added) } : {}) };
}

/** What happened to an identity and its objects, oldest first. */
export function historyFacts(
  store: Store,
  reference: string,
  { limit, before }: HistoryQuery = { limit: longestHistory },
): HistoryLine[] {
  const found = requireObject(store, reference);
  const names = connectorNames(store);
  const rows = new Map(
    [...found.cs.map((cs) => store.records.journalOf(null, cs)), store.records.journalOf(found.mv, null)]
      .flat()
      .map((row) => [row.id, row]),
  );
  return [...rows.values()]
    .filter((row) => before === undefined || row.id < before)
    .sort((a, b) => a.id - b.id)
    .slice(-limit)
    .map((row) => {
      const detail = JSON.parse(row.detail) as Record<string, unknown>;
      const { changes: _, before: __, after: ___, references: ____, ...rest } = detail;
      const cs = row.cs === null ? undefined : store.cs.get(row.cs);
      return {
        id: row.id,
        time: iso(row.time),
        run: row.run,
        kind: row.kind,
        title: journalTitle(row.kind),
        connector: cs ? (names.get(cs.connector) ?? null) : null,
        dn: cs?.dn ?? null,
        changes: [...changesOf(detail), ...referencesOf(store, detail).map(namesChange)],
        detail: rest,
      };
    });
}
