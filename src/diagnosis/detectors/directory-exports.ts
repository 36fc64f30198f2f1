/** Changes that a directory refused: rights that are missing, references that moved, values it does not take. */
import type { Flow, SyncRule } from '../../rules/model.ts';
import type { CsRow } from '../../store/connector-space.ts';
import {
  connectorOf,
  counted,
  type Detector,
  type DiagnosisContext,
  firstSeen,
  groupBy,
  lastSeen,
  type StoredError,
  sources,
  storedErrors,
} from '../diagnose-context.ts';
import type { Evidence, FindingFacts, Fix } from '../findings/finding.ts';
import { nameOf, objectOf, text, wantedAttributes } from '../findings/object.ts';
import { ruleFix } from '../fix/configuration-text.ts';
import { commandFix, grantCommand, powershellFix, textFix } from '../fix/text.ts';
import { readRow, textOf } from './live-directory.ts';

export const directoryExports: Detector = {
  name: 'directory-exports',
  async detect(context) {
    const own = new Set(sources(context).map((c) => c.row.id));
    const errors = storedErrors(context, 'export').filter((e) => own.has(context.store.cs.get(e.cs)?.connector ?? -1));
    const found: FindingFacts[] = [];
    for (const group of groupBy(errors, (e) => keyOf(context, e)).values()) found.push(await findingOf(context, group));
    return found;
  },
};

const keyOf = (context: DiagnosisContext, e: StoredError): string =>
  [context.store.cs.get(e.cs)?.connector, e.code, e.attribute ?? ''].join('|');

async function findingOf(context: DiagnosisContext, group: readonly StoredError[]): Promise<FindingFacts> {
  const first = group[0] as StoredError;
  const rows = group.flatMap((e) => context.store.cs.get(e.cs) ?? []);
  const connector = rows[0] ? (connectorOf(context, rows[0])?.row.name ?? '') : '';
  const objects = rows.slice(0, 20).map((row) => objectOf(context, row, 'target'));
  const common = {
    root: [connector, first.code, first.attribute ?? ''].join('|'),
    errorCode: first.code,
    attribute: first.attribute,
    value: first.value,
    objects,
    affected: group.length,
    firstSeen: firstSeen(group),
    lastSeen: lastSeen(group),
  };
  const who = objects[0] ? nameOf(objects[0]) : 'an object';
  const evidence: Evidence[] = [{ source: `export to ${connector}`, fact: first.message }];
  if (first.code === 'permission-issue') {
    const special = await specialAccess(context, rows[0]?.id);
    return {
      ...common,
      code: 'ad-permission-missing',
      summary: `The account of ${connector} may not write ${first.attribute ?? 'some attributes'} of ${counted(group.length, 'object')}, for example ${who}.${special ? ` ${special}` : ''}`,
      evidence: special ? [...evidence, { source: `access list of ${rows[0]?.dn}`, fact: special }] : evidence,
      fix: grantFixes(context, connector, first.attribute, rows[0]?.dn ?? '', special !== undefined),
    };
  }
  if (first.code === 'dn-attributes-failure') {
    return {
      ...common,
      code: 'dn-attributes-failure',
      summary: `The object that ${first.attribute ?? 'a reference'} of ${who} should point to (${first.value ?? 'see the evidence'}) was moved, renamed or deleted while the reference was exported. It is tried again every cycle with the name that the next import brings.`,
      evidence: [...evidence, ...(first.value ? [{ source: 'pending export', fact: `to ${first.value}` }] : [])],
      fix: [
        commandFix('Run a cycle: the import brings the new name, or that it is gone', ['sync'], {
          kind: 'cycle',
          policy: 'delta',
        }),
      ],
    };
  }
  return {
    ...common,
    code: 'export-error',
    title: 'The directory refuses a change',
    summary: `${connector} refuses to write ${first.attribute ?? 'attributes'} of ${counted(group.length, 'object')}, for example ${who}: ${first.message}`,
    ...(await refusedValue(context, first, rows[0], evidence)),
  };
}

