/** What a refused value could be instead, and the change that makes it so. */
import { X509Certificate } from 'node:crypto';
import { isSmtpAddress } from '../../entra/keys.ts';
import { defaultLimits } from '../../entra/limits.ts';
import { propertyRule } from '../../entra/properties.ts';
import { suggestUserPrincipalName } from '../../entra/user-principal-name.ts';
import { bytesOf, isBinary, type Value, valuesOf } from '../../model/value.ts';
import { clouds, type DiagnosisContext } from '../diagnose-context.ts';
import type { Fix } from '../findings/finding.ts';
import { attributesOf, texts } from '../findings/object.ts';
import type { DirectoryChange, LdapValue } from '../fix/action.ts';
import { bulkFix, type DirectoryTarget, directoryFix, sequenceFix, swap, textFix } from '../fix/text.ts';
import type { BadValue } from './values.ts';

export interface Repair {
  readonly suggestion?: string;
  readonly target?: DirectoryTarget;
  /** The fixes for all repairs of one finding. */
  combine(all: readonly Repair[]): Fix[];
}

const none = (text: string): Repair => ({ combine: () => [textFix('What to do', 'directory', text)] });

/** A repair that changes the object it comes from. */
function change(bad: BadValue, title: string, changes: readonly DirectoryChange[], suggestion?: string): Repair {
  const { origin } = bad;
  if (!origin) return none(`${title}. The value is made by a rule of several attributes; correct what it is made of.`);
  return {
    ...(suggestion === undefined ? {} : { suggestion }),
    target: { connector: origin.connector, dn: origin.row.dn, changes },
    combine: (all) => [
      bulkFix(
        title,
        all.flatMap((r) => r.target ?? []),
      ),
    ],
  };
}

export function repair(context: DiagnosisContext, bad: BadValue): Repair {
  switch (bad.code) {
    case 'invalid-upn':
      return principalName(bad);
    case 'federated-domain-change':
      return federated(context, bad);
    case 'too-many-certificates':
      return certificates(context, bad);
    case 'photo-too-large':
      return removed(bad, 'Remove the photo, or replace it by one of less than 100 KB');
    case 'object-too-large':
      return addresses(bad);
    case 'value-too-long':
      return shortened(bad);
    default:
      return cleaned(bad);
  }
}

/** The attribute as the directory has it, if it is one text. */
const stored = (bad: BadValue): string | undefined => {
  const value = bad.origin ? attributesOf(bad.origin.row)[bad.origin.attribute] : undefined;
  return typeof value === 'string' ? value : undefined;
};

function principalName(bad: BadValue): Repair {
  const value = stored(bad);
  const suggestion = value === undefined ? undefined : suggestUserPrincipalName(value.trim(), defaultLimits);
  if (!bad.origin || value === undefined || suggestion === undefined)
    return none(
      `Correct the sign-in name ${bad.value ?? ''}: name@domain, with letters, digits and ' . - _ ! # ^ ~ only.`,
    );
  return change(bad, 'Correct the sign-in name', swap(bad.origin.attribute, value, suggestion), suggestion);
}

/** By way of the initial domain, which is not federated: two changes with a cycle between them. */
function federated(context: DiagnosisContext, bad: BadValue): Repair {
  const value = stored(bad);
  const initial = initialDomainOf(context);
  if (!bad.origin || value === undefined || initial === undefined)
    return none(
      'Change the sign-in name to one of the initial domain (….onmicrosoft.com), synchronize, then to the new name and synchronize again.',
    );
  const step = `${value.slice(0, value.lastIndexOf('@'))}@${initial}`;
  const { connector, row, attribute } = bad.origin;
  const there = directoryFix(`Change it to ${step}`, connector, row.dn, swap(attribute, value, step));
  const wait: Fix = {
    title: 'Let one cycle carry it to the cloud',
    where: 'configuration',
    language: 'causeway',
    text: 'causeway sync',
    applicable: true,
    action: { kind: 'cycle', policy: 'delta' },
  };
  const back = directoryFix(`Change it to ${value}`, connector, row.dn, swap(attribute, step, value));
  const own = sequenceFix(`Move ${value} in two steps, by way of the initial domain`, [there, wait, back]);
  return { suggestion: step, combine: (all) => all.flatMap((r) => (r === all[0] ? [own] : r.combine([r]))) };
}

/** The initial domain as far as a name of it was seen in the cloud. */
function initialDomainOf(context: DiagnosisContext): string | undefined {
  for (const c of clouds(context)) {
    const known = context.facts.initialDomains?.get(c.row.name);
    if (known) return known;
  }
  return undefined;
}

function removed(bad: BadValue, title: string): Repair {
  const attribute = bad.origin?.attribute ?? bad.property;
  return change(bad, title, [{ operation: 'delete', attribute, values: [] }]);
}

/** Expired certificates go; if that is not enough, those that expire first. */
export function surplusCertificates(values: readonly Value[], limit: number, now: number): readonly LdapValue[] {
  const dated = values.filter(isBinary).map((value) => ({ value, until: expiryOf(bytesOf(value)) }));
  const byExpiry = [...dated].sort((a, b) => a.until - b.until);
  const expired = byExpiry.filter((c) => c.until < now).length;
  return byExpiry.slice(0, Math.max(expired, values.length - limit)).map((c) => c.value);
}

