/**
 * Works on the tenant with the fluent API of `@microsoft/msgraph-sdk` (Kiota) and a certificate; run as a process of its
 * own. For users, the directory and its objects there are fluent packages; groups have models only, so their requests
 * are made with the request builder of the core.
 */
import assert from 'node:assert/strict';
import { ClientCertificateCredential } from '@azure/identity';
import { HttpMethod, type Parsable, type ParsableFactory, RequestInformation } from '@microsoft/kiota-abstractions';
import { AzureIdentityAuthenticationProvider } from '@microsoft/kiota-authentication-azure';
import { GraphRequestAdapter } from '@microsoft/msgraph-sdk';
import {
  type AdministrativeUnit,
  createGroupCollectionResponseFromDiscriminatorValue,
  createGroupFromDiscriminatorValue,
  createUserCollectionResponseFromDiscriminatorValue,
  type DirectoryObject,
  type Group,
  type GroupCollectionResponse,
  serializeGroup,
  serializeReferenceCreate,
  type User,
  type UserCollectionResponse,
} from '@microsoft/msgraph-sdk/models/index.js';
import {
  createODataErrorFromDiscriminatorValue,
  type ODataError,
} from '@microsoft/msgraph-sdk/models/oDataErrors/index.js';
import { BatchRequestContent, PageIterator } from '@microsoft/msgraph-sdk-core';
import { createDirectoryServiceClient } from '@microsoft/msgraph-sdk-directory';
import { createDirectoryObjectsServiceClient } from '@microsoft/msgraph-sdk-directoryobjects';
import { createUsersServiceClient } from '@microsoft/msgraph-sdk-users';

