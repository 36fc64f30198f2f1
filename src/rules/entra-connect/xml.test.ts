import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseXml, textAt, writeXml } from './xml.ts';

test('elements, attributes and text without their prefixes', () => {
  const root = parseXml(
    '<?xml version="1.0"?><!-- c --><a:r x:id="1 &amp; 2"><b>&lt;x&gt; &#65;&#x42;</b><b/></a:r>',
    'f',
  );
  assert.equal(root.name, 'r');
  assert.equal(root.attributes.id, '1 & 2');
  assert.equal(textAt(root, 'b'), '<x> AB');
  assert.equal(root.children.length, 2);
});

const refused: readonly (readonly [string, string, RegExp])[] = [
  ['entities', '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>', /document type/],
  ['external entities', '<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', /document type/],
  ['unknown entities', '<r>&nbsp;</r>', /does not define/],
  ['a half element', '<r><b></r>', /not well-formed/],
  ['nothing', '', /XML/],
  ['deep nesting', `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`, /nest|well-formed/],
  ['the attribute __proto__', '<r __proto__="x"/>', /not well-formed/],
  ['the element constructor', '<r><constructor/></r>', /not well-formed/],
  ['an impossible character', '<r>&#x110000;</r>', /not a character/],
];
for (const [what, text, message] of refused) {
  test(`${what} are refused`, () => assert.throws(() => parseXml(text, 'f.xml'), message));
}

test('a file that is too large is refused before it is read', () => {
  assert.throws(() => parseXml(' '.repeat(33 * 1024 * 1024), 'f.xml'), /may have at most/);
});

test('attributes that an element does not have are absent, whatever JavaScript objects have', () => {
  const root = parseXml('<r a="1"/>', 'f');
  assert.deepEqual(
    [root.attributes.a, root.attributes.toString, root.attributes.constructor],
    ['1', undefined, undefined],
  );
});

test('what is written is read back', () => {
  const text = fc
    .string({ unit: 'grapheme' })
    .map((s) => s.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ''));
  fc.assert(
    fc.property(text, text, (value, content) => {
      const root = parseXml(writeXml({ name: 'r', attributes: { v: value }, content: [{ name: 'c', content }] }), 'f');
      assert.equal(root.attributes.v, value);
      assert.equal(root.children[0]?.text, content);
    }),
  );
});
