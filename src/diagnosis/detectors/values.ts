/** Section B: values that the cloud refuses for what they are. One finding for each kind of mistake in one attribute. */

import { defaultLimits } from '../../entra/limits.ts';
import { checkUserPrincipalName } from '../../entra/user-principal-name.ts';
import {
  counted,
  type Detector,
  type DiagnosisContext,
  firstSeen,
  groupBy,
  lastSeen,
  type StoredError,
  storedErrors,
} from '../diagnose-context.ts';
import type { CaseCode } from '../findings/cases.ts';
import type { FindingFacts } from '../findings/finding.ts';
import { attributesOf, nameOf, objectOf, text, wantedAttributes } from '../findings/object.ts';
import { isTooManyMembers } from './large-groups.ts';
import { type Origin, originOf } from './origin.ts';
import { repair } from './value-fixes.ts';

/** One refused value with the place in the directory that it comes from. */
export interface BadValue {
  readonly error: StoredError;
  readonly code: CaseCode;
  /** Property of the cloud. */
  readonly property: string;
  /** What was to be written; undefined for an attribute that is no text. */
  readonly value: string | undefined;
  readonly origin: Origin | undefined;
  /** Equal for values that suffer from the same mistake. */
  readonly mistake: string;
}

const codes: ReadonlySet<string> = new Set([
  'IdentityDataValidationFailed',
  'DataValidationFailed',
  'ExceededAllowedLength',
  'LargeObject',
  'FederatedDomainChangeError',
]);

export const values: Detector = {
  name: 'values',
  detect(context) {
    const bad = storedErrors(context, 'export')
      .filter((e) => codes.has(e.code) && !isTooManyMembers(e))
      .flatMap((e) => badValue(context, e) ?? []);
    return [...groupBy(bad, (b) => [b.code, b.property, b.mistake].join('\0')).values()].map((group) =>
      findingOf(context, group),
    );
  },
};

function badValue(context: DiagnosisContext, error: StoredError): BadValue | undefined {
  const row = context.store.cs.get(error.cs);
  if (!row) return undefined;
  const property = propertyOf(error);
  const wanted = wantedAttributes(context, row);
  const value = text(wanted, property) ?? error.facts.AttributeConflictValues;
  return {
    error,
    code: caseOf(error.code, property),
    property,
    value,
    origin: originOf(context, row, property),
    mistake: mistakeOf(error, property, value),
  };
}

/** The property in the spelling of the connector space: the errors of identities write it with a capital. */
function propertyOf(error: StoredError): string {
  const named = error.attribute ?? error.facts.AttributeConflictName ?? '';
  if (error.code === 'FederatedDomainChangeError') return 'userPrincipalName';
  if (error.code === 'LargeObject' && named === '') return 'proxyAddresses';
  return named.charAt(0).toLowerCase() + named.slice(1);
}

function caseOf(code: string, property: string): CaseCode {
  switch (code) {
    case 'IdentityDataValidationFailed':
      return 'invalid-upn';
    case 'FederatedDomainChangeError':
      return 'federated-domain-change';
    case 'LargeObject':
      if (property === 'thumbnailPhoto') return 'photo-too-large';
      return /certificate$/i.test(property) ? 'too-many-certificates' : 'object-too-large';
    case 'ExceededAllowedLength':
      return 'value-too-long';
    default:
      if (property === 'userPrincipalName') return 'invalid-upn';
      if (property === 'mail') return 'invalid-mail';
      return property === 'proxyAddresses' || property === 'targetAddress'
        ? 'invalid-proxy-address'
        : 'invalid-characters';
  }
}

function mistakeOf(error: StoredError, property: string, value: string | undefined): string {
  if (property === 'userPrincipalName' && value !== undefined) {
    const problem = checkUserPrincipalName(value, defaultLimits);
    return problem?.position === undefined ? (problem?.reason ?? '') : `character ${value.charAt(problem.position)}`;
  }
  // What the object itself adds to the sentence would make every mistake one of its own.
  return error.message
    .replace(/ Value: .*$/s, '')
    .replace(/ Tracking Id: .*$/s, '')
    .replace(/\d+/g, 'n');
}

