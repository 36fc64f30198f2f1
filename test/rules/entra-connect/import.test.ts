import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { extensionsIn } from '../../../src/connectors/entra/graph-extensions.ts';
import { compileRuleSet } from '../../../src/rules/compile.ts';
import { exportConfiguration } from '../../../src/rules/entra-connect/export.ts';
import { importConfiguration } from '../../../src/rules/entra-connect/import.ts';
import { toCauseway } from '../../../src/rules/entra-connect/to-causeway.ts';
import { attributesRead } from '../../../src/rules/entra-connect/write-rule.ts';
import { writeRules } from '../../../src/rules/entra-connect/write-yaml.ts';
import { compileExpression } from '../../../src/rules/expression/compile.ts';
import { loadRules } from '../../../src/rules/load.ts';
import type { Flow, SyncRule } from '../../../src/rules/model.ts';
import { configurationSchema } from '../../../src/service/configuration/schema.ts';
import { exportedFiles, realConfiguration } from './fixture.ts';

const real = realConfiguration();
const { rules } = real;
const flows = rules.flatMap((rule) => rule.flows.map((flow) => ({ rule, flow })));
const count = <T>(list: readonly T[], holds: (item: T) => boolean): number => list.filter(holds).length;
/** How often each value occurs. */
function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** Counts of operations s.3.3. */
test('census: rules', () => {
  assert.equal(rules.length, 62);
  assert.deepEqual(tally(rules.map((r) => r.direction)), { inbound: 28, outbound: 34 });
  assert.deepEqual(tally(rules.map((r) => r.connector)), { 'contoso.com': 29, 'contoso.onmicrosoft.com - AAD': 33 });
  assert.deepEqual(tally(rules.map((r) => r.linkType)), { Join: 53, Provision: 9 });
  assert.deepEqual(
    rules.map((r) => r.precedence),
    Array.from({ length: 62 }, (_, i) => 100 + i),
  );
  assert.equal(
    count(rules, (r) => r.passwordSync === true),
    2,
  );
  assert.deepEqual(tally(rules.map((r) => r.sourceObjectType)), {
    person: 23,
    group: 15,
    user: 9,
    inetOrgPerson: 6,
    contact: 5,
    computer: 1,
    device: 1,
    'msDS-Device': 1,
    foreignSecurityPrincipal: 1,
  });
});

test('census: flows', () => {
  assert.equal(flows.length, 1200);
  const kinds = (direction: string) => {
    const of = flows.filter(({ rule }) => rule.direction === direction).map(({ flow }) => flow);
    return [
      count(of, (f) => f.direct !== undefined),
      count(of, (f) => f.expression !== undefined),
      count(of, (f) => f.constant !== undefined),
    ];
  };
  assert.deepEqual(kinds('inbound'), [230, 367, 7]);
  assert.deepEqual(kinds('outbound'), [572, 24, 0]);
  assert.equal(
    count(flows, ({ flow }) => flow.executeOnce === true),
    2,
  );
  assert.deepEqual(tally(flows.map(({ flow }) => flow.merge ?? 'Update')), { Update: 1195, MergeCaseInsensitive: 5 });
});

