/**
 * Which cloud object an incoming object is: already linked, hard match by source anchor, soft match by primary address
 * or sign-in name, or new (entra-directory s.1.2 to 1.5).
 */
import type { Attributes } from '../model/value.ts';
import { type RuleError, ruleError } from './errors.ts';
import { addressKey, isPrimarySmtp, isSmtp, smtpKey, upnKey } from './keys.ts';
import { addressesOf, type CloudObject, type DirectoryIndex, type ObjectClass, textOf } from './objects.ts';
import type { RuleSettings } from './settings.ts';
import { textsOf, textValue } from './shadow.ts';
import { note, type Trace, type TraceStep } from './trace.ts';

export interface Incoming {
  readonly class: ObjectClass;
  readonly sourceAnchor: string;
  /** What the directory sends, by sync-plane names. */
  readonly properties: Attributes;
  /** Where the new object comes from, GUID text; compared with onPremisesObjectIdentifier. */
  readonly objectIdentifier?: string | undefined;
  /** A device is known by it too; GUID text in lower case. */
  readonly deviceId?: string | undefined;
}

export type MatchResult = { readonly trace: readonly TraceStep[] } & (
  | { readonly kind: 'update' | 'hard' | 'soft'; readonly candidate: CloudObject }
  /** `administrator`: a user who would have matched, had it no administrator role; to be reported (step 3.3 c). */
  | { readonly kind: 'create'; readonly administrator?: CloudObject; readonly anchored?: CloudObject }
  | { readonly kind: 'refused'; readonly error: RuleError; readonly candidate: CloudObject }
);

/** The match of an object that comes as new. The trace names every step that was taken. */
export function matchIncoming(incoming: Incoming, index: DirectoryIndex, settings: RuleSettings): MatchResult {
  const trace: Trace = [];
  return linkedOrHard(incoming, index, settings, trace) ?? soft(incoming, index, settings, trace);
}

function linkedOrHard(
  incoming: Incoming,
  index: DirectoryIndex,
  settings: RuleSettings,
  trace: Trace,
): MatchResult | undefined {
  const candidates = anchorCandidates(incoming, index);
  const linked = candidates.find((c) => c.class === incoming.class && !c.deleted && isLinked(c));
  if (linked !== undefined) {
    note(trace, '1.2 step 1', 'yes', `The ${linked.class} ${linked.id} is linked to this source anchor.`);
    return { kind: 'update', candidate: linked, trace };
  }
  note(trace, '1.2 step 1', 'no', `No ${incoming.class} is linked to the source anchor ${incoming.sourceAnchor}.`);
  // A live candidate comes before one in the recycle bin, one of the right class before any other.
  const candidate =
    candidates.find((c) => c.class === incoming.class && mayHardMatch(c)) ??
    candidates.find((c) => c.class !== incoming.class);
  if (candidate === undefined) {
    note(trace, '1.2 step 2', 'no', 'No object has this source anchor as its immutableId.');
    return undefined;
  }
  note(trace, '1.2 step 2', 'yes', `The ${describe(candidate)} has this source anchor.`);
  const error = refuseHardMatch(candidate, incoming, index, settings, trace);
  if (error !== undefined) return { kind: 'refused', error, candidate, trace };
  if (candidate.deleted) note(trace, '1.2 step 2.5', 'yes', 'It is in the recycle bin and is restored first.');
  return { kind: 'hard', candidate, trace };
}

function anchorCandidates(incoming: Incoming, index: DirectoryIndex): readonly CloudObject[] {
  const byAnchor = index.bySourceAnchor(incoming.sourceAnchor);
  if (incoming.class !== 'device' || incoming.deviceId === undefined) return byAnchor;
  // A device without an anchor yet is known by its device id (s.1.5).
  const byDevice = index.byDeviceId(incoming.deviceId).filter((d) => d.immutableId === undefined);
  return [...byAnchor, ...byDevice.filter((d) => byAnchor.every((c) => c.id !== d.id))];
}

/** Mastered on-premises, or mastered by the cloud since: both are ongoing objects. */
const isLinked = (object: CloudObject): boolean =>
  object.onPremisesSyncEnabled === true || object.cloudManaged === true;

/**
 * The anchor of users and devices can be set before they are synchronized. Groups and contacts have one only if they
 * were synchronized once; those may be linked again (s.0, 1.5).
 */
const mayHardMatch = (object: CloudObject): boolean =>
  object.class === 'user' || object.class === 'device' || object.onPremisesSyncEnabled === false;

