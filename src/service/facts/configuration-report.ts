/** The whole configuration as a document to print and to file (operations s.3.6): Markdown. Pure. */
import type { SyncRule } from '../../rules/model.ts';
import type { MaintenanceWindow } from '../../scheduler/maintenance.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import type { LoadedRuleSet } from '../configuration/rule-set.ts';

/** Sections: settings, connectors, metaverse, rules in their order, who writes which attribute. */
export function configurationReport(config: LoadedConfiguration, loaded: LoadedRuleSet): string {
  const { settings } = config;
  return `${[
    '# Causeway configuration',
    '',
    ...keyValues([
      ['Source anchor', settings.sourceAnchor],
      ['Out-of-box rules', settings.rules.outOfBox ? 'yes' : 'no'],
      ['Folder of rule files', settings.rules.directory ?? 'none'],
      ['Interval between cycles', settings.scheduler.interval],
      ['Maintenance windows', settings.scheduler.maintenance.map(windowText).join('; ') || 'none'],
      ['Staging', settings.scheduler.staging ? 'yes' : 'no'],
      ['Most deletes of one export', String(settings.scheduler.deletionThreshold)],
      ['Version of the rules', loaded.ruleSet.version],
    ]),
    '',
    '## Connectors',
    ...settings.connectors.flatMap((c) => ['', `### ${text(c.name)}`, '', ...connectorLines(c)]),
    '',
    '## Metaverse',
    ...metaverseLines(loaded),
    '',
    '## Synchronization rules',
    ...loaded.rules.flatMap((rule) => ['', ...ruleLines(rule)]),
    '',
    '## Who writes which attribute',
    ...flowMap(loaded.rules),
  ].join('\n')}\n`;
}

const windowText = ({ cron, hours, minutes, timeZone, reason }: MaintenanceWindow): string =>
  [
    `"${cron}"`,
    ...(timeZone === undefined ? [] : [timeZone]),
    `for ${hours === undefined ? `${minutes} minutes` : `${hours} hours`}`,
    ...(reason === undefined ? [] : [`(${reason})`]),
  ].join(' ');

/** Text in a Markdown table or line: nothing of it is taken for markup. */
const text = (value: string): string =>
  value.replace(/[\\`*_{}[\]<>|#]/g, (c) => `\\${c}`).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.map(text).join(' | ')} |`),
];
const keyValues = (rows: readonly (readonly [string, string])[]): string[] => table(['Setting', 'Value'], rows);

function connectorLines(c: LoadedConfiguration['settings']['connectors'][number]): string[] {
  const rows: [string, string][] = [['Type', c.type]];
  if (c.type === 'active-directory') {
    rows.push(['Servers', (c.servers ?? [c.domain ?? '']).join(', ')], ['Account', c.bind.user]);
    rows.push(['Password hash synchronization', c.passwordHashSync ? 'yes' : 'no']);
  }
  if (c.type === 'ldif') rows.push(['File', c.path]);
  if (c.type === 'entra') rows.push(['Dialect', c.dialect], ['Tenant', c.tenantId], ['Address', c.url ?? '']);
  else {
    rows.push(['Object classes', (c.objectClasses ?? ['as shipped']).join(', ')]);
    for (const p of c.partitions ?? []) {
      rows.push(['Partition', p.base]);
      for (const dn of p.include ?? []) rows.push(['included', dn]);
      for (const dn of p.exclude ?? []) rows.push(['excluded', dn]);
    }
    if (c.groupFilter) rows.push(['Only members of', c.groupFilter]);
  }
  return keyValues(rows);
}

function metaverseLines({ schema }: LoadedRuleSet): string[] {
  return [...schema.types].flatMap(([type, attributes]) => [
    '',
    `### ${text(type)}`,
    '',
    ...table(
      ['Attribute', 'Syntax', 'Values', 'Indexed'],
      [...attributes.values()].map((a) => [
        a.name,
        a.syntax,
        a.multiValued ? 'several' : 'one',
        a.indexed ? 'yes' : '',
      ]),
    ),
  ]);
}

function ruleLines(rule: SyncRule): string[] {
  const lines = [
    `### ${rule.precedence} ${text(rule.name)} (${text(rule.connector)})`,
    '',
    `${rule.direction === 'inbound' ? 'Inbound' : 'Outbound'}, ${text(rule.sourceObjectType)} to ${text(rule.targetObjectType)}, ${rule.linkType}${rule.disabled ? ', disabled' : ''}${rule.tag ? `, ${text(rule.tag)}` : ', custom'}.`,
  ];
  if (rule.description) lines.push('', text(rule.description));
  if (rule.scope.length > 0) {
    lines.push('', 'In scope:', '');
    lines.push(
      ...rule.scope.map(
        (g) =>
          `- ${g.map((c) => text(`${c.attribute} ${c.operator}${c.value === undefined ? '' : ` ${c.value}`}`)).join(' **and** ')}`,
      ),
    );
  }
  if (rule.join.length > 0) {
    lines.push('', 'Joins by:', '');
    lines.push(...rule.join.map((g) => `- ${g.map((c) => text(`${c.cs} = ${c.mv}`)).join(' **and** ')}`));
  }
  if (rule.flows.length > 0) {
    lines.push('');
    lines.push(
      ...table(
        ['Target', 'How', 'Source', 'Merge', 'Once'],
        rule.flows.map((f) => [
          f.target,
          f.direct !== undefined ? 'direct' : f.constant !== undefined ? 'constant' : 'expression',
          f.direct ?? f.constant ?? f.expression ?? '',
          f.merge ?? 'Update',
          f.executeOnce ? 'yes' : '',
        ]),
      ),
    );
  }
  return lines;
}

/** For every attribute of the metaverse: which rules write it, best first, and which carry it on. */
function flowMap(rules: readonly SyncRule[]): string[] {
  const writers = new Map<string, string[]>();
  const readers = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, value: string) =>
    map.set(key, [...(map.get(key) ?? []), value]);
  for (const rule of rules.filter((r) => !r.disabled)) {
    for (const f of rule.flows) {
      if (rule.direction === 'inbound')
        add(writers, f.target, `${rule.precedence} ${rule.name} (${f.direct ?? 'computed'})`);
      else if (f.direct !== undefined) add(readers, f.direct, `${rule.connector}: ${f.target}`);
    }
  }
  const names = [...new Set([...writers.keys(), ...readers.keys()])].sort();
  return [
    '',
    ...table(
      ['Metaverse attribute', 'Written by', 'Carried on to'],
      names.map((n) => [n, (writers.get(n) ?? []).join('; '), [...new Set(readers.get(n) ?? [])].join('; ')]),
    ),
  ];
}
