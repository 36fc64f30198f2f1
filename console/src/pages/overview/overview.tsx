/** The first page: one sentence, what needs somebody, the last cycle, counts, freshness, trends. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Link } from 'wouter';
import { useCycle } from '../../api/actions.ts';
import type { Status } from '../../api/generated.ts';
import { statusQuery } from '../../api/queries.ts';
import type { ConnectorStatus } from '../../api/types.ts';
import { useLive } from '../../shell/live.tsx';
import { useMay } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Card, Empty, PageHead, Skeleton } from '../../ui/parts.tsx';
import { ProgressBar } from '../../ui/progress.tsx';
import { type State, StateText } from '../../ui/shape.tsx';
import { duration, exact, fieldMs, words } from '../../ui/text.ts';
import { Time, useNow } from '../../ui/time.tsx';
import { Timeline } from '../runs/timeline.tsx';
import { Alerts } from './alerts.tsx';
import { Counts } from './counts.tsx';

const Charts = lazy(async () => ({ default: (await import('./charts.tsx')).Charts }));

export function Overview() {
  const status = useQuery(statusQuery);
  const s = status.data;
  if (status.error && !s)
    return (
      <div className="page">
        <Failure error={status.error} onRetry={() => void status.refetch()} />
      </div>
    );
  if (!s)
    return (
      <div className="page">
        <Skeleton rows={6} />
      </div>
    );
  return (
    <div className="page">
      <PageHead title="Overview" state={s.verdict.state} verdict={s.verdict.sentence}>
        <CycleButtons status={s} />
      </PageHead>
      <RunningCycle />
      <Alerts alerts={s.alerts} />
      <Counts status={s} />
      <div className="columns">
        <Card title="Last cycle" aside={s.lastCycle && <CycleFacts status={s} />} flush>
          {s.lastCycle && s.lastCycle.runs.length > 0 ? (
            <Timeline runs={s.lastCycle.runs} />
          ) : (
            <Empty title="No cycle yet">
              The steps of a cycle are drawn here on one time axis once the first one began.
            </Empty>
          )}
        </Card>
        <Card title="Freshness" flush>
          <Freshness status={s} />
        </Card>
      </div>
      <Suspense
        fallback={
          <Card title="Trends">
            <Skeleton rows={5} />
          </Card>
        }
      >
        <Charts />
      </Suspense>
    </div>
  );
}

function CycleButtons(props: { status: Status }) {
  const { work } = useLive();
  const cycle = useCycle();
  const isBusy = work !== undefined || props.status.scheduler.SyncCycleInProgress;
  return (
    <>
      <Button
        needs="operator"
        disabled={isBusy}
        onClick={() => cycle.mutate('initial')}
        title="Reads every directory from the beginning and computes every identity anew"
      >
        Run full cycle
      </Button>
      <Button
        kind="primary"
        needs="operator"
        disabled={isBusy}
        busy={cycle.isPending}
        onClick={() => cycle.mutate('delta')}
        title={isBusy ? 'A cycle is running already' : 'Reads what changed and brings it to the cloud'}
      >
        Run delta now
      </Button>
    </>
  );
}

function RunningCycle() {
  const progress = useLive().work?.progress;
  const { stop } = useCycle();
  const may = useMay('operator');
  if (!progress) return null;
  return (
    <div className="card">
      <div className="card-body">
        <ProgressBar
          work={{ title: `${words(progress.step)}: ${progress.connector}`, done: progress.done, total: progress.total }}
          onCancel={may ? stop : undefined}
          cancelLabel="Stop the cycle"
        />
      </div>
    </div>
  );
}

function CycleFacts(props: { status: Status }) {
  const c = props.status.lastCycle;
  if (!c) return null;
  return (
    <span>
      <Link href={`/runs?cycle=${c.cycle}`}>{c.outcome === 'running' ? 'running' : 'ended'}</Link>{' '}
      <Time at={c.ended ?? c.started} />
      {c.durationMs !== null && `, took ${duration(c.durationMs)}`}
    </span>
  );
}

/** A source is old after two intervals, and dangerously old near the seven days after which a delta cannot be trusted. */
function freshState(ageMs: number | undefined, intervalMs: number): State {
  if (ageMs === undefined) return 'none';
  if (ageMs > Math.max(2 * 3_600_000, 4 * intervalMs)) return 'error';
  return ageMs > Math.max(2 * intervalMs, 60_000) ? 'warning' : 'ok';
}

function Freshness(props: { status: Status }) {
  const { maintenance } = props.status;
  const clock = useNow();
  // What a window holds back is not late.
  const now = maintenance ? Date.parse(maintenance.since) : clock;
  const interval = fieldMs(props.status.scheduler.CurrentlyEffectiveSyncCycleInterval);
  const newest = (p: ConnectorStatus['partitions'][number]): string | null =>
    [p.lastDeltaImport, p.lastFullImport]
      .filter((t) => t !== null)
      .sort()
      .at(-1) ?? null;
  return (
    <ul className="fresh">
      {props.status.connectors.map((c) => {
        const partitions =
          c.partitions.length > 0 ? c.partitions : [{ name: '', lastDeltaImport: null, lastFullImport: null }];
        return partitions.map((p) => {
          const at = newest(p);
          const state = freshState(at === null ? undefined : now - Date.parse(at), interval);
          return (
            <li key={`${c.name} ${p.name}`} className="fresh-row">
              <StateText state={state}>
                <span className="strong">{c.name}</span>
                {p.name !== '' && p.name !== c.name && c.type !== 'entra' && (
                  <span className="soft small fresh-part">{p.name}</span>
                )}
              </StateText>
              {c.lastImport ? (
                <Link href={`/runs/${c.lastImport.id}`}>
                  <Time at={at} />
                </Link>
              ) : (
                <Time at={at} absent="not yet read" />
              )}
            </li>
          );
        });
      })}
      <li className="fresh-row">
        <span className="soft">
          {maintenance ? (
            <>
              Maintenance{' '}
              {maintenance.until === null ? 'with no end in sight' : `until ${exact(Date.parse(maintenance.until))}`}
              {maintenance.reason !== undefined && `: ${maintenance.reason}`}
            </>
          ) : (
            `Cycles run every ${duration(interval)}`
          )}
        </span>
        <Link href="/settings">Settings</Link>
      </li>
    </ul>
  );
}
