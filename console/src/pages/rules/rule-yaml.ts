/** Rules as text of a rule file. JSON strings are YAML strings, so that nothing has to be escaped twice. Pure. */
import type { Rule } from '../../api/rule-types.ts';

export interface RuleText {
  readonly name: string;
  readonly description?: string | undefined;
  readonly direction: 'inbound' | 'outbound';
  readonly connector: string;
  readonly source: string;
  readonly target: string;
  readonly link?: string | undefined;
  readonly precedence?: number | undefined;
  readonly replaces?: string | undefined;
  readonly passwordSync?: boolean | undefined;
  readonly scope: readonly (readonly {
    readonly attribute: string;
    readonly operator: string;
    readonly value?: string | undefined;
  }[])[];
  readonly join: readonly (readonly {
    readonly cs: string;
    readonly mv: string;
    readonly caseSensitive?: boolean | undefined;
  }[])[];
  readonly flows: readonly {
    readonly target: string;
    readonly kind: 'direct' | 'constant' | 'expression';
    readonly source: string;
    readonly merge?: string | undefined;
    readonly executeOnce?: boolean | undefined;
  }[];
}

/** Text that needs no quotes in YAML, wherever it stands. */
const isPlain = (text: string): boolean =>
  /^[A-Za-z][\w.-]*( [\w.-]+)*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
const quoted = (text: string): string => (isPlain(text) ? text : JSON.stringify(text));

/** A rule file with one rule. */
export function ruleFileText(rule: RuleText): string {
  const lines = ['rules:', `  - name: ${quoted(rule.name)}`];
  const put = (key: string, value: string | undefined) => {
    if (value !== undefined && value !== '') lines.push(`    ${key}: ${value}`);
  };
  put('description', rule.description ? quoted(rule.description) : undefined);
  put('direction', rule.direction);
  put('connector', quoted(rule.connector));
  put('source', quoted(rule.source));
  put('target', rule.target === '*' ? "'*'" : quoted(rule.target));
  put('link', rule.link);
  put('precedence', rule.precedence === undefined ? undefined : String(rule.precedence));
  put('replaces', rule.replaces ? quoted(rule.replaces) : undefined);
  put('passwordSync', rule.passwordSync ? 'true' : undefined);
  if (rule.scope.length > 0) {
    lines.push('    scope:');
    for (const group of rule.scope) {
      group.forEach((c, i) => {
        const text = `{ attribute: ${quoted(c.attribute)}, operator: ${c.operator}${c.value === undefined ? '' : `, value: ${quoted(c.value)}`} }`;
        lines.push(`      ${i === 0 ? '- ' : '  '}- ${text}`);
      });
    }
  }
  if (rule.join.length > 0) {
    lines.push('    join:');
    for (const group of rule.join)
      group.forEach((c, i) => {
        lines.push(
          `      ${i === 0 ? '- ' : '  '}- { cs: ${quoted(c.cs)}, mv: ${quoted(c.mv)}${c.caseSensitive ? ', caseSensitive: true' : ''} }`,
        );
      });
  }
  if (rule.flows.length > 0) {
    lines.push('    flows:');
    for (const f of rule.flows) {
      const more = `${f.merge && f.merge !== 'Update' ? `, merge: ${f.merge}` : ''}${f.executeOnce ? ', executeOnce: true' : ''}`;
      lines.push(
        `      - { target: ${quoted(f.target)}, ${f.kind}: ${f.kind === 'direct' ? quoted(f.source) : JSON.stringify(f.source)}${more} }`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** An out-of-box rule as one of your own that takes its place. */
export const replacementText = (rule: Rule): string =>
  ruleFileText({
    name: `${rule.name} (changed)`,
    description: rule.description ?? undefined,
    direction: rule.direction,
    connector: rule.connector,
    source: rule.source,
    target: rule.target,
    link: rule.link,
    replaces: rule.tag?.replace(/\.\d+$/, ''),
    passwordSync: rule.passwordSync,
    scope: rule.scope,
    join: rule.join,
    flows: rule.mappings,
  });

/** A name for the draft's file: letters, digits and "-". */
export const fileNameOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60) || 'rule';
