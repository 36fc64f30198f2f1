/** What holds for every expression. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileExpression } from '../../../src/rules/expression/compile.ts';
import { evaluateCase, viewOf } from '../../../src/rules/expression/evaluate-case.ts';
import { strictLeftToRightDiffers } from '../../../src/rules/expression/left-to-right.ts';
import { type Node, sameTree, ungroup } from '../../../src/rules/expression/node.ts';
import { parseExpression } from '../../../src/rules/expression/parser.ts';
import { printExpression } from '../../../src/rules/expression/printer.ts';
import { anyTree, object, sensible } from './arbitrary.ts';

const context = { parameters: { P: 'p' }, now: () => 1_700_000_000_000, random: () => 0.25, guid: () => 'g' };

const parsed = (text: string): Node => {
  const result = parseExpression(text);
  assert.ok(result.ok, `${text}: ${result.ok ? '' : result.errors[0]?.message}`);
  return result.node;
};

/** Without groups: where the printer had to add parentheses, the tree is the same apart from them. */
function bare(node: Node): Node {
  const inner = ungroup(node);
  if (inner.kind === 'call') return { ...inner, arguments: inner.arguments.map(bare) };
  return inner.kind === 'binary' ? { ...inner, left: bare(inner.left), right: bare(inner.right) } : inner;
}

test('printing any tree and parsing the text gives the same tree', () => {
  fc.assert(
    fc.property(anyTree, (tree) => {
      assert.ok(sameTree(bare(parsed(printExpression(tree))), bare(tree)), printExpression(tree));
    }),
    { numRuns: 1500, seed: 1 },
  );
});

test('a parsed tree is printed and parsed to exactly itself, groups included', () => {
  fc.assert(
    fc.property(anyTree, (tree) => {
      const first = parsed(printExpression(tree));
      const text = printExpression(first);
      assert.ok(sameTree(parsed(text), first));
      assert.equal(printExpression(parsed(text)), text);
    }),
    { numRuns: 1000, seed: 2 },
  );
});

test('positions of the nodes are where their text stands', () => {
  fc.assert(
    fc.property(anyTree, (tree) => {
      const text = printExpression(tree);
      const visit = (node: Node): void => {
        assert.ok(sameTree(parsed(text.slice(node.at.start, node.at.end)), node), text);
        if (node.kind === 'binary') [node.left, node.right].forEach(visit);
        if (node.kind === 'call') node.arguments.forEach(visit);
        if (node.kind === 'group') visit(node.inner);
      };
      visit(parsed(text));
    }),
    { numRuns: 300, seed: 3 },
  );
});

test('any text is parsed or refused with a position inside of it', () => {
  const hostile = fc.stringMatching(/^["()[\]%$&|<>=+*/,\\ A-Za-z0-9\n.-]{0,80}$/);
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
      const result = compileExpression(text);
      if (result.ok) return;
      assert.ok(result.errors.length > 0);
      for (const error of result.errors) {
        assert.ok(error.start >= 0 && error.start + error.length <= text.length, JSON.stringify(error));
        const lines = text.split('\n');
        assert.ok(error.line >= 1 && error.line <= lines.length);
        assert.ok(error.column >= 1 && error.column <= lines[error.line - 1]!.length + 1);
        assert.match(error.message, /[.?]$/);
      }
    }),
    { numRuns: 2500, seed: 4 },
  );
});

test('any expression on any object ends in a value, a word or an error of the language', () => {
  let ran = 0;
  fc.assert(
    fc.property(sensible, object, (text, attributes) => {
      const compiled = compileExpression(text);
      if (!compiled.ok) return;
      ran++;
      const result = compiled.expression.evaluate(viewOf(attributes), context);
      if (result.kind === 'error') {
        assert.doesNotMatch(result.error.message, /The expression failed/, `${text}: ${result.error.message}`);
        const { start, length } = result.error.position ?? { start: 0, length: 0 };
        assert.ok(start >= 0 && start + length <= text.length);
      }
      if (result.kind === 'value' && Array.isArray(result.value)) {
        assert.ok(result.value.length > 0 && !result.value.includes(undefined as never), text);
      }
    }),
    { numRuns: 6000, seed: 5 },
  );
  assert.ok(ran > 1500, `only ${ran} expressions were right`);
});

test('evaluating twice gives the same, and evaluateCase agrees', () => {
  fc.assert(
    fc.property(sensible, object, (text, attributes) => {
      const compiled = compileExpression(text);
      if (!compiled.ok) return;
      const view = viewOf(attributes, attributes);
      const first = compiled.expression.evaluate(view, context);
      assert.deepEqual(compiled.expression.evaluate(view, context), first);
      const { parameters, ...rest } = context;
      assert.equal(evaluateCase({ expression: text, attributes, parameters }, rest).kind, first.kind);
    }),
    { numRuns: 1500, seed: 6 },
  );
});

test('a fused pattern gives what the same parts give one by one', () => {
  const pairs = [
    ['Left([a],4) = "SMTP"', 'With($v,Left([a],4),$v = "SMTP")'],
    ['InStr([a],"@") > 0', 'With($v,InStr([a],"@"),$v > 0)'],
    ['[a] = "12"', 'With($v,[a],$v = "12")'],
    ['InStr(DNComponent([a],1),"A") > 0', 'With($v,DNComponent([a],1),InStr($v,"A") = 1 || InStr($v,"A") > 1)'],
    ['CBool([a])', 'With($v,[a],IIF(CBool($v),CBool($v),CBool($v)))'],
    ['DNComponent(CRef([a]),1)', 'With($v,CRef([a]),DNComponent($v,1))'],
    ['[a] = "x" || [n] = 1 || IsNull([d])', '[a] = "x" || ([n] = 1 || IsNull([d]))'],
    ['IsPresent([a]) && [n] > 1 && [bits] <> 2', 'IsPresent([a]) && ([n] > 1 && [bits] <> 2)'],
    ['Mid([a],2,3) & Mid([a],2,3)', 'With($v,Mid([a],2,3),$v & $v)'],
    ['Join([list],"-") = Join([list],"-")', 'With($v,Join([list],"-"),$v = $v)'],
  ] as const;
  for (const [fused, plain] of pairs) {
    const [one, other] = [fused, plain].map((text) => {
      const compiled = compileExpression(text);
      assert.ok(compiled.ok, text);
      return compiled.expression;
    });
    fc.assert(
      fc.property(object, (attributes) => {
        const [x, y] = [one, other].map((e) => e!.evaluate(viewOf(attributes), context));
        if (x!.kind === 'error') assert.equal(y!.kind, 'error', fused);
        else assert.deepEqual(x, y, fused);
      }),
      { numRuns: 400, seed: 7 },
    );
  }
});

test('with parentheses around every operation, reading strictly left to right changes nothing', () => {
  fc.assert(
    fc.property(anyTree, (tree) => {
      const grouped = (node: Node): Node => {
        if (node.kind === 'call') return { ...node, arguments: node.arguments.map(grouped) };
        if (node.kind === 'group') return { ...node, inner: grouped(node.inner) };
        if (node.kind !== 'binary') return node;
        const enclosed = (n: Node): Node =>
          n.kind === 'binary' ? { kind: 'group', inner: grouped(n), at: n.at } : grouped(n);
        return { ...node, left: enclosed(node.left), right: enclosed(node.right) };
      };
      assert.equal(strictLeftToRightDiffers(parsed(printExpression(grouped(tree)))), false);
    }),
    { numRuns: 500, seed: 8 },
  );
});
