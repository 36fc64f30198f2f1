import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits } from './limits.ts';
import { add, addUser, anchor, cloudUser, featuresOf, set, settingsWith, world } from './test-world.ts';
import {
  calculateUserPrincipalName,
  checkUserPrincipalName,
  needsImmutableId,
  suggestUserPrincipalName,
} from './user-principal-name.ts';

const check = (upn: string) => checkUserPrincipalName(upn, defaultLimits);

describe('form of a userPrincipalName (entra-directory s.4.1)', () => {
  it('takes every character of the list', () => {
    assert.equal(check("Az09'.-_!#^~x@contoso.com"), undefined);
  });
  it('names the first character that is not allowed and where it is', () => {
    for (const character of ' \\%&*+/=?{}|<>();:,[]"äé\t') {
      const problem = check(`ab${character}c@contoso.com`);
      assert.equal(problem?.kind, 'form', character);
      assert.equal(problem?.position, 2, character);
    }
  });
  it('wants exactly one @, not first, and no dot at the edges of the name', () => {
    for (const bad of [
      'bob',
      '@contoso.com',
      'b@c@contoso.com',
      'bob.@contoso.com',
      '.bob@contoso.com',
      'bob@',
      'bob@-x.com',
      'bob@x..com',
    ]) {
      assert.equal(check(bad)?.kind, 'form', bad);
    }
  });
  it('limits prefix to 64, suffix to 48 and all to 113 characters', () => {
    const suffix = (length: number) => `${'d'.repeat(length - 4)}.com`;
    assert.equal(check(`${'a'.repeat(64)}@${suffix(48)}`), undefined);
    assert.equal(check(`${'a'.repeat(65)}@contoso.com`)?.actual, 65);
    assert.equal(check(`a@${suffix(49)}`)?.limit, 48);
    // With the limits of the parts as they are the whole cannot be longer; as a limit of its own it holds too.
    assert.equal(`${'a'.repeat(64)}@${suffix(48)}`.length, defaultLimits.upnLength);
    assert.equal(checkUserPrincipalName('bob@contoso.com', { ...defaultLimits, upnLength: 14 })?.actual, 15);
  });
  it('suggests the name with what is not allowed replaced', () => {
    assert.equal(suggestUserPrincipalName('Jürgen Müller@contoso.com', defaultLimits), 'Jurgen_Muller@contoso.com');
    assert.equal(
      suggestUserPrincipalName('日本.ß@contoso.com', defaultLimits),
      '__._@contoso.com',
      'Unicode: underscores',
    );
    assert.equal(suggestUserPrincipalName('x', defaultLimits), undefined);
  });
});

describe('what the sync plane makes of it (entra-directory s.2.4, 3.1, 4.1)', () => {
  it('an unverified or unroutable suffix falls back without an error', () => {
    for (const suffix of ['pending.com', 'corp.local']) {
      const w = world();
      const outcome = w.plan(addUser(1, { userPrincipalName: `bob@${suffix}` }));
      assert.equal(outcome.result.resultCode, 'Success');
      assert.equal(outcome.changes.graph.userPrincipalName, 'bob@contoso.onmicrosoft.com');
      assert.equal(outcome.changes.shadow.userPrincipalName, `bob@${suffix}`);
    }
  });
  it('forbidden characters are refused, or fall back by setting', () => {
    const operation = addUser(1, { userPrincipalName: 'bo b@contoso.com', alias: 'bob' });
    const refused = world().plan(operation);
    assert.equal(refused.result.errorCode, 'IdentityDataValidationFailed');
    assert.match(refused.result.errorDescription ?? '', /space at position 3/);
    const fallen = world([], { invalidUserPrincipalName: 'fallback' }).plan(operation);
    assert.equal(fallen.changes.graph.userPrincipalName, 'bob@contoso.onmicrosoft.com');
  });
  it('a name that is too long is refused with both lengths', () => {
    const { result } = world().plan(addUser(1, { userPrincipalName: `${'a'.repeat(70)}@contoso.com` }));
    assert.equal(result.errorCode, 'ExceededAllowedLength');
    assert.match(result.errorDescription ?? '', /64.*70/);
  });
  it('without name and alias there is nothing to fall back on', () => {
    assert.deepEqual(calculateUserPrincipalName(undefined, undefined, settingsWith()), {
      value: undefined,
      from: 'initial-domain',
    });
  });
});

