/** What is published beside the code is that of the program. `CAUSEWAY_UPDATE_SCHEMAS=1` writes it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { apiDocumentation } from '../../src/service/api/documentation.ts';
import { endpoints } from '../../src/service/api/endpoints.ts';
import { configurationJsonSchema } from '../../src/service/configuration/schema.ts';

const folder = new URL('../../docs/', import.meta.url);
const published: Readonly<Record<string, () => string>> = {
  'schema/causeway.schema.json': () => `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`,
  'api.md': () => apiDocumentation(endpoints),
};

for (const [name, make] of Object.entries(published)) {
  test(`docs/${name} is current`, () => {
    const file = new URL(name, folder);
    const text = make();
    if (process.env.CAUSEWAY_UPDATE_SCHEMAS === '1') writeFileSync(file, text);
    assert.equal(readFileSync(file, 'utf8'), text);
  });
}
