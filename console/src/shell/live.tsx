/** What the service tells by itself: progress, cycles, changes. One stream for the whole console. */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { Job, Work } from '../api/generated.ts';
import { isLong } from '../api/queries.ts';

export interface Live {
  readonly isConnected: boolean;
  /** What the engine does now; undefined while nothing runs. */
  readonly work: Work | undefined;
}
const Context = createContext<Live>({ isConnected: true, work: undefined });
export const useLive = (): Live => useContext(Context);

/** Data that a finished run makes old. */
const changedByRuns = [
  'status',
  'alerts',
  'work',
  'charts',
  'runs',
  'run',
  'plan',
  'errors',
  'object',
  'objects',
  'counts',
  'findings',
  'tenant',
];
/** Data that a change by somebody makes old. */
const changedByPeople = ['status', 'alerts', 'plan', 'drafts', 'rules', 'configuration', 'audit', 'work'];

export function LiveUpdates(props: { children: ReactNode }) {
  const client = useQueryClient();
  const [isConnected, setConnected] = useState(true);
  const [work, setWork] = useState<Work | undefined>();
  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wasLost = false;
    let wait = 1000;
    const refresh = (keys: readonly string[]) => {
      for (const key of keys)
        void client.invalidateQueries({ queryKey: [key], predicate: (query) => !isLong(query.state.data) });
    };
    const open = () => {
      source = new EventSource('/api/v1/events');
      source.onopen = () => {
        wait = 1000;
        setConnected(true);
        if (wasLost) void client.invalidateQueries();
        wasLost = false;
      };
      source.onerror = () => {
        source?.close();
        wasLost = true;
        setConnected(false);
        timer = setTimeout(open, wait);
        wait = Math.min(wait * 2, 10_000);
      };
      source.addEventListener('work', (event) => {
        const told = JSON.parse((event as MessageEvent<string>).data) as Work;
        const isOver = told.state === 'done' || told.state === 'failed';
        setWork((before) =>
          isOver ? (before?.id === told.id ? undefined : before) : told.state === 'running' ? told : before,
        );
        if (isOver) refresh(changedByRuns);
        else if (!told.progress) refresh(['status', 'work']);
      });
      source.addEventListener('state', () => refresh(changedByPeople));
      source.addEventListener('job', (event) => {
        const job = JSON.parse((event as MessageEvent<string>).data) as Job;
        client.setQueryData<Job>(['job', job.id, 'progress'], job);
        if (job.state !== 'running') refresh(['job']);
      });
    };
    open();
    return () => {
      source?.close();
      clearTimeout(timer);
    };
  }, [client]);
  const value = useMemo(() => ({ isConnected, work }), [isConnected, work]);
  return <Context value={value}>{props.children}</Context>;
}
