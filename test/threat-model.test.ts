/** Every attack of docs/threat-model.md names a test, and the test is there; nothing is depended on without a reason. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const page = readFileSync(new URL('docs/threat-model.md', root), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('|') && line.includes('›'));

test('every row of the threat model names a test that exists', () => {
  assert.ok(rows.length >= 40, `Only ${rows.length} rows name a test.`);
  const wrong = rows.flatMap((row) => {
    const cell = row.split('|').at(-2)!.trim();
    const named = /^`([^`]+)` › (.+)$/.exec(cell);
    if (!named) return [`"${cell}" does not have the form \`file\` › title.`];
    const [, file, title] = named;
    const path = fileURLToPath(new URL(file!, root));
    if (!existsSync(path)) return [`${file} does not exist.`];
    return readFileSync(path, 'utf8').includes(`('${title!.replaceAll("'", "\\'")}'`)
      ? []
      : [`${file} has no test "${title}".`];
  });
  assert.deepEqual(wrong, []);
});

test('every dependency has its reason, and an exact version', () => {
  const reasons = readFileSync(new URL('docs/dependencies.md', root), 'utf8');
  const wrong = ['package.json', 'console/package.json'].flatMap((file) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(new URL(file, root), 'utf8'),
    ) as Record<string, Record<string, string> | undefined>;
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).flatMap(
      ([name, version]) => [
        ...(/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) ? [] : [`${file}: ${name} has the version "${version}".`]),
        ...(new RegExp(`(^|[ ,|])${name}([ ,|]|$)`, 'm').test(reasons)
          ? []
          : [`docs/dependencies.md says nothing of ${name}.`]),
      ],
    );
  });
  assert.deepEqual(wrong, []);
});
