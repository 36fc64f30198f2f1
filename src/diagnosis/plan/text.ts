/** A plan as text: privilege changes first, then each target by cause, then what the cloud will refuse. */
import { valueText } from '../explain/model.ts';
import type { Finding } from '../findings/finding.ts';
import { plainStyle, type TextStyle } from '../lane.ts';
import type { ConnectorPlan, Plan, PlanCause, PlanGroup, PrivilegeChange } from './model.ts';
import type { Predicted, PredictedHolder } from './predict.ts';

export interface PlanTextOptions {
  readonly style?: TextStyle;
  /** All samples, instead of three. */
  readonly details?: boolean;
}

/** One character an operation, the same in every output. */
export const operationSigns: Readonly<Record<PlanGroup['operation'], string>> = {
  add: '+',
  update: '~',
  delete: '-',
  'add-reference': '+',
  'remove-reference': '-',
};

export function planText(plan: Plan, options: PlanTextOptions = {}): string {
  const style = options.style ?? plainStyle;
  const shown = options.details ? Number.MAX_SAFE_INTEGER : 3;
  const lines = [...privilegeLines(plan.privilege, style, options.details ? 1000 : 20)];
  if (plan.connectors.length === 0) lines.push(style.strong('Nothing is pending: the next export would do nothing.'));
  for (const c of plan.connectors) lines.push(...connectorLines(c, style, shown), '');
  lines.push(...findingLines(plan.findings ?? [], style, options.details ? 1000 : 20));
  for (const note of plan.notes) lines.push(`${style.state('warning')} ${style.plain(note)}`);
  return lines.join('\n').trimEnd();
}

const privilegeWords: Readonly<Record<PrivilegeChange['what'], string>> = {
  'member-of-role-group': 'becomes a member of a group with roles',
  'no-member-of-role-group': 'leaves a group with roles',
  'changes-role-holder': 'changes somebody with roles',
  'deletes-role-holder': 'deletes somebody with roles',
  'matches-role-holder': 'matches somebody with roles',
};

export function privilegeLines(changes: readonly PrivilegeChange[], style: TextStyle, limit: number): string[] {
  if (changes.length === 0) return [];
  const rest = changes.length - limit;
  return [
    style.strong(`${changes.length} ${changes.length === 1 ? 'change touches' : 'changes touch'} privileges:`),
    ...changes
      .slice(0, limit)
      .map(
        (p) =>
          `  ${style.state('warning')} ${style.plain(`${p.name || p.dn}: ${privilegeWords[p.what]} (${p.roles.join(', ')})${p.detail ? `: ${p.detail}` : ''}`)}`,
      ),
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
    '',
  ];
}

function connectorLines(c: ConnectorPlan, style: TextStyle, shown: number): string[] {
  const n = c.counts;
  const total = `${n.add} to add, ${n.update} to change, ${n.delete} to delete, ${n['add-reference'] + n['remove-reference']} references`;
  const lines = [`${style.strong(style.plain(c.connector))}  ${total}`];
  const seconds = c.estimate.seconds;
  lines.push(
    style.faint(
      `  ${c.estimate.writes} writes; the quota of ${c.estimate.quota.writes} in ${c.estimate.quota.windowSeconds / 60} minutes ${seconds === 0 ? 'does not slow them down' : `makes them take at least ${Math.ceil(seconds / 60)} minutes`}`,
    ),
  );
  if (c.deletes.isHeld)
    lines.push(
      `  ${style.state('error')} ${c.deletes.count} deletes, the limit is ${c.deletes.threshold}: the export stops before it writes anything`,
    );
  for (const g of c.groups) lines.push(...groupLines(g, style, shown));
  if (c.prediction) lines.push(...predictionLines(c, style, shown));
  return lines;
}

function groupLines(g: PlanGroup, style: TextStyle, shown: number): string[] {
  const rest = g.count - Math.min(shown, g.samples.length);
  return [
    `  ${operationSigns[g.operation]} ${String(g.count).padStart(6)}  ${style.plain(`${g.objectType}: ${causeText(g.cause)}`)}`,
    ...g.samples.slice(0, shown).map((s) => {
      const change =
        s.after === undefined
          ? ''
          : s.before === undefined
            ? `  ${valueText(s.after)}`
            : `  ${valueText(s.before)} → ${valueText(s.after)}`;
      return style.faint(style.plain(`            ${s.name || s.dn}${change}`));
    }),
    ...(rest > 0 && g.samples.length > 0 ? [style.faint(`            … and ${rest} more`)] : []),
  ];
}

