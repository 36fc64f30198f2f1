/** Requests made of parts that make sense in combinations that do not: every answer has its documented shape. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { base, graphApp, syncApp, testTenant, tokenFor } from './support.ts';

let tenant: Tenant;
let tokens: { graph: string; sync: string };
let ids: string[] = [];
before(async () => {
  tenant = testTenant({
    seed: {
      users: [
        { displayName: 'Ana', userPrincipalName: 'ana@contoso.com', mail: 'ana@contoso.com', password: 'Tr0ub4dor&3' },
        { displayName: 'Bo', userPrincipalName: 'bo@contoso.com', manager: 'ana@contoso.com' },
      ],
      groups: [{ displayName: 'G', members: ['ana@contoso.com'] }],
      contacts: [{ displayName: 'C' }],
      devices: [{ displayName: 'D' }],
      administrativeUnits: [{ displayName: 'U', members: ['ana@contoso.com'] }],
    },
  });
  tokens = { graph: await tokenFor(tenant, graphApp), sync: await tokenFor(tenant, syncApp) };
  const list = async (path: string) => {
    const request = new Request(`${base}/v1.0/${path}?$select=id`, {
      headers: { authorization: `Bearer ${tokens.graph}` },
    });
    return ((await (await tenant.fetch(request)).json()) as { value: { id: string }[] }).value.map((o) => o.id);
  };
  ids = (
    await Promise.all(
      ['users', 'groups', 'contacts', 'devices', 'directoryRoles', 'directory/administrativeUnits', 'applications'].map(
        list,
      ),
    )
  ).flat();
});

const key = fc.oneof(
  fc.nat({ max: 30 }).map((n) => ids[n % Math.max(1, ids.length)] ?? 'x'),
  fc.constantFrom(
    'ana@contoso.com',
    "('ana@contoso.com')",
    "(uniqueName='x')",
    '$count',
    '$ref',
    '00000000-0000-0000-0000-000000000000',
  ),
  fc.string({ maxLength: 12, unit: 'grapheme' }).map((text) => encodeURIComponent(text.toWellFormed())),
);
const word = fc.constantFrom(
  ...['users', 'groups', 'contacts', 'devices', 'directoryRoles', 'directoryObjects', 'me', 'organization', 'domains'],
  ...['directory', 'deletedItems', 'onPremisesSynchronization', 'roleManagement', 'roleAssignments', 'subscribedSkus'],
  ...['directory', 'administrativeUnits', 'subscriptions', 'applications', 'extensionProperties'],
  ...[
    'getAvailableExtensionProperties',
    'microsoft.graph.administrativeUnit',
    'scopedRoleMembers',
    "subscriptions(x='1')",
  ],
  ...['members', 'owners', 'manager', 'memberOf', 'transitiveMembers', 'directReports', 'delta', 'delta()', 'restore'],
  ...['microsoft.graph.user', 'graph.group', 'getByIds', 'assignLicense', 'checkMemberGroups', 'getMemberObjects'],
  ...[
    'revokeSignInSessions',
    'onPremisesSyncBehavior',
    'photo',
    'verify',
    'forceDelete',
    'federationConfiguration',
    '$batch',
    '$metadata',
  ],
);
const option = fc.tuple(
  fc.constantFrom(
    '$select',
    '$filter',
    '$top',
    '$orderby',
    '$expand',
    '$search',
    '$count',
    '$skiptoken',
    '$deltatoken',
    '$skip',
    '$format',
    '@id',
    'x',
  ),
  fc.oneof(
    fc.constantFrom(
      'id',
      'displayName',
      'members',
      'manager',
      'true',
      '1',
      '999',
      "displayName eq 'Ana'",
      '"displayName:a"',
      'latest',
      '*',
    ),
    fc.string({ maxLength: 20, unit: 'grapheme' }),
  ),
);
const member = fc.constantFrom(
  ...[
    'displayName',
    'userPrincipalName',
    'mail',
    'accountEnabled',
    'passwordProfile',
    'members@odata.bind',
    '@odata.id',
    'ids',
  ],
  ...[
    'onPremisesImmutableId',
    'businessPhones',
    'groupTypes',
    'mailNickname',
    'requests',
    'isCloudManaged',
    '__proto__',
    'constructor',
  ],
  ...['membershipRule', 'membershipRuleProcessingState', 'membershipType', 'visibility', 'isSyncedFromOnPremises'],
  ...['name', 'dataType', 'targetObjects', 'isMultiValued', `extension_${'0a'.repeat(16)}_cost`],
  ...[
    'addLicenses',
    'removeLicenses',
    'principalId',
    'roleDefinitionId',
    'directoryScopeId',
    'features',
    'configuration',
    'id',
    'onPremisesExtensionAttributes',
  ],
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom('ana@contoso.com', 'x', '', null, true, 0, -1, 1e308, [], {}, ['x'], [[]], { a: 1 }),
  key,
  fc.jsonValue({ maxDepth: 3 }),
);
const body = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.tuple(member, value), { maxLength: 5 })
      .map((pairs) => JSON.stringify(Object.fromEntries(pairs))),
  },
  { weight: 1, arbitrary: fc.jsonValue().map((json) => JSON.stringify(json)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40, unit: 'binary' }) },
);

/** Never a defect, a stack trace or an answer without its shape. */
async function check(request: Request, what: string): Promise<void> {
  const response = await tenant.fetch(request);
  const text = await response.text();
  const allowed = [200, 201, 204, 400, 401, 403, 404, 405, 409, 410, 413, 501];
  assert.ok(allowed.includes(response.status), `${response.status} ${what}: ${text.slice(0, 200)}`);
  assert.doesNotMatch(text, /\n\s+at |node_modules|\.ts:\d|SQLITE/i, what);
  if (response.status < 400) return;
  const { error } = JSON.parse(text) as { error: { code: string; message: string; innerError?: object } };
  assert.ok(error.code.length > 0 && error.message.length > 0 && error.innerError, `${what}: ${text.slice(0, 200)}`);
}

