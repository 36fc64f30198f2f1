import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { defaultOptions } from '../out-of-box/options.ts';
import type { ImportedConnector } from './read-connector.ts';
import { toCauseway } from './to-causeway.ts';

const base = 'DC=contoso,DC=com';
const connector = (include: string[], exclude: string[], more: Partial<ImportedConnector> = {}): ImportedConnector => ({
  id: '{1}',
  name: 'contoso.com',
  type: 'active-directory',
  category: 'AD',
  passwordHashSync: false,
  partitions: [
    { name: base, id: '{2}', selected: true, objectClasses: ['user', 'container'], include, exclude, parameters: {} },
  ],
  attributes: [],
  runProfiles: [],
  parameters: {},
  ...more,
});
const convert = (one: ImportedConnector, globalParameters: Record<string, string> = {}) =>
  toCauseway({ connectors: [one], globalParameters, options: defaultOptions });

/** What the export includes and excludes, and the scope that means the same. */
const containers: readonly (readonly [string[], string[], object])[] = [
  [[`OU=A,${base}`], [base], { include: [`OU=A,${base}`] }],
  [[base], [], {}],
  [[base], [`OU=B,${base}`], { exclude: [`OU=B,${base}`] }],
  [
    [`OU=A,${base}`],
    [base.toLowerCase(), `OU=B,OU=A,${base}`],
    { include: [`OU=A,${base}`], exclude: [`OU=B,OU=A,${base}`] },
  ],
  [[base, `OU=A,OU=B,${base}`], [`OU=B,${base}`], { include: [base, `OU=A,OU=B,${base}`], exclude: [`OU=B,${base}`] }],
];
for (const [include, exclude, expected] of containers) {
  test(`containers: ${JSON.stringify({ include, exclude })}`, () => {
    const document = parse(convert(connector(include, exclude)).yaml);
    assert.deepEqual(document.connectors[0].partitions, [{ base, ...expected }]);
  });
}

test('partitions that are not selected, and structural classes, are left out', () => {
  const one = connector([], []);
  const [partition] = one.partitions;
  assert.ok(partition);
  const document = parse(
    convert({ ...one, partitions: [partition, { ...partition, name: 'DC=x', selected: false }] }).yaml,
  );
  assert.equal(document.connectors[0].partitions.length, 1);
  assert.deepEqual(document.connectors[0].objectClasses, ['user']);
});

test('the deletion threshold and the interval are taken over', () => {
  const scheduler = (parameters: Record<string, string>) =>
    parse(convert(connector([], []), parameters).yaml).scheduler;
  assert.equal(scheduler({ 'Microsoft.OptionalFeature.ExportDeletionThresholdValue': '42' }).deletionThreshold, 42);
  assert.equal(scheduler({ 'Microsoft.OptionalFeature.ExportDeletionThreshold': 'False' }).deletionThreshold, 0);
  assert.equal(scheduler({ 'Microsoft.Synchronize.TimeInterval': '03:00:00' }).interval, '180m');
});

test('what the file cannot say becomes a note', () => {
  const step = { type: 'full-import', partition: '{2}', objectLimit: 10, batchSize: 50 } as const;
  const own = connector([], [], {
    runProfiles: [{ name: 'Nightly', steps: [step] }],
    type: 'unknown',
    category: 'Sql',
  });
  assert.match(convert(own).notes.join('\n'), /no connector for contoso.com \(Sql\).*Nightly.*stops after 10 objects/s);
});
