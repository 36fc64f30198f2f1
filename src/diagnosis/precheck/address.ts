/** Addresses as IdFix looks at them (operations s.2.3, 2.6), its patterns taken apart so that they stay linear. */
import type { ErrorName } from './model.ts';

/** Names that the public DNS will never have (RFC 6761, RFC 6762 app. G, and the .internal of ICANN). */
const privateSuffixes = new Set(
  'local localhost localdomain internal intern intranet private corp home lan test example invalid onion alt'.split(
    ' ',
  ),
);

const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i;
/** Letters, or a name in another script in its encoded form. IdFix knew 17 letters at most and none of the latter. */
const topLevel = /^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/i;

export const maxAddressLength = 1123;

/** Whether the last label of the domain can be one of the public DNS. */
export function hasPublicSuffix(domain: string): boolean {
  const last = domain.slice(domain.lastIndexOf('.') + 1).toLowerCase();
  return topLevel.test(last) && !privateSuffixes.has(last);
}

const isDomain = (domain: string): boolean => {
  const labels = domain.split('.');
  return labels.length > 1 && labels.every((l) => l.length <= 63 && label.test(l)) && topLevel.test(labels.at(-1)!);
};

export interface AddressProblem {
  readonly errors: readonly ErrorName[];
  /** After cleaning both parts; may be the value itself, then somebody has to write it anew. */
  readonly cleaned: string;
}

/** What is wrong with `local@domain` (without a prefix); undefined if nothing is. The order is that of IdFix. */
export function checkAddress(address: string): AddressProblem | undefined {
  const at = address.lastIndexOf('@');
  const local = at < 0 ? address : address.slice(0, at);
  const domain = at < 0 ? '' : address.slice(at + 1);
  const isLocal = at > 0 && localPart.test(local);
  const isDomainPart = isDomain(domain);
  const isPublic = !address.includes('.') || hasPublicSuffix(domain);
  if (isLocal && isDomainPart && isPublic && address.length <= maxAddressLength) return undefined;
  const errors: ErrorName[] = [];
  if (!isPublic) errors.push('TopLevelDomain');
  if (!isDomainPart) errors.push('DomainPart');
  if (!isLocal) errors.push('LocalPart');
  if (!isLocal || !isDomainPart) errors.unshift('Format');
  return { errors, cleaned: cleanAddress(local, domain, at >= 0) };
}

/** The parts without what must not be in them; `.@` becomes `@`. */
function cleanAddress(local: string, domain: string, hasAt: boolean): string {
  const left = local.replace(/[^a-z0-9!#$%&'*+/=?^_`{|}~.-]/gi, '').replace(/\.{2,}/g, '.');
  const right = domain.replace(/[^a-z0-9.-]/gi, '').replace(/\.{2,}/g, '.');
  return hasAt ? `${stripDots(left)}@${stripDots(right)}` : left;
}
function stripDots(text: string): string {
  const from = text.startsWith('.') ? 1 : 0;
  return text.slice(from, text.endsWith('.') && text.length > 1 ? -1 : undefined);
}

export type AddressKind = 'smtp' | 'x400' | 'x500' | 'sip' | 'other';

/** Kind, prefix with its colon, and the rest of a value of proxyAddresses or targetAddress. */
export function splitTyped(value: string): {
  readonly kind: AddressKind;
  readonly prefix: string;
  readonly rest: string;
} {
  const colon = value.indexOf(':');
  if (colon < 0) return { kind: kindOf(value), prefix: '', rest: value };
  return { kind: kindOf(value.slice(0, colon)), prefix: value.slice(0, colon + 1), rest: value.slice(colon + 1) };
}
function kindOf(prefix: string): AddressKind {
  // The marker may stand anywhere in IdFix; here it must be the prefix, white space around it forgiven.
  const name = prefix.trim().toLowerCase();
  if (name === 'smtp') return 'smtp';
  if (name === 'sip') return 'sip';
  if (/^x\.?400/.test(name)) return 'x400';
  return /^x\.?500/.test(name) ? 'x500' : 'other';
}
