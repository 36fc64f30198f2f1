/** Works on the tenant with `@microsoft/microsoft-graph-client`, unmodified; run as a process of its own. */
import assert from 'node:assert/strict';
import { ClientSecretCredential } from '@azure/identity';
import { BatchRequestContent, BatchResponseContent, Client, PageIterator } from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';

const url = process.env.TENANT_URL as string;
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
  authProvider: new TokenCredentialAuthenticationProvider(credential, {
    scopes: ['https://graph.microsoft.com/.default'],
  }),
});

const user = (name: string) => ({
  accountEnabled: true,
  displayName: `Person ${name}`,
  mailNickname: name,
  userPrincipalName: `${name}@contoso.com`,
  passwordProfile: { password: 'Tr0ub4dor&3' },
});

// Create and read.
const ids: string[] = [];
for (let i = 0; i < 5; i++) ids.push((await client.api('/users').post(user(`gc${i}`))).id as string);
const one = await client.api(`/users/gc0@contoso.com`).select(['id', 'displayName', 'accountEnabled']).get();
assert.deepEqual([one.id, one.accountEnabled], [ids[0], true]);

// Page.
const seen: string[] = [];
const first = await client.api('/users').top(2).select('id').get();
await new PageIterator(client, first, (item: { id: string }) => {
  seen.push(item.id);
  return true;
}).iterate();
assert.deepEqual(
  seen.filter((id) => ids.includes(id)),
  ids,
);

// Filter, search, count.
const filtered = await client.api('/users').filter("startswith(displayName,'Person gc3')").get();
assert.deepEqual(
  filtered.value.map((u: { id: string }) => u.id),
  [ids[3]],
);
const searched = await client
  .api('/users')
  .header('ConsistencyLevel', 'eventual')
  .search('"displayName:gc4"')
  .count(true)
  .get();
assert.equal(searched['@odata.count'], 1);

// Members.
const group = await client
  .api('/groups')
  .post({ displayName: 'GC', mailEnabled: false, mailNickname: 'gc', securityEnabled: true });
await client.api(`/groups/${group.id}/members/$ref`).post({ '@odata.id': `${url}/v1.0/directoryObjects/${ids[0]}` });
await assert.rejects(
  client.api(`/groups/${group.id}/members/$ref`).post({ '@odata.id': `${url}/v1.0/directoryObjects/${ids[0]}` }),
  (error: { statusCode?: number; code?: string; requestId?: string | null }) =>
    error.statusCode === 400 && error.code === 'Request_BadRequest' && Boolean(error.requestId),
);
assert.equal((await client.api(`/groups/${group.id}/members`).get()).value.length, 1);

