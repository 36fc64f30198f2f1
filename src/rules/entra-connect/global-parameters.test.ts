import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions } from './global-parameters.ts';

const read = (parameters: Readonly<Record<string, string>>) => {
  const named = Object.entries(parameters).map(([name, value]) => [`Microsoft.${name}`, value]);
  return readOptions(Object.fromEntries(named));
};

const joins: readonly (readonly [string, unknown])[] = [
  ['ObjectSID', 'objectSid'],
  ['AlwaysProvision', 'once'],
  ['Mail', 'mail'],
  ['SamAccountNameMailNickName', 'accountName'],
  ['CustomAttribute', { attribute: 'employeeID' }],
];
for (const [criteria, expected] of joins) {
  test(`join criterion ${criteria}`, () => {
    const { options, notes } = read({
      'SynchronizationOption.JoinCriteria': criteria,
      'SynchronizationOption.CustomAttribute': 'employeeID',
      'SynchronizationOption.AnchorAttribute': 'objectGUID',
    });
    assert.deepEqual(options.userJoin, expected);
    assert.deepEqual(notes, []);
  });
}

test('anchor, sign-in name and hybrid Exchange', () => {
  const { options } = read({
    'SynchronizationOption.AnchorAttribute': 'employeeID',
    'SynchronizationOption.UPNAttribute': 'mail',
    'OptionalFeature.HybridExchange': 'True',
  });
  assert.deepEqual(
    [options.sourceAnchor, options.userPrincipalName, options.exchangeHybrid],
    ['employeeID', 'mail', true],
  );
});

test('what is missing or unknown is said', () => {
  const { notes } = read({ 'SynchronizationOption.JoinCriteria': 'Moon', 'OptionalFeature.GroupWriteBack': 'True' });
  assert.match(notes.join('\n'), /names no source anchor.*GroupWriteBack.*"Moon" is not known/s);
});
