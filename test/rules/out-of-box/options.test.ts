import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes } from '../../../src/model/value.ts';
import type { CompiledRuleSet } from '../../../src/rules/compile.ts';
import { joiningRule, joinMatches, joinQueries } from '../../../src/rules/join.ts';
import {
  cloud,
  exported,
  forest,
  inbound,
  otherForest,
  outbound,
  type SourceObject,
  shippedRules,
  user,
  viewOf,
} from './world.ts';

const sid = { base64: 'AQUAAAAAAAUVAAAAwM8SUMELJU0m/cWzfAQAAA==' };
const guid = { base64: 'AAECAwQFBgcICQoLDA0ODw==' };
const otherGuid = { base64: 'Dw4NDAsKCQgHBgUEAwIBAA==' };

/** Whether the object would join the identity: the first group of its joining rule that holds. */
function joins(ruleSet: CompiledRuleSet, object: SourceObject, metaverse: Attributes): boolean {
  const { rulesInScope } = inbound(ruleSet, [object]);
  const joining = joiningRule(rulesInScope[0] ?? []);
  assert.ok(joining.kind === 'one');
  const view = viewOf(object);
  const identity = viewOf({ objectType: 'person', values: metaverse });
  return joinQueries(joining.rule, view).some(({ group }) => joinMatches(group, view, identity));
}
const bare = (objectType: string, values: Attributes, connector = forest): SourceObject => ({
  connector,
  objectType,
  values,
});

/** Every criterion of sync-engine s.4.2: option, object, identity. */
const criteria: readonly (readonly [string, CompiledRuleSet, SourceObject, Attributes])[] = [
  ['objectSid', shippedRules(), bare('user', { objectSid: sid }), { objectSid: sid }],
  ['account of a linked mailbox', shippedRules(), bare('user', { msExchMasterAccountSid: sid }), { objectSid: sid }],
  ['linked mailbox of an account', shippedRules(), bare('user', { objectSid: sid }), { msExchMasterAccountSid: sid }],
  ['account of a Lync user', shippedRules(), bare('user', { 'msRTCSIP-OriginatorSid': sid }), { objectSid: sid }],
  [
    'Lync user of an account',
    shippedRules(),
    bare('inetOrgPerson', { objectSid: sid }),
    { 'msRTCSIP-OriginatorSid': sid },
  ],
  ['mail', shippedRules({ userJoin: 'mail' }), bare('user', { mail: 'Ana@contoso.com' }), { mail: 'ana@contoso.com' }],
  [
    'account name',
    shippedRules({ userJoin: 'accountName' }),
    bare('user', { sAMAccountName: 'ana' }),
    { accountName: 'ANA' },
  ],
  [
    'account name as alias',
    shippedRules({ userJoin: 'accountName' }),
    bare('user', { sAMAccountName: 'ana' }),
    { mailNickname: 'ana' },
  ],
  [
    'alias as account name',
    shippedRules({ userJoin: 'accountName' }),
    bare('user', { mailNickname: 'ana' }),
    { accountName: 'ana' },
  ],
  ['alias', shippedRules({ userJoin: 'accountName' }), bare('user', { mailNickname: 'ana' }), { mailNickname: 'ana' }],
  [
    'own attribute',
    shippedRules({ userJoin: { attribute: 'employeeID' } }),
    bare('user', { employeeID: '7' }),
    { employeeID: '7' },
  ],
  [
    'own attribute with another name',
    shippedRules({ userJoin: { attribute: 'sAMAccountName' } }),
    bare('user', { sAMAccountName: 'ana' }),
    { accountName: 'ana' },
  ],
  [
    'once: the same object',
    shippedRules({ userJoin: 'once' }),
    bare('user', { objectGUID: guid }),
    { sourceAnchorBinary: guid },
  ],
  ['group', shippedRules(), bare('group', { objectGUID: guid }), { sourceAnchorBinary: guid }],
  ['contact', shippedRules({ userJoin: 'once' }), bare('contact', { mail: 'bo@x.com' }), { mail: 'BO@x.com' }],
  [
    'foreign security principal',
    shippedRules(),
    bare('foreignSecurityPrincipal', { cn: 'S-1-5-21-1' }),
    { objectSidString: 'S-1-5-21-1' },
  ],
  ['computer', shippedRules(), bare('computer', { objectGUID: guid }), { deviceId: guid }],
  [
    'registered device',
    shippedRules(),
    bare('msDS-Device', { objectGUID: otherGuid, 'msDS-CloudAnchor': 'x', 'msDS-DeviceID': guid }),
    { deviceId: guid },
  ],
  [
    'cloud user',
    shippedRules(),
    bare('user', { sourceAnchor: 'AbC=', cloudMastered: false }, cloud),
    { sourceAnchor: 'AbC=' },
  ],
  ['cloud contact', shippedRules(), bare('contact', { sourceAnchor: 'AbC=' }, cloud), { sourceAnchor: 'AbC=' }],
  ['cloud group', shippedRules(), bare('group', { sourceAnchor: 'AbC=' }, cloud), { sourceAnchor: 'AbC=' }],
];
for (const [what, ruleSet, object, metaverse] of criteria) {
  test(`joins by ${what}`, () => {
    assert.equal(joins(ruleSet, object, metaverse), true);
    assert.equal(joins(ruleSet, object, {}), false);
  });
}

test('source anchors in the cloud are compared with letter case', () => {
  for (const objectType of ['user', 'contact', 'group']) {
    assert.equal(
      joins(shippedRules(), bare(objectType, { sourceAnchor: 'AbC=', cloudMastered: false }, cloud), {
        sourceAnchor: 'abc=',
      }),
      false,
    );
  }
});

