import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes } from '../../model/value.ts';
import type { EvaluationContext, ObjectView } from '../evaluation.ts';
import { type CompiledExpression, type CompileOptions, compileExpression, emptyTextIsNull } from './compile.ts';
import { ExpressionError } from './expression-error.ts';
import { AUTHORITATIVE_NULL, IGNORE } from './machine.ts';

const context: EvaluationContext = { parameters: {}, now: () => 0, random: () => 0, guid: () => 'g' };

function compiled(text: string, options?: CompileOptions): CompiledExpression {
  const result = compileExpression(text, options);
  assert.ok(result.ok, result.ok ? '' : result.errors[0]?.message);
  return result.expression;
}

function view(values: Attributes, references: Readonly<Record<string, readonly string[]>> = {}) {
  const listed: string[] = [];
  const object: ObjectView = {
    dn: 'CN=A,DC=x',
    objectType: 'user',
    values,
    imported: {},
    referenceCount: (name) => (Object.hasOwn(references, name) ? references[name]!.length : 0),
    references(name) {
      listed.push(name);
      return (references[name] ?? []).map((dn) => ({ dn }));
    },
    isMemberOf: () => false,
  };
  return { object, listed };
}
const run = (text: string, values: Attributes = {}, options?: CompileOptions) =>
  compiled(text, options).run(view(values).object, context);

test('references are counted, not listed', () => {
  const { object, listed } = view({}, { member: ['CN=B', 'CN=C'] });
  const counting = [
    ['ValueCount("member")', 2],
    ['Count([member])', 2],
    ['Count(([member]))', 2],
    ['IsPresent([member])', true],
    ['IsNull([member])', false],
    ['IsNullOrEmpty([member])', false],
    ['IsEmpty([member])', false],
    ['IIF(Count([member])>1,IgnoreThisFlow,[member])', IGNORE],
    ['ValueCount("owner")', 0],
    ['IsPresent([owner])', false],
  ] as const;
  for (const [text, expected] of counting) assert.equal(compiled(text).run(object, context), expected, text);
  assert.deepEqual(listed, []);
});

test('references are listed where an expression needs them', () => {
  const { object, listed } = view({}, { member: ['CN=B', 'CN=C'], manager: ['CN=M,DC=x'] });
  assert.deepEqual(compiled('[member]').run(object, context), [{ dn: 'CN=B' }, { dn: 'CN=C' }]);
  assert.equal(compiled('Contains([member],"CN=C")').run(object, context), 2);
  assert.equal(compiled('DNComponent([manager],1)').run(object, context), 'M');
  assert.deepEqual(listed, ['member', 'member', 'manager']);
});

test('a schema decides whether a reference attribute is single-valued', () => {
  const { object } = view({}, { boss: ['CN=M,DC=x'] });
  const options = (multiValued: boolean): CompileOptions => ({
    schema: { attribute: () => ({ type: 'reference', multiValued }), attributeNames: () => [] },
  });
  assert.deepEqual(compiled('[boss]', options(false)).run(object, context), { dn: 'CN=M,DC=x' });
  assert.deepEqual(compiled('[boss]', options(true)).run(object, context), [{ dn: 'CN=M,DC=x' }]);
});

test('tells what an expression reads', () => {
  const e = compiled('IIF(IsPresent([member]), [a] & ImportedValue("b") & %P%, ValueCount("owner") & [a] & [dn])');
  assert.deepEqual(e.attributes, ['member', 'a', 'owner', 'dn']);
  assert.deepEqual(e.referenceAttributes, ['member', 'owner']);
  assert.deepEqual(e.importedAttributes, ['b']);
  assert.deepEqual(e.parameters, ['P']);
  assert.ok(compiled('CertSubject([c])').constantCost > 100 * compiled('Trim([c])').constantCost);
});

test('the bare result is a value, undefined or one of two symbols; evaluate says the same as data', () => {
  const { object } = view({ x: ['a'] });
  const outcome = (text: string) => [compiled(text).run(object, context), compiled(text).evaluate(object, context)];
  assert.deepEqual(outcome('[x]'), [['a'], { kind: 'value', value: ['a'] }]);
  assert.deepEqual(outcome('NULL'), [undefined, { kind: 'null' }]);
  assert.deepEqual(outcome('AuthoritativeNull'), [AUTHORITATIVE_NULL, { kind: 'authoritative-null' }]);
  assert.deepEqual(outcome('IgnoreThisFlow'), [IGNORE, { kind: 'ignore' }]);
});

