import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Eligibility, PasswordAccount, PasswordSettings } from './contract.ts';
import { planPassword } from './policy.ts';

const settings: PasswordSettings = { enabled: true, staging: false, ready: true };
const user: Eligibility = { eligible: true, sourceAnchor: 'anchor' };
const account: PasswordAccount = {
  objectGuid: 'g',
  dn: 'CN=ana,DC=x',
  deleted: false,
  password: 'present',
  mustChange: false,
  changedAt: 1,
};
const plan = (
  change: Partial<PasswordAccount>,
  eligibility: Eligibility | undefined = user,
  more: Partial<PasswordSettings> = {},
  whole = false,
): string => {
  const p = planPassword({ ...account, ...change }, eligibility, { ...settings, ...more }, whole);
  return p.kind === 'hold'
    ? `${p.status}/${p.reason}`
    : p.kind === 'send' && p.mustChange
      ? 'send, must change'
      : p.kind;
};

test('a changed password is sent', () => {
  assert.equal(plan({}), 'send');
  assert.equal(plan({ mustChange: true }), 'send, must change');
});

test('accounts that are not people are passed over', () => {
  for (const bit of [0x800, 0x1000, 0x2000]) assert.equal(plan({ userAccountControl: 512 | bit }), 'ignore');
  assert.equal(plan({ samAccountName: 'gmsa$' }), 'ignore');
  assert.equal(plan({ sid: 'S-1-5-21-1-2-3-502' }), 'ignore');
  assert.equal(plan({ sid: 'S-1-5-21-1-2-3-1502' }), 'send');
});

test('a disabled account has its password synchronized, a deleted one not', () => {
  assert.equal(plan({ userAccountControl: 514 }), 'send');
  assert.equal(plan({ deleted: true }), 'ignore');
});

test('a change of something else is no change of the password', () => {
  const { mustChange: _, ...other } = account;
  assert.equal(planPassword({ ...other, password: 'unchanged' }, user, settings, false).kind, 'ignore');
});

test('what the change does not say is read', () => {
  assert.equal(plan({ password: 'unchanged', mustChange: false }), 'read');
  const { mustChange: _, ...other } = account;
  assert.equal(planPassword(other, user, settings, false).kind, 'read');
  assert.equal(planPassword(other, user, settings, true).kind, 'send');
});

test('who may not leave is held with the step where it stopped', () => {
  const no: Eligibility = { eligible: false, status: 'NoTargetConnection', reason: 'no-password-rule' };
  assert.equal(plan({ userAccountControl: 512 }, no), 'NoTargetConnection/no-password-rule');
  // A bare change could also be that of a computer: the account is read before anything is said about it.
  assert.equal(plan({}, no), 'read');
  assert.equal(plan({}, no, {}, true), 'NoTargetConnection/no-password-rule');
  assert.equal(planPassword(account, undefined, settings, true).kind, 'hold');
  assert.equal(plan({ password: 'removed' }), 'MissingAttribute/no-password');
  assert.equal(plan({ password: 'unreadable', detail: 'x' }), 'Error/unreadable');
  assert.equal(plan({ password: 'unchanged' }, user, {}, true), 'MissingAttribute/no-password');
});

test('holders of cloud roles stay here unless that is switched off', () => {
  const admin: Eligibility = { ...user, cloudAdministrator: true };
  assert.equal(plan({}, admin), 'FilteredByTarget/protected-cloud-role');
  assert.equal(plan({}, admin, { excludeCloudAdministrators: false }), 'send');
});

test('protected accounts stay here if that is switched on; adminCount is read where it is unknown', () => {
  const on = { excludeAdminCount: true };
  assert.equal(plan({ adminCount: 1 }), 'send');
  assert.equal(plan({ adminCount: 1 }, user, on), 'FilteredByTarget/protected-admin-count');
  assert.equal(plan({ adminCount: 0 }, user, on), 'send');
  assert.equal(plan({ adminCount: null }, { ...user, adminCount: 1 }, on), 'send');
  assert.equal(plan({}, { ...user, adminCount: 1 }, on), 'FilteredByTarget/protected-admin-count');
  assert.equal(plan({}, user, on), 'read');
  assert.equal(plan({}, user, on, true), 'send');
});
