/** The checks of text values: the rule set, invisible and look-alike characters, lengths of the cloud, verified domains. */
import { isSmtpAddress, splitAddress } from '../../entra/keys.ts';
import type { ObjectClass } from '../../entra/objects.ts';
import { propertyRule } from '../../entra/properties.ts';
import { checkUserPrincipalName, suggestUserPrincipalName } from '../../entra/user-principal-name.ts';
import { validateProperty } from '../../entra/validation.ts';
import { splitTyped } from './address.ts';
import { findInvisible, findLookAlikes, toAscii } from './characters.ts';
import type { CheckContext } from './context.ts';
import { keyOf } from './keys.ts';
import type { Confidence, ErrorName, PrecheckObject, Problem } from './model.ts';
import { type AttributeRule, checkValue, ruleSets, textValues } from './rule-sets.ts';

/** Where the values of a directory attribute go, if the cloud calls it otherwise. */
const cloudNames: Readonly<Record<string, string>> = {
  sn: 'surname',
  l: 'city',
  st: 'state',
  co: 'country',
  c: 'countryLetterCode',
  mailNickname: 'alias',
  sAMAccountName: 'onPremisesSamAccountName',
};
export const classOf = (object: PrecheckObject): ObjectClass =>
  object.type === 'group'
    ? 'group'
    : object.type === 'contact'
      ? 'contact'
      : object.type === 'computer'
        ? 'device'
        : 'user';

/** Attributes that identify: a space at an end matters. */
const identity = new Set(
  'displayName mail mailNickname proxyAddresses targetAddress sAMAccountName userPrincipalName'.split(' '),
);
const mailLike = new Set(['mail', 'proxyAddresses', 'targetAddress', 'userPrincipalName', 'mailNickname']);
/** Several lines are usual there; the rules trim and cut the last two. */
const multiLine = new Set(['streetAddress', 'description', 'info']);
const others =
  'givenName sn title department company l st co physicalDeliveryOfficeName streetAddress postalCode telephoneNumber mobile homePhone pager facsimileTelephoneNumber ipPhone initials description info wWWHomePage employeeID extensionAttribute1 extensionAttribute2 extensionAttribute3 extensionAttribute4 extensionAttribute5 extensionAttribute6 extensionAttribute7 extensionAttribute8 extensionAttribute9 extensionAttribute10 extensionAttribute11 extensionAttribute12 extensionAttribute13 extensionAttribute14 extensionAttribute15'.split(
    ' ',
  );

export interface ValueRule {
  readonly rule: AttributeRule;
  /** Most characters of a value in the cloud, by class; undefined if it sets no limit of its own. */
  readonly limit: Readonly<Partial<Record<ObjectClass, number>>>;
}

/** The rules for every attribute that is looked at, those of the rule set first. */
export function valueRules({ options }: CheckContext): ValueRule[] {
  const set = ruleSets[options.rules].filter(
    (r) => !(options.alternateLogin && options.rules === 'multi-tenant' && r.attribute === 'userPrincipalName'),
  );
  const named = new Set(set.map((r) => r.attribute));
  const rest = [...identity, ...others].filter(
    (name) => !named.has(name) && !(name === 'userPrincipalName' && options.alternateLogin),
  );
  return [...set, ...rest.map((attribute) => ({ attribute, checks: [] }))].map((rule) => ({
    rule,
    limit: limitOf(rule),
  }));
}

function limitOf({ attribute }: AttributeRule): ValueRule['limit'] {
  const found = propertyRule(cloudNames[attribute] ?? attribute);
  // The rules cut these themselves (people-inbound.yaml, group-inbound.yaml).
  if (found?.maxLength === undefined || attribute === 'description' || attribute === 'info') return {};
  return Object.fromEntries([...found.classes].map((name) => [name, found.maxLength]));
}

const isPlain = (text: string): boolean => /^[!-~](?:[ -~]*[!-~])?$/.test(text);

/** What is wrong with the values of one attribute. */
export function* checkAttribute(
  object: PrecheckObject,
  valueRule: ValueRule,
  context: CheckContext,
): Generator<Problem> {
  const { rule, limit } = valueRule;
  const most = limit[classOf(object)];
  const held = object.attributes[rule.attribute];
  if (held === undefined || (typeof held === 'string' && held.trim() === '')) {
    if (rule.missing) yield* checkMissing(object, rule);
    return;
  }
  // Nearly all values are plain, short text that no rule looks at.
  if (rule.checks.length === 0 && typeof held === 'string' && isPlain(held) && held.length <= (most ?? 1024)) return;
  for (const value of textValues(object, rule.attribute)) {
    const problem = checkOne(object, valueRule, value, most, context);
    if (problem && !problem.errors.includes('Duplicate')) yield problem;
  }
}

