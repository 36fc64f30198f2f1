/** What the history of runs and the state of passwords tell about things that creep. Reads only. */
import type { TrendFacts } from '../../health/trend-alerts.ts';
import type { RunRow } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { passwordFacts } from '../passwords/facts.ts';

/** Runs that a habit is read from. */
const habit = 50;
const recentExports = 10;

type Trends = Pick<TrendFacts, 'passwords' | 'refusals' | 'durations'>;

export function trendsOf(store: Store, config: LoadedConfiguration): Trends {
  const connectors = [{ id: null, name: null }, ...store.records.connectors()];
  return {
    passwords: pulses(store, config),
    refusals: connectors.flatMap(({ id, name }) => (id === null || name === null ? [] : refusals(store, id, name))),
    durations: connectors.flatMap(({ id, name }) =>
      (['full-import', 'delta-import', 'full-sync', 'delta-sync', 'export'] as const).flatMap((profile) =>
        durations(store, id, name, profile),
      ),
    ),
  };
}

function pulses(store: Store, config: LoadedConfiguration): TrendFacts['passwords'] {
  const instant = (text: string | null) => (text === null ? undefined : Date.parse(text));
  return passwordFacts(store, config).channels.map((c) => ({
    connector: c.connector,
    isOn: c.state === 'on',
    lastHeartbeat: instant(c.lastHeartbeat),
    domains: c.domains.map((d) => ({
      namingContext: d.namingContext,
      lastSuccess: instant(d.lastSuccess),
      error: (d.lastError ?? c.lastError)?.message,
    })),
  }));
}

const refused = (row: RunRow): number =>
  (JSON.parse(row.counters) as Record<string, number | undefined>)['export-failure'] ?? 0;

function refusals(store: Store, id: number, connector: string): TrendFacts['refusals'] {
  const [newest, ...before] = store.reports.endedRuns(id, 'export', recentExports + 1);
  return newest ? [{ connector, run: newest.id, now: refused(newest), before: before.map(refused) }] : [];
}

function durations(
  store: Store,
  id: number | null,
  connector: string | null,
  profile: string,
): TrendFacts['durations'] {
  const ended = store.reports.endedRuns(id, profile, habit + 1).filter((r) => !/^(stopped|no-start)/.test(r.status));
  const [newest, ...before] = ended.map((r) => ({ run: r.id, ms: (r.ended ?? r.started) - r.started }));
  return newest ? [{ connector, profile, run: newest.run, now: newest.ms, before: before.map((b) => b.ms) }] : [];
}
