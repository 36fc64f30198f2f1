import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SyncRule } from '../../rules/model.ts';
import { ruleChanges, settingChanges } from './configuration-diff.ts';

const rule = (name: string, parts: Partial<SyncRule> = {}): SyncRule => ({
  id: name,
  name,
  direction: 'inbound',
  connector: 'corp',
  sourceObjectType: 'user',
  targetObjectType: 'person',
  linkType: 'Join',
  precedence: 100,
  scope: [],
  join: [],
  flows: [],
  ...parts,
});

test('identities, numbers and the order of flows mean nothing', () => {
  const flows = [
    { target: 'a', direct: 'x' },
    { target: 'b', constant: '1' },
  ];
  const before = [rule('one', { id: 'guid-1', precedence: 5, flows })];
  const after = [rule('one', { id: 'guid-2', precedence: 77, flows: [...flows].reverse() })];
  assert.deepEqual(ruleChanges(before, after), []);
});

test('a rule is recognized by its tag, whatever version and name it has', () => {
  const changes = ruleChanges(
    [rule('old name', { tag: 'Causeway.X.001' })],
    [rule('new name', { tag: 'Causeway.X.002', linkType: 'Provision' })],
  );
  assert.deepEqual(changes, [
    {
      rule: 'new name',
      connector: 'corp',
      kind: 'changed',
      parts: [{ part: 'link', before: 'Join', after: 'Provision' }],
    },
  ]);
});

test('flows are told apart: new, gone, changed', () => {
  const [change] = ruleChanges(
    [
      rule('r', {
        flows: [
          { target: 'gone', direct: 'x' },
          { target: 'same', direct: 'y' },
          { target: 'other', direct: 'z' },
        ],
      }),
    ],
    [
      rule('r', {
        flows: [
          { target: 'new', direct: 'x' },
          { target: 'same', direct: 'y' },
          { target: 'other', constant: 'z' },
        ],
      }),
    ],
  );
  assert.deepEqual(
    change?.parts.map((p) => [p.attribute, p.before !== undefined, p.after !== undefined]),
    [
      ['gone', true, false],
      ['new', false, true],
      ['other', true, true],
    ],
  );
});

test('the fewest rules that explain a new order are named', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const ordered = (list: readonly string[]) => list.map((n, i) => rule(n, { precedence: i }));
  const changes = ruleChanges(ordered(names), ordered(['a', 'c', 'd', 'e', 'b']));
  assert.deepEqual(
    changes.map((c) => [c.rule, c.parts.map((p) => p.part)]),
    [['b', ['order']]],
  );
});

test('nothing differs from itself, and added and removed change sides', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'));
  fc.assert(
    fc.property(names, names, (left, right) => {
      const [a, b] = [left.map((n) => rule(n)), right.map((n) => rule(n))];
      assert.deepEqual(ruleChanges(a, a), []);
      const kinds = (list: ReturnType<typeof ruleChanges>, kind: string) =>
        list
          .filter((c) => c.kind === kind)
          .map((c) => c.rule)
          .sort();
      assert.deepEqual(kinds(ruleChanges(a, b), 'added'), kinds(ruleChanges(b, a), 'removed'));
    }),
    { numRuns: 200 },
  );
});

test('settings are compared down to the value, named items by their name', () => {
  const before = { scheduler: { interval: '30m' }, connectors: [{ name: 'a', url: 'x' }, { name: 'b' }] };
  const after = { scheduler: { interval: '10m', staging: true }, connectors: [{ name: 'b' }, { name: 'a', url: 'y' }] };
  assert.deepEqual(settingChanges(before, after), [
    { path: 'scheduler.interval', before: '30m', after: '10m' },
    { path: 'scheduler.staging', after: true },
    { path: 'connectors.a.url', before: 'x', after: 'y' },
  ]);
});
