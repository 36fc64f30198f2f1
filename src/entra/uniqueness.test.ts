import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { overlayIndex } from './overlay.ts';
import { planProvision } from './provision.ts';
import { planRecalculation } from './recalculation.ts';
import { add, addUser, anchor, cloudObject, cloudUser, remove, set, sid, sidTextOf, world } from './test-world.ts';

const owner = cloudUser('owner', 'bob@contoso.com', {
  immutableId: anchor(9),
  onPremisesSyncEnabled: true,
  graph: { proxyAddresses: ['SMTP:bob@contoso.com', 'sip:bob@contoso.com', 'X500:/o=c/cn=bob'] },
});
const quarantined = (outcome: { quarantined: readonly { property: string; value: string }[] }) =>
  outcome.quarantined.map((q) => `${q.property} ${q.value}`);

describe('what exists only once (entra-directory s.2.1)', () => {
  it('userPrincipalName: across users, in any letter case', () => {
    const outcome = world([owner]).plan(addUser(1, { userPrincipalName: 'BOB@Contoso.com' }));
    assert.deepEqual(quarantined(outcome), ['UserPrincipalName BOB@Contoso.com']);
  });
  it('userPrincipalName: against addresses of others too, by setting', () => {
    const group = cloudObject('g', 'group', { proxyAddresses: ['smtp:list@contoso.com'] });
    const operation = addUser(1, { userPrincipalName: 'list@contoso.com' });
    assert.deepEqual(quarantined(world([group]).plan(operation)), ['UserPrincipalName list@contoso.com']);
    assert.deepEqual(quarantined(world([group], { upnAgainstAddresses: false }).plan(operation)), []);
  });
  it('proxyAddresses: users, groups and contacts together, whatever the letter case of the prefix', () => {
    for (const objectClass of ['group', 'contact'] as const) {
      const holder = cloudObject('h', objectClass, { proxyAddresses: ['SMTP:bob@contoso.com'] });
      const operation = addUser(1, {
        userPrincipalName: 'new@contoso.com',
        proxyAddresses: ['SMTP:new@contoso.com', 'smtp:BOB@contoso.com'],
      });
      assert.deepEqual(quarantined(world([holder]).plan(operation)), ['ProxyAddresses smtp:BOB@contoso.com']);
    }
    const group = add('Group', anchor(1), { proxyAddresses: ['SMTP:g@contoso.com', 'smtp:bob@contoso.com'] });
    assert.deepEqual(quarantined(world([owner]).plan(group)), ['ProxyAddresses smtp:bob@contoso.com']);
    const contact = add('Contact', anchor(1), { proxyAddresses: ['SMTP:c@contoso.com', 'smtp:bob@contoso.com'] });
    assert.deepEqual(quarantined(world([owner]).plan(contact)), ['ProxyAddresses smtp:bob@contoso.com']);
  });
  it('proxyAddresses: an address that is the sign-in name of another user', () => {
    const user = cloudUser('u', 'jane@contoso.com');
    const operation = addUser(1, {
      userPrincipalName: 'new@contoso.com',
      proxyAddresses: ['SMTP:new@contoso.com', 'smtp:jane@contoso.com'],
    });
    assert.deepEqual(quarantined(world([user]).plan(operation)), ['ProxyAddresses smtp:jane@contoso.com']);
  });
  it('SIP is a full error and has its own name', () => {
    const { result } = world([owner]).plan(
      addUser(1, {
        userPrincipalName: 'new@contoso.com',
        proxyAddresses: ['SMTP:new@contoso.com', 'SIP:bob@contoso.com'],
      }),
    );
    assert.equal(result.errorCode, 'AttributeValueMustBeUnique');
    assert.equal(result.errorDetails?.AttributeConflictName, 'SipProxyAddress');
  });
  it('X500 is a full error', () => {
    const { result } = world([owner]).plan(
      addUser(1, { userPrincipalName: 'new@contoso.com', proxyAddresses: ['x500:/o=c/cn=bob'] }),
    );
    assert.equal(result.errorDetails?.AttributeConflictName, 'ProxyAddresses');
  });
  it('mail is enforced through the SMTP value', () => {
    const w = world();
    w.run(addUser(1, { userPrincipalName: 'a@contoso.com', mail: 'same@contoso.com' }));
    const outcome = w.plan(add('Contact', anchor(2), { mail: 'same@contoso.com' }));
    assert.deepEqual(quarantined(outcome), ['ProxyAddresses SMTP:same@contoso.com']);
    assert.equal(outcome.changes.graph.mail, undefined);
  });
  it('SID: across all synced principals, never set aside, on add and on update', () => {
    const group = cloudObject(
      'g',
      'group',
      { onPremisesSecurityIdentifier: sidTextOf(1000) },
      { onPremisesSyncEnabled: true },
    );
    const w = world([group]);
    const outcome = w.plan(addUser(1, { userPrincipalName: 'a@contoso.com', onPremiseSecurityIdentifier: sid(1000) }));
    assert.equal(outcome.result.errorDetails?.AttributeConflictName, 'OnPremiseSecurityIdentifier');
    w.run(addUser(1, { userPrincipalName: 'a@contoso.com' }));
    assert.equal(
      w.plan(set('User', anchor(1), { onPremiseSecurityIdentifier: sid(1000) })).result.errorCode,
      'AttributeValueMustBeUnique',
    );
  });
  it('device id: across devices', () => {
    const device = cloudObject(
      'd',
      'device',
      { deviceId: '01010101-0101-0101-0101-010101010101' },
      { immutableId: anchor(9) },
    );
    const { result } = world([device]).plan(add('Device', anchor(1), { deviceId: { base64: anchor(1) } }));
    assert.equal(result.errorDetails?.AttributeConflictName, 'DeviceId');
  });
  it('mailNickname, displayName and employeeId may repeat', () => {
    const w = world();
    for (const n of [1, 2]) {
      const same = { userPrincipalName: `u${n}@contoso.com`, alias: 'same', employeeId: '7' };
      assert.equal(w.run(addUser(n, same)).result.errorCode, undefined);
    }
  });
  it('objects in the recycle bin hold nothing back (s.5.5)', () => {
    const w = world([{ ...owner, deleted: true, onPremisesSyncEnabled: false }]);
    assert.deepEqual(
      quarantined(
        w.plan(addUser(1, { userPrincipalName: 'bob@contoso.com', proxyAddresses: ['SMTP:bob@contoso.com'] })),
      ),
      [],
    );
  });
  it('an object does not collide with itself', () => {
    const w = world();
    w.run(
      addUser(1, {
        userPrincipalName: 'a@contoso.com',
        proxyAddresses: ['SMTP:a@contoso.com'],
        onPremiseSecurityIdentifier: sid(1),
      }),
    );
    const outcome = w.plan(
      addUser(1, {
        userPrincipalName: 'A@contoso.com',
        proxyAddresses: ['smtp:a@contoso.com', 'SMTP:b@contoso.com'],
        onPremiseSecurityIdentifier: sid(1),
      }),
    );
    assert.deepEqual(quarantined(outcome), []);
  });
});

