import type { SyncObjectType } from '../../entra/sync-protocol.ts';
import { parseDn } from '../../model/dn.ts';

const types: Readonly<Record<string, SyncObjectType>> = {
  user: 'User',
  group: 'Group',
  contact: 'Contact',
  device: 'Device',
};
export const objectTypes: readonly string[] = Object.keys(types);
/** `User` of `user`; undefined for a type that the tenant has not. */
export const syncType = (objectType: string): SyncObjectType | undefined =>
  Object.hasOwn(types, objectType) ? types[objectType] : undefined;
export const objectTypeOf = (type: SyncObjectType): string => type.toLowerCase();

/** `CN={<hex of the UTF-8 bytes, upper case>}`, as the rules make it with ConvertToUTF8Hex (sync-engine s.4.7). */
export const dnOfSourceAnchor = (anchor: string): string => `CN={${Buffer.from(anchor).toString('hex').toUpperCase()}}`;

/** The source anchor of such a DN; undefined if the DN has another form. */
export function sourceAnchorOfDn(dn: string): string | undefined {
  const hex = /^\{((?:[0-9a-f]{2})+)\}$/i.exec(parseDn(dn)?.[0]?.value ?? '')?.[1];
  return hex === undefined ? undefined : Buffer.from(hex, 'hex').toString('utf8');
}
