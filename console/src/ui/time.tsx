/** Instants: relative, with the exact UTC instant on hover. */
import { useSyncExternalStore } from 'react';
import { atMs, exact, relative } from './text.ts';

/** Milliseconds between two redraws of relative times. */
const tickMs = 15_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const l of listeners) l();
  }, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** One clock for the whole page. It moves in steps, so that nothing redraws more often than people read. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

export function Time(props: { at: string | number | null | undefined; absent?: string; prefix?: string }) {
  const current = useNow();
  const at = atMs(props.at);
  if (at === undefined) return <span className="faint">{props.absent ?? 'never'}</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)} className="nowrap">
      {props.prefix}
      {relative(at, Math.max(current, Date.now()))}
    </time>
  );
}
