/** All expressions of the exported configuration of a real installation. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Attributes } from '../../../src/model/value.ts';
import type { ObjectView } from '../../../src/rules/evaluation.ts';
import { type CompiledExpression, compileExpression } from '../../../src/rules/expression/compile.ts';
import { strictLeftToRightDiffers } from '../../../src/rules/expression/left-to-right.ts';
import { childrenOf, type Node, sameTree, ungroup } from '../../../src/rules/expression/node.ts';
import { parseExpression } from '../../../src/rules/expression/parser.ts';
import { printExpression } from '../../../src/rules/expression/printer.ts';

const folder = fileURLToPath(
  new URL('../../../../shared/fixtures/entra-connect-export/SynchronizationRules', import.meta.url),
);
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const texts = globSync('*.xml', { cwd: folder })
  .sort()
  .flatMap((file) => [...readFileSync(`${folder}/${file}`, 'utf8').matchAll(/<expression>([^<]*)<\/expression>/g)])
  .map((match) => match[1]!.replace(/&(\w+);/g, (_, name: string) => entities[name]!));

function compiled(text: string): CompiledExpression {
  const result = compileExpression(text);
  assert.ok(result.ok, `${text}: ${result.ok ? '' : result.errors[0]?.message}`);
  return result.expression;
}

const context = {
  parameters: {
    'Connector.ID': '{b891884f-051e-4a83-95af-2544101c9083}',
    'Domain.FQDN': 'contoso.com',
    'Domain.Netbios': 'CONTOSO',
    'Forest.FQDN': 'contoso.com',
    'Forest.Netbios': 'CONTOSO',
  },
  now: () => 0,
  random: () => 0,
  guid: () => '',
};

function view(values: Attributes, counts: Readonly<Record<string, number>> = {}): ObjectView {
  return {
    dn: 'CN=Ana Trujillo,OU=People,DC=contoso,DC=com',
    objectType: 'user',
    values,
    imported: values,
    referenceCount: (name) => counts[name] ?? 0,
    references: (name) => assert.fail(`the references of ${name} were listed`),
    isMemberOf: () => false,
  };
}

const ana: Attributes = {
  cn: 'Ana Trujillo',
  displayName: 'Ana Trujillo ',
  description: ['  Sales '],
  userAccountControl: 512,
  userPrincipalName: 'ana@contoso.com',
  sAMAccountName: 'ana',
  mailNickname: 'ana',
  mail: 'ana@contoso.com',
  proxyAddresses: ['SMTP:ana@contoso.com', 'smtp:ana@contoso.com ', 'smtp:ana@contoso.com'],
  pwdLastSet: { int: '129699324000000000' },
  objectGUID: { base64: 'AQIDBAUGBwgJCgsMDQ4PEA==' },
  objectSid: { base64: 'AQIAAAAAAAUgAAAAIAIAAA==' },
  otherTelephone: [' 1 ', '2'],
  sourceAnchor: 'AQIDBA==',
  cloudSourceAnchor: 'AQIDBA==',
  cloudAnchor: 'User_1',
  sourceObjectType: 'User',
  groupType: -2147483646,
  memberCount: 3,
  usageLocation: 'DE',
};

test('there are 391 of them, and each is parsed, checked, printed and parsed to the same tree', () => {
  assert.equal(texts.length, 391);
  for (const text of texts) {
    const { node } = compiled(text);
    const again = parseExpression(printExpression(node));
    assert.ok(again.ok && sameTree(again.node, node), text);
  }
});

test('each gives a result on a user, on a group and on an object without attributes', () => {
  const group: Attributes = { ...ana, groupType: -2147483640, memberCount: 60_000, cloudSourceAnchor: 'other' };
  const failures = new Map<string, Set<string>>();
  for (const text of texts) {
    const expression = compiled(text);
    for (const values of [ana, group, {}]) {
      const result = expression.evaluate(view(values, { member: 60_000 }), context);
      if (result.kind !== 'error') continue;
      assert.equal(result.error.code, 'sync-rule-error-function-triggered', `${text}: ${result.error.message}`);
      failures.set(result.error.message, (failures.get(result.error.message) ?? new Set()).add(text));
    }
  }
  assert.deepEqual([...failures.keys()].sort(), [
    'AccountName is not present',
    'Maximum Group member count exceeded',
    'SourceAnchor attribute has changed.',
  ]);
});

test('some known values', () => {
  const key = Buffer.from([0, 2, 0, 0, 2, 0, 1, 0xaa, 0xbb, 9, 9, 9]);
  const expected: readonly (readonly [start: string, value: unknown])[] = [
    ['IIF(BitAnd([userAccountControl],2)=0', true],
    ['IIF(IsNullOrEmpty([description]),NULL,Left', 'Sales'],
    ['IIF(IsPresent([pwdLastSet])', '20120101230000.0Z'],
    ['RemoveDuplicates(Trim(ImportedValue', ['SMTP:ana@contoso.com', 'smtp:ana@contoso.com']],
    ['StringFromSid', 'S-1-5-32-544'],
    ['ConvertToBase64([objectGUID])', 'AQIDBAUGBwgJCgsMDQ4PEA=='],
    ['"CN={" &', 'CN={41514944424131233D}'.replace('31233D', '3D3D')],
    ['Trim([otherTelephone])', ['1', '2']],
    ['ValueCount("member")', 60_000],
    ['CBool(BitAnd([groupType],-2147483648))', true],
    ['IIF(IsPresent([isCriticalSystemObject])', undefined],
    ['IIF(( (IsPresent([proxyAddresses])', true],
    ['%Domain.Netbios%', 'CONTOSO'],
  ];
  for (const [start, value] of expected) {
    const text = texts.find((t) => t.startsWith(start));
    assert.ok(text, start);
    assert.deepEqual(compiled(text).run(view(ana, { member: 60_000 }), context), value, text);
  }
  const keyRule = texts.find((t) => t.includes('searchableDeviceKey'))!;
  const built = compiled(keyRule).run(view({ searchableDeviceKey: { base64: key.toString('base64') } }), context);
  // The blob, then a KeyHash entry (length 32, identifier 2, SHA-256 of what follows), then the entries that follow.
  const bytes = Buffer.from((built as { base64: string }).base64, 'base64');
  assert.deepEqual(bytes.subarray(0, 9), key.subarray(0, 9));
  assert.deepEqual([...bytes.subarray(9, 12)], [32, 0, 2]);
  assert.equal(bytes.length, 9 + 3 + 32 + 3);
});

test('a conflict object is filtered by the escape in its name', () => {
  const text = texts.find((t) => t.includes('SUPPORT_388945a0'))!;
  const conflict = { ...view(ana), dn: 'CN=Ana\\0ACNF:8e3e2a0c,OU=People,DC=contoso,DC=com' };
  assert.equal(compiled(text).run(conflict, context), true);
});

test('those that a strict left-to-right reader would misread are the cloudFiltered rules', () => {
  const differing = new Set(texts.filter((text) => strictLeftToRightDiffers(compiled(text).node)));
  assert.equal(differing.size, 2);
  for (const text of differing) assert.match(text, /isCriticalSystemObject/);
});

/** The choice of letter case for `=` (sync-engine s.9 question 3): what the real expressions compare. */
test('texts are compared with = only where case matters or both sides are written alike', () => {
  const compared = new Set<string>();
  const visit = (node: Node): void => {
    if (node.kind === 'binary' && node.operator === '=') {
      const right = ungroup(node.right);
      if (right.kind === 'text') compared.add(right.value);
      if (right.kind === 'attribute') compared.add(`[${right.name}]`);
    }
    childrenOf(node).forEach(visit);
  };
  for (const text of texts) visit(compiled(text).node);
  assert.deepEqual([...compared].sort(), [
    'AAD_',
    'CAS_',
    'MSOL_',
    'MSOL_AD_Sync_RichCoexistence',
    'SUPPORT_388945a0',
    'SystemMailbox{',
    '[sourceAnchor]',
    '[sourceObjectType]',
  ]);
});
