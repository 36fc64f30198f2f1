import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { softMatchKeys } from './matching.ts';
import type { CloudObject } from './objects.ts';
import {
  add,
  addUser,
  anchor,
  cloudObject,
  cloudUser,
  featuresOf,
  remove,
  set,
  settingsWith,
  sid,
  world,
} from './test-world.ts';

const bob = { userPrincipalName: 'bob@contoso.com', proxyAddresses: ['SMTP:bob@contoso.com'] };
const withAddresses = (...proxyAddresses: string[]) => ({ graph: { proxyAddresses } });
const rules = (outcome: { trace: readonly { rule: string; outcome: string }[] }) =>
  outcome.trace.map((step) => `${step.rule}: ${step.outcome}`);

describe('order of evaluation (entra-directory s.1.2)', () => {
  it('step 0: synchronization of the tenant is off', () => {
    const w = world();
    w.run(addUser(1, bob));
    w.settings = { ...w.settings, dirSyncEnabled: false };
    for (const operation of [addUser(2, bob), set('User', anchor(1), { title: 'x' }), remove('User', anchor(1))]) {
      assert.equal(w.plan(operation).result.errorCode, 'DirSyncNotEnabled', operation.operation);
    }
  });

  it('step 1: an object that is linked already is updated, also where hard match is blocked', () => {
    const w = world([], featuresOf({ blockCloudObjectTakeoverThroughHardMatchEnabled: true }));
    const first = w.run(addUser(1, bob));
    const again = w.run(addUser(1, { ...bob, title: 'Baker' }));
    assert.equal(again.decision, 'update');
    assert.equal(again.result.match, 'existing');
    assert.equal(again.id, first.id);
    assert.equal(w.object(first.id).graph.jobTitle, 'Baker');
  });

  it('step 2: hard match takes over a user of the cloud whose immutableId was set before', () => {
    const w = world([cloudUser('c1', 'other@contoso.com', { immutableId: anchor(1) })]);
    const outcome = w.run(addUser(1, bob));
    assert.equal(outcome.decision, 'takeover');
    assert.equal(outcome.result.match, 'hard');
    assert.equal(outcome.id, 'c1');
  });

  it('step 2 compares anchors letter by letter (s.1.6)', () => {
    const w = world([cloudUser('c1', 'other@contoso.com', { immutableId: anchor(1).toLowerCase() })]);
    assert.equal(w.plan(addUser(1, bob)).decision, 'create');
  });

  it('step 2.1: the anchor belongs to an object of another class', () => {
    const group = cloudObject('g1', 'group', {}, { immutableId: anchor(1), onPremisesSyncEnabled: true });
    const outcome = world([group]).plan(addUser(1, bob));
    assert.equal(outcome.result.errorCode, 'ObjectTypeMismatch');
    assert.equal(outcome.result.errorDetails?.ObjectIdInConflict, 'g1');
  });

  it('step 2.2: the tenant blocks take-over through hard match', () => {
    const user = cloudUser('c1', 'other@contoso.com', { immutableId: anchor(1) });
    const outcome = world([user], featuresOf({ blockCloudObjectTakeoverThroughHardMatchEnabled: true })).plan(
      addUser(1, bob),
    );
    assert.equal(outcome.result.errorCode, 'InvalidHardMatch');
    assert.match(outcome.result.errorDescription ?? '', /blockCloudObjectTakeoverThroughHardMatchEnabled/);
  });

  it('step 2.3: the candidate holds or is eligible for a privileged role (2026)', () => {
    const user = cloudUser('c1', 'other@contoso.com', { immutableId: anchor(1) });
    const roles = { adminRoles: { c1: ['User Administrator'] } };
    assert.equal(world([user], {}, roles).plan(addUser(1, bob)).result.errorCode, 'InvalidHardMatch');
    assert.equal(world([user], { hardMatchProtection: false }, roles).plan(addUser(1, bob)).decision, 'takeover');
  });

  it('step 2.4: onPremisesObjectIdentifier is set to another value (2026)', () => {
    const user = cloudUser('c1', 'other@contoso.com', {
      immutableId: anchor(1),
      objectIdentifier: '99999999-9999-9999-9999-999999999999',
    });
    const refused = world([user]).plan(addUser(1, bob));
    assert.equal(refused.result.errorCode, 'AttributeUpdateNotAllowed');
    const allowed = featuresOf({ allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled: true });
    assert.equal(world([user], allowed).plan(addUser(1, bob)).decision, 'takeover');
    assert.equal(world([{ ...user, objectIdentifier: undefined }]).plan(addUser(1, bob)).decision, 'takeover');
  });

  it('steps 2.3 and 2.4 do not concern objects that are linked and go on', () => {
    const w = world([], {}, { adminRoles: { '00000000-0000-4000-8000-000000000001': ['Global Administrator'] } });
    const { id } = w.run(addUser(1, bob));
    assert.deepEqual(w.index.adminRoles(id ?? ''), ['Global Administrator']);
    const w2 = w.plan(addUser(1, { ...bob, onPremisesObjectIdentifier: '99999999-9999-9999-9999-999999999999' }));
    assert.equal(w2.decision, 'update');
  });

  it('steps 2.3 and 2.4 do not concern users whose mastery went to the cloud, with writeback', () => {
    const user = cloudUser('c1', 'bob@contoso.com', {
      immutableId: anchor(1),
      onPremisesSyncEnabled: true,
      cloudManaged: true,
      objectIdentifier: '99999999-9999-9999-9999-999999999999',
    });
    const outcome = world([user], {}, { adminRoles: { c1: ['User Administrator'] } }).plan(addUser(1, bob));
    assert.equal(outcome.decision, 'ignore');
    assert.equal(outcome.result.errorCode, undefined);
    const released = world(
      [{ ...user, onPremisesSyncEnabled: false }],
      {},
      { adminRoles: { c1: ['User Administrator'] } },
    );
    assert.equal(released.plan(addUser(1, bob)).decision, 'ignore');
  });

  it('step 2.5: a user in the recycle bin is restored and taken over', () => {
    const binned: CloudObject = {
      ...cloudUser('c1', 'x@contoso.com'),
      immutableId: anchor(1),
      deleted: true,
      onPremisesSyncEnabled: false,
    };
    const w = world([binned]);
    const outcome = w.run(addUser(1, bob));
    assert.equal(outcome.decision, 'takeover');
    assert.equal(outcome.changes.deleted, false);
    assert.equal(w.object('c1').onPremisesSyncEnabled, true);
    assert.ok(rules(outcome).includes('1.2 step 2.5: yes'));
  });

  it('out of scope and back needs a hard match, so the block breaks it too (notes)', () => {
    const w = world();
    const { result } = w.run(addUser(1, bob));
    w.run({
      operation: 'Delete',
      objectType: 'User',
      sourceAnchor: anchor(1),
      properties: {},
      cloudAnchor: result.cloudAnchor ?? '',
    });
    w.settings = world([], featuresOf({ blockCloudObjectTakeoverThroughHardMatchEnabled: true })).settings;
    assert.equal(w.plan(addUser(1, bob)).result.errorCode, 'InvalidHardMatch');
  });

  it('step 3: soft match is skipped where the tenant blocks it; the values are set aside', () => {
    const w = world(
      [cloudUser('c1', 'bob@contoso.com', withAddresses('SMTP:bob@contoso.com'))],
      featuresOf({ blockSoftMatchEnabled: true }),
    );
    const outcome = w.plan(addUser(1, bob));
    assert.equal(outcome.decision, 'create');
    assert.deepEqual(
      outcome.quarantined.map((q) => q.property),
      ['UserPrincipalName', 'ProxyAddresses'],
    );
  });

  it('step 3.1: primary address, only the incoming one in upper case', () => {
    const user = cloudUser('c1', 'robert@contoso.com', withAddresses('SMTP:bob@contoso.com'));
    assert.equal(world([user]).plan(addUser(1, bob)).result.match, 'soft');
    const secondary = { userPrincipalName: 'bob2@contoso.com', proxyAddresses: ['smtp:bob@contoso.com'] };
    assert.equal(world([user]).plan(addUser(1, secondary)).decision, 'create');
  });

  it('step 3.1: which addresses of the candidate count is a setting', () => {
    const user = cloudUser('c1', 'robert@contoso.com', withAddresses('SMTP:rob@contoso.com', 'smtp:bob@contoso.com'));
    const other = { ...bob, userPrincipalName: 'bobby@contoso.com' };
    assert.equal(world([user]).plan(addUser(1, other)).result.match, 'soft');
    assert.equal(world([user], { softMatchAddress: 'primary' }).plan(addUser(1, other)).decision, 'create');
  });

  it('step 3.1 comes before 3.2', () => {
    const byMail = cloudUser('mail', 'x@contoso.com', withAddresses('SMTP:bob@contoso.com'));
    const byName = cloudUser('name', 'bob@contoso.com');
    assert.equal(world([byName, byMail]).plan(addUser(1, bob)).id, 'mail');
  });

  it('step 3.2: sign-in name, in any letter case, only with softMatchOnUpnEnabled', () => {
    const user = cloudUser('c1', 'BOB@contoso.com');
    assert.equal(world([user]).plan(addUser(1, bob)).result.match, 'soft');
    assert.equal(world([user], featuresOf({ softMatchOnUpnEnabled: false })).plan(addUser(1, bob)).decision, 'create');
  });

  it('step 3.2 works once for a user: whoever was matched is no candidate for another anchor', () => {
    const w = world([cloudUser('c1', 'bob@contoso.com')]);
    assert.equal(w.run(addUser(1, bob)).result.match, 'soft');
    const other = w.plan(addUser(2, { userPrincipalName: 'bob@contoso.com' }));
    assert.equal(other.decision, 'create');
    assert.deepEqual(
      other.quarantined.map((q) => [q.property, q.heldBy]),
      [['UserPrincipalName', 'c1']],
    );
  });

  it('step 3.3 a: the address belongs to a group or a contact', () => {
    for (const objectClass of ['group', 'contact'] as const) {
      const holder = cloudObject('h', objectClass, { proxyAddresses: ['SMTP:bob@contoso.com'] });
      const outcome = world([holder]).plan(addUser(1, bob));
      assert.equal(outcome.result.errorCode, 'ObjectTypeMismatch');
      assert.equal(outcome.error?.facts.conflictingClass, objectClass);
    }
  });

  it('step 3.3 b: the candidate has another anchor; classic tenants answer InvalidSoftMatch', () => {
    const user = cloudUser('c1', 'bob@contoso.com', { immutableId: anchor(9) });
    assert.equal(world([user], { resiliency: false }).plan(addUser(1, bob)).result.errorCode, 'InvalidSoftMatch');
    const outcome = world([user]).plan(addUser(1, { userPrincipalName: 'bob@contoso.com' }));
    assert.equal(outcome.decision, 'create');
    assert.ok(rules(outcome).includes('1.2 step 3.3 b: no'));
  });

  it('step 3.3 c: an administrator is never taken over; the copy is written and the conflict reported', () => {
    const admin = cloudUser('c1', 'bob@contoso.com', withAddresses('SMTP:bob@contoso.com'));
    const outcome = world([admin], {}, { adminRoles: { c1: ['Global Administrator'] } }).plan(addUser(1, bob));
    assert.equal(outcome.decision, 'create');
    assert.equal(outcome.result.resultCode, 'Success');
    assert.equal(outcome.result.errorCode, 'ExistingAdminRoleConflict');
    assert.match(outcome.result.errorDescription ?? '', /Global Administrator/);
    assert.equal(outcome.changes.graph.userPrincipalName, 'bob0001@contoso.onmicrosoft.com');
  });

  it('step 3.3 c in a tenant without resiliency refuses', () => {
    const admin = cloudUser('c1', 'bob@contoso.com');
    const w = world([admin], { resiliency: false }, { adminRoles: { c1: ['Global Administrator'] } });
    const outcome = w.plan(addUser(1, bob));
    assert.equal(outcome.decision, 'refuse');
    assert.equal(outcome.result.errorCode, 'ExistingAdminRoleConflict');
  });

  it('step 3.3 d: the anchor is stamped', () => {
    const w = world([cloudUser('c1', 'bob@contoso.com')]);
    w.run(addUser(1, bob));
    assert.equal(w.object('c1').immutableId, anchor(1));
    assert.equal(w.object('c1').onPremisesSyncEnabled, true);
  });

  it('step 5: a new object is synchronized and has its anchor', () => {
    const w = world();
    const { id, result } = w.run(addUser(1, bob));
    assert.equal(result.match, 'created');
    assert.equal(w.object(id).onPremisesSyncEnabled, true);
    assert.equal(w.object(id).immutableId, anchor(1));
    assert.equal(result.cloudAnchor, `User_${id}`);
  });

  it('a synced object is never merged with another one by a change (s.1.1)', () => {
    const w = world([cloudUser('c1', 'free@contoso.com', withAddresses('SMTP:free@contoso.com'))]);
    const { id } = w.run(addUser(1, bob));
    const outcome = w.run(
      set('User', anchor(1), { userPrincipalName: 'free@contoso.com' }, { cloudAnchor: `User_${id}` }),
    );
    assert.equal(outcome.decision, 'update');
    assert.equal(outcome.id, id);
    assert.deepEqual(outcome.quarantined, [{ property: 'UserPrincipalName', value: 'free@contoso.com', heldBy: 'c1' }]);
    const addresses = w.run(set('User', anchor(1), { proxyAddresses: ['SMTP:free@contoso.com'] }));
    assert.deepEqual([addresses.decision, addresses.id], ['update', id]);
    assert.ok(addresses.quarantined.some((q) => q.value === 'SMTP:free@contoso.com'));
    assert.deepEqual([w.object('c1').immutableId, w.object('c1').onPremisesSyncEnabled], [undefined, null]);
    // Where nothing is set aside, it is an error.
    w.settings = { ...w.settings, resiliency: false };
    const classic = w.plan(set('User', anchor(1), { proxyAddresses: ['SMTP:free@contoso.com'], title: 'x' }));
    assert.equal(classic.result.errorCode, undefined, 'unchanged values are not looked at again');
    const { result } = w.plan(
      set('User', anchor(1), { proxyAddresses: ['SMTP:free@contoso.com', 'smtp:b@contoso.com'] }),
    );
    assert.equal(result.errorCode, 'AttributeValueMustBeUnique');
  });
});

