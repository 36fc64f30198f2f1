/**
 * Speed of the local tenant: objects written a second through the sync plane over HTTP, Graph reads by id, filtered,
 * searched and suffix lists out of the whole population, memory. `node bench/tenant.ts [objects]`, default 20,000; prints a
 * table. The client is a thread of its own: what it costs is not the tenant's.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { serveTenant } from '../src/tenant/serve.ts';
import { createTenant } from '../src/tenant/tenant.ts';

const tenantId = '11111111-2222-3333-4444-555555555555';
const app = { appId: '00000000-0000-0000-0000-000000000001', secret: 'bench' };
const permissions = ['ADSynchronization.ReadWrite.All', 'User.Read.All'];
const row = (name: string, value: string) => console.log(`${name.padEnd(52)} ${value}`);
const perSecond = (count: number, ms: number) => `${Math.round((count / ms) * 1000)} a second`;

if (isMainThread) await serve(Number(process.argv[2] ?? 20_000));
else await measure(workerData as { url: string; objects: number });

/** The tenant, until the client is through. */
async function serve(objects: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  const tenant = createTenant({
    directory,
    settings: { tenantId, initialDomain: 'contoso.onmicrosoft.com', verifiedDomains: ['contoso.com'] },
    apps: [{ ...app, permissions }],
  });
  const served = await serveTenant(tenant, { listen: '127.0.0.1:0' });
  const client = new Worker(new URL(import.meta.url), { workerData: { url: served.url, objects } });
  // Processor time of the serving thread alone: what the tenant could do if it had a core to itself.
  client.on('message', ({ name, count, ms }: { name: string; count: number; ms: number }) => {
    const { user, system } = process.threadCpuUsage();
    row(name, `${perSecond(count, ms)}, ${perSecond(count, (user + system - before) / 1000)} of processor time`);
    before = user + system;
  });
  let before = 0;
  await new Promise((resolve, reject) => client.once('exit', resolve).once('error', reject));
  row('resident memory, client included', `${Math.round(process.memoryUsage().rss / 1024 / 1024)} MB`);
  await served.close();
  tenant.close();
  rmSync(directory, { recursive: true });
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function measure({ url, objects }: { url: string; objects: number }): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const call = (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest(`${url}${path}`, { method, agent, headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const report = (name: string, count: number, ms: number) => parentPort?.postMessage({ name, count, ms });

  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: app.appId,
    client_secret: app.secret,
    scope: 'https://graph.microsoft.com/.default',
  }).toString();
  const token = JSON.parse(
    (
      await call(
        'POST',
        `/${tenantId}/oauth2/v2.0/token`,
        { 'content-type': 'application/x-www-form-urlencoded' },
        form,
      )
    ).text,
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

  report('objects created, sync plane', objects, await provision(objects, user));
  const updates = Math.min(objects, 10_000);
  const update = (i: number) => ({
    operation: 'Set',
    objectType: 'User',
    sourceAnchor: `anchor${i}`,
    properties: { title: 'Architect' },
  });
  report('objects changed, sync plane', updates, await provision(updates, update));

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
  report('Graph reads by id', reads, performance.now() - begun);

  const list = async (name: string, query: (i: number) => string, expected: number) => {
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      const answer = await call('GET', `/v1.0/users?${query(i)}`, { ...headers, consistencylevel: 'eventual' });
      times.push(performance.now() - start);
      const found =
        answer.status === 200 ? (JSON.parse(answer.text) as { value: unknown[] }).value.length : answer.text;
      if (found !== expected) throw new Error(`${name}: expected ${expected} users, got ${found}`);
    }
    row(`${name}, median`, `${times.sort((a, b) => a - b)[10]?.toFixed(1)} ms`);
  };
  const text = encodeURIComponent;
  const share = Math.round(objects / departments);
  await list(
    `filtered list of ${share} of ${objects}`,
    (i) => `$top=999&$filter=${text(`department eq 'Department ${i % departments}'`)}`,
    share,
  );
  await list(
    `startsWith, one of ${objects}`,
    (i) => `$filter=${text(`startsWith(userPrincipalName,'person${i}@')`)}`,
    1,
  );
  await list(
    `endsWith, one of ${objects}`,
    (i) => `$count=true&$filter=${text(`endsWith(mail,'person${i}@contoso.com')`)}`,
    1,
  );
  await list(`$search, one of ${objects}`, (i) => `$search=${text(`"displayName:${objects - 1 - i}"`)}`, 1);
  agent.destroy();
}
