/**
 * Full synchronization with the complete out-of-box rules, a delta of 100 changes, an idle cycle and one member added to
 * a big group, against the time that writing the resulting rows with bare SQLite takes in the same run.
 * `node bench/sync.ts [people] [groups]`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { AttributeSchema } from '../src/connectors/contract.ts';
import { createMemoryConnector, MemoryDirectory } from '../src/connectors/memory/memory.ts';
import { compileRuleSet } from '../src/rules/compile.ts';
import { loadRules } from '../src/rules/load.ts';
import { outOfBoxRules } from '../src/rules/out-of-box/options.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { defaultLimits, type EngineEnvironment } from '../src/sync/context.ts';
import { runProfile } from '../src/sync/cycle.ts';
import { baseDn, group, person, personAnchor } from './population.ts';

const people = Number(process.argv[2] ?? 10_000);
const groups = Number(process.argv[3] ?? people / 20);
const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'));

function population(): MemoryDirectory {
  const ad = new MemoryDirectory();
  ad.put('root', { dn: baseDn, objectType: 'domainDNS' });
  for (let i = 0; i < people; i++) {
    const p = person(i, people);
    ad.put(p.anchor, {
      dn: p.dn,
      objectType: 'user',
      attributes: p.attributes,
      references: p.manager ? { manager: [p.manager] } : {},
    });
  }
  for (let i = 0; i < groups; i++) {
    const g = group(i, people, i === 0 ? Math.floor(people / 2) : 20);
    ad.put(g.anchor, {
      dn: g.dn,
      objectType: 'group',
      attributes: g.attributes,
      references: { member: [...g.members] },
    });
  }
  return ad;
}

function environment(store: Store, ad: MemoryDirectory): EngineEnvironment {
  const loaded = loadRules({
    outOfBox: outOfBoxRules(),
    connectors: [
      { name: 'ad', type: 'active-directory' },
      { name: 'cloud', type: 'entra' },
    ],
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const compiled = compileRuleSet(loaded.rules, loaded.schema);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const none: AttributeSchema[] = [];
  const connector = (name: string, type: string, d: MemoryDirectory) => ({
    connector: createMemoryConnector({
      name,
      type,
      directory: d,
      attributes: none,
      parameters: {
        'Domain.FQDN': 'corp.contoso.com',
        'Domain.Netbios': 'CORP',
        'Forest.FQDN': 'corp.contoso.com',
        'Forest.Netbios': 'CORP',
        'Domain.LDAP': baseDn,
        'Forest.LDAP': baseDn,
      },
      batchSize: 1000,
    }),
    objectTypes: [],
    partitions: [],
  });
  return {
    store,
    connectors: [connector('ad', 'active-directory', ad), connector('cloud', 'entra', new MemoryDirectory())],
    ruleSet: compiled.ruleSet,
    limits: defaultLimits,
    staging: true,
    now: Date.now,
    random: Math.random,
    guid: () => crypto.randomUUID(),
    sleep: async () => {},
    log: (level, message) => console.log(`${level}: ${message}`),
    progress: () => {},
    assertLease: () => {},
    isApproved: () => false,
  };
}

async function timed(name: string, work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  console.log(
    `${name.padEnd(34)} ${(ms / 1000).toFixed(2).padStart(8)} s  ${Math.round((people + groups) / (ms / 1000))
      .toString()
      .padStart(8)} objects/s  rss ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
  );
  return ms;
}

/** Writes the rows that the full synchronization left, and nothing else, into a fresh database with the same schema. */
function floor(file: string): number {
  const source = new DatabaseSync(file, { readOnly: true });
  const target = openStore(join(directory, 'floor.db'));
  const tables = ['mv_object', 'mv_key', 'link', 'cs_export', 'reference_flow', 'cs_export_reference', 'journal'];
  const rows = tables.map((t) => ({ t, rows: source.prepare(`SELECT * FROM ${t}`).all() as Record<string, never>[] }));
  const exports = source.prepare('SELECT * FROM cs_object WHERE anchor IS NULL').all() as Record<string, never>[];
  const start = performance.now();
  for (const { t, rows: list } of [...rows, { t: 'cs_object', rows: exports }]) {
    if (list.length === 0) continue;
    const insert = target.db.prepare(
      `INSERT INTO ${t} VALUES (${Object.keys(list[0]!)
        .map(() => '?')
        .join(', ')})`,
    );
    for (let i = 0; i < list.length; i += 500)
      target.transaction(() => list.slice(i, i + 500).forEach((r) => void insert.run(...Object.values(r))));
  }
  const ms = performance.now() - start;
  source.close();
  target[Symbol.dispose]();
  return ms;
}

const ad = population();
console.log(
  `${people} people, ${groups} groups, ${[...ad.objects.values()].reduce((n, o) => n + (o.references.member?.length ?? 0), 0)} memberships`,
);
const file = join(directory, 'causeway.db');
const store = openStore(file);
const env = environment(store, ad);
const signal = new AbortController().signal;
const run = async (profile: 'full-import' | 'delta-import' | 'full-sync' | 'delta-sync', connector: string | null) => {
  const result = await runProfile(env, profile, connector, { cycle: null, retryAll: false }, signal);
  if (result.status !== 'success') console.log(result.status, result.error, store.records.errors(2));
};
await timed('staging (full import from memory)', () => run('full-import', 'ad'));
const full = await timed('full synchronization, initial', () => run('full-sync', null));
const again = await timed('full synchronization, no change', () => run('full-sync', null));
for (let i = 0; i < 100; i++) ad.change(personAnchor((i * 37) % people), { attributes: { title: `Changed ${i}` } });
await timed('delta import of 100 changes', () => run('delta-import', 'ad'));
await timed('delta synchronization of 100', () => run('delta-sync', null));
await timed('delta synchronization, idle', () => run('delta-sync', null));
const big = group(0, people, Math.floor(people / 2));
const outsider = Array.from({ length: people }, (_, i) => personAnchor(i)).find((a) => !big.members.includes(a))!;
ad.change(big.anchor, { references: { member: [...big.members, outsider] } });
await timed('delta import, one member more', () => run('delta-import', 'ad'));
await timed('delta synchronization, one member', () => run('delta-sync', null));
const bare = floor(file);
console.log(
  `bare SQLite writes of the same rows  ${(bare / 1000).toFixed(2)} s; full synchronization is ${(full / bare).toFixed(2)} times that, without change ${(again / bare).toFixed(2)}`,
);
console.log(`store ${Math.round(statSync(file).size / 1e6)} MB`);
store[Symbol.dispose]();
rmSync(directory, { recursive: true });
