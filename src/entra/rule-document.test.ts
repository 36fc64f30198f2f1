import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
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
