import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isUnchanged } from './changes.ts';
import { withPrimaryAddress } from './cloud-addresses.ts';
import { planRecalculation } from './recalculation.ts';
import { add, addUser, anchor, cloudUser, remove, set, world } from './test-world.ts';

const user = { userPrincipalName: 'bob@contoso.com', proxyAddresses: ['SMTP:bob@contoso.com'], title: 'Cook' };

describe('add, set and delete of one object', () => {
  it('a new user has what a fresh user has', () => {
    const { changes } = world().plan(addUser(1, user));
    const { accountEnabled, userType, createdDateTime, onPremisesLastSyncDateTime } = changes.graph;
    assert.deepEqual({ accountEnabled, userType }, { accountEnabled: true, userType: 'Member' });
    assert.equal(createdDateTime, '2026-08-01T10:00:00Z');
    assert.equal(onPremisesLastSyncDateTime, '2026-08-01T10:00:00Z');
  });
  it('a new security group is no mail group', () => {
    const { graph } = world().plan(add('Group', anchor(1), { displayName: 'Cooks', securityEnabled: true })).changes;
    assert.deepEqual(
      [graph.mailEnabled, graph.securityEnabled, graph.groupTypes, graph.mailNickname],
      [false, true, [], 'Cooks'],
    );
  });
  it('a new device is known by the device id in its anchor', () => {
    const { graph } = world().plan(add('Device', anchor(1), {})).changes;
    assert.equal(graph.deviceId, '01010101-0101-0101-0101-010101010101');
    assert.equal(graph.accountEnabled, true);
  });
  it('a set changes only what it names; null clears', () => {
    const w = world();
    const { id } = w.run(addUser(1, { ...user, department: 'Kitchen' }));
    const outcome = w.run(set('User', anchor(1), { title: null, city: 'Rome' }));
    assert.deepEqual(outcome.changes.shadow, { title: null, city: 'Rome' });
    assert.deepEqual(Object.keys(outcome.changes.graph).sort(), ['city', 'jobTitle', 'onPremisesLastSyncDateTime']);
    assert.equal(w.object(id).graph.department, 'Kitchen');
    assert.equal(Object.hasOwn(w.object(id).shadow, 'title'), false);
  });
  it('an add of what is there already is the whole object: what it leaves out goes', () => {
    const w = world();
    const { id } = w.run(addUser(1, { ...user, department: 'Kitchen' }));
    w.run(addUser(1, { userPrincipalName: 'bob@contoso.com' }));
    assert.equal(w.object(id).graph.department, undefined);
    assert.equal(w.object(id).graph.displayName, 'Somebody');
  });
  it('a set of an object the cloud does not have', () => {
    assert.equal(world().plan(set('User', anchor(1), { title: 'x' })).result.errorCode, 'ObjectNotFound');
    assert.equal(
      world().plan(set('User', anchor(1), { title: 'x' }, { cloudAnchor: 'User_gone' })).result.errorCode,
      'ObjectNotFound',
    );
  });
  it('a set of an object in the recycle bin', () => {
    const w = world();
    w.run(addUser(1, user));
    w.run(remove('User', anchor(1)));
    assert.equal(w.plan(set('User', anchor(1), { title: 'x' })).result.errorCode, 'ObjectNotFound');
  });
  it('a set of a user that was restored in the cloud takes it over again', () => {
    const w = world();
    const { id } = w.run(addUser(1, user));
    w.change(id, { onPremisesSyncEnabled: false });
    const outcome = w.run(set('User', anchor(1), { title: 'Baker' }));
    assert.equal(outcome.result.match, 'hard');
    assert.equal(w.object(id).graph.jobTitle, 'Baker');
    assert.deepEqual(w.object(id).graph.proxyAddresses, ['SMTP:bob@contoso.com']);
  });
  it('a cloud value that the directory does not change is left alone by an update', () => {
    const w = world();
    const { id } = w.run(addUser(1, user));
    w.change(id, { graph: { ...w.object(id).graph, jobTitle: 'written in the cloud' } });
    w.run(set('User', anchor(1), { city: 'Rome' }));
    assert.equal(w.object(id).graph.jobTitle, 'written in the cloud');
  });
  it('answers carry type, operation and both anchors', () => {
    const { result } = world().plan(addUser(1, user));
    assert.deepEqual(result, {
      resultCode: 'Success',
      operation: 'Add',
      objectType: 'User',
      sourceAnchor: anchor(1),
      cloudAnchor: 'User_00000000-0000-4000-8000-000000000001',
      match: 'created',
    });
  });
  it('a refusal of an existing object still names it; one by somebody else does not', () => {
    const w = world([cloudUser('c1', 'x@contoso.com', { immutableId: anchor(9), onPremisesSyncEnabled: true })]);
    w.run(addUser(1, user));
    assert.ok(w.plan(set('User', anchor(1), { alias: '@' })).result.cloudAnchor);
    assert.equal(
      w.plan(set('User', anchor(2), { title: 'x' }, { cloudAnchor: 'User_c1' })).result.cloudAnchor,
      undefined,
    );
  });
  it('the same again changes nothing', () => {
    const w = world();
    w.run(addUser(1, user));
    assert.equal(isUnchanged(w.plan(addUser(1, user)).changes), true);
  });
});

describe('addresses of users of the cloud', () => {
  it('mail written through Graph becomes the primary, the old one a secondary (entra-directory s.5.2)', () => {
    assert.deepEqual(withPrimaryAddress(['SMTP:a@contoso.com', 'smtp:b@contoso.com'], 'b@contoso.com'), [
      'SMTP:b@contoso.com',
      'smtp:a@contoso.com',
    ]);
  });
  it('recalculation leaves objects alone that no directory masters', () => {
    const w = world([cloudUser('c1', 'u@contoso.com', { licence: 'exchange' })]);
    assert.equal(planRecalculation(w.object('c1'), 'licence', w.index, w.settings, w.context), undefined);
  });
});
