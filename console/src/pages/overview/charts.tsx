/** Trends: how long cycles take, what is exported. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import { get } from '../../api/client.ts';
import type { ChartPoint } from '../../api/types.ts';
import { useQueryState } from '../../ui/address.ts';
import { Chart, type Series } from '../../ui/chart.tsx';
import { Toggle } from '../../ui/fields.tsx';
import { Card, Empty } from '../../ui/parts.tsx';
import { duration, shortCount } from '../../ui/text.ts';
import { changesOf } from '../runs/run-text.ts';

const day = 86_400_000;
const ranges = [
  ['1', '24 hours'],
  ['7', '7 days'],
  ['30', '30 days'],
] as const;
type Range = (typeof ranges)[number][0];
export function Charts() {
  const [query, change] = useQueryState();
  const [, navigate] = useLocation();
  const range: Range = query.range === '7' || query.range === '30' ? query.range : '1';
  const since = useMemo(() => Date.now() - Number(range) * day, [range]);
  const runs = useQuery({
    queryKey: ['charts', range],
    queryFn: async ({ signal }) => {
      const from = new Date(Date.now() - Number(range) * day).toISOString();
      const points = await get<readonly ChartPoint[]>('/charts/runs', { since: from, limit: 2000 }, signal);
      return [...points].reverse();
    },
    placeholderData: (previous) => previous,
  });
  const latency = useMemo(() => latencyOf(runs.data ?? []), [runs.data]);
  const exports = useMemo(() => exportsOf(runs.data ?? []), [runs.data]);
  return (
    <div className="halves">
      <Card
        title="How long runs take"
        aside={
          <Toggle
            label="Time range"
            value={range}
            options={ranges}
            onChange={(r) => change({ range: r === '1' ? undefined : r })}
          />
        }
      >
        {latency.times.length === 0 ? (
          <Empty title="No run in this time">
            The duration of imports, synchronizations and exports is drawn here.
          </Empty>
        ) : (
          <Chart
            label="Duration of runs"
            times={latency.times}
            series={latency.series}
            format={duration}
            since={since}
            onOpen={(i) => latency.runs[i] !== undefined && navigate(`/runs/${latency.runs[i]}`)}
          />
        )}
      </Card>
      <Card title="What was exported">
        {exports.times.length === 0 ? (
          <Empty title="Nothing was exported in this time">
            Adds, updates, deletes and refusals of every export are drawn here; exports with nothing to do are left out.
          </Empty>
        ) : (
          <Chart
            label="Exported objects"
            times={exports.times}
            series={exports.series}
            format={shortCount}
            since={since}
            onOpen={(i) => exports.runs[i] !== undefined && navigate(`/runs/${exports.runs[i]}`)}
          />
        )}
      </Card>
    </div>
  );
}

interface Drawn {
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** The run that a point opens. */
  readonly runs: readonly number[];
}

/** A new point of the chart after this long without a run: runs of one cycle follow each other. Milliseconds. */
const gapMs = 5000;

/** Import, synchronization and export of every cycle, added up over the connectors. */
function latencyOf(runs: readonly ChartPoint[]): Drawn {
  const cycles: { at: number; end: number; run: number; import: number; sync: number; export: number }[] = [];
  for (const r of runs) {
    let last = cycles.at(-1);
    const isNext = last !== undefined && r.profile.endsWith('import') && last.sync > 0;
    if (!last || isNext || r.started - last.end > gapMs) {
      last = { at: r.started, end: r.started, run: r.run, import: 0, sync: 0, export: 0 };
      cycles.push(last);
    }
    last.end = r.started + r.durationMs;
    last[r.profile === 'export' ? 'export' : r.profile.endsWith('import') ? 'import' : 'sync'] += r.durationMs;
  }
  return {
    times: cycles.map((c) => c.at),
    runs: cycles.map((c) => c.run),
    series: [
      { label: 'Import', tone: 1, values: cycles.map((c) => c.import) },
      { label: 'Synchronization', tone: 2, values: cycles.map((c) => c.sync) },
      { label: 'Export', tone: 3, values: cycles.map((c) => c.export) },
    ],
  };
}

function exportsOf(runs: readonly ChartPoint[]): Drawn {
  const shown = runs.filter((r) => {
    const c = changesOf(r.counters);
    return r.profile === 'export' && c.adds + c.updates + c.deletes + c.failures > 0;
  });
  const of = (kind: 'adds' | 'updates' | 'deletes' | 'failures') => shown.map((r) => changesOf(r.counters)[kind]);
  return {
    times: shown.map((r) => r.started),
    runs: shown.map((r) => r.run),
    series: [
      { label: 'Adds', tone: 1, values: of('adds') },
      { label: 'Updates', tone: 2, values: of('updates') },
      { label: 'Deletes', tone: 3, values: of('deletes') },
      { label: 'Refused', tone: 4, values: of('failures') },
    ],
  };
}
