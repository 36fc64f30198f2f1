/** The run history: what ran, how it ended, which objects are behind its counters. */
import { z } from 'zod';
import { counterTitle, statusSeverity, statusTitle } from '../../health/titles.ts';
import type { RunRow } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { Refusal } from '../refusal.ts';
import { requireConnector } from './delete-plan.ts';
import { numberCursor, type Page, pageOfRows, pageQuery } from './page.ts';

const instant = z.string().describe('UTC, ISO 8601.');
export const runSchema = z.object({
  id: z.number().int(),
  cycle: z.number().int().nullable().describe('Runs of one cycle have the same number; null: run by itself.'),
  connector: z.string().nullable().describe('Null: all connectors.'),
  profile: z.enum(['full-import', 'delta-import', 'full-sync', 'delta-sync', 'export']),
  status: z.string().describe('The classic status string.'),
  title: z.string().describe('The status in plain words.'),
  severity: z.enum(['ok', 'warning', 'error', 'running']),
  started: instant,
  ended: instant.nullable(),
  durationMs: z.number().nullable(),
  server: z.string().nullable(),
  counters: z.record(z.string(), z.number().int()),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
});
export type RunFacts = z.infer<typeof runSchema>;

export const counterSchema = z.object({
  name: z.string(),
  title: z.string(),
  group: z.enum(['staging', 'inbound', 'outbound', 'export', 'confirm']),
  count: z.number().int(),
  listed: z.number().int().describe('Objects that can be looked at; at most 5000 are kept of one counter.'),
});
export const runDetailSchema = runSchema.extend({
  table: z.array(counterSchema),
  previous: runSchema.nullable().describe('The run of the same kind before this one.'),
  cycleRuns: z.array(runSchema).describe('All runs of the cycle, in order.'),
});
export type RunDetail = z.infer<typeof runDetailSchema>;

export const runQuery = pageQuery.extend({
  connector: z.string().optional(),
  profile: runSchema.shape.profile.optional(),
  cycle: z.coerce.number().int().optional(),
  troubled: z.stringbool().optional().describe('Only runs that did not end well.'),
});

/** Newest first. */
export function runPage(store: Store, config: LoadedConfiguration, query: z.infer<typeof runQuery>): Page<RunFacts> {
  const connector = query.connector === undefined ? undefined : requireConnector(store, config, query.connector);
  const rows = store.reports.runs({
    before: numberCursor(query.cursor, Number.MAX_SAFE_INTEGER),
    limit: query.limit + 1,
    connector: query.connector === undefined ? undefined : (connector ?? -1),
    profile: query.profile,
    cycle: query.cycle,
    troubled: query.troubled,
  });
  const names = connectorNames(store);
  return pageOfRows(
    rows,
    query.limit,
    (row) => runFacts(row, names),
    (last) => String(last.id),
  );
}

/** One run with everything behind it. Throws a Refusal if there is none with this number. */
export function runDetail(store: Store, id: number): RunDetail {
  const row = store.records.run(id);
  if (!row)
    throw new Refusal(
      'not-found',
      `There is no run ${id}. Runs are kept for as long as PurgeRunHistoryInterval says; "causeway runs" lists them.`,
    );
  const names = connectorNames(store);
  const facts = runFacts(row, names);
  const listed = new Map(store.reports.runObjectCounts(id).map((c) => [c.counter, c.n]));
  const before = store.reports.runBefore(row.connector, row.profile, id);
  return {
    ...facts,
    table: Object.entries(facts.counters).map(([name, count]) => ({
      name,
      ...counterTitle(name),
      count,
      listed: listed.get(name) ?? 0,
    })),
    previous: before ? runFacts(before, names) : null,
    cycleRuns: row.cycle === null ? [facts] : store.reports.cycleRuns(row.cycle).map((r) => runFacts(r, names)),
  };
}

