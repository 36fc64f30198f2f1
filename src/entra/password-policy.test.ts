import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashEffect, parsePolicies, policiesAfterHash } from './password-policy.ts';

const arrival = { passwordPolicies: null, mustChange: false, first: false };

describe('what a hash does to the user (entra-directory s.6.3)', () => {
  it('without the cloud policy every hash makes the password never expire', () => {
    assert.equal(policiesAfterHash(null, {}), 'DisablePasswordExpiration');
    assert.equal(policiesAfterHash('DisableStrongPassword', {}), 'DisableStrongPassword, DisablePasswordExpiration');
    assert.equal(policiesAfterHash('None', {}), 'DisablePasswordExpiration');
    assert.equal(policiesAfterHash('DisablePasswordExpiration', {}), 'DisablePasswordExpiration');
  });
  it('with it the flag is not set, and an existing one goes with the next hash', () => {
    const on = { cloudPasswordPolicyForPasswordSyncedUsersEnabled: true };
    assert.equal(policiesAfterHash(null, on), null);
    assert.equal(policiesAfterHash('DisablePasswordExpiration', on), 'None');
    assert.equal(policiesAfterHash('DisableStrongPassword, DisablePasswordExpiration', on), 'DisableStrongPassword');
  });
  it('a temporary password is taken with the feature, and not synced without', () => {
    const temporary = { ...arrival, mustChange: true };
    assert.deepEqual(hashEffect(temporary, { userForcePasswordChangeOnLogonEnabled: true }), {
      kind: 'stored',
      passwordPolicies: 'DisablePasswordExpiration',
      forceChange: true,
    });
    assert.equal(hashEffect(temporary, {}).kind, 'skipped');
  });
  it('a brand-new user with the flag always has to change it', () => {
    const effect = hashEffect({ ...arrival, mustChange: true, first: true }, {});
    assert.equal(effect.kind === 'stored' && effect.forceChange, true);
  });
  it('an ordinary change asks for nothing', () => {
    const effect = hashEffect(arrival, {});
    assert.equal(effect.kind === 'stored' && effect.forceChange, false);
    assert.deepEqual(parsePolicies('None'), []);
  });
});
