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

// Delta, in the spelling of Kiota.
const delta = request(HttpMethod.GET, '/users/delta(){?%24deltatoken}', { '%24deltatoken': 'latest' });
const latest = await adapter.send<UserCollectionResponse>(
  delta,
  createUserCollectionResponseFromDiscriminatorValue,
  errors,
);
assert.deepEqual(latest?.value, []);

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
