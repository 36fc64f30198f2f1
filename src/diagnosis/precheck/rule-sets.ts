/**
 * The two rule sets of IdFix (operations s.2.4 and 2.5): which checks an attribute goes through, in their order. What was
 * wrong with the originals is mended (s.2.8) and listed in docs/precheck.md.
 */
import { valuesOf } from '../../model/value.ts';
import { commonName } from './exclusions.ts';
import type { Confidence, ErrorName, PrecheckObject, RuleSetName } from './model.ts';
import { extraColon, length, mailAddress, type Step, type StepResult, typedAddress, without } from './steps.ts';

/** Where duplicates are looked for, in the order of the checks. */
export const duplicate = 'duplicate';
type Check = Step | typeof duplicate;

/** What is missing, and what could stand there; undefined if it is not missing. */
type Missing = (object: PrecheckObject) => StepResult | undefined;

export interface AttributeRule {
  readonly attribute: string;
  readonly checks: readonly Check[];
  readonly missing?: Missing;
}

const text = (object: PrecheckObject, name: string): string | undefined => {
  const value = object.attributes[name];
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
};
const isUser = ({ type }: PrecheckObject): boolean => type === 'user' || type === 'inetOrgPerson';

/** Mailbox types of msExchRecipientTypeDetails: user, linked, shared, legacy, room, equipment. */
const mailboxTypes = new Set([1, 2, 4, 8, 16, 32]);
/** IdFix asks for homeMDB, which is not imported unless a rule reads it; other marks of a mailbox count, too. */
export const hasMailbox = (object: PrecheckObject): boolean =>
  object.attributes.homeMDB !== undefined ||
  object.attributes.msExchMailboxGuid !== undefined ||
  mailboxTypes.has(Number(object.attributes.msExchRecipientTypeDetails ?? 0));

const blank = (update: string | undefined, what: string, confidence: Confidence = 'medium'): StepResult => ({
  errors: ['Blank'],
  update: update ?? '',
  confidence: update === undefined ? 'low' : confidence,
  reason: `There is no ${what}.`,
});
const displayNameOf =
  (limit: number, applies: (o: PrecheckObject) => boolean): Missing =>
  (object) =>
    applies(object) && text(object, 'displayName') === undefined
      ? blank(commonName(object).slice(0, limit), 'displayName', 'high')
      : undefined;

const samAccountName: Step = (value, object) => length(isUser(object) ? 20 : 256)(value, object);
const isAscii = /^[\x20-\x7e]*$/;

