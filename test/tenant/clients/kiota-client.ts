/** Works on the tenant with `@microsoft/msgraph-sdk` (Kiota) and a certificate; run as a process of its own. */
import assert from 'node:assert/strict';
import { ClientCertificateCredential } from '@azure/identity';
import { HttpMethod, type Parsable, type ParsableFactory, RequestInformation } from '@microsoft/kiota-abstractions';
import { AzureIdentityAuthenticationProvider } from '@microsoft/kiota-authentication-azure';
import { GraphRequestAdapter } from '@microsoft/msgraph-sdk';
import {
  createDirectoryObjectFromDiscriminatorValue,
  createGroupFromDiscriminatorValue,
  createUserCollectionResponseFromDiscriminatorValue,
  createUserFromDiscriminatorValue,
  type Group,
  serializeGroup,
  serializeReferenceCreate,
  serializeUser,
  type User,
  type UserCollectionResponse,
} from '@microsoft/msgraph-sdk/models/index.js';
import { createODataErrorFromDiscriminatorValue } from '@microsoft/msgraph-sdk/models/oDataErrors/index.js';
import { BatchRequestContent, PageIterator } from '@microsoft/msgraph-sdk-core';

const url = process.env.TENANT_URL as string;
const credential = new ClientCertificateCredential(
  process.env.TENANT_ID as string,
  process.env.CLIENT_ID as string,
  { certificatePath: process.env.CLIENT_CERTIFICATE as string },
  { authorityHost: url, disableInstanceDiscovery: true },
);
const adapter = new GraphRequestAdapter(
  new AzureIdentityAuthenticationProvider(
    credential,
    ['https://graph.microsoft.com/.default'],
    undefined,
    new Set([new URL(url).hostname]),
  ),
);
adapter.baseUrl = `${url}/v1.0`;

const errors = { XXX: createODataErrorFromDiscriminatorValue as ParsableFactory<Parsable> };
function request(method: HttpMethod, template: string, parameters: Record<string, unknown> = {}): RequestInformation {
  const info = new RequestInformation(method, `{+baseurl}${template}`, { baseurl: adapter.baseUrl });
  for (const [name, value] of Object.entries(parameters)) info.pathParameters[name] = value;
  info.headers.add('Accept', 'application/json');
  return info;
}

// Create and read.
const create = request(HttpMethod.POST, '/users');
const body: User = {
  accountEnabled: true,
  displayName: 'Kiota Person',
  mailNickname: 'kiota',
  userPrincipalName: 'kiota@contoso.com',
  passwordProfile: { password: 'Tr0ub4dor&3', forceChangePasswordNextSignIn: false },
};
create.setContentFromParsable(adapter, 'application/json', body, serializeUser);
const made = await adapter.send<User>(create, createUserFromDiscriminatorValue, errors);
assert.equal(made?.displayName, 'Kiota Person');
const read = request(HttpMethod.GET, '/users/{id}{?%24select}', {
  id: 'kiota@contoso.com',
  '%24select': 'id,createdDateTime,accountEnabled',
});
const user = await adapter.send<User>(read, createUserFromDiscriminatorValue, errors);
assert.equal(user?.id, made?.id);
assert.ok(user?.createdDateTime instanceof Date);

// Page and filter.
const list = request(HttpMethod.GET, '/users{?%24filter,%24top}', {
  '%24filter': "startswith(displayName,'Kiota')",
  '%24top': 1,
});
const page = await adapter.send<UserCollectionResponse>(
  list,
  createUserCollectionResponseFromDiscriminatorValue,
  errors,
);
assert.deepEqual(
  page?.value?.map((u) => u.id),
  [made?.id],
);

// Members.
const groupBody: Group = {
  displayName: 'Kiota',
  mailEnabled: false,
  mailNickname: 'kiota-group',
  securityEnabled: true,
};
const createGroup = request(HttpMethod.POST, '/groups');
createGroup.setContentFromParsable(adapter, 'application/json', groupBody, serializeGroup);
const group = await adapter.send<Group>(createGroup, createGroupFromDiscriminatorValue, errors);
const addMember = request(HttpMethod.POST, '/groups/{id}/members/%24ref', { id: group?.id });
addMember.setContentFromParsable(
  adapter,
  'application/json',
  { odataId: `${url}/v1.0/directoryObjects/${made?.id}` },
  serializeReferenceCreate,
);
await adapter.sendNoResponseContent(addMember, errors);
const members = request(HttpMethod.GET, '/groups/{id}/members/graph.user', { id: group?.id });
const found = await adapter.send<UserCollectionResponse>(
  members,
  createUserCollectionResponseFromDiscriminatorValue,
  errors,
);
assert.deepEqual(
  found?.value?.map((u) => u.id),
  [made?.id],
);

