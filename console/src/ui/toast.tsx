/** Short messages that come and go; read out, never in the way. */
import { useSyncExternalStore } from 'react';
import { Shape, type State } from './shape.tsx';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly state: State;
}
let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();
const set = (value: readonly Toast[]): void => {
  toasts = value;
  for (const l of listeners) l();
};
const drop = (id: number): void => set(toasts.filter((t) => t.id !== id));

/** Shows a sentence: for five seconds, an error until it is dismissed. */
export function announce(text: string, state: State = 'ok'): void {
  const toast = { id: next++, text, state };
  set([...toasts.slice(-3), toast]);
  if (state !== 'error') setTimeout(() => drop(toast.id), 5000);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (l) => {
      listeners.add(l);
      return () => listeners.delete(l);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((t) => (
        <div key={t.id} className="toast">
          <Shape state={t.state} />
          <span className="grow break">{t.text}</span>
          <button
            type="button"
            className="button button-quiet button-icon"
            aria-label="Dismiss"
            onClick={() => drop(t.id)}
          >
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
