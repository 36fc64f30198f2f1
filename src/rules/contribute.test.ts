import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Contribution } from './contribute.ts';
import type { Flow } from './model.ts';
import { mergeOf as merge, viewOf } from './test-helpers.ts';

const other = { connector: 'lab' };
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
