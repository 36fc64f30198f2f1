/** docs/expressions.md names every function and every code of a problem, and nothing that does not exist. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { functionTable } from '../../../src/rules/expression/functions/table.ts';
import { limits } from '../../../src/rules/expression/problem.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const docs = readFileSync(`${root}/docs/expressions.md`, 'utf8');
const source = globSync('src/rules/expression/*.ts', { cwd: root })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => readFileSync(`${root}/${path}`, 'utf8'))
  .join('\n');

test('every function is documented, and every documented function exists', () => {
  for (const name of functionTable.keys()) assert.match(docs, new RegExp(`\`${name}[(\`]`), name);
  for (const [, name] of docs.matchAll(/`([A-Z][A-Za-z0-9]+)\(/g)) assert.ok(functionTable.has(name!), name);
});

test('every code of a problem is documented, and every documented code exists', () => {
  const table = docs.slice(docs.indexOf('| Code | Meaning |'), docs.indexOf('While it runs'));
  const documented = [...table.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map((m) => m[1]!);
  assert.ok(documented.length > 20);
  const kinds = ['function', 'attribute', 'parameter', 'variable', 'word'];
  const used = new Set([
    ...[
      ...source.matchAll(/'((?:un|mal|too|number|argument|type|single|several|attribute|variable)[a-z]*-[a-z-]+)'/g),
    ].map((m) => m[1]!),
    ...kinds.map((kind) => `unknown-${kind}`),
    ...['attribute', 'parameter'].map((kind) => `malformed-${kind}`),
  ]);
  assert.deepEqual([...documented].sort(), [...used].sort());
});

test('the limits in the documentation are those of the code', () => {
  assert.ok(docs.includes(limits.textLength.toLocaleString('en')) && docs.includes(`${limits.depth} levels`));
});
