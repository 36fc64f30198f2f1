/** Limits of the tenant as its two planes hold them, or do not hold them (entra-directory s.4.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tenantLimits } from '../../src/entra/limits.ts';
import { idOf, person, world } from './rules-world.ts';
import { base, caller } from './support.ts';

const extension = (number: number) => `extension_${'a'.repeat(32)}_attribute${number}`;

test('synchronization fills so many directory extensions in the whole tenant and no more (s.4.3)', async () => {
  const w = await world({}, { switches: { syncedExtensions: 2 } });
  const add = (name: string, more: object) =>
    w.provision('Add', 'User', `anchor-${name}`.replace('-', ''), person(name, more));
  const first = await add('a', { [extension(1)]: 'x' });
  assert.equal(first.resultCode, 'Success');
  assert.equal((await add('b', { [extension(1)]: 'y', [extension(2)]: 'y' })).resultCode, 'Success', 'the first again');
  const refused = await add('c', { [extension(1)]: 'z', [extension(3)]: 'z' });
  assert.deepEqual([refused.resultCode, refused.errorCode], ['Failure', 'ExceededAllowedLength']);
  assert.match(refused.errorDescription ?? '', /attribute3 .*2; it has 3\. .*whole tenant/);
  assert.equal((await w.user('c@contoso.com', 'id')).error.code, 'Request_ResourceNotFound', 'nothing of it is there');
  // What is cleared everywhere stays in the tenant: the definition of an extension does not go with its last value.
  const cleared = await w.provision('Set', 'User', 'anchora', { [extension(1)]: null });
  assert.equal(cleared.resultCode, 'Success');
  assert.equal((await w.provision('Set', 'User', 'anchora', { [extension(3)]: 'x' })).resultCode, 'Failure');
  w.tenant.setSwitches({ syncedExtensions: 3 });
  assert.equal((await w.provision('Set', 'User', 'anchora', { [extension(3)]: 'x' })).resultCode, 'Success');
  w.tenant.reset();
  w.tenant.setSwitches({ syncedExtensions: 1 });
  assert.equal((await add('d', { [extension(4)]: 'x' })).resultCode, 'Success', 'an emptied tenant has none');
});

test('Graph adds members beyond the limit of synchronization (s.4.3)', async () => {
  const users = Array.from({ length: 5 }, (_, i) => ({ displayName: `u${i}`, userPrincipalName: `u${i}@contoso.com` }));
  const w = await world({ users }, { switches: { groupMembers: 3 } });
  const ids: string[] = [];
  for (const user of users) ids.push((await w.user(user.userPrincipalName, 'id')).id);
  const links = (from: number, to: number) => ({
    member: ids.slice(from, to).map((id) => ({ anchor: `User_${id}`, anchorType: 'cloudAnchor', operation: 'add' })),
  });
  const synced = await w.provision('Add', 'Group', 'grp1', { displayName: 'synced' }, links(0, 3));
  assert.equal(synced.resultCode, 'Success');
  const more = await w.provision('Set', 'Group', 'grp1', {}, links(3, 4));
  assert.deepEqual([more.resultCode, more.errorCode], ['Failure', 'ExceededAllowedLength']);
  assert.equal((await w.graph('GET', `/groups/${idOf(synced)}/members`)).body.value.length, 3);
  const body = { displayName: 'cloud', mailEnabled: false, mailNickname: 'cloud', securityEnabled: true };
  const { id } = (await w.graph('POST', '/groups', body)).body;
  const refs = ids.map((user) => `http://tenant.test/v1.0/directoryObjects/${user}`);
  assert.equal((await w.graph('PATCH', `/groups/${id}`, { 'members@odata.bind': refs })).status, 204);
  assert.equal((await w.graph('GET', `/groups/${id}/members`)).body.value.length, 5);
});

test('the directory takes more memberships of one user than SharePoint looks at (s.4.3)', async () => {
  const more = tenantLimits.sharePointMemberships + 1;
  const groups = Array.from({ length: more }, (_, i) => ({ displayName: `g${i}`, members: ['ana@contoso.com'] }));
  const w = await world({ users: [{ displayName: 'Ana', userPrincipalName: 'ana@contoso.com' }], groups });
  const { id } = await w.user('ana@contoso.com', 'id');
  const asked = await w.graph('POST', `/users/${id}/getMemberGroups`, { securityEnabledOnly: true });
  assert.equal(asked.body.value.length, more);
  const body = { displayName: 'one more', mailEnabled: false, mailNickname: 'more', securityEnabled: true };
  const group = (await w.graph('POST', '/groups', body)).body.id;
  const ref = { '@odata.id': `http://tenant.test/v1.0/directoryObjects/${id}` };
  assert.equal((await w.graph('POST', `/groups/${group}/members/$ref`, ref)).status, 204);
});

test('rules do not know who calls: another synchronization client goes on where the first one stopped (s.1.1)', async () => {
  const w = await world({ users: [{ displayName: 'Cloud', userPrincipalName: 'cloud@contoso.com' }] });
  const other = { appId: '00000000-0000-0000-0000-0000000000ee', secret: 'the-secret-of-another-engine' };
  w.tenant.registerApp({ ...other, permissions: ['ADSynchronization.ReadWrite.All'] });
  const call = await caller(w.tenant, other, base);
  const provision = async (anchor: string, properties: object) => {
    const objects = [{ operation: 'Add', objectType: 'User', sourceAnchor: anchor, properties }];
    const headers = { 'user-agent': 'another/2.0', 'x-client-version': '1.0' };
    return (await call('POST', '/sync/v1/provision', { objects }, headers)).body.results[0];
  };
  const first = await w.provision('Add', 'User', 'A', person('ana'));
  const again = await provision('A', person('ana', { title: 'Boss' }));
  assert.deepEqual([again.match, again.cloudAnchor], ['existing', first.cloudAnchor]);
  assert.equal((await provision('C', person('cloud'))).match, 'soft');
  assert.equal((await provision('D', person('ana'))).quarantined[0].property, 'UserPrincipalName');
});

test('the block switches are of the whole tenant and are turned on and off through Graph (s.1.2)', async () => {
  const user = (name: string) => ({ displayName: name, userPrincipalName: `${name}@contoso.com` });
  const anchored = ['a', 'b'].map((name) => ({ ...user(name), onPremisesImmutableId: name.toUpperCase() }));
  const w = await world({ users: [...anchored, user('c'), user('d')] });
  const turn = async (on: boolean) => {
    const features = { blockSoftMatchEnabled: on, blockCloudObjectTakeoverThroughHardMatchEnabled: on };
    const path = `/directory/onPremisesSynchronization/${w.tenant.tenantId}`;
    assert.equal((await w.graph('PATCH', path, { features })).status, 204);
  };
  const come = async (name: string) => {
    const { match, errorCode } = await w.provision('Add', 'User', name.toUpperCase(), person(name));
    return errorCode ?? match;
  };
  await turn(true);
  assert.deepEqual([await come('a'), await come('c')], ['InvalidHardMatch', 'created']);
  await turn(false);
  assert.deepEqual([await come('b'), await come('d')], ['hard', 'soft']);
});
