/** Password hash synchronization for people: who is well, who is not, and what to do. */
import { ago } from '../../health/alerts.ts';
import type {
  PasswordAnswer,
  PasswordChannelFacts,
  PasswordDomainFacts,
  PasswordErrorFacts,
  PasswordStatusFacts,
  PasswordUserFacts,
} from '../../service/passwords/facts.ts';
import { type Mark, mark, paint, plain, table } from '../output.ts';

const states = {
  on: 'on',
  staging: 'held: staging mode, nothing is read and nothing is sent',
  'not-ready': 'waits for the first full synchronization of the directory to be exported',
} as const;

export function statusText(facts: PasswordStatusFacts, now: number): string {
  const off = facts.off.map((name) => `${mark('none')} ${plain(name)}  off ("passwordHashSync" is not set)`);
  const channels = facts.channels.map((c) => channelText(c, now));
  return [...channels, ...off].join('\n\n') || 'There is no Active Directory connector.';
}

function channelText(c: PasswordChannelFacts, now: number): string {
  const failed = c.lastError ?? c.domains.find((d) => d.lastError)?.lastError;
  const shape: Mark = failed ? 'error' : c.state === 'on' ? 'ok' : 'waiting';
  const lines = [
    `${mark(shape)} ${paint('bold', plain(c.connector))} → ${plain(c.cloud)}  ${states[c.state]}`,
    `  account         ${plain(c.account)}${c.ownAccount ? '' : '  (the one that imports; a separate one is safer)'}`,
    `  last heartbeat  ${when(c.lastHeartbeat, now)}`,
    `  last batch      ${when(c.lastBatch, now)}`,
    ...(c.lastError ? errorLines(c.lastError) : []),
  ];
  return [...lines, ...c.domains.flatMap((d) => domainLines(d, now))].join('\n');
}

function domainLines(d: PasswordDomainFacts, now: number): string[] {
  const { waiting, retry, requested } = d.queue;
  const lines = [
    `  ${mark(d.lastError ? 'error' : d.lastSuccess ? 'ok' : 'waiting')} ${plain(d.namingContext)}${d.endpoint ? `  from ${plain(d.endpoint)}` : ''}`,
    `    full            ${d.fullInProgress ? 'under way' : when(d.fullCompleted, now)}`,
    `    last cycle      ${when(d.lastCycle, now)}; last good one ${when(d.lastSuccess, now)}; last change ${when(d.lastChange, now)}`,
    `    queue           ${retry} to retry, ${requested} requested, ${waiting} waiting to be in the cloud`,
    ...d.heldUp.map((h) => `      ${String(h.users).padStart(6)}  ${h.status}: ${h.reason}`),
  ];
  return [...lines, ...(d.lastError ? errorLines(d.lastError) : [])];
}

const errorLines = (e: PasswordErrorFacts): string[] => [
  `    ${mark('error')} ${e.code}: ${plain(e.message)}`,
  ...e.remedy.split('\n').map((line) => `      ${plain(line)}`),
];

const when = (instant: string | null, now: number): string =>
  instant === null ? 'never' : `${ago(now - Date.parse(instant))}`;

export function userText(user: PasswordUserFacts): string {
  const well = user.step === 'synchronized';
  const head = `${mark(well ? 'ok' : user.eligible ? 'warning' : 'none')} ${paint('bold', plain(user.dn))}  ${user.step}`;
  const detail = user.detail ? [`  ${plain(user.detail)}`] : [];
  const queued = user.queued
    ? [`  queued: ${user.queued.kind}, attempt ${user.queued.attempt}, next ${user.queued.nextAttempt}`]
    : [];
  const rows = user.history.map((h) => [h.at, h.status, h.reason, h.changed ?? '', h.detail ?? '']);
  const history =
    rows.length > 0 ? table(['when', 'status', 'step', 'changed', 'detail'], rows) : '  no result in seven days';
  return [head, ...detail, ...queued, history].join('\n');
}

const pauses = {
  disabled: 'off',
  staging: 'held: staging mode, nothing was read and nothing was sent',
  'not-ready': 'waits: run "causeway sync --policy initial" first',
} as const;

export function answerText(a: PasswordAnswer): string {
  if (a.paused) return `${mark('waiting')} ${plain(a.connector)}  ${pauses[a.paused]}`;
  const servers = (a.servers ?? []).map(
    (s) => `  ${mark(s.error ? 'error' : 'ok')} ${plain(s.server)}  ${plain(s.namingContext)}`,
  );
  const head = `${mark(a.errors.length > 0 ? 'error' : 'ok')} ${plain(a.connector)}  ${a.errors.length > 0 ? 'failed' : 'done'}`;
  return [head, ...servers, ...a.errors.flatMap(errorLines)].join('\n');
}
