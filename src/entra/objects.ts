/**
 * What the rules know of the cloud: objects as small records, found by key only, so that every caller can answer from
 * its own data (the tenant's store, what was read from Graph, a planned state) with half a million objects in it.
 */
import type { Attributes } from '../model/value.ts';
import type { SyncObjectType } from './sync-protocol.ts';

export type ObjectClass = 'user' | 'group' | 'contact' | 'device';
export type Licence = 'none' | 'other' | 'exchange';

/** A value withheld from an object (Graph `onPremisesProvisioningErrors`, entra-directory s.2.3). */
export interface ProvisioningError {
  readonly category: 'PropertyConflict';
  /** ISO instant. */
  readonly occurredDateTime: string;
  readonly propertyCausingError: 'UserPrincipalName' | 'ProxyAddresses';
  /** As it was sent; for ProxyAddresses with its prefix. */
  readonly value: string;
}

/** One object of the cloud directory. Implementations may compute the members when they are first read. */
export interface CloudObject {
  readonly id: string;
  readonly class: ObjectClass;
  /** null: never synced; true: mastered on-premises; false: was synced, may be matched again (entra-directory s.0). */
  readonly onPremisesSyncEnabled: boolean | null;
  /** Source anchor, compared letter by letter. */
  readonly immutableId?: string | undefined;
  /** onPremisesObjectIdentifier: the objectGUID the object was last matched with, GUID text in lower case. */
  readonly objectIdentifier?: string | undefined;
  /** In the recycle bin. */
  readonly deleted: boolean;
  /** onPremisesSyncBehavior.isCloudManaged: the cloud took over mastery of a synced object. */
  readonly cloudManaged?: boolean | undefined;
  /** Properties by their Graph names and in their Graph form; effective values. */
  readonly graph: Readonly<Record<string, unknown>>;
  /** What the synchronization client sent, by sync-plane names. Empty for an object that was never synced. */
  readonly shadow: Attributes;
  /** The routing address the tenant gave this object; it stays when the alias changes (entra-directory s.2.4). */
  readonly moera?: string | undefined;
  readonly licence?: Licence | undefined;
  /** Licensed subscriptions; they count towards the size of the object (entra-directory s.4.3). Default 0. */
  readonly subscriptions?: number | undefined;
}

/**
 * Look-ups by key. Lists contain live objects only unless said otherwise, of every class of `ObjectClass` that can have
 * the key; an empty list if there are none. Only effective values are found: a value that was withheld or dropped
 * belongs to nobody. Keys come from `keys.ts` and are already folded.
 */
export interface DirectoryIndex {
  /** Live or in the recycle bin. */
  byId(id: string): CloudObject | undefined;
  /** Objects of every class with this immutableId, live ones first, then those in the recycle bin. */
  bySourceAnchor(anchor: string): readonly CloudObject[];
  byUserPrincipalName(key: string): readonly CloudObject[];
  /** Users, groups and contacts that hold the proxy address; the key is prefix and address, e.g. `smtp:bob@contoso.com`. */
  byAddress(key: string): readonly CloudObject[];
  /** SID text, `S-1-5-21-…`. */
  bySid(sid: string): readonly CloudObject[];
  /** GUID text in lower case. */
  byDeviceId(deviceId: string): readonly CloudObject[];
  /** Names of the privileged roles that the object holds or is eligible for; empty if none. */
  adminRoles(id: string): readonly string[];
  /** How many links of this property the object has, e.g. `member`. */
  linkCount(id: string, property: string): number;
  /** Whether the object was made by this very batch of provisioning; default false (entra-directory s.2.3, exception 2). */
  isNewInBatch?(id: string): boolean;
  /** Objects that count towards the quota of the tenant; default 0. */
  objectCount?(): number;
  /** Directory extensions that synchronization has filled in the tenant, in lower case; default none. */
  extensionAttributes?(): ReadonlySet<string>;
}

const classes: Readonly<Record<SyncObjectType, ObjectClass>> = {
  User: 'user',
  Group: 'group',
  Contact: 'contact',
  Device: 'device',
};
const types: Readonly<Record<ObjectClass, SyncObjectType>> = {
  user: 'User',
  group: 'Group',
  contact: 'Contact',
  device: 'Device',
};
export const classOf = (type: SyncObjectType): ObjectClass => classes[type];
/** `User_<id>` and so on (entra-directory s.0). */
export const cloudAnchorOf = (object: Pick<CloudObject, 'class' | 'id'>): string =>
  `${types[object.class]}_${object.id}`;

/** The object id in a cloud anchor; undefined if the text is none or names another class than the one given. */
export function idOfCloudAnchor(anchor: string, objectClass: ObjectClass): string | undefined {
  const prefix = `${types[objectClass]}_`;
  return anchor.startsWith(prefix) && anchor.length > prefix.length ? anchor.slice(prefix.length) : undefined;
}

/** A text property of the Graph form; undefined if it has no value. */
export function textOf(object: Pick<CloudObject, 'graph'>, property: string): string | undefined {
  const value = object.graph[property];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
/** The effective proxy addresses. */
export function addressesOf(object: Pick<CloudObject, 'graph'>): readonly string[] {
  const value = object.graph.proxyAddresses;
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
export function provisioningErrorsOf(object: Pick<CloudObject, 'graph'>): readonly ProvisioningError[] {
  const value = object.graph.onPremisesProvisioningErrors;
  return Array.isArray(value) ? (value as readonly ProvisioningError[]) : [];
}
