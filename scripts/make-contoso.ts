/**
 * Writes the directories of the sample organization: `node scripts/make-contoso.ts`. Same program, same files. The files
 * are kept in the repository because people edit them; the configuration, the seed and the README beside them are
 * written by hand.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCorp } from './contoso/corp.ts';
import { type Entry, writeEntry } from './contoso/entry.ts';
import { makeForest } from './contoso/forest.ts';
import { namePairs } from './contoso/names.ts';
import { makeResource } from './contoso/resource.ts';

const hint = `# Text that is not plain ASCII stands here as it is (save the file as UTF-8); LDIF proper would want base64.
# A new entry needs an objectGUID of its own, for example from:
#   node -p "require('crypto').randomBytes(16).toString('base64')"`;

/** The texts of the two files. */
export function makeContoso(): { readonly corp: string; readonly resource: string } {
  const corpForest = makeForest(
    'DC=corp,DC=contoso,DC=com',
    'Contoso',
    'contoso.com',
    'S-1-5-21-1844237615-2139871995-725345543',
    1101,
  );
  const resourceForest = makeForest(
    'DC=resource,DC=fabrikam,DC=com',
    'Fabrikam',
    'fabrikam.com',
    'S-1-5-21-2929260712-720396524-3344548481',
    1601,
  );
  const pairs = namePairs();
  const corp = makeCorp(corpForest, pairs);
  const resource = makeResource(resourceForest, pairs, corp);
  const { people, services, groups, contacts, computers } = corp.entries;
  return {
    corp: file(
      `# corp.contoso.com: where the people of Contoso have their accounts.
# Edit and save while "npm start" runs: the cloud follows within seconds. README.md tells the stories.
${hint}`,
      [
        ['Containers', corp.entries.containers],
        ['People', people],
        ['Service accounts: their organizational unit is excluded in causeway.yaml', services],
        ['Groups', groups],
        ['Contacts', contacts],
        ['Computers', computers],
      ],
    ),
    resource: file(
      `# resource.fabrikam.com: Fabrikam, which Contoso bought, and its Exchange with mailboxes for people of both companies.
${hint}`,
      [['Everything', resource]],
    ),
  };
}

const file = (head: string, sections: readonly (readonly [title: string, entries: readonly Entry[]])[]): string =>
  `version: 1\n\n${head}\n\n${sections.map(([title, entries]) => `# ---- ${title} ----\n\n${entries.map(writeEntry).join('\n')}`).join('\n')}`;

if (import.meta.main) {
  const folder = join(import.meta.dirname, '..', 'examples', 'contoso');
  const { corp, resource } = makeContoso();
  writeFileSync(join(folder, 'corp.ldif'), corp);
  writeFileSync(join(folder, 'resource.ldif'), resource);
}
