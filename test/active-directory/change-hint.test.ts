/** How soon a change is noticed: every kind of it within a second. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ActiveDirectorySession } from '../../src/connectors/active-directory/session.ts';
import { type Directory, Importer, startDirectory } from './directory.ts';

let directory: Directory;
let session: ActiveDirectorySession;
let importer: Importer;
before(async () => {
  directory = await startDirectory();
  session = await directory.connector().open(new AbortController().signal);
  importer = new Importer(session);
  await importer.full();
});
after(async () => {
  await session?.[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

/** Milliseconds from the change until it was noticed. */
async function notice(happen: () => Promise<unknown>): Promise<number> {
  const noticed = session.waitForChange(new AbortController().signal);
  const start = performance.now();
  await happen();
  await noticed;
  const ms = performance.now() - start;
  assert.ok((await importer.delta()).length > 0);
  return ms;
}

test('created, changed, moved and deleted', async () => {
  const dn = `CN=hint,${directory.people}`;
  const users = `CN=hint,CN=Users,${directory.samba.baseDn}`;
  const kinds = [
    () => directory.createUser('hint'),
    () => directory.set(dn, 'displayName', 'Hint'),
    () => directory.admin.rename(dn, { rdn: 'CN=hint', superior: `CN=Users,${directory.samba.baseDn}` }),
    () => directory.admin.delete(users),
  ];
  for (const kind of kinds) {
    const ms = await notice(kind);
    assert.ok(ms < 1500, `noticed after ${ms} ms`);
  }
});

test('a change between an import and the waiting is noticed at once', async () => {
  await importer.delta();
  await directory.createUser('between');
  const start = performance.now();
  await session.waitForChange(new AbortController().signal);
  assert.ok(performance.now() - start < 400);
});

test('a change is told once, also by a session that never imports', async () => {
  const watching = await directory.connector().open(new AbortController().signal);
  try {
    await directory.createUser('once');
    await watching.waitForChange(new AbortController().signal);
    const again = watching.waitForChange(AbortSignal.timeout(1200));
    await assert.rejects(again);
  } finally {
    await watching[Symbol.asyncDispose]();
  }
});

test('waiting ends with the signal', async () => {
  await importer.delta();
  const stop = new AbortController();
  const waiting = session.waitForChange(stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting);
});
