/** What is wrong right now, worst first. Pure: the facts come from the store and the service. */
import type { OpenWindow } from '../scheduler/maintenance.ts';
import type { RunRow } from '../store/records.ts';
import { statusSeverity, statusTitle } from './titles.ts';
import { type TrendFacts, trendAlerts } from './trend-alerts.ts';

export interface Alert {
  /** Of this very cause: the same as long as it lasts and when it comes back. */
  readonly key: string;
  /** Stable. */
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  /** What happened, and the way out. */
  readonly summary: string;
  /** Connector, or another name of what it is about. */
  readonly subject?: string | undefined;
  /** ISO instant. */
  readonly since?: string | undefined;
  /** Number of the run that showed it. */
  readonly run?: number | undefined;
  /** Somebody asked not to be told of it for a while. */
  readonly isMuted?: boolean | undefined;
}

/** A part of the service that ended and is started again by itself. */
export interface PartDown {
  /** `engine`, `tenant`, `reader`. */
  readonly part: string;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly attempt: number;
}

export interface HealthFacts extends TrendFacts {
  readonly intervalMs: number;
  readonly isEnabled: boolean;
  readonly isSuspended: boolean;
  readonly isStaging: boolean;
  /** The maintenance window that is open. */
  readonly window?: OpenWindow | undefined;
  /** Newest run of every connector and kind of profile. */
  readonly latest: readonly { readonly connector: string | null; readonly run: RunRow }[];
  readonly imports: readonly { readonly connector: string; readonly partition: string; readonly lastImport: number }[];
  /** Objects in error by phase. */
  readonly errors: Readonly<Record<string, number>>;
  readonly heldDeletes: readonly {
    readonly connector: string;
    readonly deletes: number;
    readonly threshold: number;
  }[];
  readonly down: readonly PartDown[];
  /** The engine is there, but is silent, or its work stands still; `doing` is a part of a sentence. */
  readonly hung?: { readonly kind: 'silent' | 'still'; readonly forMs: number; readonly doing: string } | undefined;
  /** What is wrong with the rule files, if they cannot be used. */
  readonly ruleProblem?: string | undefined;
  /** Bytes left where the state is. */
  readonly freeBytes?: number | undefined;
}

const hour = 3_600_000;
const day = 24 * hour;
const megabyte = 1024 * 1024;
const order = { error: 0, warning: 1, info: 2 } as const;
const iso = (ms: number): string => new Date(ms).toISOString();
/** An alert without its key, which follows from code, subject and `detail`. */
type Told = Omit<Alert, 'key'> & { readonly detail?: string };

export function alertsOf(facts: HealthFacts): Alert[] {
  const told: Told[] = [
    ...downAlerts(facts),
    ...hungAlerts(facts),
    ...ruleAlerts(facts),
    ...deleteAlerts(facts),
    ...runAlerts(facts),
    ...freshnessAlerts(facts),
    ...errorAlerts(facts),
    ...schedulerAlerts(facts),
    ...diskAlerts(facts),
    ...trendAlerts(facts),
  ];
  return told
    .map(({ detail, ...a }) => ({ key: keyOf(a.code, a.subject, detail), ...a }))
    .sort((a, b) => order[a.severity] - order[b.severity]);
}

/** The key of an alert. */
export const keyOf = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((p) => p !== undefined).join('\n');

const partNames: Readonly<Record<string, string>> = {
  engine: 'The engine',
  tenant: 'The local tenant',
  reader: 'The thread that answers long questions',
  pages: 'The thread that reads lists',
  diagnosis: 'The thread of diagnoses',
  passwords: 'The process that reads passwords',
};

const downAlerts = ({ down }: HealthFacts): Told[] =>
  down.map(({ part, reason, since, attempt }) => ({
    code: `${part}-down`,
    severity: part === 'engine' || part === 'tenant' ? 'error' : 'warning',
    title: `${partNames[part] ?? part} is not running`,
    summary: `${partNames[part] ?? part} ended unexpectedly (${reason.split('\n')[0]}). It is started again by itself; this was attempt ${attempt}. If it goes on, report it with a support bundle.`,
    since: iso(since),
  }));

