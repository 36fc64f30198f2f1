/** Adds, updates, deletes and failures as small labelled numbers with the symbols of the plan. */
import { shortCount } from '../../ui/text.ts';
import type { Changes } from './run-text.ts';

const parts = [
  ['adds', '+', 'added'],
  ['updates', '~', 'updated'],
  ['deletes', '−', 'deleted'],
  ['failures', '!', 'failed'],
] as const;

export function ChangeNumbers(props: { changes: Changes }) {
  const shown = parts.filter(([key]) => props.changes[key] > 0);
  if (shown.length === 0) return <span className="faint">no change</span>;
  return (
    <span className="changes">
      {shown.map(([key, sign, word]) => (
        <span key={key} className={`change change-${key}`} title={`${props.changes[key]} ${word}`}>
          <span aria-hidden="true">{sign}</span>
          {shortCount(props.changes[key])}
          <span className="visually-hidden"> {word}</span>
        </span>
      ))}
    </span>
  );
}
