/** Long work: a bar, a count, a rate, the remaining time, and Cancel. */
import { useRef } from 'react';
import { count, duration } from './text.ts';

export interface Work {
  readonly title: string;
  readonly done: number;
  readonly total?: number | undefined;
}

/**
 * Objects a second since the first were done: preparing takes its time, too, but tells nothing about the rest.
 * Work with another title starts anew.
 */
function useRate(work: Work): number | undefined {
  const start = useRef({ title: '', done: 0, at: 0 });
  const now = performance.now();
  if (start.current.title !== work.title || start.current.done === 0 || work.done < start.current.done)
    start.current = { title: work.title, done: work.done, at: now };
  const seconds = (now - start.current.at) / 1000;
  return seconds > 0.3 ? (work.done - start.current.done) / seconds : undefined;
}

export function ProgressBar(props: { work: Work; onCancel?: (() => void) | undefined; cancelLabel?: string }) {
  const { work } = props;
  const rate = useRate(work);
  const share = work.total ? Math.min(1, work.done / work.total) : undefined;
  const rest = rate && work.total ? ((work.total - work.done) / rate) * 1000 : undefined;
  return (
    <div className="work">
      <div className="between">
        <span className="strong">{work.title}</span>
        <span className="soft nowrap">
          {count(work.done)}
          {work.total !== undefined && ` of ${count(work.total)}`}
          {rate !== undefined && rate >= 1 && ` · ${count(Math.round(rate))}/s`}
          {rest !== undefined && rest > 500 && ` · ${duration(rest)} left`}
        </span>
      </div>
      <div className="row">
        <progress
          className="bar grow"
          aria-label={work.title}
          max={1}
          {...(share === undefined ? {} : { value: share })}
        />
        {props.onCancel && (
          <button type="button" className="button button-small" onClick={props.onCancel}>
            {props.cancelLabel ?? 'Cancel'}
          </button>
        )}
      </div>
    </div>
  );
}
