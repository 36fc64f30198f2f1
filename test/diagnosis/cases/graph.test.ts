/** Live evidence through Microsoft Graph alone: the dialect `graph`, with rights to read, and with too few. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { createEntraGraphConnector } from '../../../src/connectors/entra/graph.ts';
import type { Diagnosis } from '../../../src/diagnosis/diagnose.ts';
import { createTenant, type Tenant } from '../../../src/tenant/tenant.ts';
import { permissions } from '../../graph-dialect/support.ts';
import { type Samba, startSamba } from '../../support/samba.ts';
import { tenantId, tokenFor } from '../../tenant/support.ts';
import { Clinic } from './clinic.ts';
import { everyCaseHeals } from './proof.ts';

everyCaseHeals();

const appId = '00000000-0000-4000-8000-000000000009';
const suffix = 'corp.example.com';
let dc: Samba;
let clinic: Clinic | undefined;
const ou = () => `OU=People,${dc.baseDn}`;
const person = (name: string, attributes: Record<string, string | number> = {}) => ({
  name,
  parent: ou(),
  attributes: {
    displayName: `Person ${name}`,
    userPrincipalName: `${name}@${suffix}`,
    userAccountControl: 544,
    ...attributes,
  },
});

before(async () => {
  dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
  await dc.addObjects([{ dn: ou(), attributes: { objectClass: 'organizationalUnit' } }]);
  await dc.addUsers([person('anna'), person('bert', { userPrincipalName: 'bert@corp.local' }), person('cora')]);
});
after(() => dc.stop());
afterEach(() => {
  clinic?.[Symbol.dispose]();
  clinic = undefined;
});

/** The cloud is reached through Graph, with the rights that the documentation names and the right to read. */
function open(tenant?: Tenant): Clinic {
  const c = new Clinic([dc], {
    scope: { include: [ou()], exclude: [] },
    rules: { sourceAnchor: 'objectGUID' },
    facts: { sourceAnchor: 'objectGUID' },
    ...(tenant ? { tenant } : {}),
  });
  clinic = c;
  let waited = 0;
  c.tenant.company.update({ dirSyncEnabled: false });
  c.tenant.registerApp({ appId, secret: 'sesame', permissions: [...permissions, 'Directory.Read.All'] });
  const connector = createEntraGraphConnector({
    name: 'cloud',
    url: 'http://tenant.test',
    tenantId: c.tenant.tenantId,
    clientId: appId,
    credential: { secret: 'sesame' },
    fetch: (request) => c.tenant.fetch(request),
    // Whoever waits jumps ahead.
    now: () => Date.now() + waited,
    wait: async (milliseconds) => {
      waited += milliseconds;
    },
  });
  const connectors = c.env.connectors.map((x) => (x.connector.name === 'cloud' ? { ...x, connector } : x));
  c.env = { ...c.env, connectors };
  return c;
}
const codes = (d: Diagnosis) => d.findings.map((f) => f.code).sort();

test('verified domains and what is withheld are read through Graph', async () => {
  const c = open();
  await c.cycle('initial');
  await c.cycle();
  const suffixes = await c.one('unroutable-upn-suffix');
  assert.equal(suffixes.value, 'corp.local');
  assert.match(JSON.stringify(suffixes.evidence), /verified are .*corp\.example\.com/);
  const told = (await c.diagnose()) as Diagnosis;
  assert.equal(told.unseen, undefined, JSON.stringify(told.unseen));
  await c.heal(suffixes);
  assert.ok(await c.user(`bert@${suffix}`));
  await dc.ldapModify(
    `dn: CN=bert,${ou()}\nchangetype: modify\nreplace: userPrincipalName\nuserPrincipalName: bert@corp.local\n\n`,
  );
});

