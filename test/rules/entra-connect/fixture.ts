/** The exported configuration of a real server, beside the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ImportedConfiguration } from '../../../src/rules/entra-connect/configuration.ts';
import { importConfiguration } from '../../../src/rules/entra-connect/import.ts';
import type { SyncRule } from '../../../src/rules/model.ts';
import { forest, otherForest } from '../out-of-box/world.ts';

const folder = fileURLToPath(new URL('../../../../shared/fixtures/entra-connect-export/', import.meta.url));

/** Path to text of every file of the export. */
export function exportedFiles(): Map<string, string> {
  if (!existsSync(folder)) throw new Error(`The fixtures are expected in ${folder}.`);
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(folder.length)}/${entry.name}`.replace(/^\//, ''));
  return new Map(names.map((name) => [name, readFileSync(`${folder}${name}`, 'utf8')]));
}

let imported: ImportedConfiguration | undefined;
/** The imported configuration; read once. */
export function realConfiguration(): ImportedConfiguration {
  imported ??= importConfiguration(exportedFiles());
  return imported;
}

/** The rules as the product would have made them for two forests: the second one's right after the first one's. */
export function rulesForTwoForests(rules: readonly SyncRule[]): SyncRule[] {
  const both = rules.flatMap((rule) =>
    rule.connector === forest ? [rule, { ...rule, id: `${rule.id}2`, connector: otherForest }] : [rule],
  );
  return both.map((rule, i) => ({ ...rule, precedence: 100 + i }));
}
