/** Which values exist only once in the tenant, across which classes (entra-directory s.2.1). */
import type { ConflictName } from './errors.ts';
import { addressKey, isSmtp, smtpKey, upnKey } from './keys.ts';
import type { CloudObject, DirectoryIndex } from './objects.ts';
import type { RuleSettings } from './settings.ts';

export interface Conflict {
  readonly attribute: ConflictName;
  /** As the incoming object has it. */
  readonly value: string;
  readonly holder: CloudObject;
}

/** The first other object in a list of holders. */
const other = (holders: readonly CloudObject[], self: string | undefined): CloudObject | undefined =>
  holders.find((holder) => holder.id !== self && !holder.deleted);

/** Who else has this sign-in name: another user, or as an address any recipient of mail. */
export function upnConflict(
  upn: string,
  self: string | undefined,
  index: DirectoryIndex,
  settings: RuleSettings,
): Conflict | undefined {
  const holder =
    other(index.byUserPrincipalName(upnKey(upn)), self) ??
    (settings.upnAgainstAddresses ? other(index.byAddress(smtpKey(upn)), self) : undefined);
  return holder && { attribute: 'UserPrincipalName', value: upn, holder };
}

/** Who else has this proxy address: any user, group or contact, or for SMTP a user with that sign-in name. */
export function addressConflict(
  value: string,
  self: string | undefined,
  index: DirectoryIndex,
  settings: RuleSettings,
): Conflict | undefined {
  const smtp = isSmtp(value);
  const holder =
    other(index.byAddress(addressKey(value)), self) ??
    (smtp && settings.upnAgainstAddresses ? other(index.byUserPrincipalName(upnKey(value.slice(5))), self) : undefined);
  if (holder === undefined) return undefined;
  const sip = value.slice(0, 4).toLowerCase() === 'sip:';
  return { attribute: sip ? 'SipProxyAddress' : 'ProxyAddresses', value, holder };
}

export function sidConflict(sid: string, self: string | undefined, index: DirectoryIndex): Conflict | undefined {
  const holder = other(index.bySid(sid), self);
  return holder && { attribute: 'OnPremiseSecurityIdentifier', value: sid, holder };
}

export function deviceConflict(id: string, self: string | undefined, index: DirectoryIndex): Conflict | undefined {
  const holder = other(index.byDeviceId(id), self);
  return holder && { attribute: 'DeviceId', value: id, holder };
}

/** Whether nobody else has the address in any form. */
export const isAddressFree = (address: string, self: string | undefined, index: DirectoryIndex): boolean =>
  other(index.byAddress(smtpKey(address)), self) === undefined &&
  other(index.byUserPrincipalName(upnKey(address)), self) === undefined;

/** Only sign-in names and SMTP addresses are ever set aside (entra-directory s.2.3). */
export const canBeSetAside = (conflict: Conflict): boolean =>
  conflict.attribute === 'UserPrincipalName' || (conflict.attribute === 'ProxyAddresses' && isSmtp(conflict.value));
