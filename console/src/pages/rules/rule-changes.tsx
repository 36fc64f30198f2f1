/** What differs between two sets of rules, in its meaning: used for drafts and for versions of the configuration. */
import type { RuleChange } from '../../api/generated.ts';
import { Chip } from '../../ui/diff.tsx';
import { Badge } from '../../ui/parts.tsx';

const signs = { added: '+', removed: '−', changed: '~' } as const;
const tones = { added: 'ok', removed: 'error', changed: 'accent' } as const;
const parts: Readonly<Record<string, string>> = {
  description: 'Description',
  types: 'Object types',
  link: 'Link',
  state: 'State',
  'password-sync': 'Passwords',
  scope: 'Scope',
  join: 'Join',
  flow: 'Flow',
  order: 'Order',
};

/** A part of a rule as text: clauses and flows as they are written. */
export function partText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value))
    return value
      .map(partText)
      .filter((t) => t !== '')
      .join(Array.isArray(value[0]) ? ' or ' : ' and ');
  const o = value as Record<string, unknown>;
  if (typeof o.operator === 'string')
    return [o.attribute, o.operator, o.value].filter((v) => v !== undefined).join(' ');
  if (typeof o.cs === 'string') return `${o.cs} = ${o.mv}`;
  if (o.direct !== undefined) return `direct ${o.direct}`;
  if (o.constant !== undefined) return `constant “${o.constant}”`;
  if (o.expression !== undefined) return String(o.expression);
  return JSON.stringify(value);
}

export function RuleChanges(props: { changes: readonly RuleChange[]; emptyText: string }) {
  if (props.changes.length === 0) return <p className="soft">{props.emptyText}</p>;
  return (
    <ul className="entries entries-flush">
      {props.changes.map((c) => (
        <li key={`${c.rule} ${c.connector}`} className="entry">
          <div className="row row-wrap">
            <Badge tone={tones[c.kind]}>
              {signs[c.kind]} {c.kind}
            </Badge>
            <span className="strong break">{c.rule}</span>
            <span className="soft small">{c.connector}</span>
          </div>
          {c.parts.map((p) => (
            <div key={`${p.part} ${p.attribute}`} className="diff-row">
              <dt>
                {parts[p.part] ?? p.part}
                {p.attribute && ` ${p.attribute}`}
              </dt>
              <dd>
                {p.before !== undefined && partText(p.before) !== '' && <Chip kind="-" text={partText(p.before)} />}
                {p.after !== undefined && partText(p.after) !== '' && <Chip kind="+" text={partText(p.after)} />}
              </dd>
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}
