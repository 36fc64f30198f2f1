import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { type Call, caller, syncCaller, testTenant } from './support.ts';

let tenant: Tenant;
let graph: Call;
const advanced = { ConsistencyLevel: 'eventual' };

before(async () => {
  tenant = testTenant({
    seed: {
      users: [
        {
          displayName: 'Zoë Ångström',
          userPrincipalName: 'zoe@contoso.com',
          department: 'Sales',
          mail: 'zoe@contoso.com',
          usageLocation: 'SE',
          companyName: 'Contoso',
        },
        {
          displayName: 'Bob Al-Amin',
          userPrincipalName: 'bob@contoso.com',
          department: 'sales',
          accountEnabled: false,
          manager: 'zoe@contoso.com',
          licences: ['exchange'],
        },
        {
          displayName: "Miles O'Brien",
          userPrincipalName: 'miles@contoso.com',
          department: 'Ops',
          otherMails: ['m@home.example'],
          onPremisesImmutableId: 'AbC=',
        },
        {
          displayName: 'Guest',
          userPrincipalName: 'guest@contoso.com',
          userType: 'Guest',
          onPremisesExtensionAttributes: { extensionAttribute1: 'X1' },
        },
      ],
      groups: [{ displayName: 'All', members: ['zoe@contoso.com', 'bob@contoso.com', 'Box'] }, { displayName: 'Box' }],
    },
  });
  graph = await caller(tenant);
});

const names = async (filter: string, eventual = false, path = '/users'): Promise<string[]> => {
  const query = `$filter=${encodeURIComponent(filter)}${eventual ? '&$count=true' : ''}&$select=displayName`;
  const answer = await graph('GET', `${path}?${query}`, undefined, eventual ? advanced : {});
  assert.equal(answer.status, 200, `${filter}: ${JSON.stringify(answer.body)}`);
  if (eventual) assert.equal(answer.body['@odata.count'], answer.body.value.length);
  return answer.body.value.map((u: { displayName: string }) => u.displayName.split(' ')[0]);
};
const refusal = async (query: string, headers: Record<string, string> = {}): Promise<string> => {
  const answer = await graph('GET', `/users?${query}`, undefined, headers);
  assert.equal(answer.status, 400, `${query}: ${JSON.stringify(answer.body)}`);
  return answer.body.error.code;
};

test('filters that need no advanced query (s.5.8)', async () => {
  assert.deepEqual(await names("userPrincipalName eq 'ZOE@contoso.com'"), ['Zoë']);
  assert.deepEqual(await names("displayName eq 'zoë ångSTRÖM'"), ['Zoë']);
  assert.deepEqual(await names("department eq 'SALES'"), ['Zoë', 'Bob']);
  assert.deepEqual(await names("department eq 'sales' and accountEnabled eq false"), ['Bob']);
  assert.deepEqual(await names("startswith(displayName,'B') or userType eq 'Guest'"), ['Bob', 'Guest']);
  assert.deepEqual(await names("displayName eq 'Miles O''Brien'"), ['Miles']);
  assert.deepEqual(await names("department in ('Ops', 'Sales')"), ['Zoë', 'Bob', 'Miles']);
  assert.deepEqual(await names("proxyAddresses/any(p:p eq 'smtp:ZOE@contoso.com')"), ['Zoë']);
  assert.deepEqual(await names("proxyAddresses/any(p:startswith(p,'smtp:z'))"), ['Zoë']);
  assert.deepEqual(await names("otherMails/any(m:m eq 'm@home.example')"), ['Miles']);
  assert.deepEqual(await names("onPremisesImmutableId eq 'AbC='"), ['Miles']);
  assert.deepEqual(await names("onPremisesImmutableId eq 'abc='"), [], 'the one value whose letter case counts');
  assert.deepEqual(await names('assignedLicenses/any(x:x/skuId eq 19ec0d23-8335-4cbd-94ac-6050e30712fa)'), ['Bob']);
  assert.deepEqual(await names('createdDateTime ge 2026-01-01T00:00:00Z and accountEnabled eq true'), [
    'Zoë',
    'Miles',
    'Guest',
  ]);
  assert.deepEqual(await names('createdDateTime le 2025-01-01T00:00:00Z'), []);
  const zoe = (await graph('GET', '/users/zoe@contoso.com')).body.id;
  assert.deepEqual(await names(`manager/id eq '${zoe}'`), ['Bob']);
  assert.deepEqual(await names(`id in ('${zoe}')`), ['Zoë']);
  assert.deepEqual(await names("securityEnabled eq true and startsWith(displayName,'A')", false, '/groups'), ['All']);
});