const describe = (object: CloudObject): string => {
  const name = textOf(object, 'userPrincipalName') ?? textOf(object, 'displayName');
  return `${object.class} ${object.id}${name === undefined ? '' : ` (${name})`}`;
};

/** Steps 2.1 to 2.4. */
function refuseHardMatch(
  candidate: CloudObject,
  incoming: Incoming,
  index: DirectoryIndex,
  settings: RuleSettings,
  trace: Trace,
): RuleError | undefined {
  const facts = {
    objectId: incoming.sourceAnchor,
    conflictingObjectId: candidate.id,
    conflictingClass: candidate.class,
    attribute: 'SourceAnchor',
    values: [incoming.sourceAnchor],
  };
  if (candidate.class !== incoming.class) {
    note(trace, '1.2 step 2.1', 'refused', `It is a ${candidate.class}, not a ${incoming.class}.`);
    return ruleError('ObjectTypeMismatch', facts);
  }
  if (settings.features.blockCloudObjectTakeoverThroughHardMatchEnabled === true) {
    note(trace, '1.2 step 2.2', 'refused', 'The tenant blocks take-over through hard match.');
    const reason = 'the tenant switch blockCloudObjectTakeoverThroughHardMatchEnabled is on.';
    return ruleError('InvalidHardMatch', { ...facts, reason });
  }
  note(trace, '1.2 step 2.2', 'no', 'The tenant does not block take-over through hard match.');
  if (!settings.hardMatchProtection) {
    note(trace, '1.2 step 2.3', 'skipped', 'The protections of July 2026 are off.');
    return undefined;
  }
  return refuseProtected(candidate, incoming, index, settings, trace, facts);
}

function refuseProtected(
  candidate: CloudObject,
  incoming: Incoming,
  index: DirectoryIndex,
  settings: RuleSettings,
  trace: Trace,
  facts: RuleError['facts'],
): RuleError | undefined {
  const roles = index.adminRoles(candidate.id);
  if (roles.length > 0) {
    note(trace, '1.2 step 2.3', 'refused', `It holds or is eligible for: ${roles.join(', ')}.`);
    const reason = `it holds or is eligible for a privileged role (${roles.join(', ')}).`;
    return ruleError('InvalidHardMatch', { ...facts, reason });
  }
  note(trace, '1.2 step 2.3', 'no', 'It holds no privileged role.');
  const { objectIdentifier } = candidate;
  const remapped =
    objectIdentifier !== undefined &&
    incoming.objectIdentifier !== undefined &&
    objectIdentifier.toLowerCase() !== incoming.objectIdentifier.toLowerCase();
  if (!remapped) {
    note(trace, '1.2 step 2.4', 'no', 'Its object identifier is not set to another value.');
    return undefined;
  }
  if (settings.features.allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled === true) {
    note(trace, '1.2 step 2.4', 'skipped', 'The tenant allows the object identifier to change.');
    return undefined;
  }
  note(
    trace,
    '1.2 step 2.4',
    'refused',
    `Its object identifier is ${objectIdentifier}, not ${incoming.objectIdentifier}.`,
  );
  return ruleError('AttributeUpdateNotAllowed', {
    objectId: incoming.sourceAnchor,
    conflictingObjectId: candidate.id,
    attribute: 'onPremisesObjectIdentifier',
    values: [objectIdentifier],
    reason: `It is set to ${objectIdentifier} already, and a take-over would set it to ${incoming.objectIdentifier}.`,
  });
}

/**
 * The keys of the soft match of an object (steps 3.1 and 3.2, s.1.5): its primary address, then its sign-in name. Groups
 * and contacts match by any of their addresses; other ones than the primary only with an object that is free to match.
 */
export function softMatchKeys(objectClass: ObjectClass, properties: Attributes, settings: RuleSettings) {
  const proxies = objectClass === 'device' ? [] : textsOf(properties, 'proxyAddresses');
  const upn = textValue(properties, 'userPrincipalName');
  const byUpn = objectClass === 'user' && settings.features.softMatchOnUpnEnabled === true;
  return {
    address: proxies.find(isPrimarySmtp),
    otherAddresses: objectClass === 'user' ? [] : proxies.filter((v) => isSmtp(v) && !isPrimarySmtp(v)),
    userPrincipalName: byUpn ? upn : undefined,
  };
}

