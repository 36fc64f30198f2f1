import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attributes } from '../model/value.ts';
import { type Contribution, contribute, type PreviousState, type Source } from './contribute.ts';
import type { ObjectView } from './evaluation.ts';
import type { Flow, SyncRule } from './model.ts';
import { compiledSet, ruleOf, testContext, viewOf } from './test-helpers.ts';

const nothingBefore: PreviousState = { values: {}, references: new Map() };
const other = { connector: 'lab' };

/** Rules in precedence order, each with its flows, on one object of the connector `ad` and one of `lab`. */
function merge(
  rules: readonly (Partial<SyncRule> & { readonly flows: readonly Flow[] })[],
  views: { readonly ad?: Attributes | ObjectView; readonly lab?: Attributes | ObjectView },
  options: { readonly previous?: Attributes; readonly isNew?: boolean } = {},
): Contribution {
  const set = compiledSet(rules.map((rule, i) => ruleOf({ name: `R${i}`, precedence: 100 + i, ...rule })));
  const sources: Source[] = [];
  for (const [sourceId, connector] of (['ad', 'lab'] as const).entries()) {
    const given = views[connector];
    if (given === undefined) continue;
    const view = 'referenceCount' in given ? (given as ObjectView) : viewOf(given as Attributes);
    sources.push({ sourceId, view, rules: set.inbound(connector, 'user'), ctx: testContext });
  }
  const previous = { ...nothingBefore, values: options.previous ?? {} };
  return contribute(sources, previous, { isNew: options.isNew ?? false });
}
const winner = (result: Contribution, name: string) => result.provenance[name]?.rule.id;
const codes = (result: Contribution) => result.errors.map((e) => [e.code, e.rule.id, e.attribute, e.sourceId]);
const title = (expression: string): Flow => ({ target: 'title', expression });
const fromCn: Flow = { target: 'title', direct: 'cn' };

describe('flow types (s.2.6)', () => {
  test('direct copies the value as it is', () => {
    const result = merge([{ flows: [fromCn] }], { ad: { cn: ' Ana ' } });
    assert.deepEqual(result.values, { title: ' Ana ' });
    assert.equal(winner(result, 'title'), 'R0');
  });
  test('direct copies all values of a multi-valued attribute, in canonical order', () => {
    const flows = [{ target: 'proxyAddresses', direct: 'proxyAddresses' }];
    assert.deepEqual(merge([{ flows }], { ad: { proxyAddresses: ['b', 'a', 'b', ''] } }).values, {
      proxyAddresses: ['a', 'b'],
    });
  });
  test('direct from an absent attribute is NULL', () =>
    assert.deepEqual(merge([{ flows: [fromCn] }], { ad: {} }).values, {}));
  test('direct from dn is the name of the object', () => {
    const view = viewOf({}, { dn: 'CN=Ana,DC=x' });
    assert.deepEqual(merge([{ flows: [{ target: 'title', direct: 'dn' }] }], { ad: view }).values, {
      title: 'CN=Ana,DC=x',
    });
  });
  test('a constant is literal text: NULL is the word', () => {
    assert.deepEqual(merge([{ flows: [{ target: 'title', constant: 'NULL' }] }], { ad: {} }).values, { title: 'NULL' });
  });
  test('a constant has the syntax of its target', () => {
    const flows = [
      { target: 'accountEnabled', constant: 'False' },
      { target: 'countryCode', constant: '276' },
    ];
    assert.deepEqual(merge([{ flows }], { ad: {} }).values, { accountEnabled: false, countryCode: 276 });
  });
  test('an expression is evaluated', () => {
    assert.deepEqual(merge([{ flows: [title('UCase([cn])')] }], { ad: { cn: 'ana' } }).values, { title: 'ANA' });
  });
});

