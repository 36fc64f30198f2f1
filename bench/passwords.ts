/**
 * How fast password hashes are transformed, against OpenSSL's PBKDF2 on the same cores in the same run, and what a full
 * synchronization costs beyond that.
 *
 *     node bench/passwords.ts [users in a Samba domain; default 2000, 0 leaves that part out]
 */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { openReplication } from '../src/connectors/active-directory/replication/client.ts';
import { PasswordChannel } from '../src/passwords/channel.ts';
import type { CredentialTarget } from '../src/passwords/contract.ts';
import { createMemoryStore } from '../src/passwords/memory-store.ts';
import { createProcessSource } from '../src/passwords/process-source.ts';
import { iterations, saltSize, transformHashes } from '../src/passwords/transformation.ts';
import { RIGHTS, type Samba, startSamba } from '../test/support/samba.ts';

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

async function fullSynchronization(users: number): Promise<void> {
  await using samba = await startSamba({ realm: 'PHS.EXAMPLE.COM', domain: 'PHS' });
  await samba.createAccount(replicator.user, replicator.password);
  await samba.grant(RIGHTS.replicatingDirectoryChanges, replicator.user);
  await samba.grant(RIGHTS.replicatingDirectoryChangesAll, replicator.user);
  await samba.addUsers(Array.from({ length: users }, (_, i) => ({ name: `user${i}`, password: `Passw0rd.${i}!` })));
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
  let received = 0;
  const target: CredentialTarget = {
    endpoint: 'memory',
    send: async ({ credentials }) => {
      received += credentials.length;
      return { results: credentials.map(({ sourceAnchor }) => ({ sourceAnchor, resultCode: 'Success' as const })) };
    },
  };
  const channel = new PasswordChannel({
    connector: 'bench',
    domains: [
      {
        namingContext: samba.baseDn,
        servers: [samba.address],
        open: (server, signal) => source.open(server, samba.baseDn, signal),
      },
    ],
    target,
    eligible: (guids) => new Map(guids.map((g) => [g, { eligible: true as const, sourceAnchor: g }])),
    settings: () => ({ enabled: true, staging: false, ready: true }),
    store: createMemoryStore(),
    onEvent: () => undefined,
  });
  const { errors } = await channel.cycle();
  await source.close();
  if (errors.length > 0 || received < users)
    throw new Error(`only ${received} passwords arrived: ${JSON.stringify(errors)}`);
}

if (isMainThread) {
  await transformation();
  const users = Number(process.argv[2] ?? 2000);
  if (users > 0) await fullSynchronization(users);
} else {
  parentPort!.on('message', (n: number) => {
    rawLoop(n);
    parentPort!.postMessage('done');
  });
}