function* checkMissing(object: PrecheckObject, rule: AttributeRule): Generator<Problem> {
  const missing = rule.missing?.(object);
  if (missing === undefined) return;
  yield {
    errors: missing.errors,
    code: 'missing-value',
    attribute: rule.attribute,
    value: '',
    update: missing.update === '' ? undefined : missing.update,
    action: missing.update === '' ? undefined : 'EDIT',
    confidence: missing.confidence,
    reason: missing.reason,
    severity: rule.attribute === 'displayName' ? 'info' : 'warning',
  };
}

/** Everything wrong with one value, duplicates included, as one problem. */
export function checkOne(
  object: PrecheckObject,
  { rule }: ValueRule,
  value: string,
  most: number | undefined,
  context: CheckContext,
): Problem | undefined {
  const { attribute } = rule;
  const key = rule.checks.includes('duplicate') ? keyOf(attribute, value, object) : undefined;
  const isDuplicate = key !== undefined && context.index.isContested(key);
  const checked = checkValue(rule, value, object, isDuplicate);
  const errors: ErrorName[] = [...(checked?.errors ?? [])];
  const reasons = [...(checked?.reasons ?? [])];
  let update = checked?.update ?? value;
  let confidence: Confidence = checked?.confidence ?? 'high';
  const hidden = hiddenIn(attribute, value);
  if (hidden) {
    errors.push('Invisible');
    reasons.push(`It contains ${hidden.found.join(', ')}.`);
    update = checkValue(rule, hidden.cleaned, object, false)?.update ?? hidden.cleaned;
    confidence = 'high';
  }
  const alike = findLookAlikes(value);
  if (alike) {
    errors.push('LookAlike');
    reasons.push(`It contains letters that look like others: ${alike.found.join(', ')}.`);
    update = mailLike.has(attribute) ? toAscii(update) : alike.folded;
    confidence = 'medium';
  }
  if (most !== undefined && value.length > most && !errors.includes('Length')) {
    errors.push('Length');
    reasons.push(`It has ${value.length} characters; the limit of the cloud is ${most}.`);
    update = update.slice(0, most).trimEnd();
    confidence = 'low';
  }
  const name = attribute === 'userPrincipalName' ? checkName(value, errors, reasons, object, context) : undefined;
  if (attribute === 'mail' && errors.length === 0 && !isSmtpAddress(value)) {
    errors.push('Format');
    reasons.push('It is no mail address in plain ASCII.');
    update = toAscii(value);
    confidence = isSmtpAddress(update) ? 'medium' : 'low';
  }
  if (errors.length === 0) return undefined;
  const better = name?.update ?? betterAddress(attribute, value, update, errors);
  // One impostor is one finding, however many parts of the name are forged.
  const root = name?.root ?? (errors.every((e) => e === 'LookAlike') ? `${object.id} look-alikes` : undefined);
  const judged = verdict(object, attribute, value, errors, context);
  return {
    errors: [...new Set(errors)],
    code: codeOf(attribute, errors),
    attribute,
    value,
    ...(better === value ? {} : { update: better, action: 'EDIT' as const }),
    // What only IdFix minds should not be changed without looking.
    confidence: judged.severity === 'info' ? 'low' : (name?.confidence ?? confidence),
    reason: reasons.join(' '),
    ...(root === undefined ? {} : { root }),
    ...judged,
  };
}

function hiddenIn(attribute: string, value: string) {
  if (isPlain(value)) return undefined;
  const hidden = findInvisible(multiLine.has(attribute) ? value.replace(/[\r\n\t]+/g, ' ').trim() : value);
  if (!hidden || identity.has(attribute)) return hidden;
  const found = hidden.found.filter((f) => !f.startsWith('a space at'));
  return found.length === 0 ? undefined : { ...hidden, found };
}

/** Letters outside of ASCII in an address: spelled out rather than dropped. */
function betterAddress(attribute: string, value: string, update: string, errors: readonly ErrorName[]): string {
  if (!mailLike.has(attribute) || /^[\x20-\x7e]*$/.test(value) || errors.includes('Invisible')) return update;
  const spelled = toAscii(value);
  const { kind, rest } = splitTyped(spelled);
  return isSmtpAddress(kind === 'smtp' ? rest : spelled) ? spelled : update;
}