describe('flow results (s.2.6)', () => {
  const lower = { flows: [title('"low"')] };
  test('value: a candidate, the best wins', () => {
    const result = merge([{ flows: [title('"high"')] }, lower], { ad: {} });
    assert.deepEqual([result.values.title, winner(result, 'title')], ['high', 'R0']);
  });
  test('NULL: a lower rule may contribute', () => {
    const result = merge([{ flows: [title('NULL')] }, lower], { ad: {} });
    assert.deepEqual([result.values.title, winner(result, 'title')], ['low', 'R1']);
  });
  test('NULL: if nobody contributes, the attribute is removed', () => {
    const result = merge([{ flows: [title('NULL')] }], { ad: {} }, { previous: { title: 'old' } });
    assert.deepEqual([result.values, result.managed, result.kept], [{}, ['title'], []]);
  });
  test('AuthoritativeNull: the attribute is removed, lower rules are ignored', () => {
    const result = merge([{ flows: [title('AuthoritativeNull')] }, lower], { ad: {} }, { previous: { title: 'old' } });
    assert.deepEqual([result.values, result.managed], [{}, ['title']]);
  });
  test('AuthoritativeNull does not block better rules', () => {
    const result = merge([{ flows: [title('"high"')] }, { flows: [title('AuthoritativeNull')] }], { ad: {} });
    assert.equal(result.values.title, 'high');
  });
  test('IgnoreThisFlow: as if the line did not exist', () => {
    const result = merge([{ flows: [title('IgnoreThisFlow')] }, lower], { ad: {} }, { previous: { title: 'old' } });
    assert.deepEqual([result.values.title, winner(result, 'title')], ['low', 'R1']);
  });
  test('IgnoreThisFlow: an existing value is left, without a new winner', () => {
    const result = merge([{ flows: [title('IgnoreThisFlow')] }], { ad: {} }, { previous: { title: 'old' } });
    assert.deepEqual([result.values, result.kept, winner(result, 'title')], [{ title: 'old' }, ['title'], undefined]);
  });
  test('IgnoreThisFlow on a new object: the attribute stays absent', () => {
    assert.deepEqual(merge([{ flows: [title('IgnoreThisFlow')] }], { ad: {} }, { isNew: true }).values, {});
  });
  test('IgnoreThisFlow does not save what the other rules remove: a group must be able to lose its last member', () => {
    const result = merge(
      [{ flows: [title('IgnoreThisFlow')] }, { flows: [title('NULL')] }],
      { ad: {} },
      { previous: { title: 'old' } },
    );
    assert.deepEqual(result.values, {});
  });
  test('error: names rule, attribute and source, and lower rules do not repair it', () => {
    const result = merge([{ flows: [title('Error("no")')] }, lower], { ad: { cn: 'x' } });
    assert.deepEqual(codes(result), [['sync-rule-error-function-triggered', 'R0', 'title', 0]]);
    assert.equal(result.values.title, undefined);
    assert.match(result.errors[0]?.message ?? '', /no/);
  });
  test('an error of one flow does not hide that of another', () => {
    const result = merge([{ flows: [title('Error("one")'), { target: 'sn', expression: 'Error("two")' }] }], {
      ad: {},
    });
    assert.equal(result.errors.length, 2);
  });
  test('the empty string is no value, alone and in lists', () => {
    const flows = [title('Left(Trim([info]),448)'), { target: 'otherPager', direct: 'otherPager' }];
    assert.deepEqual(merge([{ flows }, lower], { ad: { info: '  ', otherPager: ['', ''] } }).values, { title: 'low' });
  });
  test('what is not needed any more is not evaluated', () => {
    const result = merge([{ flows: [title('"high"')] }, { flows: [title('Error("never asked")')] }], { ad: {} });
    assert.deepEqual([result.values, result.errors], [{ title: 'high' }, []]);
  });
});

