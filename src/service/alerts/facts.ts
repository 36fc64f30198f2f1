/** Alerts and recorded findings as everybody sees them, page by page. */
import { z } from 'zod';
import type { ToldByChannel } from '../../health/alert-book.ts';
import type { AlertRow } from '../../store/alerts.ts';
import type { Store } from '../../store/store.ts';
import { numberCursor, type Page, packCursor, pageOfRows, pageQuery, unpackCursor } from '../facts/page.ts';
import { iso } from '../facts/runs.ts';
import { Refusal } from '../refusal.ts';
import type { Acknowledgement } from './alert-changes.ts';

const severity = z.enum(['error', 'warning', 'info']);
export const keptAlertSchema = z.object({
  id: z.number().int(),
  kind: z.enum(['health', 'finding']),
  code: z.string(),
  severity,
  title: z.string(),
  summary: z.string(),
  subject: z.string().nullable(),
  finding: z.string().nullable().describe('Of a finding: its id.'),
  raised: z.string(),
  resolved: z.string().nullable(),
  acknowledged: z.object({ who: z.string(), time: z.string(), note: z.string() }).nullable(),
  muted: z.object({ until: z.string(), who: z.string(), time: z.string(), reason: z.string() }).nullable(),
  told: z.array(z.object({ channel: z.string(), state: z.enum(['raised', 'resolved']), at: z.string() })),
});
export type KeptAlert = z.infer<typeof keptAlertSchema>;
export const alertQuery = pageQuery.extend({
  state: z.enum(['open', 'resolved', 'all']).default('open'),
  severity: severity.optional(),
});

/** Newest first. */
export function alertPage(store: Store, query: z.infer<typeof alertQuery>, now: number): Page<KeptAlert> {
  const before = numberCursor(query.cursor, Number.MAX_SAFE_INTEGER);
  const rows = store.alerts.page(query.state, query.severity ?? null, before, query.limit + 1);
  return pageOfRows(rows, query.limit, alertFacts(store, now), (last) => String(last.id));
}

/** Throws a Refusal if there is none. */
export function oneAlert(store: Store, id: number, now: number): KeptAlert {
  const row = store.alerts.get(id);
  if (!row) throw new Refusal('not-found', `There is no alert ${id}. "causeway alerts" lists them.`);
  return alertFacts(store, now)(row);
}

const alertFacts = (store: Store, now: number): ((row: AlertRow) => KeptAlert) => {
  const mutes = new Map(store.alerts.mutes(now).map((m) => [m.key, m]));
  return (row) => {
    const said = row.acknowledged === null ? null : (JSON.parse(row.acknowledged) as Acknowledgement);
    const mute = mutes.get(row.key);
    return {
      id: row.id,
      kind: row.kind,
      code: row.code,
      severity: row.severity,
      title: row.title,
      summary: row.summary,
      subject: row.subject,
      finding: row.kind === 'finding' ? findingOfKey(row.key) : null,
      raised: iso(row.raised),
      resolved: row.resolved === null ? null : iso(row.resolved),
      acknowledged: said && { who: said.who, time: iso(said.time), note: said.note },
      muted: mute ? { until: iso(mute.until), who: mute.who, time: iso(mute.time), reason: mute.reason } : null,
      told: Object.entries(JSON.parse(row.told) as ToldByChannel).map(([channel, t]) => ({
        channel,
        state: t.state,
        at: iso(t.at),
      })),
    };
  };
};

export const findingKey = (id: string): string => `finding\n${id}`;
const findingOfKey = (key: string): string => key.slice(key.indexOf('\n') + 1);

export const keptFindingSchema = z.object({
  id: z.string(),
  code: z.string(),
  severity,
  title: z.string(),
  affected: z.number().int(),
  firstSeen: z.string(),
  lastSeen: z.string(),
  resolved: z.string().nullable().describe('When it was first not seen any more.'),
});
export const findingQuery = pageQuery.extend({
  state: z.enum(['open', 'gone', 'all']).default('open'),
  since: z.iso.datetime().optional().describe('Only what came or went from this instant on.'),
});
const cursorShape = z.tuple([z.number(), z.string()]);

/** Newest first. */
export function findingPage(
  store: Store,
  query: z.infer<typeof findingQuery>,
): Page<z.infer<typeof keptFindingSchema>> {
  const cursor = query.cursor === undefined ? undefined : unpackCursor(query.cursor, cursorShape);
  const since = query.since === undefined ? null : Date.parse(query.since);
  const rows = store.findings.page(query.state, since, cursor && { first: cursor[0], id: cursor[1] }, query.limit + 1);
  return pageOfRows(
    rows,
    query.limit,
    (f) => ({
      id: f.id,
      code: f.code,
      severity: f.severity as z.infer<typeof severity>,
      title: f.title,
      affected: f.affected,
      firstSeen: iso(f.first_seen),
      lastSeen: iso(f.last_seen),
      resolved: f.gone === null ? null : iso(f.gone),
    }),
    (last) => packCursor([last.first_seen, last.id]),
  );
}