describe('changes of the sign-in name (entra-directory s.2.5)', () => {
  const changed = (
    licence: 'none' | 'other',
    features: Record<string, boolean>,
    from = 'bob@contoso.com',
    to = 'bob@fabrikam.com',
  ) => {
    const w = world([], featuresOf(features));
    const { id } = w.run(addUser(1, { userPrincipalName: from }));
    w.change(id, { licence });
    const outcome = w.run(set('User', anchor(1), { userPrincipalName: to }));
    return { outcome, w, upn: w.object(id).graph.userPrincipalName };
  };
  it('flows for managed users, licensed or not, when synchronizeUpnForManagedUsersEnabled is on', () => {
    assert.equal(changed('other', { synchronizeUpnForManagedUsersEnabled: true }).upn, 'bob@fabrikam.com');
    assert.equal(changed('none', { synchronizeUpnForManagedUsersEnabled: true }).upn, 'bob@fabrikam.com');
  });
  it('is ignored for licensed managed users when it is off; the stale name stays when it is turned on', () => {
    const off = { synchronizeUpnForManagedUsersEnabled: false };
    assert.equal(changed('none', off).upn, 'bob@fabrikam.com');
    const { outcome, w, upn } = changed('other', off);
    assert.equal(outcome.result.resultCode, 'Success');
    assert.equal(upn, 'bob@contoso.com');
    w.settings = settingsWith();
    w.run(set('User', anchor(1), { title: 'x', userPrincipalName: 'bob@fabrikam.com' }));
    assert.equal(w.object(outcome.id).graph.userPrincipalName, 'bob@contoso.com');
    w.run(set('User', anchor(1), { userPrincipalName: 'robert@fabrikam.com' }));
    assert.equal(w.object(outcome.id).graph.userPrincipalName, 'robert@fabrikam.com');
  });
  it('flows within a federated domain whatever the licence', () => {
    assert.equal(
      changed('other', { synchronizeUpnForManagedUsersEnabled: false }, 'bob@fed1.com', 'rob@fed1.com').upn,
      'rob@fed1.com',
    );
  });
  it('is refused from one federated domain to another; in two steps it works', () => {
    const { outcome, w } = changed('none', {}, 'bob@fed1.com', 'bob@fed2.com');
    assert.equal(outcome.result.errorCode, 'FederatedDomainChangeError');
    w.run(set('User', anchor(1), { userPrincipalName: 'bob@contoso.onmicrosoft.com' }));
    assert.equal(w.run(set('User', anchor(1), { userPrincipalName: 'bob@fed2.com' })).result.resultCode, 'Success');
  });
  it('between federated domains may be allowed by setting', () => {
    const w = world([], { federatedDomainChange: 'allow' });
    w.run(addUser(1, { userPrincipalName: 'bob@fed1.com' }));
    assert.equal(w.plan(set('User', anchor(1), { userPrincipalName: 'bob@fed2.com' })).result.resultCode, 'Success');
  });
});

it('a name in a federated domain needs a source anchor (entra-directory s.1.6)', () => {
  assert.equal(needsImmutableId('bob@fed1.com', settingsWith()), true);
  assert.equal(needsImmutableId('bob@contoso.com', settingsWith()), false);
});

it('a user restored from the recycle bin gets the name of the directory back', () => {
  const mangled = '0000bob@contoso.com';
  const w = world(
    [
      {
        ...cloudUser('c1', mangled),
        deleted: true,
        onPremisesSyncEnabled: false,
        immutableId: anchor(1),
        licence: 'other',
      },
    ],
    featuresOf({ synchronizeUpnForManagedUsersEnabled: false }),
  );
  w.run(add('User', anchor(1), { userPrincipalName: 'bob@contoso.com' }));
  assert.equal(w.object('c1').graph.userPrincipalName, 'bob@contoso.com');
});