describe('shape of the target', () => {
  test('several values for a single-valued attribute are an error', () => {
    const result = merge([{ flows: [{ target: 'title', direct: 'titles' }] }], { ad: { titles: ['a', 'b'] } });
    assert.deepEqual(codes(result), [['flow-multi-values-to-single-value', 'R0', 'title', 0]]);
  });
  test('a list of one fits a single-valued attribute, also one of equal values', () => {
    const flows = [{ target: 'title', direct: 'titles' }];
    assert.deepEqual(merge([{ flows }], { ad: { titles: ['a'] } }).values, { title: 'a' });
    assert.deepEqual(merge([{ flows }], { ad: { titles: ['a', 'a'] } }).values, { title: 'a' });
  });
  test('one value becomes the list of a multi-valued attribute', () => {
    assert.deepEqual(merge([{ flows: [{ target: 'proxyAddresses', direct: 'mail' }] }], { ad: { mail: 'a' } }).values, {
      proxyAddresses: ['a'],
    });
  });
  test('an indexed string holds 448 characters', () => {
    const at = (length: number) => merge([{ flows: [fromCn] }], { ad: { cn: 'x'.repeat(length) } });
    assert.equal(at(448).values.title?.toString().length, 448);
    assert.deepEqual(codes(at(449)), [['mv-constraint-violation', 'R0', 'title', 0]]);
  });
  test('a string that is not indexed is not limited', () => {
    const flows = [{ target: 'msExchRetentionComment', direct: 'cn' }];
    assert.equal(merge([{ flows }], { ad: { cn: 'x'.repeat(5000) } }).errors.length, 0);
  });
  test('text that is unambiguously a number or a boolean becomes one', () => {
    const flows = [
      { target: 'countryCode', direct: 'a' },
      { target: 'accountEnabled', direct: 'b' },
    ];
    assert.deepEqual(merge([{ flows }], { ad: { a: '276', b: 'TRUE' } }).values, {
      accountEnabled: true,
      countryCode: 276,
    });
  });
  test('what would lose something is a type mismatch', () => {
    for (const [target, value] of [
      ['countryCode', 'many'],
      ['accountEnabled', 1],
      ['title', { base64: 'AQ==' }],
      ['objectSid', 'S-1-5'],
      ['manager', 'CN=x'],
    ] as const) {
      const result = merge([{ flows: [{ target, direct: 'a' }] }], { ad: { a: value } });
      assert.deepEqual(codes(result), [['cs-attribute-type-mismatch', 'R0', target, 0]]);
    }
  });
  test('numbers beyond 53 bits stay exact', () => {
    const flows = [{ target: 'countryCode', direct: 'a' }];
    assert.deepEqual(merge([{ flows }], { ad: { a: '9223372036854775807' } }).values, {
      countryCode: { int: '9223372036854775807' },
    });
  });
});

describe('execute-once (s.2.6)', () => {
  const once: Flow = { target: 'title', constant: 'first', executeOnce: true };
  test('applies when the object is created', () =>
    assert.deepEqual(merge([{ flows: [once] }], { ad: {} }, { isNew: true }).values, { title: 'first' }));
  test('later the value is left as it is', () => {
    assert.deepEqual(merge([{ flows: [once] }], { ad: {} }, { previous: { title: 'changed' } }).values, {
      title: 'changed',
    });
  });
  test('later it is not brought back', () => assert.deepEqual(merge([{ flows: [once] }], { ad: {} }).values, {}));
});

