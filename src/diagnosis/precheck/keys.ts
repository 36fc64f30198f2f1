/** The keys by which the cloud, or IdFix, wants values to be unique, the same for every attribute that can hold them. */

import { parseDn } from '../../model/dn.ts';
import { isBinary, valuesOf } from '../../model/value.ts';
import { splitTyped } from './address.ts';
import type { PrecheckObject } from './model.ts';

export interface HeldKey {
  readonly key: string;
  readonly attribute: string;
  readonly value: string;
}

const smtp = (address: string): string => `smtp:${address.trim().toLowerCase()}`;

/** Name of the domain of an object, from its DN. */
export const domainOf = (dn: string): string =>
  (parseDn(dn) ?? [])
    .filter((part) => part.type.toLowerCase() === 'dc')
    .map((part) => part.value)
    .join('.');

/** Key of a value of `attribute`; undefined if the attribute need not be unique. */
export function keyOf(attribute: string, value: string, object: PrecheckObject): string | undefined {
  switch (attribute) {
    case 'userPrincipalName':
    case 'mail':
      return smtp(value);
    case 'proxyAddresses': {
      const { kind, prefix, rest } = splitTyped(value);
      if (kind === 'smtp') return smtp(rest);
      // Without a prefix the cloud drops it, so it clashes with nothing.
      return prefix === '' ? undefined : `${prefix.toLowerCase()}${rest.trim().toLowerCase()}`;
    }
    case 'targetAddress':
      // Where mail is sent on to: several may lead to one mailbox, but IdFix wants to know of it.
      return `target:${splitTyped(value).rest.trim().toLowerCase()}`;
    case 'mailNickname':
      return `nickname:${value.trim().toLowerCase()}`;
    case 'sAMAccountName':
      // Only without a sign-in name: then the rules make one of it (sync-engine s.4.2).
      return object.attributes.userPrincipalName === undefined ? smtp(`${value}@${domainOf(object.dn)}`) : undefined;
    case 'msRTCSIP-PrimaryUserAddress':
      return value.trim().toLowerCase();
    default:
      return undefined;
  }
}

export const uniqueAttributes = [
  'userPrincipalName',
  'mail',
  'proxyAddresses',
  'targetAddress',
  'mailNickname',
  'sAMAccountName',
  'msRTCSIP-PrimaryUserAddress',
] as const;

/** Every key that the object holds. */
export function* keysOf(object: PrecheckObject): Generator<HeldKey> {
  for (const attribute of uniqueAttributes) {
    const held = object.attributes[attribute];
    if (held === undefined || (attribute === 'sAMAccountName' && object.type === 'group')) continue;
    for (const value of typeof held === 'string' ? [held] : valuesOf(held)) {
      const key = typeof value === 'string' ? keyOf(attribute, value, object) : undefined;
      if (key !== undefined) yield { key, attribute, value: value as string };
    }
  }
}

export const anchorKey = (anchor: string): string => `anchor:${anchor}`;
export const sidKey = (base64: string): string => `sid:${base64}`;
export const nameKey = (name: string): string => `name:${name}`;

/** Base64 of the SID of an object of its own; a foreign principal only repeats another's. */
export function sidOf(object: PrecheckObject): string | undefined {
  const sid = object.attributes.objectSid;
  return object.type === 'foreignSecurityPrincipal' || sid === undefined || !isBinary(sid) ? undefined : sid.base64;
}
