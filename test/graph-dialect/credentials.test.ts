/** Every way for the app to prove who it is, and what is told when it cannot (entra-directory s.5.13). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ConnectorError } from '../../src/connectors/contract.ts';
import type { EntraGraphConfig } from '../../src/connectors/entra/graph.ts';
import { createEntraGraphConnector } from '../../src/connectors/entra/graph.ts';
import { serveTenant } from '../../src/tenant/serve.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { run } from '../support/child.ts';
import { freePort } from '../support/loopback.ts';
import { tempDirectory } from '../support/temp.ts';
import { makeCertificates } from '../support/tls.ts';
import { tenantId, testTenant, tokenFor } from '../tenant/support.ts';
import { addUser, app, codesOf, graphConnector, permissions, signal } from './support.ts';

const works = async (tenant: Tenant, changes: Partial<EntraGraphConfig>): Promise<void> => {
  const session = await graphConnector(tenant, changes).open(signal);
  assert.equal(session.partitions[0]?.name, tenantId);
};
const refused = async (tenant: Tenant, changes: Partial<EntraGraphConfig>): Promise<ConnectorError> => {
  const error: unknown = await graphConnector(tenant, changes)
    .open(signal)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  assert.ok(error instanceof ConnectorError, String(error));
  assert.ok(error.remedy.length > 0);
  return error;
};
/** The clock of assertions is the machine's, so the tenant's has to be. */
const tenantOf = (): Tenant => testTenant({ settings: { dirSyncEnabled: false }, clock: Date.now });

test('a secret works; a wrong one is refused without being told', async () => {
  const tenant = tenantOf();
  tenant.registerApp({ ...app, permissions });
  await works(tenant, {});
  const error = await refused(tenant, { credential: { secret: 'not-the-secret' } });
  assert.deepEqual([error.code, error.status], ['failed-authentication', 'no-start-credentials']);
  assert.match(error.message, /AADSTS7000215/);
  assert.ok(!error.message.includes('not-the-secret'));
  tenant.close();
});

test('a certificate signs the assertion; one without a key is no use', async () => {
  const directory = tempDirectory('graph-certificate');
  const pem = join(directory.path, 'app.pem');
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=causeway'],
    ...['-keyout', join(directory.path, 'app.key'), '-out', pem],
  ]);
  const certificate = readFileSync(pem, 'utf8');
  const both = certificate + readFileSync(join(directory.path, 'app.key'), 'utf8');
  const tenant = tenantOf();
  tenant.registerApp({ appId: app.appId, certificate, permissions });
  await works(tenant, { credential: { certificate: both } });
  assert.equal((await refused(tenant, { credential: { certificate } })).code, 'failed-authentication');
  tenant.close();
  directory.remove();
});

test('a token of another issuer is read from its file each time', async () => {
  const directory = tempDirectory('graph-federated');
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const issuer = 'https://kubernetes.test';
  const subject = 'system:serviceaccount:causeway';
  const tenant = tenantOf();
  tenant.registerApp({
    appId: app.appId,
    permissions,
    federatedCredentials: [{ issuer, subject, jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256' }] } }],
  });
  const file = join(directory.path, 'token');
  assert.match(
    (await refused(tenant, { credential: { federatedTokenFile: file } })).message,
    /cannot be read \(ENOENT\)/,
  );
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(issuer)
    .setSubject(subject)
    .setAudience('api://AzureADTokenExchange')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);
  writeFileSync(file, `${token}\n`);
  await works(tenant, { credential: { federatedTokenFile: file } });
  tenant.close();
  directory.remove();
});

test('a managed identity asks the machine: its metadata service, or the endpoint the platform names', async () => {
  const tenant = tenantOf();
  tenant.registerApp({ ...app, permissions });
  const token = await tokenFor(tenant, app);
  const asked: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    if (request.url.startsWith('http://tenant.test')) return tenant.fetch(request);
    asked.push(`${request.url} ${request.headers.get('metadata') ?? request.headers.get('x-identity-header')}`);
    return Response.json({ access_token: token, expires_in: '3599', token_type: 'Bearer' });
  };
  await works(tenant, { credential: { managedIdentity: true }, fetch, environment: {} });
  await works(tenant, {
    credential: { managedIdentity: app.appId },
    fetch,
    environment: { IDENTITY_ENDPOINT: 'http://127.0.0.1:4141/token', IDENTITY_HEADER: 'proof' },
  });
  const resource = 'resource=https%3A%2F%2Fgraph.microsoft.com';
  assert.deepEqual(asked, [
    `http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&${resource} true`,
    `http://127.0.0.1:4141/token?api-version=2019-08-01&${resource}&client_id=${app.appId} proof`,
  ]);
  const none = async (request: Request) =>
    request.url.startsWith('http://tenant.test') ? tenant.fetch(request) : new Response('', { status: 400 });
  assert.match(
    (await refused(tenant, { credential: { managedIdentity: true }, fetch: none, environment: {} })).message,
    /gave no token/,
  );
  tenant.close();
});

test('a token that ends is renewed, one that is refused is fetched anew', async () => {
  const tenant = tenantOf();
  tenant.registerApp({ ...app, permissions });
  let tokens = 0;
  let refuse = false;
  const fetch = async (request: Request): Promise<Response> => {
    if (request.url.endsWith('/token')) tokens++;
    else if (refuse) {
      refuse = false;
      return Response.json({ error: { code: 'InvalidAuthenticationToken', message: 'gone' } }, { status: 401 });
    }
    return tenant.fetch(request);
  };
  const session = await graphConnector(tenant, { fetch }).open(signal);
  assert.equal(tokens, 1);
  refuse = true;
  assert.deepEqual(codesOf((await session.export?.([addUser('ada')], signal))?.[0]), []);
  assert.equal(tokens, 2);
  tenant.advance(3600_000);
  assert.deepEqual(codesOf((await session.export?.([addUser('ben')], signal))?.[0]), []);
  assert.equal(tokens, 3);
  tenant.close();
});

