/** Getting to a domain controller, and every way of not getting there. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import type { ActiveDirectoryConfig } from '../../src/connectors/active-directory/config.ts';
import { ConnectorError } from '../../src/connectors/contract.ts';
import { tempDirectory } from '../support/temp.ts';
import { makeCertificates } from '../support/tls.ts';
import { type Directory, Importer, startDirectory } from './directory.ts';

let directory: Directory;
before(async () => {
  directory = await startDirectory({
    requireStrongAuth: true,
    configuration: ['dsdb:schema update allowed = yes'],
  });
});
after(() => directory?.[Symbol.asyncDispose]());

const signal = new AbortController().signal;
async function assertFails(
  config: Partial<ActiveDirectoryConfig>,
  expected: { code: string; status: string; message: RegExp; remedy?: RegExp },
  environment: Parameters<Directory['connector']>[1] = {},
): Promise<void> {
  await assert.rejects(directory.connector(config, environment).open(signal), (error) => {
    assert.ok(error instanceof ConnectorError, String(error));
    assert.deepEqual([error.code, error.status], [expected.code, expected.status]);
    assert.match(error.message, expected.message);
    assert.match(error.remedy, expected.remedy ?? /./);
    assert.doesNotMatch(`${error.message}${error.remedy}${String(error.cause)}`, /Passw0rd|WrongPassw0rd/);
    return true;
  });
}

test('a wrong password, told as such', async () => {
  const bind = { user: directory.samba.adminUser, password: 'WrongPassw0rd' };
  await assertFails(
    { bind },
    { code: 'ad-bind-failed', status: 'no-start-credentials', message: /user name or the password is wrong/ },
  );
  // A second server must not be asked: every try counts towards a lock-out.
  let connections = 0;
  const { connectLdap } = await import('../../src/ldap/connect.ts');
  const servers = [directory.samba.ldapsUrl, `${directory.samba.ldapsUrl}:636`];
  await assertFails(
    { bind, servers },
    { code: 'ad-bind-failed', status: 'no-start-credentials', message: /Administrator/ },
    {
      connectLdap: (options) => {
        connections++;
        return connectLdap(options);
      },
    },
  );
  assert.equal(connections, 1);
});

test('disabled, expired and must-change accounts, in words', async () => {
  const password = 'Passw0rd.of-the-account';
  const cases = [
    ['off', 'userAccountControl', '514', /account is disabled/, /Enable the account/],
    ['old', 'accountExpires', '116444736000000000', /account has expired/, /expiry/],
    ['new', 'pwdLastSet', '0', /must be changed/, /new password/],
  ] as const;
  for (const [name, attribute, value, message, remedy] of cases) {
    await directory.samba.createAccount(name, password);
    await directory.set(`CN=${name},CN=Users,${directory.samba.baseDn}`, attribute, value);
    const bind = { user: `${name}@corp.example.com`, password };
    await assertFails({ bind }, { code: 'ad-bind-failed', status: 'no-start-credentials', message, remedy });
  }
});

test('an empty password is refused before anything is sent', async () => {
  await assertFails(
    { bind: { user: directory.samba.adminUser, password: '' } },
    { code: 'bad-configuration', status: 'no-start-bad-ma-configuration', message: /is empty/ },
  );
});

test('a server that demands TLS, and the three ways to satisfy it', async () => {
  const { samba } = directory;
  await assertFails(
    { servers: [samba.url], tls: {} },
    { code: 'ad-signing-required', status: 'no-start-connection', message: /TLS/, remedy: /ldaps:\/\// },
  );
  const account = { user: `${samba.domain}\\Administrator`, password: samba.adminPassword };
  const ways: Partial<ActiveDirectoryConfig>[] = [
    { servers: [samba.ldapsUrl] },
    { servers: [samba.url], tls: { ca: samba.caPem, startTls: true } },
    { servers: [samba.url], tls: {}, bind: { ...account, method: 'ntlm' } },
  ];
  for (const way of ways) {
    await using session = await directory.connector(way).open(signal);
    assert.equal(session.server, 'dc1.corp.example.com');
    assert.ok((await new Importer(session).full()).length > 100);
  }
});

test('a certificate of somebody else', async () => {
  await using temp = tempDirectory('other-ca');
  const other = await makeCertificates(temp.path, ['dc1.corp.example.com'], []);
  await assertFails(
    { tls: { ca: other.caPem } },
    { code: 'tls-untrusted', status: 'no-start-connection', message: /./, remedy: /tls: \{ ca/ },
  );
});

test('a server that is not there, and a list of which one is', async () => {
  const dead = 'ldaps://127.0.0.1:1';
  await assertFails(
    { servers: [dead] },
    { code: 'connection-refused', status: 'no-start-connection', message: /127\.0\.0\.1/ },
  );
  await assertFails(
    { servers: [dead, 'ldaps://127.0.0.1:2'] },
    { code: 'no-domain-controller', status: 'no-start-no-domain-controller', message: /:1 .*:2 / },
  );
  await using session = await directory.connector({ servers: [dead, directory.samba.ldapsUrl] }).open(signal);
  assert.equal(session.server, 'dc1.corp.example.com');
});

test('a server that accepts and then says nothing', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    await assertFails(
      { servers: [`ldaps://127.0.0.1:${port}`], connectTimeoutMs: 200 },
      { code: 'tls-failed', status: 'no-start-connection', message: /./ },
    );
  } finally {
    silent.close();
  }
});

test('controllers found through DNS, by site, priority and fail-over', async () => {
  const asked: string[] = [];
  const resolveSrv = async (name: string) => {
    asked.push(name);
    if (name.includes('_sites')) return [{ name: '127.0.0.1', port: 389, priority: 0, weight: 100 }];
    return [{ name: directory.samba.address, port: 389, priority: 10, weight: 100 }];
  };
  const config = { domain: 'corp.example.com', site: 'Paris' };
  const connector = directory.connector({ ...config, servers: [] }, { resolveSrv });
  await using session = await connector.open(signal);
  assert.equal(session.server, 'dc1.corp.example.com');
  assert.deepEqual(asked, [
    '_ldap._tcp.Paris._sites.dc._msdcs.corp.example.com',
    '_ldap._tcp.dc._msdcs.corp.example.com',
  ]);
  await assertFails(
    { servers: [], domain: 'nowhere.example.com' },
    { code: 'dns-failure', status: 'no-start-no-domain-controller', message: /ENOTFOUND/ },
    { resolveSrv: async () => Promise.reject(new Error('querySrv ENOTFOUND')) },
  );
});

test('a partition that the server does not hold, and one that is a unit', async () => {
  for (const base of ['DC=other,DC=example,DC=com', directory.people]) {
    await assertFails(
      { partitions: [{ base }] },
      { code: 'partition-missing', status: 'no-start-partition-delete', message: /DC=corp,DC=example,DC=com/ },
    );
  }
  await using session = await directory
    .connector({ partitions: [{ base: 'dc=CORP, dc=example, dc=com' }] })
    .open(signal);
  assert.deepEqual(session.partitions, [{ name: 'dc=CORP, dc=example, dc=com' }]);
  assert.ok((await new Importer(session).full()).length > 100);
});

test('the server of the last import is preferred, also if it is not the first', async () => {
  const second = `${directory.samba.ldapsUrl}:636`;
  const connector = directory.connector({ servers: [directory.samba.ldapsUrl, second] });
  await using other = await directory.connector({ servers: [second] }).open(signal);
  const importer = new Importer(other);
  await importer.full();
  for (let i = 0; i < 2; i++) {
    await using session = await connector.open(signal);
    const partition = { name: directory.samba.baseDn };
    assert.equal(session.urlOf(partition), i === 0 ? directory.samba.ldapsUrl : second);
    const next = new Importer(session);
    next.watermark = importer.watermark;
    await next.delta();
    assert.equal(session.urlOf(partition), second);
    assert.deepEqual(next.warnings, []);
  }
});

test('several partitions of one server', async () => {
  const configuration = `CN=Configuration,${directory.samba.baseDn}`;
  const partitions = [{ base: directory.samba.baseDn }, { base: configuration }];
  await using session = await directory.connector({ partitions }).open(signal);
  assert.deepEqual(
    session.partitions,
    partitions.map(({ base }) => ({ name: base })),
  );
  const importer = new Importer(session);
  importer.objectTypes = ['site'];
  const request = { ...importer.request('full'), partition: { name: configuration } };
  const names: string[] = [];
  for await (const { items } of session.import(request)) {
    for (const item of items) if (item.kind === 'object' && item.objectType === 'site') names.push(item.dn);
  }
  assert.deepEqual(names, [`CN=Default-First-Site-Name,CN=Sites,${configuration}`]);
  assert.equal(session.parameters({ name: configuration })['Forest.Netbios'], 'CORP');
});

test('names of the domain and the forest for the rules', async () => {
  await using session = await directory.connector().open(signal);
  assert.deepEqual(session.parameters({ name: directory.samba.baseDn }), {
    'Domain.Netbios': 'CORP',
    'Domain.FQDN': 'corp.example.com',
    'Domain.LDAP': 'DC=corp,DC=example,DC=com',
    'Forest.Netbios': 'CORP',
    'Forest.FQDN': 'corp.example.com',
    'Forest.LDAP': 'DC=corp,DC=example,DC=com',
  });
});

test('the schema is read once, and again when it changed', async () => {
  let searches = 0;
  const { connectLdap } = await import('../../src/ldap/connect.ts');
  const connector = directory.connector(
    {},
    {
      async connectLdap(options) {
        const connection = await connectLdap(options);
        const search = connection.search.bind(connection);
        Object.defineProperty(connection, 'search', {
          value: (request: Parameters<typeof search>[0]) => {
            if (request.base.startsWith('CN=Schema') && request.scope === 'one') searches++;
            return search(request);
          },
        });
        return connection;
      },
    },
  );
  for (let i = 0; i < 2; i++) {
    await using session = await connector.open(signal);
    assert.deepEqual(session.schema.attributes.get('proxyAddresses'), {
      name: 'proxyAddresses',
      type: 'string',
      multiValued: true,
    });
    assert.equal(session.schema.attributes.get('memberOf'), undefined);
    assert.equal(session.schema.attributes.get('objectSid')?.type, 'binary');
    assert.ok(session.schema.objectTypes.includes('inetOrgPerson'));
  }
  assert.equal(searches, 1);
  await directory.admin.add(`CN=Shoe-Size,CN=Schema,CN=Configuration,${directory.samba.baseDn}`, {
    objectClass: ['attributeSchema'],
    lDAPDisplayName: ['shoeSize'],
    attributeID: ['1.3.6.1.4.1.99999.1.1'],
    attributeSyntax: ['2.5.5.9'],
    oMSyntax: ['2'],
    isSingleValued: ['TRUE'],
  });
  await directory.admin.modify('', [{ operation: 'add', attribute: 'schemaUpdateNow', values: ['1'] }]);
  await using session = await connector.open(signal);
  assert.deepEqual(session.schema.attributes.get('shoeSize'), {
    name: 'shoeSize',
    type: 'integer',
    multiValued: false,
  });
  assert.equal(searches, 2);
});

test('a connection that breaks during an import', async () => {
  const session = await directory.connector().open(signal);
  const importer = new Importer(session);
  await importer.full();
  await directory.admin.close();
  await directory.samba.down('kill');
  for (const mode of ['delta', 'full'] as const) {
    await assert.rejects(importer[mode](), (error) => {
      assert.ok(error instanceof ConnectorError, String(error));
      assert.deepEqual([error.code, error.status], ['connection-lost', 'stopped-connectivity']);
      return true;
    });
  }
  await session[Symbol.asyncDispose]();
  await directory.samba.up();
  await using again = await directory.connector().open(signal);
  assert.ok((await new Importer(again).full()).length > 100);
});

test('a certificate that is known by its fingerprint is enough, and any other is refused', async () => {
  const open = (fingerprints: string[]) =>
    directory.connector({ tls: { fingerprints } }).open(new AbortController().signal);
  let chain: readonly { readonly fingerprint256: string }[] = [];
  await assert.rejects(open(['00'.repeat(32)]), (error) => {
    assert.ok(error instanceof ConnectorError && error.code === 'tls-untrusted', String(error));
    assert.match(error.message, /none of the certificates that are accepted/);
    chain = (error.cause as { chain: typeof chain }).chain;
    return true;
  });
  const [leaf] = chain;
  assert.ok(leaf);
  await using session = await open([leaf.fingerprint256.replaceAll(':', '').toLowerCase()]);
  assert.equal(session.partitions.length, 1);
});