test('Graph: any path, any options, any body, any method (s.5)', async () => {
  const path = fc.array(fc.oneof(word, key), { minLength: 1, maxLength: 5 });
  const query = fc.array(option, { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'GET', 'POST', 'PATCH', 'PUT', 'DELETE'),
      fc.constantFrom('v1.0', 'beta'),
      path,
      query,
      body,
      fc.boolean(),
      async (method, version, segments, options, text, eventual) => {
        const search = options.map(([n, v]) => `${n}=${encodeURIComponent(v.toWellFormed())}`).join('&');
        const url = `${base}/${version}/${segments.join('/')}${search ? `?${search}` : ''}`;
        const headers = {
          authorization: `Bearer ${tokens.graph}`,
          'content-type': 'application/json',
          ...(eventual ? { consistencylevel: 'eventual' } : {}),
        };
        const request = new Request(url, { method, headers, ...(method === 'GET' ? {} : { body: text }) });
        await check(request, `${method} ${url} ${text}`);
      },
    ),
    { numRuns: 2500, seed: 20260122 },
  );
});

test('units, rules and extensions: any body at the paths that take one', async () => {
  const rule = fc
    .array(
      fc.constantFrom(
        ...[
          'user.city',
          'device.deviceId',
          'user.otherMails',
          '-eq',
          '-in',
          '-any',
          '_',
          '-and',
          '-not',
          '(',
          ')',
          '[',
        ],
        ...[']', ',', '"x"', 'null', 'true', '"', '-match', '"(a+)+$"', 'user.__proto__', 'Direct Reports for "x"'],
      ),
      { maxLength: 10 },
    )
    .map((parts) => parts.join(' '));
  const one = fc.record(
    {
      displayName: fc.oneof(fc.constant('x'), value),
      membershipType: fc.constantFrom('Assigned', 'Dynamic', 'x', null, 1),
      membershipRule: fc.oneof(rule, rule, value),
      membershipRuleProcessingState: fc.constantFrom('On', 'Paused', 'x', null),
      groupTypes: fc.constantFrom(
        [],
        ['DynamicMembership'],
        ['Unified', 'DynamicMembership'],
        ['DynamicMembership', 'x'],
        null,
      ),
      visibility: fc.constantFrom('HiddenMembership', 'Public', null, 5),
      mailEnabled: fc.constantFrom(false, true),
      securityEnabled: fc.constantFrom(true, false),
      mailNickname: fc.constantFrom('x', '@'),
      name: fc.oneof(fc.string({ maxLength: 8 }), value),
      dataType: fc.constantFrom('String', 'Boolean', 'constructor', null),
      targetObjects: fc.constantFrom(['User'], [], ['x'], [null], 'User', null),
      isSyncedFromOnPremises: fc.constantFrom(true, null, 'x'),
    },
    { requiredKeys: [] },
  );
  const members = {
    'directory/administrativeUnits': [
      'displayName',
      'membershipType',
      'membershipRule',
      'membershipRuleProcessingState',
      'visibility',
    ],
    groups: [
      'displayName',
      'mailEnabled',
      'securityEnabled',
      'mailNickname',
      'groupTypes',
      'membershipRule',
      'membershipRuleProcessingState',
    ],
    extensionProperties: ['name', 'dataType', 'targetObjects', 'isMultiValued'],
    getAvailableExtensionProperties: ['isSyncedFromOnPremises'],
  };
  const app = ids.at(-1);
  const paths: Record<keyof typeof members, string> = {
    'directory/administrativeUnits': 'directory/administrativeUnits',
    groups: 'groups',
    extensionProperties: `applications/${app}/extensionProperties`,
    getAvailableExtensionProperties: 'directoryObjects/getAvailableExtensionProperties',
  };
  const where = fc.constantFrom(...(Object.keys(members) as (keyof typeof members)[]));
  await fc.assert(
    fc.asyncProperty(where, one, fc.boolean(), async (place, body, onlyKnown) => {
      const kept = Object.entries(body).filter(([name]) => !onlyKnown || members[place].includes(name));
      const headers = { authorization: `Bearer ${tokens.graph}`, 'content-type': 'application/json' };
      const text = JSON.stringify(Object.fromEntries(kept));
      await check(
        new Request(`${base}/v1.0/${paths[place]}`, { method: 'POST', headers, body: text }),
        `${place} ${text}`,
      );
    }),
    { numRuns: 1000, seed: 20261121 },
  );
});