const url = process.env.TENANT_URL as string;
const tenantId = process.env.TENANT_ID as string;
const credential = new ClientCertificateCredential(
  tenantId,
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
const { users } = createUsersServiceClient(adapter);
const { directory } = createDirectoryServiceClient(adapter);
const { directoryObjects } = createDirectoryObjectsServiceClient(adapter);

const reference = (id: string) => ({ odataId: `${url}/v1.0/directoryObjects/${id}` });
const idsOf = (list: { value?: DirectoryObject[] | null } | undefined) => (list?.value ?? []).map((o) => o.id);
const refused = (status: number, code: string) => (error: ODataError) => {
  assert.deepEqual([error.responseStatusCode, error.errorEscaped?.code], [status, code]);
  return true;
};
const errors = { XXX: createODataErrorFromDiscriminatorValue as ParsableFactory<Parsable> };

// Create and read.
const person = (name: string): User => ({
  accountEnabled: true,
  displayName: `Kiota ${name}`,
  mailNickname: name,
  userPrincipalName: `${name}@contoso.com`,
  passwordProfile: { password: 'Tr0ub4dor&3', forceChangePasswordNextSignIn: false },
});
const ids: string[] = [];
for (const name of ['ka', 'kb', 'kc', 'kd', 'ke']) {
  const made = await users.post(person(name));
  assert.equal(made?.displayName, `Kiota ${name}`);
  ids.push(made?.id as string);
}
const [ana, bo, cy, di, eve] = ids as [string, string, string, string, string];
const read = await users
  .byUserId('ka@contoso.com')
  .get({ queryParameters: { select: ['id', 'createdDateTime', 'accountEnabled', 'displayName'] } });
assert.deepEqual([read?.id, read?.accountEnabled], [ana, true]);
assert.ok(read?.createdDateTime instanceof Date);
await users.byUserId(ana).patch({ jobTitle: 'Cook', businessPhones: ['+1'], givenName: 'Ana' });
await users.byUserId(ana).patch({ givenName: null });
const changed = await users
  .byUserId(ana)
  .get({ queryParameters: { select: ['jobTitle', 'businessPhones', 'givenName'] } });
assert.deepEqual([changed?.jobTitle, changed?.businessPhones, changed?.givenName ?? null], ['Cook', ['+1'], null]);

// Page, filter, search, count, order.
const seen: (string | null | undefined)[] = [];
const firstPage = await users.get({ queryParameters: { top: 2, select: ['id'] } });
assert.equal(firstPage?.value?.length, 2);
await new PageIterator<User>(
  adapter,
  firstPage as never,
  (item) => {
    seen.push(item.id);
    return true;
  },
  createUserCollectionResponseFromDiscriminatorValue as never,
  errors,
).iterate();
assert.deepEqual(
  seen.filter((id) => ids.includes(id as string)),
  ids,
);
const filtered = await users.get({ queryParameters: { filter: "startswith(displayName,'Kiota kc')" } });
assert.deepEqual(idsOf(filtered), [cy]);
const eventual = { ConsistencyLevel: ['eventual'] };
const searched = await users.get({
  headers: eventual,
  queryParameters: { search: '"displayName:kd"', count: true, orderby: ['displayName desc'] },
});
assert.deepEqual([searched?.odataCount, idsOf(searched)], [1, [di]]);
assert.ok(Number(await users.count.get({ headers: eventual })) >= 5);

// Manager and memberships.
await users.byUserId(ana).manager.ref.put(reference(bo));
assert.equal((await users.byUserId(ana).manager.get())?.id, bo);
const withManager = await users.byUserId(ana).get({ queryParameters: { expand: ['manager($select=id)'] } });
assert.equal(withManager?.manager?.id, bo);
assert.deepEqual(idsOf(await users.byUserId(bo).directReports.get()), [ana]);
await users.byUserId(ana).manager.ref.delete();
await assert.rejects(users.byUserId(ana).manager.get(), refused(404, 'Request_ResourceNotFound'));

// Delta, in the spelling of Kiota.
const latest = await users.delta.get({ queryParameters: { select: ['id', 'city'] } });
assert.ok((latest?.value?.length ?? 0) >= 5 && latest?.odataDeltaLink);
await users.byUserId(bo).patch({ city: 'Rome' });
const round = await users.delta.withUrl(latest?.odataDeltaLink as string).get();
assert.deepEqual(
  round?.value?.map((user) => [user.id, user.city]),
  [[bo, 'Rome']],
);

// Batch with the fluent API's own requests.
const batch = new BatchRequestContent(adapter, errors);
const get = batch.addBatchRequest(users.byUserId(bo).toGetRequestInformation());
const patch = batch.addBatchRequest(users.byUserId(cy).toPatchRequestInformation({ jobTitle: 'Batched' }));
const nobody = batch.addBatchRequest(users.byUserId('nobody@contoso.com').toGetRequestInformation());
const answers = await batch.postAsync();
assert.deepEqual(
  [get, patch, nobody].map((step) => answers?.getResponseById(step.id)?.status),
  [200, 204, 404],
);
// This preview takes the bodies of answers for bytes, so what is in them is read with a request of its own.
assert.equal((await users.byUserId(cy).get())?.jobTitle, 'Batched');

// Groups and their members: models and the core's request builder, because no fluent package is published.
function request(method: HttpMethod, template: string, parameters: Record<string, unknown> = {}): RequestInformation {
  const info = new RequestInformation(method, `{+baseurl}${template}`, { baseurl: adapter.baseUrl });
  for (const [name, value] of Object.entries(parameters)) info.pathParameters[name] = value;
  info.headers.add('Accept', 'application/json');
  return info;
}
const groupBody: Group = {
  displayName: 'Kiota',
  mailEnabled: false,
  mailNickname: 'kiota-group',
  securityEnabled: true,
};
const createGroup = request(HttpMethod.POST, '/groups');
createGroup.setContentFromParsable(adapter, 'application/json', groupBody, serializeGroup);
const group = (await adapter.send<Group>(createGroup, createGroupFromDiscriminatorValue, errors)) as Group;
for (const id of [ana, bo]) {
  const addMember = request(HttpMethod.POST, '/groups/{id}/members/%24ref', { id: group.id });
  addMember.setContentFromParsable(adapter, 'application/json', reference(id), serializeReferenceCreate);
  await adapter.sendNoResponseContent(addMember, errors);
}
const members = () =>
  adapter.send<UserCollectionResponse>(
    request(HttpMethod.GET, '/groups/{id}/members/graph.user', { id: group.id }),
    createUserCollectionResponseFromDiscriminatorValue,
    errors,
  );
assert.deepEqual(idsOf(await members()), [ana, bo]);
assert.deepEqual(idsOf(await users.byUserId(ana).memberOf.graphGroup.get()), [group.id]);
assert.deepEqual(idsOf(await users.byUserId(ana).transitiveMemberOf.get()), [group.id]);
const checked = await users.byUserId(ana).checkMemberGroups.post({ groupIds: [group.id as string] });
assert.deepEqual(checked?.value, [group.id]);
await adapter.sendNoResponseContent(
  request(HttpMethod.DELETE, '/groups/{id}/members/{member}/%24ref', { id: group.id, member: ana }),
  errors,
);
await adapter.sendNoResponseContent(
  request(HttpMethod.DELETE, '/groups/{id}/members/%24ref{?%40id}', {
    id: group.id,
    '%40id': `${url}/v1.0/directoryObjects/${bo}`,
  }),
  errors,
);
assert.deepEqual(idsOf(await members()), []);
const groups = await adapter.send<GroupCollectionResponse>(
  request(HttpMethod.GET, '/groups{?%24filter}', { '%24filter': "displayName eq 'kiota'" }),
  createGroupCollectionResponseFromDiscriminatorValue,
  errors,
);
assert.deepEqual(idsOf(groups), [group.id]);

// Administrative units and their members.
const units = directory.administrativeUnits;
const unit = (await units.post({ displayName: 'West', description: 'Coast' })) as AdministrativeUnit;
const one = units.byAdministrativeUnitId(unit.id as string);
for (const id of [ana, group.id as string]) await one.members.ref.post(reference(id));
await assert.rejects(one.members.ref.post(reference(ana)), refused(400, 'Request_BadRequest'));
assert.deepEqual(idsOf(await one.members.get()), [ana, group.id]);
assert.deepEqual(idsOf(await one.members.graphUser.get()), [ana]);
assert.deepEqual(idsOf(await users.byUserId(ana).memberOf.graphAdministrativeUnit.get()), [unit.id]);
await one.members.byDirectoryObjectId(ana).ref.delete();
await one.members.ref.delete({ queryParameters: { id: reference(group.id as string).odataId } });
assert.deepEqual(idsOf(await one.members.get()), []);
await one.patch({ description: null, displayName: 'West coast' });
assert.deepEqual(idsOf(await units.get({ queryParameters: { filter: "startswith(displayName,'west')" } })), [unit.id]);
const unitDelta = await units.delta.get();
assert.equal(unitDelta?.value?.find((u) => u.id === unit.id)?.displayName, 'West coast');
await one.delete();
assert.deepEqual(idsOf(await directory.deletedItems.graphAdministrativeUnit.get()), [unit.id]);
await directory.deletedItems.byDirectoryObjectId(unit.id as string).restore.post({});
assert.equal((await one.get())?.membershipType, 'Assigned');

// Synchronization, subscriptions, extensions.
const synchronization = directory.onPremisesSynchronization;
const switches = (await synchronization.get())?.value?.[0];
assert.equal(switches?.id, tenantId);
assert.equal(switches?.configuration?.accidentalDeletionPrevention?.alertThreshold, 500);
await synchronization.byOnPremisesDirectorySynchronizationId(tenantId).patch({
  configuration: { accidentalDeletionPrevention: { alertThreshold: 400 } },
});
const after = await synchronization.byOnPremisesDirectorySynchronizationId(tenantId).get();
assert.equal(after?.configuration?.accidentalDeletionPrevention?.alertThreshold, 400);
assert.ok((await directory.subscriptions.get())?.value?.every((s) => s.status === 'Enabled'));
const synced = await directoryObjects.getAvailableExtensionProperties.post({ isSyncedFromOnPremises: true });
assert.deepEqual(synced?.value, []);

// Objects of every kind.
const some = await directoryObjects.getByIds.post({ ids: [ana, group.id as string, unit.id as string] });
assert.deepEqual(
  some?.value?.map((o) => o.odataType),
  ['user', 'group', 'administrativeUnit'].map((type) => `#microsoft.graph.${type}`),
);
const onlyUsers = await directoryObjects.getByIds.post({ ids: [ana, group.id as string], types: ['user'] });
assert.deepEqual(idsOf(onlyUsers), [ana]);
const allDelta = await directoryObjects.delta.get({ queryParameters: { filter: "isof('microsoft.graph.user')" } });
assert.ok(ids.every((id) => idsOf(allDelta).includes(id)));
assert.equal(
  (await directoryObjects.byDirectoryObjectId(unit.id as string).get())?.odataType,
  '#microsoft.graph.administrativeUnit',
);

// Delete, see in the recycle bin, restore, delete for good.
await users.byUserId(di).delete();
await users.byUserId(eve).delete();
await assert.rejects(users.byUserId(di).get(), refused(404, 'Request_ResourceNotFound'));
const deleted = directory.deletedItems;
assert.deepEqual(new Set(idsOf(await deleted.graphUser.get())), new Set([di, eve]));
assert.equal((await deleted.byDirectoryObjectId(di).get())?.id, di);
assert.equal((await deleted.byDirectoryObjectId(di).restore.post({}))?.id, di);
assert.equal((await users.byUserId(di).get())?.userPrincipalName, 'kd@contoso.com');
await deleted.byDirectoryObjectId(eve).delete();
await assert.rejects(deleted.byDirectoryObjectId(eve).get(), refused(404, 'Request_ResourceNotFound'));
const next = await users.delta.withUrl(round?.odataDeltaLink as string).get();
const removed = next?.value?.find((user) => user.id === eve)?.additionalData?.['@removed'];
assert.ok(removed, 'the delta tells of who is gone');

// What is not there is named.
await assert.rejects(one.scopedRoleMembers.get(), refused(501, 'NotImplemented'));
await assert.rejects(users.byUserId(ana).messages.get(), refused(501, 'NotImplemented'));
