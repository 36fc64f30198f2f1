/**
 * Identities a second on one core, over objects in memory: scope, inbound merge of an account and its cloud object, scope
 * and outbound merge to the cloud; with the out-of-box rules and with a real exported configuration. Budget: 20,000.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { AttributeValue } from '../src/model/value.ts';
import { type CompiledRuleSet, compileRuleSet } from '../src/rules/compile.ts';
import { contribute } from '../src/rules/contribute.ts';
import { importConfiguration } from '../src/rules/entra-connect/import.ts';
import type { EvaluationContext, ObjectView } from '../src/rules/evaluation.ts';
import { inScope } from '../src/rules/in-scope.ts';
import { loadRules } from '../src/rules/load.ts';
import { outOfBoxRules } from '../src/rules/out-of-box/options.ts';

const budget = 20_000;
const population = 5_000;
const rounds = 4;

const context: EvaluationContext = {
  parameters: {
    'Connector.ID': '{11111111-2222-3333-4444-555555555555}',
    'Domain.FQDN': 'corp.contoso.com',
    'Domain.Netbios': 'CORP',
    'Forest.FQDN': 'corp.contoso.com',
    'Forest.Netbios': 'CORP',
  },
  now: () => Date.UTC(2026, 0, 1),
  random: () => 0.5,
  guid: () => '00000000-0000-4000-8000-000000000001',
};

function view(
  objectType: string,
  dn: string,
  values: Record<string, AttributeValue>,
  references: string[],
): ObjectView {
  return {
    dn,
    objectType,
    values,
    imported: values,
    referenceCount: (attribute) => (references.includes(attribute) ? 1 : 0),
    references: () => [],
    isMemberOf: () => false,
  };
}

const base64 = (size: number, seed: number): { base64: string } => {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = (seed * 31 + i * 7 + (seed >> 8)) & 255;
  return { base64: bytes.toString('base64') };
};

/** A user as a directory with Exchange holds them: about fifty attributes, a fifth of the people without a mailbox. */
function account(i: number): ObjectView {
  const sid = Buffer.from([1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0, 0]);
  sid.writeUInt32LE(1000 + i, 24);
  const values: Record<string, AttributeValue> = {
    cn: `User ${i}`,
    sn: `Surname${i % 700}`,
    givenName: `Given${i % 300}`,
    displayName: `Given${i % 300} Surname${i % 700}`,
    sAMAccountName: `user${i}`,
    userPrincipalName: `user${i}@contoso.com`,
    userAccountControl: i % 20 === 0 ? 514 : 512,
    objectGUID: base64(16, i),
    objectSid: { base64: sid.toString('base64') },
    pwdLastSet: { int: String(132_223_104_000_000_000n + BigInt(i)) },
    department: `Department ${i % 40}`,
    company: 'Contoso',
    title: 'Engineer',
    l: 'Berlin',
    st: 'Berlin',
    c: 'DE',
    co: 'Germany',
    countryCode: 276,
    postalCode: '10115',
    streetAddress: 'Street 1',
    physicalDeliveryOfficeName: `B${i % 9}`,
    telephoneNumber: `+49 30 ${i}`,
    mobile: `+49 170 ${i}`,
    description: [`Somebody ${i}`],
    info: 'A note',
    extensionAttribute1: `E${i % 10}`,
    extensionAttribute5: 'x',
    employeeID: String(i),
  };
  if (i % 5 !== 0) {
    Object.assign(values, {
      mail: `user${i}@contoso.com`,
      mailNickname: `user${i}`,
      proxyAddresses: [`SMTP:user${i}@contoso.com`, `X500:/o=x/cn=${i}`, `smtp:u${i}@contoso.com`],
      legacyExchangeDN: `/o=x/cn=${i}`,
      msExchMailboxGuid: base64(16, i + 1),
      msExchRecipientTypeDetails: 1,
      msExchRecipientDisplayType: 1073741824,
      msExchHideFromAddressLists: false,
      msExchPoliciesIncluded: ['a', 'b'],
      msExchVersion: 44220983382016,
      msExchELCMailboxFlags: 2,
      'msRTCSIP-UserEnabled': true,
      'msRTCSIP-PrimaryUserAddress': `sip:user${i}@contoso.com`,
    });
  }
  return view('user', `CN=User ${i},OU=People,DC=corp,DC=contoso,DC=com`, values, i % 7 === 0 ? [] : ['manager']);
}

