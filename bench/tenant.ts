/**
 * Speed of the local tenant: objects written a second through the sync plane over HTTP, Graph reads by id, a filtered
 * list out of the whole population, memory. `node bench/tenant.ts [objects]`, default 20,000; prints a table.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveTenant } from '../src/tenant/serve.ts';
import { createTenant } from '../src/tenant/tenant.ts';

const objects = Number(process.argv[2] ?? 20_000);
const tenantId = '11111111-2222-3333-4444-555555555555';
const app = { appId: '00000000-0000-0000-0000-000000000001', secret: 'bench' };
const permissions = ['ADSynchronization.ReadWrite.All', 'User.Read.All'];

const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
const tenant = createTenant({
  directory,
  settings: { tenantId, initialDomain: 'contoso.onmicrosoft.com', verifiedDomains: ['contoso.com'] },
  apps: [{ ...app, permissions }],
});
const served = await serveTenant(tenant, { listen: '127.0.0.1:0' });
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

interface Answer {
  readonly status: number;
  readonly text: string;
}
function call(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${served.url}${path}`, { method, agent, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const form = new URLSearchParams({
  grant_type: 'client_credentials',
  client_id: app.appId,
  client_secret: app.secret,
  scope: 'https://graph.microsoft.com/.default',
}).toString();
const token = JSON.parse(
  (await call('POST', `/${tenantId}/oauth2/v2.0/token`, { 'content-type': 'application/x-www-form-urlencoded' }, form))
    .text,
) as { access_token: string };
const headers = { authorization: `Bearer ${token.access_token}`, 'content-type': 'application/json' };

const departments = Math.max(1, Math.floor(objects / 100));
const user = (i: number) => ({
  operation: 'Add',
  objectType: 'User',
  sourceAnchor: `anchor${i}`,
  properties: {
    accountEnabled: true,
    displayName: `Person Number ${i}`,
    givenName: 'Person',
    surname: `Number ${i}`,
    userPrincipalName: `person${i}@contoso.com`,
    alias: `person${i}`,
    mail: `person${i}@contoso.com`,
    proxyAddresses: [`SMTP:person${i}@contoso.com`, `smtp:p${i}@contoso.com`],
    department: `Department ${i % departments}`,
    title: 'Engineer',
    city: 'Lisbon',
    country: 'Portugal',
    telephoneNumber: `+351 ${i}`,
    onPremisesSamAccountName: `person${i}`,
    onPremisesDistinguishedName: `CN=Person ${i},OU=People,DC=contoso,DC=com`,
    dnsDomainName: 'contoso.com',
    netBiosName: 'CONTOSO',
  },
});

const row = (name: string, value: string) => console.log(`${name.padEnd(52)} ${value}`);
const perSecond = (count: number, ms: number) => `${Math.round((count / ms) * 1000)} a second`;

async function provision(count: number, make: (i: number) => unknown): Promise<number> {
  const begun = performance.now();
  for (let i = 0; i < count; i += 500) {
    const batch = Array.from({ length: Math.min(500, count - i) }, (_, j) => make(i + j));
    const answer = await call('POST', '/sync/v1/provision', headers, JSON.stringify({ objects: batch }));
    const { results } = JSON.parse(answer.text) as { results?: { resultCode: string; errorDescription?: string }[] };
    const bad = results ? results.find((r) => r.resultCode !== 'Success') : { errorDescription: answer.text };
    if (bad) throw new Error(bad.errorDescription);
  }
  return performance.now() - begun;
}

row('objects created, sync plane', perSecond(objects, await provision(objects, user)));
const updates = Math.min(objects, 10_000);
const update = (i: number) => ({
  operation: 'Set',
  objectType: 'User',
  sourceAnchor: `anchor${i}`,
  properties: { title: 'Architect' },
});
row('objects changed, sync plane', perSecond(updates, await provision(updates, update)));

const listed = await call('GET', '/v1.0/users?$top=999&$select=id', headers);
const ids = (JSON.parse(listed.text) as { value: { id: string }[] }).value.map((u) => u.id);
const reads = 10_000;
const begun = performance.now();
let next = 0;
const reader = async () => {
  while (next < reads) {
    const answer = await call('GET', `/v1.0/users/${ids[next++ % ids.length]}`, headers);
    if (answer.status !== 200) throw new Error(answer.text);
  }
};
await Promise.all(Array.from({ length: 8 }, reader));
row('Graph reads by id', perSecond(reads, performance.now() - begun));

const times: number[] = [];
for (let i = 0; i < 20; i++) {
  const filter = encodeURIComponent(`department eq 'Department ${i % departments}'`);
  const start = performance.now();
  const answer = await call('GET', `/v1.0/users?$filter=${filter}&$top=999`, headers);
  times.push(performance.now() - start);
  const found = answer.status === 200 ? (JSON.parse(answer.text) as { value: unknown[] }).value.length : answer.text;
  if (found !== objects / departments) throw new Error(`expected ${objects / departments} users, got ${found}`);
}
row(
  `filtered list of ${Math.round(objects / departments)} of ${objects}, median`,
  `${times.sort((a, b) => a - b)[10]?.toFixed(1)} ms`,
);
row('resident memory', `${Math.round(process.memoryUsage().rss / 1024 / 1024)} MB`);

agent.destroy();
await served.close();
tenant.close();
rmSync(directory, { recursive: true });
