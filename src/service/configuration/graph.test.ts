/** Keys of the dialect `graph`: the quota, and what plans and connectors make of it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDirectory } from '../../../test/support/temp.ts';
import { describeConnectors, makeConnectors } from '../engine/make-connectors.ts';
import { ConfigurationError, loadConfiguration } from './configuration.ts';

function load(lines: readonly string[], dialect = 'graph') {
  const folder = tempDirectory('graph-configuration');
  const file = join(folder.path, 'causeway.yaml');
  const head = [
    'connectors:',
    '  - name: cloud',
    '    type: entra',
    `    dialect: ${dialect}`,
    '    tenantId: 11111111-2222-4333-8444-555555555555',
    '    clientId: 00000000-0000-4000-8000-000000000003',
    '    credential: { managedIdentity: true }',
  ];
  writeFileSync(file, [...head, ...lines.map((line) => `    ${line}`), ''].join('\n'));
  try {
    return loadConfiguration(file);
  } finally {
    folder.remove();
  }
}
const work = { add: 5000, update: 0, delete: 0, addedReferences: [[40, 10]] as const, removedReferences: 10 };

test('a plan knows how long the quota makes an export take, with or without a connection', () => {
  for (const make of [describeConnectors, makeConnectors]) {
    const forecast = (lines: readonly string[]) => {
      const told = make(load(lines))[0]?.connector.forecastExport?.(work);
      return [told?.writes, Math.ceil((told?.durationMs ?? 0) / 1000), told?.quota];
    };
    // 5,000 objects, ten groups with two writes each, ten removals: all but the first 3,000 at 20 a second.
    assert.deepEqual(forecast([]), [5030, 102, { writes: 3000, windowSeconds: 150 }]);
    assert.deepEqual(forecast(['quota: { writes: 1000, writeSeconds: 100, concurrency: 2 }']), [
      5030,
      403,
      { writes: 1000, windowSeconds: 100 },
    ]);
  }
});

test('a quota that is none is refused', () => {
  for (const quota of ['{ writes: 0 }', '{ writes: 1.5 }', '{ concurrency: 99 }', '{ write: 5 }', '5'])
    assert.throws(() => load([`quota: ${quota}`]), ConfigurationError, quota);
  const other = ['url: http://127.0.0.1:1', 'quota: { writes: 5 }'];
  assert.throws(() => load(other, 'sync'), /only the dialect "graph" knows/);
});
