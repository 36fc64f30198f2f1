/** Connections that do not come about, and why. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { startLdapPeer } from '../../test/support/ldap-peer.ts';
import { freePort } from '../../test/support/loopback.ts';
import { connectLdap } from './connect.ts';
import { LdapError, type LdapErrorReason } from './errors.ts';
import type { LdapConnectOptions } from './types.ts';

async function assertFails(options: LdapConnectOptions, reason: LdapErrorReason, words: RegExp): Promise<void> {
  await assert.rejects(connectLdap(options), (error) => {
    assert.ok(error instanceof LdapError, String(error));
    assert.equal(error.reason, reason, error.message);
    assert.match(error.message, words);
    return true;
  });
}

test('a name that does not exist', async () => {
  await assertFails({ url: 'ldaps://dc1.corp.invalid' }, 'dns-failure', /dc1\.corp\.invalid cannot be resolved/);
});

test('a port where nobody listens', async () => {
  const port = await freePort();
  await assertFails({ url: `ldap://127.0.0.1:${port}` }, 'connection-refused', /no directory listens/);
});

test('a port that swallows what is sent to it, as behind a firewall', async () => {
  // A listener that never accepts, with its queue full: the kernel then drops further attempts silently.
  const script = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('fs').writeSync(1, String(s.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20000); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const fillers: Socket[] = [];
  try {
    const port = Number(String((await once(child.stdout, 'data'))[0]));
    for (let i = 0; i < 4; i++) {
      const filler = connectTcp({ port, host: '127.0.0.1' });
      filler.on('error', () => undefined);
      fillers.push(filler);
    }
    await once(fillers[0] as Socket, 'connect');
    const url = `ldap://127.0.0.1:${port}`;
    await assertFails({ url, connectTimeoutMs: 200 }, 'port-blocked', /Nothing answers .* within 200 ms.*firewall/);
  } finally {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
  }
});

test('a port that does not speak TLS', async () => {
  await using peer = await startLdapPeer(() => undefined);
  const server = createServer((socket) => socket.on('error', () => undefined).end('not TLS at all\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  try {
    await assertFails({ url: `ldaps://127.0.0.1:${port}` }, 'tls-failed', /TLS with ldaps.* failed/);
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port: quiet } = silent.address() as { port: number };
    const url = `ldaps://127.0.0.1:${quiet}`;
    await assertFails({ url, connectTimeoutMs: 50 }, 'tls-failed', /did not finish the TLS handshake within 50 ms/);
    silent.close();
  } finally {
    server.close();
  }
  assert.equal(peer.requests.length, 0);
});

test('a server that refuses StartTLS', async () => {
  await using peer = await startLdapPeer((_, reply) => reply.result(52, { message: 'no certificate' }));
  await assertFails(
    { url: peer.url, startTls: true },
    'result',
    /refused StartTLS: unavailable \(52\).*no certificate/,
  );
});

test('bytes smuggled in behind the answer to StartTLS are not taken for the secured connection', async () => {
  await using peer = await startLdapPeer((_, reply) => {
    // The answer, and in the same packet the beginning of another message.
    reply.raw(Buffer.from('300c02010178070a010004000400' + '3010', 'hex'));
  });
  await assertFails({ url: peer.url, startTls: true }, 'protocol-error', /before the secured connection/);
});

test('binds that would be unsafe are refused before anything is sent', async () => {
  const simple = { kind: 'simple', user: 'u', password: 'p' } as const;
  const url = 'ldap://dc1.corp.invalid';
  await assertFails({ url, bind: simple }, 'refused', /readable for everybody/);
  await assertFails({ url: 'ldap://127.0.0.1:1', bind: { ...simple, password: '' } }, 'refused', /anonymous bind/);
  await assertFails({ url: 'ldap://127.0.0.1:1', bind: { ...simple, user: '' } }, 'refused', /user name/);
  const ntlm = { kind: 'ntlm', domain: 'CORP', user: 'u', password: 'p' } as const;
  await assertFails({ url: 'ldaps://dc1.corp.invalid', bind: ntlm }, 'refused', /sealed NTLM bind is not allowed/);
  await assertFails({ url: 'dc1' }, 'refused', /is no address/);
  // Allowed on request, and for a loopback address: then the attempt itself fails.
  await assertFails({ url, bind: simple, allowClearTextPassword: true }, 'dns-failure', /cannot be resolved/);
  const port = await freePort();
  await assertFails({ url: `ldap://127.0.0.1:${port}`, bind: simple }, 'connection-refused', /./);
});

test('a refused bind closes the connection', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    if (request.operation === 'bind') reply.result(49, { message: '80090308: LdapErr: x, data 775, v1' });
  });
  const bind = { kind: 'simple', user: 'u', password: 'p' } as const;
  await assertFails({ url: peer.url, bind }, 'invalid-credentials', /does not accept u: the account is locked out/);
  await peer.received(2);
  assert.equal(peer.requests.at(-1)?.operation, 'unbind');
});

test('a server that does not know NTLM', async () => {
  await using peer = await startLdapPeer((request, reply) => {
    if (request.operation === 'bind') reply.result(7, { message: 'unknown mechanism' });
  });
  const bind = { kind: 'ntlm', domain: 'CORP', user: 'u', password: 'p' } as const;
  await assertFails({ url: peer.url, bind }, 'result', /bind of CORP\\u: authMethodNotSupported \(7\)/);
});