function hungAlerts({ hung, now }: HealthFacts): Told[] {
  if (!hung) return [];
  const minutes = Math.round(hung.forMs / 60_000);
  const told =
    hung.kind === 'silent'
      ? `Nothing was heard of the engine for ${minutes} minutes; the last it did was ${hung.doing}. Restart the service: what was done is kept, and the rest is taken up again. If it comes again, report it with a support bundle.`
      : `For ${minutes} minutes there was no progress: ${hung.doing}. Perhaps a server does not answer ("causeway diagnose" looks). Stop the run in the console, or restart the service; the next cycle takes it up again.`;
  return [
    {
      code: 'engine-hung',
      severity: 'error',
      title: hung.kind === 'silent' ? 'The engine does not answer' : 'The engine does not get any further',
      summary: told,
      since: iso(now - hung.forMs),
    },
  ];
}

const ruleAlerts = ({ ruleProblem }: HealthFacts): Told[] =>
  ruleProblem === undefined
    ? []
    : [
        {
          code: 'rules-not-usable',
          severity: 'error',
          title: 'The rule files cannot be used',
          summary: `The rules from before stay in force. ${ruleProblem}`,
        },
      ];

const deleteAlerts = ({ heldDeletes }: HealthFacts): Told[] =>
  heldDeletes.map(({ connector, deletes, threshold }) => ({
    code: 'deletes-held',
    severity: 'error',
    title: 'An export is held back: too many deletes',
    summary: `${deletes} objects would be deleted in ${connector}; the limit is ${threshold}. Nothing is exported there until the deletes are approved ("causeway approve ${connector}") or their cause is repaired.`,
    subject: connector,
  }));

function runAlerts({ latest }: HealthFacts): Told[] {
  return latest.flatMap(({ connector, run }): Told[] => {
    // Held deletes have an alert of their own, which goes away with the cause.
    if (statusSeverity(run.status) !== 'error' || run.status === 'stopped-deletion-threshold-exceeded') return [];
    if (/user-termination|server-shutdown/.test(run.status)) return [];
    const error = run.error === null ? undefined : (JSON.parse(run.error) as { message: string; remedy: string });
    return [
      {
        code: 'run-failed',
        severity: 'error',
        title: `${run.profile} of ${connector ?? 'all connectors'}: ${statusTitle(run.status)}`,
        summary: error ? `${error.message} ${error.remedy}` : `The run ended with ${run.status}.`,
        ...(connector === null ? {} : { subject: connector }),
        since: iso(run.started),
        run: run.id,
        // A full import that fails after a delta import is the same trouble.
        detail: run.profile.replace(/^(full|delta)-/, ''),
      },
    ];
  });
}

/** Warning from twice the interval, error from two hours (or four intervals), or near the seven days of a delta. */
function freshnessAlerts({ imports, now, intervalMs, isCycleRunning, heldMs }: HealthFacts): Told[] {
  // After a night without service the first cycle is about to put it right.
  if (isCycleRunning) return [];
  return imports.flatMap(({ connector, partition, lastImport }): Told[] => {
    const soon = Math.max(2 * intervalMs, 60_000);
    const age = now - lastImport;
    if (age <= soon) return [];
    // What a maintenance window held back is not late, but a delta ages all the same.
    const late = age - heldMs(lastImport);
    const isError = late > Math.max(2 * hour, 4 * intervalMs) || age > 6 * day;
    if (!isError && late <= soon) return [];
    return [
      {
        code: 'import-overdue',
        severity: isError ? 'error' : 'warning',
        title: `${connector} was not imported for a while`,
        summary: `The last import of ${partition} was at ${iso(lastImport)}. See the last runs of this connector; after seven days without a delta everything has to be read again.`,
        subject: connector,
        since: iso(lastImport),
        detail: partition,
      },
    ];
  });
}