test('filters that need one (s.5.8)', async () => {
  assert.deepEqual(await names("department ne 'sales'", true), ['Miles', 'Guest']);
  assert.deepEqual(await names("not(startsWith(displayName,'Z'))", true), ['Bob', 'Miles', 'Guest']);
  assert.deepEqual(await names("endsWith(userPrincipalName,'T@contoso.com')", true), ['Guest']);
  assert.deepEqual(await names('department eq null', true), ['Guest']);
  assert.deepEqual(await names('department ne null', true), ['Zoë', 'Bob', 'Miles']);
  assert.deepEqual(await names("companyName eq 'contoso'", true), ['Zoë']);
  assert.deepEqual(await names("onPremisesExtensionAttributes/extensionAttribute1 eq 'x1'", true), ['Guest']);
  assert.deepEqual(await names('proxyAddresses/$count eq 0', true), ['Bob', 'Miles', 'Guest']);
  assert.deepEqual(await names('onPremisesSyncEnabled ne true', true), ['Zoë', 'Bob', 'Miles', 'Guest']);
  for (const filter of [
    "department ne 'x'",
    "not(department eq 'x')",
    "endsWith(mail,'x')",
    'department eq null',
    "companyName eq 'x'",
    'proxyAddresses/$count eq 0',
  ]) {
    assert.equal(await refusal(`$filter=${encodeURIComponent(filter)}`), 'Request_UnsupportedQuery', filter);
  }
  assert.equal(await refusal(`$filter=${encodeURIComponent("contains(displayName,'x')")}`), 'Request_UnsupportedQuery');
  assert.equal(
    await refusal(`$filter=${encodeURIComponent("endsWith(displayName,'x')")}&$count=true`, advanced),
    'Request_UnsupportedQuery',
  );
  assert.equal(
    await refusal(`$filter=${encodeURIComponent("onPremisesDomainName eq 'x'")}`),
    'Request_UnsupportedQuery',
  );
});

test('filters that cannot be read', async () => {
  for (const filter of [
    '',
    'displayName',
    'displayName eq',
    "displayName eq 'x",
    "nope eq 'x'",
    'displayName eq Bob',
    "eq eq eq 'x'",
    "a/b/c eq 'x'",
    "accountEnabled eq 'x'",
    '((((',
    "displayName eq 'x' or",
    `${'('.repeat(200)}id eq 'x'${')'.repeat(200)}`,
  ]) {
    const answer = await graph('GET', `/users?$filter=${encodeURIComponent(filter)}`);
    assert.equal(answer.status, 400, `${filter}: ${JSON.stringify(answer.body)}`);
  }
});

test('sorting, searching, counting', async () => {
  const list = async (query: string, headers = {}) => {
    const answer = await graph('GET', `/users?${query}`, undefined, headers);
    assert.equal(answer.status, 200, `${query}: ${JSON.stringify(answer.body)}`);
    return answer.body.value.map((u: { displayName: string }) => u.displayName.split(' ')[0]);
  };
  assert.deepEqual(await list('$orderby=displayName'), ['Bob', 'Guest', 'Miles', 'Zoë']);
  assert.deepEqual(await list('$orderby=userPrincipalName desc'), ['Zoë', 'Miles', 'Guest', 'Bob']);
  assert.equal(await refusal('$orderby=department'), 'Request_UnsupportedQuery');
  assert.deepEqual(await list('$orderby=department&$count=true', advanced), ['Guest', 'Miles', 'Zoë', 'Bob']);
  const first = await graph('GET', '/users?$orderby=displayName&$top=3');
  const rest = await graph('GET', first.body['@odata.nextLink']);
  assert.deepEqual(
    rest.body.value.map((u: { displayName: string }) => u.displayName),
    ['Zoë Ångström'],
  );
  assert.deepEqual(await list(`$search=${encodeURIComponent('"displayName:amin"')}`, advanced), ['Bob']);
  assert.deepEqual(await list(`$search=${encodeURIComponent('"displayName:zoë" OR "mail:nobody"')}`, advanced), [
    'Zoë',
  ]);
  assert.equal(await refusal(`$search=${encodeURIComponent('"displayName:x"')}`), 'Request_UnsupportedQuery');
  assert.equal((await graph('GET', '/users/$count', undefined, advanced)).body, '4');
  assert.equal((await graph('GET', '/users/$count')).status, 400);
  assert.equal(
    (await graph('GET', '/users?$count=true')).body['@odata.count'],
    undefined,
    'ignored without the header',
  );
  const all = await graph('GET', '/groups?$expand=members($select=id,displayName)&$filter=displayName+eq+%27All%27');
  assert.equal(all.body.value[0].members.length, 3);
});

