import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import { compilePattern } from './pattern.ts';
import { parseMembershipRule } from './rule.ts';
import { MembershipRuleError } from './rule-error.ts';

const object = (body: object, kind: Kind = 'user', sync: number | null = null): StoredObject =>
  new StoredObject({
    ...{ seq: 1, id: '11111111-0000-0000-0000-000000000000', kind, sync, anchor: null, deleted_at: null },
    ...{ change: 1, created_change: 1, body: JSON.stringify(body), shadow: null, internal: null },
  });
const extension = `extension_${'0a'.repeat(16)}_cost`;
const ana = object(
  {
    accountEnabled: true,
    displayName: 'Ana "A" O\'Neil',
    department: 'Sales',
    jobTitle: 'SDE II',
    businessPhones: ['+1 555'],
    proxyAddresses: ['SMTP:ana@contoso.com', 'smtp:a@contoso.com'],
    otherMails: [],
    onPremisesExtensionAttributes: { extensionAttribute15: 'Marketing' },
    [extension]: '123',
  },
  'user',
  1,
);

const holds = `
user.department -eq "sales"
user.Department -eq "SALES"
(user.department -eq "Sales")
user.department eq "Sales" and user.accountEnabled eq true
user.department –eq "Sales" –and user.accountEnabled –eq true
user.country -eq null
user.country -ne "US"
user.department -ne null
user.objectId -ne null
user.objectId -eq "11111111-0000-0000-0000-000000000000"
user.dirSyncEnabled -eq true
user.department -in ["Marketing", "sales"]
user.department -notIn ["Marketing"]
user.country -notIn ["US"]
user.country -notContains "U"
user.department -contains "ALE"
user.department -startsWith "sa" -and -not (user.jobTitle -startsWith "X")
user.jobTitle -endsWith "ii"
user.jobTitle -notEndsWith "iii"
user.telephoneNumber -startsWith "+1"
user.displayName -contains "\`"A\`""
user.displayName -contains 'o''neil'
user.department -match "^sa.*s$"
user.department -match "ale"
user.department -notMatch "^ale"
user.extensionAttribute15 -eq "Marketing"
user.${extension} -eq 123
user.proxyAddresses -any (_ -startsWith "smtp:ana")
user.proxyAddresses -any _ -eq "smtp:a@contoso.com"
user.proxyAddresses -all (_ -endsWith "@contoso.com" -and -not (_ -contains "bo"))
user.proxyAddresses -contains "ana@"
user.proxyAddresses -notEndsWith "@outlook.com"
user.otherMails -all (_ -eq "x")
user.city -eq "x" -or user.department -eq "Sales" -and user.jobTitle -startsWith "SDE"
-not user.city -eq "x" -and user.department -eq "Sales"`;
const holdsNot = `
user.department -eq "Sale"
user.department -eq null
user.department -eq "Sales" -and user.accountEnabled -eq false
(user.city -eq "x" -or user.department -eq "Sales") -and user.jobTitle -startsWith "PM"
user.country -eq "null"
user.country -contains ""
user.dirSyncEnabled -ne true
user.otherMails -any (_ -ne "x")
user.proxyAddresses -notContains "ana@"
user.department -match "^ale"`;

test('rules are followed as the documentation says', () => {
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');
  for (const rule of lines(holds)) assert.equal(parseMembershipRule(rule).matches(ana), true, rule);
  for (const rule of lines(holdsNot)) assert.equal(parseMembershipRule(rule).matches(ana), false, rule);
  const device = object({ displayName: 'pc', physicalIds: ['[OrderID]:1'], trustType: 'ServerAd' }, 'device');
  for (const rule of [
    'device.devicePhysicalIds -any _ -eq "[OrderID]:1"',
    '(device.deviceTrustType -eq "ServerAD") -and (device.deviceOSType -eq null)',
  ]) {
    const parsed = parseMembershipRule(rule);
    assert.equal(parsed.subject, 'device');
    assert.equal(parsed.matches(device), true, rule);
  }
});

test('what is no rule is refused with what is wrong, what is not followed is told apart', () => {
  const invalid = [
    ...['', ' ', '(', 'user.department', 'user.department -eq', 'user.department -eq Sales', 'department -eq "x"'],
    ...['user.department -eq "x', "user.department -eq 'x", 'user.department -is "x"', 'user.department -eq "x" )'],
    ...[
      'user.department -eq "x" user.city -eq "y"',
      'user.accountEnabled -eq "true"',
      'user.accountEnabled -in [true]',
    ],
    ...[
      'user.nonsense -eq "x"',
      'user.constructor -eq "x"',
      'user.__proto__ -eq null',
      'user.department -any (_ -eq "x")',
    ],
    ...['user.city -eq "x" -and device.displayName -eq "y"', 'user.department -contains null', '_ -eq "x"'],
    ...['user.department -in []', 'user.department -in ["x"', 'device.department -eq "x"', 'user.city -toString "x"'],
    ...[`${'('.repeat(60)}user.city -eq "x"${')'.repeat(60)}`, `${'-not '.repeat(60)}user.city -eq "x"`],
  ];
  for (const rule of invalid)
    assert.throws(
      () => parseMembershipRule(rule),
      (e) => e instanceof MembershipRuleError && e.kind === 'invalid',
      rule,
    );
  for (const rule of [
    'Direct Reports for "11111111-0000-0000-0000-000000000000"',
    'user.assignedPlans -any (assignedPlan.service -eq "SCO")',
    'user.employeeHireDate -ge system.now -plus p1d',
    'user.department -match "(a+)+$"',
  ]) {
    assert.throws(
      () => parseMembershipRule(rule),
      (e) => e instanceof MembershipRuleError && e.kind === 'unsupported',
      rule,
    );
  }
});

test('any text is a rule or refused as one; patterns match as regular expressions do, in bounded time', () => {
  const piece = fc.constantFrom(
    ...[
      'user.department',
      'device.deviceModel',
      'user.proxyAddresses',
      '-eq',
      '-not',
      '-and',
      'or',
      '-any',
      '-in',
      '_',
    ],
    ...['(', ')', '[', ']', ',', '"x"', "'y'", 'null', 'true', '-contains', '-match', '"^a.*"', '"', '5'],
  );
  const rule = fc.oneof(
    fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(' ')),
    fc.string({ maxLength: 60 }),
  );
  fc.assert(
    fc.property(rule, (text) => {
      try {
        parseMembershipRule(text).matches(ana);
      } catch (error) {
        assert.ok(error instanceof MembershipRuleError, `${text}: ${error}`);
      }
    }),
    { numRuns: 2000, seed: 20261121 },
  );
  const pattern = fc
    .tuple(
      fc.constantFrom('', '^'),
      fc.array(fc.constantFrom('a', 'b', '.', '.*', '\\.', '-'), { maxLength: 6 }),
      fc.constantFrom('', '$'),
    )
    .map(([start, parts, end]) => start + parts.join('') + end);
  const text = fc.array(fc.constantFrom('a', 'B', '.', '-'), { maxLength: 8 }).map((chars) => chars.join(''));
  fc.assert(
    fc.property(pattern, text, (p, t) => {
      assert.equal(compilePattern(p)(t), new RegExp(p, 'is').test(t), `${p} on ${t}`);
    }),
    { numRuns: 3000, seed: 20261121 },
  );
  const begun = process.cpuUsage();
  compilePattern(`^${'.*a'.repeat(500)}$`)(`${'a'.repeat(1023)}b`);
  assert.ok(process.cpuUsage(begun).user < 500_000, 'a hostile pattern took long');
});
