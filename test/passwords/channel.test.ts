import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplicationError } from '../../src/connectors/active-directory/replication/errors.ts';
import type { Eligibility } from '../../src/passwords/contract.ts';
import { createWorld, dcLost, FakeDirectory, minute, namingContext } from './fake-world.ts';

test('the first cycle sends everybody in batches of 50, the second nothing', async () => {
  const world = createWorld();
  for (let i = 0; i < 120; i++) world.directory.set(`u${i}`, `secret ${i}`);
  assert.deepEqual(await world.channel.cycle(), { errors: [] });
  assert.deepEqual(world.cloud.batches.toSorted(), [20, 50, 50]);
  assert.equal(world.cloud.hashOf('u119'), 'hash of secret 119');
  assert.deepEqual([...new Set(world.ids())].sort(), [618, 619, 622, 650, 651, 653, 654, 656, 657]);
  await world.channel.cycle();
  assert.equal(world.cloud.batches.length, 3);
  assert.equal(world.directory.released, 2);
});

test('a changed password is sent, other changes are not', async () => {
  const world = createWorld();
  world.directory.set('ana', 'one');
  world.directory.set('bo', 'two');
  await world.channel.cycle();
  world.directory.set('ana', 'three');
  world.directory.touch('bo');
  await world.channel.cycle();
  assert.deepEqual(world.cloud.batches, [2, 1]);
  assert.equal(world.cloud.hashOf('ana'), 'hash of three');
});

test('a credential carries anchors, the instant of the change and the demand to change it', async () => {
  const world = createWorld();
  world.eligibility.set('ana', { eligible: true, sourceAnchor: 'SA', cloudAnchor: 'User_1' });
  world.directory.set('ana', 'one', { mustChange: true, changedAt: Date.UTC(2026, 0, 2) });
  await world.channel.cycle();
  assert.deepEqual(world.cloud.passwords.get('SA'), {
    sourceAnchor: 'SA',
    cloudAnchor: 'User_1',
    hash: 'hash of one',
    changedAt: '2026-01-02T00:00:00.000Z',
    forceChangeOnLogon: true,
  });
});

test('must change at next logon: filtered while the feature is off, sent when it is on, sent when the mark is taken away', async () => {
  const world = createWorld();
  let feature = false;
  world.cloud.refuse = (c) => (c.forceChangeOnLogon && !feature ? 'ForcePasswordChangeNotEnabled' : undefined);
  world.directory.set('ana', 'one', { mustChange: true });
  world.directory.set('bo', 'two', { mustChange: true });
  await world.channel.cycle();
  const [result] = await world.channel.history('ana');
  assert.deepEqual([result!.status, result!.reason], ['FilteredByTarget', 'must-change-at-next-logon']);
  assert.ok(world.ids().includes(605));
  world.directory.demandChange('bo', false);
  await world.channel.cycle();
  assert.equal(world.cloud.hashOf('bo'), 'hash of two');
  assert.ok(world.ids().includes(668) && world.ids().includes(606));
  feature = true;
  world.now += 31 * minute;
  await world.channel.cycle();
  assert.equal(world.cloud.passwords.get('ana')?.forceChangeOnLogon, true);
});

test('a user that is not in the cloud yet waits, visibly, and is sent as soon as it is there', async () => {
  const world = createWorld();
  const no: Eligibility = { eligible: false, status: 'TargetNotExportedToDirectory', reason: 'not-exported' };
  world.eligibility.set('ana', no);
  world.directory.set('ana', 'one', { userAccountControl: 512 });
  await world.channel.cycle();
  await world.channel.cycle();
  const status = await world.channel.status();
  assert.equal(status.domains[0]!.queue.waiting, 1);
  assert.deepEqual(
    (await world.channel.history('ana')).map((r) => [r.status, r.reason]),
    [['TargetNotExportedToDirectory', 'not-exported']],
  );
  world.eligibility.delete('ana');
  await world.channel.cycle();
  assert.equal(world.cloud.hashOf('ana'), 'hash of one');
  assert.equal((await world.channel.status()).domains[0]!.queue.waiting, 0);
});

