/**
 * The exporter to Microsoft Graph against the local tenant: the share of the allowed writes that it uses under the
 * throttling profile (simulated clock), and what it could do if nobody throttled it. `node bench/graph-export.ts [users]`,
 * default 6,000.
 */
import type { ExportRequest } from '../src/connectors/contract.ts';
import { createEntraGraphConnector, type EntraGraphSession } from '../src/connectors/entra/graph.ts';
import { dnOfSourceAnchor } from '../src/connectors/entra/sync-names.ts';
import type { TenantSettings } from '../src/tenant/config.ts';
import { createTenant } from '../src/tenant/tenant.ts';
import { report } from './report.ts';

const users = Number(process.argv[2] ?? 6000);
const app = { appId: '00000000-0000-0000-0000-000000000001', secret: 'bench' };
const permissions = [
  ...['User.ReadWrite.All', 'User-PasswordProfile.ReadWrite.All', 'Group.ReadWrite.All', 'OrgContact.Read.All'],
  ...['Device.Read.All', 'Organization.Read.All', 'RoleManagement.Read.Directory'],
];
const { signal } = new AbortController();

async function measure(throttling: 'off' | 'S' | 'M' | 'L') {
  let now = Date.UTC(2026, 0, 1);
  const settings: TenantSettings = {
    initialDomain: 'contoso.onmicrosoft.com',
    verifiedDomains: ['contoso.com'],
    dirSyncEnabled: false,
    switches: { throttling },
  };
  const tenant = createTenant({ settings, apps: [{ ...app, permissions }], clock: () => now });
  let refusals = 0;
  const unlimited = { limit: 1e9, seconds: 1 };
  const connector = createEntraGraphConnector({
    name: 'cloud',
    url: 'http://tenant.test',
    tenantId: tenant.tenantId,
    clientId: app.appId,
    credential: { secret: app.secret },
    now: () => now,
    wait: async (milliseconds) => {
      now += milliseconds;
    },
    ...(throttling === 'off' ? { limits: { writes: unlimited, units: unlimited } } : {}),
    fetch: async (request) => {
      const answer = await tenant.fetch(request);
      const text = await answer.text();
      refusals += text.split('"status":429').length - 1;
      return new Response(answer.status === 204 ? null : text, answer);
    },
  });
  const session = (await connector.open(signal)) as EntraGraphSession;
  const predictedSeconds = session.forecast(users).durationMs / 1000;
  const began = { real: performance.now(), simulated: now };
  for (let done = 0; done < users; done += 500) {
    const results = await session.export?.(
      Array.from({ length: Math.min(500, users - done) }, (_, i) => add(done + i)),
      signal,
    );
    const failed = results?.find((r) => r.outcome !== 'success');
    if (failed) throw new Error(JSON.stringify(failed));
  }
  const seconds = (now - began.simulated) / 1000;
  const real = (performance.now() - began.real) / 1000;
  tenant.close();
  return { seconds, predictedSeconds, real, refusals };
}

const add = (i: number): ExportRequest => ({
  id: i,
  operation: 'add',
  dn: dnOfSourceAnchor(`anchor${i}`),
  objectType: 'user',
  attributes: {
    displayName: `User ${i}`,
    userPrincipalName: `user${i}@contoso.com`,
    mail: `user${i}@contoso.com`,
    accountEnabled: true,
    title: 'Engineer',
  },
  before: {},
  references: {},
  attempt: 0,
});

for (const profile of ['S', 'M', 'L'] as const) {
  const throttled = await measure(profile);
  report(`graph export: share of the write quota used, throttling profile ${profile}`, {
    users,
    share: users / (Math.min(users, 3000) + 20 * throttled.seconds),
    refusals: throttled.refusals,
    simulatedSeconds: throttled.seconds,
    predictedSeconds: throttled.predictedSeconds,
  });
}
const free = await measure('off');
report('graph export: matched creates a second, not throttled, tenant in the same process', {
  users,
  perSecond: users / free.real,
});
