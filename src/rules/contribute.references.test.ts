import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attributes } from '../model/value.ts';
import { type Contribution, contribute } from './contribute.ts';
import type { Flow } from './model.ts';
import { compiledSet, mergeOf as merge, nothingBefore, ruleOf, testContext, viewOf } from './test-helpers.ts';

const other = { connector: 'lab' };
const codes = (result: Contribution) => result.errors.map((e) => [e.code, e.rule.id, e.attribute, e.sourceId]);

describe('references', () => {
  const flow: Flow = { target: 'manager', direct: 'boss' };
  const boss = (...names: string[]) => {
    const view = viewOf({}, { references: { boss: names } });
    return { ...view, references: () => assert.fail('a direct flow must not touch the references') };
  };
  test('a direct flow wins with a binding and never touches the references', () => {
    const result = merge([{ flows: [flow] }], { ad: boss('CN=b') });
    const binding = result.references.get('manager');
    assert.deepEqual([binding?.sourceId, binding?.attribute, binding?.rule.id], [0, 'boss', 'R0']);
    assert.deepEqual([result.values, result.errors], [{}, []]);
  });
  test('a source without references lets a lower rule bind', () => {
    const result = merge([{ flows: [flow] }, { flows: [flow], ...other }], { ad: boss(), lab: boss('CN=b') });
    assert.equal(result.references.get('manager')?.sourceId, 1);
  });
  test('several references for a single-valued attribute are an error', () => {
    const result = merge([{ flows: [flow] }], { ad: boss('CN=b', 'CN=c') });
    assert.deepEqual(codes(result), [['flow-multi-values-to-single-value', 'R0', 'manager', 0]]);
  });
  test('a multi-valued attribute takes any number', () => {
    const flows = [{ target: 'publicDelegates', direct: 'boss' }];
    assert.equal(merge([{ flows }], { ad: boss('CN=b', 'CN=c') }).references.get('publicDelegates')?.attribute, 'boss');
  });
  test('an expression can ignore, so that a lower direct flow binds (Group Join beside Group Identity)', () => {
    const guard = (count: number) => ({
      flows: [
        {
          target: 'manager',
          expression: `IIF((${count} > 50000), Error("Maximum Group member count exceeded"), IgnoreThisFlow)`,
        },
      ],
    });
    assert.equal(merge([guard(5), { flows: [flow] }], { ad: boss('CN=b') }).references.get('manager')?.rule.id, 'R1');
    assert.deepEqual(codes(merge([guard(50001), { flows: [flow] }], { ad: boss('CN=b') })), [
      ['sync-rule-error-function-triggered', 'R0', 'manager', 0],
    ]);
  });
  test('the last reference can go although the guard ignores', () => {
    const guard = { flows: [{ target: 'manager', expression: 'IgnoreThisFlow' }] };
    const result = merge([guard, { flows: [flow] }], { ad: boss() }, { previous: { manager: { dn: 'CN=old' } } });
    assert.deepEqual([result.values, result.references.size], [{}, 0]);
  });
  test('a direct flow from something that is no reference is NULL (mS-DS-CreatorSID)', () => {
    const result = merge([{ flows: [flow] }], { ad: { boss: { base64: 'AQ==' } } });
    assert.deepEqual([result.values, result.references.size, result.errors], [{}, 0, []]);
  });
  test('an expression that gives no reference is an error', () => {
    const flows = [{ target: 'manager', expression: '"CN=x"' }];
    assert.deepEqual(codes(merge([{ flows }], { ad: {} })), [['cs-attribute-type-mismatch', 'R0', 'manager', 0]]);
  });
  test('explicit values stay ordinary values', () => {
    const flows = [{ target: 'manager', expression: 'CRef("CN=x,DC=y")' }];
    assert.deepEqual(merge([{ flows }], { ad: {} }).values, { manager: { dn: 'CN=x,DC=y' } });
  });
  test('AuthoritativeNull unbinds', () => {
    const flows = [{ target: 'manager', expression: 'AuthoritativeNull' }];
    assert.equal(merge([{ flows }, { flows: [flow] }], { ad: boss('CN=b') }).references.size, 0);
  });
  test('a kept binding stays as long as its source contributes', () => {
    const set = compiledSet([ruleOf({ name: 'R', flows: [{ target: 'manager', expression: 'IgnoreThisFlow' }] })]);
    const rules = set.inbound('ad', 'user');
    const binding = { sourceId: 7, attribute: 'boss', rule: set.rules[0]! };
    const previous = { values: {}, references: new Map([['manager', binding]]) };
    const from = (sourceId: number) =>
      contribute([{ sourceId, view: viewOf({}), rules, ctx: testContext }], previous, { isNew: false });
    assert.deepEqual(from(7).references.get('manager'), binding);
    assert.equal(from(8).references.size, 0);
  });
});

