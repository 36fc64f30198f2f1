/** What is published beside the code is that of the program. `CAUSEWAY_UPDATE_SCHEMAS=1` writes it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { consoleTypes } from '../../src/service/api/console-types.ts';
import { apiDocumentation } from '../../src/service/api/documentation.ts';
import { endpoints } from '../../src/service/api/endpoints.ts';
import { configurationJsonSchema } from '../../src/service/configuration/schema.ts';

const root = new URL('../../', import.meta.url);
const published: Readonly<Record<string, () => string>> = {
  'docs/schema/causeway.schema.json': () => `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`,
  'docs/api.md': () => apiDocumentation(endpoints),
  'console/src/api/generated.ts': consoleTypes,
};

for (const [name, make] of Object.entries(published)) {
  test(`${name} is current`, () => {
    const file = new URL(name, root);
    const text = make();
    if (process.env.CAUSEWAY_UPDATE_SCHEMAS === '1') writeFileSync(file, text);
    assert.equal(readFileSync(file, 'utf8'), text);
  });
}
