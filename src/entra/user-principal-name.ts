/** The sign-in name: what is allowed, what the cloud makes of it, and when it changes (entra-directory s.2.4, 2.5, 4.1). */
import { splitAddress } from './keys.ts';
import type { Limits } from './limits.ts';
import type { Licence } from './objects.ts';
import { isFederatedDomain, isVerifiedDomain, type RuleSettings } from './settings.ts';

export interface UpnProblem {
  readonly kind: 'form' | 'length';
  /** One plain sentence. */
  readonly reason: string;
  /** Index of the first character that is not allowed. */
  readonly position?: number;
  readonly limit?: number;
  readonly actual?: number;
}

const allowedInPrefix = /[A-Za-z0-9'.\-_!#^~]/;
const suffixLabel = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;

/** What is wrong with a userPrincipalName; undefined if nothing is (entra-directory s.4.1). */
export function checkUserPrincipalName(upn: string, limits: Limits): UpnProblem | undefined {
  const at = upn.indexOf('@');
  if (at < 0) return { kind: 'form', reason: 'It has no @ between name and domain.' };
  if (at === 0) return { kind: 'form', reason: 'It starts with @; the name before it is missing.', position: 0 };
  const second = upn.indexOf('@', at + 1);
  if (second >= 0) return { kind: 'form', reason: 'It has more than one @.', position: second };
  const prefix = upn.slice(0, at);
  const suffix = upn.slice(at + 1);
  return checkPrefix(prefix) ?? checkSuffix(suffix, at + 1) ?? checkLengths(upn, prefix, suffix, limits);
}

function checkPrefix(prefix: string): UpnProblem | undefined {
  let position = 0;
  for (const character of prefix) {
    if (!allowedInPrefix.test(character)) {
      return {
        kind: 'form',
        reason: `The character ${quoted(character)} at position ${position + 1} is not allowed.`,
        position,
      };
    }
    position += character.length;
  }
  if (prefix.startsWith('.')) return { kind: 'form', reason: 'It starts with a dot.', position: 0 };
  if (prefix.endsWith('.')) {
    return { kind: 'form', reason: 'There is a dot right before the @.', position: prefix.length - 1 };
  }
  return undefined;
}

function checkSuffix(suffix: string, offset: number): UpnProblem | undefined {
  const bad = [...suffix].findIndex((c) => !/[A-Za-z0-9.-]/.test(c));
  if (bad >= 0) {
    const reason = `The character ${quoted([...suffix][bad] as string)} in the domain is not allowed.`;
    return { kind: 'form', reason, position: offset + bad };
  }
  return suffix.split('.').every((label) => suffixLabel.test(label))
    ? undefined
    : { kind: 'form', reason: 'What follows the @ is not a domain name.', position: offset };
}

function checkLengths(upn: string, prefix: string, suffix: string, limits: Limits): UpnProblem | undefined {
  const tooLong = (what: string, actual: number, limit: number): UpnProblem | undefined =>
    actual > limit
      ? { kind: 'length', reason: `${what} has ${actual} characters where ${limit} are allowed.`, limit, actual }
      : undefined;
  return (
    tooLong('The part before the @', prefix.length, limits.upnPrefixLength) ??
    tooLong('The part after the @', suffix.length, limits.upnSuffixLength) ??
    tooLong('The name', upn.length, limits.upnLength)
  );
}

const quoted = (character: string) => (character === ' ' ? 'space' : `'${character}'`);

/** The name with what is not allowed replaced by `_`, as a suggestion; undefined if it cannot be repaired that way. */
export function suggestUserPrincipalName(upn: string, limits: Limits): string | undefined {
  const parts = splitAddress(upn);
  if (parts === undefined) return undefined;
  const plain = parts.local.normalize('NFD').replace(/\p{M}/gu, '');
  const prefix = [...plain]
    .map((c) => (allowedInPrefix.test(c) ? c : '_'))
    .join('')
    .replace(/^\.|\.$/g, '_');
  const suggestion = `${prefix.slice(0, limits.upnPrefixLength)}@${parts.domain}`;
  return checkUserPrincipalName(suggestion, limits) === undefined ? suggestion : undefined;
}

/**
 * The effective name for what the directory sent (entra-directory s.2.4): itself if the suffix is verified and all
 * characters are allowed, otherwise `<mailNickname>@<initial domain>`. Undefined if there is no alias to fall back on.
 */
export function calculateUserPrincipalName(
  sent: string | undefined,
  mailNickname: string | undefined,
  settings: RuleSettings,
): { readonly value: string | undefined; readonly from: 'directory' | 'initial-domain' } {
  if (sent !== undefined && checkUserPrincipalName(sent, settings.limits) === undefined) {
    if (isVerifiedDomain(settings, splitAddress(sent)?.domain ?? '')) return { value: sent, from: 'directory' };
  }
  const value = mailNickname === undefined ? undefined : `${mailNickname}@${settings.initialDomain}`;
  return { value, from: 'initial-domain' };
}

export interface UpnChange {
  /** The effective name now. */
  readonly current: string;
  /** The effective name the directory asks for. */
  readonly wanted: string;
  readonly licence: Licence | undefined;
}

/**
 * Whether a change of the effective name flows (entra-directory s.2.5). `stale`: silently left as it is, because the
 * tenant does not synchronize names of managed users with a licence.
 */
export function decideUpnChange(
  change: UpnChange,
  settings: RuleSettings,
): { readonly kind: 'flows' | 'stale' } | { readonly kind: 'refused'; readonly domains: readonly [string, string] } {
  const from = splitAddress(change.current)?.domain ?? '';
  const to = splitAddress(change.wanted)?.domain ?? '';
  const federated = isFederatedDomain(settings, from);
  const moves = from.toLowerCase() !== to.toLowerCase();
  if (federated && moves && isFederatedDomain(settings, to) && settings.federatedDomainChange === 'refuse') {
    return { kind: 'refused', domains: [from, to] };
  }
  const licensed = change.licence !== undefined && change.licence !== 'none';
  if (!federated && licensed && settings.features.synchronizeUpnForManagedUsersEnabled !== true)
    return { kind: 'stale' };
  return { kind: 'flows' };
}

/** A user in a federated domain cannot be without a source anchor (entra-directory s.1.6). */
export const needsImmutableId = (upn: string, settings: RuleSettings): boolean =>
  isFederatedDomain(settings, splitAddress(upn)?.domain ?? '');
