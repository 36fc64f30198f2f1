/** The LDAP layer against a real OpenLDAP server; what is there is told by OpenLDAP's own client. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectLdap } from '../../src/ldap/connect.ts';
import { CONTROL } from '../../src/ldap/controls.ts';
import { LdapError } from '../../src/ldap/errors.ts';
import type { LdapConnection, LdapEntry } from '../../src/ldap/types.ts';
import { type LdifRecord, ldifBytes, parseLdif } from '../../src/model/ldif.ts';
import { formatLdif } from '../../src/model/ldif-writer.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

const SUFFIX = 'dc=example,dc=com';
const COUNT = 1200;

/** People with everything that makes reading hard: long values, bytes, several values, commas and letters beyond ASCII. */
function people(): string {
  const records: LdifRecord[] = [
    {
      kind: 'entry',
      line: 0,
      dn: `ou=People,${SUFFIX}`,
      attributes: [{ name: 'objectClass', values: ['organizationalUnit'] }],
    },
  ];
  for (let i = 0; i < COUNT; i++) {
    const attributes = [
      { name: 'objectClass', values: ['inetOrgPerson'] },
      { name: 'cn', values: [`Müller, Änne ${i}`, `Person ${i}`] },
      { name: 'sn', values: ['Müller'] },
      { name: 'employeeNumber', values: [String(i)] },
      { name: 'description', values: ['x'.repeat(1 + (i % 300))] },
      ...(i % 10 === 0
        ? [{ name: 'jpegPhoto', values: [Buffer.alloc(70_000, i), Buffer.from([0, 255, i & 255])] }]
        : []),
    ];
    records.push({ kind: 'entry', line: 0, dn: `cn=Müller\\, Änne ${i},ou=People,${SUFFIX}`, attributes });
  }
  return records.map((r) => formatLdif(r)).join('');
}

let slapd: Slapd;
before(async () => {
  slapd = await startSlapd({ ldif: people(), sizeLimit: 100, syncprov: true });
});
after(() => slapd.stop());

const connect = (): Promise<LdapConnection> =>
  connectLdap({
    url: slapd.ldapsUrl,
    ca: slapd.caPem,
    bind: { kind: 'simple', user: slapd.rootDn, password: slapd.rootPassword },
  });
const everybody = { base: SUFFIX, scope: 'sub', filter: '(objectClass=inetOrgPerson)' } as const;

/** Entries in one comparable form, whoever read them. */
type Comparable = Record<string, Record<string, string[]>>;
const ours = (entries: readonly LdapEntry[]): Comparable =>
  Object.fromEntries(
    entries.map((e) => [
      e.dn,
      Object.fromEntries(e.attributes.map((a) => [a.name, a.values.map((v) => v.toString('base64')).sort()])),
    ]),
  );
async function theirs(...args: string[]): Promise<Comparable> {
  const records = parseLdif(await slapd.ldapsearch('-o', 'ldif-wrap=no', ...args));
  return Object.fromEntries(
    records.map((r) => {
      assert.ok(r.kind === 'entry');
      const values = r.attributes.map((a) => [a.name, a.values.map((v) => ldifBytes(v).toString('base64')).sort()]);
      return [r.dn, Object.fromEntries(values)];
    }),
  );
}

test('a whole directory, byte for byte as ldapsearch reads it', async () => {
  await using connection = await connect();
  const found: LdapEntry[] = [];
  for await (const batch of connection.searchPaged({ ...everybody, filter: '(objectClass=*)', pageSize: 500 }))
    found.push(...batch);
  const expected = await theirs('(objectClass=*)');
  assert.equal(Object.keys(expected).length, COUNT + 2);
  assert.deepEqual(ours(found), expected);
});

test('every kind of filter finds what ldapsearch finds', async () => {
  await using connection = await connect();
  for (const [filter, atLeast] of [
    ['(employeeNumber=17)', 1],
    ['(cn=Müller\\2c Änne 1*)', 100],
    ['(cn=*son 11*9)', 10],
    ['(description=xxx*)', 1000],
    ['(&(sn=müller)(!(jpegPhoto=*))(|(employeeNumber=1)(employeeNumber=2)(employeeNumber=10)))', 2],
    ['(cn:caseExactMatch:=Person 7)', 1],
    ['(cn:dn:=müller\\2c änne 8)', 1],
    ['(cn~=person)', 0],
    ['(nonsense=1)', 0],
    ['(&)', COUNT + 2],
  ] as const) {
    const found = ours(await connection.searchAll({ ...everybody, filter, attributes: ['employeeNumber'] }));
    assert.deepEqual(found, await theirs(filter, 'employeeNumber'), filter);
    assert.ok(Object.keys(found).length >= atLeast, filter);
  }
});

