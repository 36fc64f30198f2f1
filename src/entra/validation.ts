/** What the cloud refuses of the values themselves (entra-directory s.4.1 to 4.3). The first problem is reported. */
import {
  type Attributes,
  type AttributeValue,
  bytesOf,
  isBinary,
  isReference,
  type Value,
  valuesOf,
} from '../model/value.ts';
import { isCountryCode } from './country-codes.ts';
import { type RuleError, ruleError } from './errors.ts';
import { isSmtpAddress, parseProxyAddress } from './keys.ts';
import type { CloudObject, ObjectClass } from './objects.ts';
import { isDirectoryExtension, type PropertyRule, propertyRule } from './properties.ts';
import type { RuleSettings } from './settings.ts';
import { propertyValue, textValue } from './shadow.ts';
import { checkUserPrincipalName } from './user-principal-name.ts';

export { isCountryCode } from './country-codes.ts';

type Changes = Readonly<Record<string, AttributeValue | null>>;

/** Properties that the engine may send and that are no properties: the name in its connector space. */
const ignored = new Set(['dn', 'objectclass']);
const isIgnored = (name: string): boolean => name.length < 12 && ignored.has(name.toLowerCase());
/** Whether the property is to be kept: known, or a directory extension. */
export const isKept = (name: string): boolean =>
  !isIgnored(name) && (propertyRule(name) !== undefined || isDirectoryExtension(name));

/** The first thing wrong with what was sent, for an object of this class; undefined if all is well. */
export function validateChanges(
  changes: Changes,
  objectClass: ObjectClass,
  settings: RuleSettings,
): RuleError | undefined {
  for (const [name, value] of Object.entries(changes)) {
    const error = validateProperty(name, value, objectClass, settings);
    if (error !== undefined) return error;
  }
  return undefined;
}

/** What is wrong with one property; undefined if nothing is. */
export function validateProperty(
  name: string,
  value: AttributeValue | null,
  objectClass: ObjectClass,
  settings: RuleSettings,
): RuleError | undefined {
  if (isIgnored(name)) return undefined;
  if (isDirectoryExtension(name)) return validateExtension(name, value, settings);
  const rule = propertyRule(name);
  if (rule === undefined || !rule.classes.has(objectClass)) {
    if (settings.unknownProperty === 'ignore') return undefined;
    return invalid(name, `There is no property of this name for a ${objectClass}.`);
  }
  if (value === null) return validateClearing(rule);
  return (
    validateShape(rule, name, value, settings) ??
    (specific[rule.name]?.(value, settings, objectClass) as RuleError | undefined)
  );
}

/** Properties that never lose their value (entra-directory s.4.2). */
function validateClearing(rule: PropertyRule): RuleError | undefined {
  return rule.name === 'displayName' || rule.name === 'usageLocation'
    ? invalid(rule.name, 'It cannot be cleared once it has a value.')
    : undefined;
}

function validateShape(
  rule: PropertyRule,
  name: string,
  value: AttributeValue,
  settings: RuleSettings,
): RuleError | undefined {
  if (rule.type === 'reference') return invalid(name, 'It is a reference; references are sent as links.');
  if (Array.isArray(value) && !rule.multiValued) return invalid(name, 'It takes one value only.');
  const values = valuesOf(value);
  for (const one of values) {
    const problem = typeProblem(rule, one);
    if (problem !== undefined) return invalid(name, problem);
    const length = sizeOf(one);
    const limit = rule.maxLength ?? (rule.type === 'string' ? settings.limits.stringLength : undefined);
    if (limit !== undefined && length > limit && !specificLength.has(rule.name)) return tooLong(name, limit, length);
  }
  return undefined;
}

/** Their own checks know the limits. */
const specificLength = new Set([
  'sourceAnchor',
  'userPrincipalName',
  'proxyAddresses',
  'thumbnailPhoto',
  'onPremisesDistinguishedName',
]);

