/**
 * What the cloud makes of mail data: proxyAddresses, mail and mailNickname are computed from what the directory sent
 * (the shadow values), licences and verified domains (entra-directory s.2.2 and 2.4, sync-engine s.4.6).
 */
import type { Attributes } from '../model/value.ts';
import {
  addressKey,
  isPrimarySmtp,
  isSmtp,
  isSmtpAddress,
  parseProxyAddress,
  primarySmtp,
  smtpKey,
  splitAddress,
} from './keys.ts';
import type { Licence, ObjectClass } from './objects.ts';
import { isVerifiedDomain, type RuleSettings } from './settings.ts';
import { integerOf, textsOf, textValue } from './shadow.ts';

export type DropReason =
  | 'no-prefix'
  | 'invalid-address'
  | 'legacy-protocol'
  | 'reserved-suffix'
  | 'unverified-domain'
  | 'duplicate'
  | 'withheld';
export interface DroppedAddress {
  readonly value: string;
  readonly reason: DropReason;
}

const legacyPrefixes = new Set(['MSMAIL', 'MS', 'X400', 'CCMAIL']);

/** Suffixes that belong to the cloud; from a directory they are discarded (entra-directory s.2.2). */
export const hasReservedSuffix = (domain: string): boolean => /(^|\.)(onmicrosoft|microsoftonline)\.com$/i.test(domain);

/** Recipients of Exchange Online although they have no licence: shared and resource mailboxes (sync-engine s.4.6). */
const sharedRecipientTypes = new Set([0, 2, 7, 8, 10, 15, 16, 17, 18, 1073741824, 1073741840]);

/** Whether Exchange Online serves the user: by licence, as a remote mailbox, or as a shared resource. */
export function isExchangeRecipient(shadow: Attributes, licence: Licence | undefined): boolean {
  if (licence === 'exchange' || integerOf(shadow, 'msExchRemoteRecipientType') !== undefined) return true;
  const displayType = integerOf(shadow, 'cloudMSExchRecipientDisplayType');
  return displayType !== undefined && sharedRecipientTypes.has(displayType);
}

export interface Sanitised {
  readonly kept: readonly string[];
  readonly dropped: readonly DroppedAddress[];
}

/**
 * The proxy addresses that survive (entra-directory s.2.2): well-formed, of a living protocol, not in a suffix of the
 * cloud; with `verifiedOnly` also not in a domain that the tenant has not verified. At most one stays primary.
 * Contacts keep addresses in the cloud suffixes of other tenants, because theirs are addresses of strangers [U].
 */
export function sanitiseAddresses(
  values: readonly string[],
  objectClass: ObjectClass,
  settings: RuleSettings,
  verifiedOnly: boolean,
): Sanitised {
  const kept = new Map<string, string>();
  const dropped: DroppedAddress[] = [];
  let primarySeen = false;
  // Primary ones first, so that SMTP:a and smtp:a together are the primary a.
  for (const value of [...values.filter(isPrimarySmtp), ...values.filter((v) => !isPrimarySmtp(v))]) {
    const reason = refuseAddress(value, objectClass, settings, verifiedOnly);
    if (reason !== undefined) dropped.push({ value, reason });
    else if (kept.has(addressKey(value))) dropped.push({ value, reason: 'duplicate' });
    else {
      const demoted = isPrimarySmtp(value) && primarySeen;
      primarySeen ||= isPrimarySmtp(value);
      kept.set(addressKey(value), demoted ? `smtp:${value.slice(5)}` : value);
    }
  }
  return { kept: [...kept.values()], dropped };
}

function refuseAddress(
  value: string,
  objectClass: ObjectClass,
  settings: RuleSettings,
  verifiedOnly: boolean,
): DropReason | undefined {
  const parsed = parseProxyAddress(value);
  if (parsed === undefined) return 'no-prefix';
  if (legacyPrefixes.has(parsed.prefix.toUpperCase())) return 'legacy-protocol';
  if (!isSmtp(value)) return undefined;
  if (!isSmtpAddress(parsed.address)) return 'invalid-address';
  return refuseDomain(parsed.address, objectClass, settings, verifiedOnly);
}

function refuseDomain(
  address: string,
  objectClass: ObjectClass,
  settings: RuleSettings,
  verifiedOnly: boolean,
): DropReason | undefined {
  const domain = splitAddress(address)?.domain ?? '';
  const own = domain.toLowerCase() === settings.initialDomain.toLowerCase();
  if (own || (objectClass !== 'contact' && hasReservedSuffix(domain))) return 'reserved-suffix';
  return verifiedOnly && !isVerifiedDomain(settings, domain) ? 'unverified-domain' : undefined;
}

