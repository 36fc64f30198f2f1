/**
 * Explaining one object, planning everything that is pending with the refusals predicted, and forking the whole population under
 * other rules, with the complete out-of-box rules. `node bench/diagnosis-plan.ts [people] [groups] [store to keep]`
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryConnector, MemoryDirectory } from '../src/connectors/memory/memory.ts';
import { readingEngine } from '../src/diagnosis/explain/engine.ts';
import { explain } from '../src/diagnosis/explain/explain.ts';
import { forkPopulation } from '../src/diagnosis/fork/fork.ts';
import type { ForkSettings } from '../src/diagnosis/fork/session.ts';
import { planFindings } from '../src/diagnosis/plan/findings.ts';
import { makePlan } from '../src/diagnosis/plan/plan.ts';
import { loadRules } from '../src/rules/load.ts';
import { outOfBoxRules } from '../src/rules/out-of-box/options.ts';
import { openStore } from '../src/store/store.ts';
import { benchEngine } from './environment.ts';
import { person } from './population.ts';
import { createPopulationConnector } from './population-connector.ts';
import { report } from './report.ts';

const people = Number(process.argv[2] ?? 10_000);
const groups = Number(process.argv[3] ?? people / 20);
const kept = process.argv[4];
const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
const file = kept ?? join(directory, 'causeway.db');
const isNew = !existsSync(file);

const connectors = [
  { name: 'ad', type: 'active-directory', objectTypes: [], partitions: [] },
  { name: 'cloud', type: 'entra', objectTypes: [], partitions: [] },
];

function settings(files: readonly string[]): ForkSettings {
  const loaded = loadRules({
    outOfBox: outOfBoxRules(),
    connectors,
    files: files.map((text, i) => ({ path: `bench-${i}.yaml`, text })),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return { rules: loaded.rules, schema: loaded.schema, connectors };
}

const store = openStore(file);
const cloud = createMemoryConnector({ name: 'cloud', type: 'entra', directory: new MemoryDirectory(), attributes: [] });
const { env, run } = benchEngine(store, [
  {
    connector: createPopulationConnector('ad', { people, groups, bigGroup: Math.floor(people / 2), changes: [] }),
    objectTypes: [],
    partitions: [],
  },
  { connector: cloud, objectTypes: [], partitions: [] },
]);
if (isNew) {
  await run('full-import', 'ad');
  await run('full-import', 'cloud');
  await run('full-sync', null);
}
const engine = readingEngine(env);
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const references = Array.from({ length: 100 }, (_, i) => String(person((i * 37) % people, people).attributes.mail));
const explained = await timed(async () => {
  for (const r of references) await explain(engine, r);
});
const attribute = await timed(async () => {
  for (const r of references) await explain(engine, r, { attribute: 'title' });
});
const cpuSeconds = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};
let cpu = process.cpuUsage();
let start = performance.now();
const made = await makePlan(engine);
const plan = performance.now() - start;
const planCpu = cpuSeconds(cpu);
cpu = process.cpuUsage();
start = performance.now();
const facts = { staging: true, deletionThreshold: 500 };
const signal = new AbortController().signal;
const findings = await planFindings({ engine, store: engine.store, now: Date.now(), facts, signal }, made);
const findingsMs = performance.now() - start;
const findingsCpu = cpuSeconds(cpu);
console.error(
  `plan: ${made.connectors.flatMap((c) => c.prediction?.refusals ?? []).length} refusals, ${findings.length} findings`,
);

const title = `rules:
  - { name: Titles, direction: inbound, connector: ad, source: user, target: person, precedence: 1, flows: [{ target: title, expression: 'UCase([department])' }] }
`;
const filter = `rules:
  - { name: No sales, direction: inbound, connector: ad, source: user, target: person, precedence: 1, scope: [["department EQUAL Sales"]], flows: [{ target: cloudFiltered, expression: 'True' }] }
`;
const fork = async (files: readonly string[], threads: number) => {
  const result = await forkPopulation({
    what: 'rules',
    from: 'now',
    to: 'bench',
    store,
    file,
    job: { before: settings([]), after: settings(files), roles: new Map(), isSynchronized: true, now: Date.now() },
    deletionThreshold: 500,
    threads,
  });
  console.error(
    `fork: ${result.seconds} s, ${result.identities} identities, ${result.changedIdentities} changed, ${result.leaving.reduce((n, g) => n + g.count, 0)} leave, ${result.values.reduce((n, g) => n + g.count, 0)} values`,
  );
  return result.seconds;
};
report(`diagnosis: explain, plan, fork (${people} people, ${groups} groups)`, {
  'explain one object, ms': explained / references.length,
  'explain one attribute, ms': attribute / references.length,
  'plan of everything pending, s': plan / 1000,
  'plan, CPU s': planCpu,
  'causes of the plan, s': findingsMs / 1000,
  'causes of the plan, CPU s': findingsCpu,
  'fork, nothing differs, one thread, s': await fork([], 1),
  'fork, nothing differs, two threads, s': await fork([], 2),
  'fork, a value of everybody, two threads, s': await fork([title], 2),
  'fork, an eighth leaves, two threads, s': await fork([filter], 2),
  'memory, MB': process.memoryUsage().rss / 1e6,
});
store[Symbol.dispose]();
rmSync(directory, { recursive: true });