describe('merge types (s.2.7)', () => {
  const proxies = (merge: Flow['merge'], direct = 'proxyAddresses'): { flows: Flow[] } => ({
    flows: [{ target: 'proxyAddresses', direct, ...(merge === undefined ? {} : { merge }) }],
  });
  const views = { ad: { proxyAddresses: ['SMTP:a', 'x'] }, lab: { proxyAddresses: ['smtp:A', 'x', 'y'] } };
  test('Update: the best non-null wins the whole attribute', () => {
    const result = merge([proxies('Update'), { ...proxies(undefined), ...other }], views);
    assert.deepEqual(result.values.proxyAddresses, ['SMTP:a', 'x']);
  });
  test('Replace is a synonym', () => {
    const result = merge([{ ...proxies('Replace'), ...other }, proxies('Update')], views);
    assert.deepEqual(result.values.proxyAddresses, ['smtp:A', 'x', 'y']);
  });
  test('Merge: union, exact duplicates removed', () => {
    const result = merge([proxies('Merge'), { ...proxies('Merge'), ...other }], views);
    assert.deepEqual(result.values.proxyAddresses, ['SMTP:a', 'smtp:A', 'x', 'y']);
    assert.equal(winner(result, 'proxyAddresses'), 'R0');
  });
  test('MergeCaseInsensitive: the spelling of the best precedence stays', () => {
    const result = merge([proxies('MergeCaseInsensitive'), { ...proxies('MergeCaseInsensitive'), ...other }], views);
    assert.deepEqual(result.values.proxyAddresses, ['SMTP:a', 'x', 'y']);
  });
  test('MergeCaseInsensitive compares bytes exactly', () => {
    const flows: Flow[] = [{ target: 'userCertificate', direct: 'userCertificate', merge: 'MergeCaseInsensitive' }];
    const result = merge([{ flows }, { flows, ...other }], {
      ad: { userCertificate: [{ base64: 'AA==' }] },
      lab: { userCertificate: [{ base64: 'aA==' }] },
    });
    assert.equal((result.values.userCertificate as unknown[]).length, 2);
  });
  test('NULL candidates are skipped', () => {
    const result = merge([proxies('Merge', 'absent'), { ...proxies('Merge'), ...other }], views);
    assert.deepEqual(result.values.proxyAddresses, ['smtp:A', 'x', 'y']);
    assert.equal(winner(result, 'proxyAddresses'), 'R1');
  });
  test('values of a source that left are gone: the union is made from scratch', () => {
    const rules = [proxies('Merge'), { ...proxies('Merge'), ...other }];
    const before = merge(rules, views).values;
    assert.deepEqual(merge(rules, { ad: views.ad }, { previous: before }).values.proxyAddresses, ['SMTP:a', 'x']);
  });
  test('AuthoritativeNull cuts off lower rules and keeps better ones', () => {
    const cut = { flows: [{ target: 'proxyAddresses', expression: 'AuthoritativeNull', merge: 'Merge' as const }] };
    assert.deepEqual(merge([proxies('Merge'), cut, { ...proxies('Merge'), ...other }], views).values.proxyAddresses, [
      'SMTP:a',
      'x',
    ]);
    assert.deepEqual(merge([cut, proxies('Merge')], { ad: views.ad }, { previous: views.ad }).values, {});
  });
  test('IgnoreThisFlow: skipped, and if there is nothing else the values are left', () => {
    const ignore = { flows: [{ target: 'proxyAddresses', expression: 'IgnoreThisFlow', merge: 'Merge' as const }] };
    assert.deepEqual(
      merge([ignore, proxies('Merge')], { ad: views.ad }, { previous: views.lab }).values.proxyAddresses,
      ['SMTP:a', 'x'],
    );
    assert.deepEqual(merge([ignore], { ad: views.ad }, { previous: views.lab }).kept, ['proxyAddresses']);
  });
  test('an error of one flow fails the attribute', () => {
    const bad = { flows: [{ target: 'proxyAddresses', expression: 'Error("no")', merge: 'Merge' as const }] };
    const result = merge([proxies('Merge'), bad], { ad: views.ad });
    assert.deepEqual([result.values, result.errors.length], [{}, 1]);
  });
});

describe('precedence over connectors (s.2.8)', () => {
  test('the best rule on any source wins', () => {
    const result = merge([{ flows: [fromCn], ...other }, { flows: [fromCn] }], { ad: { cn: 'a' }, lab: { cn: 'l' } });
    assert.deepEqual([result.values.title, winner(result, 'title'), result.provenance.title?.sourceId], ['l', 'R0', 1]);
  });
  test('one instance of a rule for each connector: the connector configured first wins the tie', () => {
    const rules = [{ flows: [fromCn] }, { flows: [fromCn], precedence: 100, ...other }];
    assert.equal(merge(rules, { ad: { cn: 'a' }, lab: { cn: 'l' } }).values.title, 'a');
    assert.equal(merge(rules, { ad: {}, lab: { cn: 'l' } }).values.title, 'l');
  });
});

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