/** 113 in all, as IdFix has it, and the 64 before and 48 after the @ that it documents but never checked. */
const principalNameLength: Step = (value, object) => {
  const at = value.lastIndexOf('@');
  const whole = length(113)(value, object);
  if (whole) return whole;
  if (at < 0) return undefined;
  const [local, domain] = [value.slice(0, at), value.slice(at + 1)];
  if (local.length <= 64 && domain.length <= 48) return undefined;
  return {
    errors: ['Length'],
    update: `${local.slice(0, 64)}@${domain}`,
    confidence: 'low',
    reason:
      local.length > 64
        ? `There are ${local.length} characters before the @; the limit is 64.`
        : `There are ${domain.length} characters after the @; the limit is 48.`,
  };
};
const principalNameBad = /[\s\\%&*+/=?'{}|<>();:,[\]"äëïöüÿ]/gi;

/** A period at the end or the start: IdFix found it and forgot to say so, and its pattern matched valid values, too. */
const noOuterPeriods: Step = (value) =>
  value.startsWith('.') || value.endsWith('.')
    ? {
        errors: ['Character'],
        update: value.replace(/^\.+/, '').replace(/\.$/, '').replace(/\.+$/, ''),
        confidence: 'high',
        reason: 'It must not begin or end with a period.',
      }
    : undefined;

const multiTenant: readonly AttributeRule[] = [
  {
    attribute: 'displayName',
    checks: [length(255)],
    // IdFix asked every class for a name; what never shows in an address list needs none.
    missing: displayNameOf(255, (o) => isUser(o) || o.type === 'group' || o.type === 'contact'),
  },
  { attribute: 'givenName', checks: [length(63)] },
  { attribute: 'mail', checks: [length(256), duplicate] },
  { attribute: 'mailNickname', checks: [length(64), without(/^\.+/g, 'It must not begin with a period.'), duplicate] },
  { attribute: 'proxyAddresses', checks: [length(256), extraColon, duplicate, typedAddress('proxyAddresses')] },
  { attribute: 'sAMAccountName', checks: [samAccountName, without(/[\\"|,/[\]:<>+=;?*]/g), duplicate] },
  { attribute: 'targetAddress', checks: [length(255), extraColon, duplicate, typedAddress('targetAddress')] },
  {
    attribute: 'userPrincipalName',
    checks: [principalNameLength, without(principalNameBad), mailAddress, duplicate],
  },
];

const dedicated: readonly AttributeRule[] = [
  {
    attribute: 'displayName',
    checks: [length(256), without(/^\s+|\s+$/g, 'It must not begin or end with white space.')],
    missing: displayNameOf(255, (o) => o.type === 'group'),
  },
  { attribute: 'mail', checks: [length(256), without(/\s/g), mailAddress, duplicate] },
  {
    attribute: 'mailNickname',
    checks: [length(64), without(/[\s\\!#$%&*+/=?^`{}|~<>()';:,[\]"@]/g), duplicate, noOuterPeriods],
    missing: (object) =>
      (object.type === 'contact' || isUser(object)) && text(object, 'mailNickname') === undefined
        ? blank(nicknameOf(object), 'mailNickname')
        : undefined,
  },
  {
    attribute: 'proxyAddresses',
    checks: [length(256), extraColon, duplicate, (v, o) => (/^\s*smtp:/i.test(v) ? mailAddress(v, o) : undefined)],
  },
  {
    attribute: 'targetAddress',
    checks: [length(256), (v, o) => (/^\s*smtp:/i.test(v) ? mailAddress(v, o) : undefined), (v, o) => mailMatch(v, o)],
    missing: (object) =>
      (object.type === 'contact' || (isUser(object) && !hasMailbox(object))) &&
      text(object, 'targetAddress') === undefined
        ? blank(targetOf(object), 'targetAddress')
        : undefined,
  },
];

/** Documented, but raised by no version of IdFix: the target of a contact is its mail address. */
const mailMatch: Step = (value, object) => {
  const mail = text(object, 'mail');
  if (object.type !== 'contact' || mail === undefined || value.toLowerCase() === `smtp:${mail.toLowerCase()}`) {
    return undefined;
  }
  return {
    errors: ['MailMatch'],
    update: `SMTP:${mail}`,
    confidence: 'medium',
    reason: `It leads elsewhere than the mail address ${mail}.`,
  };
};

/** `givenName.sn`, otherwise the account name, otherwise the common name; in the letters that a nickname takes. */
function nicknameOf(object: PrecheckObject): string | undefined {
  const [given, family] = [text(object, 'givenName'), text(object, 'sn')];
  const name =
    given !== undefined && family !== undefined
      ? `${given}.${family}`
      : (text(object, 'sAMAccountName') ?? commonName(object));
  const plain = isAscii.test(name) ? name : name.normalize('NFD').replace(/\p{M}/gu, '');
  return plain.replace(/[^A-Za-z0-9._-]/g, '').slice(0, 64) || undefined;
}
const targetOf = (object: PrecheckObject): string | undefined => {
  const mail = text(object, 'mail');
  return mail === undefined || object.type !== 'contact' ? undefined : `SMTP:${mail}`.slice(0, 256);
};

export const ruleSets: Readonly<Record<RuleSetName, readonly AttributeRule[]>> = {
  'multi-tenant': multiTenant,
  dedicated,
};

export interface Checked {
  /** In the order of the checks, each once. */
  readonly errors: readonly ErrorName[];
  readonly update: string;
  readonly confidence: Confidence;
  readonly reasons: readonly string[];
}

/** The value taken through the checks of its attribute; the last one that fails decides on the suggestion. */
export function checkValue(
  rule: AttributeRule,
  value: string,
  object: PrecheckObject,
  isDuplicate: boolean,
): Checked | undefined {
  let update = value;
  let confidence: Confidence | undefined;
  let errors: ErrorName[] | undefined;
  const reasons: string[] = [];
  for (const check of rule.checks) {
    if (check === duplicate) {
      if (isDuplicate) {
        errors = [...(errors ?? []), 'Duplicate'];
        confidence ??= 'low';
      }
      continue;
    }
    const result = check(update, object);
    if (result === undefined) continue;
    errors = [...(errors ?? []), ...result.errors];
    reasons.push(result.reason);
    update = result.update;
    confidence = confidence === 'low' ? 'low' : result.confidence;
  }
  if (errors === undefined) return undefined;
  return { errors: [...new Set(errors)], update, confidence: confidence ?? 'low', reasons };
}

/** The values of an attribute that are text. */
export const textValues = (object: PrecheckObject, attribute: string): readonly string[] => {
  const value = object.attributes[attribute];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : valuesOf(value).filter((v) => typeof v === 'string');
};