const errorTitles: Readonly<Record<string, readonly [title: string, advice: string]>> = {
  import: ['could not be read', 'They stay as they were at the last import.'],
  sync: ['could not be synchronized', 'Rules failed for them; their last values stay in the cloud.'],
  export: ['were refused by a target', 'They are tried again when due.'],
  confirm: ['were exported but did not stick', 'They are sent again with the next cycle.'],
};

function errorAlerts({ errors }: HealthFacts): Told[] {
  return Object.entries(errors).flatMap(([phase, n]): Told[] => {
    const words = errorTitles[phase];
    if (n === 0 || !words) return [];
    return [
      {
        code: `objects-with-${phase}-errors`,
        severity: phase === 'confirm' ? 'info' : 'warning',
        title: `${n} ${n === 1 ? 'object' : 'objects'} ${words[0]}`,
        summary: `${words[1]} "causeway diagnose" says which and why.`,
      },
    ];
  });
}

function schedulerAlerts({ isEnabled, isSuspended, isStaging, window }: HealthFacts): Told[] {
  const alerts: Told[] = [];
  if (!isEnabled || isSuspended) {
    const field = isEnabled ? 'SchedulerSuspended=false' : 'SyncCycleEnabled=true';
    alerts.push({
      code: 'scheduler-off',
      severity: 'warning',
      title: 'No cycle is scheduled',
      summary: `The scheduler is ${isEnabled ? 'suspended' : 'switched off'}. Switch it on with "causeway scheduler set ${field}".`,
    });
  }
  if (window) alerts.push(maintenanceAlert(window));
  if (isStaging) {
    alerts.push({
      code: 'staging',
      severity: 'info',
      title: 'Staging mode: nothing is exported',
      summary:
        'Everything is imported and computed. "causeway scheduler set StagingModeEnabled=false" makes it active.',
    });
  }
  return alerts;
}

function maintenanceAlert({ since, until, isEndless, reason }: OpenWindow): Told {
  const because = reason === undefined ? '' : ` (${reason})`;
  const going = 'Passwords go on. "causeway sync" runs one cycle all the same.';
  return isEndless
    ? {
        code: 'maintenance-endless',
        severity: 'warning',
        title: 'Maintenance windows leave no room for cycles',
        summary: `One window follows the other without a gap${because}, so that no cycle starts by itself. Make them shorter in scheduler.maintenance. ${going}`,
      }
    : {
        code: 'maintenance',
        severity: 'info',
        title: `Maintenance until ${iso(until)}`,
        summary: `A maintenance window is open${because}: no cycle starts by itself. ${going}`,
        since: iso(since),
      };
}

function diskAlerts({ freeBytes }: HealthFacts): Told[] {
  if (freeBytes === undefined || freeBytes > 1024 * megabyte) return [];
  const left = Math.round(freeBytes / megabyte);
  return [
    {
      code: 'disk-nearly-full',
      severity: left < 200 ? 'error' : 'warning',
      title: 'The disk of the state is nearly full',
      summary: `${left} MB are left. A full disk stops every cycle; nothing is lost, but nothing is synchronized either.`,
    },
  ];
}

/** One sentence a person could read aloud on the phone. */
export function verdictOf(
  alerts: readonly Alert[],
  lastSuccess: number | undefined,
  now: number,
): { state: 'ok' | 'warning' | 'error'; sentence: string } {
  const worst = alerts.filter((a) => a.severity !== 'info' && a.isMuted !== true);
  const [first] = worst;
  if (!first) {
    const when =
      lastSuccess === undefined ? 'No cycle has run yet' : `The last cycle ended well ${ago(now - lastSuccess)}`;
    return { state: 'ok', sentence: `${when}, and nothing needs attention.` };
  }
  const more = worst.length > 1 ? ` (and ${worst.length - 1} more)` : '';
  return { state: first.severity === 'error' ? 'error' : 'warning', sentence: `${first.title}${more}.` };
}

/** An age in its largest sensible unit. */
export function ago(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 90) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
}