// Batch.
const content = new BatchRequestContent([
  { id: '1', request: new Request(`${url}/users/${ids[1]}`, { method: 'GET' }) },
  {
    id: '2',
    request: new Request(`${url}/users/${ids[1]}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ jobTitle: 'Batched' }),
    }),
    dependsOn: ['1'],
  },
]);
const responses = new BatchResponseContent(await client.api('/$batch').post(await content.getContent()));
assert.equal(responses.getResponseById('1').status, 200);
assert.equal(responses.getResponseById('2').status, 204);
assert.equal((await client.api(`/users/${ids[1]}`).get()).jobTitle, 'Batched');

// Delta.
const start = await client.api('/users/delta').query({ $deltatoken: 'latest' }).get();
await client.api(`/users/${ids[2]}`).update({ department: 'Delta' });
const delta = await client.api(start['@odata.deltaLink']).get();
assert.deepEqual(
  delta.value.map((u: { id: string }) => u.id),
  [ids[2]],
);

// Delete and restore.
await client.api(`/users/${ids[4]}`).delete();
await assert.rejects(
  client.api(`/users/${ids[4]}`).get(),
  (error: { statusCode?: number }) => error.statusCode === 404,
);
const bin = await client.api('/directory/deletedItems/microsoft.graph.user').get();
assert.deepEqual(
  bin.value.map((u: { id: string }) => u.id),
  [ids[4]],
);
await client.api(`/directory/deletedItems/${ids[4]}/restore`).post({});
assert.equal((await client.api(`/users/${ids[4]}`).get()).id, ids[4]);

// Manager: PUT, GET, DELETE of a reference; a group's members leave again; the delta of groups tells of it.
await client.api(`/users/${ids[0]}/manager/$ref`).put({ '@odata.id': `${url}/v1.0/users/${ids[1]}` });
assert.equal((await client.api(`/users/${ids[0]}/manager`).get()).id, ids[1]);
assert.equal((await client.api(`/users/${ids[0]}`).expand('manager($select=id)').get()).manager.id, ids[1]);
await client.api(`/users/${ids[0]}/manager/$ref`).delete();
const groups = await client.api('/groups/delta').get();
await client.api(`/groups/${group.id}`).patch({
  'members@odata.bind': [`${url}/v1.0/directoryObjects/${ids[1]}`, `${url}/v1.0/directoryObjects/${ids[2]}`],
});
await client.api(`/groups/${group.id}/members/${ids[0]}/$ref`).delete();
const changed = await client.api(groups['@odata.deltaLink']).get();
const members = changed.value.find((g: { id: string }) => g.id === group.id)['members@delta'];
assert.deepEqual(
  new Map(members.map((m: { id: string; '@removed'?: object }) => [m.id, m['@removed'] !== undefined])),
  new Map([
    [ids[0], true],
    [ids[1], false],
    [ids[2], false],
  ]),
);
await client.api(`/groups/${group.id}`).update({ description: 'changed' });
assert.equal((await client.api(`/groups/${group.id}`).get()).description, 'changed');

// Administrative units, a rule instead of members, an extension of one's own app.
const units = '/directory/administrativeUnits';
const unit = await client.api(units).post({ displayName: 'GC unit' });
await client.api(`${units}/${unit.id}/members/$ref`).post({ '@odata.id': `${url}/v1.0/users/${ids[0]}` });
assert.equal((await client.api(`${units}/${unit.id}/members`).get()).value[0].id, ids[0]);
await client.api(`${units}/${unit.id}/members/${ids[0]}/$ref`).delete();
await client.api(`${units}/${unit.id}`).delete();
await client.api(`/directory/deletedItems/${unit.id}/restore`).post({});
assert.equal((await client.api(`${units}/${unit.id}`).get()).displayName, 'GC unit');
const dynamic = await client.api('/groups').post({
  displayName: 'GC dynamic',
  mailEnabled: false,
  mailNickname: 'gcd',
  securityEnabled: true,
  groupTypes: ['DynamicMembership'],
  membershipRule: '(user.department -eq "Delta")',
  membershipRuleProcessingState: 'On',
});
assert.deepEqual(
  (await client.api(`/groups/${dynamic.id}/members`).get()).value.map((u: { id: string }) => u.id),
  [ids[2]],
);
const [app] = (await client.api('/applications').filter(`appId eq '${process.env.CLIENT_ID}'`).get()).value;
const extension = await client
  .api(`/applications/${app.id}/extensionProperties`)
  .post({ name: 'badge', dataType: 'String', targetObjects: ['User'] });
await client.api(`/users/${ids[0]}`).update({ [extension.name]: '42' });
assert.equal((await client.api(`/users/${ids[0]}`).select(extension.name).get())[extension.name], '42');
assert.ok((await client.api('/directory/subscriptions').get()).value.length > 0);

// Devices, contacts, organization, domains, and what is not there.
const device = await client.api('/devices').post({
  accountEnabled: true,
  alternativeSecurityIds: [{ type: 2, key: 'eA==' }],
  deviceId: crypto.randomUUID(),
  displayName: 'pc',
  operatingSystem: 'Windows',
  operatingSystemVersion: '10',
});
assert.equal((await client.api(`/devices(deviceId='${device.deviceId}')`).get()).id, device.id);
await client.api(`/devices/${device.id}`).delete();
assert.deepEqual((await client.api('/contacts').get()).value, []);
assert.equal((await client.api('/organization').get()).value.length, 1);
assert.ok((await client.api('/domains').get()).value.length >= 2);
await assert.rejects(
  client.api('/sites/root').get(),
  (error: { statusCode?: number; code?: string }) => error.statusCode === 501 && error.code === 'NotImplemented',
);
