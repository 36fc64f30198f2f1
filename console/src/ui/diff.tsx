/** Before and after, aligned by attribute: added and removed values as chips, what stayed folded. */
import { useState } from 'react';
import type { AttributeValue, Value } from '../api/types.ts';
import { count } from './text.ts';

/** A value as text: bytes and instants as they are written, a reference as its DN. */
export function valueText(value: Value | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  if ('base64' in value) return value.base64;
  if ('date' in value) return value.date;
  if ('dn' in value) return value.dn;
  return 'int' in value ? value.int : JSON.stringify(value);
}
export const valuesOf = (value: AttributeValue | null | undefined): readonly Value[] =>
  value === null || value === undefined ? [] : Array.isArray(value) ? (value as readonly Value[]) : [value as Value];

export interface AttributeChange {
  readonly attribute: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly kept: readonly string[];
}
type Values = Readonly<Record<string, AttributeValue | null | undefined>>;

/** The changes from one attribute set to another, sorted by name. */
export function changesOf(before: Values, after: Values): AttributeChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort((a, b) => a.localeCompare(b));
  return names.map((attribute) => {
    const old = new Set(valuesOf(before[attribute]).map(valueText));
    const now = new Set(valuesOf(after[attribute]).map(valueText));
    return {
      attribute,
      added: [...now].filter((v) => !old.has(v)),
      removed: [...old].filter((v) => !now.has(v)),
      kept: [...now].filter((v) => old.has(v)),
    };
  });
}

export function Chip(props: { kind: '+' | '-' | '='; text: string }) {
  const label = props.kind === '+' ? 'added' : props.kind === '-' ? 'removed' : '';
  return (
    <span className={`chip ${props.kind === '+' ? 'chip-add' : props.kind === '-' ? 'chip-remove' : ''}`}>
      {label && <span className="visually-hidden">{label} </span>}
      {props.kind !== '=' && (
        <span aria-hidden="true" className="chip-sign">
          {props.kind === '+' ? '+' : '−'}
        </span>
      )}
      <span className="chip-text">{props.text === '' ? '(empty)' : props.text}</span>
    </span>
  );
}

/** Chips shown of one attribute before the rest is folded. */
const shownChips = 8;

function Chips(props: { kind: '+' | '-' | '='; values: readonly string[] }) {
  const [isOpen, setOpen] = useState(false);
  const shown = isOpen ? props.values : props.values.slice(0, shownChips);
  const rest = props.values.length - shown.length;
  return (
    <>
      {shown.map((v) => (
        <Chip key={v} kind={props.kind} text={v} />
      ))}
      {rest > 0 && (
        <button type="button" className="link-button" onClick={() => setOpen(true)}>
          and {count(rest)} more
        </button>
      )}
    </>
  );
}

export function Diff(props: { before: Values; after: Values; emptyText?: string }) {
  const [isOpen, setOpen] = useState(false);
  const all = changesOf(props.before, props.after);
  const changed = all.filter((c) => c.added.length > 0 || c.removed.length > 0);
  const same = all.filter((c) => c.added.length === 0 && c.removed.length === 0);
  if (all.length === 0) return <p className="faint">{props.emptyText ?? 'No attribute changed.'}</p>;
  return (
    <div className="diff">
      <dl>
        {changed.map((c) => (
          <div key={c.attribute} className="diff-row">
            <dt>{c.attribute}</dt>
            <dd>
              <Chips kind="-" values={c.removed} />
              <Chips kind="+" values={c.added} />
              {c.kept.length > 0 && <span className="faint small">{count(c.kept.length)} stay</span>}
            </dd>
          </div>
        ))}
        {isOpen &&
          same.map((c) => (
            <div key={c.attribute} className="diff-row diff-same">
              <dt>{c.attribute}</dt>
              <dd>
                <Chips kind="=" values={c.kept} />
              </dd>
            </div>
          ))}
      </dl>
      {same.length > 0 && (
        <button type="button" className="link-button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Fold what is unchanged' : `${count(same.length)} unchanged`}
        </button>
      )}
    </div>
  );
}
