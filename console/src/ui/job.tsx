/** Long questions: started, watched with a bar, called off; the answer when it is there. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tellRefusal } from '../api/actions.ts';
import { get, send } from '../api/client.ts';
import type { Job } from '../api/generated.ts';
import { Note } from './parts.tsx';
import { ProgressBar } from './progress.tsx';

/** Milliseconds between two questions for a job that runs. */
const pollMs = 400;

export interface RunningJob<T> {
  readonly start: () => void;
  readonly isBusy: boolean;
  readonly isStarted: boolean;
  readonly job: Job | undefined;
  readonly answer: T | undefined;
  readonly cancel: () => void;
}

/** A job of this page; `key` names it for the cache. */
export function useJob<T>(key: string, path: string, body: unknown): RunningJob<T> {
  const client = useQueryClient();
  const [id, setId] = useState<number | undefined>();
  const start = useMutation({
    mutationFn: () => send<Job>('POST', path, body),
    onSuccess: (job) => setId(job.id),
    onError: tellRefusal,
  });
  const query = useQuery({
    queryKey: ['job', key, id],
    queryFn: ({ signal }) => get<Job>(`/jobs/${id}`, {}, signal),
    enabled: id !== undefined,
    refetchInterval: (q) => (q.state.data?.state === 'running' ? pollMs : false),
  });
  const job = query.data;
  return {
    start: () => start.mutate(),
    isBusy: start.isPending || job?.state === 'running',
    isStarted: id !== undefined,
    job,
    answer: job?.state === 'done' ? (job.answer as T) : undefined,
    cancel: () =>
      void send('DELETE', `/jobs/${id}`).then(() => client.invalidateQueries({ queryKey: ['job', key] }), tellRefusal),
  };
}

/** The bar of such a job, or how it ended without an answer. */
export function JobState(props: { job: Job | undefined; title: string; onCancel: () => void }) {
  const { job } = props;
  if (job?.state === 'running')
    return (
      <ProgressBar
        work={{ title: props.title, done: job.progress?.done ?? 0, total: job.progress?.total }}
        onCancel={props.onCancel}
      />
    );
  if (job?.state === 'cancelled') return <Note state="none">Called off. Nothing was changed.</Note>;
  if (job?.state === 'failed') return <Note state="error">{job.error?.message}</Note>;
  return null;
}
