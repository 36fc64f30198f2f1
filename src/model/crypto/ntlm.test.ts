import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ntHash } from './md4.ts';
import { ntlmV2Response, responseKey, startNtlm } from './ntlm.ts';
import { avId, clientFlags, encodeAvPairs, NtlmMessageError, parseAvPairs, parseChallenge } from './ntlm-messages.ts';
import { directionKey, NtlmSession, NtlmSignatureError } from './ntlm-session.ts';
import { rc4 } from './rc4.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
// MS-NLMP s.4.2.1, common values.
const serverChallenge = hex('0123456789abcdef');
const clientChallenge = Buffer.alloc(8, 0xaa);
const randomSessionKey = Buffer.alloc(16, 0x55);
const targetInfo = encodeAvPairs([
  { id: avId.netbiosDomain, value: utf16('Domain') },
  { id: avId.netbiosComputer, value: utf16('Server') },
]);

test('the NTLMv2 example of MS-NLMP s.4.2.4: keys and response', () => {
  const key = responseKey(ntHash('Password'), 'User', 'Domain');
  assert.equal(key.toString('hex'), '0c868a403bfd7a93a3001ef22ef02e3f');
  const { response, baseKey } = ntlmV2Response(key, serverChallenge, clientChallenge, Buffer.alloc(8), targetInfo);
  assert.equal(response.subarray(0, 16).toString('hex'), '68cd0ab851e51c96aabc927bebef6a1c');
  assert.equal(baseKey.toString('hex'), '8de40ccadbc14a82f15cb0ad0de95ca3');
  assert.equal(rc4(baseKey, randomSessionKey).toString('hex'), 'c5dad2544fc9799094ce1ce90bc9d03e');
});

test('the sealed message of MS-NLMP s.4.2.4.4', () => {
  assert.equal(directionKey(randomSessionKey, 'client', 'sealing').toString('hex'), '59f600973cc4960a25480a7c196e4c58');
  assert.equal(directionKey(randomSessionKey, 'client', 'signing').toString('hex'), '4788dc861b4782f35d43fd98fe1a2d39');
  const session = new NtlmSession(Buffer.from(randomSessionKey));
  const message = utf16('Plaintext');
  const signature = session.seal(message);
  assert.equal(message.toString('hex'), '54e50165bf1936dc996020c1811b0f06fb5f');
  assert.equal(signature.toString('hex'), '010000007fb38ec5c55d497600000000');
});

function challengeWith(flags: number, info: Buffer = targetInfo): Buffer {
  const message = Buffer.alloc(56 + info.length);
  message.write('NTLMSSP\0', 'latin1');
  message.writeUInt32LE(2, 8);
  message.writeUInt32LE(flags >>> 0, 20);
  message.set(serverChallenge, 24);
  message.writeUInt16LE(info.length, 40);
  message.writeUInt32LE(56, 44);
  message.set(info, 56);
  return message;
}
const identity = { domain: 'CORP', user: 'svc', password: 'Passw0rd!23' };

test('what a server computes from the last token agrees: proof, session key and MIC', () => {
  const exchange = startNtlm(identity, { targetName: 'ldap/dc1' });
  const challenge = challengeWith(clientFlags);
  const { token, session } = exchange.authenticate(challenge);
  const field = (at: number): Buffer =>
    token.subarray(token.readUInt32LE(at + 4), token.readUInt32LE(at + 4) + token.readUInt16LE(at));
  const key = responseKey(ntHash(identity.password), field(36).toString('utf16le'), field(28).toString('utf16le'));
  const response = field(20);
  const proof = createHmac('md5', key).update(serverChallenge).update(response.subarray(16)).digest();
  assert.deepEqual(response.subarray(0, 16), proof);
  const sessionKey = rc4(createHmac('md5', key).update(proof).digest(), field(52));
  assert.deepEqual(session.sessionKey, sessionKey);
  const mic = Buffer.from(token.subarray(72, 88));
  const zeroed = Buffer.from(token).fill(0, 72, 88);
  const expected = createHmac('md5', sessionKey).update(exchange.negotiate).update(challenge).update(zeroed).digest();
  assert.deepEqual(mic, expected);
  const pairs = parseAvPairs(response.subarray(16 + 28));
  assert.equal(pairs.find((p) => p.id === avId.targetName)?.value.toString('utf16le'), 'ldap/dc1');
  assert.throws(() => exchange.authenticate(challenge), NtlmMessageError);
});

test('two sides of a session understand each other in order, and notice change and replay', () => {
  const client = new NtlmSession(Buffer.from(randomSessionKey));
  const server = new NtlmSession(Buffer.from(randomSessionKey), 'server');
  for (const text of ['one', '', 'three three three']) {
    const message = Buffer.from(`head${text}tail`);
    const signature = client.seal(message, 4, 4 + text.length);
    server.unseal(message, signature, 4, 4 + text.length);
    assert.equal(message.toString(), `head${text}tail`);
  }
  const replayed = Buffer.from('once');
  const signature = client.seal(replayed);
  const copy = Buffer.from(replayed);
  server.unseal(replayed, signature);
  assert.throws(() => server.unseal(copy, signature), NtlmSignatureError);
});

test('a weaker server, a truncated or a foreign challenge is refused', () => {
  const answer = (challenge: Buffer) => () => startNtlm(identity).authenticate(challenge);
  assert.throws(answer(challengeWith(clientFlags & ~0x20000000)), /key128/);
  assert.throws(answer(challengeWith(clientFlags & ~0x40000000)), /keyExchange/);
  assert.throws(answer(challengeWith(clientFlags).subarray(0, 60)), NtlmMessageError);
  assert.throws(answer(Buffer.from('HTTP/1.1 400 Bad Request and more text')), NtlmMessageError);
  assert.throws(() => startNtlm({ ...identity, password: '' }), NtlmMessageError);
});

test('no bytes crash the challenge parser with another error than its own', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(60), (bytes, at) => {
      const message = challengeWith(clientFlags);
      message.set(bytes.subarray(0, Math.max(0, message.length - at)), at);
      try {
        parseChallenge(message);
      } catch (error) {
        assert.ok(error instanceof NtlmMessageError, String(error));
      }
    }),
  );
});

test('wiping overwrites the session key', () => {
  const key = Buffer.from(randomSessionKey);
  new NtlmSession(key).wipe();
  assert.deepEqual(key, Buffer.alloc(16));
});