/** A sign-in name: what the cloud refuses, and whether its domain is verified. Adds to errors and reasons. */
function checkName(
  value: string,
  errors: ErrorName[],
  reasons: string[],
  object: PrecheckObject,
  context: CheckContext,
): { readonly update: string; readonly confidence: Confidence; readonly root?: string } | undefined {
  const problem = checkUserPrincipalName(value, context.settings.limits);
  if (problem && errors.length === 0) {
    errors.push(problem.kind === 'length' ? 'Length' : 'Character');
    reasons.push(problem.reason);
  }
  const domain = (splitAddress(value)?.domain ?? '').toLowerCase();
  const isUnverified = problem === undefined && context.isVerified(domain) === false;
  if (isUnverified) {
    errors.push('DomainNotVerified');
    reasons.unshift(`The domain ${domain} is not verified in the tenant.`);
  }
  if (errors.length === 0) return undefined;
  const mine = ownAddress(object, value, context);
  const onlySuffix = errors.every((e) => e === 'DomainNotVerified' || e === 'TopLevelDomain');
  const root = onlySuffix ? { root: `suffix ${domain}` } : {};
  if (mine !== undefined) return { update: mine, confidence: 'high', ...root };
  if (onlySuffix && context.usualDomain !== undefined) {
    const moved = `${splitAddress(value)?.local}@${context.usualDomain}`;
    const isFree = !context.index.isTaken(`smtp:${moved.toLowerCase()}`, object.identity);
    return { update: isFree ? moved : value, confidence: isFree ? 'medium' : 'low', ...root };
  }
  const suggested = problem && suggestUserPrincipalName(toAscii(value), context.settings.limits);
  if (suggested !== undefined) return { update: suggested, confidence: 'medium', ...root };
  return onlySuffix ? { update: value, confidence: 'low', ...root } : undefined;
}

/** The mail address of the object itself, if it could be its sign-in name: people know it by heart. */
export function ownAddress(object: PrecheckObject, value: string, context: CheckContext): string | undefined {
  const primary = textValues(object, 'proxyAddresses')
    .find((v) => v.startsWith('SMTP:'))
    ?.slice(5);
  return [primary, ...textValues(object, 'mail')].find((address) => {
    if (address === undefined || address.toLowerCase() === value.toLowerCase()) return false;
    const isGood = checkUserPrincipalName(address, context.settings.limits) === undefined;
    const isKnown = context.isVerified(splitAddress(address)?.domain ?? '') !== false;
    return isGood && isKnown && !context.index.isTaken(`smtp:${address.toLowerCase()}`, object.identity);
  });
}

function codeOf(attribute: string, errors: readonly ErrorName[]): string {
  const only = (...names: readonly ErrorName[]) => errors.every((e) => names.includes(e));
  if (only('Length')) return 'value-too-long';
  if (only('MailMatch')) return 'mail-target-mismatch';
  switch (attribute) {
    case 'userPrincipalName':
      return only('TopLevelDomain', 'DomainNotVerified') ? 'unroutable-upn-suffix' : 'invalid-upn';
    case 'mail':
      return 'invalid-mail';
    case 'proxyAddresses':
    case 'targetAddress':
      return 'invalid-proxy-address';
    default:
      return 'invalid-characters';
  }
}

/** What the cloud would say: refused is an error, lost or changed a warning, everything else only good to know. */
function verdict(
  object: PrecheckObject,
  attribute: string,
  value: string,
  errors: readonly ErrorName[],
  { settings }: CheckContext,
): Pick<Problem, 'severity' | 'errorCode'> {
  const name = cloudNames[attribute] ?? attribute;
  const rule = propertyRule(name);
  const sent = rule?.multiValued ? [value] : value;
  const refusal = rule?.classes.has(classOf(object))
    ? validateProperty(name, sent, classOf(object), settings)
    : undefined;
  if (refusal) return { severity: 'error', errorCode: refusal.code };
  if (attribute === 'proxyAddresses') {
    const { kind, prefix, rest } = splitTyped(value);
    const isLost = prefix === '' || (kind === 'smtp' && !isSmtpAddress(rest));
    return { severity: isLost ? 'error' : 'warning' };
  }
  if (errors.some((e) => e === 'Invisible' || e === 'LookAlike' || e === 'DomainNotVerified'))
    return { severity: 'warning' };
  return { severity: 'info' };
}
