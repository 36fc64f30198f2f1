/** Alerts about what creeps: cycles that stay away, passwords that stand still, errors that rise, dates that come near. Pure. */

/** One channel of password hash synchronization. Instants in milliseconds since 1970. */
export interface PasswordPulse {
  readonly connector: string;
  /** Not in staging mode, and the first synchronization is over. */
  readonly isOn: boolean;
  readonly lastHeartbeat: number | undefined;
  readonly domains: readonly {
    readonly namingContext: string;
    readonly lastSuccess: number | undefined;
    readonly error: string | undefined;
  }[];
}
export interface TrendFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly intervalMs: number;
  readonly isEnabled: boolean;
  readonly isSuspended: boolean;
  /** Milliseconds since an instant during which maintenance windows held cycles back. */
  readonly heldMs: (since: number) => number;
  /** When the last cycle that did not fail ended. */
  readonly lastGoodCycle: number | undefined;
  /** One is under way, and has not been for suspiciously long. */
  readonly isCycleRunning: boolean;
  readonly passwords: readonly PasswordPulse[];
  /** Refused objects of the newest export of a connector, and of those before it, newest first. */
  readonly refusals: readonly {
    readonly connector: string;
    readonly run: number;
    readonly now: number;
    readonly before: readonly number[];
  }[];
  /** Durations in milliseconds, of runs that ended well. */
  readonly durations: readonly {
    readonly connector: string | null;
    readonly profile: string;
    readonly run: number;
    readonly now: number;
    readonly before: readonly number[];
  }[];
  readonly expiries: readonly { readonly what: string; readonly subject: string; readonly expires: number }[];
  /** Bytes that the process has, and that it may have. */
  readonly memory?: { readonly used: number; readonly limit: number } | undefined;
  /** Channels of notifications that do not get through. */
  readonly silent: readonly { readonly channel: string; readonly attempts: number; readonly reason: string }[];
}

