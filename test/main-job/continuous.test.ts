/** From a change in Active Directory to the cloud, through the running service: under two seconds (architecture, budgets). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/loopback.ts';
import { startSamba } from '../support/samba.ts';
import { tempDirectory } from '../support/temp.ts';
import { waitFor } from '../support/wait.ts';
import { dialects } from './lab.ts';

const tenantId = '11111111-2222-4333-8444-555555555555';
const clientId = '00000000-0000-4000-8000-000000000001';

for (const dialect of dialects)
  test(`a change in the directory is in the cloud within two seconds, dialect ${dialect}`, async (t) => {
    await using dc = await startSamba({ realm: 'LIVE.EXAMPLE.COM', domain: 'LIVE', extendedSchema: true });
    await using temp = tempDirectory('live');
    const people = `OU=People,${dc.baseDn}`;
    await dc.addObjects([{ dn: people, attributes: { objectClass: 'organizationalUnit' } }]);
    await dc.addUsers([
      { name: 'ana', parent: people, attributes: { displayName: 'Ana', userPrincipalName: 'ana@live.example.com' } },
    ]);
    const [api, tenant] = [await freePort(), await freePort()];
    const file = join(temp.path, 'causeway.yaml');
    writeFileSync(join(temp.path, 'ca.pem'), dc.caPem);
    writeFileSync(
      file,
      `stateDirectory: ./state
connectors:
  - { name: live.example.com, type: active-directory, servers: ["${dc.ldapsUrl}"], bind: { user: "${dc.adminUser}", password: { env: LIVE_AD } }, tls: { ca: ./ca.pem } }
  - { name: cloud, type: entra, dialect: ${dialect}, url: "http://127.0.0.1:${tenant}", tenantId: ${tenantId}, clientId: ${clientId}, credential: { secret: { env: LIVE_SECRET } } }
service: { listen: "127.0.0.1:${api}" }
tenant: { listen: "127.0.0.1:${tenant}", initialDomain: contoso.onmicrosoft.com, verifiedDomains: [live.example.com], dirSyncEnabled: ${dialect === 'sync'} }
`,
    );
    const main = join(import.meta.dirname, '../../bin/causeway.js');
    const service = spawn(process.execPath, [main, '--config', file, 'start'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LIVE_AD: dc.adminPassword, LIVE_SECRET: 'sesame' },
    });
    // From the start: a service that ended by itself would never tell it again.
    const exited = once(service, 'exit');
    let output = '';
    service.stdout.on('data', (d: Buffer) => (output += d));
    service.stderr.on('data', (d: Buffer) => (output += d));
    try {
      await waitFor('the service', async () => {
        assert.equal(service.exitCode, null, output);
        return output.includes('Ctrl-C stops.');
      });
      const signIn = await fetch(`http://127.0.0.1:${tenant}/${tenantId}/oauth2/v2.0/token`, {
        method: 'POST',
        body: new URLSearchParams({
          client_id: clientId,
          client_secret: 'sesame',
          grant_type: 'client_credentials',
          scope: 'https://graph.microsoft.com/.default',
        }),
      });
      const { access_token } = (await signIn.json()) as { access_token: string };
      const title = async (): Promise<string | undefined> => {
        const answer = await fetch(`http://127.0.0.1:${tenant}/v1.0/users/ana@live.example.com?$select=jobTitle`, {
          headers: { authorization: `Bearer ${access_token}` },
        });
        return ((await answer.json()) as { jobTitle?: string }).jobTitle;
      };
      const times: number[] = [];
      for (let i = 0; i < 5; i++) {
        await dc.ldapModify(`dn: CN=ana,${people}\nchangetype: modify\nreplace: title\ntitle: Title ${i}\n\n`);
        const start = performance.now();
        await waitFor('the change in the cloud', async () => (await title()) === `Title ${i}`);
        times.push(performance.now() - start);
      }
      t.diagnostic(`from the directory to the cloud: ${times.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
      assert.ok(times.sort((a, b) => a - b)[2]! < 2000, `median of ${times.join(', ')} ms`);
    } finally {
      service.kill('SIGTERM');
      await exited;
    }
  });
