/**
 * Full import of a real Active Directory over LDAPS into the connector space, against `ldapsearch` dumping the same
 * attributes from the same server; then a delta of 100 changes and an idle delta.
 * `node bench/wire.ts [people]` (needs root, for Samba)
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createActiveDirectoryConnector } from '../src/connectors/active-directory/connector.ts';
import { openStore } from '../src/store/store.ts';
import { startSamba } from '../test/support/samba.ts';
import { benchEngine } from './environment.ts';
import { person } from './population.ts';
import { report } from './report.ts';

const people = Number(process.argv[2] ?? 10_000);
await using dc = await startSamba({ realm: 'BENCH.EXAMPLE.COM', domain: 'BENCH', extendedSchema: true });
const ou = `OU=People,${dc.baseDn}`;
await dc.addObjects([{ dn: ou, attributes: { objectClass: 'organizationalUnit' } }]);
for (let i = 0; i < people; i += 5000) {
  await dc.addUsers(
    Array.from({ length: Math.min(5000, people - i) }, (_, n) => {
      const { attributes: a } = person(i + n, people);
      const text = (name: string) => String(a[name]);
      return {
        name: text('sAMAccountName'),
        parent: ou,
        attributes: {
          displayName: text('displayName'),
          givenName: text('givenName'),
          sn: text('sn'),
          mail: text('mail'),
          title: text('title'),
          department: text('department'),
          company: text('company'),
          l: text('l'),
          telephoneNumber: text('telephoneNumber'),
          mobile: text('mobile'),
          streetAddress: text('streetAddress'),
          postalCode: text('postalCode'),
          physicalDeliveryOfficeName: text('physicalDeliveryOfficeName'),
          userPrincipalName: text('mail'),
          mailNickname: text('mailNickname'),
          employeeID: text('employeeID'),
          proxyAddresses: a.proxyAddresses as string[],
          extensionAttribute1: text('extensionAttribute1'),
        },
      };
    }),
  );
}

const directory = mkdtempSync(join(tmpdir(), 'causeway-wire-'));
using store = openStore(join(directory, 'causeway.db'));
const engine = benchEngine(store, [
  {
    connector: createActiveDirectoryConnector({
      name: 'ad',
      servers: [dc.ldapsUrl],
      bind: { user: dc.adminUser, password: dc.adminPassword },
      tls: { ca: dc.caPem },
    }),
    objectTypes: ['user', 'group'],
    partitions: [],
  },
]);
const run = (profile: 'full-import' | 'delta-import') => engine.run(profile, 'ad');
const dump = () => {
  const start = performance.now();
  const attributes = ['objectClass', 'name', ...engine.env.ruleSet.readAttributes('ad')];
  const found = spawnSync(
    'ldapsearch',
    [
      '-LLL',
      '-x',
      '-H',
      dc.ldapsUrl,
      '-D',
      dc.adminDn,
      '-w',
      dc.adminPassword,
      '-b',
      dc.baseDn,
      '-E',
      'pr=1000/noprompt',
      '(|(objectClass=user)(objectClass=group))',
      ...attributes,
    ],
    {
      env: { ...process.env, LDAPTLS_CACERT: dc.caFile },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  if (found.status !== 0 && found.status !== null) throw new Error(`ldapsearch ended with ${found.status}`);
  return performance.now() - start;
};
dump();
const first = await run('full-import');
const dumps = [dump(), dump()];
const peer = Math.min(...dumps);
const again = await run('full-import');
const objects = (first.counters['stage-add'] ?? 0) as number;
const names = Array.from({ length: 100 }, (_, i) => person((i * 31) % people, people).attributes.sAMAccountName);
const changes = join(directory, 'changes.ldif');
writeFileSync(
  changes,
  names.map((n, i) => `dn: CN=${n},${ou}\nchangetype: modify\nreplace: title\ntitle: Changed ${i}\n\n`).join(''),
);
execFileSync('ldapmodify', ['-x', '-H', dc.ldapsUrl, '-D', dc.adminDn, '-w', dc.adminPassword, '-f', changes], {
  env: { ...process.env, LDAPTLS_CACERT: dc.caFile },
  stdio: 'ignore',
});
const delta = await run('delta-import');
const idle = await run('delta-import');
report('wire', {
  people,
  objects,
  'ldapsearch s': peer / 1000,
  'full import s': first.ms / 1000,
  'full import objects/s': objects / (first.ms / 1000),
  'ratio to ldapsearch (budget ≥ 0.7)': peer / first.ms,
  'full import again s': again.ms / 1000,
  'delta of 100 s': delta.ms / 1000,
  'delta idle s': idle.ms / 1000,
  'peak memory MB': process.resourceUsage().maxRSS / 1024,
});
rmSync(directory, { recursive: true });