// Change, manager (PUT, DELETE) and a member that leaves.
const bossBody: User = {
  ...body,
  displayName: 'Kiota Boss',
  mailNickname: 'boss',
  userPrincipalName: 'kiotaboss@contoso.com',
};
const createBoss = request(HttpMethod.POST, '/users');
createBoss.setContentFromParsable(adapter, 'application/json', bossBody, serializeUser);
const boss = await adapter.send<User>(createBoss, createUserFromDiscriminatorValue, errors);
const change = request(HttpMethod.PATCH, '/users/{id}', { id: made?.id });
change.setContentFromParsable(adapter, 'application/json', { jobTitle: 'Cook' } satisfies User, serializeUser);
await adapter.sendNoResponseContent(change, errors);
const setManager = request(HttpMethod.PUT, '/users/{id}/manager/%24ref', { id: made?.id });
setManager.setContentFromParsable(
  adapter,
  'application/json',
  { odataId: `${url}/v1.0/users/${boss?.id}` },
  serializeReferenceCreate,
);
await adapter.sendNoResponseContent(setManager, errors);
const manager = request(HttpMethod.GET, '/users/{id}/manager', { id: made?.id });
const found2 = await adapter.send(manager, createDirectoryObjectFromDiscriminatorValue, errors);
assert.equal((found2 as User | undefined)?.displayName, 'Kiota Boss');
await adapter.sendNoResponseContent(request(HttpMethod.DELETE, '/users/{id}/manager/%24ref', { id: made?.id }), errors);
const changedUser = await adapter.send<User>(
  request(HttpMethod.GET, '/users/{id}{?%24select,%24expand}', {
    id: made?.id,
    '%24select': 'id,jobTitle',
    '%24expand': 'manager',
  }),
  createUserFromDiscriminatorValue,
  errors,
);
assert.deepEqual([changedUser?.jobTitle, changedUser?.manager ?? undefined], ['Cook', undefined]);
const leave = request(HttpMethod.DELETE, '/groups/{id}/members/{member}/%24ref', { id: group?.id, member: made?.id });
await adapter.sendNoResponseContent(leave, errors);
const left = await adapter.send<UserCollectionResponse>(
  request(HttpMethod.GET, '/groups/{id}/members/graph.user', { id: group?.id }),
  createUserCollectionResponseFromDiscriminatorValue,
  errors,
);
assert.deepEqual(left?.value, []);

// Delta, in the spelling of Kiota.
const delta = request(HttpMethod.GET, '/users/delta(){?%24deltatoken}', { '%24deltatoken': 'latest' });
const latest = await adapter.send<UserCollectionResponse>(
  delta,
  createUserCollectionResponseFromDiscriminatorValue,
  errors,
);
assert.deepEqual(latest?.value, []);
const change2 = request(HttpMethod.PATCH, '/users/{id}', { id: boss?.id });
change2.setContentFromParsable(adapter, 'application/json', { city: 'Rome' } satisfies User, serializeUser);
await adapter.sendNoResponseContent(change2, errors);
const next = new RequestInformation();
next.URL =
  (latest as unknown as { odataDeltaLink?: string }).odataDeltaLink ??
  String(latest?.additionalData?.['@odata.deltaLink']);
next.httpMethod = HttpMethod.GET;
const round = await adapter.send<UserCollectionResponse>(
  next,
  createUserCollectionResponseFromDiscriminatorValue,
  errors,
);
assert.deepEqual(
  round?.value?.map((u) => u.id),
  [boss?.id],
);

// Page and batch with the tools of the SDK.
const ids: (string | null | undefined)[] = [];
const one = request(HttpMethod.GET, '/users{?%24top}', { '%24top': 1 });
const firstPage = await adapter.send<UserCollectionResponse>(
  one,
  createUserCollectionResponseFromDiscriminatorValue,
  errors,
);
await new PageIterator<User>(
  adapter,
  firstPage as never,
  (item) => {
    ids.push(item.id);
    return true;
  },
  createUserCollectionResponseFromDiscriminatorValue as never,
  errors,
).iterate();
assert.ok(ids.includes(made?.id) && ids.length > 1);
const batch = new BatchRequestContent(adapter, errors);
const step = batch.addBatchRequest(request(HttpMethod.GET, '/users/{id}', { id: made?.id }));
const answers = await batch.postAsync();
assert.equal(answers?.getResponseById(step.id)?.status, 200);

// Errors are read as what they are.
const missing = request(HttpMethod.GET, '/users/{id}', { id: 'nobody@contoso.com' });
await assert.rejects(
  adapter.send<User>(missing, createUserFromDiscriminatorValue, errors),
  (error: { errorEscaped?: { code?: string } }) => {
    assert.equal(error.errorEscaped?.code, 'Request_ResourceNotFound');
    return true;
  },
);

// Delete and restore.
await adapter.sendNoResponseContent(request(HttpMethod.DELETE, '/users/{id}', { id: made?.id }), errors);
const restore = request(HttpMethod.POST, '/directory/deletedItems/{id}/restore', { id: made?.id });
const restored = await adapter.send(restore, createDirectoryObjectFromDiscriminatorValue, errors);
assert.equal((restored as { id?: string } | undefined)?.id, made?.id);
