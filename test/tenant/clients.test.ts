import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createEntraSyncConnector } from '../../src/connectors/entra/sync.ts';
import { type ServedTenant, serveTenant } from '../../src/tenant/serve.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { type TempDirectory, tempDirectory } from '../support/temp.ts';
import { type Certificates, makeCertificates } from '../support/tls.ts';
import { graphApp, syncApp, tenantId, testTenant } from './support.ts';

const run = promisify(execFile);
let directory: TempDirectory;
let certificates: Certificates;
let tenant: Tenant;
let served: ServedTenant;
const certificateApp = '00000000-0000-0000-0000-000000000003';

before(async () => {
  directory = tempDirectory('clients');
  certificates = await makeCertificates(directory.path, ['localhost'], ['127.0.0.1']);
  tenant = testTenant({ clock: Date.now });
  served = await serveTenant(tenant, {
    listen: '127.0.0.1:0',
    tls: { certificate: readFileSync(certificates.certFile, 'utf8'), key: readFileSync(certificates.keyFile, 'utf8') },
  });
});
after(async () => {
  await served.close();
  tenant.close();
  directory.remove();
});

/** Runs a client script as a process that trusts our authority from its start. */
async function runClient(script: string, env: Record<string, string>): Promise<void> {
  const file = join(import.meta.dirname, 'clients', script);
  await run(process.execPath, [file], {
    timeout: 60_000,
    env: {
      ...process.env,
      NODE_EXTRA_CA_CERTS: certificates.caFile,
      NODE_NO_WARNINGS: '1',
      TENANT_URL: served.url.replace('127.0.0.1', 'localhost'),
      TENANT_ID: tenantId,
      ...env,
    },
  });
}

test('@microsoft/microsoft-graph-client with @azure/identity works unmodified over TLS', async () => {
  await runClient('graph-client.ts', { CLIENT_ID: graphApp.appId, CLIENT_SECRET: graphApp.secret });
});

test('@microsoft/microsoft-graph-client waits as Retry-After asks and goes on', async () => {
  tenant.setSwitches({ throttling: 'S' });
  try {
    await runClient('throttled-client.ts', { CLIENT_ID: graphApp.appId, CLIENT_SECRET: graphApp.secret });
  } finally {
    tenant.setSwitches({ throttling: 'off' });
  }
});

test('@microsoft/msgraph-sdk with a certificate credential works unmodified over TLS', async () => {
  const file = join(directory.path, 'client.pem');
  const keyFile = join(directory.path, 'client.key');
  const certFile = join(directory.path, 'client.crt');
  const subject = ['-subj', '/CN=client', '-days', '30'];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    ...subject,
    '-keyout',
    keyFile,
    '-out',
    certFile,
  ]);
  writeFileSync(file, readFileSync(keyFile, 'utf8') + readFileSync(certFile, 'utf8'));
  const permissions = [
    ...['User.ReadWrite.All', 'Group.ReadWrite.All', 'AdministrativeUnit.ReadWrite.All', 'Directory.Read.All'],
    'OnPremDirectorySynchronization.ReadWrite.All',
  ];
  tenant.registerApp({
    appId: certificateApp,
    displayName: 'Kiota',
    certificate: readFileSync(certFile, 'utf8'),
    permissions,
  });
  await runClient('kiota-client.ts', { CLIENT_ID: certificateApp, CLIENT_CERTIFICATE: file });
});

test('the connector reaches the tenant over TLS with the CA it is given, and says what is wrong without', async () => {
  const signal = new AbortController().signal;
  const { url } = served;
  const base = { name: 'e', url, tenantId, clientId: syncApp.appId, secret: syncApp.secret };
  const session = await createEntraSyncConnector({ ...base, ca: certificates.caPem }).open(signal);
  assert.equal(session.server, new URL(url).host);
  await assert.rejects(createEntraSyncConnector(base).open(signal), /cannot be reached: .*certificate/i);
});
