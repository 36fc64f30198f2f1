/** Writes a population as an LDIF directory file. `node bench/write-ldif.ts FILE PEOPLE [GROUPS]` */
import { closeSync, openSync, writeSync } from 'node:fs';
import { formatLdif, LDIF_HEADER } from '../src/model/ldif-writer.ts';
import { bytesOf, isBinary, isLargeInteger, type Value, valuesOf } from '../src/model/value.ts';
import { group, person } from './population.ts';

const ldifValue = (v: Value): string | Buffer => (isBinary(v) ? bytesOf(v) : isLargeInteger(v) ? v.int : String(v));

export function writePopulation(file: string, people: number, groups: number): void {
  const out = openSync(file, 'w');
  const names = new Map<string, string>();
  const entry = (dn: string, classes: string[], attributes: Record<string, Value | readonly Value[]>) =>
    writeSync(
      out,
      formatLdif({
        kind: 'entry',
        dn,
        line: 0,
        attributes: [
          { name: 'objectClass', values: classes },
          ...Object.entries(attributes).map(([name, v]) => ({ name, values: valuesOf(v).map(ldifValue) })),
        ],
      }),
    );
  writeSync(out, LDIF_HEADER);
  for (let i = 0; i < people; i++) {
    const p = person(i, people);
    names.set(p.anchor, p.dn);
    entry(p.dn, ['top', 'person', 'organizationalPerson', 'user'], {
      ...p.attributes,
      ...(p.manager ? { manager: names.get(p.manager) ?? p.dn } : {}),
    });
  }
  for (let i = 0; i < groups; i++) {
    const g = group(i, people, 20);
    entry(g.dn, ['top', 'group'], { ...g.attributes, member: g.members.map((m) => names.get(m)!) });
  }
  closeSync(out);
}

if (process.argv[1]?.endsWith('write-ldif.ts')) {
  const [file, people = '1000', groups] = process.argv.slice(2);
  if (!file) throw new Error('usage: node bench/write-ldif.ts FILE PEOPLE [GROUPS]');
  writePopulation(file, Number(people), Number(groups ?? Number(people) / 20));
}