function findingOf(context: DiagnosisContext, group: readonly BadValue[]): FindingFacts {
  const first = group[0] as BadValue;
  const rows = group.map((b) => ({ bad: b, row: b.origin?.row ?? context.store.cs.get(b.error.cs) }));
  const repaired = group.map((b) => repair(context, b));
  const objects = rows.flatMap(({ bad, row }, i) =>
    row
      ? [
          objectOf(context, row, 'incoming', {
            ...(bad.value === undefined ? {} : { value: bad.value }),
            ...(!repaired[i]?.suggestion ? {} : { suggestion: repaired[i].suggestion }),
          }),
        ]
      : [],
  );
  const attribute = first.origin?.attribute ?? first.property;
  const who = objects[0] ? nameOf(objects[0]) : 'An object';
  const others = group.length > 1 ? ` The same mistake is in ${counted(group.length - 1, 'other object')}.` : '';
  return {
    code: first.code,
    root: [first.property, first.mistake].join('|'),
    errorCode: first.error.code,
    attribute,
    value: first.value,
    summary: `${who}: ${sentence(first)} The cloud refuses the object until it is corrected.${others}`,
    objects,
    affected: group.length,
    evidence: group.slice(0, 5).flatMap((b) => [
      { source: 'export', fact: b.error.message },
      ...(b.origin
        ? [
            {
              source: `connector space of ${b.origin.connector}`,
              fact: `${b.origin.attribute} of ${b.origin.row.dn} (rule "${b.origin.rule}"): ${described(b)}`,
            },
          ]
        : []),
    ]),
    fix: repaired.length === 0 ? [] : (repaired[0]?.combine(repaired) ?? []),
    firstSeen: firstSeen(group.map((b) => b.error)),
    lastSeen: lastSeen(group.map((b) => b.error)),
  };
}

/** The value with the bad part marked, or how big it is. */
function described(bad: BadValue): string {
  const { value, property, origin } = bad;
  if (value === undefined) {
    const stored = origin ? attributesOf(origin.row)[origin.attribute] : undefined;
    if (bad.code === 'object-too-large' && origin) return heaviest(attributesOf(origin.row));
    return Array.isArray(stored)
      ? counted(stored.length, 'value')
      : `${JSON.stringify(stored ?? null).length} characters`;
  }
  if (bad.code === 'object-too-large' && origin) return heaviest(attributesOf(origin.row));
  if (marksText.has(bad.code)) return marked(value, bad.code);
  const problem = property === 'userPrincipalName' ? checkUserPrincipalName(value, defaultLimits) : undefined;
  if (problem?.position === undefined) return value;
  return `${value.slice(0, problem.position)}[${value.charAt(problem.position)}]${value.slice(problem.position + 1)}`;
}

const marksText: ReadonlySet<string> = new Set(['invalid-mail', 'invalid-proxy-address', 'invalid-characters']);
/** What no address has outside of quotes, and what no nickname has (entra-directory s.4.1). */
const badInAddress = /[\s()\\[\]",:;<>\u0000-\u001f\u007f-\uffff]/g;
const badInName = /[\s@()\\[\]",:;<>\u0000-\u001f\u007f-\uffff]/g;

/** The text with every character in brackets that cannot stand there. */
function marked(value: string, code: string): string {
  const [prefix] = /^(?:smtp|sip|x500|eum):/i.exec(value) ?? [''];
  const rest = value.slice(prefix.length);
  const isAddress = code !== 'invalid-characters';
  const shown = rest.replace(isAddress ? badInAddress : badInName, (c) => `[${c}]`);
  return `${prefix}${shown}${isAddress && !rest.includes('@') ? ' (there is no @)' : ''}`;
}

/** The three attributes with most bytes. */
function heaviest(attributes: Readonly<Record<string, unknown>>): string {
  const weights = Object.entries(attributes)
    .map(([name, v]) => ({ name, n: Array.isArray(v) ? v.length : 1, bytes: JSON.stringify(v).length }))
    .sort((a, b) => b.bytes - a.bytes);
  return `what weighs most: ${weights
    .slice(0, 3)
    .map((w) => `${w.name} (${counted(w.n, 'value')}, ${w.bytes} bytes)`)
    .join(', ')}`;
}

function sentence(bad: BadValue): string {
  const { error, code, value, property } = bad;
  if (code === 'invalid-upn' && value !== undefined) {
    const problem = checkUserPrincipalName(value, defaultLimits);
    return `the sign-in name ${value} is not valid. ${problem?.reason ?? ''}`.trim();
  }
  if (code === 'federated-domain-change')
    return `the sign-in name ${value ?? ''} would move from one federated domain to another in one step.`;
  const plain = error.message.replace(/ Tracking Id: .*$/s, '').trim();
  return `${property} is refused. ${plain}`;
}
