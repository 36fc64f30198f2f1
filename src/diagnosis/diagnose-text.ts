/** A diagnosis for people: the verdict first, then the findings by severity, both sides of a conflict side by side. */
import type { Ambiguous, Diagnosis } from './diagnose.ts';
import type { Finding, FindingObject, Fix, Severity } from './findings/finding.ts';
import type { FixResult } from './fix/fix.ts';
import { shellWord } from './fix/text.ts';
import type { TextStyle } from './lane.ts';

export interface DiagnosisTextOptions {
  readonly style: TextStyle;
  /** All evidence, all objects, all fixes. */
  readonly details: boolean;
  /** The object that was asked about. */
  readonly reference?: string | undefined;
}

const headings: Readonly<Record<Severity, string>> = { error: 'Errors', warning: 'Warnings', info: 'Notes' };
const states = { error: 'error', warning: 'warning', info: 'waiting' } as const;

export function diagnosisText(told: Diagnosis | Ambiguous, options: DiagnosisTextOptions): string {
  const { style } = options;
  if (told.kind !== 'diagnosis') {
    const candidates = told.candidates.map(
      (c) => `  ${style.plain(c.reference)}  ${style.plain(c.name)}  ${style.faint(c.type)}`,
    );
    return [style.strong(style.plain(told.verdict)), ...candidates].join('\n');
  }
  const parts = [style.strong(style.plain(told.verdict))];
  for (const severity of ['error', 'warning', 'info'] as const) {
    const own = told.findings.filter((f) => f.severity === severity);
    if (own.length === 0) continue;
    parts.push(
      '',
      style.strong(headings[severity]),
      ...own.map((f) => `\n${findingText(f, { ...options, reference: told.reference })}`),
    );
  }
  if (told.unseen) parts.push('', style.strong('Could not be read'), ...told.unseen.map((u) => `  ${style.plain(u)}`));
  return parts.join('\n');
}

/** One finding as a paragraph. */
export function findingText(f: Finding, { style, details, reference }: DiagnosisTextOptions): string {
  const shown = details ? f.objects : f.objects.slice(0, 4);
  const hidden = Math.max(0, f.objects.length - shown.length);
  const sides = sideBySide(f.objects, style);
  const lines = [
    `${style.state(states[f.severity])} ${style.strong(style.plain(f.title))}  ${style.faint(`${f.code} ${f.id}`)}`,
    indent(style.plain(f.summary), 2),
    ...(sides ?? shown.map((o) => `    ${objectLine(o, style)}`)),
    ...(sides === undefined && hidden > 0 ? [style.faint(`    and ${hidden} more (--details)`)] : []),
    ...(details ? f.evidence.map((e) => style.faint(`    ${style.plain(e.source)}: ${style.plain(e.fact)}`)) : []),
  ];
  const fixes = details ? f.fix : f.fix.slice(0, 1);
  for (const [i, fix] of fixes.entries()) lines.push(fixText(fix, i + 1, style));
  const about = reference === undefined ? '' : ` --for ${shellWord(reference)}`;
  const others = f.fix.length - fixes.length;
  if (fixes.some((fix) => fix.applicable))
    lines.push(style.faint(`  causeway fix ${f.id}${style.plain(about)} --apply`));
  if (others > 0)
    lines.push(
      style.faint(`  ${others} other ${others === 1 ? 'way' : 'ways'}: causeway fix ${f.id}${style.plain(about)}`),
    );
  return lines.join('\n');
}

export function fixText(fix: Fix, number: number, style: TextStyle): string {
  const how = fix.applicable ? '--apply does it' : 'by hand';
  const body = fix.text.split('\n').map((line) => `      ${style.plain(line)}`);
  return [
    `  ${style.strong(`Fix ${number}`)} ${style.plain(fix.title)} ${style.faint(`(${fix.where}, ${fix.language}, ${how})`)}`,
    ...body,
  ].join('\n');
}

const indent = (text: string, by: number): string => `${' '.repeat(by)}${text}`;

const objectLine = (o: FindingObject, style: TextStyle): string => {
  const facts = Object.entries(o.facts ?? {}).map(([k, v]) => `${k} ${v}`);
  const parts = [o.name ?? o.userPrincipalName ?? o.displayName, o.dn, o.cloudId, ...facts].filter(
    (p) => p !== undefined,
  );
  return `${style.faint(o.role)} ${style.plain(parts.join(', ') || (o.connector ?? ''))}`;
};

const rows: readonly (readonly [string, (o: FindingObject) => string | undefined])[] = [
  ['object', (o) => o.dn],
  ['connector', (o) => o.connector],
  ['type', (o) => o.objectType],
  ['name', (o) => o.displayName],
  ['sign-in name', (o) => o.userPrincipalName],
  ['source anchor', (o) => o.sourceAnchor],
  ['cloud id', (o) => o.cloudId],
];

/** Columns of both sides; undefined if there are not two. */
function sideBySide(objects: readonly FindingObject[], style: TextStyle): string[] | undefined {
  const incoming = objects.find((o) => o.role === 'incoming');
  const holder = objects.find((o) => o.role === 'holder');
  if (!incoming || !holder) return undefined;
  const facts = new Set([...Object.keys(incoming.facts ?? {}), ...Object.keys(holder.facts ?? {})]);
  const all = [...rows, ...[...facts].map((name) => [name, (o: FindingObject) => o.facts?.[name]] as const)];
  const cells = all.flatMap(([name, read]) => {
    const [a, b] = [read(incoming), read(holder)];
    return a === undefined && b === undefined ? [] : [[name, style.plain(a ?? '—'), style.plain(b ?? '—')] as const];
  });
  const table = [['', 'wants it', 'has it'] as const, ...cells];
  const width = (i: 0 | 1) => Math.min(64, Math.max(...table.map((r) => r[i].length)));
  const [first, second] = [width(0), width(1)];
  return table.map((r) => `    ${style.faint(r[0].padEnd(first))}  ${r[1].padEnd(second)}  ${r[2]}`.trimEnd());
}

/** What became of a fix. */
export function fixResultText(result: FixResult, style: TextStyle): string {
  const head = result.isGone
    ? `${style.state('ok')} Done: "${style.plain(result.fix)}". The finding is gone.`
    : `${style.state('warning')} Done: "${style.plain(result.fix)}", but the finding is still there.`;
  return `${style.strong(head)}\n  The cycle ended: ${style.plain(result.outcome)}.${result.now ? `\n  ${style.plain(result.now.summary)}` : ''}`;
}
