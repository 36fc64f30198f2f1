/**
 * Full import of a real Active Directory over LDAPS into the connector space, against `ldapsearch` dumping the same
 * attributes from the same server; then a delta of 100 changes and an idle delta.
 * `node bench/wire.ts [people; default 20,000]` (needs root, for Samba; the directory is made once and kept, which takes minutes)
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createActiveDirectoryConnector } from '../src/connectors/active-directory/connector.ts';
import { openStore } from '../src/store/store.ts';
import { type SambaObject, type SambaUser, startSamba, userObject } from '../test/support/samba.ts';
import { benchEngine } from './environment.ts';
import { person } from './population.ts';
import { report } from './report.ts';

const people = Number(process.argv[2] ?? 20_000);
/** Also people in one unit: Samba gets slower with each object in a transaction, and with each in a container. */
const perTransaction = 1000;

function* population(baseDn: string): Generator<SambaObject[]> {
  for (let i = 0; i < people; i += perTransaction) {
    const parent = unitOf(i, baseDn);
    const size = Math.min(perTransaction, people - i);
    yield [
      { dn: parent, attributes: { objectClass: 'organizationalUnit' } },
      ...Array.from({ length: size }, (_, n) => userObject(personAt(i + n, parent), baseDn)),
    ];
  }
}
const unitOf = (i: number, baseDn: string): string => `OU=People ${Math.floor(i / perTransaction)},${baseDn}`;

function personAt(i: number, parent: string): SambaUser {
  const { attributes: a } = person(i, people);
  const names = [
    ...['displayName', 'givenName', 'sn', 'mail', 'title', 'department', 'company', 'l', 'telephoneNumber', 'mobile'],
    ...['streetAddress', 'postalCode', 'physicalDeliveryOfficeName', 'mailNickname', 'employeeID'],
    'extensionAttribute1',
  ];
  const attributes = {
    ...Object.fromEntries(names.map((name) => [name, String(a[name])])),
    userPrincipalName: String(a.mail),
    proxyAddresses: a.proxyAddresses as string[],
  };
  return { name: String(a.sAMAccountName), parent, attributes };
}

await using dc = await startSamba({
  realm: 'BENCH.EXAMPLE.COM',
  domain: 'BENCH',
  extendedSchema: true,
  population: { key: `wire ${people}`, objects: population },
});

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
const changed = Array.from({ length: 100 }, (_, i) => (i * 31) % people);
const dnAt = (i: number): string => `CN=${String(person(i, people).attributes.sAMAccountName)},${unitOf(i, dc.baseDn)}`;
const changes = join(directory, 'changes.ldif');
writeFileSync(
  changes,
  changed.map((at, i) => `dn: ${dnAt(at)}\nchangetype: modify\nreplace: title\ntitle: Changed ${i}\n\n`).join(''),
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
