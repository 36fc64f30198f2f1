import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileRegex } from './regex.ts';

const matches = (pattern: string, text: string): boolean => compileRegex(pattern).test(text, () => {});

/** Patterns over a small alphabet, so that they meet the texts often. */
const pattern: fc.Arbitrary<string> = fc.letrec<{ p: string }>((tie) => ({
  p: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      'a',
      'b',
      'c',
      '.',
      '[ab]',
      '[^a]',
      '[a-c]',
      '\\d',
      '\\w',
      '\\s',
      '\\b',
      '^',
      '$',
      '\\.',
      '[\\d.-]',
    ),
    fc.tuple(tie('p'), tie('p')).map(([x, y]) => x + y),
    fc.tuple(tie('p'), tie('p')).map(([x, y]) => `(${x}|${y})`),
    fc
      .tuple(tie('p'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{2,}', '*?', '+?'))
      .map(([x, quantifier]) => `(?:${x})${quantifier}`),
  ),
})).p;
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', ' ', '-'), maxLength: 8 });

test('agrees with JavaScript where both mean the same', () => {
  fc.assert(
    fc.property(pattern, text, (p, t) => {
      assert.equal(matches(p, t), new RegExp(p).test(t), `/${p}/ on ${JSON.stringify(t)}`);
    }),
    { numRuns: 4000, seed: 9 },
  );
});

test('any pattern is compiled or refused with a sentence', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[-ab()[\]{}|\\?*+.^$,:<>'=!0-9iPpkudx]{0,16}$/), text, (p, t) => {
      try {
        matches(p, t);
      } catch (error) {
        assert.match(String(error), /ExpressionError: .*\.$/);
      }
    }),
    { numRuns: 4000, seed: 10 },
  );
});

test('what .NET has and JavaScript has not', () => {
  assert.equal(matches('^a$', 'a\n'), true);
  assert.equal(matches('a\\z', 'a\n'), false);
  assert.equal(matches('\\Aa\\Z', 'a\n'), true);
  assert.equal(matches('(?i)ä', 'Ä'), true);
  assert.equal(matches('a(?i)b', 'aB'), true);
  assert.equal(matches('(?i:a)b', 'AB'), false);
  assert.equal(matches('(?s)a.b', 'a\nb'), true);
  assert.equal(matches('a.b', 'a\nb'), false);
  assert.equal(matches('(?m)^b$', 'a\nb\nc'), true);
  assert.equal(matches("(?<year>\\d{4})-(?'month'\\d\\d)", '2024-05'), true);
  assert.equal(matches('\\p{Lu}\\P{Lu}', 'Äa'), true);
  assert.equal(matches('\\d', '٣'), true);
  assert.equal(matches('\\x41\\u0042', 'AB'), true);
  assert.equal(matches('[]a]', ']'), true);
  assert.equal(matches('[a\\]]', ']'), true);
  assert.equal(matches('a{,2}', 'a{,2}'), true);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['(a)\\1', /back reference/],
  ['\\k<n>', /back reference/],
  ['(?=a)', /not supported/],
  ['(?<!a)b', /not supported/],
  ['(?>a)', /not supported/],
  ['a++', /possessive/],
  ['a**', /second quantifier/],
  ['*a', /nothing to repeat/],
  ['(a', /closing parenthesis/],
  ['a)', /closes nothing/],
  ['[a', /closing \]/],
  ['[b-a]', /range/],
  ['[a-z-[aeiou]]', /subtraction/],
  ['a\\', /backslash/],
  ['\\G', /\\G/],
  ['a{1001}', /repetition count/],
  ['a{3,2}', /repetition count/],
  ['\\p{Greek}', /property/],
  ['\\x4', /hexadecimal/],
  ['((((a{100}){100}){100}){100})', /too large/],
  ['('.repeat(150), /nested too deeply/],
];
for (const [p, why] of refused) test(`refuses ${p.slice(0, 30)}`, () => assert.throws(() => compileRegex(p), why));
