/** What the tenant has bought, by subscription and by product (Graph: companySubscription, subscribedSku; entra-directory s.4.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Call, caller, testTenant } from './support.ts';

const premium = '078d2b04-f1bd-4111-bbd4-b4b1b354cef4';
const licence = (sku: string) => ({ addLicenses: [{ skuId: sku, disabledPlans: [] }], removeLicenses: [] });
const list = async (graph: Call, path = '/directory/subscriptions') => (await graph('GET', path)).body.value;

test('a fresh tenant has one subscription of each product; a seed names others', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  const fresh = await list(graph);
  assert.deepEqual(
    fresh.map((s: Record<string, unknown>) => [s.skuPartNumber, s.status, s.totalLicenses]),
    ['EXCHANGEENTERPRISE', 'SPE_E5', 'AAD_PREMIUM'].map((name) => [name, 'Enabled', 1_000_000]),
  );
  assert.deepEqual(await list(graph), fresh, 'with the same ids each time');
  const [first] = fresh;
  const byId = await graph('GET', `/directory/subscriptions/${first.id}`);
  assert.equal(byId.body['@odata.context'], 'http://tenant.test/v1.0/$metadata#directory/subscriptions/$entity');
  const key = `/directory/subscriptions(commerceSubscriptionId='${first.commerceSubscriptionId}')`;
  assert.deepEqual((await graph('GET', key)).body, byId.body);
  assert.deepEqual(Object.keys((await graph('GET', `${key}?$select=status`)).body).sort(), [
    '@odata.context',
    'id',
    'status',
  ]);
  tenant.seed({
    subscriptions: [
      { sku: premium, totalLicenses: 1 },
      { sku: 'AAD_PREMIUM', totalLicenses: 5, status: 'Suspended', isTrial: true },
      { sku: '00000000-0000-0000-0000-0000000000aa', skuPartNumber: 'OTHER', totalLicenses: 3, status: 'Deleted' },
    ],
  });
  assert.deepEqual(
    (await list(graph)).map((s: Record<string, unknown>) => [s.skuPartNumber, s.status, s.totalLicenses, s.isTrial]),
    [
      ['AAD_PREMIUM', 'Enabled', 1, false],
      ['AAD_PREMIUM', 'Suspended', 5, true],
      ['OTHER', 'Deleted', 3, false],
    ],
  );
  const [sku, ...others] = await list(graph, '/subscribedSkus');
  assert.deepEqual([sku.skuId, sku.consumedUnits, others], [premium, 0, []]);
  assert.deepEqual(sku.prepaidUnits, { enabled: 1, suspended: 5, warning: 0, lockedOut: 0 });
  assert.equal(sku.subscriptionIds.length, 2);
  assert.equal((await graph('GET', `/subscribedSkus/${sku.id}`)).body.skuPartNumber, 'AAD_PREMIUM');
  tenant.reset();
  assert.deepEqual(await list(graph), fresh);
});

test('a licence takes a seat; without a free one it is refused', async () => {
  const users = ['ana', 'bo'].map((n) => ({
    displayName: n,
    userPrincipalName: `${n}@contoso.com`,
    usageLocation: 'IT',
  }));
  const tenant = testTenant({ seed: { users, subscriptions: [{ sku: premium, totalLicenses: 1 }] } });
  const graph = await caller(tenant);
  const assign = (name: string, body: object) => graph('POST', `/users/${name}@contoso.com/assignLicense`, body);
  assert.equal((await assign('ana', licence(premium))).status, 200);
  assert.equal((await assign('ana', licence(premium))).status, 200, 'it has its seat already');
  assert.equal((await list(graph, '/subscribedSkus'))[0].consumedUnits, 1);
  const refused = await assign('bo', licence(premium));
  assert.equal(refused.status, 400);
  assert.match(refused.body.error.message, /does not have any available licenses/);
  const unknown = await assign('bo', licence('19ec0d23-8335-4cbd-94ac-6050e30712fa'));
  assert.match(unknown.body.error.message, /does not correspond to a valid company License/);
  await assign('ana', { addLicenses: [], removeLicenses: [premium] });
  assert.equal((await assign('bo', licence(premium))).status, 200);
});

test('a tenant has at most 300 licensed subscriptions (s.4.3)', async () => {
  const many = (count: number) => Array.from({ length: count }, () => ({ sku: premium, totalLicenses: 1 }));
  const tenant = testTenant({ seed: { subscriptions: many(299) } });
  const graph = await caller(tenant);
  tenant.seed({ subscriptions: many(1) });
  assert.equal((await list(graph)).length, 300);
  assert.throws(() => tenant.seed({ subscriptions: many(1) }), /at most 300 licensed subscriptions.*301/);
  assert.equal((await list(graph)).length, 300);
  assert.throws(() => tenant.seed({ subscriptions: [{ sku: 'NOBODY_KNOWS' }] }), /skuPartNumber/);
});

test('what the two lists do not do is said', async () => {
  const tenant = testTenant();
  const graph = await caller(tenant);
  for (const path of ['/directory/subscriptions', '/subscribedSkus']) {
    assert.equal((await graph('GET', `${path}?$filter=skuId eq 'x'`)).status, 501, path);
    assert.equal((await graph('GET', `${path}?$select=nonsense`)).status, 400, path);
    assert.equal((await graph('GET', `${path}/${crypto.randomUUID()}`)).status, 404, path);
    assert.equal((await graph('POST', path, {})).status, 405, path);
    assert.equal((await graph('GET', `${path}/x/y`)).status, 400, path);
  }
  assert.equal((await graph('GET', "/directory/subscriptions(nonsense='x')")).status, 400);
  const nobody = await caller(testTenant({ permissions: ['Group.Read.All'] }));
  assert.equal((await nobody('GET', '/directory/subscriptions')).status, 403);
});
