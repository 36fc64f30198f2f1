/** Waits as the tenant's Retry-After asks, with `@microsoft/microsoft-graph-client` unmodified; a process of its own. */
import assert from 'node:assert/strict';
import { ClientSecretCredential } from '@azure/identity';
import { Client } from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';

const url = process.env.TENANT_URL as string;
const scopes = ['https://graph.microsoft.com/.default'];
const credential = new ClientSecretCredential(
  process.env.TENANT_ID as string,
  process.env.CLIENT_ID as string,
  process.env.CLIENT_SECRET as string,
  { authorityHost: url, disableInstanceDiscovery: true },
);
const client = Client.initWithMiddleware({
  baseUrl: url,
  defaultVersion: 'v1.0',
  customHosts: new Set([new URL(url).hostname]),
  authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes }),
});

// Others of this app use up what it may write in the tenant: 3,000 at once, then 20 a second.
const user = await client.api('/users').post({
  accountEnabled: true,
  displayName: 'Throttled',
  mailNickname: 'throttled',
  userPrincipalName: 'throttled@contoso.com',
  passwordProfile: { password: 'Tr0ub4dor&3' },
});
const { token } = await credential.getToken(scopes);
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
const requests = Array.from({ length: 20 }, (_, i) => ({
  id: String(i),
  method: 'PATCH',
  url: '/users/nobody@contoso.com',
  headers: { 'Content-Type': 'application/json' },
  body: { city: 'x' },
}));
let refused: { status: number; headers: Record<string, string> } | undefined;
for (let i = 0; i < 300 && !refused; i++) {
  const answer = await fetch(`${url}/v1.0/$batch`, { method: 'POST', headers, body: JSON.stringify({ requests }) });
  const { responses } = (await answer.json()) as { responses: { status: number; headers: Record<string, string> }[] };
  refused = responses.find((r) => r.status === 429);
}
assert.equal(refused?.headers['Retry-After'], '1');

// More at once than a second gives back: some must wait, and all arrive.
const begun = performance.now();
await Promise.all(Array.from({ length: 40 }, (_, i) => client.api(`/users/${user.id}`).update({ city: `City ${i}` })));
assert.ok(performance.now() - begun > 900, 'nobody had to wait');
