/** What waits to be exported: the basis of the plan page. */
import { z } from 'zod';
import { parseDelta } from '../../connector-space/hologram.ts';
import type { Store } from '../../store/store.ts';
import { putOff } from '../../sync/obstacles.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { deletePlan, requireConnector } from './delete-plan.ts';
import { numberCursor, type Page, pageOfRows, pageQuery } from './page.ts';
import { iso } from './runs.ts';

export const deletePlanSchema = z.object({
  connector: z.string(),
  deletes: z.number().int(),
  threshold: z.number().int().describe('0: no limit.'),
  isHeld: z.boolean().describe('Nothing is exported to this connector until the deletes are approved.'),
  hash: z.string().describe('Of exactly this set of deletes; an approval names it.'),
  approval: z.object({ who: z.string(), time: z.number() }).optional(),
});
export const pendingSummarySchema = z.object({
  connector: z.string(),
  operations: z.object({ add: z.number().int(), update: z.number().int(), delete: z.number().int() }),
  groups: z.array(z.object({ operation: z.string(), type: z.string().nullable(), count: z.number().int() })),
  attributes: z
    .array(z.object({ attribute: z.string(), count: z.number().int() }))
    .describe('Attributes that updates change, most frequent first; of the first 5000 updates.'),
  references: z.array(z.object({ attribute: z.string(), change: z.enum(['add', 'remove']), count: z.number().int() })),
  deletes: deletePlanSchema,
});
export type PendingSummary = z.infer<typeof pendingSummarySchema>;

/** Updates whose attributes are counted. */
const counted = 5000;

/** What the next export to a connector would do. Costs as much as is pending: not for the thread that answers others. */
export function pendingSummary(store: Store, config: LoadedConfiguration, connector: string): PendingSummary {
  const id = requireConnector(store, config, connector);
  const attributes = new Map<string, number>();
  for (const row of id === undefined
    ? []
    : store.reports.pending({ connector: id, operation: 'update', after: 0, limit: counted }))
    for (const name of Object.keys(parseDelta(row.attributes))) attributes.set(name, (attributes.get(name) ?? 0) + 1);
  return {
    connector,
    operations: id === undefined ? { add: 0, update: 0, delete: 0 } : store.exports.counts(id),
    groups: (id === undefined ? [] : store.reports.pendingGroups(id)).map((g) => ({
      operation: g.operation,
      type: g.type,
      count: g.n,
    })),
    attributes: [...attributes].map(([attribute, count]) => ({ attribute, count })).sort((a, b) => b.count - a.count),
    references: (id === undefined ? [] : store.reports.pendingReferences(id)).map((r) => ({
      attribute: r.attribute,
      change: r.change === 1 ? 'add' : 'remove',
      count: r.n,
    })),
    deletes: deletePlan(store, config, connector),
  };
}

export const pendingQuery = pageQuery.extend({
  operation: z.enum(['add', 'update', 'delete']).optional(),
  type: z.string().max(64).optional(),
});
export const pendingExportSchema = z.object({
  id: z.number().int(),
  reference: z.string(),
  dn: z.string(),
  name: z.string().optional().describe('What it is called there now.'),
  type: z.string().nullable(),
  operation: z.enum(['add', 'update', 'delete']),
  state: z.enum(['pending', 'in-progress']),
  changes: z.array(z.object({ attribute: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })),
  attempt: z.number().int().describe('How often it was refused.'),
  nextAttempt: z.string().nullable(),
});
export type PendingExport = z.infer<typeof pendingExportSchema>;

/** Pending exports of a connector, object by object. */
export function pendingPage(
  store: Store,
  config: LoadedConfiguration,
  connector: string,
  query: z.infer<typeof pendingQuery>,
): Page<PendingExport> {
  const id = requireConnector(store, config, connector) ?? -1;
  const rows = store.reports.pending({
    connector: id,
    operation: query.operation,
    type: query.type,
    after: numberCursor(query.cursor, 0),
    limit: query.limit + 1,
  });
  const item = (row: (typeof rows)[number]): PendingExport => {
    const held = JSON.parse(store.cs.get(row.cs)?.attributes ?? '{}') as Record<string, unknown>;
    return {
      id: row.cs,
      reference: `cs:${row.cs}`,
      dn: row.dn,
      ...nameIn(held),
      type: row.object_type,
      operation: row.operation,
      state: row.state === 1 ? 'in-progress' : 'pending',
      changes: Object.entries(parseDelta(row.attributes)).map(([attribute, after]) => ({
        attribute,
        ...(held[attribute] === undefined ? {} : { before: held[attribute] }),
        ...(after === null ? {} : { after }),
      })),
      attempt: row.attempt,
      nextAttempt: row.next_attempt === 0 || row.next_attempt === putOff ? null : iso(row.next_attempt),
    };
  };
  return pageOfRows(rows, query.limit, item, (last) => String(last.cs));
}

function nameIn(attributes: Readonly<Record<string, unknown>>): { readonly name?: string } {
  const name = attributes.displayName ?? attributes.userPrincipalName ?? attributes.mail;
  return typeof name === 'string' ? { name } : {};
}
