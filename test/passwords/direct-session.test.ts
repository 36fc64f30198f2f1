/** Hashes while pages are read ahead and released: the right ones, or none. */
import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { test } from 'node:test';
import { ntHash } from '../../src/model/crypto/md4.ts';
import { openDirectSession } from '../../src/passwords/direct-session.ts';
import { encodeReply, sampleUser } from './encode-reply.ts';
import { bindAnswer, startScriptedDc } from './scripted-dc.ts';

const namingContext = 'DC=corp,DC=example,DC=com';
const perPage = 100;

/** Whether a transformed hash is that of the password (entra-directory s.6.1). */
function isOf(transformed: string, password: string): boolean {
  const [, salt, , key] = /^v1;PPH1_MD4,([0-9a-f]{20}),(1000),([0-9a-f]{64});$/.exec(transformed)!;
  const input = Buffer.from(ntHash(password).toString('hex').toUpperCase(), 'utf16le');
  return pbkdf2Sync(input, Buffer.from(salt!, 'hex'), 1000, 32, 'sha256').toString('hex') === key;
}

test('a page that is released in the middle of the transformation gives the right results all the same', async () => {
  let at = 0;
  await using dc = await startScriptedDc({
    answer: ({ operation, sessionKey }) => {
      if (operation === 0) return bindAnswer();
      const from = perPage * at++;
      const objects = Array.from({ length: perPage }, (_, i) =>
        sampleUser(`u${from + i}`, 1000 + from + i, ntHash(`pw${from + i}`), sessionKey),
      );
      return encodeReply({ objects, more: at < 2, usnTo: [BigInt(at), 0n, BigInt(at)] });
    },
  });
  const session = await openDirectSession({
    host: '127.0.0.1',
    port: dc.port,
    domain: '',
    user: 'u',
    password: 'secret',
  });
  const all: { name: string; transformed: Promise<readonly string[]> }[] = [];
  for await (const page of session.changes(namingContext)) {
    const guids = page.accounts.map((a) => a.objectGuid);
    all.push({ name: page.accounts[0]!.samAccountName!, transformed: page.transform(guids) });
    page.release();
    await assert.rejects(page.transform(guids), TypeError);
  }
  await session.close();
  assert.deepEqual(
    all.map((p) => p.name),
    ['u0', 'u100'],
  );
  for (const [n, { transformed }] of all.entries()) {
    const results = await transformed;
    for (const i of [0, 63, 64, 99]) assert.ok(isOf(results[i]!, `pw${perPage * n + i}`), `user ${perPage * n + i}`);
  }
});