function typeProblem(rule: PropertyRule, value: Value): string | undefined {
  const type = rule.type;
  if (type === 'string') return typeof value === 'string' ? undefined : 'It takes text.';
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'It takes true or false.';
  if (type === 'integer') {
    return typeof value === 'number' || (typeof value === 'object' && 'int' in value)
      ? undefined
      : 'It takes a number.';
  }
  // Base64 text is taken for bytes, because not every source knows the difference.
  return isBinary(value) || typeof value === 'string' ? undefined : 'It takes bytes.';
}

/** Characters of text, bytes of binary values. */
function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  return isBinary(value) ? byteLength(value.base64) : 0;
}
const byteLength = (base64: string) => Math.floor((base64.replace(/=+$/, '').length * 3) / 4);

type Check = (value: AttributeValue, settings: RuleSettings, objectClass: ObjectClass) => RuleError | undefined;
const ofText =
  (name: string, check: (text: string) => string | undefined): Check =>
  (value) => {
    const reason = typeof value === 'string' ? check(value) : undefined;
    return reason === undefined ? undefined : invalid(name, reason, String(value));
  };

const specific: Readonly<Record<string, Check>> = {
  userPrincipalName: checkUpn,
  displayName: ofText('displayName', (text) => (text.trim() === '' ? 'It must not be empty.' : undefined)),
  mail: ofText('mail', (text) => (isSmtpAddress(text) ? undefined : 'It is not a mail address in plain ASCII.')),
  targetAddress: ofText('targetAddress', checkTargetAddress),
  alias: ofText('alias', checkAlias),
  usageLocation: ofText('usageLocation', (text) =>
    isCountryCode(text) ? undefined : 'It is not an ISO 3166 country code.',
  ),
  preferredLanguage: ofText('preferredLanguage', (text) =>
    /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}$/.test(text) ? undefined : 'It is not a language such as en or en-US.',
  ),
  userType: ofText('userType', (text) => (/^(member|guest)$/i.test(text) ? undefined : 'It is Member or Guest.')),
  onPremisesSamAccountName: (value, _, objectClass) => checkSamAccountName(value, objectClass),
  proxyAddresses: (value, settings) => {
    const long = valuesOf(value).find((v) => typeof v === 'string' && v.length > settings.limits.proxyAddressLength);
    return long === undefined
      ? undefined
      : tooLong('proxyAddresses', settings.limits.proxyAddressLength, String(long).length);
  },
  thumbnailPhoto: (value, settings) => {
    const size = isBinary(value) ? bytesOf(value).length : 0;
    return size > settings.limits.photoBytes ? tooLarge('thumbnailPhoto', settings.limits.photoBytes, size) : undefined;
  },
  userCertificate: countCertificates('userCertificate'),
  userSMIMECertificate: countCertificates('userSMIMECertificate'),
};

function checkUpn(value: AttributeValue, settings: RuleSettings): RuleError | undefined {
  if (settings.invalidUserPrincipalName === 'fallback' || typeof value !== 'string') return undefined;
  const problem = checkUserPrincipalName(value, settings.limits);
  if (problem === undefined) return undefined;
  if (problem.kind === 'length') return tooLong('userPrincipalName', problem.limit ?? 0, problem.actual ?? 0);
  return ruleError('IdentityDataValidationFailed', {
    attribute: 'UserPrincipalName',
    values: [value],
    reason: problem.reason,
  });
}

/** mailNickname (entra-directory s.4.2). */
export function checkAlias(alias: string): string | undefined {
  const bad = [...alias].find((c) => c <= ' ' || c > '~' || '@()\\[]";:<>,'.includes(c));
  if (bad !== undefined) return `The character '${bad}' is not allowed.`;
  return alias.startsWith('.') || alias.endsWith('.') ? 'It must not start or end with a dot.' : undefined;
}

function checkTargetAddress(text: string): string | undefined {
  const parsed = parseProxyAddress(text);
  const address = parsed?.prefix.toUpperCase() === 'SMTP' ? parsed.address : text;
  return isSmtpAddress(address) ? undefined : 'It is not a mail address in plain ASCII.';
}

