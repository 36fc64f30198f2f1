/**
 * What each question costs the thread of the API, over a whole population with errors, pending deletes, a group of
 * everybody and a long history. `node bench/service.ts [people] [groups]`
 */
import { fork } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadConfiguration } from '../src/service/configuration/configuration.ts';
import { startService } from '../src/service/service.ts';
import { openStore } from '../src/store/store.ts';
import { baseDn, person } from './population.ts';
import { writePopulation } from './write-ldif.ts';

/** In the process that asks. */
async function hammer(): Promise<void> {
  process.on('message', async ({ url, token, requests }: { url: string; token: string; requests: number }) => {
    const times: number[] = [];
    let status = 0;
    let bytes = 0;
    for (let i = 0; i < requests; i++) {
      const began = performance.now();
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      bytes = (await response.arrayBuffer()).byteLength;
      times.push(performance.now() - began);
      status = response.status;
    }
    times.sort((a, b) => a - b);
    process.send?.({ status, bytes, median: times[Math.floor(times.length / 2)], worst: times.at(-1) });
  });
}
interface Asked {
  readonly status: number;
  readonly bytes: number;
  readonly median: number;
  readonly worst: number;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

async function main(): Promise<void> {
  const people = Number(process.argv[2] ?? 10_000);
  const groups = Number(process.argv[3] ?? people / 20);
  const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  const path = (name: string) => join(folder, name);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path('rules'));
  writePopulation(path('corp.ldif'), people, groups);
  appendFileSync(path('corp.ldif'), everybody(people));
  const tenantPort = await freePort();
  writeFileSync(path('secret'), 'the-secret-of-the-bench');
  writeFileSync(
    path('causeway.yaml'),
    JSON.stringify({
      connectors: [
        { name: 'corp', type: 'ldif', path: './corp.ldif' },
        {
          name: 'cloud',
          type: 'entra',
          url: `http://127.0.0.1:${tenantPort}`,
          tenantId: '11111111-2222-4333-8444-555555555555',
          clientId: '00000000-0000-4000-8000-000000000001',
          credential: { secret: { file: './secret' } },
        },
      ],
      rules: { outOfBox: true, directory: './rules' },
      scheduler: { enabled: false, staging: true },
      service: { listen: '127.0.0.1:0' },
      tenant: {
        listen: `127.0.0.1:${tenantPort}`,
        initialDomain: 'contoso.onmicrosoft.com',
        verifiedDomains: ['contoso.com'],
      },
    }),
  );
  const config = loadConfiguration(path('causeway.yaml'));
  const quiet = { progress: () => {}, log: () => {} };
  {
    await using service = await startService(config, quiet);
    const work = await service.cycle('initial');
    console.error(`cycle: ${work.state} in ${Math.round((work.endedAt ?? 0) - (work.startedAt ?? 0))} ms`);
  }
  const second = spoil(path('state/causeway.db'));
  await using service = await startService(config, quiet);
  service.context.pages.warm();
  service.context.reader.warm();
  const { token } = service.context;
  const asker = fork(import.meta.filename, ['ask'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ask = (url: string, requests: number) =>
    new Promise<Asked>((resolve) => {
      asker.once('message', (answer) => resolve(answer as Asked));
      asker.send({ url, token, requests });
    });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const rows: string[] = [];
  const worst: Record<string, number> = {};
  for (const p of paths(
    service.store.records.runs(1e9, 10).find((r) => r.profile === 'full-import')?.id ?? 1,
    second,
  )) {
    const url = `${service.url}/api/v1${p}`;
    const first = await ask(url, 1);
    delay.reset();
    const before = process.threadCpuUsage();
    const requests = first.worst > 500 ? 2 : 10;
    const asked = await ask(url, requests);
    const used = process.threadCpuUsage(before);
    const cpu = (used.user + used.system) / 1000 / requests;
    worst[p] = cpu;
    rows.push(
      `${cpu.toFixed(1).padStart(8)} ${(delay.max / 1e6).toFixed(0).padStart(7)} ${first.worst.toFixed(0).padStart(7)} ${asked.median.toFixed(0).padStart(7)} ${asked.bytes.toString().padStart(9)} ${asked.status} ${p}`,
    );
  }
  console.log(
    `${'cpu ms'.padStart(8)} ${'delay'.padStart(7)} ${'first'.padStart(7)} ${'median'.padStart(7)}     bytes\n${rows.join('\n')}`,
  );
  const [slowest, ms] = Object.entries(worst).sort((a, b) => b[1] - a[1])[0]!;
  console.log(
    `BENCH ${JSON.stringify({ name: `API thread, ${people} people`, slowest, 'ms of the API thread for one request at most': Math.round(ms) })}`,
  );
  asker.kill();
}

/** A group that everybody is in. */
function everybody(people: number): string {
  const members = Array.from({ length: people }, (_, i) => `member: ${person(i, people).dn}\n`).join('');
  return `\ndn: CN=Everybody,OU=Groups,${baseDn}
objectClass: top
objectClass: group
objectGUID:: ${Buffer.from('cafe'.repeat(8), 'hex').toString('base64')}
sAMAccountName: everybody
cn: Everybody
displayName: Everybody
groupType: -2147483646
${members}`;
}

/** Errors for every twentieth object, deletes for every second one, and an object with a long history. */
function spoil(file: string): number {
  using store = openStore(file);
  const cloud = store.records.connectors().find((c) => c.name === 'cloud')?.id ?? 0;
  const rows = store.db.prepare('SELECT id FROM cs_object WHERE connector = ? ORDER BY id').all(cloud) as {
    id: number;
  }[];
  const [run] = store.records.runs(Number.MAX_SAFE_INTEGER, 1);
  store.transaction(() => {
    store.db.prepare("UPDATE cs_export SET operation = 'delete' WHERE connector = ? AND cs % 2 = 0").run(cloud);
    const detail = JSON.stringify({ message: 'It is refused.', severity: 'error' });
    const add = store.db.prepare(
      "INSERT INTO object_error(cs, phase, code, run, first_seen, last_seen, count, detail) VALUES (?, 'export', ?, ?, 1, ?, 1, ?)",
    );
    rows.forEach(({ id }, i) => {
      if (i % 20 === 0) add.run(id, 'AttributeValueMustBeUnique', run?.id ?? 1, 1000 + i, detail);
    });
    for (let i = 0; i < 5000; i++)
      store.records.journal(
        i,
        run?.id ?? null,
        'exported',
        rows[1]?.id ?? null,
        null,
        '{"changes":{"title":{"before":"a","after":"b"}}}',
      );
  });
  return rows[1]?.id ?? 0;
}

const encoded = encodeURIComponent;
const paths = (run: number, second: number): string[] => [
  '/session',
  '/status',
  '/work',
  '/runs?limit=200',
  `/runs/${run}`,
  `/runs/${run}/objects?counter=stage-add&limit=200`,
  '/charts/runs',
  '/errors?limit=200',
  '/errors?limit=200&code=AttributeValueMustBeUnique&connector=cloud',
  '/errors/summary',
  '/objects?space=mv&limit=200',
  '/objects?space=cs&limit=200',
  '/objects?space=cs&scope=pending-export&limit=200',
  '/objects?space=cs&scope=errors&limit=200',
  '/objects?space=cs&scope=disconnected&limit=200',
  '/objects?space=cs&scope=pending-import&limit=200',
  '/objects?space=cs&type=group&connector=corp&limit=200',
  `/objects?q=${encoded('Ana')}&limit=200`,
  `/objects?q=${encoded('zzz nobody')}`,
  `/identities?q=${encoded('Ana')}&limit=200`,
  '/identities?limit=200',
  `/identities?q=${encoded('nobody at all')}`,
  '/objects/mv:500',
  '/objects/mv:500/history',
  '/objects/everybody',
  `/explain?reference=everybody`,
  '/objects/everybody/lineage',
  `/objects/cs:${second}/history`,
  '/counts',
  '/plan/cloud',
  '/plan/cloud/exports?limit=200',
  '/plan/cloud/exports?limit=200&operation=delete&type=group',
  '/plan/cloud/deletes',
  '/rules',
  '/rule-files',
  '/lint',
  '/configuration',
  '/configuration/versions?limit=200',
  '/audit?limit=200',
  '/audit/chain',
  '/alerts?state=all&limit=200',
  '/findings?state=all&limit=200',
  '/metrics',
  '/passwords',
  `/explain?reference=${encoded('mv:500')}`,
  '/objects/mv:500/lineage',
  '/objects/mv:500/preview',
  `/tenant/graph?path=${encoded('/v1.0/users?$top=200')}`,
  '/diagnosis',
];

if (process.argv[2] === 'ask') await hammer();
else await main();
