import { addressKey, upnKey } from './keys.ts';
import { addressesOf, type CloudObject, type DirectoryIndex, textOf } from './objects.ts';

/** The keys under which an object is found, by kind of key. */
export interface ObjectKeys {
  readonly anchor: readonly string[];
  readonly upn: readonly string[];
  readonly address: readonly string[];
  readonly sid: readonly string[];
  readonly device: readonly string[];
}

/** Every key of an object. One in the recycle bin is found by its anchor only (entra-directory s.5.5). */
export function keysOf(object: CloudObject): ObjectKeys {
  const one = (text: string | undefined) => (text === undefined ? [] : [text]);
  const anchor = one(object.immutableId);
  if (object.deleted) return { anchor, upn: [], address: [], sid: [], device: [] };
  return {
    anchor,
    upn: one(textOf(object, 'userPrincipalName')).map(upnKey),
    address: addressesOf(object).map(addressKey),
    sid: one(textOf(object, 'onPremisesSecurityIdentifier')),
    device: object.class === 'device' ? one(textOf(object, 'deviceId')).map((id) => id.toLowerCase()) : [],
  };
}
export const keyKinds = ['anchor', 'upn', 'address', 'sid', 'device'] as const;
export type KeyKind = (typeof keyKinds)[number];

/** Live objects first, otherwise in the order they came. */
export const liveFirst = (objects: readonly CloudObject[]): readonly CloudObject[] =>
  objects.length < 2 ? objects : [...objects].sort((a, b) => Number(a.deleted) - Number(b.deleted));

/** A directory index over objects in memory. */
export interface MemoryIndex extends DirectoryIndex {
  /** Adds the object or replaces the one with its id. */
  put(object: CloudObject): void;
  remove(id: string): void;
  objects(): Iterable<CloudObject>;
}

export interface MemoryFacts {
  /** Names of privileged roles, by object id. */
  readonly adminRoles?: Readonly<Record<string, readonly string[]>>;
  /** Number of links, by `<object id>/<property>`. */
  readonly linkCounts?: Readonly<Record<string, number>>;
  /** Directory extensions that synchronization has filled, in lower case. */
  readonly extensionAttributes?: ReadonlySet<string>;
}

const noExtensions: ReadonlySet<string> = new Set();

/** An index over these objects; what is asked and not given (roles, links) counts as none. */
export function memoryIndex(objects: Iterable<CloudObject> = [], facts: MemoryFacts = {}): MemoryIndex {
  const byId = new Map<string, CloudObject>();
  // Nearly every key belongs to one object: a set for each would be most of the memory.
  const byKey = new Map<string, string | Set<string>>();
  const eachKey = (object: CloudObject, visit: (key: string) => void) => {
    const keys = keysOf(object);
    for (const kind of keyKinds) for (const key of keys[kind]) visit(`${kind}:${key}`);
  };
  const remove = (id: string) => {
    const before = byId.get(id);
    if (before === undefined) return;
    eachKey(before, (key) => {
      const ids = byKey.get(key);
      if (ids === id) byKey.delete(key);
      else if (typeof ids === 'object') ids.delete(id);
    });
    byId.delete(id);
  };
  const put = (object: CloudObject) => {
    remove(object.id);
    byId.set(object.id, object);
    eachKey(object, (key) => {
      const ids = byKey.get(key);
      if (ids === undefined) byKey.set(key, object.id);
      else if (typeof ids === 'object') ids.add(object.id);
      else if (ids !== object.id) byKey.set(key, new Set([ids, object.id]));
    });
  };
  const find = (kind: KeyKind, key: string): CloudObject[] => {
    const ids = byKey.get(`${kind}:${key}`);
    if (ids === undefined) return [];
    return (typeof ids === 'string' ? [ids] : [...ids]).map((id) => byId.get(id) as CloudObject);
  };
  for (const object of objects) put(object);
  return {
    put,
    remove,
    objects: () => byId.values(),
    byId: (id) => byId.get(id),
    bySourceAnchor: (anchor) => liveFirst(find('anchor', anchor)),
    byUserPrincipalName: (key) => find('upn', key),
    byAddress: (key) => find('address', key),
    bySid: (sid) => find('sid', sid),
    byDeviceId: (id) => find('device', id),
    adminRoles: (id) => facts.adminRoles?.[id] ?? [],
    linkCount: (id, property) => facts.linkCounts?.[`${id}/${property}`] ?? 0,
    objectCount: () => byId.size,
    extensionAttributes: () => facts.extensionAttributes ?? noExtensions,
  };
}