/** What the cloud returns for the same person. */
const cloudUser = (i: number): ObjectView =>
  view(
    'user',
    `CN={${i.toString(16).padStart(32, '0')}}`,
    { sourceAnchor: base64(16, i).base64, cloudAnchor: `User_${i}`, usageLocation: 'DE', cloudMastered: false },
    [],
  );

const accounts = Array.from({ length: population }, (_, i) => account(i));
const cloudUsers = Array.from({ length: population }, (_, i) => cloudUser(i));
const noReferences = new Map<string, never>();

function synchronize(ruleSet: CompiledRuleSet, ad: string, cloud: string): { values: number; errors: number } {
  const inbound = ruleSet.inbound(ad, 'user');
  const fromCloud = ruleSet.inbound(cloud, 'user');
  const outbound = ruleSet.outbound(cloud, 'person', 'user');
  let values = 0;
  let errors = 0;
  for (let i = 0; i < population; i++) {
    const [own, theirs] = [accounts[i] as ObjectView, cloudUsers[i] as ObjectView];
    const sources = [
      { sourceId: 1, view: own, rules: inScope(inbound, own, context), ctx: context },
      { sourceId: 2, view: theirs, rules: inScope(fromCloud, theirs, context), ctx: context },
    ];
    const person = contribute(sources, { values: {}, references: noReferences }, { isNew: true });
    const { references } = person;
    const mv: ObjectView = {
      objectType: 'person',
      values: person.values,
      imported: person.values,
      referenceCount: (attribute) => (references.has(attribute) ? 1 : 0),
      references: () => [],
      isMemberOf: () => false,
    };
    const target = contribute(
      [{ sourceId: 3, view: mv, rules: inScope(outbound, mv, context), ctx: context }],
      { values: {}, references: noReferences },
      { isNew: true },
    );
    if (person.errors.length + target.errors.length > 0) errors++;
    for (const _ in target.values) values++;
  }
  return { values, errors };
}

function exported(): { ruleSet: CompiledRuleSet; ad: string; cloud: string } {
  const root = new URL('../../shared/fixtures/entra-connect-export/', import.meta.url);
  const files = new Map<string, string>();
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.xml')) files.set(name, readFileSync(new URL(encodeURI(name), root), 'utf8'));
  }
  const { rules, metaverseSchema } = importConfiguration(files);
  const result = compileRuleSet(rules, metaverseSchema);
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.rule}: ${p.message}`).join('\n'));
  const connectorOf = (name: string) => rules.find((rule) => rule.name.startsWith(name))?.connector as string;
  return { ruleSet: result.ruleSet, ad: connectorOf('In from AD - User'), cloud: connectorOf('Out to AAD') };
}

function shipped(): { ruleSet: CompiledRuleSet; ad: string; cloud: string } {
  const connectors = [
    { name: 'ad', type: 'active-directory' },
    { name: 'cloud', type: 'entra' },
  ];
  const loaded = loadRules({ outOfBox: outOfBoxRules(), connectors });
  const result = loaded.ok ? compileRuleSet(loaded.rules, loaded.schema) : loaded;
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.rule}: ${p.message}`).join('\n'));
  return { ruleSet: result.ruleSet, ad: 'ad', cloud: 'cloud' };
}

for (const [name, { ruleSet, ad, cloud }] of [
  ['out-of-box', shipped()],
  ['exported', exported()],
] as const) {
  let best = Number.POSITIVE_INFINITY;
  let result = { values: 0, errors: 0 };
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    result = synchronize(ruleSet, ad, cloud);
    best = Math.min(best, performance.now() - start);
  }
  const perSecond = Math.round((population * 1000) / best);
  const held = perSecond >= budget ? 'held' : 'BROKEN';
  console.log(
    `${name.padEnd(11)} ${perSecond.toLocaleString('en').padStart(7)} identities/s, ${((best * 1000) / population).toFixed(1)} us each, ` +
      `${(result.values / population).toFixed(1)} values exported, ${result.errors} errors; budget ${budget.toLocaleString('en')}: ${held}`,
  );
  if (perSecond < budget) process.exitCode = 1;
}
