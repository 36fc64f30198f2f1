/** What a replicated object says about an account and its password. */
import { sidText } from '../../../model/sid.ts';
import { type AttributeName, attributeNames } from './attributes.ts';
import { NdrError } from './ndr.ts';
import type { ChangesReply, ReplyAttribute, ReplyObject } from './reply.ts';
import { decryptPayload, removeRidEncryption } from './secrets.ts';

/** Absent members did not change since the watermark (in a single read: have no value). */
export interface ReplicatedAccount {
  readonly objectGuid: string;
  readonly dn: string;
  readonly sid?: string;
  readonly deleted: boolean;
  readonly samAccountName?: string;
  readonly userAccountControl?: number;
  /** `null` if the attribute was cleared. */
  readonly adminCount?: number | null;
  /** FILETIME; 0 says that the password must be changed at the next logon. */
  readonly pwdLastSet?: bigint;
  /** 16 bytes; whoever takes it wipes it. `null` if the password was removed. */
  readonly ntHash?: Buffer | null;
  /** Why the password that is there cannot be read; concerns this account only. */
  readonly unreadable?: string;
  /** Milliseconds since 1970 of the write of the password, from its replication metadata; 0 if unknown. */
  readonly passwordChangedAt?: number;
}

const deletedNames = /\0DEL:|\\0ADEL:|\nDEL:/;
const epochOffsetSeconds = 11_644_473_600n;

/**
 * The accounts of a reply. A password that contradicts its own account is `unreadable` and holds up nobody else; one with
 * a wrong checksum says that the session key is wrong: then the call fails as a whole and leaves no hash behind.
 */
export function readAccounts(reply: ChangesReply, sessionKey: Uint8Array): ReplicatedAccount[] {
  const names = attributeNames(reply.prefixes);
  const accounts: ReplicatedAccount[] = [];
  try {
    for (const object of reply.objects) accounts.push(readAccount(object, names, sessionKey));
    return accounts;
  } catch (error) {
    wipeAccounts(accounts);
    throw error;
  }
}

/** Overwrites the hashes. */
export function wipeAccounts(accounts: readonly ReplicatedAccount[]): void {
  for (const account of accounts) account.ntHash?.fill(0);
}

function readAccount(
  object: ReplyObject,
  names: ReadonlyMap<number, AttributeName>,
  sessionKey: Uint8Array,
): ReplicatedAccount {
  const found = new Map<AttributeName, ReplyAttribute>();
  for (const attribute of object.attributes) {
    const name = names.get(attribute.id);
    if (name) found.set(name, attribute);
  }
  const sid = found.get('objectSid')?.values[0] ?? (object.sid.length > 0 ? object.sid : undefined);
  const text = sid && readSid(sid);
  return {
    objectGuid: object.guid,
    dn: object.dn,
    deleted: integer(found.get('isDeleted'), 4) === 1n || deletedNames.test(object.dn),
    ...(text ? { sid: text } : {}),
    ...readNumbers(found),
    ...readPassword(found.get('unicodePwd'), text, sessionKey),
  };
}

function readSid(bytes: Buffer): string {
  try {
    return sidText(bytes);
  } catch (cause) {
    if (cause instanceof RangeError) throw new NdrError('an object has a malformed SID.');
    throw cause;
  }
}

function readNumbers(found: ReadonlyMap<AttributeName, ReplyAttribute>): Partial<ReplicatedAccount> {
  const control = integer(found.get('userAccountControl'), 4);
  const changed = integer(found.get('pwdLastSet'), 8);
  const adminCount = found.get('adminCount');
  const name = found.get('sAMAccountName')?.values[0];
  return {
    ...(control === undefined ? {} : { userAccountControl: Number(control) }),
    ...(changed === undefined ? {} : { pwdLastSet: changed }),
    ...(adminCount ? { adminCount: nullable(integer(adminCount, 4)) } : {}),
    ...(name ? { samAccountName: name.toString('utf16le') } : {}),
  };
}

const nullable = (value: bigint | undefined): number | null => (value === undefined ? null : Number(value));

/** Little-endian, as all integer syntaxes of the protocol are (MS-DRSR s.5.16). */
function integer(attribute: ReplyAttribute | undefined, size: 4 | 8): bigint | undefined {
  const value = attribute?.values[0];
  if (!value) return undefined;
  if (value.length !== size) throw new NdrError(`an integer has ${value.length} bytes instead of ${size}.`);
  return size === 4 ? BigInt(value.readInt32LE()) : value.readBigInt64LE();
}

function readPassword(
  attribute: ReplyAttribute | undefined,
  sid: string | undefined,
  sessionKey: Uint8Array,
): Partial<ReplicatedAccount> {
  if (!attribute) return {};
  const changed = attribute.changedAt > epochOffsetSeconds ? attribute.changedAt - epochOffsetSeconds : 0n;
  const passwordChangedAt = Number(changed) * 1000;
  const payload = attribute.values[0];
  if (!payload) return { ntHash: null, passwordChangedAt };
  try {
    return { ntHash: readHash(payload, sid, sessionKey), passwordChangedAt };
  } catch (error) {
    if (error instanceof NdrError) return { unreadable: error.message, passwordChangedAt };
    throw error;
  }
}

function readHash(payload: Buffer, sid: string | undefined, sessionKey: Uint8Array): Buffer {
  if (!sid) throw new NdrError('an account with a password has no SID.');
  const protectedHash = decryptPayload(sessionKey, payload);
  try {
    return removeRidEncryption(protectedHash, Number(sid.split('-').at(-1)));
  } finally {
    protectedHash.fill(0);
  }
}