describe('same person, different anchor (entra-directory s.1.3)', () => {
  const existing = { ...bob, onPremiseSecurityIdentifier: sid(1000) };
  const second = (properties: object) => {
    const w = world();
    w.run(addUser(1, existing));
    return w.plan(addUser(2, { userPrincipalName: 'new@contoso.com', ...properties }));
  };

  it('same SID, same primary address: the SID is named', () => {
    const { result } = second({ proxyAddresses: ['SMTP:bob@contoso.com'], onPremiseSecurityIdentifier: sid(1000) });
    assert.equal(result.errorCode, 'AttributeValueMustBeUnique');
    assert.equal(result.errorDetails?.AttributeConflictName, 'OnPremiseSecurityIdentifier');
  });
  it('different SID, same primary address: the address is named', () => {
    const { result } = second({ proxyAddresses: ['SMTP:BOB@contoso.com'], onPremiseSecurityIdentifier: sid(1001) });
    assert.equal(result.errorCode, 'AttributeValueMustBeUnique');
    assert.equal(result.errorDetails?.AttributeConflictName, 'ProxyAddresses');
    assert.equal(result.errorDetails?.AttributeConflictValues, 'SMTP:BOB@contoso.com');
  });
  it('same SID only: the SID is named, no soft match is tried', () => {
    const outcome = second({ onPremiseSecurityIdentifier: sid(1000) });
    assert.equal(outcome.result.errorDetails?.AttributeConflictName, 'OnPremiseSecurityIdentifier');
    assert.ok(!rules(outcome).includes('1.2 step 3.3 b: no'));
  });
  it('same sign-in name or secondary address only: created, the value set aside', () => {
    const byName = second({ userPrincipalName: 'bob@contoso.com' });
    assert.equal(byName.decision, 'create');
    assert.deepEqual(
      byName.quarantined.map((q) => q.property),
      ['UserPrincipalName'],
    );
    const byAddress = second({ proxyAddresses: ['SMTP:new@contoso.com', 'smtp:bob@contoso.com'] });
    assert.deepEqual(
      byAddress.quarantined.map((q) => q.value),
      ['smtp:bob@contoso.com'],
    );
    assert.deepEqual(byAddress.changes.graph.proxyAddresses, ['SMTP:new@contoso.com']);
    // The primary address of the new one is another address of the one that exists.
    const w = world();
    w.run(addUser(1, { ...existing, proxyAddresses: ['SMTP:bob@contoso.com', 'smtp:rob@contoso.com'] }));
    const other = { userPrincipalName: 'new@contoso.com', proxyAddresses: ['SMTP:rob@contoso.com'] };
    assert.deepEqual(
      w.plan(addUser(2, other)).quarantined.map((q) => q.value),
      ['SMTP:rob@contoso.com'],
    );
  });
  it('same primary address may be set aside by setting instead (s.9, third row)', () => {
    const w = world([], { samePrimaryOnAdd: 'quarantine' });
    w.run(addUser(1, existing));
    const outcome = w.plan(
      addUser(2, { userPrincipalName: 'new@contoso.com', proxyAddresses: ['SMTP:bob@contoso.com'] }),
    );
    assert.deepEqual(
      outcome.quarantined.map((q) => q.value),
      ['SMTP:bob@contoso.com'],
    );
  });
  it('the way out: with the anchor of the existing user written back, the incoming one is that user', () => {
    const w = world();
    const { id } = w.run(addUser(1, existing));
    const refused = w.plan(addUser(2, { ...existing, title: 'Cook' }));
    assert.equal(refused.result.errorCode, 'AttributeValueMustBeUnique');
    const repaired = w.run(addUser(1, { ...existing, title: 'Cook' }));
    assert.deepEqual([repaired.id, repaired.result.match], [id, 'existing']);
    assert.equal(w.object(id).graph.jobTitle, 'Cook');
  });
  it('without resiliency: InvalidSoftMatch on add, AttributeValueMustBeUnique on update', () => {
    const w = world([], { resiliency: false });
    w.run(addUser(1, existing));
    assert.equal(w.plan(addUser(2, bob)).result.errorCode, 'InvalidSoftMatch');
    const secondary = {
      userPrincipalName: 'new@contoso.com',
      proxyAddresses: ['SMTP:new@contoso.com', 'smtp:bob@contoso.com'],
    };
    assert.equal(w.plan(addUser(2, secondary)).result.errorCode, 'InvalidSoftMatch');
    w.run(addUser(2, { userPrincipalName: 'new@contoso.com' }));
    assert.equal(
      w.plan(set('User', anchor(2), { userPrincipalName: 'bob@contoso.com' })).result.errorCode,
      'AttributeValueMustBeUnique',
    );
  });
});