test('over TLS with an authority of its own; never without TLS to another machine', async () => {
  const directory = tempDirectory('graph-tls');
  const certificates = await makeCertificates(directory.path, ['localhost'], ['127.0.0.1']);
  const tenant = tenantOf();
  tenant.registerApp({ ...app, permissions });
  const key = readFileSync(certificates.keyFile, 'utf8');
  const certificate = readFileSync(certificates.certFile, 'utf8');
  await using served = await serveTenant(tenant, { listen: '127.0.0.1:0', tls: { certificate, key } });
  const config = { name: 'cloud', url: served.url, tenantId, clientId: app.appId, credential: { secret: app.secret } };
  const session = await createEntraGraphConnector({ ...config, ca: certificates.caPem }).open(signal);
  const [made] = (await session.export?.([addUser('ada')], signal)) ?? [];
  assert.deepEqual(codesOf(made), []);
  const [back] = (await session.readBack?.([addUser('ada')], signal)) ?? [];
  assert.equal(back?.object?.attributes.userPrincipalName, 'ada@contoso.com');
  for (const url of [served.url, 'http://graph.example.com']) {
    await assert.rejects(createEntraGraphConnector({ ...config, url }).open(signal), (error) => {
      assert.ok(error instanceof ConnectorError);
      assert.equal(error.status, 'no-start-connection');
      return true;
    });
  }
  tenant.close();
  directory.remove();
});

/** The metadata service of a virtual machine with one identity, on loopback; it gets its tokens where machines do. */
async function metadataService(tenant: Tenant, seen: string[]): Promise<AsyncDisposable & { readonly url: string }> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://metadata.test');
    seen.push(`${request.method} ${pathname} ${searchParams.get('resource')} ${searchParams.get('client_id')}`);
    const isAsked = request.headers.metadata === 'true' && searchParams.get('api-version') === '2018-02-01';
    const identity = searchParams.get('client_id') ?? app.appId;
    const isKnown = pathname === '/metadata/identity/oauth2/token' && identity === app.appId;
    const body = isKnown
      ? { access_token: await tokenFor(tenant, app), expires_in: '3599', token_type: 'Bearer' }
      : { error: 'invalid_request', error_description: 'Identity not found' };
    response.writeHead(isAsked && isKnown ? 200 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isAsked ? body : { error: 'bad_request_102' }));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('every credential, over the network: from the token to a user that is written', async () => {
  const directory = tempDirectory('graph-every-credential');
  const tls = await makeCertificates(directory.path, ['localhost'], ['127.0.0.1']);
  const pem = join(directory.path, 'app.pem');
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=causeway'],
    ...['-keyout', join(directory.path, 'app.key'), '-out', pem],
  ]);
  const certificate = readFileSync(pem, 'utf8') + readFileSync(join(directory.path, 'app.key'), 'utf8');
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const issuer = 'https://issuer.test';
  const tenant = tenantOf();
  tenant.registerApp({
    ...app,
    permissions,
    certificate: readFileSync(pem, 'utf8'),
    federatedCredentials: [
      { issuer, subject: 'causeway', jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256' }] } },
    ],
  });
  const federatedTokenFile = join(directory.path, 'token');
  const assertion = new SignJWT({}).setProtectedHeader({ alg: 'RS256' }).setIssuer(issuer).setSubject('causeway');
  const token = await assertion
    .setAudience('api://AzureADTokenExchange')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);
  writeFileSync(federatedTokenFile, token);
  const seen: string[] = [];
  await using metadata = await metadataService(tenant, seen);
  const [key, own] = [tls.keyFile, tls.certFile].map((file) => readFileSync(file, 'utf8')) as [string, string];
  await using served = await serveTenant(tenant, { listen: '127.0.0.1:0', tls: { certificate: own, key } });
  const environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST: `${metadata.url}/` };
  const config = { name: 'cloud', url: served.url, tenantId, clientId: app.appId, ca: tls.caPem, environment };
  const credentials: Readonly<Record<string, EntraGraphConfig['credential']>> = {
    secret: { secret: app.secret },
    certificate: { certificate },
    federated: { federatedTokenFile },
    machine: { managedIdentity: true },
    chosen: { managedIdentity: app.appId },
  };
  for (const [name, credential] of Object.entries(credentials)) {
    const session = await createEntraGraphConnector({ ...config, credential }).open(signal);
    const [made] = (await session.export?.([addUser(name)], signal)) ?? [];
    assert.deepEqual(codesOf(made), [], name);
  }
  const asked = 'GET /metadata/identity/oauth2/token https://graph.microsoft.com';
  assert.deepEqual(seen, [`${asked} null`, `${asked} ${app.appId}`]);
  const unknown = '99999999-0000-4000-8000-000000000000';
  const other = createEntraGraphConnector({ ...config, credential: { managedIdentity: unknown } });
  await assert.rejects(other.open(signal), { code: 'failed-authentication', status: 'no-start-credentials' });
  // Where there is no metadata service at all nothing hangs.
  const nowhere = { AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${await freePort()}` };
  const without = createEntraGraphConnector({ ...config, environment: nowhere, credential: { managedIdentity: true } });
  await assert.rejects(without.open(signal), { code: 'failed-connection', status: 'no-start-connection' });
  tenant.close();
  directory.remove();
});
