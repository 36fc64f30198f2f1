import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDirectory } from '../../test/support/temp.ts';
import { acquireLease, leaseHeartbeat, leaseHolder, leaseMs } from './lease.ts';

test('one holder at a time; the next epoch is higher', async () => {
  await using folder = tempDirectory('lease');
  const first = acquireLease(folder.path, 'sync');
  assert.throws(() => acquireLease(folder.path, 'service'), { code: 'engine-already-running' });
  first[Symbol.dispose]();
  using second = acquireLease(folder.path, 'service');
  assert.equal(second.holder.epoch, first.holder.epoch + 1);
  assert.throws(() => first.assert(), { code: 'lease-over' });
});

test('the note says who and where, for its owner alone, and goes with the lease', async () => {
  await using folder = tempDirectory('lease');
  const note = join(folder.path, 'engine.json');
  {
    using lease = acquireLease(folder.path, 'service');
    assert.equal(leaseHolder(folder.path)?.url, undefined);
    lease.announce('http://127.0.0.1:1');
    assert.equal(leaseHolder(folder.path)?.url, 'http://127.0.0.1:1');
    assert.equal(statSync(note).mode & 0o077, 0);
  }
  assert.equal(existsSync(note), false);
});

test('a process that stood still for too long may not write, even if it goes on', async () => {
  await using folder = tempDirectory('lease');
  let now = 0;
  using lease = acquireLease(folder.path, 'service', { now: () => now });
  now = leaseMs;
  lease.renew();
  now = 2 * leaseMs;
  lease.assert();
  now = 3 * leaseMs + 1;
  lease.renew();
  assert.throws(() => lease.assert(), { code: 'lease-over' });
  now = 0;
  assert.throws(() => lease.assert(), { code: 'lease-over' });
});

test('others see when the holder was last heard of', async () => {
  await using folder = tempDirectory('lease');
  assert.equal(leaseHeartbeat(folder.path), undefined);
  let now = 1_000_000_000_000;
  using lease = acquireLease(folder.path, 'service', { now: () => now });
  now += 30_000;
  lease.renew();
  assert.equal(leaseHeartbeat(folder.path), now);
});

test('a note that was cut off says nothing', async () => {
  await using folder = tempDirectory('lease');
  writeFileSync(join(folder.path, 'engine.json'), '{"pid":');
  assert.equal(leaseHolder(folder.path), undefined);
});