/** sAMAccountName: 20 characters for users; groups may have longer ones in a directory. */
function checkSamAccountName(value: AttributeValue, objectClass: ObjectClass): RuleError | undefined {
  const name = 'onPremisesSamAccountName';
  if (typeof value !== 'string') return undefined;
  const limit = objectClass === 'user' ? 20 : 256;
  if (value.length > limit) return tooLong(name, limit, value.length);
  const bad = [...value].find((c) => '[\\"|,/:<>+=;?*]\''.includes(c));
  return bad === undefined ? undefined : invalid(name, `The character '${bad}' is not allowed.`, value);
}

function countCertificates(name: string): Check {
  return (value, settings) => {
    const count = valuesOf(value).length;
    return count > settings.limits.certificates ? tooLarge(name, settings.limits.certificates, count) : undefined;
  };
}

function validateExtension(name: string, value: AttributeValue | null, settings: RuleSettings): RuleError | undefined {
  if (value === null) return undefined;
  for (const one of valuesOf(value)) {
    if (isReference(one)) return invalid(name, 'A directory extension takes no reference.');
    const limit = settings.limits[isBinary(one) ? 'directoryExtensionBytes' : 'directoryExtensionLength'];
    if (sizeOf(one) > limit) return tooLong(name, limit, sizeOf(one));
  }
  return undefined;
}

/**
 * Weight of an object in units of one proxy address: calibrated so that 332 addresses fit on an otherwise empty user,
 * 329 beside an alias and ten certificates, 311 beside four more subscriptions (entra-directory s.4.2). The real weights
 * are not published [U].
 */
export function addressUnits(shadow: Attributes, subscriptions: number): number {
  const count = (name: string) => valuesOf(propertyValue(shadow, name)).length;
  const alias = textValue(shadow, 'alias') === undefined ? 0 : 0.5;
  const certificates = (count('userCertificate') + count('userSMIMECertificate')) * 0.25;
  return count('proxyAddresses') + alias + certificates + subscriptions * 5.25;
}

/** Bytes of all values: characters of text, four thirds of nothing, eight for a number, one for a boolean. */
export function objectBytes(shadow: Attributes): number {
  let bytes = 0;
  for (const value of Object.values(shadow)) {
    for (const one of valuesOf(value)) {
      if (typeof one === 'string') bytes += Buffer.byteLength(one);
      else if (isBinary(one)) bytes += byteLength(one.base64);
      else bytes += typeof one === 'boolean' ? 1 : 8;
    }
  }
  return bytes;
}

/** What is wrong with the object as a whole, as it will be; undefined if nothing is (entra-directory s.4.2 and 4.3). */
export function validateObject(
  objectClass: ObjectClass,
  shadow: Attributes,
  target: CloudObject | undefined,
  settings: RuleSettings,
): RuleError | undefined {
  const { limits } = settings;
  if (
    objectClass !== 'device' &&
    textValue(shadow, 'displayName') === undefined &&
    typeof target?.graph.displayName !== 'string'
  ) {
    return invalid('displayName', 'It is required.');
  }
  const units = addressUnits(shadow, target?.subscriptions ?? 0);
  if (units > limits.addressUnits) return tooLarge('proxyAddresses', limits.addressUnits, Math.ceil(units));
  const extensions = Object.keys(shadow).filter(isDirectoryExtension).length;
  if (extensions > limits.directoryExtensions) {
    return ruleError('ExceededAllowedLength', {
      attribute: 'directory extensions',
      limit: limits.directoryExtensions,
      actual: extensions,
    });
  }
  if (limits.objectBytes === 0) return undefined;
  const bytes = objectBytes(shadow);
  return bytes > limits.objectBytes
    ? ruleError('LargeObject', { limit: limits.objectBytes, actual: bytes })
    : undefined;
}

export const invalid = (attribute: string, reason: string, value?: string): RuleError =>
  ruleError('DataValidationFailed', { attribute, reason, ...(value === undefined ? {} : { values: [value] }) });
const tooLong = (attribute: string, limit: number, actual: number): RuleError =>
  ruleError('ExceededAllowedLength', { attribute, limit, actual });
const tooLarge = (attribute: string, limit: number, actual: number): RuleError =>
  ruleError('LargeObject', { attribute, limit, actual });
