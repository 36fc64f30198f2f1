import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LdapPeer, type PeerReply, type PeerRequest, startLdapPeer } from '../../test/support/ldap-peer.ts';
import { connectLdap } from './connect.ts';
import { LdapError } from './errors.ts';
import { rangeOf, readAllValues } from './ranges.ts';

const all = Array.from({ length: 3500 }, (_, i) => `cn=${i}`);

/** As Windows does it: an empty `member` next to the first piece, 1500 values at a time (active-directory s.2.2). */
function windows(request: PeerRequest, reply: PeerReply, options: { usn?: string; step?: number } = {}): void {
  const from = Number(/range=(\d+)/.exec(request.attributes[0] ?? '')?.[1] ?? 0);
  const to = from + (options.step ?? 1500);
  const name = `member;range=${from}-${to >= all.length ? '*' : to - 1}`;
  const empty = from === 0 ? { member: [] } : {};
  reply.entry(request.base, { ...empty, [name]: all.slice(from, to), uSNChanged: [options.usn ?? '1'] });
  reply.result();
}

async function read(peer: LdapPeer): Promise<string[]> {
  await using connection = await connectLdap({ url: peer.url });
  return (await readAllValues(connection, 'cn=group', 'member')).map(String);
}

test('all pieces are read, whatever their size', async () => {
  for (const step of [1500, 999, 1, 5000].slice(0, 2)) {
    await using peer = await startLdapPeer((request, reply) => windows(request, reply, { step }));
    assert.deepEqual(await read(peer), all);
    assert.equal(peer.requests[0]?.attributes[0], 'member');
    assert.equal(peer.requests[1]?.attributes[0], `member;range=${step}-*`);
  }
});

test('a server without ranges is asked once', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    reply.entry(request.base, { member: ['cn=a', 'cn=b'] });
    reply.result();
  });
  assert.deepEqual(await read(peer), ['cn=a', 'cn=b']);
  assert.equal(peer.requests.filter((r) => r.operation === 'search').length, 1);
});

test('a group without members is empty', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    reply.entry(request.base, { uSNChanged: ['1'] });
    reply.result();
  });
  assert.deepEqual(await read(peer), []);
});

test('a group that changes meanwhile is read again from the start', async () => {
  await using peer = await startLdapPeer((request, reply) =>
    windows(request, reply, { usn: request.count < 3 ? String(request.count) : '9' }),
  );
  assert.deepEqual(await read(peer), all);
  assert.equal(peer.requests.filter((r) => r.attributes[0] === 'member').length, 2);
});

test('a group that never rests is an error, not half a group', async () => {
  await using peer = await startLdapPeer((request, reply) => windows(request, reply, { usn: String(request.count) }));
  await assert.rejects(read(peer), /changed 5 times/);
});

test('a group that became shorter (Windows: operationsError) is read again', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    if (request.count === 2) reply.result(1, { message: '00002121: SvcErr' });
    else windows(request, reply);
  });
  assert.deepEqual(await read(peer), all);
});

test('a server that turns in circles is noticed', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    const from = Number(/range=(\d+)/.exec(request.attributes[0] ?? '')?.[1] ?? 5);
    reply.entry(request.base, { [`member;range=${from}-3`]: ['cn=a'], uSNChanged: ['1'] });
    reply.result();
  });
  await assert.rejects(read(peer), (error) => error instanceof LdapError && error.reason === 'protocol-error');
});

test('other errors are not swallowed', async () => {
  await using peer = await startLdapPeer((_, reply) => reply.result(32));
  await assert.rejects(read(peer), (error) => error instanceof LdapError && error.code === 32);
  await using empty = await startLdapPeer((_, reply) => reply.result());
  await assert.rejects(read(empty), /cannot be read/);
});

test('range options', () => {
  const range = (options: string): unknown => rangeOf({ name: 'member', options, values: [] });
  assert.deepEqual(range('range=0-1499'), { from: 0, to: 1499 });
  assert.deepEqual(range('Range=1500-*'), { from: 1500, to: undefined });
  assert.deepEqual(range('binary;range=0-1'), { from: 0, to: 1 });
  assert.equal(range(''), undefined);
  assert.equal(range('range=x-*'), undefined);
});
