import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type ServedTenant, serveTenant } from '../../src/tenant/serve.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { graphApp, syncApp, testTenant, tokenFor } from './support.ts';

let tenant: Tenant;
let served: ServedTenant;
let tokens: { graph: string; sync: string };

before(async () => {
  tenant = testTenant({
    seed: { users: [{ displayName: 'Ana', userPrincipalName: 'ana@contoso.com' }], groups: [{ displayName: 'G' }] },
  });
  served = await serveTenant(tenant, { listen: '127.0.0.1:0' });
  tokens = { graph: await tokenFor(tenant, graphApp), sync: await tokenFor(tenant, syncApp) };
});
after(async () => {
  await served.close();
  tenant.close();
});

interface Answer {
  readonly status: number;
  readonly text: string;
}
/** Sends the path as it is, unlike `fetch`, which would tidy it up. */
function raw(
  method: string,
  path: string,
  options: { body?: string | Buffer; headers?: Record<string, string>; plane?: 'graph' | 'sync' } = {},
): Promise<Answer> {
  const { port } = new URL(served.url);
  const chunked = options.headers?.['transfer-encoding'] !== undefined;
  const length = chunked ? {} : { 'content-length': String(Buffer.byteLength(options.body ?? '')) };
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${tokens[options.plane ?? 'graph']}`,
      'content-type': 'application/json',
      ...length,
      ...options.headers,
    };
    const outgoing = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      incoming.on('error', reject);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' || error.code === 'ECONNRESET'
        ? resolve({ status: 413, text: '{"error":{}}' })
        : reject(error),
    );
    outgoing.end(options.body);
  });
}

/** Never a crash, a stack trace or a 500; errors have the documented shape. */
function check({ status, text }: Answer, what: string): void {
  assert.ok(status >= 200 && status < 600 && status !== 500, `${status} for ${what}: ${text.slice(0, 300)}`);
  assert.doesNotMatch(text, /\n\s+at |node_modules|\.ts:\d|SQLITE|sqlite/i, what);
  if (status >= 400 && status !== 404)
    assert.ok((JSON.parse(text) as { error: unknown }).error !== undefined, `${what}: ${text.slice(0, 200)}`);
}

test('paths of all kinds', async () => {
  const paths = [
    '/v1.0',
    '/v1.0/',
    '/v1.0//users',
    '/v1.0/users/..%2f..%2fetc%2fpasswd',
    '/v1.0/../../etc/passwd',
    '/v1.0/users/%00',
    "/v1.0/users('",
    "/v1.0/users('')",
    '/v1.0/users()',
    '/v1.0/users(id=)',
    '/v1.0/users/__proto__',
    '/v1.0/__proto__',
    '/v1.0/constructor/x',
    '/v1.0/users/%E0%A4%A',
    `/v1.0/users/${'a'.repeat(9000)}`,
    `/v1.0${'/users'.repeat(50)}`,
    '/v1.0/users?$filter=%',
    '/v1.0/users?$top=999999999999',
    '/v1.0/users?$top=-1',
    '/v1.0/users?$select=__proto__',
    '/v1.0/users?$select=toString',
    '/v1.0/users?$select=',
    '/v1.0/users?$expand=members',
    '/v1.0/groups?$expand=__proto__',
    '/v1.0/users?$select=id&$select=id',
    '/v1.0/users?$orderby=id;drop%20table%20object',
    "/v1.0/users?$search='",
    '/v1.0/users?$skiptoken=..',
    '/v1.0/users/delta?$deltatoken=a.b',
    '/sync/v1/../v1/company',
    '/sync/v1/__proto__',
    '/x/oauth2/v2.0/token',
    '/%ff/%fe',
    '/discovery/v2.0/keys/x',
    '/common/discovery/instance?x=',
  ];
  for (const path of paths) check(await raw('GET', path), path);
  assert.equal((await raw('GET', '/v1.0/users/ana@contoso.com')).status, 200, 'still alive');
});

test('bodies and methods of all kinds', async () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  const bodies = [
    '',
    'null',
    '1',
    '"x"',
    '[]',
    '{',
    '{"displayName":',
    '\u0000',
    deep,
    '{"__proto__":{"x":1}}',
    '{"constructor":1}',
    '{"displayName":{"$ne":1}}',
    '{"@odata.id":5}',
    '{"@odata.id":"https://x/%zz"}',
    '{"members@odata.bind":"x"}',
    '{"members@odata.bind":[null]}',
    '{"passwordProfile":5}',
    '{"onPremisesExtensionAttributes":{"__proto__":"x"}}',
    '{"ids":[1]}',
    '{"requests":[null]}',
    '{"requests":[{"id":1,"method":"GET","url":"::::"}]}',
    '{"requests":[{"id":"1","method":"GET","url":"/$batch"}]}',
    Buffer.from([0xff, 0xfe, 0x00]),
  ];
  const targets = [
    ['POST', '/v1.0/users'],
    ['PATCH', '/v1.0/users/ana@contoso.com'],
    ['POST', '/v1.0/groups'],
    ['POST', '/v1.0/devices'],
    ['POST', '/v1.0/$batch'],
    ['POST', '/v1.0/directoryObjects/getByIds'],
    ['POST', '/v1.0/users/ana@contoso.com/assignLicense'],
    ['PUT', '/v1.0/users/ana@contoso.com/manager/$ref'],
    ['POST', '/v1.0/directoryRoles'],
    ['POST', '/v1.0/roleManagement/directory/roleAssignments'],
    ['POST', '/v1.0/domains'],
    ['OPTIONS', '/v1.0/users'],
    ['TRACE', '/v1.0/users'],
    ['DELETE', '/v1.0/users'],
    ['PROPFIND', '/v1.0/users'],
  ] as const;
  for (const [method, path] of targets)
    for (const body of bodies)
      check(await raw(method, path, { body }), `${method} ${path} ${String(body).slice(0, 60)}`);
  for (const path of ['provision', 'read-back', 'finalize', 'credentials']) {
    for (const body of bodies)
      check(await raw('POST', `/sync/v1/${path}`, { body, plane: 'sync' }), `${path} ${String(body).slice(0, 60)}`);
  }
  for (const body of bodies)
    check(await raw('PATCH', '/sync/v1/company', { body, plane: 'sync' }), `company ${String(body).slice(0, 60)}`);
  assert.equal(({} as { x?: number }).x, undefined, 'no prototype was polluted');
});

test('a body that is too large is refused, with a length and without', async () => {
  const large = Buffer.alloc(5 * 1024 * 1024, 0x20);
  const declared = await raw('POST', '/v1.0/users', { body: large });
  assert.equal(declared.status, 413);
  const chunked = await raw('POST', '/v1.0/users', { body: large, headers: { 'transfer-encoding': 'chunked' } });
  assert.equal(chunked.status, 413);
  const batch = await raw('POST', '/sync/v1/provision', { body: Buffer.alloc(33 * 1024 * 1024, 0x20), plane: 'sync' });
  assert.equal(batch.status, 413);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const token = await raw('POST', '/contoso.com/oauth2/v2.0/token', { body: 'a='.padEnd(70_000, 'x'), headers: form });
  assert.equal(token.status, 413);
  const page = await raw('POST', '/contoso.com/oauth2/v2.0/authorize', {
    body: 'a='.padEnd(70_000, 'x'),
    headers: form,
  });
  assert.equal(page.status, 413);
  assert.equal((await raw('GET', '/v1.0/users/ana@contoso.com')).status, 200, 'still alive');
});

test('a body that says it is longer than it is does not hold up anybody', async () => {
  const { port } = new URL(served.url);
  const half = httpRequest({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/v1.0/users',
    headers: { authorization: `Bearer ${tokens.graph}`, 'content-type': 'application/json', 'content-length': '1000' },
  });
  half.on('error', () => undefined); // it is cut off below
  half.write('{"displayName":');
  assert.equal((await raw('GET', '/v1.0/users/ana@contoso.com')).status, 200);
  half.destroy();
  assert.equal((await raw('GET', '/v1.0/users/ana@contoso.com')).status, 200);
});

test('tokens of all kinds', async () => {
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  const [, payload] = tokens.graph.split('.');
  for (const authorization of [
    '',
    'Bearer',
    'Bearer x',
    'Bearer a.b.c',
    `Bearer ${none}.${payload}.`,
    `Bearer ${tokens.graph}x`,
    `Basic ${tokens.graph}`,
    `Bearer ${'a'.repeat(10_000)}`,
  ]) {
    const answer = await raw('GET', '/v1.0/users', { headers: { authorization } });
    assert.equal(answer.status, 401, authorization.slice(0, 40));
    check(answer, authorization.slice(0, 40));
  }
});

test('whatever is provisioned, the answer is a result for each object or a 400', async () => {
  const value: fc.Arbitrary<unknown> = fc.oneof(
    fc.string({ maxLength: 30, unit: 'binary' }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.record({ base64: fc.base64String({ maxLength: 40 }) }),
    fc.record({ dn: fc.string({ maxLength: 10 }) }),
    fc.array(fc.string({ maxLength: 20 }), { maxLength: 4 }),
    fc.jsonValue(),
  );
  const name = fc.constantFrom(
    'displayName',
    'userPrincipalName',
    'proxyAddresses',
    'mail',
    'alias',
    'accountEnabled',
    'onPremiseSecurityIdentifier',
    'deviceId',
    'sourceAnchor',
    'cloudAnchor',
    'usageLocation',
    'thumbnailPhoto',
    'extensionAttribute1',
    'nope',
    'toString',
    'telephoneNumber',
    'lastPasswordChangeTimestamp',
  );
  const link = fc.record({
    anchor: fc.constantFrom('a', 'b', 'User_x', ''),
    anchorType: fc.constantFrom('sourceAnchor', 'cloudAnchor'),
    operation: fc.constantFrom('add', 'remove'),
  });
  const object = fc.record({
    operation: fc.constantFrom('Add', 'Set', 'Delete'),
    objectType: fc.constantFrom('User', 'Group', 'Contact', 'Device'),
    sourceAnchor: fc.constantFrom('a', 'b', 'c', 'AAECAwQFBgcICQoLDA0ODw=='),
    properties: fc.dictionary(name, value, { maxKeys: 6 }),
    links: fc.dictionary(
      fc.constantFrom('member', 'manager', 'managedBy', 'nope', 'constructor'),
      fc.array(link, { maxLength: 3 }),
      { maxKeys: 2 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(object, { maxLength: 4 }), async (objects) => {
      const answer = await raw('POST', '/sync/v1/provision', { body: JSON.stringify({ objects }), plane: 'sync' });
      check(answer, JSON.stringify(objects));
      assert.ok(answer.status === 200 || answer.status === 400, answer.text);
      if (answer.status === 200)
        assert.equal((JSON.parse(answer.text) as { results: unknown[] }).results.length, objects.length);
    }),
    { numRuns: 300, seed: 20260104 },
  );
  const list = await raw('GET', '/v1.0/users?$top=999');
  assert.equal(list.status, 200);
});