/** As alerts.ts has it; the key follows from code, subject and detail. */
interface Told {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly summary: string;
  readonly subject?: string;
  readonly since?: string;
  readonly run?: number;
  readonly detail?: string;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const iso = (ms: number): string => new Date(ms).toISOString();

export function trendAlerts(facts: TrendFacts): Told[] {
  return [
    ...overdueAlerts(facts),
    ...facts.passwords.flatMap((p) => passwordAlerts(p, facts.now)),
    ...refusalAlerts(facts),
    ...slowAlerts(facts),
    ...expiryAlerts(facts),
    ...memoryAlerts(facts),
    ...silenceAlerts(facts),
  ];
}

/** Warning after three intervals without a good cycle, error after two hours or four intervals (operations s.8.2). */
function overdueAlerts(facts: TrendFacts): Told[] {
  const { now, intervalMs, lastGoodCycle, isEnabled, isSuspended, isCycleRunning, heldMs } = facts;
  if (lastGoodCycle === undefined || !isEnabled || isSuspended || isCycleRunning) return [];
  const soon = Math.max(3 * intervalMs, 10 * minute);
  if (now - lastGoodCycle <= soon) return [];
  const age = now - lastGoodCycle - heldMs(lastGoodCycle);
  if (age <= soon) return [];
  return [
    {
      code: 'cycle-overdue',
      severity: age > Math.max(2 * hour, 4 * intervalMs) ? 'error' : 'warning',
      title: 'No cycle ended well for a while',
      summary: `The last cycle that ended well did so at ${iso(lastGoodCycle)}, although one is due every ${Math.round(intervalMs / minute) || 1} min. "causeway runs" shows what happened since.`,
      since: iso(lastGoodCycle),
    },
  ];
}

/** No heartbeat for 120 minutes, or a domain that has had no success for as long (operations s.1.2, alerts 8 and 11). */
function passwordAlerts({ connector, isOn, lastHeartbeat, domains }: PasswordPulse, now: number): Told[] {
  if (!isOn) return [];
  const alerts: Told[] = domains.flatMap(({ namingContext, lastSuccess, error }): Told[] => {
    if (error === undefined || (lastSuccess !== undefined && now - lastSuccess <= 30 * minute)) return [];
    return [
      {
        code: 'passwords-stopped',
        severity: 'error',
        title: `Passwords of ${namingContext} are not synchronized`,
        summary: `${error} ${lastSuccess === undefined ? 'It never worked yet.' : `It last worked at ${iso(lastSuccess)}.`} "causeway passwords check" tries every domain controller.`,
        subject: connector,
        ...(lastSuccess === undefined ? {} : { since: iso(lastSuccess) }),
        detail: namingContext,
      },
    ];
  });
  if (alerts.length === 0 && lastHeartbeat !== undefined && now - lastHeartbeat > 120 * minute)
    alerts.push({
      code: 'passwords-heartbeat-missed',
      severity: 'warning',
      title: 'Password synchronization gives no sign of life',
      summary: `The last heartbeat of ${connector} reached the cloud at ${iso(lastHeartbeat)}; one is due every 30 min. "causeway passwords status" shows where it stands.`,
      subject: connector,
      since: iso(lastHeartbeat),
    });
  return alerts;
}

/** Refusals fewer than this are daily business. */
const fewRefusals = 10;
/** Runs before the newest that make a habit. */
const enoughRuns = 3;

function refusalAlerts({ refusals }: TrendFacts): Told[] {
  return refusals.flatMap(({ connector, run, now, before }): Told[] => {
    if (now < fewRefusals || before.length < enoughRuns || now <= 2 * Math.max(...before)) return [];
    return [
      {
        code: 'export-errors-rising',
        severity: 'warning',
        title: `More and more exports to ${connector} are refused`,
        summary: `${now} objects were refused in run ${run}, against at most ${Math.max(...before)} in the ${before.length} runs before. "causeway diagnose" groups them by cause.`,
        subject: connector,
        run,
      },
    ];
  });
}

/** Runs that a usual duration is known from. */
const enoughDurations = 20;

function slowAlerts({ durations }: TrendFacts): Told[] {
  return durations.flatMap(({ connector, profile, run, now, before }): Told[] => {
    if (before.length < enoughDurations) return [];
    const sorted = before.toSorted((a, b) => a - b);
    const usual = sorted[Math.floor(0.95 * (sorted.length - 1))]!;
    if (now <= 2 * usual || now - usual <= minute) return [];
    return [
      {
        code: 'run-slow',
        severity: 'warning',
        title: `${profile} of ${connector ?? 'all connectors'} took unusually long`,
        summary: `Run ${run} took ${seconds(now)}; 95 of 100 runs before it took at most ${seconds(usual)}.`,
        ...(connector === null ? {} : { subject: connector }),
        run,
        detail: profile,
      },
    ];
  });
}
const seconds = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / minute)} min`;

/** 60 days before: a note; 30: a warning; 7, or over: an error (operations s.8.2). */
function expiryAlerts({ expiries, now }: TrendFacts): Told[] {
  return expiries.flatMap(({ what, subject, expires }): Told[] => {
    const days = Math.floor((expires - now) / day);
    if (days >= 60) return [];
    const when = days < 0 ? `ended on ${iso(expires)}` : `ends in ${days} days, on ${iso(expires)}`;
    return [
      {
        code: 'expires-soon',
        severity: days < 7 ? 'error' : days < 30 ? 'warning' : 'info',
        title: days < 0 ? `${what} is not valid any more` : `${what} ends in ${days} days`,
        summary: `${what} (${subject}) ${when}. Put a new one in its place before that; connections fail afterwards.`,
        subject,
      },
    ];
  });
}

function memoryAlerts({ memory }: TrendFacts): Told[] {
  if (!memory || memory.used < 0.75 * memory.limit) return [];
  const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024);
  return [
    {
      code: 'memory-high',
      severity: 'warning',
      title: 'The service takes most of the memory',
      summary: `It has ${megabytes(memory.used)} of ${megabytes(memory.limit)} MB. Give the machine more, or report it with a support bundle if it goes on growing.`,
    },
  ];
}

/** Failed attempts from which a channel counts as one that does not get through. */
const manyAttempts = 3;

const silenceAlerts = ({ silent }: TrendFacts): Told[] =>
  silent
    .filter((s) => s.attempts >= manyAttempts)
    .map(({ channel, attempts, reason }) => ({
      code: 'notifications-failing',
      severity: 'warning',
      title: `Notifications do not reach "${channel}"`,
      summary: `${attempts} attempts failed, the last one because: ${reason} Nothing is lost: what is still true is told when it works again.`,
      subject: channel,
    }));
