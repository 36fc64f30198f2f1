/**
 * Whether two expressions do the same. Text cannot tell, since there are many ways to write one thing; so both are
 * evaluated over several hundred made-up objects, which hold the words and numbers that the two expressions ask for.
 * Deterministic. Different results prove a difference; equal ones are evidence, and the report says so.
 */

import type { AttributeValue } from '../../model/value.ts';
import type { EvaluationContext, FlowResult, ObjectView } from '../evaluation.ts';
import { compileExpression } from '../expression/compile.ts';
import { attributesRead } from './write-rule.ts';

const sampleCount = 600;

/** True if the texts are the same but for white space, or gave the same result on every sample. */
export function sameResults(left: string, right: string): boolean {
  if (squeeze(left) === squeeze(right)) return true;
  const a = compileExpression(left, { singleValuesAsLists: true });
  const b = compileExpression(right, { singleValuesAsLists: true });
  if (!a.ok || !b.ok) return false;
  const names = [
    ...new Set([...attributesRead(left), ...attributesRead(right), ...namesInQuotes(left), ...namesInQuotes(right)]),
  ];
  const pools = new Map(names.map((name) => [name, pool(name, `${left} ${right}`)]));
  const random = generator(20_160_503);
  for (let i = 0; i < sampleCount; i++) {
    const view = sample(pools, random);
    if (resultText(a.expression.evaluate(view, context)) !== resultText(b.expression.evaluate(view, context)))
      return false;
  }
  return true;
}

/** White space outside of quotes has no meaning. */
const squeeze = (text: string): string =>
  text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, quoted: string | undefined) => quoted ?? '');
const namesInQuotes = (text: string): string[] =>
  [...text.matchAll(/(?:ImportedValue|ValueCount)\(\s*"([^"]+)"\s*\)/g)].map((m) => m[1] as string);

/** An error is an error: how it is put into words is not what the expression does. */
const resultText = (result: FlowResult): string =>
  result.kind === 'value'
    ? JSON.stringify(result.value === '' ? null : result.value)
    : result.kind === 'null'
      ? 'null'
      : result.kind;

const context: EvaluationContext = {
  parameters: {
    'Connector.ID': '{11111111-1111-1111-1111-111111111111}',
    'Domain.FQDN': 'corp.contoso.com',
    'Domain.Netbios': 'CORP',
    'Domain.LDAP': 'DC=corp,DC=contoso,DC=com',
    'Forest.FQDN': 'contoso.com',
    'Forest.Netbios': 'CONTOSO',
    'Forest.LDAP': 'DC=contoso,DC=com',
  },
  now: () => Date.UTC(2026, 0, 1),
  random: () => 0.5,
  guid: () => '00000000-0000-4000-8000-000000000000',
};

type Random = () => number;

/** A small generator (Mulberry32): the samples must be the same every time, not unpredictable. */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function sample(pools: ReadonlyMap<string, readonly AttributeValue[]>, random: Random): ObjectView {
  const values: Record<string, AttributeValue> = {};
  let count = 0;
  let dn = 'CN=Ana,OU=People,DC=corp,DC=contoso,DC=com';
  for (const [name, candidates] of pools) {
    const value = random() < 0.25 ? undefined : candidates[Math.floor(random() * candidates.length)];
    if (value === undefined) continue;
    if (name === 'dn') dn = String(value);
    else values[name] = value;
    count += Array.isArray(value) ? value.length : 1;
  }
  return {
    dn,
    objectType: 'user',
    values,
    imported: values,
    referenceCount: () => count,
    references: () => [],
    isMemberOf: () => false,
  };
}

const binaries: readonly AttributeValue[] = [
  'AAECAwQFBgcICQoLDA0ODw==',
  'AQUAAAAAAAUVAAAAwM8SUMELJU0m/cWzfAQAAA==',
  'AAEAAgADCgsMDQ4PEBESExQVFhcYGRob',
].map((base64) => ({ base64 }));
const kinds: readonly (readonly [RegExp, (literals: Literals) => readonly AttributeValue[]])[] = [
  [/^(objectGUID|mS-DS-ConsistencyGuid|sourceAnchorBinary|objectSid|.*Sid|.*Hash)$/i, () => binaries],
  [
    /^(userCertificate|userSMIMECertificate|searchableDeviceKey)$/,
    () => [binaries, [binaries[0]], Array(16).fill(binaries[1])] as AttributeValue[],
  ],
  [
    /^(isCriticalSystemObject|.*HideFromAddressLists|cloudSOAExchMailbox|accountEnabled|.*Enabled)$/,
    () => [true, false],
  ],
  [/^pwdLastSet$/, ({ numbers }) => [...numbers, 132568642745385]],
  // A directory keeps it in 32 bits.
  [/^groupType$/, ({ numbers }) => numbers.filter((n) => n >= -(2 ** 31) && n < 2 ** 32)],
  [/^(userAccountControl|memberCount|.*RecipientTypeDetails|.*DisplayType|countryCode)$/, ({ numbers }) => numbers],
  [
    /^(description|url|postOfficeBox|proxyAddresses|otherTelephone|cloudMSExchUserHoldPolicies)$/,
    ({ texts }) => texts.map((text, i) => (i % 3 === 0 ? [text, 'SMTP:ana@contoso.com'] : [text])),
  ],
];

interface Literals {
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
}

function pool(name: string, expressions: string): readonly AttributeValue[] {
  const literals = literalsOf(expressions);
  if (name === 'dn') return literals.texts.map((text) => `CN=Ana${text},OU=People,DC=contoso,DC=com`);
  return (kinds.find(([pattern]) => pattern.test(name))?.[1] ?? (({ texts }) => texts))(literals);
}

function literalsOf(expressions: string): Literals {
  const quoted = [...expressions.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => (m[1] as string).replace(/\\(.)/g, '$1'));
  const numbers = [...expressions.matchAll(/&H([0-9A-Fa-f]+)|-?\b\d{1,12}\b/g)].map((m) =>
    m[1] === undefined ? Number(m[0]) : Number.parseInt(m[1], 16),
  );
  const around = numbers.flatMap((n) => [n, n - 1, n + 1, n * 2]);
  const texts = quoted.flatMap((text) => [text, `${text}x}y`, `x ${text} y@z`, text.toLowerCase()]);
  return {
    texts: [...new Set(['', 'Ana', ' Ana  Bell ', 'ana@contoso.com', 'x'.repeat(460), ...texts])],
    numbers: [...new Set([0, 1, 2, 512, 514, -2147483646, 2147483650, ...around])],
  };
}
