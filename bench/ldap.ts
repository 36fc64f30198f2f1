/**
 * How fast `src/ldap/` dumps a directory, against OpenLDAP's `ldapsearch` with the same attributes and pages, from the same server.
 * Usage: node bench/ldap.ts [entries] [rounds]
 */
import { openSync, writeSync } from 'node:fs';
import { connectLdap } from '../src/ldap/connect.ts';
import { run } from '../test/support/child.ts';
import { startSlapd } from '../test/support/slapd.ts';
import { tempDirectory } from '../test/support/temp.ts';

const ATTRIBUTES = [
  ...['objectClass', 'cn', 'sn', 'givenName', 'displayName', 'uid', 'mail', 'telephoneNumber', 'title', 'ou', 'l'],
  ...['employeeNumber', 'description', 'manager', 'entryUUID'],
];
const PAGE = 1000;

function writePeople(file: string, count: number): void {
  const out = openSync(file, 'w');
  let text = 'dn: dc=example,dc=com\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n';
  text += 'dn: ou=People,dc=example,dc=com\nobjectClass: organizationalUnit\nou: People\n\n';
  for (let i = 0; i < count; i++) {
    text += `dn: uid=user${i},ou=People,dc=example,dc=com
objectClass: inetOrgPerson
cn: User Number ${i}
sn: Number ${i}
givenName: User
displayName: User Number ${i} (Sales)
uid: user${i}
mail: user${i}@example.com
mail: user.number.${i}@example.com
telephoneNumber: +49 30 ${1_000_000 + i}
title: Consultant
ou: Sales
l: Berlin
employeeNumber: ${i}
description: One of many people of this directory, the one with the number ${i}
manager: uid=user${i % 100},ou=People,dc=example,dc=com

`;
    if (text.length > 1 << 20) {
      writeSync(out, text);
      text = '';
    }
  }
  writeSync(out, text);
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const entries = Number(process.argv[2] ?? 50_000);
const rounds = Number(process.argv[3] ?? 5);
await using temp = tempDirectory('bench');
const ldifFile = `${temp.path}/people.ldif`;
writePeople(ldifFile, entries);
await using slapd = await startSlapd({ ldifFile });
const filter = '(objectClass=inetOrgPerson)';
const bind = { kind: 'simple', user: slapd.rootDn, password: slapd.rootPassword } as const;

async function dump(): Promise<number> {
  await using connection = await connectLdap({ url: slapd.url, bind });
  const request = { base: slapd.suffix, scope: 'sub', filter, attributes: ATTRIBUTES } as const;
  let values = 0;
  for await (const batch of connection.searchPaged({ ...request, pageSize: PAGE })) {
    for (const entry of batch) for (const attribute of entry.attributes) values += attribute.values.length;
  }
  return values;
}
const search = ['-x', '-H', slapd.url, '-D', slapd.rootDn, '-w', slapd.rootPassword, '-b', slapd.suffix];
const peer = `ldapsearch ${search.map((a) => `'${a}'`).join(' ')} -LLL -E pr=${PAGE}/noprompt '${filter}' ${ATTRIBUTES.join(' ')} > /dev/null`;

const ours: number[] = [];
const theirs: number[] = [];
for (let round = 0; round < rounds; round++) {
  theirs.push(await seconds(() => run('sh', ['-c', peer])));
  ours.push(await seconds(dump));
}
const report = (name: string, time: number): void =>
  console.log(`${name.padEnd(12)} ${time.toFixed(3)} s  ${Math.round(entries / time).toLocaleString('en')} entries/s`);
report('ldapsearch', median(theirs));
report('causeway', median(ours));
console.log(
  `ratio        ${(median(theirs) / median(ours)).toFixed(2)} (budget 0.7), peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
);
