/** The consent of an administrator, from the address that the command prints to a connector that works. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ConnectorError } from '../../src/connectors/contract.ts';
import { createEntraGraphConnector } from '../../src/connectors/entra/graph.ts';
import { consentGuide } from '../../src/connectors/entra/graph-consent.ts';
import { causeway } from '../cli/command.ts';
import { tempDirectory } from '../support/temp.ts';
import { Browser, lab, password, startLab, stopLab } from './sign-in-lab.ts';
import { tenantId } from './support.ts';

before(startLab);
after(stopLab);

const clientId = '00000000-0000-0000-0000-0000000000cc';
const secret = 'the-secret-of-the-connector';
const back = 'https://app.example/consented';
const guide = () => consentGuide({ tenantId, clientId, url: lab.served.url, readsDevices: true });
const register = () =>
  lab.tenant.registerApp({
    appId: clientId,
    secret,
    displayName: 'Causeway <i>Graph</i>',
    requestedPermissions: guide().permissions.map((p) => p.name),
    redirectUris: [back],
  });
const connector = () =>
  createEntraGraphConnector({ name: 'cloud', url: lab.served.url, tenantId, clientId, credential: { secret } });
const signal = new AbortController().signal;

/** Signs in on the page and answers the question; what comes then is returned. */
async function consent(browser: Browser, url: URL, username: string, decision?: string) {
  const origin = url.origin;
  const asked = await browser.open(url);
  assert.match(asked.text, /name="username"/);
  const page = await browser.open(url, { username, password }, { origin });
  return decision === undefined ? page : browser.open(url, { decision }, { origin });
}

test('what the guide lists is what the connector needs; an administrator consents, nobody else; then it works', async () => {
  register();
  const lacks = (e: unknown) =>
    e instanceof ConnectorError && e.code === 'failed-permission' && /causeway connector permissions/.test(e.remedy);
  await assert.rejects(connector().open(signal), lacks);
  const url = new URL(guide().consentUrl);
  assert.equal(`${url.pathname}${url.search}`, `/${tenantId}/adminconsent?client_id=${clientId}`);
  const person = await consent(new Browser(), url, 'bo@contoso.com');
  assert.equal(person.status, 403);
  assert.match(person.text, /AADSTS90094/);
  const browser = new Browser();
  const page = await consent(browser, url, 'ana@contoso.com');
  assert.equal(page.status, 200);
  for (const { name } of guide().permissions) assert.ok(page.text.includes(`<li>${name}</li>`), name);
  assert.ok(page.text.includes('Causeway &#60;i&#62;Graph') && !page.text.includes('<i>Graph'));
  await assert.rejects(connector().open(signal), lacks, 'looking is not consenting');
  const done = await browser.open(url, { decision: 'accept' }, { origin: url.origin });
  assert.match(done.text, /Consent is given/);
  await using session = await connector().open(signal);
  assert.ok(session.export);
  // The registration is made again at every start, and the consent stays.
  register();
  await using again = await connector().open(signal);
  assert.ok(again.export);
});

test('the way back tells the app; what was declined is not granted; a foreign form or address is refused', async () => {
  const other = '00000000-0000-0000-0000-0000000000dd';
  lab.tenant.registerApp({ appId: other, secret, requestedPermissions: ['User.Read.All'], redirectUris: [back] });
  const url = new URL(`${lab.served.url}/${tenantId}/v2.0/adminconsent`);
  url.search = String(new URLSearchParams({ client_id: other, redirect_uri: back, state: 'a&b' }));
  const browser = new Browser();
  const declined = await consent(browser, url, 'ana@contoso.com', 'cancel');
  assert.equal(declined.status, 302);
  const answer = new URL(declined.headers.get('location') ?? '');
  assert.deepEqual([answer.searchParams.get('error'), answer.searchParams.get('state')], ['access_denied', 'a&b']);
  const foreign = await browser.open(url, { decision: 'accept' }, { origin: 'https://evil.example' });
  assert.match(foreign.text, /came from elsewhere/);
  const accepted = await browser.open(url, { decision: 'accept' }, { origin: url.origin });
  const fields = new URL(accepted.headers.get('location') ?? '').searchParams;
  assert.deepEqual([fields.get('admin_consent'), fields.get('tenant'), fields.get('state')], ['True', tenantId, 'a&b']);
  url.searchParams.set('redirect_uri', 'https://evil.example/');
  assert.match((await browser.open(url)).text, /AADSTS50011/);
  url.searchParams.set('client_id', 'nobody');
  assert.match((await browser.open(url)).text, /AADSTS700016/);
});

test('the ids are those of the global cloud, the addresses those of its parts', () => {
  const of = (url?: string) => consentGuide({ tenantId, clientId, readsDevices: false, ...(url ? { url } : {}) });
  assert.ok(of().permissions.every(({ id }) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)));
  assert.ok(!of().permissions.some(({ name }) => name === 'Device.Read.All'));
  assert.equal(of().consentUrl, `https://login.microsoftonline.com/${tenantId}/adminconsent?client_id=${clientId}`);
  assert.match(of('https://graph.microsoft.us').consentUrl, /^https:\/\/login\.microsoftonline\.us\//);
  assert.deepEqual(
    of().requiredResourceAccess[0]?.resourceAccess.map(({ type }) => type),
    of().permissions.map(() => 'Role'),
  );
});

test('causeway connector permissions: the list, where to consent, and the same for programs', async () => {
  const folder = tempDirectory('consent');
  const file = join(folder.path, 'causeway.yaml');
  const cloud = (credential: string) =>
    `  - { name: cloud, type: entra, dialect: graph, tenantId: ${tenantId}, clientId: ${clientId}, credential: ${credential} }`;
  const write = (credential: string) =>
    writeFileSync(file, ['stateDirectory: ./state', 'connectors:', cloud(credential), ''].join('\n'));
  write('{ secret: { env: NOT_SET } }');
  const told = await causeway(['--config', file, 'connector', 'permissions']);
  const guide = consentGuide({ tenantId, clientId, readsDevices: true });
  assert.equal(told.code, 0, told.err);
  for (const { name, id } of guide.permissions) assert.match(told.out, new RegExp(`${name} +${id}`));
  assert.ok(told.out.includes(guide.consentUrl));
  const json = await causeway(['--config', file, '--json', 'connector', 'permissions', 'cloud']);
  assert.deepEqual(json.json(), { connector: 'cloud', ...guide });
  const wrong = await causeway(['--config', file, 'connector', 'permissions', 'corp']);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /"corp" is no connector .* There is "cloud"\. \[unknown-connector\]/);
  write('{ managedIdentity: true }');
  const identity = await causeway(['--config', file, 'connector', 'permissions']);
  assert.match(identity.out, /appRoleAssignments/);
  folder.remove();
});
