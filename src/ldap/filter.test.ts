import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFilter, escapeFilterValue, FilterError } from './filter.ts';
import type { Filter } from './types.ts';

const hex = (filter: string | Filter): string => encodeFilter(filter).toString('hex');
const ascii = (text: string): string => Buffer.from(text).toString('hex');

test('the examples of RFC 4515 s.4 can be read', () => {
  for (const filter of [
    '(cn=Babs Jensen)',
    '(!(cn=Tim Howes))',
    '(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))',
    '(o=univ*of*mich*)',
    '(seeAlso=)',
    '(cn:caseExactMatch:=Fred Flintstone)',
    '(cn:=Betty Rubble)',
    '(sn:dn:2.4.6.8.10:=Barney Rubble)',
    '(o:dn:=Ace Industry)',
    '(:1.2.3:=Wilma Flintstone)',
    '(:DN:2.4.6.8.10:=Dino)',
    '(o=Parens R Us \\28for all your parenthetical needs\\29)',
    '(cn=*\\2A*)',
    '(filename=C:\\5cMyFile)',
    '(bin=\\00\\00\\00\\04)',
    '(sn=Lu\\c4\\8di\\c4\\87)',
    '(1.3.6.1.4.1.1466.0=\\04\\02\\48\\69)',
    '(userAccountControl:1.2.840.113556.1.4.803:=2)',
    '(cn;lang-de=x)',
    '(&)',
    '(|)',
    'objectClass=*',
  ]) {
    assert.ok(encodeFilter(filter).length > 0, filter);
  }
});

test('a filter text becomes the bytes of RFC 4511', () => {
  assert.equal(hex('(a=b)'), 'a306040161040162');
  assert.equal(hex('(a>=b)'), 'a506040161040162');
  assert.equal(hex('(a<=b)'), 'a606040161040162');
  assert.equal(hex('(a~=b)'), 'a806040161040162');
  assert.equal(hex('(a=*)'), '870161');
  assert.equal(hex('(!(a=*))'), 'a203870161');
  assert.equal(hex('(a=x*y*z)'), `a40e0401613009${'800178'}${'810179'}${'82017a'}`);
  assert.equal(hex('(a=*y*)'), 'a4080401613003810179');
  assert.equal(hex('(a:dn:r:=v)'), 'a90c8101728201618301768401ff');
});

test('a structure and its text give the same bytes', () => {
  const name = fc.constantFrom('cn', 'objectClass', 'sAMAccountName');
  const value = fc.string({ minLength: 1, unit: 'grapheme' });
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4 },
      fc.record({ present: name }),
      fc.record({ equal: fc.tuple(name, value) }),
      fc.record({ atLeast: fc.tuple(name, value) }),
      fc.record({ atMost: fc.tuple(name, value) }),
      fc.record({ startsWith: fc.tuple(name, value) }),
      fc.record({ and: fc.array(tie('filter'), { maxLength: 3 }) }),
      fc.record({ or: fc.array(tie('filter'), { maxLength: 3 }) }),
      fc.record({ not: tie('filter') }),
    ),
  }));
  fc.assert(fc.property(filter, (f) => assert.equal(hex(print(f)), hex(f))));
});

function print(filter: Filter): string {
  if ('and' in filter) return `(&${filter.and.map(print).join('')})`;
  if ('or' in filter) return `(|${filter.or.map(print).join('')})`;
  if ('not' in filter) return `(!${print(filter.not)})`;
  if ('present' in filter) return `(${filter.present}=*)`;
  if ('equal' in filter) return `(${filter.equal[0]}=${escapeFilterValue(filter.equal[1])})`;
  if ('atLeast' in filter) return `(${filter.atLeast[0]}>=${escapeFilterValue(filter.atLeast[1])})`;
  if ('atMost' in filter) return `(${filter.atMost[0]}<=${escapeFilterValue(filter.atMost[1])})`;
  return `(${filter.startsWith[0]}=${escapeFilterValue(filter.startsWith[1])}*)`;
}

test('a value cannot break out of its assertion', () => {
  const evil = 'x)(objectClass=*';
  assert.equal(hex(`(cn=${escapeFilterValue(evil)})`), hex({ equal: ['cn', evil] }));
  assert.ok(hex({ equal: ['cn', evil] }).endsWith(ascii(evil)));
  assert.equal(escapeFilterValue(Buffer.from([0, 255])), '\\00\\ff');
});

test('malformed texts are refused with their position', () => {
  for (const [filter, position] of [
    ['', 1],
    ['(', 1],
    ['(cn=a', 5],
    ['(cn=a))', 6],
    ['(cn=a)(b=c)', 6],
    ['(cn)', 1],
    ['(cn=\\zz)', 4],
    ['(cn=\\a)', 4],
    ['(c n=a)', 1],
    ['(=a)', 1],
    ['(cn=a(b)', 5],
    ['(cn>=a*b)', 8],
    ['(&(a=b)', 7],
    ['(!a=b)', 2],
    ['(a:b:c:d:=e)', 1],
  ] as const) {
    assert.throws(
      () => encodeFilter(filter),
      (error) => error instanceof FilterError && error.position === position && error.message.includes('character'),
      filter,
    );
  }
});

test('whatever the text, it is a filter or a FilterError, and quickly', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'()&|!=*\\<>~:;ab 0'), maxLength: 60 }), (text) => {
      try {
        encodeFilter(text);
      } catch (error) {
        assert.ok(error instanceof FilterError, String(error));
      }
    }),
    { numRuns: 500 },
  );
  assert.throws(() => encodeFilter('(!'.repeat(100_000)), FilterError);
  assert.ok(encodeFilter(`(cn=${'\\41'.repeat(100_000)})`).length > 100_000);
});