test('a value that a user of the cloud has: both sides, as Graph tells them', async () => {
  const c = open();
  const dora = `CN=dora,${ou()}`;
  await dc.addUsers([person('dora', { mailNickname: 'dora', mail: `dora@${suffix}` })]);
  try {
    await c.cycle('initial');
    // Only after Dora is there: somebody who comes with the address of a user of the cloud is joined with that user.
    c.seed({
      users: [{ displayName: 'Somebody', userPrincipalName: 'some@contoso.onmicrosoft.com', mail: `desk@${suffix}` }],
    });
    await dc.ldapModify(`dn: ${dora}\nchangetype: modify\nreplace: mail\nmail: desk@${suffix}\n\n`);
    await c.cycle();
    await c.cycle();
    const about = (await c.findings()).filter((f) => JSON.stringify(f).includes('dora@') && f.value?.includes('desk@'));
    assert.equal(about.length, 1, JSON.stringify(await c.findings()));
    const [finding] = about;
    const holder = finding?.objects.find((o) => o.role === 'holder');
    assert.equal(holder?.userPrincipalName, 'some@contoso.onmicrosoft.com', JSON.stringify(finding));
    assert.equal(holder?.facts?.['mastered by'], 'the cloud', JSON.stringify(finding));
  } finally {
    await dc.ldapModify(`dn: ${dora}\nchangetype: delete\n\n`);
  }
});

test('what may not be read is said, and nothing is concluded from it', async () => {
  const c = open();
  await c.cycle('initial');
  await c.cycle();
  // The same application without the right to read what the tenant withheld.
  const connection = c.env.connectors.at(-1)?.connector;
  assert.ok(connection);
  const fetch = c.tenant.fetch.bind(c.tenant);
  const refusing = createEntraGraphConnector({
    name: 'cloud',
    url: 'http://tenant.test',
    tenantId: c.tenant.tenantId,
    clientId: appId,
    credential: { secret: 'sesame' },
    fetch: async (request) =>
      /onPremisesProvisioningErrors|usageLocation/.test(decodeURIComponent(request.url))
        ? Response.json(
            { error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges.' } },
            { status: 403 },
          )
        : fetch(request),
    wait: async () => {},
  });
  c.env = {
    ...c.env,
    connectors: c.env.connectors.map((x) => (x.connector.name === 'cloud' ? { ...x, connector: refusing } : x)),
  };
  const told = (await c.diagnose()) as Diagnosis;
  assert.deepEqual(codes(told), ['unroutable-upn-suffix']);
  assert.match(told.verdict, /Not everything could be read\.$/);
  assert.equal(told.unseen?.length, 1);
  assert.match(
    told.unseen?.[0] ?? '',
    /^cloud: Graph answers 403 to users: Insufficient privileges\..*Directory\.Read\.All/,
  );
});

test('cloud-throttled: which limit, since when; over when the time is over', async () => {
  // Time stands still in the tenant, so that what is used up stays so.
  const start = Date.now();
  const settings = { tenantId, initialDomain: 'contoso.onmicrosoft.com', verifiedDomains: [suffix] };
  const tenant = createTenant({ settings, clock: () => start, report: (error) => assert.fail(error as Error) });
  const c = open(tenant);
  await c.cycle('initial');
  tenant.setSwitches({ throttling: 'S' });
  // Somebody else with the same application uses up what the tenant gives it in ten seconds.
  const token = await tokenFor(tenant, { appId, secret: 'sesame' });
  const requests = Array.from({ length: 20 }, (_, id) => ({
    id: String(id),
    method: 'GET',
    url: '/users?$expand=manager',
  }));
  const ask = async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ requests });
    return (
      await tenant.fetch(new Request('http://tenant.test/v1.0/$batch', { method: 'POST', headers, body }))
    ).text();
  };
  for (let answer = ''; !answer.includes('TooManyRequests'); ) answer = await ask();
  await c.cycle();
  const finding = await c.one('cloud-throttled');
  assert.match(finding.summary, /asks for patience \(HTTP 429\)/);
  assert.match(JSON.stringify(finding.evidence), /ResourceUnitLimitExceeded.*first failed \d{4}-.*delta-import/);
  const budget = finding.evidence.find((e) => e.source === 'budget');
  assert.match(budget?.fact ?? '', /^\d+ objects? written by this server .*; an application may write 3000 in 150 s/);
  tenant.advance(60_000);
  await c.gone('cloud-throttled');
  tenant.close();
});
