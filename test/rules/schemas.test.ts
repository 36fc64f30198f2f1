/** The published JSON Schemas are those of the program. `CAUSEWAY_UPDATE_SCHEMAS=1` writes them. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { caseFileJsonSchema } from '../../src/rules/case-schema.ts';
import { ruleFileJsonSchema } from '../../src/rules/rule-file-schema.ts';

const folder = new URL('../../docs/schema/', import.meta.url);
const schemas = { 'rules.schema.json': ruleFileJsonSchema, 'rule-cases.schema.json': caseFileJsonSchema };

for (const [name, make] of Object.entries(schemas)) {
  test(`docs/schema/${name} is current`, () => {
    const file = new URL(name, folder);
    const text = `${JSON.stringify(make(), null, 2)}\n`;
    if (process.env.CAUSEWAY_UPDATE_SCHEMAS === '1') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, text);
    }
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(text));
  });
}