test('census: expressions', () => {
  const texts = flows.flatMap(({ flow }) => flow.expression ?? []);
  assert.equal(texts.length, 391);
  assert.equal(new Set(texts).size, 86);
  for (const text of new Set(texts)) assert.ok(compileExpression(text).ok, text);
  const calls = tally(
    [...new Set(texts)].flatMap((text) => [...text.matchAll(/\b([A-Z]\w+)\(/g)].map((m) => m[1] as string)),
  );
  assert.equal(Object.keys(calls).length, 30);
  assert.equal(new Set([...new Set(texts)].flatMap(attributesRead)).size, 81);
});

test('census: scopes and joins', () => {
  const groups = rules.flatMap((r) => r.scope);
  assert.equal(groups.length, 48);
  assert.equal(groups.flat().length, 92);
  assert.equal(
    count(rules, (r) => r.scope.length > 0),
    45,
  );
  assert.deepEqual(tally(groups.flat().map((c) => c.operator)), {
    NOTEQUAL: 35,
    EQUAL: 26,
    ISNOTNULL: 21,
    NOTSTARTSWITH: 6,
    LESSTHAN: 2,
    ISBITNOTSET: 2,
  });
  const joins = rules.flatMap((r) => r.join);
  assert.equal(joins.length, 40);
  assert.equal(joins.flat().length, 40);
  assert.equal(
    count(rules, (r) => r.join.length > 0),
    24,
  );
  assert.equal(
    count(joins.flat(), (c) => c.caseSensitive === true),
    3,
  );
});

test('census: metaverse schema and parameters', () => {
  const { types, attributes } = real.metaverseSchema;
  assert.deepEqual(
    [...types].map(([name, of]) => [name, of.size]),
    [
      ['person', 182],
      ['group', 86],
      ['device', 29],
    ],
  );
  assert.equal(attributes.size, 219);
  assert.equal(
    count([...attributes.values()], (a) => a.indexed),
    106,
  );
  assert.deepEqual(tally([...attributes.values()].map((a) => a.syntax)), {
    boolean: 24,
    string: 126,
    reference: 25,
    binary: 19,
    number: 25,
  });
  assert.equal(Object.keys(real.globalParameters).length, 37);
});

test('census: connectors', () => {
  const [directory, cloud] = real.connectors;
  assert.equal(directory?.type, 'active-directory');
  assert.equal(directory?.attributes.length, 132);
  assert.equal(directory?.account, 'MSOL_d1edb676ca03@contoso.com');
  const [partition] = directory?.partitions ?? [];
  assert.deepEqual([partition?.include, partition?.exclude], [['OU=CORP,DC=contoso,DC=com'], ['DC=contoso,DC=com']]);
  assert.deepEqual(partition?.parameters, {
    'Domain.FQDN': 'contoso.com',
    'Domain.LDAP': 'DC=contoso,DC=com',
    'Domain.Netbios': 'CONTOSO',
  });
  assert.equal(directory?.parameters['Forest.Netbios'], 'CONTOSO');
  assert.equal(cloud?.type, 'entra');
  assert.equal(cloud?.attributes.length, 161);
  for (const connector of real.connectors) {
    const steps = connector.runProfiles.map(({ name, steps: [step] }) => `${name}: ${step?.type}, ${step?.batchSize}`);
    assert.deepEqual(steps, [
      'Full Import: full-import, 50',
      'Full Synchronization: full-sync, 0',
      'Delta Import: delta-import, 50',
      'Delta Synchronization: delta-sync, 0',
      'Export: export, 30',
    ]);
  }
});

test('watermarks and passwords do not leave the export', () => {
  const text = JSON.stringify(real.connectors);
  assert.doesNotMatch(text, /cookie|TVNEUw|water-mark|"[Pp]assword"/);
});

test('all rules compile and nothing is left behind', () => {
  const result = compileRuleSet(rules, real.metaverseSchema);
  assert.ok(result.ok, JSON.stringify(result));
  assert.equal(result.ruleSet.rules.length, 62);
  assert.deepEqual(real.report.notTaken, []);
});

test('the report says of every rule that it is out of the box, as it was in 2016', () => {
  assert.deepEqual(tally(real.report.rules.map((r) => r.status)), { equal: 42, older: 20 });
  const known = new Set(real.report.rules.flatMap((r) => r.differences.map((d) => d.known)));
  assert.equal(known.has(undefined), false);
});

test('exporting and importing again gives the same configuration', () => {
  const again = importConfiguration(exportConfiguration(real));
  assert.deepEqual(again.rules, real.rules);
  assert.deepEqual(again.globalParameters, real.globalParameters);
  assert.deepEqual(again.metaverseSchema, real.metaverseSchema);
  assert.deepEqual(again.connectors, real.connectors);
  assert.deepEqual(again.report, real.report);
});

/** Without what only says where a rule was read, and flows in one order. */
function essence(rule: SyncRule): unknown {
  const { origin: _, flows: all, ...rest } = rule;
  const byTarget = (a: Flow, b: Flow): number => (a.target < b.target ? -1 : 1);
  return { ...rest, flows: all.map(({ line: __, ...flow }) => flow).sort(byTarget) };
}

test('written as rule files and loaded, the rules are the same', () => {
  const text = writeRules(rules);
  const loaded = loadRules({
    files: [{ path: 'imported.yaml', text }],
    connectors: real.connectors,
    schema: real.metaverseSchema,
  });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(loaded.rules.map(essence), rules.map(essence));
});

test('attributes that somebody added to the metaverse are written with the rules', () => {
  const files = changed(/MV\.xml$/, (text) =>
    text
      .replace('<dsml:name>person</dsml:name>', '<dsml:name>person</dsml:name><dsml:attribute ref="#costCentre"/>')
      .replace(
        '<dsml:attribute-type id="accountEnabled"',
        '<dsml:attribute-type id="costCentre" single-value="false"><dsml:name>costCentre</dsml:name><dsml:syntax>1.3.6.1.4.1.1466.115.121.1.15</dsml:syntax></dsml:attribute-type><dsml:attribute-type id="accountEnabled"',
      ),
  );
  const text = writeRules([], importConfiguration(files).metaverseSchema);
  assert.deepEqual(parse(text).metaverse, { person: { costCentre: { syntax: 'string', multiValued: true } } });
  const loaded = loadRules({ files: [{ path: 'x.yaml', text }], connectors: real.connectors });
  assert.ok(loaded.ok && loaded.schema.types.get('person')?.get('costCentre')?.multiValued);
  assert.equal(parse(writeRules([], real.metaverseSchema)).metaverse, undefined);
});

test('the configuration becomes a causeway.yaml that stages first', () => {
  const { yaml, notes } = toCauseway(real);
  const document = parse(yaml);
  assert.deepEqual(configurationSchema.safeParse(document).error?.issues ?? [], []);
  assert.deepEqual(document.connectors[0].partitions, [
    { base: 'DC=contoso,DC=com', include: ['OU=CORP,DC=contoso,DC=com'] },
  ]);
  assert.deepEqual(document.connectors[0].objectClasses, [
    'computer',
    'contact',
    'foreignSecurityPrincipal',
    'group',
    'inetOrgPerson',
    'msDS-Device',
    'user',
  ]);
  assert.equal(document.sourceAnchor, 'objectGUID');
  assert.deepEqual(document.scheduler, { enabled: true, interval: '30m', staging: true, deletionThreshold: 500 });
  assert.match(notes.join('\n'), /CONTOSO_COM_PASSWORD/);
});

/** The export with one of its files changed. */
function changed(name: RegExp, change: (text: string) => string): Map<string, string> {
  const files = exportedFiles();
  const path = [...files].find(([key, text]) => name.test(key) || name.test(text))?.[0];
  assert.ok(path);
  return files.set(path, change(files.get(path) as string));
}

test('a changed rule is reported as customised, with the change', () => {
  const { report } = importConfiguration(
    changed(/<name>In from AD - User Common<\/name>/, (text) =>
      text
        .replace('Trim([department])', 'UCase([department])')
        .replace('<csValue>User_</csValue>', '<csValue>X_</csValue>'),
    ),
  );
  const rule = report.rules.find((r) => r.rule === 'In from AD - User Common');
  assert.equal(rule?.status, 'customised');
  assert.deepEqual(
    rule?.differences.filter((d) => !d.known).map(({ part, attribute, imported }) => [part, attribute, imported]),
    [
      ['scope', undefined, 'adminDescription NOTSTARTSWITH x_'],
      ['flow', 'department', 'UCase([department])'],
    ],
  );
});

test('a change of what newer builds differ in is a customisation, too', () => {
  const { report } = importConfiguration(
    changed(/<name>Out to AAD - Group Join<\/name>/, (text) =>
      text.replaceAll('<csValue>50000</csValue>', '<csValue>100</csValue>'),
    ),
  );
  assert.equal(report.rules.find((r) => r.rule === 'Out to AAD - Group Join')?.status, 'customised');
});

test('a rule of the administrator is reported as own', () => {
  const { report, rules: imported } = importConfiguration(
    changed(/<name>In from AD - User Lync<\/name>/, (text) =>
      text.replace('In from AD - User Lync', 'In from AD - Payroll'),
    ),
  );
  assert.equal(report.rules.find((r) => r.rule === 'In from AD - Payroll')?.status, 'own');
  assert.equal(imported.length, 62);
});

const broken: readonly (readonly [string, (text: string) => string, string])[] = [
  ['link type', (text) => text.replace('<linkType>Join', '<linkType>Glue'), 'linkType'],
  ['direction', (text) => text.replace('>Inbound<', '>Sideways<'), 'direction'],
  ['connector', (text) => text.replace(/<connector>[^<]*/, '<connector>{0}'), 'connector'],
  ['precedence', (text) => text.replace(/<precedence>\d+/, '<precedence>high'), 'precedence'],
  ['scope operator', (text) => text.replace('NOTSTARTSWITH', 'SOUNDSLIKE'), 'scope'],
  ['XML', (text) => text.slice(0, 500), 'file'],
];
for (const [what, change, part] of broken) {
  test(`a rule with a wrong ${what} is left out and reported`, () => {
    const { rules: imported, report } = importConfiguration(changed(/<name>In from AD - User Common<\/name>/, change));
    assert.equal(imported.length, 61);
    assert.deepEqual(
      report.notTaken.map((n) => n.part),
      [part],
    );
    assert.ok(report.notTaken[0]?.reason);
  });
}

test('a flow of an unknown merge type is left out, the rule is taken', () => {
  const { rules: imported, report } = importConfiguration(
    changed(/<name>In from AD - User Lync<\/name>/, (text) => text.replace('>Update<', '>Blend<')),
  );
  assert.equal(imported.length, 62);
  assert.equal(report.notTaken.length, 1);
});

test('a folder without a configuration is refused', () => {
  assert.throws(() => importConfiguration(new Map([['notes.txt', 'hello']])), /holds no exported connector/);
});

/** As the wizard makes them: in the metaverse and in the cloud under the name with the application id. */
test('directory extensions of an exported configuration are taken over whole', () => {
  const name = 'extension_0f5a6f6e111142228333444455556666_employeeType';
  const files = [...exportedFiles()].map(([path, text]): [string, string] => {
    if (path.endsWith('MV.xml')) return [path, text.replaceAll('extensionAttribute15', name)];
    // In the forest it stays what it is.
    const inbound = text.includes('<direction>Inbound</direction>');
    return inbound
      ? [path, text.replaceAll('<dest>extensionAttribute15</dest>', `<dest>${name}</dest>`)]
      : [path, text.replaceAll('>extensionAttribute15<', `>${name}<`)];
  });
  const taken = importConfiguration(new Map(files));
  const text = writeRules(taken.rules, taken.metaverseSchema);
  const connectors = taken.connectors.map(({ name: connector, type }) => ({ name: connector, type }));
  const loaded = loadRules({ files: [{ path: 'rules.yaml', text }], connectors });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(loaded.schema.attributes.get(name)?.syntax, 'string');
  const compiledRules = compileRuleSet(loaded.rules, loaded.schema);
  assert.ok(compiledRules.ok);
  const written = compiledRules.ruleSet.rules.filter(({ rule }) => rule.flows.some(({ target }) => target === name));
  assert.ok(written.some(({ rule }) => rule.direction === 'inbound'));
  const outbound = written.filter(({ rule }) => rule.direction === 'outbound');
  assert.ok(
    outbound.length > 0 &&
      outbound.every(({ rule }) => extensionsIn(compiledRules.ruleSet.readAttributes(rule.connector)).includes(name)),
  );
});
