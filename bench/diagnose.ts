/**
 * Diagnosis over a whole population with thousands of object errors: the whole system, and one object.
 * `node bench/diagnose.ts [people] [groups]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryConnector, MemoryDirectory } from '../src/connectors/memory/memory.ts';
import { diagnoseAll, diagnoseObject } from '../src/diagnosis/diagnose.ts';
import type { DiagnosisContext } from '../src/diagnosis/diagnose-context.ts';
import { readingEngine } from '../src/diagnosis/explain/engine.ts';
import { openStore } from '../src/store/store.ts';
import { benchEngine } from './environment.ts';
import { baseDn, group, person } from './population.ts';

const people = Number(process.argv[2] ?? 10_000);
const groups = Number(process.argv[3] ?? people / 20);
const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
const parameters = {
  ...{ 'Domain.FQDN': 'corp.contoso.com', 'Domain.Netbios': 'CORP', 'Domain.LDAP': baseDn },
  ...{ 'Forest.FQDN': 'corp.contoso.com', 'Forest.Netbios': 'CORP', 'Forest.LDAP': baseDn },
};

const ad = new MemoryDirectory();
ad.put('root', { dn: baseDn, objectType: 'domainDNS' });
for (let i = 0; i < people; i++) {
  const p = person(i, people);
  const references = p.manager ? { manager: [p.manager] } : {};
  ad.put(p.anchor, { dn: p.dn, objectType: 'user', attributes: p.attributes, references });
}
for (let i = 0; i < groups; i++) {
  const g = group(i, people, 20);
  ad.put(g.anchor, { dn: g.dn, objectType: 'group', attributes: g.attributes, references: { member: [...g.members] } });
}

const store = openStore(join(directory, 'causeway.db'));
const connector = (name: string, type: string, d: MemoryDirectory) => ({
  connector: createMemoryConnector({ name, type, directory: d, attributes: [], parameters, batchSize: 1000 }),
  objectTypes: [],
  partitions: [],
});
const { env, run } = benchEngine(store, [
  connector('ad', 'active-directory', ad),
  connector('cloud', 'entra', new MemoryDirectory()),
]);
await run('full-import', 'ad');
await run('full-sync', null);

/** Every twentieth pending export gets an error, as a population full of mistakes has them. */
const cloud = store.records.connectors().find((c) => c.name === 'cloud');
const rows = store.db
  .prepare("SELECT id FROM cs_object WHERE connector = ? AND object_type = 'user' ORDER BY id")
  .all(cloud?.id ?? 0) as { id: number }[];
const mistakes = ['AttributeValueMustBeUnique', 'IdentityDataValidationFailed', 'ExceededAllowedLength'] as const;
let errors = 0;
store.transaction(() => {
  rows.forEach(({ id }, i) => {
    if (i % 20 !== 0) return;
    errors++;
    const value = `SMTP:shared${Math.floor(i / 400)}@contoso.com`;
    const facts = {
      AttributeConflictName: 'ProxyAddresses',
      AttributeConflictValues: value,
      ObjectIdInConflict: `00000000-0000-4000-8000-${String(Math.floor(i / 400)).padStart(12, '0')}`,
    };
    const detail = {
      message: 'refused',
      attribute: i % 3 === 0 ? 'ProxyAddresses' : 'userPrincipalName',
      value,
      facts,
    };
    store.records.setError(id, 'export', mistakes[i % 3] as string, JSON.stringify(detail), Date.now(), 1);
  });
});

const context: DiagnosisContext = {
  engine: readingEngine(env),
  store,
  now: Date.now(),
  facts: { staging: false, deletionThreshold: 500 },
  signal: new AbortController().signal,
};
const timed = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
};
const [whole, told] = await timed(() => diagnoseAll(context));
const times: number[] = [];
for (let i = 0; i < 20; i++) {
  const [ms] = await timed(() => diagnoseObject(context, person((i * 997) % people, people).dn));
  times.push(ms);
}
times.sort((a, b) => a - b);
const megabytes = Math.round(process.memoryUsage().rss / 1e6);
console.log(
  `${people} people, ${groups} groups, ${errors} object errors: ${told.findings.length} findings\n` +
    `whole system  ${(whole / 1000).toFixed(2)} s   (budget 10 s at 100,000 objects)\n` +
    `one object    ${times[10]?.toFixed(0)} ms median, ${times.at(-1)?.toFixed(0)} ms worst   (budget 1 s)\n` +
    `memory        ${megabytes} MB`,
);
console.log(
  `BENCH ${JSON.stringify({ name: `diagnosis of ${people + groups} objects`, 'whole system s': Number((whole / 1000).toFixed(2)), 'one object ms': Math.round(times[10] ?? 0), findings: told.findings.length })}`,
);
store[Symbol.dispose]();
rmSync(directory, { recursive: true });
