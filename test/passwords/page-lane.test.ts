/** Pages overlap, and still: written in turn, no watermark over a gap, one user in one page at a time, every page released. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PasswordAccount, PasswordPage } from '../../src/passwords/contract.ts';
import { PageLane } from '../../src/passwords/page-lane.ts';
import { createWorld, dcLost, namingContext } from './fake-world.ts';

const namesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `user${String(i).padStart(3, '0')}`);

test('while one page uploads the next one does, too', async () => {
  const world = createWorld();
  world.directory.pageSize = 10;
  for (const name of namesOf(30)) world.directory.set(name, name);
  let travelling = 0;
  let most = 0;
  world.cloud.before = async ({ credentials }) => {
    if (credentials.length === 0) return;
    most = Math.max(most, ++travelling);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    travelling--;
  };
  assert.deepEqual(await world.channel.cycle(), { errors: [] });
  assert.equal(most, 2);
  assert.equal(world.cloud.passwords.size, 30);
  assert.equal(world.directory.released, 3);
});

test('a page that fails leaves its watermark behind, although the page after it arrived', async () => {
  const world = createWorld();
  world.directory.pageSize = 10;
  for (const name of namesOf(40)) world.directory.set(name, name);
  const [first] = namesOf(1);
  const { promise: second, resolve: arrived } = Promise.withResolvers<void>();
  world.cloud.before = async ({ credentials }) => {
    if (credentials.some((c) => c.sourceAnchor === first)) {
      await second;
      throw new Error('the line broke');
    }
    if (credentials.length > 0) arrived();
  };
  const { errors } = await world.channel.cycle();
  assert.equal(errors[0]!.code, 'password-sync-cloud-failure');
  assert.equal((await world.store.readDomain('corp', namingContext)).watermark, undefined);
  assert.equal(world.cloud.passwords.has('user010'), true);
  assert.equal(world.cloud.passwords.has('user030'), false, 'work went on beyond the failure');
  world.cloud.before = () => undefined;
  assert.deepEqual(await world.channel.cycle(), { errors: [] });
  assert.equal(world.cloud.passwords.size, 40);
});

test('a domain controller that is lost while a page travels: the page is finished and kept', async () => {
  const world = createWorld();
  world.directory.pageSize = 10;
  for (const name of namesOf(30)) world.directory.set(name, name);
  world.directory.beforePage = (page) => {
    if (page === 2) throw dcLost();
  };
  const { errors } = await world.channel.cycle();
  assert.equal(errors[0]!.code, 'password-sync-dc-failure');
  assert.equal(world.cloud.passwords.size, 20);
  assert.equal((await world.store.readDomain('corp', namingContext)).watermark, '20');
  assert.equal(world.directory.released, 2);
});

const page = (released: string[], name: string, ...guids: string[]): PasswordPage => ({
  accounts: guids.map(
    (objectGuid): PasswordAccount => ({
      objectGuid,
      dn: `CN=${objectGuid}`,
      deleted: false,
      password: 'present',
    }),
  ),
  watermark: name,
  more: false,
  estimatedTotal: 0,
  transform: async () => [],
  release: () => void released.push(name),
});

test('a user who is in two pages is worked on twice, one after the other', async () => {
  const lane = new PageLane();
  const released: string[] = [];
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  await lane.add(page(released, '1', 'ana', 'bob'), async () => {
    await gate.promise;
    log.push('1 done');
  });
  const second = lane.add(page(released, '2', 'bob'), async () => void log.push('2 begun'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(log, []);
  gate.resolve();
  await second;
  for await (const _ of lane.guard((async function* () {})())) assert.fail('there are no pages');
  assert.deepEqual(log, ['1 done', '2 begun']);
  assert.deepEqual(released, ['1', '2']);
});

test('after a failure nothing begins, everything is waited for, and every page is released', async () => {
  const lane = new PageLane();
  const released: string[] = [];
  await lane.add(page(released, '1', 'a'), () => Promise.reject(new Error('first')));
  await lane.add(page(released, '2', 'b'), async (before) => {
    await assert.rejects(before);
  });
  const begun = { third: false };
  await assert.rejects(
    lane.add(page(released, '3', 'c'), async () => {
      begun.third = true;
    }),
    { message: 'first' },
  );
  assert.equal(begun.third, false);
  assert.deepEqual(released.sort(), ['1', '2', '3']);
});
