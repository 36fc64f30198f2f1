/** The LDAP layer against a real Active Directory domain controller. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectLdap } from '../../src/ldap/connect.ts';
import {
  DIRSYNC,
  dirSync,
  domainScope,
  extendedDn,
  permissiveModify,
  readDirSync,
  securityDescriptorFlags,
  showDeleted,
} from '../../src/ldap/controls.ts';
import { LdapError, type LdapErrorReason } from '../../src/ldap/errors.ts';
import { rangeOf, readAllValues } from '../../src/ldap/ranges.ts';
import { attributeOf, bytes, text, texts } from '../../src/ldap/text.ts';
import type { LdapConnection, LdapConnectOptions, LdapEntry } from '../../src/ldap/types.ts';
import { RIGHTS, type Samba, startSamba } from '../support/samba.ts';
import { tempDirectory } from '../support/temp.ts';
import { makeCertificates } from '../support/tls.ts';

let samba: Samba;
before(async () => {
  samba = await startSamba({ requireStrongAuth: true });
  const { baseDn } = samba;
  await samba.addObjects([{ dn: `OU=People,${baseDn}`, attributes: { objectClass: 'organizationalUnit' } }]);
  await samba.addUsers(
    Array.from({ length: 300 }, (_, i) => ({
      name: `user${i}`,
      parent: `OU=People,${baseDn}`,
      attributes: { sn: `Größe ${i}` },
    })),
  );
});
after(() => samba.stop());

const admin = () => ({ kind: 'simple', user: samba.adminUser, password: samba.adminPassword }) as const;
const secure = () => ({ url: samba.ldapsUrl, ca: samba.caPem });
const connect = (): Promise<LdapConnection> => connectLdap({ ...secure(), bind: admin() });
const people = () =>
  ({
    base: `OU=People,${samba.baseDn}`,
    scope: 'sub',
    filter: '(objectClass=user)',
    attributes: ['sn', 'objectGUID'],
  }) as const;

async function refusal(options: LdapConnectOptions): Promise<LdapError> {
  try {
    await (await connectLdap(options)).close();
  } catch (error) {
    assert.ok(error instanceof LdapError, String(error));
    return error;
  }
  throw new Error('The connection was accepted.');
}
const assertRefused = async (
  options: LdapConnectOptions,
  reason: LdapErrorReason,
  words: RegExp,
): Promise<LdapError> => {
  const error = await refusal(options);
  assert.equal(error.reason, reason, error.message);
  assert.match(error.message, words);
  return error;
};

test('LDAPS, StartTLS and a sealed NTLM bind read the same', async () => {
  const ntlm = { kind: 'ntlm', domain: samba.domain, user: 'Administrator', password: samba.adminPassword } as const;
  const ways: LdapConnectOptions[] = [
    { ...secure(), bind: admin() },
    { ...secure(), bind: admin(), serverName: samba.host },
    { url: samba.url, ca: samba.caPem, startTls: true, bind: admin() },
    { url: samba.url, bind: ntlm },
    { url: samba.url, bind: { ...ntlm, domain: '', user: samba.adminUser } },
  ];
  const readings = [];
  for (const way of ways) {
    await using connection = await connectLdap(way);
    const entries = await connection.searchAll(people());
    readings.push(entries.map((e) => [e.dn, text(e, 'sn'), bytes(e, 'objectGUID')?.toString('hex')]).sort());
  }
  assert.equal(readings[0]?.length, 300);
  assert.ok(readings[0]?.some(([, sn]) => sn === 'Größe 299'));
  for (const reading of readings) assert.deepEqual(reading, readings[0]);
});

test('many requests share a sealed connection, and large answers too', async () => {
  const bind = { kind: 'ntlm', domain: samba.domain, user: 'Administrator', password: samba.adminPassword } as const;
  await using connection = await connectLdap({ url: samba.url, bind });
  const everything = {
    base: samba.baseDn,
    scope: 'sub',
    filter: '(objectClass=*)',
    controls: [domainScope()],
  } as const;
  const [whole, ...single] = await Promise.all([
    connection.searchAll({
      ...everything,
      attributes: ['*', 'nTSecurityDescriptor'],
      controls: [securityDescriptorFlags()],
    }),
    ...Array.from({ length: 50 }, (_, i) =>
      connection.searchAll({ ...people(), filter: { equal: ['sAMAccountName', `user${i}`] } }),
    ),
  ]);
  assert.ok((whole?.length ?? 0) > 400);
  assert.deepEqual(
    single.map((found) => text(found[0] as LdapEntry, 'sn')),
    Array.from({ length: 50 }, (_, i) => `Größe ${i}`),
  );
});

test('a certificate of an unknown authority is shown and refused', async () => {
  const error = await assertRefused(
    { url: samba.ldapsUrl, bind: admin() },
    'tls-untrusted',
    /authority that issued it is unknown/,
  );
  assert.match(error.chain?.[0]?.subject ?? '', /CN=dc1\.corp\.example\.com/);
  await using temp = tempDirectory('other-ca');
  const other = await makeCertificates(temp.path, ['x'], []);
  await assertRefused(
    { url: samba.ldapsUrl, ca: other.caPem, bind: admin() },
    'tls-untrusted',
    /Does the CA file hold/,
  );
  const startTls = { url: samba.url, ca: other.caPem, startTls: true, bind: admin() };
  await assertRefused(startTls, 'tls-untrusted', /is not trusted/);
  await assertRefused({ ...secure(), serverName: 'dc9.corp.example.com' }, 'tls-untrusted', /not for the name dc9/);
});

test('a simple bind without TLS is refused by the server in its own way', async () => {
  await assertRefused({ url: samba.url, bind: admin() }, 'ad-signing-required', /requires signing or TLS/);
});

test('a refused sign-in names the reason', async () => {
  const password = 'Passw0rd.of-somebody';
  const people = {
    disabled: { userAccountControl: 514 },
    expired: { accountExpires: '130000000000000000' },
    hours: { logonHours: { base64: Buffer.alloc(21).toString('base64') } },
    elsewhere: { userWorkstations: 'NOPE' },
    fresh: { pwdLastSet: 0 },
  } as const;
  await samba.addUsers(Object.entries(people).map(([name, attributes]) => ({ name, password, attributes })));
  for (const [name, code, words] of [
    ['disabled', '533', /disabled/],
    ['expired', '701', /account has expired/],
    ['hours', '530', /time of day/],
    ['elsewhere', '531', /this computer/],
    ['fresh', '773', /must be changed/],
    ['nobody', '52e', /password is wrong/],
  ] as const) {
    const user = `${samba.domain}\\${name}`;
    const error = await assertRefused(
      { ...secure(), bind: { kind: 'simple', user, password } },
      'invalid-credentials',
      words,
    );
    assert.equal(error.adCode, code, name);
  }
  const wrong = { kind: 'ntlm', domain: samba.domain, user: 'Administrator', password: 'wrong' } as const;
  assert.equal((await assertRefused({ url: samba.url, bind: wrong }, 'invalid-credentials', /wrong/)).adCode, '52e');
});

test('pages deliver exactly what an unpaged search delivers', async () => {
  await using connection = await connect();
  const guids = (entries: readonly LdapEntry[]): string[] =>
    entries.map((e) => bytes(e, 'objectGUID')?.toString('hex') ?? '').sort();
  const whole = guids(await connection.searchAll(people()));
  for (const pageSize of [7, 100, 300, 1000]) {
    const found: LdapEntry[] = [];
    for await (const batch of connection.searchPaged({ ...people(), pageSize })) found.push(...batch);
    assert.deepEqual(guids(found), whole);
  }
});

test('DirSync: cookie, changed, cleared and deleted', async () => {
  await using connection = await connect();
  const dn = `CN=user0,OU=People,${samba.baseDn}`;
  const attributes = ['name', 'isDeleted', 'objectGUID', 'sn', 'title', 'member'];
  const poll = async (cookie?: Buffer) => {
    const control = dirSync({ flags: DIRSYNC.incrementalValues, ...(cookie ? { cookie } : {}) });
    const stream = connection.search({
      base: samba.baseDn,
      scope: 'sub',
      filter: '(|(objectClass=user)(objectClass=group))',
      attributes,
      controls: [control, extendedDn('text')],
    });
    const entries: LdapEntry[] = [];
    for await (const batch of stream) entries.push(...batch);
    const next = readDirSync((await stream.result).controls);
    assert.ok(next && !next.more);
    return { entries, cookie: next.cookie };
  };
  await connection.modify(dn, [{ operation: 'replace', attribute: 'title', values: ['Boss'] }]);
  const first = await poll();
  assert.ok(first.entries.length > 300);
  assert.deepEqual((await poll(first.cookie)).entries, []);

  const group = `CN=team,OU=People,${samba.baseDn}`;
  await connection.add(group, { objectClass: ['group'], sAMAccountName: ['team'], member: [dn] });
  await connection.modify(dn, [{ operation: 'delete', attribute: 'title', values: [] }]);
  const second = await poll(first.cookie);
  const cleared = second.entries.find((e) => attributeOf(e, 'title') !== undefined);
  assert.match(cleared?.dn ?? '', /^<GUID=[0-9a-f-]{36}>;<SID=S-1-5-[0-9-]+>;CN=user0,/);
  assert.deepEqual(attributeOf(cleared as LdapEntry, 'title')?.values, []);
  assert.equal(attributeOf(cleared as LdapEntry, 'sn'), undefined);
  const added = second.entries.find((e) => e.dn.includes('CN=team'))?.attributes.find((a) => a.name === 'member');
  assert.deepEqual(added && rangeOf(added), { from: 1, to: 1 });

  await connection.modify(group, [{ operation: 'delete', attribute: 'member', values: [dn] }]);
  const third = await poll(second.cookie);
  const removed = third.entries[0]?.attributes.find((a) => a.name === 'member');
  assert.deepEqual(removed && rangeOf(removed), { from: 0, to: 0 });
  await connection.delete(group);
  const last = await poll(third.cookie);
  assert.equal(text(last.entries[0] as LdapEntry, 'isDeleted'), 'TRUE');
});

test('DirSync without the right is refused, and works with it', async () => {
  const password = 'Passw0rd.of-the-service';
  await samba.createAccount('svc-sync', password);
  const poll = async (): Promise<number> => {
    await using connection = await connectLdap({
      ...secure(),
      bind: { kind: 'simple', user: `svc-sync@${samba.realm}`, password },
    });
    const control = dirSync({ flags: DIRSYNC.incrementalValues });
    const search = { base: samba.baseDn, scope: 'sub', filter: '(objectClass=user)', controls: [control] } as const;
    return (await connection.searchAll(search)).length;
  };
  await assert.rejects(poll(), (error) => error instanceof LdapError && error.code === 50);
  await samba.grant(RIGHTS.replicatingDirectoryChanges, 'svc-sync');
  assert.ok((await poll()) > 300);
  await samba.revoke(RIGHTS.replicatingDirectoryChanges, 'svc-sync');
  await assert.rejects(poll(), (error) => error instanceof LdapError && error.codeName === 'insufficientAccessRights');
});

test('create, change, rename, move, delete and restore', async () => {
  await using connection = await connect();
  const { baseDn } = samba;
  const read = async (dn: string): Promise<LdapEntry | undefined> =>
    (await connection.searchAll({ base: dn, scope: 'base', filter: '(objectClass=*)' }))[0];
  await connection.add(`CN=New, Person,OU=People,${baseDn}`.replace('New,', 'New\\,'), {
    objectClass: ['user'],
    sAMAccountName: ['new.person'],
    description: ['größer als 127'],
    thumbnailPhoto: [Buffer.from([0, 255, 1])],
  });
  const dn = `CN=New\\, Person,OU=People,${baseDn}`;
  const created = (await read(dn)) as LdapEntry;
  assert.deepEqual(texts(created, 'description'), ['größer als 127']);
  assert.deepEqual(bytes(created, 'thumbnailPhoto'), Buffer.from([0, 255, 1]));
  const guid = bytes(created, 'objectGUID')?.toString('hex');
  await connection.rename(dn, { rdn: 'CN=Renamed', superior: `CN=Users,${baseDn}` });
  const renamed = (await read(`<GUID=${guid}>`)) as LdapEntry;
  assert.equal(renamed.dn, `CN=Renamed,CN=Users,${baseDn}`);
  await connection.delete(renamed.dn);
  await assert.rejects(read(renamed.dn), (error) => error instanceof LdapError && error.code === 32);
  const gone = await connection.searchAll({
    base: `CN=Deleted Objects,${baseDn}`,
    scope: 'one',
    filter: { equal: ['objectGUID', Buffer.from(guid ?? '', 'hex')] },
    controls: [showDeleted()],
  });
  assert.equal(text(gone[0] as LdapEntry, 'isDeleted'), 'TRUE');
  await connection.modify(
    gone[0]?.dn ?? '',
    [
      { operation: 'delete', attribute: 'isDeleted', values: [] },
      { operation: 'replace', attribute: 'distinguishedName', values: [renamed.dn] },
    ],
    [showDeleted()],
  );
  assert.equal(bytes((await read(renamed.dn)) as LdapEntry, 'objectGUID')?.toString('hex'), guid);
});

test('errors carry the code of the protocol and that of Windows', async () => {
  await using connection = await connect();
  const dn = `CN=user1,OU=People,${samba.baseDn}`;
  const twin = { objectClass: ['user'], sAMAccountName: ['user1'] };
  await assert.rejects(connection.add(dn.replace('user1', 'twin'), twin), (error) => {
    assert.ok(error instanceof LdapError);
    assert.deepEqual([error.code, error.codeName, error.windowsCode], [68, 'entryAlreadyExists', '00002071']);
    assert.match(error.message, /refused the creation of "CN=twin,/);
    return true;
  });
  const unknown = [{ oid: '1.2.3.4.5.6', critical: true }];
  await assert.rejects(
    connection.searchAll({ ...people(), controls: unknown }),
    (error) => error instanceof LdapError && error.code === 12,
  );
  assert.equal((await connection.searchAll(people())).length > 0, true);
});

test('a group of 3,000 is read whole', async () => {
  await using connection = await connect();
  const members = Array.from({ length: 3000 }, (_, i) => `CN=member${i},OU=Many,${samba.baseDn}`);
  await samba.addObjects([{ dn: `OU=Many,${samba.baseDn}`, attributes: { objectClass: 'organizationalUnit' } }]);
  await samba.addObjects(members.map((dn) => ({ dn, attributes: { objectClass: 'contact' } })));
  const group = `CN=many,OU=Many,${samba.baseDn}`;
  await connection.add(group, { objectClass: ['group'], sAMAccountName: ['many'] });
  for (let i = 0; i < members.length; i += 500) {
    await connection.modify(group, [{ operation: 'add', attribute: 'member', values: members.slice(i, i + 500) }]);
  }
  assert.deepEqual((await readAllValues(connection, group, 'member')).map(String).sort(), [...members].sort());
});

test('a permissive change adds what is there already', async () => {
  await using connection = await connect();
  const dn = `CN=user2,OU=People,${samba.baseDn}`;
  const change = [{ operation: 'add', attribute: 'otherTelephone', values: ['1'] }] as const;
  await connection.modify(dn, change);
  await assert.rejects(connection.modify(dn, change), (error) => error instanceof LdapError && error.code === 20);
  // Samba 4.17 does so for plain attributes only; Windows for `member` as well.
  assert.equal((await connection.modify(dn, change, [permissiveModify()])).code, 0);
});

test('a server that dies is a lost connection', async () => {
  const connection = await connect();
  await samba.down('kill');
  await assert.rejects(
    connection.searchAll(people()),
    (error) => error instanceof LdapError && error.reason === 'connection-lost',
  );
  await assertRefused({ ...secure(), bind: admin() }, 'connection-refused', /no directory listens/);
  await samba.up();
  await using again = await connect();
  assert.equal((await again.searchAll(people())).length, 300);
});