const nicknameLength = 64;
/** The text without the characters that an alias must not have, at most 64 long; undefined if nothing is left. */
export function toNickname(text: string): string | undefined {
  const cleaned = text.replace(/[^\x21-\x7e]|[@()\\[\]";:<>,]/g, '').slice(0, nicknameLength);
  return stripDots(cleaned) || undefined;
}
function stripDots(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text[from] === '.') from++;
  while (to > from && text[to - 1] === '.') to--;
  return text.slice(from, to);
}

/**
 * mailNickname when an object first comes (entra-directory s.2.4): what the directory calls it, or the first part of the
 * primary address, of mail, of the sign-in name, of the first other address. Groups without any of these take their
 * name [U]. Later it changes only if the directory's own value does.
 */
export function calculateMailNickname(shadow: Attributes): string | undefined {
  const proxies = textsOf(shadow, 'proxyAddresses');
  const secondary = proxies.find((v) => isSmtp(v) && !isPrimarySmtp(v))?.slice(5);
  const prefixOf = (address: string | undefined) =>
    address === undefined
      ? undefined
      : toNickname(address.slice(0, address.includes('@') ? address.lastIndexOf('@') : undefined));
  return (
    textValue(shadow, 'alias') ??
    prefixOf(primarySmtp(proxies)) ??
    prefixOf(textValue(shadow, 'mail')) ??
    prefixOf(textValue(shadow, 'userPrincipalName')) ??
    prefixOf(secondary) ??
    toNickname(textValue(shadow, 'commonName') ?? textValue(shadow, 'displayName') ?? '')
  );
}

export interface ProxyInputs {
  readonly objectClass: ObjectClass;
  readonly shadow: Attributes;
  /** Effective sign-in name; users only. */
  readonly userPrincipalName?: string | undefined;
  readonly licence?: Licence | undefined;
  /** The routing address the object has already. */
  readonly moera?: string | undefined;
  /** Keys of addresses that belong to others and are set aside (entra-directory s.2.3). */
  readonly withheld: ReadonlySet<string>;
  /** Gives the object a routing address that nobody has. Called at most once. */
  allocateMoera(): string | undefined;
}
export interface ProxyResult {
  /** The primary first. */
  readonly proxyAddresses: readonly string[];
  readonly mail: string | undefined;
  readonly moera: string | undefined;
  readonly dropped: readonly DroppedAddress[];
}

/** Effective proxyAddresses and mail (entra-directory s.2.4, steps 1 to 7). */
export function calculateProxyAddresses(inputs: ProxyInputs, settings: RuleSettings): ProxyResult {
  return inputs.objectClass === 'user' ? calculateOfUser(inputs, settings) : calculateOfOthers(inputs, settings);
}

function calculateOfUser(inputs: ProxyInputs, settings: RuleSettings): ProxyResult {
  const { shadow, userPrincipalName: upn } = inputs;
  const exchange = isExchangeRecipient(shadow, inputs.licence);
  const sent = textsOf(shadow, 'proxyAddresses');
  const mail = textValue(shadow, 'mail');
  const { kept, dropped } = survivors(inputs, settings, exchange);
  let primary = primarySmtp(kept);
  const secondaries = kept.filter((v) => isSmtp(v) && !isPrimarySmtp(v)).map((v) => v.slice(5));
  // Presence of proxyAddresses masks mail, presence of either masks the sign-in name.
  if (primary === undefined && sent.length === 0) {
    if (mail !== undefined) primary = mailAsPrimary(mail, inputs, settings, exchange, dropped);
    else if (exchange && upn !== undefined && !inputs.withheld.has(smtpKey(upn))) primary = upn;
  }
  // Once given, the routing address stays, also without a licence: it becomes primary where no other is.
  const onlySecondaries = primary === undefined && secondaries.length > 0;
  const moera = inputs.moera ?? (exchange || onlySecondaries ? inputs.allocateMoera() : undefined);
  primary ??= moera;
  const own = upn !== undefined && (exchange || onlySecondaries) ? [upn] : [];
  const more = [...secondaries, ...own, ...(moera === undefined ? [] : [moera])];
  const free = more.filter((address) => !inputs.withheld.has(smtpKey(address)));
  return assemble(primary, free, kept, moera, dropped);
}

/** Groups and contacts: what was sent, with mail as the primary where there is none [U: s.2.4 speaks of users only]. */
function calculateOfOthers(inputs: ProxyInputs, settings: RuleSettings): ProxyResult {
  const { kept, dropped } = survivors(inputs, settings, false);
  const mail = textValue(inputs.shadow, 'mail');
  let primary = primarySmtp(kept);
  if (primary === undefined && mail !== undefined && textsOf(inputs.shadow, 'proxyAddresses').length === 0) {
    primary = mailAsPrimary(mail, inputs, settings, false, dropped);
  }
  const secondaries = kept.filter((v) => isSmtp(v) && !isPrimarySmtp(v)).map((v) => v.slice(5));
  return assemble(primary, secondaries, kept, undefined, dropped);
}

function survivors(inputs: ProxyInputs, settings: RuleSettings, verifiedOnly: boolean) {
  const sent = textsOf(inputs.shadow, 'proxyAddresses');
  const sanitised = sanitiseAddresses(sent, inputs.objectClass, settings, verifiedOnly);
  const dropped: DroppedAddress[] = [...sanitised.dropped];
  const kept = sanitised.kept.filter((value) => {
    if (!inputs.withheld.has(addressKey(value))) return true;
    dropped.push({ value, reason: 'withheld' });
    return false;
  });
  return { kept, dropped };
}

function mailAsPrimary(
  mail: string,
  inputs: ProxyInputs,
  settings: RuleSettings,
  verifiedOnly: boolean,
  dropped: DroppedAddress[],
): string | undefined {
  const reason = !isSmtpAddress(mail)
    ? 'invalid-address'
    : inputs.withheld.has(smtpKey(mail))
      ? 'withheld'
      : refuseDomain(mail, inputs.objectClass, settings, verifiedOnly);
  if (reason === undefined) return mail;
  dropped.push({ value: `SMTP:${mail}`, reason });
  return undefined;
}

function assemble(
  primary: string | undefined,
  secondaries: readonly string[],
  kept: readonly string[],
  moera: string | undefined,
  dropped: readonly DroppedAddress[],
): ProxyResult {
  const result = new Map<string, string>();
  if (primary !== undefined) result.set(smtpKey(primary), `SMTP:${primary}`);
  for (const address of secondaries) {
    if (!result.has(smtpKey(address))) result.set(smtpKey(address), `smtp:${address}`);
  }
  for (const value of kept) if (!isSmtp(value)) result.set(addressKey(value), value);
  return { proxyAddresses: [...result.values()], mail: primary, moera, dropped };
}