export const runObjectSchema = z.object({
  id: z.number().int().describe('Of the connector-space object.'),
  reference: z.string().describe('What `show` takes.'),
  mv: z.number().int().nullable(),
  name: z.string(),
  dn: z.string(),
  type: z.string().nullable(),
  connector: z.string(),
  detail: z.record(z.string(), z.unknown()),
  changes: z
    .array(
      z.object({
        attribute: z.string(),
        before: z.unknown().optional().describe('Absent: there was no value.'),
        after: z.unknown().optional().describe('Absent: there is no value.'),
      }),
    )
    .describe('What the run changed on the object or its identity.'),
});
export type RunObject = z.infer<typeof runObjectSchema>;
export const runObjectQuery = pageQuery.extend({ counter: z.string().min(1).max(64) });

/** The objects behind a counter, with before and after as far as the journal has them. */
export function runObjects(store: Store, id: number, query: z.infer<typeof runObjectQuery>): Page<RunObject> {
  runDetail(store, id);
  const rows = store.records.runObjects(id, query.counter, numberCursor(query.cursor, 0), query.limit + 1);
  const names = connectorNames(store);
  return pageOfRows(
    rows,
    query.limit,
    (row) => runObject(store, row, names),
    (last) => String(last.cs),
  );
}

function runObject(
  store: Store,
  row: { run: number; cs: number; detail: string | null },
  names: ReadonlyMap<number, string>,
): RunObject {
  const cs = store.cs.get(row.cs);
  const mv = store.mv.link(row.cs)?.mv ?? null;
  const detail = JSON.parse(row.detail ?? '{}') as Record<string, unknown>;
  const values = JSON.parse(cs?.attributes ?? '{}') as Record<string, unknown>;
  return {
    id: row.cs,
    reference: `cs:${row.cs}`,
    mv,
    name: String(values.displayName ?? values.cn ?? ''),
    dn: cs?.dn ?? String(detail.dn ?? ''),
    type: cs?.object_type ?? null,
    connector: names.get(cs?.connector ?? -1) ?? '',
    detail,
    changes: store.reports.journalOfRun(row.run, row.cs, mv).flatMap((j) => changesOf(JSON.parse(j.detail))),
  };
}

interface JournalDetail {
  readonly changes?: Readonly<Record<string, { readonly before?: unknown; readonly after?: unknown }>>;
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
}
export interface AttributeChange {
  attribute: string;
  before?: unknown;
  after?: unknown;
}

/** Attribute by attribute what a line of the journal says. */
export function changesOf(detail: JournalDetail): AttributeChange[] {
  if (detail.changes)
    return Object.entries(detail.changes).map(([attribute, { before, after }]) => change(attribute, before, after));
  const { before, after } = detail;
  if (!before || !after) return [];
  return Object.keys(after).map((attribute) => change(attribute, before[attribute], after[attribute]));
}

const change = (attribute: string, before: unknown, after: unknown): AttributeChange => ({
  attribute,
  ...(before === undefined || before === null ? {} : { before }),
  ...(after === undefined || after === null ? {} : { after }),
});

export const connectorNames = (store: Store): ReadonlyMap<number, string> =>
  new Map(store.records.connectors().map((c) => [c.id, c.name]));

export const iso = (ms: number): string => new Date(ms).toISOString();

/** A row of the history as everybody sees it. */
export function runFacts(row: RunRow, names: ReadonlyMap<number, string>): RunFacts {
  return {
    id: row.id,
    cycle: row.cycle,
    connector: row.connector === null ? null : (names.get(row.connector) ?? null),
    profile: row.profile as RunFacts['profile'],
    status: row.status,
    title: statusTitle(row.status),
    severity: statusSeverity(row.status),
    started: iso(row.started),
    ended: row.ended === null ? null : iso(row.ended),
    durationMs: row.ended === null ? null : row.ended - row.started,
    server: row.server,
    counters: JSON.parse(row.counters) as Record<string, number>,
    error: row.error === null ? null : (JSON.parse(row.error) as RunFacts['error']),
  };
}
