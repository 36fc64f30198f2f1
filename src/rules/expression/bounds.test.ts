/** An expression cannot hang or exhaust the process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes } from '../../model/value.ts';
import { evaluateCase } from './evaluate-case.ts';

const context = { now: () => 0, random: () => 0, guid: () => 'g' };
const values = (count: number) => Array.from({ length: count }, (_, i) => `value ${i}`);

/** The error an expression ends in. The deadline only tells a hang from a busy machine. */
function stopped(expression: string, attributes: Attributes = {}): string {
  const start = performance.now();
  const result = evaluateCase({ expression, attributes }, context);
  const ms = performance.now() - start;
  assert.equal(result.kind, 'error', `${expression.slice(0, 80)} was not stopped`);
  assert.ok(ms < 15_000, `${expression.slice(0, 80)} took ${ms} ms`);
  return result.error?.message ?? '';
}
const doubling = (levels: number, last: string): string =>
  Array.from({ length: levels }).reduceRight<string>(
    (body, _, i) => `With($v${i + 1},$v${i} & $v${i},${body})`,
    last.replace('$last', `$v${levels}`),
  );

test('doubling a text stops at the longest text', () => {
  assert.match(stopped(`With($v0,"0123456789",${doubling(60, 'Len($last)')})`), /longer than/);
  assert.match(
    stopped(`With($v0,[b],${doubling(60, 'Len($last)')})`, { b: { base64: 'AAAA' } }),
    /longer than|too many/,
  );
});

test('loops in loops stop at the most steps', () => {
  const attributes = { list: values(2000) };
  assert.match(
    stopped('Select($a,[list],Count(Select($b,[list],Count(Select($c,[list],$c)))))', attributes),
    /too many steps/,
  );
  assert.match(
    stopped('Where($a,[list],Count(Where($b,[list],Contains([list],$b & "x")>0))>0)', attributes),
    /too many steps/,
  );
});

test('searching long texts in long texts is counted', () => {
  const text = 'a'.repeat(1_000_000);
  const attributes = { text, part: `${'a'.repeat(100_000)}b`, list: values(1000) };
  assert.match(stopped('InStr([text],[part])', attributes), /too many steps/);
  assert.match(stopped('Select($a,[list],InStr([text],"b"))', attributes), /too many steps/);
  assert.match(stopped('Select($a,[list],UCase([text]))', attributes), /too many steps/);
});

test('growing texts are measured before they are built', () => {
  const text = 'ab'.repeat(500_000);
  assert.match(stopped('Replace([text],"a",[text])', { text }), /longer than/);
  assert.match(stopped('PadLeft("x",999999999,"0")'), /at most/);
  assert.match(stopped('ReplaceChars([text],"a:" & [wide])', { text, wide: 'w'.repeat(60) }), /longer than/);
  assert.match(stopped('Join([list],[text])', { text, list: values(100) }), /longer than/);
  assert.match(stopped('Split([text],"b")', { text: 'b'.repeat(2_000_000) }), /values/);
});

test('patterns take time in proportion to the text', () => {
  const text = `${'a'.repeat(20_000)}!`;
  const start = performance.now();
  const result = evaluateCase({ expression: 'RegexIsMatch([text],"^(a+)+$")', attributes: { text } }, context);
  assert.deepEqual(result, { kind: 'value', value: false });
  assert.ok(performance.now() - start < 15_000);
  assert.match(stopped('RegexIsMatch([text],"(x+x+)+y|(a{1,900}){1,900}")', { text }), /too large/);
  const heavy = { text: 'a'.repeat(200_000) };
  assert.match(stopped('RegexIsMatch([text],"(a?){500}b")', heavy), /too many steps/);
});

test('nested patterns that are compiled specially do not multiply the work of compiling', () => {
  let text = '[a]';
  for (let i = 0; i < 100; i++) text = `(${text} || [b] || [c])`;
  const start = performance.now();
  const result = evaluateCase({ expression: text, attributes: { c: true } }, context);
  assert.deepEqual(result, { kind: 'value', value: true });
  assert.ok(performance.now() - start < 15_000);
});

test('deep but permitted expressions run', () => {
  const depth = 180;
  const text = `${'IIF(IsNull([a]),'.repeat(depth)}"x"${',NULL)'.repeat(depth)}`;
  assert.deepEqual(evaluateCase({ expression: text }, context), { kind: 'value', value: 'x' });
});

test('what a loop does for every value is counted with it', () => {
  const attributes = {
    list: values(1500),
    f: 'yyyy-MM-dd HH:mm',
    p: '(a|b)+c{1,200}',
    d: { date: '2024-01-01T00:00:00Z' },
    pairs: 'a:b,c:d,e:f,g:h',
  };
  const inner = [
    'FormatDateTime([d],[f])',
    'RegexIsMatch($b,[p])',
    'CDate("2024-01-01 10:00")',
    'ReplaceChars($b,[pairs])',
  ];
  for (const call of inner) {
    const expression = `Select($a,[list],Count(Select($b,[list],IIF(IsNull(${call}),1,2))))`;
    const message = stopped(expression, attributes);
    assert.match(message, /too many steps/);
  }
  const long = Array.from({ length: 300 }, () => 'Len($b)').join(' + ');
  assert.match(stopped(`Select($a,[list],Count(Select($b,[list],${long})))`, attributes), /too many steps/);
});