test('every filter there is gives 200 or the documented 400, whatever the text', async () => {
  const property = fc.constantFrom(
    'displayName',
    'department',
    'accountEnabled',
    'nope',
    'proxyAddresses',
    'createdDateTime',
    'manager/id',
    'id',
    '$count',
    'onPremisesExtensionAttributes/extensionAttribute1',
    'identities',
    'x',
  );
  const literal = fc.oneof(
    fc.constantFrom('true', 'null', '5', '-1.5', '2020-01-01', "''", 'x'),
    fc.string({ maxLength: 6, unit: 'grapheme' }).map((s) => `'${s.replaceAll("'", "''")}'`),
  );
  const leaf = fc.oneof(
    fc.tuple(property, fc.constantFrom('eq', 'ne', 'gt', 'le', 'in', 'foo'), literal).map((p) => p.join(' ')),
    fc
      .tuple(fc.constantFrom('startswith', 'endsWith', 'contains'), property, literal)
      .map(([f, p, l]) => `${f}(${p},${l})`),
    fc.tuple(property, literal).map(([p, l]) => `${p}/any(x:x eq ${l})`),
    fc.tuple(property, literal).map(([p, l]) => `${p}/all(x:x/skuId ne ${l})`),
    fc.string({ maxLength: 20 }),
  );
  const filter = fc.tuple(leaf, fc.constantFrom(' and ', ' or ', ' and not ', ')', ' '), leaf).map((p) => p.join(''));
  await fc.assert(
    fc.asyncProperty(fc.oneof(leaf, filter), fc.boolean(), async (text, eventual) => {
      const answer = await graph(
        'GET',
        `/users?$count=true&$filter=${encodeURIComponent(text)}`,
        undefined,
        eventual ? advanced : {},
      );
      assert.ok(
        answer.status === 200 || (answer.status === 400 && answer.body.error.message),
        `${answer.status} ${text}`,
      );
    }),
    { numRuns: 400, seed: 20260101 },
  );
});

test('a batch: twenty, order, dependencies, items of their own (s.5.7)', async () => {
  const item = (id: string | number, more: object = {}) => ({ id, method: 'GET', url: '/users?$top=1', ...more });
  const batch = async (requests: unknown) => graph('POST', '/$batch', { requests });
  assert.equal((await batch(Array.from({ length: 21 }, (_, i) => item(String(i))))).status, 400);
  assert.equal((await batch([item('a'), item('A')])).status, 400);
  assert.equal((await batch('x')).status, 400);
  assert.equal((await batch([item('a', { dependsOn: ['b'] })])).status, 400);
  assert.equal((await batch([item('a', { dependsOn: ['b'] }), item('b', { dependsOn: ['a'] })])).status, 400);
  const done = await batch([
    item(1),
    item('2', { url: 'users/nobody@contoso.com' }),
    item('3', { dependsOn: ['2'] }),
    item('4', { method: 'POST', url: '/groups', headers: { Prefer: 'x' }, body: {} }),
    item('5', { url: '/users/$count', headers: { ConsistencyLevel: 'eventual' } }),
    item('6', {
      method: 'POST',
      url: '/groups',
      headers: { 'Content-Type': 'application/json' },
      body: { displayName: 'B', mailEnabled: false, mailNickname: 'b', securityEnabled: true },
    }),
  ]);
  assert.equal(done.status, 200);
  const status = Object.fromEntries(done.body.responses.map((r: { id: string; status: number }) => [r.id, r.status]));
  assert.deepEqual(status, { 1: 200, 2: 404, 3: 424, 4: 400, 5: 200, 6: 201 });
  assert.equal(done.body.responses[3].body.error.code, 'Request_BadRequest');
});

