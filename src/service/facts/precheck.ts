/** Data quality before anything is exported, as a table for the console (operations s.2). */
import { z } from 'zod';
import { precheckCase } from '../../diagnosis/precheck/cases.ts';
import { binaryAttributes } from '../../diagnosis/precheck/changes-of.ts';
import type { Row } from '../../diagnosis/precheck/model.ts';
import { type PrecheckTotals, precheck } from '../../diagnosis/precheck/precheck.ts';
import { storeSource } from '../../diagnosis/precheck/store-source.ts';
import type { ReadingState } from '../readings.ts';
import { numberCursor, type Page, pageOf, pageQuery } from './page.ts';
import { tenantImages } from './tenant-image.ts';

export const precheckBody = z.strictObject({
  rules: z.enum(['multi-tenant', 'dedicated']).default('multi-tenant').describe('Rule set of IdFix to follow.'),
  alternateLogin: z.boolean().default(false).describe('People sign in with another attribute than userPrincipalName.'),
});
export const precheckRowSchema = z.object({
  number: z.number().int(),
  code: z.string(),
  title: z.string(),
  checks: z.array(z.string()).describe('Names of IdFix, and those that this product adds.'),
  severity: z.enum(['error', 'warning', 'info']),
  connector: z.string(),
  dn: z.string(),
  name: z.string(),
  type: z.string(),
  attribute: z.string(),
  value: z.string(),
  update: z.string().nullable().describe('As it should be; null: nothing to suggest.'),
  action: z.enum(['EDIT', 'REMOVE', 'COMPLETE']).nullable(),
  confidence: z.enum(['high', 'medium', 'low']).nullable(),
  reason: z.string(),
  objectGuid: z.string().describe('Of the object, if its directory has one.'),
});
export type PrecheckRow = z.infer<typeof precheckRowSchema>;
const count = z.object({ name: z.string(), count: z.number().int() });
export const precheckSummarySchema = z.object({
  objects: z.number().int(),
  rows: z.number().int(),
  listed: z.number().int().describe('Rows that can be looked at.'),
  valuesCompared: z.number().int(),
  excluded: z.array(count),
  checks: z.array(count),
  attributes: z.array(count),
  limits: z.array(z.string()),
});
export interface PrecheckAnswer {
  readonly summary: z.infer<typeof precheckSummarySchema>;
  readonly rows: readonly PrecheckRow[];
  /** Values that are bytes, in base64, by the number of their row. */
  readonly bytes: Readonly<Record<number, readonly string[]>>;
}

/** Rows kept for looking at. More are counted; a population as bad as that is mended by rule, not by row. */
const keptRows = 50_000;

/** Checks every staged object. Takes seconds: a job. */
export async function precheckFacts(state: ReadingState, body: z.infer<typeof precheckBody>): Promise<PrecheckAnswer> {
  const { config, store } = state;
  const { images, limits } = await tenantImages(config);
  const image = [...images.values()][0];
  const total = store.reports.objectCounts().reduce((n, c) => n + c.n, 0);
  const rows: PrecheckRow[] = [];
  const bytes: Record<number, readonly string[]> = {};
  const checks = new Map<string, number>();
  const attributes = new Map<string, number>();
  const totals: PrecheckTotals = precheck(
    storeSource(store),
    {
      rules: body.rules,
      alternateLogin: body.alternateLogin,
      sourceAnchor: config.settings.sourceAnchor,
      now: Date.now(),
      seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
      ...(image ? { image } : {}),
      progress: ({ done }) => state.progress(done, total * 2),
    },
    (row) => {
      for (const check of row.errors) checks.set(check, (checks.get(check) ?? 0) + 1);
      attributes.set(row.attribute, (attributes.get(row.attribute) ?? 0) + 1);
      if (rows.length >= keptRows) return;
      const binary = bytesOf(row);
      if (binary) bytes[rows.length] = binary;
      rows.push(rowFacts(row, rows.length));
    },
  );
  return {
    rows,
    bytes,
    summary: {
      objects: totals.objects,
      rows: totals.rows,
      listed: rows.length,
      valuesCompared: totals.valuesCompared,
      excluded: counted(new Map(Object.entries(totals.excluded))),
      checks: counted(checks),
      attributes: counted(attributes),
      limits: [...limits, ...(image?.limits ?? [])],
    },
  };
}

const counted = (counts: ReadonlyMap<string, number | undefined>): { name: string; count: number }[] =>
  [...counts].map(([name, n]) => ({ name, count: n ?? 0 })).sort((a, b) => b.count - a.count);

function rowFacts(row: Row, number: number): PrecheckRow {
  const known = precheckCase(row.code);
  const name = row.object.attributes.displayName ?? row.object.attributes.cn;
  return {
    number,
    code: row.code,
    title: known.title,
    checks: [...row.errors],
    severity: row.severity ?? known.severity,
    connector: row.object.connector,
    dn: row.object.dn,
    name: typeof name === 'string' ? name : '',
    type: row.object.type,
    attribute: row.attribute,
    value: row.value,
    update: row.update ?? null,
    action: row.action ?? null,
    confidence: row.confidence ?? null,
    reason: row.reason,
    objectGuid: row.object.anchor ?? '',
  };
}

const bytesOf = (row: Row): string[] | undefined =>
  binaryAttributes.has(row.attribute)
    ? row.changes?.flatMap((c) => c.values.map((v) => (typeof v === 'string' ? v : v.base64)))
    : undefined;

export const precheckRowQuery = pageQuery.extend({
  check: z.string().max(64).optional(),
  attribute: z.string().max(64).optional(),
  connector: z.string().max(256).optional(),
  confidence: z.enum(['high', 'medium', 'low', 'none']).optional(),
});
export const precheckRowPage = pageOf(precheckRowSchema);

/** A page of the rows of an answer. */
export function precheckRows(answer: PrecheckAnswer, query: z.infer<typeof precheckRowQuery>): Page<PrecheckRow> {
  const items: PrecheckRow[] = [];
  for (let i = numberCursor(query.cursor, 0); i < answer.rows.length; i++) {
    const row = answer.rows[i];
    if (!row || !isWanted(row, query)) continue;
    if (items.length === query.limit) return { items, next: String(i) };
    items.push(row);
  }
  return { items, next: null };
}

const isWanted = (row: PrecheckRow, query: z.infer<typeof precheckRowQuery>): boolean =>
  (query.check === undefined || row.checks.includes(query.check)) &&
  (query.attribute === undefined || row.attribute === query.attribute) &&
  (query.connector === undefined || row.connector === query.connector) &&
  (query.confidence === undefined || (row.confidence ?? 'none') === query.confidence);
