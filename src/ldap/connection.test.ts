/** What servers do that Samba and OpenLDAP do not, or not when asked: against a scripted peer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LdapPeer, startLdapPeer } from '../../test/support/ldap-peer.ts';
import { connectLdap } from './connect.ts';
import { CONTROL, pagedResults } from './controls.ts';
import { LdapError, type LdapErrorReason } from './errors.ts';
import type { LdapConnection, LdapEntry, SearchStream } from './types.ts';

const everything = { base: 'dc=x', scope: 'sub', filter: '(objectClass=*)' } as const;
const connect = (peer: LdapPeer, more: { idleTimeoutMs?: number } = {}): Promise<LdapConnection> =>
  connectLdap({ url: peer.url, ...more });
const failsWith =
  (reason: LdapErrorReason, words = /./, code = -1) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof LdapError, String(error));
    assert.deepEqual([error.reason, error.code], [reason, code]);
    assert.match(error.message, words);
    return true;
  };
async function collect(stream: SearchStream, into: LdapEntry[] = []): Promise<LdapEntry[]> {
  for await (const batch of stream) into.push(...batch);
  return into;
}

test('a size limit is an error behind the entries, never a short success', async () => {
  await using peer = await startLdapPeer((_, reply) => {
    reply.entry('cn=1');
    reply.entry('cn=2');
    reply.result(4, { message: 'size limit exceeded' });
  });
  await using connection = await connect(peer);
  const seen: LdapEntry[] = [];
  const stream = connection.search(everything);
  await assert.rejects(collect(stream, seen), failsWith('result', /sizeLimitExceeded \(4\)/, 4));
  assert.deepEqual(
    seen.map((e) => e.dn),
    ['cn=1', 'cn=2'],
  );
  await assert.rejects(stream.result, failsWith('result', /the search below "dc=x"/, 4));
  await assert.rejects(connection.searchAll(everything), failsWith('result', /./, 4));
  assert.equal(connection.closed, false);
});

test('the next page is asked for before anybody took the first one', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    reply.entry(`cn=${request.count}`);
    const cookie = request.count < 3 ? Buffer.from(`page ${request.count}`) : Buffer.alloc(0);
    reply.result(0, { controls: [pagedResults(0, cookie)] });
  });
  await using connection = await connect(peer);
  const stream = connection.searchPaged({ ...everything, pageSize: 1 });
  await peer.received(3);
  assert.deepEqual(
    (await collect(stream)).map((e) => e.dn),
    ['cn=1', 'cn=2', 'cn=3'],
  );
  assert.deepEqual(
    peer.requests.slice(0, 3).map((r) => r.controls.map((c) => [c.oid, c.critical, c.value?.toString('latin1')])),
    ['', 'page 1', 'page 2'].map((cookie) => [
      [CONTROL.paged, true, pagedResults(1, Buffer.from(cookie)).value?.toString('latin1')],
    ]),
  );
  assert.equal((await stream.result).code, 0);
});

test('a page that fails is an error, not the end', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    reply.entry(`cn=${request.count}`);
    if (request.count === 1) reply.result(0, { controls: [pagedResults(0, Buffer.from('more'))] });
    else reply.result(12, { message: 'cookie lost' });
  });
  await using connection = await connect(peer);
  await assert.rejects(
    collect(connection.searchPaged({ ...everything, pageSize: 1 })),
    failsWith('result', /cookie lost/, 12),
  );
});

test('a connection that is reset in the middle of a page loses everything under way, and says so', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    if (request.count === 2) {
      reply.entry('cn=1');
      setImmediate(() => reply.reset());
    }
  });
  await using connection = await connect(peer);
  const deleting = connection.delete('cn=a');
  const searching = collect(connection.searchPaged({ ...everything, pageSize: 10 }));
  await assert.rejects(
    searching,
    failsWith('connection-lost', /during the deletion of "cn=a", the search below "dc=x"/),
  );
  await assert.rejects(deleting, failsWith('connection-lost'));
  assert.equal(connection.closed, true);
  await assert.rejects(connection.searchAll(everything), failsWith('connection-lost'));
});

test('a server that closes without a word is a lost connection too', async () => {
  await using peer = await startLdapPeer((_, reply) => reply.end());
  await using connection = await connect(peer);
  await assert.rejects(connection.searchAll(everything), failsWith('connection-lost'));
});

test('a half-open server is given up after the idle time', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    if (request.operation === 'search') reply.entry('cn=1');
  });
  await using connection = await connect(peer, { idleTimeoutMs: 60 });
  await assert.rejects(collect(connection.search(everything)), failsWith('idle-timeout', /sent nothing for 60 ms/));
  assert.equal(connection.closed, true);
});

test('silence is no fault while nothing is asked, or in a search that never ends', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    if (request.base === 'dc=quick') reply.result();
  });
  await using connection = await connect(peer, { idleTimeoutMs: 30 });
  const abort = new AbortController();
  const watching = collect(connection.search({ ...everything, persistent: true, signal: abort.signal }));
  // The timer runs from here; the persistent search outlives several of its periods.
  for (let i = 0; i < 4; i++) {
    await connection.searchAll({ ...everything, base: 'dc=quick' });
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  assert.equal(connection.closed, false);
  abort.abort(new Error('enough'));
  await assert.rejects(watching, /enough/);
});

test('referrals are told, not followed', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    if (request.operation === 'search') {
      reply.reference('ldap://other/dc=y', 'ldap://third/dc=y');
      reply.result();
    } else reply.result(10, { referrals: ['ldap://writable/dc=x'] });
  });
  await using connection = await connect(peer);
  const stream = connection.search(everything);
  assert.deepEqual(await collect(stream), []);
  assert.deepEqual(stream.references, ['ldap://other/dc=y', 'ldap://third/dc=y']);
  await assert.rejects(connection.delete('cn=a'), failsWith('result', /refers to ldap:\/\/writable\/dc=x/, 10));
});

test("Samba's extended response to an unknown critical control ends the search", async () => {
  await using peer = await startLdapPeer((_, reply) => reply.result(12, { tag: 0x78, message: 'unknown control' }));
  await using connection = await connect(peer);
  await assert.rejects(connection.searchAll(everything), failsWith('result', /unavailableCriticalExtension/, 12));
  await assert.rejects(connection.modify('cn=a', []), failsWith('result', /unknown control/, 12));
});

test('a success of the wrong kind is a broken protocol', async () => {
  await using peer = await startLdapPeer((_, reply) => reply.result(0, { tag: 0x67 }));
  await using connection = await connect(peer);
  await assert.rejects(connection.searchAll(everything), failsWith('protocol-error'));
  await assert.rejects(connection.delete('cn=a'), failsWith('protocol-error'));
});

test('a notice of disconnection says why the server hangs up', async () => {
  await using peer = await startLdapPeer((_, reply) => reply.notice(52, 'shutting down'));
  await using connection = await connect(peer);
  await assert.rejects(
    connection.searchAll(everything),
    failsWith('connection-lost', /unavailable \(52\): shutting down/, 52),
  );
});

test('what is no LDAP ends the connection', async () => {
  await using peer = await startLdapPeer((_, reply) => reply.raw('HTTP/1.1 400 Bad Request\r\n'));
  await using connection = await connect(peer);
  await assert.rejects(connection.searchAll(everything), failsWith('protocol-error', /no LDAP/));
  assert.equal(connection.closed, true);
});

test('answers find their requests in any order', async () => {
  const waiting: (() => void)[] = [];
  await using peer = await startLdapPeer((request, reply) => {
    waiting.push(() => {
      reply.entry(`cn=${request.base}`);
      reply.result();
    });
    if (waiting.length === 3) for (const answer of waiting.reverse()) answer();
  });
  await using connection = await connect(peer);
  const found = await Promise.all(['a', 'b', 'c'].map((base) => connection.searchAll({ ...everything, base })));
  assert.deepEqual(
    found.map((entries) => entries.map((e) => e.dn)),
    [['cn=a'], ['cn=b'], ['cn=c']],
  );
});

test('an aborted search is abandoned at the server, and its late answers are ignored', async () => {
  const late: (() => void)[] = [];
  await using peer = await startLdapPeer((request, reply) => {
    if (request.operation === 'search' && request.base === 'dc=x') {
      reply.entry('cn=1');
      late.push(() => {
        reply.entry('cn=late');
        reply.result();
      });
    } else if (request.operation === 'abandon') for (const answer of late) answer();
    else reply.result();
  });
  await using connection = await connect(peer);
  const abort = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const batch of connection.search({ ...everything, signal: abort.signal })) {
      seen.push(...batch.map((e) => e.dn));
      abort.abort(new Error('stop'));
    }
  })();
  await assert.rejects(reading, /stop/);
  await connection.searchAll({ ...everything, base: 'dc=y' });
  assert.deepEqual(seen, ['cn=1']);
  assert.equal(peer.requests[1]?.abandons, peer.requests[0]?.id);
  await assert.rejects(connection.searchAll({ ...everything, signal: abort.signal }), /stop/);
  assert.equal(peer.requests.length, 3);
});

test('leaving the loop abandons the search', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    if (request.operation === 'search') reply.entry('cn=1');
  });
  await using connection = await connect(peer);
  const stream = connection.search(everything);
  for await (const _ of stream) break;
  await peer.received(2);
  assert.equal(peer.requests[1]?.operation, 'abandon');
  await assert.rejects(stream.result, failsWith('refused', /consumer left/));
});

test('a slow consumer slows the server down, and other requests still get through', async () => {
  const photo = Buffer.alloc(64 << 10, 1);
  let pending = (): number => 0;
  await using peer = await startLdapPeer((request, reply) => {
    if (request.operation !== 'search') {
      reply.result();
      return;
    }
    for (let i = 0; i < 1000; i++) reply.entry(`cn=${i}`, { photo: [photo] });
    reply.result();
    pending = () => reply.pendingBytes;
  });
  await using connection = await connect(peer, { idleTimeoutMs: 300 });
  const stream = connection.search(everything);
  const iterator = stream[Symbol.asyncIterator]();
  let count = (await iterator.next()).value?.length ?? 0;
  // Nobody reads: the peer's output stays with the peer, longer than the idle time, and that is no fault.
  await new Promise((resolve) => setTimeout(resolve, 700));
  const held = pending();
  assert.ok(held > 40 << 20, `${held} bytes wait at the server`);
  assert.equal(connection.closed, false);
  // A second request needs its answer, which is behind all the entries: reading goes on for it.
  await connection.delete('cn=a');
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) count += next.value.length;
  assert.equal(count, 1000);
});

test('closing says goodbye and fails what is under way', async () => {
  await using peer = await startLdapPeer(() => undefined);
  const connection = await connect(peer);
  const searching = connection.searchAll(everything);
  const closing = connection.close();
  await assert.rejects(searching, failsWith('closed'));
  await closing;
  await connection.close();
  assert.equal(peer.requests.at(-1)?.operation, 'unbind');
});

test('a malformed filter fails the search and sends nothing', async () => {
  await using peer = await startLdapPeer(() => undefined);
  await using connection = await connect(peer);
  await assert.rejects(connection.searchAll({ ...everything, filter: '(cn=' }), /malformed/);
  assert.equal(peer.requests.length, 0);
});