/** The rule that gives the value, how long the directory takes it, and the rule as it should be. */
async function refusedValue(
  context: DiagnosisContext,
  error: StoredError,
  row: CsRow | undefined,
  evidence: readonly Evidence[],
): Promise<{ readonly evidence: readonly Evidence[]; readonly fix: readonly Fix[] }> {
  const { attribute } = error;
  const connector = row && connectorOf(context, row);
  const link = row && context.store.mv.link(row.id);
  const mv = link && context.store.mv.get(link.mv);
  if (!row || !connector || !mv || attribute === undefined)
    return { evidence, fix: [textFix('What the directory says', 'directory', error.message)] };
  const sending = context.engine.ruleSet
    .outbound(connector.row.name, mv.type, row.object_type ?? '')
    .find((r) => r.rule.flows.some((f) => f.target === attribute));
  const longest = await longestValue(context, connector.row.name, attribute);
  const value = text(wantedAttributes(context, row), attribute);
  const isLong = longest !== undefined && value !== undefined && value.length > longest;
  return {
    evidence: [
      ...evidence,
      ...(sending ? [{ source: `rule "${sending.rule.name}"`, fact: `it gives ${attribute}` }] : []),
      ...(isLong
        ? [
            {
              source: `schema of ${connector.row.name}`,
              fact: `${attribute} takes ${longest} characters, this value has ${value.length}`,
            },
          ]
        : []),
    ],
    fix: sending
      ? rulesWithout(sending.rule, attribute, isLong ? longest : undefined)
      : [textFix('What the directory says', 'directory', error.message)],
  };
}

function rulesWithout(rule: SyncRule, attribute: string, longest: number | undefined): Fix[] {
  const cut = (f: Flow): Flow => {
    const { constant, direct, ...rest } = f;
    if (constant !== undefined) return { ...rest, constant: constant.slice(0, longest) };
    return { ...rest, expression: `Left(${f.expression ?? `[${direct}]`}, ${longest})` };
  };
  const shorter = { ...rule, flows: rule.flows.map((f) => (f.target === attribute ? cut(f) : f)) };
  const others = rule.flows.filter((f) => f.target !== attribute);
  return [
    ...(longest === undefined
      ? []
      : [ruleFix(`Cut ${attribute} to ${longest} characters in "${rule.name}"`, shorter, {})]),
    others.length > 0
      ? ruleFix(`Or do not write ${attribute} any more`, { ...rule, flows: others }, {})
      : ruleFix(`Or do not write ${attribute} any more`, rule, { disabled: true }),
  ];
}

/** Characters that the directory takes of an attribute (rangeUpper); undefined if it names no limit or cannot be asked. */
async function longestValue(
  context: DiagnosisContext,
  connector: string,
  attribute: string,
): Promise<number | undefined> {
  const directory = await context.live?.directory(connector);
  const schema = directory?.namingContexts.find((n) => /^CN=Schema,/i.test(n));
  if (!directory || schema === undefined) return undefined;
  const [entry] = await directory.read({
    base: schema,
    scope: 'one',
    filter: { equal: ['lDAPDisplayName', attribute] },
    attributes: ['rangeUpper'],
    signal: context.signal,
  });
  const limit = Number(textOf(entry, 'rangeUpper') ?? Number.NaN);
  return Number.isInteger(limit) ? limit : undefined;
}

/** Why an object has an access list of its own: protected as an administrator, or cut off from inheritance. */
async function specialAccess(context: DiagnosisContext, cs: number | undefined): Promise<string | undefined> {
  const row = cs === undefined ? undefined : context.store.cs.get(cs);
  if (!row) return undefined;
  const entry = await readRow(context, row, ['adminCount']);
  return textOf(entry, 'adminCount') === '1'
    ? `${row.dn} is (or was) a protected administrator (adminCount 1): AdminSDHolder gives it an access list without inheritance, so rights of its container do not reach it.`
    : undefined;
}

/** The grant, with the account's own name; on the object itself if inheritance does not reach it. */
export function grantFixes(
  context: DiagnosisContext,
  connector: string,
  attribute: string | undefined,
  dn: string,
  isProtected: boolean,
): Fix[] {
  const user = context.facts.endpoints?.find((e) => e.connector === connector)?.user ?? '<account of the connector>';
  const what = attribute ?? '*';
  const base = dn.match(/DC=.*$/i)?.[0] ?? dn;
  const domain = grantCommand(base, `${user}:RPWP;${what};user`, ' /I:S');
  const holder = grantCommand(`CN=AdminSDHolder,CN=System,${base}`, `${user}:RPWP;${what}`);
  const fixes = [powershellFix(`Let the account write ${what} below ${base}`, 'directory', domain)];
  return isProtected
    ? [powershellFix('Let the account write it on protected administrators too', 'directory', holder), ...fixes]
    : fixes;
}
