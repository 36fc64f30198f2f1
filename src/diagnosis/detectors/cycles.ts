/** Section D: schedule, staging, cycles that take too long or do not come, the disk, the process. */
import type { RunRow } from '../../store/records.ts';
import { clouds, type Detector, type DiagnosisContext, sources } from '../diagnose-context.ts';
import type { Evidence, FindingFacts, FindingObject } from '../findings/finding.ts';
import { commandFix, textFix } from '../fix/text.ts';
import { maintenance } from './maintenance.ts';

export const cycles: Detector = {
  name: 'cycles',
  detect: (context) =>
    context.focus
      ? []
      : [
          ...schedule(context),
          ...maintenance(context),
          ...overrun(context),
          ...stale(context),
          ...process(context),
          ...disk(context),
        ],
};

const iso = (ms: number): string => new Date(ms).toISOString();
const minutes = (ms: number): string =>
  ms < 60_000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms / 6000) / 10} min`;

/** Who set a field of the scheduler, as the audit log tells. */
export function whoSet(context: DiagnosisContext, field: string): Evidence[] {
  const rows = context.store.administration.auditPage({ before: Number.MAX_SAFE_INTEGER, limit: 500 });
  const row = rows.find((r) => [r.subject, r.after].some((t) => t?.toLowerCase().includes(field.toLowerCase())));
  return row
    ? [
        {
          source: 'audit log',
          fact: `${iso(row.time)}: ${row.who} (${row.how}) ${row.action} ${row.subject ?? ''} ${row.after ?? ''}`.trim(),
        },
      ]
    : [
        {
          source: 'configuration',
          fact: `${field} is as the configuration or an earlier command says; the audit log has no entry`,
        },
      ];
}
export const sinceOf = (context: DiagnosisContext, field: string): { firstSeen?: number } => {
  const rows = context.store.administration.auditPage({ before: Number.MAX_SAFE_INTEGER, limit: 500 });
  const row = rows.find((r) => [r.subject, r.after].some((t) => t?.toLowerCase().includes(field.toLowerCase())));
  return row ? { firstSeen: row.time } : {};
};

function schedule(context: DiagnosisContext): FindingFacts[] {
  const { scheduler } = context.facts;
  if (!scheduler) return [];
  const off = (
    code: 'scheduler-disabled' | 'scheduler-suspended',
    field: string,
    wanted: string,
    summary: string,
  ): FindingFacts => ({
    code,
    root: field,
    attribute: field,
    value: wanted === 'true' ? 'false' : 'true',
    summary,
    evidence: whoSet(context, field),
    fix: [
      commandFix('Switch it on again', ['scheduler', 'set', `${field}=${wanted}`], {
        kind: 'scheduler',
        field,
        value: wanted,
      }),
    ],
    ...sinceOf(context, field),
  });
  return [
    ...(scheduler.enabled
      ? []
      : [
          off(
            'scheduler-disabled',
            'SyncCycleEnabled',
            'true',
            'No cycle starts by itself, because SyncCycleEnabled is false. What changes in the directories does not reach the cloud.',
          ),
        ]),
    ...(scheduler.suspended
      ? [
          off(
            'scheduler-suspended',
            'SchedulerSuspended',
            'false',
            'The schedule is suspended (SchedulerSuspended is true), as wizards do while they work; nobody ended it.',
          ),
        ]
      : []),
  ];
}

function overrun(context: DiagnosisContext): FindingFacts[] {
  const interval = context.facts.scheduler?.intervalMs;
  if (interval === undefined) return [];
  const done = context.store.diagnosis.cycles(12).filter((c) => c.open === 0 && c.ended !== null);
  const lasted = done.map((c) => (c.ended as number) - c.started);
  const [last, before] = lasted;
  // One long cycle after a change of everything is no trend.
  if (last === undefined || before === undefined || last <= interval || before <= interval) return [];
  const runs = context.store.reports.cycleRuns(done[0]?.cycle ?? 0);
  const slowest = [...runs].sort((a, b) => duration(b) - duration(a))[0];
  const older = lasted.slice(2).sort((a, b) => a - b);
  const usual = older[older.length >> 1];
  const growth = usual === undefined ? '' : ` Before that ${minutes(usual)} was usual.`;
  const name = slowest ? `${slowest.profile}${connectorName(context, slowest)}` : '';
  return [
    {
      code: 'cycle-overrun',
      root: 'overrun',
      value: minutes(last),
      summary: `The last cycles took ${minutes(last)} and ${minutes(before)}, longer than their interval of ${minutes(interval)}; the slowest step was ${name} with ${slowest ? minutes(duration(slowest)) : ''}.${growth}`,
      evidence: runs.map((r) => ({
        source: 'run history',
        fact: `${r.profile}${connectorName(context, r)}: ${minutes(duration(r))}, ${r.status}`,
      })),
      fix: [
        commandFix(
          'Give the cycles more time',
          ['scheduler', 'set', `CustomizedSyncCycleInterval=${roundedInterval(last)}`],
          {
            kind: 'scheduler',
            field: 'CustomizedSyncCycleInterval',
            value: roundedInterval(last),
          },
        ),
        textFix(
          'Or make the slowest step faster',
          'configuration',
          `Look at the counters of ${name}: causeway runs ${slowest?.id ?? ''}`,
        ),
      ],
    },
  ];
}

const duration = (run: RunRow): number => (run.ended ?? run.started) - run.started;
/** Twice as long as a cycle takes, in whole minutes. */
const roundedInterval = (ms: number): string => `${Math.max(1, Math.ceil((ms * 2) / 60_000))}m`;
const connectorName = (context: DiagnosisContext, run: RunRow): string => {
  const name = run.connector === null ? undefined : context.engine.byId.get(run.connector)?.row.name;
  return name === undefined ? '' : ` of ${name}`;
};

/** A delta older than this is not trusted any more (sync-engine s.5.1). */
const deltaLifetime = 7 * 24 * 3_600_000;

function stale(context: DiagnosisContext): FindingFacts[] {
  const { scheduler } = context.facts;
  const recent = context.store.diagnosis.cycles(500);
  if (recent.length === 0) return [];
  const good = recent.find((c) => c.failed === 0 && c.open === 0);
  const age = context.now - (good?.ended ?? recent.at(-1)?.started ?? context.now);
  const held = scheduler?.maintenance?.heldMs(context.now - age, context.now) ?? 0;
  const isLate = scheduler?.enabled === true && !scheduler.suspended && age - held > 2 * scheduler.intervalMs;
  const old = oldImports(context);
  if (!isLate && old.length === 0) return [];
  const failing = recent.find((c) => c.failed === 1);
  const firstBad = failing
    ? context.store.reports.cycleRuns(failing.cycle).find((r) => /^(stopped|no-start)/.test(r.status))
    : undefined;
  const why = firstBad
    ? ` The first step that fails is ${firstBad.profile}${connectorName(context, firstBad)} (${firstBad.status}).`
    : isLate
      ? ' No cycle was started since.'
      : '';
  const objects: FindingObject[] = old.map((o) => ({ role: 'connector', connector: o.connector }));
  return [
    {
      code: 'cycle-stale',
      root: 'stale',
      value: good ? iso(good.ended as number) : 'never',
      summary: `The last good cycle ended ${good ? iso(good.ended as number) : 'never'}, ${minutes(age)} ago${scheduler ? `; one is due every ${minutes(scheduler.intervalMs)}` : ''}.${why}${old.length > 0 ? ` The last import of ${old.map((o) => o.connector).join(', ')} is more than 7 days old, so the next one reads everything.` : ''}`,
      objects,
      evidence: [
        ...(firstBad
          ? [
              {
                source: 'run history',
                fact: `${iso(firstBad.started)} ${firstBad.profile}${connectorName(context, firstBad)}: ${messageOf(firstBad)}`,
              },
            ]
          : []),
        ...old.map((o) => ({ source: 'partition', fact: `${o.partition}: last import ${iso(o.last)}` })),
      ],
      fix: [commandFix('Run a cycle now', ['sync'], { kind: 'cycle', policy: 'delta' })],
      ...(good?.ended ? { firstSeen: good.ended } : {}),
    },
  ];
}

export function messageOf(run: RunRow): string {
  if (run.error === null) return run.status;
  return (JSON.parse(run.error) as { message?: string }).message ?? run.status;
}

function oldImports(context: DiagnosisContext): { connector: string; partition: string; last: number }[] {
  return [...sources(context), ...clouds(context)].flatMap((c) =>
    context.store.records.partitions(c.row.id).flatMap((p) => {
      const last = Math.max(p.last_full_import ?? 0, p.last_delta_import ?? 0);
      return last > 0 && context.now - last > deltaLifetime ? [{ connector: c.row.name, partition: p.name, last }] : [];
    }),
  );
}

function process(context: DiagnosisContext): FindingFacts[] {
  const { engine } = context.facts;
  if (engine?.state !== 'crashed') return [];
  const heard =
    engine.heartbeat === undefined
      ? 'not known'
      : `${iso(engine.heartbeat)}, ${minutes(context.now - engine.heartbeat)} ago`;
  return [
    {
      code: 'service-down',
      root: 'engine',
      summary: `The engine ended without being asked: ${engine.detail}${engine.heartbeat === undefined ? '' : ` It was last heard of ${heard}.`} Nothing was lost; a run that was under way is closed and resolved by the next one.`,
      evidence: [
        { source: 'lease', fact: engine.detail },
        { source: 'last heartbeat', fact: heard },
        { source: 'reason it ended', fact: engine.exit ?? 'not known' },
      ],
      fix: [commandFix('Start it again', ['start'])],
      ...(engine.heartbeat === undefined ? {} : { firstSeen: engine.heartbeat }),
    },
  ];
}

/** Bytes below which an ordinary cycle may fill the disk. */
const least = 256 * 1024 * 1024;

function disk(context: DiagnosisContext): FindingFacts[] {
  const d = context.facts.disk;
  const full = context.store.diagnosis
    .lastRuns()
    .find((r) => /store-full|stopped-database-disk-full/.test(`${r.error ?? ''}${r.status}`));
  const isLow = d !== undefined && d.freeBytes < Math.max(least, d.storeBytes / 4);
  if (!full && !isLow) return [];
  const megabytes = (n: number) => `${Math.round(n / 1e6)} MB`;
  return [
    {
      code: 'store-full',
      severity: full ? 'error' : 'warning',
      root: d?.path ?? 'store',
      summary: full
        ? `The disk under the store was full when ${full.profile} ran (${iso(full.started)}). Everything up to the last committed page is kept.`
        : `The disk under ${d?.path} has ${megabytes(d?.freeBytes ?? 0)} left, and the store holds ${megabytes(d?.storeBytes ?? 0)}.`,
      evidence: [
        ...(full ? [{ source: 'run history', fact: messageOf(full) }] : []),
        ...(d ? [{ source: 'disk', fact: `${d.freeBytes} bytes free under ${d.path}` }] : []),
      ],
      fix: [
        textFix(
          'Make room',
          'configuration',
          `Free some space under ${d?.path ?? 'the state directory'}, or keep the run history for a shorter time: causeway scheduler set PurgeRunHistoryInterval=1d`,
        ),
        commandFix('Then run a cycle', ['sync'], { kind: 'cycle', policy: 'delta' }),
      ],
    },
  ];
}