describe('outbound', () => {
  const rule = ruleOf({
    name: 'Out',
    direction: 'outbound',
    sourceObjectType: 'person',
    targetObjectType: 'user',
    flows: [
      {
        target: 'proxyAddresses',
        expression: 'IIF(IsNullOrEmpty([cloudLegacyExchangeDN]),NULL,"x500:" & [cloudLegacyExchangeDN])',
        merge: 'MergeCaseInsensitive',
      },
      { target: 'usageLocation', expression: 'IIF(IsNullOrEmpty([usageLocation]),IgnoreThisFlow,[usageLocation])' },
    ],
  });
  const run = (values: Attributes, held: Attributes, exported?: Attributes) => {
    const rules = compiledSet([rule]).outbound('ad', 'person');
    const previous = { values: held, references: new Map(), ...(exported === undefined ? {} : { exported }) };
    return contribute(
      [{ sourceId: 1, view: viewOf(values, { objectType: 'person' }), rules, ctx: testContext }],
      previous,
      { isNew: false },
    );
  };
  test('Merge adds to what the target holds', () => {
    const result = run({ cloudLegacyExchangeDN: '/o=x' }, { proxyAddresses: ['SMTP:a', 'X500:/O=x'] });
    assert.deepEqual(result.values.proxyAddresses, ['SMTP:a', 'x500:/o=x']);
  });
  test('Merge with nothing to add takes nothing away', () => {
    const result = run({}, { proxyAddresses: ['SMTP:a'] });
    assert.deepEqual([result.values.proxyAddresses, result.kept], [['SMTP:a'], ['proxyAddresses', 'usageLocation']]);
  });
  test('Merge withdraws what the rules once exported', () => {
    const result = run(
      { cloudLegacyExchangeDN: '/o=new' },
      { proxyAddresses: ['SMTP:a', 'x500:/o=old'] },
      { proxyAddresses: ['x500:/o=old'] },
    );
    assert.deepEqual(result.values.proxyAddresses, ['SMTP:a', 'x500:/o=new']);
  });
  test('IgnoreThisFlow keeps what the target holds', () => {
    assert.equal(run({}, { usageLocation: 'DE' }).values.usageLocation, 'DE');
    assert.equal(run({ usageLocation: 'FR' }, { usageLocation: 'DE' }).values.usageLocation, 'FR');
  });
  test('values take the shape that the connected directory has, if it is known', () => {
    const direct = {
      ...rule,
      flows: [
        { target: 'mails', direct: 'mail' },
        { target: 'one', direct: 'proxyAddresses' },
      ],
    };
    const connected = new Map([
      ['mails', { type: 'string', multiValued: true }],
      ['one', { type: 'string', multiValued: false }],
    ] as const);
    const set = compiledSet([direct], undefined, { connectedSchemas: new Map([['ad', connected]]) });
    const view = viewOf({ mail: 'a', proxyAddresses: ['b'] });
    const result = contribute(
      [{ sourceId: 1, view, rules: set.outbound('ad', 'person'), ctx: testContext }],
      nothingBefore,
      { isNew: true },
    );
    assert.deepEqual(result.values, { mails: ['a'], one: 'b' });
  });
});
