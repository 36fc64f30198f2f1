/** What people may do with a delegated token: their own groups, and no more of them than anybody may make (entra-directory s.4.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TenantSwitches } from '../../src/tenant/company.ts';
import { password, personCaller } from './people.ts';
import { base, caller, testTenant } from './support.ts';

const app = { appId: '00000000-0000-0000-0000-0000000000cc', secret: 'the-secret-of-the-portal' };
const day = 24 * 3600 * 1000;
const named = (name: string, more: object = {}) => ({
  displayName: name,
  userPrincipalName: `${name}@contoso.com`,
  password,
  ...more,
});

async function lab(switches: Partial<TenantSwitches> = {}, permissions = ['Group.ReadWrite.All', 'User.Read.All']) {
  const tenant = testTenant({
    settings: { switches: switches as object },
    seed: {
      users: [named('ana', { roles: ['User Administrator'] }), named('bo'), named('cy')],
      apps: [{ ...app, displayName: 'Portal', permissions }],
    },
  });
  const as = (name: string) => personCaller(tenant, app, name);
  return {
    tenant,
    as,
    idOf: async (name: string) => (await (await caller(tenant))('GET', `/users/${name}@contoso.com`)).body.id,
  };
}
const group = (name: string, more: object = {}) => ({
  displayName: name,
  mailEnabled: false,
  mailNickname: name,
  securityEnabled: true,
  ...more,
});
const ref = (id: string) => ({ '@odata.id': `${base}/v1.0/directoryObjects/${id}` });
const outcome = (answer: { status: number; body?: { error?: { code: string } } }) =>
  [answer.status, answer.body?.error?.code].filter((part) => part !== undefined).join(' ');

test('people make groups and change what they own; what belongs to others is closed (s.4.3)', async () => {
  const { as, idOf } = await lab();
  const [bo, cy] = [await as('bo'), await as('cy')];
  const made = await bo('POST', '/groups', group('walkers'));
  assert.equal(made.status, 201);
  const path = `/groups/${made.body.id}`;
  const owners = (await bo('GET', `${path}/owners`)).body.value as { id: string }[];
  assert.deepEqual(
    owners.map((owner) => owner.id),
    [await idOf('bo')],
    'who makes a group owns it',
  );
  const member = ref(await idOf('ana'));
  assert.equal((await bo('POST', `${path}/members/$ref`, member)).status, 204);
  assert.equal((await bo('PATCH', path, { description: 'on Sundays' })).status, 204);
  const denied = '403 Authorization_RequestDenied';
  assert.equal(outcome(await cy('PATCH', path, { description: 'x' })), denied);
  assert.equal(outcome(await cy('POST', `${path}/members/$ref`, ref(await idOf('cy')))), denied);
  assert.equal(outcome(await cy('DELETE', `${path}/members/${await idOf('ana')}/$ref`)), denied);
  assert.equal(outcome(await cy('DELETE', path)), denied);
  assert.equal((await bo('POST', `${path}/owners/$ref`, ref(await idOf('cy')))).status, 204);
  assert.equal((await cy('DELETE', `${path}/members/${await idOf('ana')}/$ref`)).status, 204, 'an owner now');
  assert.equal((await cy('DELETE', path)).status, 204);
  assert.equal(outcome(await bo('POST', '/groups', group('roles', { isAssignableToRole: true }))), denied);
  assert.equal(outcome(await bo('PATCH', `/users/${await idOf('cy')}`, { jobTitle: 'x' })), denied, 'groups only');
  const admin = await as('ana');
  const theirs = (await bo('POST', '/groups', group('theirs'))).body.id;
  assert.equal((await admin('PATCH', `/groups/${theirs}`, { description: 'x' })).status, 204, 'administrators may');
});

test('the rights of a person never exceed those of the app, nor what the tenant allows (s.4.3)', async () => {
  const reader = await lab({}, ['Group.Read.All']);
  assert.equal(
    outcome(await (await reader.as('bo'))('POST', '/groups', group('g'))),
    '403 Authorization_RequestDenied',
  );
  const strict = await lab({ usersMayCreateGroups: false });
  assert.equal(
    outcome(await (await strict.as('bo'))('POST', '/groups', group('g'))),
    '403 Authorization_RequestDenied',
  );
  assert.equal((await (await strict.as('ana'))('POST', '/groups', group('g'))).status, 201);
});

test('250 objects of one person who is no administrator, the bin counted fully and what is gone a quarter (s.4.3)', async () => {
  const { as, tenant } = await lab();
  const full = '403 Directory_QuotaExceeded';
  const unified = (name: string) => group(name, { mailEnabled: true, groupTypes: ['Unified'] });
  let bo = await as('bo');
  for (let i = 0; i < 250; i++) assert.equal((await bo('POST', '/groups', unified(`g${i}`))).status, 201, String(i));
  assert.equal(outcome(await bo('POST', '/groups', group('one-more'))), full);
  assert.equal((await (await as('cy'))('POST', '/groups', group('other'))).status, 201, 'everybody has their own');
  for (let i = 0; i < 3; i++) assert.equal((await (await as('ana'))('POST', '/groups', group(`a${i}`))).status, 201);
  const app = await caller(tenant);
  const ids = (await bo('GET', "/groups?$filter=startswith(displayName,'g')&$top=4")).body.value as { id: string }[];
  for (const { id } of ids) assert.equal((await bo('DELETE', `/groups/${id}`)).status, 204);
  assert.equal(outcome(await bo('POST', '/groups', group('binned'))), full, 'the recycle bin counts');
  for (const { id } of ids) assert.equal((await app('DELETE', `/directory/deletedItems/${id}`)).status, 204);
  // 246 and a quarter of 4: three more, of which the last makes 250 again.
  for (let i = 0; i < 3; i++) assert.equal((await bo('POST', '/groups', group(`again${i}`))).status, 201);
  assert.equal(outcome(await bo('POST', '/groups', group('quarter'))), full, 'what is gone counts a quarter');
  tenant.advance(30 * day);
  bo = await as('bo');
  assert.equal((await bo('POST', '/groups', group('later'))).status, 201, 'for 30 days');
  assert.equal(outcome(await bo('POST', '/groups', group('full'))), full);
  tenant.setSwitches({ objectsOfPerson: 0 });
  assert.equal((await bo('POST', '/groups', group('free'))).status, 201, 'no limit by setting');
});
