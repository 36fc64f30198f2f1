import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAccounts } from '../../src/connectors/active-directory/replication/account.ts';
import { NdrError } from '../../src/connectors/active-directory/replication/ndr.ts';
import { parseReply, replyStatus } from '../../src/connectors/active-directory/replication/reply.ts';
import {
  decryptPayload,
  removeRidEncryption,
  SessionKeyError,
} from '../../src/connectors/active-directory/replication/secrets.ts';
import { ntHash } from '../../src/model/crypto/md4.ts';
import { attid, encodeReply, int64, protectHash, sampleInvocationId, sampleUser } from './encode-reply.ts';

const sessionKey = Buffer.from('5f2b8e3a9c4d10a7b6e1f00912345678', 'hex');

test('a reply with three objects, which NDR lists forwards and describes backwards', () => {
  const names = ['ana', 'björn', '山田'];
  const reply = parseReply(
    encodeReply({
      objects: names.map((name, i) => sampleUser(name, 1100 + i, ntHash(`pw ${name}`), sessionKey)),
      more: true,
    }),
  );
  assert.equal(reply.moreData, true);
  assert.equal(reply.invocationId, sampleInvocationId);
  assert.deepEqual(reply.usnTo, [3947n, 0n, 3947n]);
  assert.deepEqual(reply.cursors, [{ invocationId: sampleInvocationId, usn: 3947n }]);
  const accounts = readAccounts(reply, sessionKey);
  assert.deepEqual(
    accounts.map((a) => [a.samAccountName, a.dn.split(',')[0], a.sid?.split('-').at(-1), a.userAccountControl]),
    names.map((name, i) => [name, `CN=${name}`, `${1100 + i}`, 512]),
  );
  assert.deepEqual(
    accounts.map((a) => a.ntHash),
    names.map((name) => ntHash(`pw ${name}`)),
  );
  assert.equal(new Date(accounts[0]!.passwordChangedAt!).toISOString(), '2026-11-21T11:02:25.000Z');
});

test('version 9 is read like version 6, others are refused by name', () => {
  assert.equal(parseReply(encodeReply({ version: 9 })).objects.length, 0);
  assert.throws(() => parseReply(encodeReply({ version: 7 })), /version 7 instead of 6 or 9/);
});

test('what did not change is absent, what was removed is null, and a cleared adminCount too', () => {
  const user = sampleUser('ana', 1100, ntHash('x'), sessionKey);
  const change = (id: number, ...values: Buffer[]) => ({
    ...user,
    attributes: [{ id, values }],
  });
  const read = (object: typeof user) => readAccounts(parseReply(encodeReply({ objects: [object] })), sessionKey)[0]!;
  const onlyDate = read(change(attid.pwdLastSet, int64(0n)));
  assert.equal(onlyDate.pwdLastSet, 0n);
  assert.equal('ntHash' in onlyDate, false);
  assert.equal(read(change(attid.unicodePwd)).ntHash, null);
  assert.equal(read(change(attid.adminCount)).adminCount, null);
  assert.equal(read(change(attid.isDeleted, Buffer.from([1, 0, 0, 0]))).deleted, true);
  assert.equal(read({ ...user, dn: 'CN=ana\\0ADEL:c910929e,CN=Deleted Objects,DC=x', attributes: [] }).deleted, true);
});

test('without objectSid the SID of the name serves, without any SID that one password is unreadable', () => {
  const user = sampleUser('ana', 70_000, ntHash('x'), sessionKey);
  const attributes = user.attributes.filter((a) => a.id === attid.unicodePwd);
  const reply = (object: typeof user) => parseReply(encodeReply({ objects: [object] }));
  assert.deepEqual(readAccounts(reply({ ...user, attributes }), sessionKey)[0]!.ntHash, ntHash('x'));
  const { sid: _, ...without } = user;
  const [account] = readAccounts(reply({ ...without, attributes }), sessionKey);
  assert.equal(account!.unreadable, 'an account with a password has no SID.');
  assert.equal('ntHash' in account!, false);
});

test('secrets come back for every session key and relative identifier', () => {
  const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => Buffer.from(b));
  fc.assert(
    fc.property(bytes16, bytes16, bytes16, fc.nat(0xffffffff), (hash, key, salt, rid) => {
      const protectedHash = protectHash(hash, rid, key, salt);
      assert.deepEqual(removeRidEncryption(decryptPayload(key, protectedHash), rid), hash);
    }),
  );
});

test('a wrong session key is noticed by the checksum and leaves nothing behind', () => {
  const objects = [
    sampleUser('ana', 1100, ntHash('x'), sessionKey),
    sampleUser('bo', 1101, ntHash('y'), Buffer.alloc(16, 1)),
  ];
  assert.throws(() => readAccounts(parseReply(encodeReply({ objects })), sessionKey), SessionKeyError);
});

test('the status of the call is its last four bytes', () => {
  assert.equal(replyStatus(encodeReply({ status: 8453 })), 8453);
  assert.throws(() => replyStatus(Buffer.alloc(2)), NdrError);
});

test('a reply cut anywhere is refused, never misread', () => {
  const whole = encodeReply({ objects: [sampleUser('ana', 1100, ntHash('x'), sessionKey)] });
  for (let size = 0; size < whole.length - 4; size++) {
    assert.throws(() => parseReply(whole.subarray(0, size)), NdrError, `cut at ${size}`);
  }
});

test('contradictory counts are refused', () => {
  const objects = [sampleUser('ana', 1100, ntHash('x'), sessionKey)];
  assert.throws(() => parseReply(encodeReply({ objects, announcedObjects: 2 })), /announces 2 objects and holds 1/);
  assert.throws(
    () => parseReply(encodeReply({ objects: [...objects, ...objects], announcedObjects: 1 })),
    /more objects/,
  );
});

test('no single changed byte makes the parser throw anything but its own errors', () => {
  const whole = encodeReply({ objects: [sampleUser('ana', 1100, ntHash('x'), sessionKey)] });
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
      const changed = Buffer.from(whole);
      changed[at] = value;
      try {
        readAccounts(parseReply(changed), sessionKey);
      } catch (error) {
        assert.ok(error instanceof NdrError || error instanceof SessionKeyError, `byte ${at}: ${error}`);
      }
    }
  }
});