test('an error carries code, position and the values that were read', () => {
  const { object } = view({ a: 'x', list: Array.from({ length: 50 }, (_, i) => `${i}`), long: 'y'.repeat(1000) });
  const text = '[list] & [long] & [absent] & CNum([a])';
  const result = compiled(text).evaluate(object, context);
  assert.equal(result.kind, 'error');
  const { error } = result as Extract<typeof result, { kind: 'error' }>;
  assert.equal(error.code, 'rule-expression-error');
  assert.equal(text.slice(error.position!.start, error.position!.start + error.position!.length), 'CNum([a])');
  assert.deepEqual(Object.keys(error.inputs!).sort(), ['a', 'list', 'long']);
  assert.equal((error.inputs!.list as string[]).length, 10);
  assert.equal((error.inputs!.long as string).length, 257);
  assert.throws(() => compiled(text).run(object, context), ExpressionError);
});

test('Error() has a code of its own', () => {
  const result = compiled('IIF(True,Error("No account " & [a]),1)').evaluate(view({ a: 'x' }).object, context);
  assert.equal(result.kind, 'error');
  assert.equal(result.kind === 'error' && result.error.code, 'sync-rule-error-function-triggered');
  assert.equal(result.kind === 'error' && result.error.message, 'No account x');
});

test('a fault of the object fails the expression and nothing else', () => {
  const { object } = view({ a: 'x' });
  const faulty = { ...object, referenceCount: () => assert.fail('the store is closed') };
  const result = compiled('[member]').evaluate(faulty, context);
  assert.match(result.kind === 'error' ? result.error.message : '', /store is closed/);
  assert.equal(compiled('[a]').run(object, context), 'x');
});

test('an object that evaluates an expression while it is asked does not disturb the one that asks', () => {
  const inner = compiled('With($v,"inner",$v & [a])');
  const { object } = view({ a: '!' });
  const asking = { ...object, referenceCount: () => Number(inner.run(object, context) === 'inner!') };
  assert.equal(compiled('With($v,"outer",$v & Count([member]) & $v)').run(asking, context), 'outer1outer');
});

test('equality ignores letter case only where the option says so', () => {
  assert.equal(run('"A" = "a"'), false);
  const options = { caseInsensitiveEquality: true };
  assert.equal(run('"A" = "a"', {}, options), true);
  assert.equal(run('"A" <> "a"', {}, options), false);
  assert.equal(run('Left([x],2) = "AB"', { x: 'abc' }, options), true);
  assert.equal(run('"A" < "a"', {}, options), true);
});

test('functions over multi-valued attributes take a single value only where the option says so', () => {
  const options = { singleValuesAsLists: true };
  assert.equal(run('Item([x],1)', { x: 'a' }, options), 'a');
  assert.equal(run('Count([x])', { x: 'a' }, options), 1);
  assert.equal(run('Count("a")', {}, options), 1);
  assert.throws(() => run('Item([x],1)', { x: 'a' }), /multi-valued attribute/);
});

test('a call that stands twice is evaluated once for an object, and again for the next', () => {
  const e = compiled('Mid([x],1,1) & Mid([x],1,1)');
  assert.equal(e.run(view({ x: 'ab' }).object, context), 'aa');
  assert.equal(e.run(view({ x: 'cd' }).object, context), 'cc');
  let calls = 0;
  const counting = { ...context, guid: () => `${++calls}` };
  assert.equal(compiled('Left(Guid(),9) & Left(Guid(),9)').run(view({}).object, counting), '12');
});

test('the empty text is no value for a flow, alone and among several', () => {
  assert.equal(emptyTextIsNull(''), undefined);
  assert.deepEqual(emptyTextIsNull(['a', '', 'b']), ['a', 'b']);
  assert.equal(emptyTextIsNull(['']), undefined);
  assert.equal(emptyTextIsNull(0), 0);
  assert.equal(emptyTextIsNull(IGNORE), IGNORE);
});

test('values named like properties of every JavaScript object are attributes like others', () => {
  const values: Attributes = JSON.parse('{"__proto__":"p","constructor":"c","toString":["t"]}');
  assert.equal(run('[__proto__] & [constructor]', values), 'pc');
  assert.equal(run('Count([toString])', values), 1);
  assert.equal(run('[hasOwnProperty]', values), undefined);
  assert.equal(run('IsPresent([valueOf])', values), false);
});
