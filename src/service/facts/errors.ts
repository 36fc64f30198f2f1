/** Objects in error. Which of them share a cause is for the casebook (diagnosis). */
import { z } from 'zod';
import { errorText } from '../../diagnosis/describe.ts';
import { categoryOf, codesOf, type ErrorCategory, errorCategories } from '../../entra/error-catalogue.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { requireConnector } from './delete-plan.ts';
import { objectErrorSchema } from './objects.ts';
import { type Page, packCursor, pageOfRows, pageQuery, unpackCursor } from './page.ts';
import { connectorNames, iso } from './runs.ts';

const category = z
  .enum(errorCategories)
  .describe('Section of the error report of Connect Health; of what the cloud refused or set aside.');
export const errorQuery = pageQuery.extend({
  phase: z.enum(['import', 'sync', 'export', 'confirm']).optional(),
  code: z.string().max(128).optional(),
  category: category.optional(),
  connector: z.string().max(256).optional(),
});
export const errorSchema = objectErrorSchema.extend({
  id: z.number().int().describe('Of the connector-space object.'),
  reference: z.string(),
  connector: z.string(),
  dn: z.string(),
  name: z.string().optional().describe('Of its identity, or its own.'),
  type: z.string().nullable(),
  run: z.number().int(),
  value: z.string().optional(),
  facts: z.record(z.string(), z.unknown()).optional(),
  category: category.optional(),
});
export type ErrorFacts = z.infer<typeof errorSchema>;
const cursorShape = z.tuple([z.number(), z.number(), z.string()]);

/** Latest first. */
export function errorPage(
  store: Store,
  config: LoadedConfiguration,
  query: z.infer<typeof errorQuery>,
): Page<ErrorFacts> {
  const cursor = query.cursor === undefined ? undefined : unpackCursor(query.cursor, cursorShape);
  const names = connectorNames(store);
  const rows = store.reports.errors({
    phase: query.phase,
    code: query.code,
    codes: query.category && codesOf(query.category),
    connector: query.connector === undefined ? undefined : (requireConnector(store, config, query.connector) ?? -1),
    after: cursor && { seen: cursor[0], cs: cursor[1], phase: cursor[2] },
    limit: query.limit + 1,
  });
  const item = (row: (typeof rows)[number]): ErrorFacts => {
    const cs = store.cs.get(row.cs);
    const { value, facts } = JSON.parse(row.detail) as { value?: string; facts?: Record<string, unknown> };
    return {
      ...errorText(row),
      id: row.cs,
      reference: `cs:${row.cs}`,
      connector: names.get(cs?.connector ?? -1) ?? '',
      dn: cs?.dn ?? '',
      ...nameOf(store, row.cs, cs?.attributes),
      type: cs?.object_type ?? null,
      run: row.run,
      ...(value === undefined ? {} : { value }),
      ...(facts === undefined ? {} : { facts }),
      ...inCategory(row.code),
    };
  };
  return pageOfRows(rows, query.limit, item, (last) => packCursor([last.last_seen, last.cs, last.phase]));
}

/** An object that the cloud refused has no name there; its identity has one. */
function nameOf(store: Store, cs: number, attributes: string | null | undefined): { readonly name?: string } {
  const link = store.mv.link(cs);
  const mv = link && store.mv.get(link.mv);
  const values = JSON.parse(mv?.attributes ?? attributes ?? '{}') as Readonly<Record<string, unknown>>;
  const name = values.displayName ?? values.cn ?? values.userPrincipalName;
  return typeof name === 'string' ? { name } : {};
}

export const errorSummarySchema = z.array(
  z.object({
    phase: z.string(),
    code: z.string(),
    objects: z.number().int(),
    firstSeen: z.string(),
    lastSeen: z.string(),
    category: category.optional(),
  }),
);

/** How many objects have which error now; what the last export healed is gone (entra-directory s.3.1). */
export const errorSummary = (store: Store): z.infer<typeof errorSummarySchema> =>
  store.reports.errorCounts().map((c) => ({
    phase: c.phase,
    code: c.code,
    objects: c.n,
    firstSeen: iso(c.first),
    lastSeen: iso(c.last),
    ...inCategory(c.code),
  }));

function inCategory(code: string): { readonly category?: ErrorCategory } {
  const found = categoryOf(code);
  return found === undefined ? {} : { category: found };
}