/** The cause in words. */
export function causeText(cause: PlanCause): string {
  const by = cause.rule ? ` by rule "${cause.rule}"` : '';
  const from = cause.sourceRule ? `, from "${cause.sourceRule}"` : '';
  const decided = cause.decidedBy ? ` (${cause.decidedBy})` : '';
  switch (cause.kind) {
    case 'new-object':
      return `new${by}${from}`;
    case 'value':
      return `${cause.attribute} ${cause.change}${by}${from}`;
    case 'references':
      return `${cause.attribute}`;
    case 'deleted-in-directory':
      return `gone from ${cause.decidedBy ? cause.decidedBy : 'the directory'}: deleted, or moved out of the selected containers`;
    case 'container':
      return `its container is not selected${decided}`;
    case 'filter':
      return `a filter excludes it${by}${decided}`;
    case 'unknown':
      return 'cause not known';
  }
}

function predictionLines(c: ConnectorPlan, style: TextStyle, shown: number): string[] {
  const { refusals, withheld, leftOut, takeovers, heldReferences, image } = c.prediction!;
  const lines = [
    refusals.length === 0
      ? `  ${style.state('ok')} The cloud will refuse nothing of this (${image.source === 'tenant' ? `the tenant was read ${image.readAt}` : 'the tenant was not read'}).`
      : `  ${style.state('error')} ${style.strong(`The cloud will refuse ${refusals.length}:`)}`,
  ];
  lines.push(...byCode(refusals, style, shown));
  if (withheld.length > 0) {
    lines.push(`  ${style.state('warning')} Written, but with values set aside: ${withheld.length}`);
    lines.push(...byCode(withheld, style, shown));
  }
  if (leftOut.length > 0) {
    lines.push(`  ${style.state('warning')} Left out, because the target has no place for it: ${leftOut.length}`);
    lines.push(...byCode(leftOut, style, shown));
  }
  if (takeovers.length > 0)
    lines.push(`  ${style.state('ok')} ${takeovers.length} will take over an object that the cloud has already`);
  if (heldReferences > 0)
    lines.push(`  ${style.state('waiting')} ${heldReferences} references wait for an object that will not be there`);
  return lines;
}

/** Who has the value already, and where from: two objects of one person often have one name. */
function holderText({ id, name, dn, type, where }: PredictedHolder): string {
  const who = `the ${type ?? 'object'} ${name ?? dn ?? id}`;
  if (where === 'same-export') return `${who}, which this export makes, has it first`;
  if (where === 'cloud') return `${who}, which is in the cloud alone, has it`;
  return `${who} has it`;
}

function byCode(list: readonly Predicted[], style: TextStyle, shown: number): string[] {
  const groups = new Map<string, Predicted[]>();
  for (const p of list) {
    const key = `${p.code} ${p.attribute ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(p);
    else groups.set(key, [p]);
  }
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .flatMap((group) => [
      `    ${style.plain(`${group.length} × ${group[0]!.code}${group[0]!.attribute ? ` (${group[0]!.attribute})` : ''}`)}`,
      ...group.slice(0, shown).map((p) => {
        const what = p.value ? `: ${p.value}` : p.holder ? '' : `: ${p.detail}`;
        return style.faint(
          style.plain(`        ${p.name || p.dn}${what}${p.holder ? `; ${holderText(p.holder)}` : ''}`),
        );
      }),
    ]);
}

/** What will be wrong by its causes, each with what to do about it before anything is exported. */
function findingLines(findings: readonly Finding[], style: TextStyle, limit: number): string[] {
  if (findings.length === 0) return [];
  const rest = findings.length - limit;
  return [
    style.strong(`${findings.length} ${findings.length === 1 ? 'cause' : 'causes'} to look at before the export:`),
    ...findings
      .slice(0, limit)
      .flatMap((f) => [
        `  ${style.state(f.severity === 'error' ? 'error' : 'warning')} ${style.strong(f.code)} ${style.faint(f.id)}  ${style.plain(f.summary)}`,
        ...(f.fix[0] ? [style.faint(style.plain(`      ${f.fix[0].title}`))] : []),
        ...(f.fix.some((fix) => fix.applicable) ? [style.faint(`      causeway fix ${f.id} --from plan --apply`)] : []),
      ]),
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
    '',
  ];
}
