/** A domain controller that goes away in the middle: told as a lost connection, and afterwards nothing is missing. */
import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { createActiveDirectoryConnector } from '../../src/connectors/active-directory/connector.ts';
import { ConnectorError } from '../../src/connectors/contract.ts';
import { asObject, type Directory, Importer, plainReplica, readIndependently, startDirectory } from './directory.ts';

let directory: Directory;
let proxy: CuttingProxy;
before(async () => {
  directory = await startDirectory();
  proxy = await startProxy(directory.samba.address);
  const users = Array.from({ length: 120 }, (_, i) => ({ name: `user${i}`, parent: directory.people }));
  await directory.samba.addUsers(users);
});
after(async () => {
  await proxy?.close();
  await directory?.[Symbol.asyncDispose]();
});

interface CuttingProxy {
  readonly url: string;
  /** Bytes of answers that still pass on each connection, from now on; then it is cut. */
  allow(bytes: number): void;
  close(): Promise<void>;
}

/** Stands before the plain port of a server. Existing connections get the new allowance too. */
async function startProxy(address: string): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let left = Number.POSITIVE_INFINITY;
  const server = createServer((near) => {
    const far = connect({ host: address, port: 389 });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, Math.min(chunk.length, left));
      left -= part.length;
      if (left > 0) near.write(part);
      else near.end(part, () => near.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    url: `ldap://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`,
    allow: (bytes) => {
      left = bytes;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const signal = new AbortController().signal;
const open = async (fullImport: 'search' | 'dirsync') =>
  directory.connector({ servers: [proxy.url], fullImport }).open(signal);

for (const how of ['search', 'dirsync'] as const) {
  test(`a full import by ${how} that is cut anywhere concludes nothing`, async () => {
    for (const bytes of [2_000, 30_000, 60_000, 110_000]) {
      proxy.allow(Number.POSITIVE_INFINITY);
      await using session = await open(how);
      const importer = new Importer(session);
      proxy.allow(bytes);
      await assert.rejects(importer.full(), isLost);
      assert.equal(importer.watermark, undefined);
    }
  });
}

const isLost = (error: unknown): true => {
  assert.ok(error instanceof ConnectorError, String(error));
  assert.deepEqual([error.code, error.status], ['connection-lost', 'stopped-connectivity']);
  assert.match(error.remedy, /next run goes on/);
  return true;
};

test('a delta that is cut anywhere is repeated from the old watermark, and nothing is lost', async () => {
  proxy.allow(Number.POSITIVE_INFINITY);
  const full = await open('search');
  const importer = new Importer(full);
  await importer.full();
  await full[Symbol.asyncDispose]();
  for (const [round, bytes] of [150, 700, 2_500, 5_000].entries()) {
    for (let i = round; i < 120; i += 4)
      await directory.set(`CN=user${i},${directory.people}`, 'info', `round ${round}`);
    await directory.admin.delete(`CN=user${100 + round},${directory.people}`);
    const { watermark, replica } = importer;
    proxy.allow(Number.POSITIVE_INFINITY);
    await using cut = await open('search');
    const first = new Importer(cut);
    Object.assign(first, { watermark, replica });
    proxy.allow(bytes);
    await assert.rejects(first.delta(), isLost);
    proxy.allow(Number.POSITIVE_INFINITY);
    await using again = await open('search');
    const second = new Importer(again);
    Object.assign(second, { watermark, replica });
    await second.delta();
    importer.watermark = second.watermark;
    assert.deepEqual(asObject(plainReplica(replica)), asObject(await readIndependently(directory.samba)));
  }
});

test('the next domain controller of the list takes over from where the first one ended', async () => {
  proxy.allow(Number.POSITIVE_INFINITY);
  const { samba } = directory;
  const bind = { user: samba.adminUser, password: samba.adminPassword };
  const connector = createActiveDirectoryConnector({ name: 'corp', servers: [proxy.url, samba.url], bind });
  const session = await connector.open(signal);
  const importer = new Importer(session);
  await importer.full();
  assert.equal(session.urlOf(session.partitions[0] ?? { name: '' }), proxy.url);
  proxy.allow(100);
  await directory.set(`CN=user1,${directory.people}`, 'info', 'before the fall');
  await assert.rejects(importer.delta(), isLost);
  await session[Symbol.asyncDispose]();
  // Nothing passes any more: the second address is used, from where the first one ended.
  proxy.allow(0);
  await using next = await connector.open(signal);
  const heir = new Importer(next);
  Object.assign(heir, { watermark: importer.watermark, replica: importer.replica });
  await heir.delta();
  assert.equal(next.urlOf(next.partitions[0] ?? { name: '' }), samba.url);
  assert.deepEqual(asObject(plainReplica(heir.replica)), asObject(await readIndependently(samba)));
});

test('an export that is cut has an unknown outcome, and reading back tells what became of it', async () => {
  proxy.allow(Number.POSITIVE_INFINITY);
  await using session = await open('search');
  const importer = new Importer(session);
  await importer.full();
  const dn = `CN=user2,${directory.people}`;
  const anchor = importer.anchor(dn);
  const before = importer.replica.get(anchor)?.attributes.info;
  const request = {
    ...{ id: 1, operation: 'update' as const, anchor, dn, objectType: 'user', references: {}, attempt: 0 },
    attributes: { info: 'exported' },
    before: before === undefined ? {} : { info: before },
  };
  proxy.allow(0);
  const [result] = await session.export([request], signal);
  assert.equal(result?.outcome, 'unknown');
  proxy.allow(Number.POSITIVE_INFINITY);
  await using again = await open('search');
  const [held] = await again.readBack([request], signal);
  assert.deepEqual(held?.object?.attributes.info, 'exported');
  // The same again, with what was held before: it is there already, so it is no conflict.
  assert.deepEqual(await again.export([request], signal), [{ id: 1, outcome: 'success' }]);
});
