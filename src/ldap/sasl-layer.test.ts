import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NtlmSession } from '../model/crypto/ntlm-session.ts';
import { BerError } from './ber-reader.ts';
import { ntlmLayer } from './sasl-layer.ts';

const key = (): Buffer => Buffer.alloc(16, 7);
const pair = () =>
  [ntlmLayer(new NtlmSession(key(), 'client'), 1 << 20), ntlmLayer(new NtlmSession(key(), 'server'), 1 << 20)] as const;

test('what one side wraps the other side reads, however the stream is cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat(3000), { maxLength: 10 }), (sent, cuts) => {
      const [client, server] = pair();
      const stream = Buffer.concat(sent.map((m) => client.wrap(Buffer.from(m))));
      const received: Buffer[] = [];
      const borders = [0, ...cuts.map((c) => c % (stream.length + 1)).sort((a, b) => a - b), stream.length];
      for (let i = 1; i < borders.length; i++) {
        server.unwrap(stream.subarray(borders[i - 1], borders[i]), (plain) => received.push(plain));
      }
      assert.deepEqual(
        received,
        sent.map((m) => Buffer.from(m)),
      );
    }),
  );
});

test('nothing travels in the clear, and the message of the caller stays as it was', () => {
  const [client] = pair();
  const message = Buffer.from('a secret that must not be seen');
  const wrapped = client.wrap(message);
  assert.equal(wrapped.readUInt32BE(0), wrapped.length - 4);
  assert.equal(wrapped.indexOf('secret'), -1);
  assert.equal(message.toString(), 'a secret that must not be seen');
});

test('a changed, repeated or reordered buffer is refused', () => {
  const damage = (make: (first: Buffer, second: Buffer) => Buffer): void => {
    const [client, server] = pair();
    const [first, second] = [client.wrap(Buffer.from('first')), client.wrap(Buffer.from('second'))];
    assert.throws(() => server.unwrap(make(first, second), () => undefined), /signature/);
  };
  damage((first) => {
    first[first.length - 1]! ^= 1;
    return first;
  });
  damage((first) => {
    first[5]! ^= 1;
    return first;
  });
  damage((first) => Buffer.concat([first, first]));
  damage((first, second) => Buffer.concat([second, first]));
});

test('impossible lengths end the stream', () => {
  for (const length of [0, 15, 1 << 21, 0xffff_ffff]) {
    const [, server] = pair();
    const head = Buffer.alloc(8);
    head.writeUInt32BE(length);
    assert.throws(() => server.unwrap(head, () => undefined), BerError);
  }
});