describe('per object class (entra-directory s.1.5)', () => {
  const list = { displayName: 'Sales', proxyAddresses: ['SMTP:sales@contoso.com'] };

  it('a mail-enabled group and a contact match by address, not by anchor', () => {
    for (const [type, objectClass] of [
      ['Group', 'group'],
      ['Contact', 'contact'],
    ] as const) {
      const holder = cloudObject('h', objectClass, { proxyAddresses: ['SMTP:sales@contoso.com'] });
      assert.equal(world([holder]).plan(add(type, anchor(1), list)).result.match, 'soft');
      const byAnchor = cloudObject('a', objectClass, {}, { immutableId: anchor(1) });
      assert.equal(world([byAnchor]).plan(add(type, anchor(1), list)).decision, 'create');
    }
  });
  it('a group matches by another of its addresses too, where the cloud group is free', () => {
    const holder = cloudObject('h', 'group', { proxyAddresses: ['SMTP:s@contoso.com', 'smtp:team@contoso.com'] });
    const outcome = world([holder]).plan(
      add('Group', anchor(1), { ...list, proxyAddresses: ['SMTP:sales@contoso.com', 'smtp:team@contoso.com'] }),
    );
    assert.equal(outcome.id, 'h');
  });
  it('sign-in names match users only; devices match nothing by mail data', () => {
    const sent = { userPrincipalName: 'bob@contoso.com', proxyAddresses: ['SMTP:bob@contoso.com'] };
    const keys = (objectClass: Parameters<typeof softMatchKeys>[0]) => softMatchKeys(objectClass, sent, settingsWith());
    assert.equal(keys('user').userPrincipalName, 'bob@contoso.com');
    for (const objectClass of ['group', 'contact', 'device'] as const) {
      assert.equal(keys(objectClass).userPrincipalName, undefined, objectClass);
    }
    assert.deepEqual([keys('contact').address, keys('device').address], ['SMTP:bob@contoso.com', undefined]);
  });
  it('a security group without mail matches nothing; equal names are legal', () => {
    const holder = cloudObject('h', 'group', { displayName: 'Admins' });
    assert.equal(world([holder]).plan(add('Group', anchor(1), { displayName: 'Admins' })).decision, 'create');
  });
  it('a group that was synchronized once is linked again by its anchor (s.0)', () => {
    const group = cloudObject('g', 'group', {}, { immutableId: anchor(1), onPremisesSyncEnabled: false });
    assert.equal(world([group]).plan(add('Group', anchor(1), { displayName: 'Sales' })).result.match, 'hard');
  });
  it('a device matches by its device id, which is in its anchor, and never softly', () => {
    const device = cloudObject('d', 'device', { deviceId: '01010101-0101-0101-0101-010101010101' });
    assert.equal(world([device]).plan(add('Device', anchor(1), {})).result.match, 'hard');
    assert.equal(world([device]).plan(add('Device', anchor(2), {})).decision, 'create');
  });
});
