import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImportBatch, ImportRequest } from '../contract.ts';
import { importPartition } from './import.ts';
import {
  base,
  controllerOf,
  dirSyncCookie,
  dirSyncReply,
  entryOf,
  extended,
  partition,
  type ScriptedAnswer,
  schema,
  scriptedServer,
  selectionOf,
} from './test-helpers.ts';
import { encodeWatermark } from './watermark.ts';

/** A server whose last change has this number and which answers DirSync by cookie. */
function server(usn: number, replies: (cookie: string) => ScriptedAnswer) {
  return scriptedServer((request) => {
    if (request.base === '') return { entries: [entryOf('', { highestCommittedUSN: [String(usn)] })] };
    const cookie = dirSyncCookie(request);
    return cookie === undefined ? { entries: [] } : replies(cookie);
  });
}
function importOf(scripted: ReturnType<typeof server>, watermark: string): AsyncGenerator<ImportBatch> {
  const request: ImportRequest = {
    partition: { name: base },
    mode: 'delta',
    watermark,
    attributes: new Set(['mail']),
    objectTypes: new Set(['user']),
    signal: new AbortController().signal,
    warn: () => undefined,
  };
  const config = { name: 'corp', bind: { user: 'svc', password: 'x' } };
  const dc = controllerOf(scripted.connection);
  const context = { config, dc, partition, schema, now: () => Date.UTC(2026, 0, 2), looked: () => undefined };
  return importPartition(context, request);
}
async function collect(batches: AsyncIterable<ImportBatch>): Promise<ImportBatch[]> {
  const all: ImportBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}
const changed = entryOf(extended(1, 'a'), { mail: ['a@x'] });
const rounds = (cookie: string): ScriptedAnswer =>
  cookie === 'start'
    ? { entries: [changed], controls: [dirSyncReply(true, 'half')] }
    : { entries: [changed], controls: [dirSyncReply(false, 'end')] };
const watermark = (covers: number): string =>
  encodeWatermark({
    mode: 'dirsync',
    cookie: Buffer.from('start').toString('base64'),
    partition: partition.guid,
    url: 'ldap://scripted',
    dnsHostName: 'dc1',
    dsServiceName: 'CN=DC1',
    invocationId: '00000000-0000-0000-0000-000000000009',
    time: '2026-01-01T00:00:00.000Z',
    selection: selectionOf(['mail'], ['user']).hash,
    covers: String(covers),
    usn: String(covers),
  });

test('a server that committed nothing since is not searched', async () => {
  const scripted = server(70, () => assert.fail('no search'));
  const batches = await collect(importOf(scripted, watermark(70)));
  assert.equal(batches.length, 1);
  assert.deepEqual(batches[0]?.items, []);
  assert.match(batches[0]?.watermark ?? '', /"time":"2026-01-02T00:00:00.000Z"/);
});

test('a delta that is interrupted between two replies goes on with the second', async () => {
  const scripted = server(80, rounds);
  let stored = '';
  for await (const batch of importOf(scripted, watermark(70))) {
    stored = batch.watermark ?? stored;
    if (stored) break;
  }
  const rest = await collect(importOf(server(80, rounds), stored));
  assert.deepEqual(
    rest.map((b) => b.items.length),
    [1, 0],
  );
  const after = server(80, () => assert.fail('no search'));
  assert.deepEqual((await collect(importOf(after, rest.at(-1)?.watermark ?? '')))[0]?.items, []);
});