test('a size limit of the server is an error, paged or not', async () => {
  // Only the root DN is free of limits here.
  await using connection = await connectLdap({ url: slapd.url });
  const seen: LdapEntry[] = [];
  const limited = async (): Promise<void> => {
    for await (const batch of connection.search(everybody)) seen.push(...batch);
  };
  await assert.rejects(limited(), (error) => error instanceof LdapError && error.codeName === 'sizeLimitExceeded');
  assert.equal(seen.length, 100);
  const paged = async (): Promise<void> => {
    for await (const _ of connection.searchPaged({ ...everybody, pageSize: 60 }));
  };
  await assert.rejects(paged(), (error) => error instanceof LdapError && error.code === 4);
  await using root = await connect();
  await assert.rejects(
    root.searchAll({ ...everybody, sizeLimit: 5 }),
    (error) => error instanceof LdapError && error.code === 4,
  );
});

test('create, change, rename and delete', async () => {
  await using connection = await connect();
  const dn = `cn=Temp,ou=People,${SUFFIX}`;
  await connection.add(dn, { objectClass: ['inetOrgPerson'], sn: ['T'], cn: ['Temp'], title: [] });
  await connection.modify(dn, [
    { operation: 'add', attribute: 'mail', values: ['a@example.com', 'b@example.com'] },
    { operation: 'delete', attribute: 'mail', values: ['a@example.com'] },
    { operation: 'replace', attribute: 'sn', values: ['Ü'] },
  ]);
  await connection.rename(dn, { rdn: 'cn=Renamed', deleteOldRdn: false, superior: SUFFIX });
  const now = `cn=Renamed,${SUFFIX}`;
  const expected = { [now]: { mail: ['b@example.com'], sn: ['Ü'], cn: ['Renamed', 'Temp'] } };
  const base64 = (v: string): string => Buffer.from(v).toString('base64');
  assert.deepEqual(
    await theirs('(mail=b@example.com)', 'mail', 'sn', 'cn'),
    Object.fromEntries(
      Object.entries(expected).map(([k, a]) => [
        k,
        Object.fromEntries(Object.entries(a).map(([n, v]) => [n, v.map(base64).sort()])),
      ]),
    ),
  );
  await connection.delete(now);
  await assert.rejects(connection.delete(now), (error) => error instanceof LdapError && error.code === 32);
});

test('many connections and many searches at once', async () => {
  await using one = await connect();
  await using two = await connectLdap({ url: slapd.url, startTls: true, ca: slapd.caPem });
  const found = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      (i % 2 ? one : two).searchAll({
        ...everybody,
        filter: { equal: ['employeeNumber', String(i)] },
        attributes: ['sn'],
      }),
    ),
  );
  assert.deepEqual(
    found.map((entries) => entries[0]?.dn),
    Array.from({ length: 200 }, (_, i) => `cn=Müller\\2C Änne ${i},ou=People,${SUFFIX}`),
  );
});

test('synchronization that stays open delivers a change as it happens (RFC 4533)', async () => {
  await using connection = await connect();
  const abort = new AbortController();
  const refreshAndPersist = Buffer.from('30030a0103', 'hex');
  const live: Promise<unknown>[] = [];
  const stream = connection.search({
    ...everybody,
    attributes: ['sn'],
    controls: [{ oid: CONTROL.syncRequest, critical: true, value: refreshAndPersist }],
    signal: abort.signal,
    persistent: true,
    onIntermediate: (oid) => {
      assert.equal(oid, '1.3.6.1.4.1.4203.1.9.1.4');
      // The refresh is over; what comes now is live.
      live.push(
        connection.add(`cn=Live,ou=People,${SUFFIX}`, { objectClass: ['inetOrgPerson'], sn: ['L'], cn: ['Live'] }),
      );
    },
  });
  let count = 0;
  const reading = (async () => {
    for await (const batch of stream) {
      for (const entry of batch) {
        count++;
        assert.equal(entry.controls?.[0]?.oid, CONTROL.syncState);
        if (entry.dn.startsWith('cn=Live,')) abort.abort(new Error('seen'));
      }
    }
  })();
  await assert.rejects(reading, /seen/);
  await Promise.all(live);
  assert.deepEqual([count, live.length], [COUNT + 1, 1]);
});

test('a server that wants confidentiality says so', async () => {
  await using strict = await startSlapd({ requireTls: true });
  const bind = { kind: 'simple', user: strict.rootDn, password: strict.rootPassword } as const;
  await assert.rejects(connectLdap({ url: strict.url, bind }), (error) => {
    assert.ok(error instanceof LdapError);
    assert.deepEqual([error.reason, error.codeName], ['ad-signing-required', 'confidentialityRequired']);
    return true;
  });
  await (await connectLdap({ url: strict.url, startTls: true, ca: strict.caPem, bind })).close();
});

test('a wrong password has no sub-code here', async () => {
  const bind = { kind: 'simple', user: slapd.rootDn, password: 'wrong' } as const;
  await assert.rejects(connectLdap({ url: slapd.url, bind }), (error) => {
    assert.ok(error instanceof LdapError);
    assert.deepEqual([error.reason, error.code, error.adCode], ['invalid-credentials', 49, undefined]);
    return true;
  });
});

test('a server that dies in the middle of a dump', async () => {
  const connection = await connect();
  const dump = async (): Promise<void> => {
    for await (const _ of connection.searchPaged({ ...everybody, pageSize: 10 })) await slapd.down('kill');
  };
  await assert.rejects(dump(), (error) => error instanceof LdapError && error.reason === 'connection-lost');
  await slapd.up();
});
