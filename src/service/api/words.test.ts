import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { readInput } from './words.ts';

const schema = z.strictObject({
  policy: z.enum(['delta', 'initial']).default('delta'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  name: z.string().min(1).max(5).optional(),
  hash: z.string().length(4).optional(),
  until: z.iso.datetime().optional(),
  reason: z.string().min(3, 'has to say why').optional(),
  list: z.array(z.string()).max(2).optional(),
  either: z.union([z.boolean(), z.number()]).optional(),
  needed: z.string(),
});
const told = (value: object) => {
  const read = readInput(schema, { needed: 'x', ...value }, 'The body');
  return read.ok ? 'ok' : read.problems.map((p) => p.message).join(' ');
};

test('every kind of mistake is a sentence with the name, what it takes and what was given', () => {
  const cases: readonly [object, string][] = [
    [{}, 'ok'],
    [{ policy: 'full' }, 'policy has to be "delta" or "initial", not "full".'],
    [{ limit: 5000 }, 'limit has to be at most 200, not 5000.'],
    [{ limit: '0' }, 'limit has to be at least 1, not 0.'],
    [{ limit: 'abc' }, 'limit has to be a number, not "abc".'],
    [{ limit: 1.5 }, 'limit has to be a whole number, not 1.5.'],
    [{ name: '' }, 'name is empty.'],
    [{ name: 'abcdef' }, 'name has to have at most 5 characters, not 6.'],
    [{ name: 5 }, 'name has to be a text, not 5.'],
    [{ hash: 'abc' }, 'hash has to have exactly 4 characters, not 3.'],
    [{ until: 'tomorrow' }, 'until has to be an instant such as 2026-01-31T12:00:00Z, not "tomorrow".'],
    [{ reason: 'x' }, 'reason has to say why.'],
    [{ list: ['a', 'b', 'c'] }, 'list has to have at most 2 entries, not 3.'],
    [{ list: 'a' }, 'list has to be a list, not "a".'],
    [{ either: 'x' }, 'either has to be true or false, not "x", or has to be a number, not "x".'],
    [{ needed: undefined }, 'needed is missing.'],
    [
      { polic: 'x' },
      'The body does not take "polic". It takes policy, limit, name, hash, until, reason, list, either, needed. Did you mean "policy"?',
    ],
  ];
  for (const [value, words] of cases) assert.equal(told(value), words, JSON.stringify(value));
  const read = readInput(schema, [], 'The body');
  assert.equal(read.ok ? '' : read.problems[0]?.message, 'The body has to be an object, not a list.');
});

test('whatever is given, what is said of it is short and whole', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (policy, limit) => {
      const read = readInput(schema, { policy, limit }, 'The body');
      if (read.ok) return;
      for (const { message } of read.problems) {
        assert.match(message, /^\S.*[.?]$/s);
        assert.ok(message.length < 400, message);
        assert.ok(!/Invalid|expected|received/.test(message.replaceAll(/"(\\.|[^"\\])*"?/g, '')), message);
      }
    }),
  );
});
