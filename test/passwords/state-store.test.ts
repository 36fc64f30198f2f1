/** One contract, two stores: in memory and in SQLite. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PasswordStateStore, QueuedUser, UserResult } from '../../src/passwords/contract.ts';
import { createMemoryStore } from '../../src/passwords/memory-store.ts';
import { createSqlStore } from '../../src/passwords/sql-store.ts';
import { openStore } from '../../src/store/store.ts';
import { tempDirectory } from '../support/temp.ts';

const nc = 'DC=corp,DC=example,DC=com';
const queued = (objectGuid: string, more: Partial<QueuedUser> = {}): QueuedUser => ({
  objectGuid,
  dn: `CN=${objectGuid},${nc}`,
  kind: 'retry',
  status: 'Error',
  reason: 'refused-by-cloud',
  attempt: 1,
  nextAttemptAt: 100,
  ...more,
});
const result = (objectGuid: string, at: number, more: Partial<UserResult> = {}): UserResult => ({
  objectGuid,
  dn: `CN=${objectGuid},${nc}`,
  at,
  status: 'Success',
  reason: 'synchronized',
  ...more,
});

function conformance(name: string, open: () => PasswordStateStore): void {
  test(`${name}: what was never written is empty`, async () => {
    const store = open();
    assert.deepEqual(await store.readChannel('corp'), {});
    assert.deepEqual(await store.readDomain('corp', nc), {});
    assert.deepEqual(await store.countQueue('corp', nc), { waiting: 0, retry: 0, requested: 0 });
    assert.deepEqual(await store.readHistory('a'), []);
  });

  test(`${name}: states come back as they were, apart by connector and domain`, async () => {
    const store = open();
    await store.writeChannel('corp', { lastHeartbeatAt: 5 });
    const state = { watermark: '{"usn":"1"}', fullInProgress: false, lastSuccessAt: 9, generation: 'x/1' };
    await store.writeDomain('corp', nc, { state });
    await store.writeDomain('corp', nc, { results: [] });
    assert.deepEqual(await store.readChannel('corp'), { lastHeartbeatAt: 5 });
    assert.deepEqual(await store.readDomain('corp', nc), state);
    assert.deepEqual(await store.readDomain('corp', `DC=child,${nc}`), {});
    assert.deepEqual(await store.readDomain('fabrikam', nc), {});
  });

  test(`${name}: the queue is walked by objectGUID, by kind and by time`, async () => {
    const store = open();
    const waiting = queued('b', { kind: 'waiting', nextAttemptAt: 0 });
    const asked = queued('d', { kind: 'requested', nextAttemptAt: 0 });
    await store.writeDomain('corp', nc, { enqueue: [queued('c'), asked, waiting, queued('a')] });
    const read = async (kinds: QueuedUser['kind'][], dueAt: number, after?: string, limit = 10) => {
      const page = { kinds, dueAt, limit, ...(after === undefined ? {} : { after }) };
      return (await store.readQueue('corp', nc, page)).map((u) => u.objectGuid);
    };
    assert.deepEqual(await read(['requested', 'retry'], 99), ['d']);
    assert.deepEqual(await read(['requested', 'retry'], 100), ['a', 'c', 'd']);
    assert.deepEqual(await read(['requested', 'retry'], 100, 'a', 1), ['c']);
    assert.deepEqual(await read(['waiting'], 100), ['b']);
    assert.deepEqual(await read(['waiting', 'retry'], 100), ['a', 'b', 'c']);
    assert.deepEqual(await store.countQueue('corp', nc), { waiting: 1, retry: 2, requested: 1 });
    assert.deepEqual(await store.readQueued('corp', nc, ['zz', 'b']), [waiting]);
    await store.writeDomain('corp', nc, { dequeue: ['a', 'zz'], enqueue: [queued('c', { attempt: 2 })] });
    assert.deepEqual(await store.readQueued('corp', nc, ['a', 'c']), [queued('c', { attempt: 2 })]);
  });

  test(`${name}: who left and came back within one change is in the queue`, async () => {
    const store = open();
    await store.writeDomain('corp', nc, { enqueue: [queued('a')] });
    await store.writeDomain('corp', nc, { dequeue: ['a'], enqueue: [queued('a', { attempt: 7 })] });
    assert.equal((await store.readQueued('corp', nc, ['a']))[0]?.attempt, 7);
  });

  test(`${name}: the history is newest first and forgets what is old`, async () => {
    const store = open();
    const failure = result('a', 20, {
      status: 'Error',
      reason: 'refused-by-cloud',
      sourceAnchor: 'AAAA',
      detail: 'no',
      errorCode: 'X',
      changedAt: 3,
    });
    await store.writeDomain('corp', nc, { results: [result('a', 10), failure, result('b', 30)] });
    assert.deepEqual(await store.readHistory('a'), [failure, result('a', 10)]);
    await store.pruneHistory(20);
    assert.deepEqual(await store.readHistory('a'), [failure]);
    await store.pruneHistory(31);
    assert.deepEqual(await store.readHistory('b'), []);
  });
}

conformance('memory', createMemoryStore);
conformance('sqlite', () => createSqlStore(openStore(':memory:')));

test('a change is written whole or not at all, and outlives the process', async (t) => {
  const temp = tempDirectory('password-store');
  t.after(() => temp.remove());
  const file = join(temp.path, 'causeway.db');
  {
    using store = openStore(file);
    const state = createSqlStore(store);
    await state.writeDomain('corp', nc, { state: { watermark: '1' }, enqueue: [queued('a')] });
    const broken = { ...result('a', 1), status: Symbol('not a text') as never };
    await assert.rejects(
      state.writeDomain('corp', nc, { state: { watermark: '2' }, dequeue: ['a'], results: [broken] }),
    );
  }
  using again = openStore(file, { readOnly: true });
  const state = createSqlStore(again);
  assert.deepEqual(await state.readDomain('corp', nc), { watermark: '1' });
  assert.equal((await state.countQueue('corp', nc)).retry, 1);
});

test('what is due is found without walking past everybody who waits', () => {
  using store = openStore(':memory:');
  const plan = store.db
    .prepare(
      `EXPLAIN QUERY PLAN SELECT object_guid FROM password_queue WHERE connector = ?1 AND naming_context = ?2
         AND object_guid > ?3 AND kind <> 'waiting' AND kind IN (SELECT value FROM json_each(?4)) ORDER BY object_guid`,
    )
    .all()
    .map((row) => String(row.detail))
    .join('\n');
  assert.match(plan, /USING INDEX password_queue_due/);
});