describe('duplicate attribute resiliency (entra-directory s.2.3)', () => {
  const clash = {
    userPrincipalName: 'bob@contoso.com',
    proxyAddresses: ['SMTP:new@contoso.com', 'smtp:bob@contoso.com'],
  };

  it('writes a placeholder name and leaves the address out; the answer is success', () => {
    const w = world([owner]);
    const { id, result } = w.run(addUser(1, clash));
    assert.equal(result.resultCode, 'Success');
    assert.equal(w.object(id).graph.userPrincipalName, 'bob0001@contoso.onmicrosoft.com');
    assert.deepEqual(w.object(id).graph.proxyAddresses, ['SMTP:new@contoso.com']);
    assert.equal(w.object(id).shadow.userPrincipalName, 'bob@contoso.com');
  });
  it('records each withheld value with its date', () => {
    const w = world([owner]);
    const { id } = w.run(addUser(1, clash));
    const record = { category: 'PropertyConflict', occurredDateTime: '2026-08-01T10:00:00Z' };
    assert.deepEqual(w.object(id).graph.onPremisesProvisioningErrors, [
      { ...record, propertyCausingError: 'UserPrincipalName', value: 'bob@contoso.com' },
      { ...record, propertyCausingError: 'ProxyAddresses', value: 'smtp:bob@contoso.com' },
    ]);
  });
  it('takes the next digits when a placeholder is taken too', () => {
    const w = world([owner, cloudUser('p', 'bob0001@contoso.onmicrosoft.com')]);
    assert.equal(w.plan(addUser(1, clash)).changes.graph.userPrincipalName, 'bob0002@contoso.onmicrosoft.com');
  });
  it('a placeholder of a long name is no longer than a name may be', () => {
    const long = `${'a'.repeat(64)}@contoso.com`;
    const { changes } = world([cloudUser('u', long, { immutableId: anchor(9) })]).plan(
      addUser(1, { userPrincipalName: long }),
    );
    assert.equal(changes.graph.userPrincipalName, `${'a'.repeat(60)}0001@contoso.onmicrosoft.com`);
  });
  it('a primary address that is withheld leaves the routing address as primary', () => {
    const contact = cloudUser('c', 'c@contoso.com', {
      graph: { proxyAddresses: ['smtp:main@contoso.com'] },
      immutableId: anchor(8),
    });
    const outcome = world([contact]).plan(
      addUser(1, {
        userPrincipalName: 'n@contoso.com',
        proxyAddresses: ['SMTP:main@contoso.com', 'smtp:n@contoso.com'],
      }),
    );
    assert.deepEqual(quarantined(outcome), ['ProxyAddresses SMTP:main@contoso.com']);
    assert.equal(outcome.changes.graph.mail, 'main@contoso.onmicrosoft.com');
  });
  it('heals when the holder lets go: name restored, address added, records gone', () => {
    const w = world([owner]);
    const { id } = w.run(addUser(1, clash));
    assert.equal(planRecalculation(w.object(id), 'healing', w.index, w.settings, w.context), undefined);
    w.index.remove('owner');
    const healing = planRecalculation(w.object(id), 'healing', w.index, w.settings, w.context);
    assert.equal(healing?.changes.graph.userPrincipalName, 'bob@contoso.com');
    assert.deepEqual(healing?.changes.graph.proxyAddresses, ['SMTP:new@contoso.com', 'smtp:bob@contoso.com']);
    assert.deepEqual(healing?.changes.graph.onPremisesProvisioningErrors, []);
    assert.equal(healing?.healed.length, 2);
  });
  it('heals part by part', () => {
    const w = world([
      cloudUser('u', 'bob@contoso.com', { immutableId: anchor(8) }),
      cloudObject('g', 'group', { proxyAddresses: ['smtp:team@contoso.com'] }),
    ]);
    const { id } = w.run(
      addUser(1, {
        userPrincipalName: 'bob@contoso.com',
        proxyAddresses: ['SMTP:new@contoso.com', 'smtp:team@contoso.com'],
      }),
    );
    w.index.remove('g');
    const healing = planRecalculation(w.object(id), 'healing', w.index, w.settings, w.context);
    assert.deepEqual(
      healing?.healed.map((e) => e.value),
      ['smtp:team@contoso.com'],
    );
    assert.equal(healing?.changes.graph.userPrincipalName, undefined);
  });
  it('a withheld value holds nothing back itself: only its owner does', () => {
    const w = world([owner]);
    w.run(addUser(1, clash));
    const third = w.run(
      addUser(2, {
        userPrincipalName: 'third@contoso.com',
        proxyAddresses: ['SMTP:third@contoso.com', 'smtp:bob@contoso.com'],
      }),
    );
    assert.equal(third.quarantined[0]?.heldBy, 'owner');
  });
  it('the placeholder and the date stay while the conflict does, whatever else changes', () => {
    const w = world([owner]);
    const { id } = w.run(addUser(1, clash));
    w.context.now = '2026-09-01T00:00:00Z';
    w.run(set('User', anchor(1), { alias: 'other', title: 'x' }));
    assert.equal(w.object(id).graph.userPrincipalName, 'bob0001@contoso.onmicrosoft.com');
    const [first] = w.object(id).graph.onPremisesProvisioningErrors as { occurredDateTime: string }[];
    assert.equal(first?.occurredDateTime, '2026-08-01T10:00:00Z');
  });
  it('is not decided by the quarantineUpon… features (s.0)', () => {
    const w = world([owner]);
    w.settings = {
      ...w.settings,
      features: {
        ...w.settings.features,
        quarantineUponUpnConflictEnabled: false,
        quarantineUponProxyAddressesConflictEnabled: false,
      },
    };
    assert.equal(w.plan(addUser(1, clash)).result.resultCode, 'Success');
  });
  it('exception 1: name and address of a new user collide with the primary address of one group', () => {
    const group = cloudObject('g', 'group', { proxyAddresses: ['SMTP:joe@contoso.com'] });
    const { result } = world([group]).plan(
      addUser(1, { userPrincipalName: 'joe@contoso.com', proxyAddresses: ['smtp:joe@contoso.com'] }),
    );
    assert.equal(result.errorCode, 'AttributeValueMustBeUnique');
    assert.equal(result.errorDetails?.AttributeConflictName, 'ProxyAddresses');
    const secondary = cloudObject('g', 'group', { proxyAddresses: ['SMTP:x@contoso.com', 'smtp:joe@contoso.com'] });
    assert.equal(
      world([secondary]).plan(
        addUser(1, { userPrincipalName: 'joe@contoso.com', proxyAddresses: ['smtp:joe@contoso.com'] }),
      ).decision,
      'create',
    );
    const mixed = { userPrincipalName: 'joe@contoso.com', proxyAddresses: ['smtp:x@contoso.com'] };
    assert.equal(world([secondary]).plan(addUser(1, mixed)).decision, 'create', 'the name is not its primary address');
  });
  it('exception 2: the second of two new groups fails first and is set aside in the next batch', () => {
    const w = world();
    const overlay = overlayIndex(w.index);
    const group = (n: number) => add('Group', anchor(n), { proxyAddresses: ['SMTP:sales@contoso.com'] });
    const plan = (n: number) => planProvision(group(n), overlay, w.settings, w.context);
    overlay.apply(plan(1));
    const second = plan(2);
    assert.equal(second.result.errorCode, 'AttributeValueMustBeUnique');
    overlay.startBatch();
    assert.deepEqual(quarantined(plan(2)), ['ProxyAddresses SMTP:sales@contoso.com']);
  });
  it('exception 3: anchors are never set aside', () => {
    const { result } = world([
      cloudObject('g', 'group', {}, { immutableId: anchor(1), onPremisesSyncEnabled: true }),
    ]).plan(addUser(1, { userPrincipalName: 'a@contoso.com' }));
    assert.equal(result.resultCode, 'Failure');
  });
});

