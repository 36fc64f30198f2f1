/** The audit log, page by page. */
import { z } from 'zod';
import { checkAuditChain } from '../../health/audit.ts';
import type { Store } from '../../store/store.ts';
import { numberCursor, type Page, pageOfRows, pageQuery } from './page.ts';
import { iso } from './runs.ts';

export const auditSchema = z.object({
  id: z.number().int(),
  time: z.string(),
  who: z.string(),
  how: z.string().describe('command-line, console, api or service.'),
  action: z.string(),
  subject: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  outcome: z.string().describe('done, or the code of the refusal.'),
  hash: z.string().describe('Covers this row and, through the row before it, all earlier ones.'),
});
export const auditQuery = pageQuery.extend({
  who: z.string().max(256).optional(),
  action: z.string().max(64).optional(),
});

/** Newest first. */
export function auditPage(store: Store, query: z.infer<typeof auditQuery>): Page<z.infer<typeof auditSchema>> {
  const rows = store.administration.auditPage({
    before: numberCursor(query.cursor, Number.MAX_SAFE_INTEGER),
    limit: query.limit + 1,
    who: query.who,
    action: query.action,
  });
  const item = (row: (typeof rows)[number]) => ({
    id: row.id,
    time: iso(row.time),
    who: row.who,
    how: row.how,
    action: row.action,
    subject: row.subject,
    before: JSON.parse(row.before ?? 'null') as unknown,
    after: JSON.parse(row.after ?? 'null') as unknown,
    outcome: row.outcome,
    hash: row.hash,
  });
  return pageOfRows(rows, query.limit, item, (last) => String(last.id));
}

export const chainSchema = z.object({ rows: z.number().int(), brokenAt: z.number().int().optional() });
export const auditChain = (store: Store): z.infer<typeof chainSchema> => checkAuditChain(store);