test('with a generation, waiting users are asked about only when it changes', async () => {
  const world = createWorld();
  world.settings = { ...world.settings, generation: 1 };
  world.eligibility.set('ana', { eligible: false, status: 'NoTargetConnection', reason: 'not-in-scope' });
  world.directory.set('ana', 'one', { userAccountControl: 512 });
  await world.channel.cycle();
  world.eligibility.delete('ana');
  await world.channel.cycle();
  assert.equal(world.cloud.hashOf('ana'), undefined);
  world.settings = { ...world.settings, generation: 2 };
  await world.channel.cycle();
  assert.equal(world.cloud.hashOf('ana'), 'hash of one');
});

test('a refused user is tried again after a pause with the password of then, and nobody else is held up', async () => {
  const world = createWorld();
  world.cloud.refuse = (c) => (c.sourceAnchor === 'ana' ? 'InternalError' : undefined);
  world.directory.set('ana', 'one');
  world.directory.set('bo', 'two');
  await world.channel.cycle();
  assert.equal(world.cloud.hashOf('bo'), 'hash of two');
  await world.channel.cycle();
  assert.equal(world.directory.singles, 0);
  world.cloud.refuse = () => undefined;
  world.now += minute;
  await world.channel.cycle();
  assert.equal(world.cloud.hashOf('ana'), 'hash of one');
  const history = await world.channel.history('ana');
  assert.deepEqual(
    history.map((r) => r.status),
    ['Success', 'Error'],
  );
  assert.deepEqual(history[1]!.errorCode, 'InternalError');
});

test('a newer change overtakes the entry in the queue', async () => {
  const world = createWorld();
  world.cloud.refuse = () => 'InternalError';
  world.directory.set('ana', 'one');
  await world.channel.cycle();
  world.cloud.refuse = () => undefined;
  world.directory.set('ana', 'two');
  await world.channel.cycle();
  assert.equal(world.cloud.hashOf('ana'), 'hash of two');
  assert.deepEqual((await world.channel.status()).domains[0]!.queue, { waiting: 0, retry: 0, requested: 0 });
});

test('when the cloud fails nothing is lost: the same changes come again', async () => {
  const world = createWorld();
  for (let i = 0; i < 60; i++) world.directory.set(`u${i}`, `secret ${i}`);
  world.cloud.before = () => {
    throw new Error('socket hang up');
  };
  const { errors } = await world.channel.cycle();
  assert.deepEqual([...new Set(errors.map((e) => e.code))], ['password-sync-cloud-failure']);
  assert.ok(world.ids().includes(652) && world.ids().includes(655) && world.ids().includes(621));
  assert.match((await world.channel.status()).lastError!.message, /cloud: socket hang up/);
  world.cloud.before = () => undefined;
  world.now += minute;
  await world.channel.cycle();
  assert.equal(world.cloud.passwords.size, 60);
  assert.equal((await world.channel.status()).lastError, undefined);
});

test('users of a batch that got through are on record although the next batch failed', async () => {
  const world = createWorld();
  for (let i = 0; i < 300; i++) world.directory.set(`u${String(i).padStart(3, '0')}`, 'x');
  world.cloud.before = ({ credentials }) => {
    if (credentials.some((c) => c.sourceAnchor === 'u299')) throw new Error('gone');
  };
  await world.channel.cycle();
  assert.equal((await world.channel.history('u000'))[0]?.status, 'Success');
  assert.deepEqual(await world.channel.history('u299'), []);
  assert.equal((await world.store.readDomain('corp', namingContext)).watermark, undefined);
});

test('an answer that names other users is not believed', async () => {
  const world = createWorld();
  world.directory.set('ana', 'one');
  world.cloud.send = async () => ({ results: [{ sourceAnchor: 'eve', resultCode: 'Success' }] });
  const { errors } = await world.channel.cycle();
  assert.match(errors[0]!.message, /does not name the same users/);
});

test('switched off in the tenant stops the channel under its own code', async () => {
  const world = createWorld();
  world.directory.set('ana', 'one');
  world.cloud.refuse = () => 'PasswordSyncNotActivated';
  const { errors } = await world.channel.cycle();
  assert.deepEqual(
    errors.map((e) => e.code),
    ['password-sync-disabled'],
  );
  assert.deepEqual(await world.channel.history('ana'), []);
});