function soft(incoming: Incoming, index: DirectoryIndex, settings: RuleSettings, trace: Trace): MatchResult {
  if (settings.features.blockSoftMatchEnabled === true) {
    note(trace, '1.2 step 3', 'skipped', 'The tenant blocks soft match.');
    return { kind: 'create', trace };
  }
  const found = findSoftCandidate(incoming, index, settings, trace);
  if (found === undefined) return { kind: 'create', trace };
  const { candidate, attribute, value } = found;
  const facts = {
    objectId: incoming.sourceAnchor,
    conflictingObjectId: candidate.id,
    conflictingClass: candidate.class,
    attribute,
    values: [value],
  };
  if (candidate.class !== incoming.class) {
    note(trace, '1.2 step 3.3 a', 'refused', `It is a ${candidate.class}, not a ${incoming.class}.`);
    return { kind: 'refused', error: ruleError('ObjectTypeMismatch', facts), candidate, trace };
  }
  if (candidate.immutableId !== undefined && candidate.immutableId !== incoming.sourceAnchor) {
    if (!settings.resiliency) {
      note(trace, '1.2 step 3.3 b', 'refused', `It is tied to the source anchor ${candidate.immutableId}.`);
      return { kind: 'refused', error: ruleError('InvalidSoftMatch', facts), candidate, trace };
    }
    note(trace, '1.2 step 3.3 b', 'no', `It is tied to the source anchor ${candidate.immutableId}, so it is no match.`);
    return { kind: 'create', anchored: candidate, trace };
  }
  const roles = index.adminRoles(candidate.id);
  if (roles.length > 0) {
    note(trace, '1.2 step 3.3 c', 'no', `It holds an administrator role (${roles.join(', ')}), so it is no match.`);
    return { kind: 'create', administrator: candidate, trace };
  }
  note(trace, '1.2 step 3.3 d', 'yes', `It is taken over and gets the source anchor ${incoming.sourceAnchor}.`);
  return { kind: 'soft', candidate, trace };
}

interface SoftCandidate {
  readonly candidate: CloudObject;
  readonly attribute: 'ProxyAddresses' | 'UserPrincipalName';
  readonly value: string;
}

function findSoftCandidate(
  incoming: Incoming,
  index: DirectoryIndex,
  settings: RuleSettings,
  trace: Trace,
): SoftCandidate | undefined {
  const keys = softMatchKeys(incoming.class, incoming.properties, settings);
  const byAddress = candidateByAddress(incoming, keys, index, settings);
  if (byAddress !== undefined) {
    note(trace, '1.2 step 3.1', 'yes', `The ${describe(byAddress.candidate)} has the address ${byAddress.value}.`);
    return byAddress;
  }
  note(
    trace,
    '1.2 step 3.1',
    'no',
    keys.address === undefined ? 'It has no primary address to match by.' : `Nobody has the address ${keys.address}.`,
  );
  if (keys.userPrincipalName === undefined) {
    note(trace, '1.2 step 3.2', 'skipped', 'There is no sign-in name to match by, or the tenant does not match by it.');
    return undefined;
  }
  const candidate = index.byUserPrincipalName(upnKey(keys.userPrincipalName))[0];
  if (candidate === undefined) {
    note(trace, '1.2 step 3.2', 'no', `Nobody has the sign-in name ${keys.userPrincipalName}.`);
    return undefined;
  }
  note(trace, '1.2 step 3.2', 'yes', `The ${describe(candidate)} has the sign-in name ${keys.userPrincipalName}.`);
  return { candidate, attribute: 'UserPrincipalName', value: keys.userPrincipalName };
}

function candidateByAddress(
  incoming: Incoming,
  keys: ReturnType<typeof softMatchKeys>,
  index: DirectoryIndex,
  settings: RuleSettings,
): SoftCandidate | undefined {
  const found = (candidate: CloudObject | undefined, value: string): SoftCandidate | undefined =>
    candidate && { candidate, attribute: 'ProxyAddresses', value };
  const { address } = keys;
  if (address !== undefined) {
    const holders = index.byAddress(addressKey(address)).filter((h) => comparesWith(h, address, settings));
    const candidate = found(preferred(holders, incoming.class), address);
    if (candidate !== undefined) return candidate;
  }
  for (const value of keys.otherAddresses) {
    const holder = index
      .byAddress(addressKey(value))
      .find((h) => h.class === incoming.class && h.immutableId === undefined);
    if (holder !== undefined) return found(holder, value);
  }
  return undefined;
}

const preferred = (holders: readonly CloudObject[], objectClass: ObjectClass): CloudObject | undefined =>
  holders.find((h) => h.class === objectClass) ?? holders[0];

const comparesWith = (holder: CloudObject, primary: string, settings: RuleSettings): boolean =>
  settings.softMatchAddress === 'any' ||
  addressesOf(holder).some((value) => isPrimarySmtp(value) && addressKey(value) === smtpKey(primary.slice(5)));
