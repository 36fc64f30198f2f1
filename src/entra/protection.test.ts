import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exceedsDeletionThreshold, refuseCredential, takeoverEffects } from './protection.ts';
import { add, addUser, anchor, cloudObject, cloudUser, remove, set, sid, sidTextOf, world } from './test-world.ts';

const synced = { immutableId: anchor(1), onPremisesSyncEnabled: true };

describe('deletes through the sync plane (entra-directory s.1.7)', () => {
  it('a cloud-only and a restored object are not deleted: error type 114', () => {
    const cloudOnly = cloudUser('c1', 'a@contoso.com', { immutableId: anchor(1) });
    for (const object of [cloudOnly, { ...cloudOnly, onPremisesSyncEnabled: false }]) {
      const { result, decision } = world([object]).plan(remove('User', anchor(1), 'User_c1'));
      assert.equal(decision, 'refuse');
      assert.equal(result.errorCode, 'DeletingCloudOnlyObjectNotAllowed');
      assert.match(result.errorDescription ?? '', /Delete, is not valid.*Tracking Id: /);
    }
  });
  it('a synced user goes to the recycle bin and is no longer mastered; the anchor stays', () => {
    const w = world([cloudUser('c1', 'a@contoso.com', synced)]);
    const outcome = w.run(remove('User', anchor(1)));
    assert.equal(outcome.deletion, 'soft');
    assert.equal(w.object('c1').deleted, true);
    assert.equal(w.object('c1').onPremisesSyncEnabled, false);
    assert.equal(w.object('c1').immutableId, anchor(1));
  });
  it('a synced group, contact or device is gone for good; a Microsoft 365 group has a recycle bin', () => {
    for (const [type, objectClass] of [
      ['Group', 'group'],
      ['Contact', 'contact'],
      ['Device', 'device'],
    ] as const) {
      assert.equal(world([cloudObject('o', objectClass, {}, synced)]).plan(remove(type, anchor(1))).deletion, 'hard');
    }
    assert.equal(
      world([cloudObject('o', 'group', { groupTypes: ['Unified'] }, synced)]).plan(remove('Group', anchor(1))).deletion,
      'soft',
    );
  });
  it('what is gone already is deleted with success and nothing to do', () => {
    const w = world([cloudUser('c1', 'a@contoso.com', synced)]);
    w.run(remove('User', anchor(1), 'User_c1'));
    for (const operation of [remove('User', anchor(1), 'User_c1'), remove('User', anchor(5))]) {
      const outcome = w.plan(operation);
      assert.equal(outcome.decision, 'ignore');
      assert.equal(outcome.result.resultCode, 'Success');
    }
  });
  it('the cloud anchor of another class does not find the object', () => {
    const w = world([cloudObject('g1', 'group', {}, synced)]);
    assert.equal(w.plan(remove('User', anchor(1), 'Group_g1')).decision, 'ignore');
    assert.equal(w.plan(remove('User', anchor(1), 'User_g1')).decision, 'ignore');
  });
  it('too many deletes in one export: more than the number or the share', () => {
    assert.equal(exceedsDeletionThreshold(500, 1000, 'enabledForCount', 500), false);
    assert.equal(exceedsDeletionThreshold(501, 1000, 'enabledForCount', 500), true);
    assert.equal(exceedsDeletionThreshold(100, 1000, 'enabledForPercentage', 10), false);
    assert.equal(exceedsDeletionThreshold(101, 1000, 'enabledForPercentage', 10), true);
    assert.equal(exceedsDeletionThreshold(9999, 9999, 'disabled', 1), false);
    assert.equal(exceedsDeletionThreshold(9999, 9999, 'enabledForCount', 0), false);
  });
});

describe('password hashes (entra-directory s.1.7, 3.1)', () => {
  const on = { passwordSyncEnabled: true };
  const user = cloudUser('c1', 'a@contoso.com', synced);
  it('are taken for synced users only', () => {
    assert.equal(refuseCredential(user, anchor(1), on), undefined);
    assert.equal(
      refuseCredential({ ...user, onPremisesSyncEnabled: null }, anchor(1), on)?.code,
      'PasswordAccessViolation',
    );
    assert.equal(
      refuseCredential({ ...user, onPremisesSyncEnabled: false }, anchor(1), on)?.code,
      'PasswordAccessViolation',
    );
    assert.equal(refuseCredential({ ...user, cloudManaged: true }, anchor(1), on)?.code, 'PasswordAccessViolation');
    const group = cloudObject('g', 'group', {}, synced);
    assert.equal(refuseCredential(group, anchor(1), on)?.code, 'PasswordAccessViolation', 'of users only');
    assert.equal(refuseCredential({ ...user, deleted: true }, anchor(1), on)?.code, 'ObjectNotFound');
    assert.equal(refuseCredential(undefined, anchor(1), on)?.code, 'ObjectNotFound');
  });
  it('are refused while the feature is off (code 90)', () => {
    assert.equal(refuseCredential(user, anchor(1), {})?.code, 'PasswordSyncNotActivated');
  });
});

describe('objects whose mastery was given to the cloud (entra-directory s.1.7)', () => {
  const converted = cloudUser('c1', 'a@contoso.com', { ...synced, cloudManaged: true });
  it('updates of the directory are ignored', () => {
    for (const operation of [
      addUser(1, { userPrincipalName: 'b@contoso.com' }),
      set('User', anchor(1), { title: 'x' }),
    ]) {
      const outcome = world([converted]).plan(operation);
      assert.equal(outcome.decision, 'ignore');
      assert.equal(outcome.result.resultCode, 'Success');
    }
  });
  it('they are not deleted', () => {
    assert.equal(
      world([converted]).plan(remove('User', anchor(1))).result.errorCode,
      'DeletingCloudOnlyObjectNotAllowed',
    );
  });
  it('given back, the directory writes again', () => {
    assert.equal(
      world([{ ...converted, cloudManaged: false }]).plan(set('User', anchor(1), { title: 'x' })).changes.graph
        .jobTitle,
      'x',
    );
  });
});

