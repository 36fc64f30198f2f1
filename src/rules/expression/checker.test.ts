import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from './compile.ts';
import type { AttributeType, ExpressionSchema } from './types.ts';

const attributes: ReadonlyMap<string, AttributeType> = new Map([
  ['mail', { type: 'string', multiValued: false }],
  ['proxyAddresses', { type: 'string', multiValued: true }],
  ['memberCount', { type: 'number', multiValued: false }],
  ['objectGUID', { type: 'binary', multiValued: false }],
  ['member', { type: 'reference', multiValued: true }],
  ['manager', { type: 'reference', multiValued: false }],
  ['whenCreated', { type: 'time', multiValued: false }],
  ['accountEnabled', { type: 'boolean', multiValued: false }],
]);
const schema: ExpressionSchema = {
  attribute: (name) => attributes.get(name),
  attributeNames: () => attributes.keys(),
  parameters: ['Domain.FQDN', 'Connector.ID'],
};

function problems(text: string) {
  const result = compileExpression(text, { schema });
  return result.ok ? [] : result.errors;
}

const wrong: readonly (readonly [text: string, code: string, message: RegExp, column: number, suggestion?: string])[] =
  [
    ['Trimm([mail])', 'unknown-function', /no function Trimm\. Did you mean Trim\?/, 1, 'Trim'],
    ['iif(True,1,2)', 'unknown-function', /Did you mean IIF\? Names are case-sensitive/, 1, 'IIF'],
    ['Trim([mial])', 'unknown-attribute', /no attribute \[mial\]\. Did you mean \[mail\]\?/, 6, 'mail'],
    ['Trim([Mail])', 'unknown-attribute', /case-sensitive/, 6, 'mail'],
    ['ImportedValue("proxyAddress")', 'unknown-attribute', /\[proxyAddresses\]/, 15, 'proxyAddresses'],
    ['ValueCount("membr")', 'unknown-attribute', /\[member\]/, 12, 'member'],
    ['"x" & %Domain.FQND%', 'unknown-parameter', /%Domain\.FQDN%/, 7, 'Domain.FQDN'],
    ['Select($item,[proxyAddresses],$itme)', 'unknown-variable', /\$item/, 31, 'item'],
    ['InStr([mail],"a",1,vbTextCompar)', 'unknown-word', /vbTextCompare/, 20, 'vbTextCompare'],
    ['IIF(True,AuthoritativeNul,1)', 'unknown-word', /AuthoritativeNull/, 10, 'AuthoritativeNull'],
    ['Left([mail])', 'argument-count', /Expected 2 arguments as in Left\(value, count\), but found 1/, 1],
    ['InStr([mail])', 'argument-count', /Expected 2 to 4 arguments as in InStr\(text, sought, \[start\]/, 1],
    ['Left([memberCount],1)', 'type-mismatch', /Left expects text or binary as value, but this is a number/, 6],
    ['BitAnd([mail],2)', 'type-mismatch', /BitAnd expects a number as value1, but this is text/, 8],
    ['[memberCount] + "1"', 'type-mismatch', /"\+" expects a number.*Use & to join/, 17],
    ['[memberCount] = "1"', 'type-mismatch', /a number is compared with text/, 1],
    ['[mail] && True', 'type-mismatch', /"&&" expects a number or True or False, but this is text/, 1],
    ['[whenCreated] > 5', 'type-mismatch', /a date is compared with a number/, 1],
    ['[accountEnabled] > False', 'type-mismatch', /">" expects/, 1],
    ['[objectGUID] & "x"', 'type-mismatch', /"&" expects binary/, 16],
    ['Count([mail])', 'single-value', /expects a multi-valued attribute as list, but this has a single value/, 7],
    ['Item([proxyAddresses],[proxyAddresses])', 'type-mismatch', /expects a number as index/, 23],
    ['Join([proxyAddresses],[proxyAddresses])', 'several-values', /single value as delimiter/, 23],
    ['FormatDateTime([whenCreated],"x")', 'malformed-constant', /no standard date format/, 1],
    ['RegexIsMatch([mail],"(")', 'malformed-constant', /closing parenthesis/, 1],
    ['ReplaceChars([mail],"ab:c")', 'malformed-constant', /exactly one source character/, 1],
    ['Trim(IgnoreThisFlow)', 'type-mismatch', /can only stand where/, 6],
    ['StringFromSid([mail])', 'type-mismatch', /expects binary/, 15],
  ];
for (const [text, code, message, column, suggestion] of wrong) {
  test(`finds ${code} in ${text}`, () => {
    const [first, ...rest] = problems(text);
    assert.deepEqual(rest, []);
    assert.equal(first?.code, code);
    assert.match(first?.message ?? '', message);
    assert.equal(first?.column, column);
    assert.equal(first?.suggestion, suggestion);
  });
}

const right = [
  '[dn]',
  'IIF(IsString([objectGUID]),CStr([objectGUID]),ConvertToBase64([objectGUID]))',
  'DNComponent([manager],1)',
  'Trim([proxyAddresses]) & "x"',
  'IIF(Count([member]) > 5, AuthoritativeNull, [member])',
  'With($c, [memberCount], IIF($c > 1, IgnoreThisFlow, NULL))',
  'Select($m, [member], DNComponent($m, 1))',
  'Where($p, [proxyAddresses], InStr($p, "SMTP:") = 1)',
  '[manager] = "CN=A"',
  'IIF(True, NULL, Error("x"))',
  'CBool(IIF(IsPresent([memberCount]), BitAnd([memberCount], 2) > 0, NULL))',
  '%Domain.FQDN% & [memberCount]',
];
for (const text of right) test(`accepts ${text}`, () => assert.deepEqual(problems(text), []));

test('reports every problem, with line and column, up to a limit', () => {
  const found = problems('IIF(Trimm([mail]) = "a",\n  [mial],\n  Left(1))');
  assert.deepEqual(
    found.map(({ code, line, column }) => [code, line, column]),
    [
      ['unknown-function', 1, 5],
      ['unknown-attribute', 2, 3],
      ['argument-count', 3, 3],
    ],
  );
  assert.equal(problems(Array.from({ length: 60 }, (_, i) => `[x${i}]`).join(' & ')).length, 20);
});
