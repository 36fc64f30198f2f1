/** A fork as text: privilege changes first, then who leaves and enters, joins, values, errors, and what is not exact. */
import { valueText } from '../explain/model.ts';
import { plainStyle, type TextStyle } from '../lane.ts';
import type { PlanSample } from '../plan/model.ts';
import { privilegeLines } from '../plan/text.ts';
import type { ForkCause, ForkObject, ForkResult, ForkSide } from './model.ts';

export interface ForkTextOptions {
  readonly style?: TextStyle;
  readonly details?: boolean;
}

export function forkText(result: ForkResult, options: ForkTextOptions = {}): string {
  const style = options.style ?? plainStyle;
  const shown = options.details ? 10 : 3;
  const lines = [...privilegeLines(result.privilege, style, options.details ? 1000 : 20)];
  lines.push(style.strong(style.plain(headline(result))));
  for (const d of result.deletes)
    lines.push(
      d.isOverThreshold
        ? `${style.state('error')} ${style.plain(`${d.connector}: ${d.count} objects would be deleted, the limit is ${d.threshold}: such an export stops before it writes anything`)}`
        : `${style.state('warning')} ${style.plain(`${d.connector}: ${d.count} objects would be deleted${d.threshold === 0 ? '; there is no limit' : ` (the limit is ${d.threshold})`}`)}`,
    );
  const section = (title: string, rows: readonly { line: string; samples: readonly PlanSample[] }[]) => {
    if (rows.length > 0)
      lines.push(
        '',
        style.strong(title),
        ...rows.flatMap((r) => [`  ${style.plain(r.line)}`, ...sampleLines(r.samples, style, shown)]),
      );
  };
  const count = (n: number) => String(n).padStart(6);
  section(
    'Leaving',
    result.leaving.map((g) => ({
      line: `- ${count(g.count)}  ${g.connector} ${g.objectType}: ${causeText(g.cause, 'after')}`,
      samples: g.samples,
    })),
  );
  section(
    'Entering',
    result.entering.map((g) => ({
      line: `+ ${count(g.count)}  ${g.connector} ${g.objectType}: ${causeText(g.cause, 'before')}`,
      samples: g.samples,
    })),
  );
  section(
    'Joins',
    result.joins.map((j) => ({
      line: `  ${count(j.count)}  ${joinWords[j.what]}: ${j.connector}, rule "${j.rule}"`,
      samples: j.samples,
    })),
  );
  section(
    'Values',
    result.values.map((v) => ({
      line: `~ ${count(v.count)}  ${v.where} ${v.objectType}: ${v.attribute} ${v.change} by rule "${v.rule}"`,
      samples: v.samples,
    })),
  );
  section(
    'References',
    result.references.map((r) => ({
      line: `${r.change === 'added' ? '+' : '-'} ${count(r.count)}  ${r.connector}: ${r.attribute}`,
      samples: r.samples,
    })),
  );
  section(
    'Rules that fail',
    result.errors.map((e) => ({
      line: `! ${count(e.count)}  rule "${e.rule}", flow to ${e.attribute}: ${e.message}`,
      samples: e.samples,
    })),
  );
  lines.push('', ...result.approximations.map((a) => style.faint(style.plain(`· ${a}`))));
  return lines.join('\n');
}

const sum = (list: readonly { readonly count: number }[]): number => list.reduce((n, g) => n + g.count, 0);

function headline(r: ForkResult): string {
  const differs = `${sum(r.entering)} objects enter, ${sum(r.leaving)} leave, ${r.changedIdentities} of ${r.identities} identities differ`;
  return `${r.from} → ${r.to}: ${differs} (computed in ${r.seconds} s, nothing was changed)`;
}

const joinWords = {
  won: 'join an identity',
  lost: 'leave their identity',
  'not-made-again': 'are joined and would not be joined again',
} as const;

/** Entering is explained by what kept them out before, leaving by what keeps them out afterwards. */
function causeText(cause: ForkCause, side: 'before' | 'after'): string {
  const by = cause.decidedBy ? ` (${cause.decidedBy})` : '';
  switch (cause.kind) {
    case 'rule':
      return side === 'after' ? `rule "${cause.rule}" keeps them out${by}` : `rule "${cause.rule}" kept them out${by}`;
    case 'container':
      return `container not selected${by}`;
    case 'object-type':
      return `type not selected${by}`;
    case 'join':
      return 'no rule makes them';
    case 'error':
      return `rule "${cause.rule}" fails${by}`;
    case 'unknown':
      return 'gone from the directory, or not looked into';
  }
}

const sampleLines = (samples: readonly PlanSample[], style: TextStyle, shown: number): string[] =>
  samples.slice(0, shown).map((s) => {
    const change =
      s.after === undefined && s.before === undefined ? '' : `  ${valueText(s.before)} → ${valueText(s.after)}`;
    return style.faint(style.plain(`            ${s.name || s.dn}${change}`));
  });

/** One object under both configurations. */
export function forkObjectText(object: ForkObject, style: TextStyle = plainStyle): string {
  const side = (s: ForkSide) =>
    s.exists
      ? s.targets.length > 0
        ? `an identity, in ${s.targets.join(', ')}`
        : 'an identity, in no target'
      : 'no identity';
  const lines = [style.strong(style.plain(`${object.name}: ${side(object.before)} → ${side(object.after)}`))];
  for (const error of object.after.errors) lines.push(`${style.state('error')} ${style.plain(error)}`);
  if (object.values.length === 0) lines.push('No value differs.');
  for (const v of object.values)
    lines.push(
      style.plain(`~ ${v.where}: ${v.attribute}  ${valueText(v.before)} → ${valueText(v.after)}  (rule "${v.rule}")`),
    );
  return lines.join('\n');
}
