/** What is written about alerts, findings and sessions: by the service itself, or because somebody said so. */
import { type KeptFinding, recordFindings } from '../../diagnosis/findings/record.ts';
import { type Actor, type AuditEntry, recordAudit } from '../../health/audit.ts';
import type { AlertRow } from '../../store/alerts.ts';
import type { Store } from '../../store/store.ts';
import { Refusal } from '../refusal.ts';

export type AlertChange =
  | { readonly kind: 'acknowledge-alert'; readonly id: number; readonly note: string }
  | { readonly kind: 'reopen-alert'; readonly id: number }
  | { readonly kind: 'mute-alert'; readonly id: number; readonly until: number; readonly reason: string }
  | { readonly kind: 'unmute-alert'; readonly id: number }
  | { readonly kind: 'end-session'; readonly session: string; readonly expires: number }
  /** Nobody did these: they are observations, and not in the audit log. */
  | { readonly kind: 'keep-alerts'; readonly rows: readonly AlertRow[] }
  | {
      readonly kind: 'record-findings';
      readonly findings: readonly KeptFinding[];
      readonly at: number;
      readonly isPartial: boolean;
    };

export interface Acknowledgement {
  readonly who: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly note: string;
}

/** Milliseconds that resolved alerts are kept (operations s.8.2). */
const keptMs = 90 * 86_400_000;

/** Milliseconds that an alert may be muted for at most: what nobody wants to see for longer has to be repaired. */
const longestMuteMs = 366 * 86_400_000;

/** Carries out such a change; the caller holds the lease. Throws a Refusal, and then nothing was changed. */
export function applyAlertChange(store: Store, now: number, actor: Actor, change: AlertChange): unknown {
  const audit = (entry: AuditEntry) => recordAudit(store, now, actor, entry);
  if (change.kind === 'record-findings') {
    recordFindings(store, change.findings, change.at, change.isPartial);
    return {};
  }
  return store.transaction(() => {
    switch (change.kind) {
      case 'acknowledge-alert': {
        const alert = requireOpen(store, change.id);
        const after: Acknowledgement = { who: actor.who, time: now, note: change.note };
        store.alerts.acknowledge(alert.id, JSON.stringify(after));
        audit({ action: 'acknowledge-alert', subject: subjectOf(alert), before: said(alert), after });
        return { id: alert.id };
      }
      case 'reopen-alert': {
        const alert = requireOpen(store, change.id);
        if (alert.acknowledged === null) throw new Refusal('conflict', `Nobody acknowledged alert ${alert.id}.`);
        store.alerts.acknowledge(alert.id, null);
        audit({ action: 'reopen-alert', subject: subjectOf(alert), before: said(alert) });
        return { id: alert.id };
      }
      case 'mute-alert': {
        const alert = requireAlert(store, change.id);
        requireEnd(change.until, now);
        const before = store.alerts.mutes(now).find((m) => m.key === alert.key);
        const mute = { key: alert.key, until: change.until, time: now, who: actor.who, reason: change.reason };
        store.alerts.mute(mute);
        audit({ action: 'mute-alert', subject: subjectOf(alert), before: told(before), after: told(mute) });
        return { id: alert.id };
      }
      case 'unmute-alert': {
        const alert = requireAlert(store, change.id);
        const before = store.alerts.mutes(now).find((m) => m.key === alert.key);
        if (!before) throw new Refusal('conflict', `Alert ${alert.id} is not muted.`);
        store.alerts.unmute(alert.key);
        audit({ action: 'unmute-alert', subject: subjectOf(alert), before: told(before) });
        return { id: alert.id };
      }
      case 'end-session':
        store.alerts.endSession(change.session, change.expires);
        store.alerts.purgeSessions(now);
        audit({ action: 'sign-out' });
        return {};
      case 'keep-alerts':
        for (const row of change.rows) store.alerts.keep(row);
        store.alerts.purge(now - keptMs);
        store.alerts.purgeMutes(now);
        return {};
    }
  });
}

function requireAlert(store: Store, id: number): AlertRow {
  const alert = store.alerts.get(id);
  if (!alert) throw new Refusal('not-found', `There is no alert ${id}. "causeway alerts" lists them.`);
  return alert;
}
function requireOpen(store: Store, id: number): AlertRow {
  const alert = requireAlert(store, id);
  if (alert.resolved === null) return alert;
  throw new Refusal('conflict', `Alert ${id} is over since ${new Date(alert.resolved).toISOString()}.`);
}
function requireEnd(until: number, now: number): void {
  if (until > now && until <= now + longestMuteMs) return;
  throw new Refusal(
    'bad-argument',
    `until has to be within the next year, not ${new Date(until).toISOString().slice(0, 10)}.`,
  );
}
const subjectOf = (alert: AlertRow): string => `${alert.id} ${alert.code}`;
const said = ({ acknowledged }: AlertRow): unknown => (acknowledged === null ? undefined : JSON.parse(acknowledged));
const told = (mute: { until: number; reason: string } | undefined): unknown =>
  mute && { until: new Date(mute.until).toISOString(), reason: mute.reason };
