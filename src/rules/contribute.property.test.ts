/** Laws of the merge over random rule sets and objects. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonicalText } from '../model/value.ts';
import { type Contribution, contribute, type PreviousState, type Source } from './contribute.ts';
import { inScope } from './in-scope.ts';
import type { Flow, SyncRule } from './model.ts';
import { compiledSet, ruleOf, testContext, viewOf } from './test-helpers.ts';
import { collectTrace } from './trace.ts';

const connectors = ['ad', 'lab', 'hr'];
const best = ['title', 'sn', 'displayName'] as const;
const merged = ['proxyAddresses', 'otherMobile'] as const;
const sourceNames = ['cn', 'info', 'mail'] as const;

const way = fc.oneof(
  fc.constantFrom(...sourceNames).map((direct) => ({ direct })),
  fc.constantFrom('x', 'y').map((constant) => ({ constant })),
  fc
    .constantFrom('NULL', 'AuthoritativeNull', 'IgnoreThisFlow', 'Error("no")', '[cn]', 'UCase([mail])', '""')
    .map((expression) => ({ expression })),
);
const flowTo = (target: string, merge: Flow['merge']): fc.Arbitrary<Flow> =>
  fc.tuple(way, fc.boolean()).map(([source, once]) => ({
    target,
    ...source,
    ...(merge === undefined ? {} : { merge }),
    ...(once ? { executeOnce: true } : {}),
  }));
const references: fc.Arbitrary<Flow> = fc.constantFrom('boss', 'lead').map((direct) => ({ target: 'manager', direct }));
const flows = fc.tuple(
  ...best.map((target) => fc.option(flowTo(target, undefined), { nil: undefined, freq: 2 })),
  ...merged.map((target) => fc.option(flowTo(target, 'MergeCaseInsensitive'), { nil: undefined })),
  fc.option(references, { nil: undefined }),
);
const scope = fc.constantFrom<SyncRule['scope']>([], [[{ attribute: 'info', operator: 'ISNOTNULL' }]]);
const rules = fc
  .array(fc.tuple(fc.constantFrom(...connectors), flows, scope), { minLength: 1, maxLength: 7 })
  .map((parts) =>
    parts.map(([connector, given, filter], i) =>
      ruleOf({
        name: `R${i}`,
        connector,
        precedence: 100 + i,
        scope: filter,
        flows: given.filter((flow) => flow !== undefined),
      }),
    ),
  );
const text = fc.constantFrom('a', 'b', 'A', '');
const values = fc.record({ cn: text, info: text, mail: text }, { requiredKeys: [] });
const objects = fc.array(fc.tuple(values, fc.constantFrom('', 'boss', 'lead')), { minLength: 3, maxLength: 3 });
const previousValues = fc.record({ title: fc.constantFrom('old', 'a'), sn: fc.constant('old') }, { requiredKeys: [] });

function sourcesOf(set: ReturnType<typeof compiledSet>, given: readonly (readonly [object, string])[]): Source[] {
  return given.map(([attributes, reference], sourceId) => {
    const view = viewOf(attributes as Record<string, string>, {
      references: reference === '' ? {} : { [reference]: ['CN=x'] },
    });
    const connector = connectors[sourceId] as string;
    return { sourceId, view, rules: inScope(set.inbound(connector, 'user'), view, testContext), ctx: testContext };
  });
}

/** Everything a result says, as text. */
const told = (result: Contribution): string =>
  JSON.stringify([
    canonicalText(result.values),
    Object.entries(result.provenance).map(([name, by]) => [name, by.rule.id, by.sourceId]),
    [...result.references].map(([name, by]) => [name, by.rule.id, by.sourceId, by.attribute]),
    result.managed,
    result.kept,
    result.errors.map((e) => [e.code, e.rule.id, e.attribute]),
  ]);

const world = fc.tuple(rules, objects, previousValues, fc.boolean());
function check(
  law: (set: ReturnType<typeof compiledSet>, sources: Source[], previous: PreviousState, isNew: boolean) => void,
) {
  fc.assert(
    fc.property(world, ([given, people, before, isNew]) => {
      const set = compiledSet(given);
      law(set, sourcesOf(set, people), { values: before, references: new Map() }, isNew);
    }),
    { numRuns: 300 },
  );
}

describe('laws of the merge', () => {
  test('the order of the sources changes nothing', () =>
    check((_, sources, previous, isNew) => {
      const expected = told(contribute(sources, previous, { isNew }));
      for (const order of [
        [2, 1, 0],
        [1, 0, 2],
        [2, 0, 1],
      ]) {
        const shuffled = order.map((i) => sources[i] as Source);
        assert.equal(told(contribute(shuffled, previous, { isNew })), expected);
      }
    }));

  test('the order in which rules are given changes nothing, as long as their precedence differs', () =>
    check((set, sources, previous, isNew) => {
      const reversed = compiledSet([...set.rules].reverse().map(({ rule }) => rule));
      const again = sources.map((source) => ({
        ...source,
        rules: inScope(reversed.inbound(connectors[source.sourceId] as string, 'user'), source.view, testContext),
      }));
      assert.equal(told(contribute(again, previous, { isNew })), told(contribute(sources, previous, { isNew })));
    }));

  test('twice changes nothing: the result as the state before gives the result', () =>
    check((_, sources, previous, isNew) => {
      const first = contribute(sources, previous, { isNew });
      const second = contribute(sources, first, { isNew });
      assert.deepEqual(second.values, first.values);
      assert.deepEqual([...second.references], [...first.references]);
    }));

  test('every value has exactly one winner, or was kept; the winner is in scope and writes the attribute', () =>
    check((_, sources, previous, isNew) => {
      const result = contribute(sources, previous, { isNew });
      for (const name of Object.keys(result.values)) {
        const by = result.provenance[name];
        assert.equal(by === undefined, result.kept.includes(name), name);
        if (by === undefined) continue;
        const source = sources.find((s) => s.sourceId === by.sourceId);
        assert.ok(source?.rules.includes(by.rule));
        assert.ok(by.rule.flows.some((flow) => flow.target === name));
      }
      assert.deepEqual(
        Object.keys(result.provenance).filter((name) => !(name in result.values)),
        [],
      );
    }));

  test('a trace changes nothing, and names one winner for each attribute with a winner', () =>
    check((_, sources, previous, isNew) => {
      const trace = collectTrace();
      const traced = contribute(sources, previous, { isNew, trace });
      assert.equal(told(traced), told(contribute(sources, previous, { isNew })));
      for (const name of traced.managed) {
        const winners = trace.flows.filter((flow) => flow.attribute === name && flow.outcome === 'won');
        assert.ok(winners.length <= 1);
        const winner = winners[0];
        if (winner !== undefined) {
          const by = traced.provenance[name] ?? traced.references.get(name);
          assert.deepEqual([by?.rule.id, by?.sourceId], [winner.rule.id, winner.sourceId]);
        }
      }
      const candidates = sources.flatMap((s) => s.rules.flatMap((rule) => rule.flows)).length;
      assert.equal(trace.flows.length, candidates);
    }));

  test('a worse rule never changes what a better one decided', () =>
    check((set, sources, previous, isNew) => {
      const whole = contribute(sources, previous, { isNew });
      const worst = set.rules.at(-1);
      const without = sources.map((source) => ({ ...source, rules: source.rules.filter((rule) => rule !== worst) }));
      const less = contribute(without, previous, { isNew });
      for (const name of best) {
        if (less.provenance[name] !== undefined) assert.equal(whole.values[name], less.values[name]);
      }
    }));
});