test('people who have one account in all forests are not joined by their identifiers', () => {
  assert.equal(
    joins(shippedRules({ userJoin: 'once' }), bare('user', { objectSid: sid, mail: 'a@b.c' }), {
      objectSid: sid,
      mail: 'a@b.c',
    }),
    false,
  );
});

test('an attribute to join on flows into the metaverse', () => {
  const rules = shippedRules({ userJoin: { attribute: 'employeeID' } });
  assert.equal(inbound(rules, [user({ employeeID: '7' })]).values.employeeID, '7');
});

const anchors: readonly (readonly [string, Attributes, string | undefined])[] = [
  ['mS-DS-ConsistencyGuid', { objectGUID: guid }, guid.base64],
  ['mS-DS-ConsistencyGuid', { objectGUID: guid, 'mS-DS-ConsistencyGuid': otherGuid }, otherGuid.base64],
  ['objectGUID', { objectGUID: guid, 'mS-DS-ConsistencyGuid': otherGuid }, guid.base64],
  ['employeeID', { objectGUID: guid, employeeID: '0042' }, '0042'],
  ['employeeID', { objectGUID: guid }, undefined],
];
for (const [sourceAnchor, values, expected] of anchors) {
  test(`source anchor ${sourceAnchor} of ${Object.keys(values).join(', ')}`, () => {
    const rules = shippedRules({ sourceAnchor });
    for (const userAccountControl of [512, 514]) {
      assert.equal(inbound(rules, [user({ ...values, userAccountControl })]).values.sourceAnchor, expected);
    }
    assert.equal(exported(rules, [user(values)]) !== undefined, expected !== undefined);
  });
}

/** What the rules write to the forest for the user. */
const written = (rules: CompiledRuleSet, connector: string, ...objects: SourceObject[]) =>
  outbound(rules, inbound(rules, objects), connector, 'user');

test('an empty mS-DS-ConsistencyGuid is filled with the objectGUID, a filled one keeps its value', () => {
  const rules = shippedRules();
  const attribute = 'mS-DS-ConsistencyGuid';
  const withoutGuid = user({ objectGUID: guid });
  assert.deepEqual(written(rules, forest, withoutGuid).values[attribute], guid);
  assert.deepEqual(
    written(rules, forest, user({ objectGUID: guid, [attribute]: otherGuid })).values[attribute],
    otherGuid,
  );
  assert.deepEqual(written(rules, forest, user({ objectGUID: guid, userAccountControl: 514 })).values[attribute], guid);
  assert.equal(
    written(rules, otherForest, withoutGuid).values[attribute],
    undefined,
    'only where the account is enabled',
  );
  assert.equal(
    written(rules, forest, user({ objectGUID: guid, isCriticalSystemObject: false })).values[attribute],
    undefined,
    'not for filtered accounts',
  );
  assert.equal(written(rules, forest, withoutGuid).joins, true);
});

test('nothing is written to the forests when the anchor is another attribute and there is no hybrid Exchange', () => {
  const rules = shippedRules({ sourceAnchor: 'objectGUID' });
  assert.deepEqual(
    rules.rules.filter(({ rule }) => rule.direction === 'outbound' && rule.connector !== cloud),
    [],
  );
});

test('with an alternative sign-in name the principal name of the directory is kept beside it', () => {
  const rules = shippedRules({ userPrincipalName: 'mail' });
  const { values } = inbound(rules, [user({ mail: 'ana.bell@contoso.com' })]);
  assert.deepEqual(
    [values.userPrincipalName, values.onPremisesUserPrincipalName],
    ['ana.bell@contoso.com', 'ana@contoso.com'],
  );
  assert.equal(inbound(rules, [user()]).values.userPrincipalName, 'ana@contoso.com');
});

test('features leave out their rules', () => {
  const names = (ruleSet: CompiledRuleSet): string => ruleSet.rules.map(({ rule }) => rule.name).join('\n');
  const bareRules = names(shippedRules({ exchange: false, lync: false, devices: false, exchangeHybrid: true }));
  assert.doesNotMatch(bareRules, /Common from Exchange|User Exchange$|Hybrid|AD - .* Lync$|Device|Computer/m);
  assert.match(names(shippedRules({ exchangeHybrid: true })), /Out to AD - User Exchange Hybrid/);
});

test('hybrid attributes go back while the mailbox is in the cloud', () => {
  const rules = shippedRules({ exchangeHybrid: true });
  const inCloud = (displayType: number): SourceObject => ({
    connector: cloud,
    objectType: 'user',
    references: { cloudPublicDelegates: 2 },
    values: {
      cloudMastered: false,
      cloudAnchor: 'User_1',
      cloudLegacyExchangeDN: '/o=x',
      cloudMSExchRecipientDisplayType: displayType,
      cloudMSExchSafeSendersHash: guid,
    },
  });
  const moved = written(rules, forest, user({ mailNickname: 'ana' }), inCloud(-2147483648));
  assert.deepEqual([moved.values.proxyAddresses].flat(), ['x500:/o=x']);
  assert.deepEqual(moved.values.msExchSafeSendersHash, guid);
  assert.equal(moved.values['msDS-ExternalDirectoryObjectID'], 'User_1');
  assert.ok(moved.references.has('publicDelegates'));
  const here = written(rules, forest, user({ mailNickname: 'ana' }), inCloud(-2147483642));
  assert.equal(here.values.msExchSafeSendersHash, undefined);
  assert.ok(here.kept.includes('msExchSafeSendersHash'));
  assert.equal(here.references.has('publicDelegates'), false);
  assert.ok(!here.managed.includes('publicDelegates'), 'what is in the directory stays');
});
