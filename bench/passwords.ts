/**
 * How fast password hashes are transformed, against OpenSSL's PBKDF2 on the same cores in the same run, and what a full
 * synchronization costs beyond that: from a domain controller that costs little, and from Samba on the same cores.
 *
 *     node bench/passwords.ts [users in a Samba domain; default 0, which leaves that part out]
 */
import { fork } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { openReplication } from '../src/connectors/active-directory/replication/client.ts';
import { PasswordChannel } from '../src/passwords/channel.ts';
import type { CredentialTarget } from '../src/passwords/contract.ts';
import { createMemoryStore } from '../src/passwords/memory-store.ts';
import { createProcessSource, type ReplicationProcessSource } from '../src/passwords/process-source.ts';
import { iterations, saltSize, transformHashes } from '../src/passwords/transformation.ts';
import { RIGHTS, type Samba, type SambaObject, startSamba, userObject } from '../test/support/samba.ts';

const count = 10_000;
const rounds = 5;
const cores = availableParallelism();
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const perSecond = async (work: () => Promise<unknown>, n = count): Promise<number> => {
  const start = performance.now();
  await work();
  return (n / (performance.now() - start)) * 1000;
};

/** The floor: one thread a core that does nothing but call OpenSSL. */
function rawLoop(n: number): void {
  const password = randomBytes(64);
  for (let i = 0; i < n; i++) pbkdf2Sync(password, randomBytes(saltSize), iterations, 32, 'sha256');
}

async function transformation(): Promise<void> {
  const hashes = Array.from({ length: count }, () => randomBytes(16));
  const workers = Array.from({ length: cores }, () => new Worker(new URL(import.meta.url)));
  const ask = (worker: Worker, n: number): Promise<unknown> =>
    new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage(n);
    });
  const raw = () => Promise.all(workers.map((worker) => ask(worker, count / cores)));
  await raw();
  await transformHashes(hashes);
  const ours: number[] = [];
  const floor: number[] = [];
  for (let i = 0; i < rounds; i++) {
    floor.push(await perSecond(raw));
    ours.push(await perSecond(() => transformHashes(hashes)));
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  const ratio = median(ours) / median(floor);
  console.log(
    `transformation: ${median(ours).toFixed(0)}/s, OpenSSL on ${cores} threads: ${median(floor).toFixed(0)}/s, ratio ${ratio.toFixed(2)} (budget 0.90)`,
  );
  if (ratio < 0.9) process.exitCode = 1;
}

const replicator = { user: 'svc-phs', password: 'Repl!cate.2026' };

function* population(baseDn: string, users: number): Generator<SambaObject[]> {
  for (let at = 0; at < users; at += 2000) {
    const size = Math.min(2000, users - at);
    yield Array.from({ length: size }, (_, n) =>
      userObject({ name: `user${at + n}`, password: `Passw0rd.${at + n}!` }, baseDn),
    );
  }
}

async function fullSynchronization(users: number): Promise<void> {
  await using samba = await startSamba({
    realm: 'PHS.EXAMPLE.COM',
    domain: 'PHS',
    population: { key: `passwords ${users}`, objects: (baseDn) => population(baseDn, users) },
  });
  await samba.createAccount(replicator.user, replicator.password);
  await samba.grant(RIGHTS.replicatingDirectoryChanges, replicator.user);
  await samba.grant(RIGHTS.replicatingDirectoryChangesAll, replicator.user);
  const hashes = Array.from({ length: users }, () => randomBytes(16));
  const times = { replication: [] as number[], transformation: [] as number[], synchronization: [] as number[] };
  const timed = async (list: number[], work: () => Promise<unknown>): Promise<void> => {
    const start = performance.now();
    await work();
    list.push(performance.now() - start);
  };
  for (let i = 0; i < 3; i++) {
    await timed(times.replication, () => replicate(samba));
    await timed(times.transformation, () => transformHashes(hashes));
    await timed(times.synchronization, () => synchronize(samba, users));
  }
  for (const [name, list] of Object.entries(times)) {
    console.log(
      `${name} of ${users} users: ${median(list).toFixed(0)} ms, ${((users / median(list)) * 1000).toFixed(0)}/s`,
    );
  }
}

async function replicate(samba: Samba): Promise<void> {
  const replication = await openReplication({ host: samba.address, domain: samba.domain, ...replicator });
  for await (const _ of replication.changes(samba.baseDn)) {
    // Reading is what is measured.
  }
  replication.close();
}

