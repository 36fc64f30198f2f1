/** A backup taken while things go on, and going back to it after the state was lost. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startTenantThread, type TenantThread } from '../../src/service/tenant-thread.ts';
import { createWorld, ldifOf, type World } from '../service/world.ts';
import { causeway } from './command.ts';

let world: World;
let tenant: TenantThread | undefined;
const run = (...args: string[]) => causeway(['--config', world.configFile, ...args]);
const good = async (...args: string[]) => {
  const ended = await run(...args);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.out}${ended.err}`);
  return ended;
};
const usersInCloud = async (): Promise<number> =>
  (await good('--json', 'search', 'cs', '--connector', 'cloud')).json<{ items: unknown[] }>().items.length;

type Cycle = { runs: { counters: Record<string, number> }[] };

before(async () => {
  world = await createWorld({ users: 3 });
  tenant = await startTenantThread(world.configFile);
});
after(async () => {
  await tenant?.close();
  await world?.[Symbol.asyncDispose]();
});

const loseState = (): void => {
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(world.folder.path, 'state', `causeway.db${suffix}`), { force: true });
};

test('without a state there is nothing to copy, and nothing is written over', async () => {
  const file = world.path('early.db');
  const early = await run('backup', file);
  assert.equal(early.code, 1);
  assert.match(early.err, /Nothing was synchronized yet/);
  assert.ok(!existsSync(file));
  await good('sync', '--policy', 'initial');
  writeFileSync(file, 'something of value');
  const second = await run('backup', file);
  assert.match(second.err, /is there already/);
  assert.equal(readFileSync(file, 'utf8'), 'something of value');
  assert.match((await run('backup', join(world.folder.path, 'nowhere', 'x.db'))).err, /no folder/);
});

test('what happened after the backup is found again when one goes back to it, and nobody is doubled', async () => {
  const file = world.path('state-of-monday.db');
  await good('backup', file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const before = await usersInCloud();
  world.write('corp.ldif', ldifOf(5));
  await good('sync');
  assert.equal(await usersInCloud(), before + 2);

  loseState();
  await copyFile(file, join(world.folder.path, 'state', 'causeway.db'));
  await good('sync', '--policy', 'initial');
  assert.equal(await usersInCloud(), before + 2, 'the two of after the backup were met again, not made twice');
  const settled = (await good('--json', 'sync')).json<Cycle>();
  assert.deepEqual(
    settled.runs.map((r) => r.counters).filter((c) => Object.keys(c).length > 0),
    [],
  );
  await good('check');
});

test('without any backup everybody is met again through the source anchor, and nothing changes in the cloud', async () => {
  const before = await usersInCloud();
  loseState();
  const cycle = (await good('--json', 'sync', '--policy', 'initial')).json<Cycle>();
  const written = cycle.runs.flatMap((r) => Object.keys(r.counters).filter((name) => name.startsWith('export-')));
  assert.deepEqual(written, []);
  assert.equal(await usersInCloud(), before);
});
