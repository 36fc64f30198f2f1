/** What monitoring systems read: the text exposition format of Prometheus, version 0.0.4. */
import type { Alert } from './alerts.ts';

export interface MetricFacts {
  readonly lastCycle: {
    readonly ended: string | null;
    readonly durationMs: number | null;
    readonly outcome: string;
    readonly runs: readonly {
      readonly connector: string | null;
      readonly profile: string;
      readonly durationMs: number | null;
      readonly counters: Readonly<Record<string, number>>;
    }[];
  } | null;
  readonly connectors: readonly {
    readonly name: string;
    readonly pendingExports: { readonly add: number; readonly update: number; readonly delete: number };
  }[];
  readonly errors: Readonly<Record<string, number>>;
  readonly alerts: readonly Pick<Alert, 'code' | 'severity'>[];
  readonly scheduler: {
    readonly StagingModeEnabled: boolean;
    readonly SyncCycleInProgress: boolean;
    readonly MaintenanceWindowOpen: boolean;
  };
  readonly engine: { readonly state: string };
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** `rssBytes`: memory of the process. */
export function metricsText(facts: MetricFacts, rssBytes: number): string {
  const { lastCycle: cycle } = facts;
  const runs = cycle?.runs ?? [];
  const families: readonly [name: string, help: string, samples: readonly Sample[]][] = [
    ['engine_up', 'Whether the engine runs.', [[{}, Number(facts.engine.state === 'running')]]],
    ['cycle_in_progress', 'Whether a cycle runs.', [[{}, Number(facts.scheduler.SyncCycleInProgress)]]],
    ['maintenance', 'Whether a maintenance window is open.', [[{}, Number(facts.scheduler.MaintenanceWindowOpen)]]],
    ['staging', 'Whether exports are held back.', [[{}, Number(facts.scheduler.StagingModeEnabled)]]],
    [
      'last_cycle_end_timestamp_seconds',
      'When the last cycle ended.',
      cycle?.ended ? [[{}, Date.parse(cycle.ended) / 1000]] : [],
    ],
    [
      'last_cycle_duration_seconds',
      'How long the last cycle took.',
      cycle?.durationMs == null ? [] : [[{}, cycle.durationMs / 1000]],
    ],
    ['last_cycle_failed', 'Whether the last cycle failed.', cycle ? [[{}, Number(cycle.outcome === 'failed')]] : []],
    [
      'run_duration_seconds',
      'How long the runs of the last cycle took.',
      runs
        .filter((r) => r.durationMs !== null)
        .map((r) => [{ connector: r.connector ?? 'all', profile: r.profile }, (r.durationMs ?? 0) / 1000]),
    ],
    [
      'run_objects',
      'Counters of the runs of the last cycle.',
      runs.flatMap((r) =>
        Object.entries(r.counters).map(
          ([counter, n]): Sample => [{ connector: r.connector ?? 'all', profile: r.profile, counter }, n],
        ),
      ),
    ],
    [
      'pending_exports',
      'Exports that wait.',
      facts.connectors.flatMap((c) =>
        Object.entries(c.pendingExports).map(([operation, n]): Sample => [{ connector: c.name, operation }, n]),
      ),
    ],
    ['objects_in_error', 'Objects in error.', Object.entries(facts.errors).map(([phase, n]) => [{ phase }, n])],
    [
      'alerts',
      'Active alerts.',
      (['error', 'warning', 'info'] as const).map((severity) => [
        { severity },
        facts.alerts.filter((a) => a.severity === severity).length,
      ]),
    ],
    ['resident_memory_bytes', 'Memory of the process.', [[{}, rssBytes]]],
  ];
  return families
    .filter(([, , samples]) => samples.length > 0)
    .map(([name, help, samples]) => family(`causeway_${name}`, help, samples))
    .join('');
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const text = Object.entries(labels)
      .map(([key, v]) => `${key}="${v.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`)
      .join(',');
    return `${name}${text === '' ? '' : `{${text}}`} ${value}`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('\n')}\n`;
}
