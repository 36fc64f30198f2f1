/**
 * Full synchronization with the complete out-of-box rules, a delta of 100 changes, an idle cycle and one member added to
 * a big group, against the time that writing the resulting rows with bare SQLite takes in the same run.
 * `node bench/sync.ts [people] [groups] [members of the big group]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createMemoryConnector, MemoryDirectory } from '../src/connectors/memory/memory.ts';
import { openStore } from '../src/store/store.ts';
import type { Profile } from '../src/sync/cycle.ts';
import { benchEngine } from './environment.ts';
import { group, personAnchor } from './population.ts';
import { createPopulationConnector, type Population } from './population-connector.ts';
import { report } from './report.ts';

const people = Number(process.argv[2] ?? 10_000);
const groups = Number(process.argv[3] ?? people / 20);
const bigGroup = Number(process.argv[4] ?? people / 4);
const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
const population: Population = { people, groups, bigGroup, changes: [] };

/** Bytes of the store, also of what its log has not given to the file yet. */
const storeBytes = (): number =>
  (
    store.db.prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size').get() as {
      bytes: number;
    }
  ).bytes;

/** Writes the rows that the full synchronization left, and nothing else, into a fresh database with the same schema. */
function bareWrites(file: string): number {
  const source = new DatabaseSync(file, { readOnly: true });
  const target = openStore(join(directory, 'floor.db'));
  let ms = 0;
  const tables = [
    'mv_object',
    'mv_key',
    'link',
    'cs_export',
    'reference_flow',
    'cs_export_reference',
    'journal',
    'run_object',
    'cs_object',
  ];
  for (const table of tables) {
    const where = table === 'cs_object' ? 'WHERE anchor IS NULL' : '';
    const columns = (source.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[]).map(
      (c) => c.name,
    );
    const insert = target.db.prepare(
      `INSERT INTO ${table}(${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    let page: (string | number | null)[][] = [];
    const write = () => {
      const start = performance.now();
      target.transaction(() => page.forEach((r) => void insert.run(...r)));
      ms += performance.now() - start;
      page = [];
    };
    for (const row of source.prepare(`SELECT * FROM ${table} ${where}`).iterate()) {
      page.push(Object.values(row) as (string | number | null)[]);
      if (page.length === 1000) write();
    }
    write();
  }
  source.close();
  target[Symbol.dispose]();
  return ms;
}

const file = join(directory, 'causeway.db');
const store = openStore(file);
const engine = benchEngine(store, [
  { connector: createPopulationConnector('ad', population), objectTypes: [], partitions: [] },
  {
    connector: createMemoryConnector({
      name: 'cloud',
      type: 'entra',
      directory: new MemoryDirectory(),
      attributes: [],
    }),
    objectTypes: [],
    partitions: [],
  },
]);
const run = async (profile: Profile, connector: string | null) => (await engine.run(profile, connector)).ms;
const change = (anchor: string, title: string) => ({
  kind: 'change' as const,
  anchor,
  attributes: { title },
  references: {},
});

const staging = await run('full-import', 'ad');
const full = await run('full-sync', null);
// Before the bare writes, which have a cache of their own.
const peakMegabytes = process.resourceUsage().maxRSS / 1024;
const bare = bareWrites(file);
const again = await run('full-sync', null);
const deltas: number[] = [];
for (let n = 0; n < 5; n++) {
  population.changes = Array.from({ length: 100 }, (_, i) =>
    change(personAnchor((i * 7919 + n * 31) % people), `Changed ${n} ${i}`),
  );
  deltas.push((await run('delta-import', 'ad')) + (await run('delta-sync', null)));
}
const idle = (await run('delta-import', 'ad')) + (await run('delta-sync', null));
const big = group(0, people, bigGroup);
const members = new Set(big.members);
const outsider = Array.from({ length: people }, (_, i) => personAnchor(i)).find((a) => !members.has(a))!;
population.changes = [
  {
    kind: 'change',
    anchor: big.anchor,
    attributes: {},
    references: { member: { added: [{ anchor: outsider }], removed: [] } },
  },
];
const member = (await run('delta-import', 'ad')) + (await run('delta-sync', null));
const objects = people + groups;
report('sync', {
  people,
  groups,
  'members of the big group': members.size,
  'staging objects/s': objects / (staging / 1000),
  'full synchronization s': full / 1000,
  'full synchronization objects/s': objects / (full / 1000),
  'bare SQLite s': bare / 1000,
  'ratio to bare SQLite (budget ≤ 3)': full / bare,
  'full synchronization without change s': again / 1000,
  'delta of 100 changes s': deltas.sort((a, b) => a - b)[2]! / 1000,
  'idle delta s': idle / 1000,
  'one member more s': member / 1000,
  'peak memory MB': peakMegabytes,
  'store MB': storeBytes() / 1e6,
});
store[Symbol.dispose]();
rmSync(directory, { recursive: true });