/** Which certificates have expired, in words; those that do first if none has. */
export function expiryFacts(values: readonly Value[], now: number): string {
  const dated = values
    .filter(isBinary)
    .map((v) => ({ subject: subjectOf(bytesOf(v)), until: expiryOf(bytesOf(v)) }))
    .sort((a, b) => a.until - b.until);
  const expired = dated.filter((c) => c.until < now);
  const named = (expired.length > 0 ? expired : dated).slice(0, 5);
  const list = named.map(
    (c) => `${c.subject} (${c.until === 0 ? 'unreadable' : new Date(c.until).toISOString().slice(0, 10)})`,
  );
  return `${expired.length === 0 ? 'none has expired; first will' : `${expired.length} have expired, for example`} ${list.join(', ')}`;
}

function subjectOf(bytes: Buffer): string {
  try {
    return new X509Certificate(bytes).subject.replace(/\n/g, ', ');
  } catch (error) {
    if (error instanceof Error) return 'no certificate';
    throw error;
  }
}

/** Epoch milliseconds; what is no certificate counts as long expired. */
function expiryOf(bytes: Buffer): number {
  try {
    return Date.parse(new X509Certificate(bytes).validTo);
  } catch (error) {
    if (error instanceof Error) return 0;
    throw error;
  }
}

function certificates(context: DiagnosisContext, bad: BadValue): Repair {
  const { origin } = bad;
  if (!origin) return none('Remove expired certificates from the object.');
  const values = valuesOf(attributesOf(origin.row)[origin.attribute]);
  const surplus = surplusCertificates(values, defaultLimits.certificates, context.now);
  return change(bad, 'Remove the certificates that have expired or expire first', [
    { operation: 'delete', attribute: origin.attribute, values: surplus },
  ]);
}

/** Secondary addresses beyond the limit go, those that are no mail addresses first. */
function addresses(bad: BadValue): Repair {
  const { origin } = bad;
  if (!origin) return none('Remove superfluous proxy addresses from the object.');
  const all = texts(attributesOf(origin.row), 'proxyAddresses');
  const secondary = all.filter((a) => !a.startsWith('SMTP:'));
  const isMail = (a: string) => (/^smtp:/i.test(a) ? 1 : 0);
  const excess = all.length - (defaultLimits.addressUnits - 32);
  if (excess <= 0) return none('Remove the largest values of the object: photo, certificates, superfluous addresses.');
  const surplus = [...secondary].sort((a, b) => isMail(a) - isMail(b)).slice(0, excess);
  return change(bad, `Remove ${surplus.length} of ${all.length} proxy addresses; look at the list first`, [
    { operation: 'delete', attribute: 'proxyAddresses', values: surplus },
  ]);
}

function shortened(bad: BadValue): Repair {
  if (bad.property === 'userPrincipalName') return principalName(bad);
  const value = stored(bad);
  const limit = propertyRule(bad.property)?.maxLength ?? defaultLimits.stringLength;
  const tooLong = bad.origin
    ? valuesOf(attributesOf(bad.origin.row)[bad.origin.attribute]).filter(
        (v) => typeof v === 'string' && v.length > limit,
      )
    : [];
  if (bad.origin && Array.isArray(attributesOf(bad.origin.row)[bad.origin.attribute]) && tooLong.length > 0)
    return change(bad, `Remove the values of ${bad.origin.attribute} that are too long`, [
      { operation: 'delete', attribute: bad.origin.attribute, values: tooLong as string[] },
    ]);
  if (!bad.origin || value === undefined) return none(`Shorten ${bad.property} to ${limit} characters.`);
  const suggestion = [...value].slice(0, limit).join('').slice(0, limit).trimEnd();
  return change(
    bad,
    `Shorten ${bad.origin.attribute} to ${limit} characters`,
    swap(bad.origin.attribute, value, suggestion),
    suggestion,
  );
}

/** White space, control and invisible characters go; an address that is none even then goes as a whole. */
function cleaned(bad: BadValue): Repair {
  const value = stored(bad);
  if (!bad.origin || value === undefined) return none(`Correct ${bad.property} in the directory.`);
  const { attribute } = bad.origin;
  const isAddress = bad.code === 'invalid-mail' || bad.code === 'invalid-proxy-address';
  const kept = cleanText(value, isAddress, bad.property);
  const isGood = kept !== '' && kept !== value && (!isAddress || isSmtpAddress(kept.replace(/^smtp:/i, '')));
  if (isGood) return change(bad, `Correct ${attribute}`, swap(attribute, value, kept), kept);
  return change(bad, `Clear ${attribute}`, [{ operation: 'delete', attribute, values: [value] }], '');
}

/** Letters that are no other letter with a mark. */
const spellings: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', ø: 'o', ł: 'l', đ: 'd', þ: 'th', œ: 'oe', ð: 'd' },
};

export function cleanText(value: string, isAddress: boolean, property: string): string {
  const visible = value.replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '');
  if (isAddress) {
    const spelled = visible.replace(/[ßæøłđþœð]/gi, (c) => spellings[c.toLowerCase()] ?? c);
    const plain = spelled.replace(/\s/g, '').normalize('NFD').replace(/\p{M}/gu, '');
    return plain
      .replace(/\.+@/, '@')
      .replace(/\.{2,}/g, '.')
      .replace(/^\./, '');
  }
  const trimmed = visible.trim();
  if (property === 'alias') return trimmed.replace(/[\s@()\\[\]";:<>,]/g, '_').replace(/^\.+|\.+$/g, '');
  if (property === 'onPremisesSamAccountName') return trimmed.replace(/[[\\"|,/:<>+=;?*\]']/g, '_');
  return trimmed;
}
