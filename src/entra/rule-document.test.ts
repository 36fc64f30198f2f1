import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { it } from 'node:test';
import { errorTable, featureTable, renamedTable } from './rule-document.ts';

const document = readFileSync(new URL('../../docs/entra-rules.md', import.meta.url), 'utf8');

for (const [name, text] of Object.entries({
  errors: errorTable(),
  features: featureTable(),
  properties: renamedTable(),
})) {
  it(`docs/entra-rules.md has the table of ${name} that the code has`, () => {
    assert.ok(document.includes(text), `Replace the table of ${name} in docs/entra-rules.md by:\n${text}`);
  });
}

it('every test that docs/entra-rules.md cites exists', () => {
  const root = new URL('../../', import.meta.url);
  const texts = new Map<string, string>();
  for (const file of globSync('{src,test}/**/*.test.ts', { cwd: root })) {
    const name = basename(file, '.test.ts');
    texts.set(name, `${texts.get(name) ?? ''}\n${readFileSync(new URL(file, root), 'utf8')}`);
  }
  const rows = document
    .slice(document.indexOf('## Where each rule is tested'))
    .split('\n')
    .filter((l) => /^\| \d/.test(l));
  assert.ok(rows.length > 140, String(rows.length));
  const missing = rows.flatMap((line) => {
    const [, row, cited = ''] = line.replaceAll('\\|', '\u0000').split('|');
    return cited.split('<br>').flatMap((citation) => {
      const [, name = '', title = ''] = /^\s*`([^`]+)` (.+?)\s*$/.exec(citation.replaceAll('\u0000', '|')) ?? [];
      const text = texts.get(name);
      if (text === undefined) return [`${row}: no test file ${name}`];
      const isThere = ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}${quote}`));
      return isThere ? [] : [`${row}: ${name} has no test '${title}'`];
    });
  });
  assert.deepEqual(missing, []);
});