test('a domain controller that goes away in the middle costs what it had not delivered, no more', async () => {
  const world = createWorld();
  world.directory.pageSize = 10;
  for (let i = 0; i < 30; i++) world.directory.set(`u${i}`, `secret ${i}`);
  world.directory.beforePage = (page) => {
    if (page === 2) throw dcLost();
  };
  const { errors } = await world.channel.cycle();
  assert.deepEqual([errors[0]!.code, errors[0]!.reason], ['password-sync-dc-failure', 'connection-lost']);
  assert.equal(world.cloud.passwords.size, 20);
  assert.ok(world.ids().includes(611));
  world.directory.beforePage = () => undefined;
  await world.channel.cycle();
  assert.deepEqual(world.cloud.batches, [10, 10, 10]);
  const [domain] = (await world.channel.status()).domains;
  assert.equal(domain!.lastError, undefined);
  assert.equal(domain!.fullInProgress, false);
});

test('the next domain controller goes on where the first one ended', async () => {
  const directory = new FakeDirectory();
  directory.pageSize = 10;
  for (let i = 0; i < 20; i++) directory.set(`u${i}`, `secret ${i}`);
  let failing = true;
  directory.beforePage = (page) => {
    if (failing && page === 1) {
      failing = false;
      throw dcLost();
    }
  };
  const servers: string[] = [];
  const open = (server: string) => {
    servers.push(server);
    return directory.open();
  };
  const world = createWorld({ domains: [{ namingContext, servers: ['dc1', 'dc2'], open }] });
  assert.deepEqual(await world.channel.cycle(), { errors: [] });
  assert.deepEqual(servers, ['dc1', 'dc2']);
  assert.deepEqual(world.cloud.batches, [10, 10]);
  assert.ok(world.ids().includes(616));
});

test('a missing right is no reason to ask the next domain controller', async () => {
  let opened = 0;
  const open = async () => {
    opened++;
    throw new ReplicationError('ad-permission-missing', 'No right.', {
      endpoint: 'dc1',
      retry: 'later',
      remedy: 'Grant it.',
    });
  };
  const world = createWorld({ domains: [{ namingContext, servers: ['dc1', 'dc2'], open }] });
  const { errors } = await world.channel.cycle();
  assert.deepEqual([opened, errors[0]!.code, errors[0]!.remedy], [1, 'password-sync-permission', 'Grant it.']);
});

test('one domain that fails leaves the other alone', async () => {
  const good = new FakeDirectory();
  good.set('ana', 'one');
  const world = createWorld({
    domains: [
      { namingContext: 'DC=bad', servers: [], open: () => good.open() },
      { namingContext, servers: ['dc1'], open: () => good.open() },
    ],
  });
  const { errors } = await world.channel.cycle();
  assert.match(errors[0]!.message, /No domain controller is known for DC=bad/);
  assert.equal(world.cloud.hashOf('ana'), 'hash of one');
});

test('deleted users are forgotten, moved ones kept', async () => {
  const world = createWorld();
  world.eligibility.set('ana', { eligible: false, status: 'NoTargetConnection', reason: 'not-in-scope' });
  world.directory.set('ana', 'one', { userAccountControl: 512 });
  world.directory.set('bo', 'two');
  await world.channel.cycle();
  world.directory.remove('ana');
  await world.channel.cycle();
  assert.equal((await world.channel.status()).domains[0]!.queue.waiting, 0);
  world.directory.touch('bo');
  await world.channel.cycle();
  assert.equal(world.cloud.hashOf('bo'), 'hash of two');
});

test('protected accounts: holders of cloud roles by default, adminCount on demand', async () => {
  const world = createWorld();
  world.settings = { ...world.settings, excludeAdminCount: true };
  world.eligibility.set('boss', { eligible: true, sourceAnchor: 'boss', cloudAdministrator: true });
  world.directory.set('boss', 'one', { adminCount: 0 });
  world.directory.set('root', 'two', { adminCount: 1 });
  world.directory.set('ana', 'three', { adminCount: 0 });
  await world.channel.cycle();
  assert.deepEqual([...world.cloud.passwords.keys()], ['ana']);
  assert.equal((await world.channel.history('boss'))[0]!.reason, 'protected-cloud-role');
  assert.equal((await world.channel.history('root'))[0]!.reason, 'protected-admin-count');
});