test('delta of groups: everything, changes of members, deletion, latest (s.5.11)', async () => {
  const path = (link: string) => link.slice(link.indexOf('/v1.0') + 5);
  const drain = async (start: string) => {
    const values: {
      id: string;
      'members@delta'?: { id: string; '@removed'?: object }[];
      '@removed'?: { reason: string };
    }[] = [];
    let link = start;
    for (;;) {
      const answer = await graph('GET', link);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      values.push(...answer.body.value);
      if (answer.body['@odata.deltaLink']) return { values, link: path(answer.body['@odata.deltaLink']) };
      link = path(answer.body['@odata.nextLink']);
    }
  };
  const first = await drain('/groups/delta()?$select=displayName,members');
  const all = first.values.find((g) => (g as unknown as { displayName: string }).displayName === 'All');
  assert.equal(all?.['members@delta']?.length, 3);
  const latest = await drain('/groups/delta?$deltatoken=latest');
  assert.deepEqual(latest.values, []);
  assert.deepEqual((await drain(first.link)).values, []);
  const bob = (await graph('GET', '/users/bob@contoso.com')).body.id;
  assert.equal((await graph('DELETE', `/groups/${all!.id}/members/${bob}/$ref`)).status, 204);
  const box = (await graph('GET', "/groups?$filter=displayName eq 'Box'")).body.value[0].id;
  assert.equal((await graph('DELETE', `/groups/${box}`)).status, 204);
  const second = await drain(first.link);
  const changes = second.values.find((g) => g.id === all!.id)?.['members@delta'];
  assert.deepEqual(
    new Set(changes?.map((m) => [m.id, m['@removed'] !== undefined].join())),
    new Set([`${bob},true`, `${box},true`]),
  );
  assert.deepEqual(second.values.find((g) => g.id === box)?.['@removed'], { reason: 'deleted' });
  assert.equal((await graph('GET', '/groups/delta?$deltatoken=forged')).status, 400);
  assert.equal((await graph('GET', '/groups/delta?$top=5')).status, 400);
  tenant.advance(8 * 24 * 3600 * 1000);
  graph = await caller(tenant);
  const expired = await graph('GET', second.link);
  assert.deepEqual([expired.status, expired.body.error.code], [410, 'syncStateNotFound']);
});

test('throttling: 429 with Retry-After, and the bucket fills again (s.5.12)', async () => {
  const own = testTenant({ settings: { switches: { throttling: 'S' } } });
  let call = await caller(own);
  let last: Awaited<ReturnType<Call>> | undefined;
  for (let i = 0; i < 176; i++) {
    // A batch costs what its twenty items cost: 176 * 20 is just beyond 3,500 units.
    last = await call('POST', '/$batch', {
      requests: Array.from({ length: 20 }, (_, j) => ({ id: String(j), method: 'GET', url: '/users?$select=id' })),
    });
  }
  const refused = last!.body.responses.filter((r: { status: number }) => r.status === 429);
  assert.equal(refused.length, 20);
  assert.match(refused[0].headers['X-Ms-Throttle-Scope'] ?? '', /^Tenant_Application\/ReadWrite/);
  const now = await call('GET', '/users');
  assert.deepEqual([now.status, now.headers.get('retry-after')], [429, '1']);
  own.advance(10_000);
  call = await caller(own);
  assert.equal((await call('GET', '/users')).status, 200);
});

test('provisioned values show in Graph and the sync plane refuses what is wrong', async () => {
  const own = testTenant();
  const sync = await syncCaller(own);
  const objects = [
    {
      operation: 'Add',
      objectType: 'User',
      sourceAnchor: 'a',
      properties: { displayName: 'A', userPrincipalName: 'a@contoso.com', accountEnabled: true },
    },
  ];
  for (const body of [
    '{',
    '[]',
    {},
    { objects: 'x' },
    { objects: [{}] },
    { objects: [{ ...objects[0], objectType: 'Thing' }] },
    { objects: [{ ...objects[0], properties: { __proto__x: [[]] } }] },
    { objects: Array(501).fill(objects[0]) },
  ]) {
    const answer = await sync('POST', '/sync/v1/provision', body);
    assert.equal(answer.status, 400, JSON.stringify(body).slice(0, 80));
  }
  assert.equal((await sync('POST', '/sync/v1/provision', { objects })).body.results[0].resultCode, 'Success');
  assert.equal((await sync('GET', '/sync/v1/nothing')).status, 404);
  own.setSwitches({ syncPlaneBusyUntil: '2026-01-01T12:00:30Z' });
  const busy = await sync('POST', '/sync/v1/provision', { objects });
  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [503, '30']);
});