test('$batch: any list of requests', async () => {
  const item = fc.record(
    {
      id: fc.oneof(fc.constantFrom('1', '2', 'a', 'A', 1, null), value),
      method: fc.constantFrom('GET', 'POST', 'get', 'TRACE', 5),
      url: fc.oneof(
        fc.constantFrom('/users', 'users', '/users/ana@contoso.com', '/$batch', '', '?', '//', '/users?$top=x'),
        fc.string(),
      ),
      headers: fc.constantFrom({}, { 'Content-Type': 'application/json' }, null, 'x', { ConsistencyLevel: 5 }),
      body: value,
      dependsOn: fc.constantFrom(['1'], ['2'], ['nobody'], '1', [null]),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 22 }), async (requests) => {
      const text = JSON.stringify({ requests });
      const headers = { authorization: `Bearer ${tokens.graph}`, 'content-type': 'application/json' };
      await check(new Request(`${base}/v1.0/$batch`, { method: 'POST', headers, body: text }), text);
    }),
    { numRuns: 400, seed: 20260123 },
  );
});

test('the sync plane: any endpoint, any body', async () => {
  const endpoint = fc.constantFrom(
    'capabilities',
    'company',
    'provision',
    'read-back',
    'finalize',
    'credentials',
    'nothing',
    '',
  );
  const names = fc.constantFrom(
    'objects',
    'cookie',
    'fullSync',
    'types',
    'credentials',
    'sourceAnchor',
    'operation',
    'objectType',
    'properties',
    'links',
    'features',
    'total',
    'successful',
    '__proto__',
    'max',
  );
  const part: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('Add', 'Set', 'User', 'Group', 'a', '', null, true, 0, -1, 1e20),
      fc.string({ maxLength: 8 }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.array(fc.tuple(names, tie('any')), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
    ),
  })).any;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE'), endpoint, part, async (method, path, json) => {
      const headers = { authorization: `Bearer ${tokens.sync}`, 'content-type': 'application/json' };
      const text = JSON.stringify(json);
      const request = new Request(`${base}/sync/v1/${path}`, {
        method,
        headers,
        ...(method === 'GET' ? {} : { body: text }),
      });
      await check(request, `${method} ${path} ${text}`);
    }),
    { numRuns: 1200, seed: 20260124 },
  );
  assert.equal(({} as { x?: unknown }).x, undefined);
});
