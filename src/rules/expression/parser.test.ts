import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strictLeftToRightDiffers } from './left-to-right.ts';
import { parseExpression } from './parser.ts';
import { printExpression } from './printer.ts';
import { limits } from './problem.ts';

const printed = (text: string): string => {
  const result = parseExpression(text);
  assert.ok(result.ok, result.ok ? '' : result.errors[0]?.message);
  return printExpression(result.node);
};
const problem = (text: string) => {
  const result = parseExpression(text);
  assert.ok(!result.ok, text);
  return result.errors[0]!;
};

test('white space, line breaks and the form of numbers do not change the tree', () => {
  assert.equal(printed(' IIF( IsPresent( [a] ) ,\r\n\t1,\u00a0-2 ) '), 'IIF(IsPresent([a]), 1, -2)');
  assert.equal(printed('&hff'), '&HFF');
  assert.equal(printed('007'), '7');
  assert.equal(printed('[a]&[b]'), '[a] & [b]');
  assert.equal(printed('(([a]))'), '(([a]))');
});

test('operators group to the left, on two levels', () => {
  const tree = (text: string): string => {
    const result = parseExpression(text);
    assert.ok(result.ok);
    const show = (n: typeof result.node): string =>
      n.kind === 'binary' ? `<${show(n.left)}${n.operator}${show(n.right)}>` : printExpression(n);
    return show(result.node);
  };
  assert.equal(tree('1+2*3-4'), '<<<1+2>*3>-4>');
  assert.equal(tree('[a] || [b] = 1 && [c]'), '<<[a]||<[b]=1>>&&[c]>');
  assert.equal(tree('"a" & "b" = "ab" || True'), '<<<"a"&"b">="ab">||True>');
});

const refused: readonly (readonly [text: string, code: string, message: RegExp, line: number, column: number])[] = [
  ['', 'unexpected-end', /expression ends here/, 1, 1],
  ['[a] &', 'unexpected-end', /Expected a value/, 1, 6],
  ['Left("abc",)', 'unexpected-token', /found "\)"/, 1, 12],
  ['Left("abc"', 'unclosed-parenthesis', /never closed.*comma/, 1, 5],
  ['(1', 'unclosed-parenthesis', /never closed/, 1, 1],
  [
    'Left("a" 1)',
    'unexpected-token',
    /comma, an operator or the closing parenthesis of Left, but found a number/,
    1,
    10,
  ],
  ['1)', 'unexpected-token', /no parenthesis is open/, 1, 2],
  ['1 2', 'unexpected-token', /Expected an operator, but found a number/, 1, 3],
  ['"abc', 'unterminated-text', /no closing quotation mark/, 1, 1],
  ['[abc', 'malformed-attribute', /\[attributeName\]/, 1, 1],
  ['[]', 'malformed-attribute', /\[attributeName\]/, 1, 1],
  ['%a', 'malformed-parameter', /%Parameter\.Name%/, 1, 1],
  ['$', 'malformed-variable', /\$item/, 1, 1],
  ['1.5', 'malformed-number', /whole number/, 1, 1],
  ['12abc', 'malformed-number', /whole number/, 1, 1],
  ['9223372036854775808', 'number-too-large', /64 bits/, 1, 1],
  ['&H10000000000000000', 'number-too-large', /64 bits/, 1, 1],
  ['Trim(“x”)', 'unexpected-character', /straight quotation marks/, 1, 6],
  ["Trim('x')", 'unexpected-character', /double quotation marks/, 1, 6],
  ['Left("x";1)', 'unexpected-character', /commas/, 1, 9],
  ['IIF(True,\n  1,\n  #)', 'unexpected-character', /"#" has no meaning/, 3, 3],
  ['1 ! 2', 'unexpected-character', /"!" has no meaning/, 1, 3],
  ['= 1', 'unexpected-token', /found "="/, 1, 1],
];
for (const [text, code, message, line, column] of refused) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    const error = problem(text);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.deepEqual([error.line, error.column], [line, column]);
  });
}

test('nesting is bounded: calls, parentheses and chains of operators', () => {
  const deep = limits.depth + 1;
  assert.equal(problem(`${'('.repeat(deep)}1${')'.repeat(deep)}`).code, 'too-deep');
  assert.equal(problem(`${'Trim('.repeat(deep)}"x"${')'.repeat(deep)}`).code, 'too-deep');
  assert.equal(problem(Array.from({ length: deep }, () => '"x"').join(' & ')).code, 'too-deep');
  assert.equal(problem('('.repeat(60_000)).code, 'too-deep');
  assert.match(printed(`${'('.repeat(200)}1${')'.repeat(200)}`), /^\(+1\)+$/);
});

test('an expression longer than the limit is refused before it is read', () => {
  const error = problem(`"${'x'.repeat(limits.textLength)}"`);
  assert.equal(error.code, 'too-long');
  assert.match(error.message, /at most 65536 characters/);
});

test('nodes cannot be changed', () => {
  const result = parseExpression('Left([a], 1) & "x"');
  assert.ok(result.ok);
  assert.ok(Object.isFrozen(result.node) && Object.isFrozen(result.node.at));
});

test('strict left to right differs where comparison follows a logical operator or priority would be expected of it', () => {
  const differs = (text: string): boolean => {
    const result = parseExpression(text);
    assert.ok(result.ok);
    return strictLeftToRightDiffers(result.node);
  };
  assert.equal(differs('[a] || [b] = "x"'), true);
  assert.equal(differs('[a] = "x" && [b] = "y"'), true);
  assert.equal(differs('[a] = "x" && [b]'), false);
  assert.equal(differs('([a] = "x") && ([b] = "y")'), false);
  assert.equal(differs('1 + 2 * 3'), false);
});