describe('take-over (entra-directory s.1.4)', () => {
  const before = cloudUser('c1', 'bob@contoso.com', {
    licence: 'other',
    graph: {
      jobTitle: 'Cook',
      city: 'Rome',
      mail: 'bob@contoso.com',
      proxyAddresses: ['SMTP:bob@contoso.com', 'smtp:bob@contoso.onmicrosoft.com'],
    },
  });
  const sent = {
    userPrincipalName: 'bob@contoso.com',
    title: 'Baker',
    onPremiseSecurityIdentifier: sid(1000),
    onPremisesSamAccountName: 'bob',
    dnsDomainName: 'corp.contoso.com',
    onPremisesDistinguishedName: 'CN=Bob,OU=Staff,DC=corp,DC=contoso,DC=com',
    onPremisesUserPrincipalName: 'bob@corp.contoso.com',
  };

  it('stamps the anchor and who the object is on-premises', () => {
    const w = world([before]);
    w.run(addUser(1, sent));
    const after = w.object('c1');
    assert.equal(after.onPremisesSyncEnabled, true);
    assert.equal(after.immutableId, anchor(1));
    assert.equal(after.objectIdentifier, '01010101-0101-0101-0101-010101010101');
    assert.equal(after.graph.onPremisesSecurityIdentifier, sidTextOf(1000));
    assert.equal(after.graph.onPremisesSamAccountName, 'bob');
    assert.equal(after.graph.onPremisesDomainName, 'corp.contoso.com');
    assert.equal(after.graph.onPremisesDistinguishedName, sent.onPremisesDistinguishedName);
    assert.equal(after.graph.onPremisesUserPrincipalName, 'bob@corp.contoso.com');
  });
  it('overwrites what the directory has a value for and keeps the rest, addresses too', () => {
    const w = world([before]);
    w.run(addUser(1, sent));
    const { jobTitle, city, mail, proxyAddresses } = w.object('c1').graph;
    assert.deepEqual({ jobTitle, city, mail }, { jobTitle: 'Baker', city: 'Rome', mail: 'bob@contoso.com' });
    assert.deepEqual(proxyAddresses, before.graph.proxyAddresses);
    assert.equal(w.object('c1').licence, 'other');
  });
  it('addresses of the directory replace those of the cloud; the routing address stays', () => {
    const w = world([{ ...before, licence: 'exchange' }]);
    w.run(addUser(1, { ...sent, proxyAddresses: ['SMTP:bob@contoso.com', 'smtp:rob@contoso.com'] }));
    assert.deepEqual(w.object('c1').graph.proxyAddresses, [
      'SMTP:bob@contoso.com',
      'smtp:rob@contoso.com',
      'smtp:bob@contoso.onmicrosoft.com',
    ]);
  });
  it('a user who was synchronized before gets every value of the directory again, whatever Graph wrote meanwhile', () => {
    const restored = cloudUser('c1', 'bob@contoso.com', {
      immutableId: anchor(1),
      onPremisesSyncEnabled: false,
      shadow: { displayName: 'Somebody', userPrincipalName: 'bob@contoso.com', title: 'Baker' },
      graph: { jobTitle: 'Changed in the cloud' },
    });
    const w = world([restored]);
    w.run(addUser(1, { userPrincipalName: 'bob@contoso.com', title: 'Baker' }));
    assert.equal(w.object('c1').graph.jobTitle, 'Baker');
  });
  it('mail of the directory replaces the addresses of the cloud too; those an earlier directory sent do not stay', () => {
    const mail = { ...sent, mail: 'robert@contoso.com', userPrincipalName: 'bob@contoso.com' };
    const w = world([before]);
    w.run(addUser(1, mail));
    assert.equal(w.object('c1').graph.mail, 'robert@contoso.com');
    const once = world([{ ...before, immutableId: anchor(1), onPremisesSyncEnabled: false }]);
    once.run(addUser(1, sent));
    assert.equal(once.object('c1').immutableId, anchor(1));
    assert.ok(!((once.object('c1').graph.proxyAddresses ?? []) as string[]).includes('SMTP:bob@contoso.com'));
  });
  it('says beforehand what is overwritten and what only the cloud has', () => {
    const outcome = world([before]).plan(addUser(1, sent));
    const effects = takeoverEffects(before, outcome.changes.graph);
    assert.ok(effects.overwritten.some((o) => o.property === 'jobTitle' && o.from === 'Cook' && o.to === 'Baker'));
    assert.deepEqual(effects.kept, ['city']);
  });
  it('a cleared object identifier is stamped afresh by the next synchronization (s.1.6)', () => {
    const w = world();
    const { id } = w.run(addUser(1, sent));
    w.change(id, { objectIdentifier: undefined });
    w.run(set('User', anchor(1), { title: 'x' }));
    assert.equal(w.object(id).objectIdentifier, '01010101-0101-0101-0101-010101010101');
  });
  it('a group keeps nothing of the directory it came from before', () => {
    const group = cloudObject(
      'g',
      'group',
      { description: 'old' },
      { immutableId: anchor(1), onPremisesSyncEnabled: false, shadow: { displayName: 'g', description: 'old' } },
    );
    const w = world([group]);
    w.run(add('Group', anchor(1), { displayName: 'new' }));
    assert.equal(w.object('g').graph.description, undefined);
    assert.deepEqual(w.object('g').shadow, { displayName: 'new' });
  });
});