async function synchronize(samba: Samba, users: number): Promise<void> {
  const source = createProcessSource({ credential: () => ({ domain: samba.domain, ...replicator }) });
  await fullCycle(source, samba.address, samba.baseDn, users, 0);
  await source.close();
}

/** One full cycle into a cloud that answers every batch after so many milliseconds. */
async function fullCycle(
  source: ReplicationProcessSource,
  server: string,
  namingContext: string,
  users: number,
  latencyMs: number,
): Promise<void> {
  let received = 0;
  const target: CredentialTarget = {
    endpoint: 'memory',
    send: async ({ credentials }) => {
      if (latencyMs > 0) await delay(latencyMs);
      received += credentials.length;
      return { results: credentials.map(({ sourceAnchor }) => ({ sourceAnchor, resultCode: 'Success' as const })) };
    },
  };
  const channel = new PasswordChannel({
    connector: 'bench',
    domains: [{ namingContext, servers: [server], open: (host, signal) => source.open(host, namingContext, signal) }],
    target,
    eligible: (guids) => new Map(guids.map((g) => [g, { eligible: true as const, sourceAnchor: g }])),
    settings: () => ({ enabled: true, staging: false, ready: true }),
    store: createMemoryStore(),
    onEvent: () => undefined,
  });
  const { errors } = await channel.cycle();
  if (errors.length > 0 || received < users)
    throw new Error(`only ${received} passwords arrived: ${JSON.stringify(errors)}`);
}

/** Milliseconds of processor time that a process has used (Linux; the kernel counts in hundredths of a second). */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The controller is a process that has its accounts ready, so that the client and not the directory is measured. */
async function fromAfar(users: number): Promise<void> {
  const dc = fork(new URL('./passwords-dc.ts', import.meta.url), [String(users)]);
  const port = await new Promise<number>((resolve) => {
    dc.once('message', (message) => resolve((message as { port: number }).port));
  });
  const credential = { domain: '', user: 'bench', password: 'secret' };
  const source = createProcessSource({ credential: () => credential, settings: { port } });
  const namingContext = 'DC=corp,DC=example,DC=com';
  const hashes = Array.from({ length: users }, () => randomBytes(16));
  const times = { transformation: [] as number[], cycle: [] as number[], distant: [] as number[] };
  const shares = { replication: [] as number[], channel: [] as number[], transformation: [] as number[] };
  const timed = async (list: number[], work: () => Promise<unknown>): Promise<void> => {
    const start = performance.now();
    await work();
    list.push(performance.now() - start);
  };
  const ownMs = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  await fullCycle(source, '127.0.0.1', namingContext, users, 0);
  for (let i = 0; i < rounds; i++) {
    const idle = ownMs();
    await timed(times.transformation, () => transformHashes(hashes));
    shares.transformation.push(ownMs() - idle);
    const before = { own: ownMs(), replication: processorMs(source.pid!) };
    await timed(times.cycle, () => fullCycle(source, '127.0.0.1', namingContext, users, 0));
    shares.channel.push(ownMs() - before.own);
    shares.replication.push(processorMs(source.pid!) - before.replication);
    await timed(times.distant, () => fullCycle(source, '127.0.0.1', namingContext, users, 30));
  }
  await source.close();
  dc.disconnect();
  const [transformation, cycle, distant] = [times.transformation, times.cycle, times.distant].map(median);
  const used = median(shares.replication) + median(shares.channel);
  console.log(
    `full cycle of ${users} users: ${cycle!.toFixed(0)} ms, ${distant!.toFixed(0)} ms with a cloud 30 ms away; transformation alone ${transformation!.toFixed(0)} ms, ratio ${(transformation! / cycle!).toFixed(2)}`,
  );
  console.log(
    `processor time of the cycle: ${used.toFixed(0)} ms, of which the transformation ${((100 * median(shares.transformation)) / used).toFixed(0)} %`,
  );
}

if (isMainThread) {
  await transformation();
  await fromAfar(count);
  const users = Number(process.argv[2] ?? 0);
  if (users > 0) await fullSynchronization(users);
} else {
  parentPort!.on('message', (n: number) => {
    rawLoop(n);
    parentPort!.postMessage('done');
  });
}
