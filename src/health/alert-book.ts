/** The life of alerts: raised, seen again, worse, resolved, back again; and who has to be told of it. Pure. */
import type { AlertRow, MuteRow } from '../store/alerts.ts';

export type Severity = AlertRow['severity'];
/** What is wrong right now. */
export interface SeenAlert {
  readonly key: string;
  readonly kind: AlertRow['kind'];
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  readonly summary: string;
  readonly subject?: string | undefined;
  /** Epoch milliseconds, if it is older than what is seen of it. */
  readonly since?: number | undefined;
}
/** What one channel was told last of an alert. */
export interface Told {
  readonly state: 'raised' | 'resolved';
  readonly severity: Severity;
  /** Epoch milliseconds. */
  readonly at: number;
}
export type ToldByChannel = Readonly<Record<string, Told>>;

export interface Notice {
  readonly kind: 'raised' | 'worse' | 'still' | 'resolved';
  readonly alert: AlertRow;
}
export interface Audience {
  readonly channel: string;
  /** Alerts that are less bad are not told. */
  readonly minimum: Severity;
  /** Milliseconds after which an open alert that nobody acknowledged is told again. */
  readonly remindMs?: number | undefined;
}

/** Milliseconds within which an alert that comes back is the same occurrence. */
const reopenMs = 15 * 60_000;
/** Milliseconds that an alert has to stay away before anybody is told that it is over. */
const settleMs = 5 * 60_000;
const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 };

/**
 * The rows that change with what is seen now. `known` holds all open alerts and those that were resolved lately; new ones
 * are numbered from `nextId`. `unseen`: kinds that could not be looked for this time, so that nothing of them is over.
 */
export function observe(
  known: readonly AlertRow[],
  seen: readonly SeenAlert[],
  at: { readonly now: number; readonly nextId: number; readonly unseen?: ReadonlySet<AlertRow['kind']> },
): AlertRow[] {
  const { now, unseen } = at;
  let id = at.nextId;
  const newest = new Map<string, AlertRow>();
  for (const row of known) newest.set(row.key, row);
  const current = new Map(seen.map((s) => [s.key, s]));
  const changed: AlertRow[] = [];
  for (const [key, s] of current) {
    const row = newest.get(key);
    const isSame = row && (row.resolved === null || now - row.resolved <= reopenMs);
    const { severity, title, summary } = s;
    if (!isSame) {
      const raised = Math.min(now, s.since ?? now);
      const text = { kind: s.kind, code: s.code, severity, title, summary, subject: s.subject ?? null };
      changed.push({ id: id++, key, ...text, raised, seen: now, resolved: null, told: '{}', acknowledged: null });
    } else if (row.resolved !== null || row.severity !== severity || row.title !== title || row.summary !== summary)
      changed.push({ ...row, severity, title, summary, seen: now, resolved: null });
  }
  for (const row of known)
    if (row.resolved === null && !current.has(row.key) && !unseen?.has(row.kind))
      changed.push({ ...row, resolved: now, seen: row.seen });
  return changed;
}

/** What an audience does not know yet, oldest first. Nothing is lost: it follows from what was told, not from events. */
export function dueNotices(
  rows: readonly AlertRow[],
  mutes: readonly MuteRow[],
  audience: Audience,
  now: number,
): Notice[] {
  const muted = new Set(mutes.filter((m) => m.until > now).map((m) => m.key));
  return rows.flatMap((alert): Notice[] => {
    const told = (JSON.parse(alert.told) as ToldByChannel)[audience.channel];
    if (alert.resolved !== null)
      return told?.state === 'raised' && now - alert.resolved >= settleMs ? [{ kind: 'resolved', alert }] : [];
    if (muted.has(alert.key) || rank[alert.severity] < rank[audience.minimum]) return [];
    if (told?.state !== 'raised') return [{ kind: 'raised', alert }];
    if (rank[told.severity] < rank[alert.severity]) return [{ kind: 'worse', alert }];
    const isDue = audience.remindMs !== undefined && now - told.at >= audience.remindMs;
    return isDue && alert.acknowledged === null ? [{ kind: 'still', alert }] : [];
  });
}

/** The row after a channel took a notice. */
export function afterTelling({ kind, alert }: Notice, channel: string, now: number): AlertRow {
  const state = kind === 'resolved' ? 'resolved' : 'raised';
  const told: ToldByChannel = { ...JSON.parse(alert.told), [channel]: { state, severity: alert.severity, at: now } };
  return { ...alert, told: JSON.stringify(told) };
}