describe('conflicts inside of a batch (overlay)', () => {
  it('sees what the batch creates, changes and deletes', () => {
    const w = world([cloudUser('c1', 'free@contoso.com')]);
    const overlay = overlayIndex(w.index);
    const plan = (operation: Parameters<typeof w.plan>[0]) => {
      const outcome = planProvision(operation, overlay, w.settings, w.context);
      overlay.apply(outcome);
      return outcome;
    };
    const first = plan(addUser(1, { userPrincipalName: 'a@contoso.com' }));
    assert.deepEqual(quarantined(plan(addUser(2, { userPrincipalName: 'a@contoso.com' }))), [
      'UserPrincipalName a@contoso.com',
    ]);
    assert.equal(overlay.objectCount?.(), 3);
    plan(set('User', anchor(1), { userPrincipalName: 'b@contoso.com' }, { cloudAnchor: `User_${first.id}` }));
    assert.deepEqual(quarantined(plan(addUser(3, { userPrincipalName: 'a@contoso.com' }))), []);
    plan(remove('User', anchor(1)));
    assert.deepEqual(quarantined(plan(addUser(4, { userPrincipalName: 'b@contoso.com' }))), []);
    assert.equal(plan(addUser(1, { userPrincipalName: 'c@contoso.com' })).result.match, 'hard');
    assert.equal(w.index.byUserPrincipalName('a@contoso.com').length, 0);
  });
  it('hides an object that is deleted for good', () => {
    const group = cloudObject(
      'g',
      'group',
      { proxyAddresses: ['SMTP:g@contoso.com'] },
      { immutableId: anchor(1), onPremisesSyncEnabled: true },
    );
    const w = world([group]);
    const overlay = overlayIndex(w.index, [w.plan(remove('Group', anchor(1)))]);
    assert.equal(overlay.byId('g'), undefined);
    assert.equal(overlay.byAddress('smtp:g@contoso.com').length, 0);
    assert.equal(overlay.bySourceAnchor(anchor(1)).length, 0);
    assert.equal(overlay.objectCount?.(), 0);
  });
});
