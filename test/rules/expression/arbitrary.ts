/** Random expressions and objects for property tests. */
import fc from 'fast-check';
import type { Attributes, AttributeValue, Value } from '../../../src/model/value.ts';
import { functionTable } from '../../../src/rules/expression/functions/table.ts';
import { binaryOperators, literalWords, type Node } from '../../../src/rules/expression/node.ts';

const at = { start: 0, end: 0 };
export const attributeNames = ['a', 'list', 'n', 'bits', 'b', 'd', 'r', 'member', 'dn', 'absent', 'constructor', 'x y'];

const name = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
  .filter((n) => !(literalWords as readonly string[]).includes(n));
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('', '\\', '"', '\\"', 'a\\\\b', '\n', 'yyyy', ',', 'SMTP:'),
);

export const leaf: fc.Arbitrary<Node> = fc.oneof(
  text.map((value): Node => ({ kind: 'text', value, at })),
  fc
    .record({ value: fc.maxSafeInteger(), hex: fc.boolean() })
    .map(({ value, hex }): Node => ({ kind: 'number', value, hex, at })),
  fc.constantFrom(...literalWords).map((word): Node => ({ kind: 'literal', word, at })),
  fc.constantFrom(...attributeNames).map((n): Node => ({ kind: 'attribute', name: n, at })),
  fc.constantFrom('P', 'Domain.FQDN').map((n): Node => ({ kind: 'parameter', name: n, at })),
  name.map((n): Node => ({ kind: 'variable', name: n, at })),
  name.map((n): Node => ({ kind: 'word', name: n, at })),
);

/** Any tree, with names that need not mean anything. */
export const anyTree: fc.Arbitrary<Node> = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leaf,
    tie('node').map((inner): Node => ({ kind: 'group', inner, at })),
    fc
      .record({ name, list: fc.array(tie('node'), { maxLength: 3 }) })
      .map(({ name: n, list }): Node => ({ kind: 'call', name: n, arguments: list, at })),
    fc
      .record({ operator: fc.constantFrom(...binaryOperators), left: tie('node'), right: tie('node') })
      .map((parts): Node => ({ kind: 'binary', ...parts, at })),
  ),
})).node;

/** Small values: large ones only cost time. */
const sensibleLeaf: fc.Arbitrary<string> = fc.oneof(
  // Attributes may hold anything, so that what is made of them mostly passes the checker.
  { weight: 4, arbitrary: fc.constantFrom(...attributeNames).map((n) => `[${n}]`) },
  fc.constantFrom('"a"', '""', '","', '"SMTP:"', '"yyyy-MM-dd"', '"d"', '"[a-c]+"', '"2024-01-01"', '"a:b"', 'CRLF'),
  fc.integer({ min: -3, max: 20 }).map(String),
  fc.constantFrom('True', 'False', 'NULL', 'NULL', '&HFF', '%P%', '9223372036854775807', 'Now()'),
);

const wordFor: Readonly<Record<string, string>> = {
  compare: 'vbTextCompare',
  encoding: 'UTF8',
  options: 'DC',
  casetype: 'CaseInsensitive',
};

/** Expressions that are mostly right: every function of the table with as many arguments as it takes. */
export const sensible: fc.Arbitrary<string> = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    sensibleLeaf,
    fc
      .record({ left: tie('e'), operator: fc.constantFrom(...binaryOperators), right: tie('e') })
      .map(({ left, operator, right }) => `(${left}) ${operator} (${right})`),
    fc.constantFrom(...functionTable.values()).chain((spec) => {
      const count = spec.parameters.length * (spec.repeats ? 2 : 1);
      return fc.tuple(...Array.from({ length: count }, () => tie('e'))).map((list) => {
        const written = (list as string[]).map((argument, i) => {
          const parameter = spec.parameters[i % spec.parameters.length]!;
          if (parameter.type === 'variable') return '$v';
          if (parameter.type === 'attribute') return '"list"';
          return parameter.type === 'enum' ? wordFor[parameter.name]! : argument;
        });
        return `${spec.name}(${written.join(', ')})`;
      });
    }),
  ),
})).e;

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('SMTP:a@b', 'CN=A,DC=b', '', ' x ', '12', '2024-01-01', 'a,b'),
  fc.integer(),
  fc.boolean(),
  fc.uint8Array({ maxLength: 16 }).map((u) => ({ base64: Buffer.from(u).toString('base64') })),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((d) => ({ date: d.toISOString() })),
  fc.constant({ dn: 'CN=A,DC=b' }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((int) => ({ int: int.toString() })),
);
const attributeValue: fc.Arbitrary<AttributeValue> = fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 4 }));

/** An object whose attributes hold anything at all. */
export const object: fc.Arbitrary<Attributes> = fc.dictionary(
  fc.constantFrom(...attributeNames.filter((n) => n !== 'absent' && n !== 'constructor')),
  attributeValue,
);
