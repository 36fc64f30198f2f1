import type { LinkChange, ProvisionBatch, SyncObjectType, SyncOperation } from '../../entra/sync-protocol.ts';
import { isGuidText } from '../../model/guid.ts';
import { RequestError } from '../errors.ts';
import type { Kind } from '../store/properties.ts';

/** Limits of the sync plane, as its capabilities tell them. 15,000 links were observed (entra-directory s.0). */
export const limits = {
  maxObjects: 500,
  maxLinks: 15_000,
  maxReadBack: 1000,
  maxCredentials: 50,
  maxBytes: 32 * 1024 * 1024,
} as const;

const kindOfType: Readonly<Record<SyncObjectType, Kind>> = {
  User: 'user',
  Group: 'group',
  Contact: 'contact',
  Device: 'device',
};
export const kindOf = (type: SyncObjectType): Kind => kindOfType[type];
const operations: readonly SyncOperation[] = ['Add', 'Set', 'Delete'];

/** The batch of a provision call, checked by hand because it is the hottest input there is. Throws a RequestError. */
export function readProvisionBatch(body: unknown): ProvisionBatch {
  const objects = isRecord(body) ? body.objects : undefined;
  if (!Array.isArray(objects)) throw malformed('The body must be an object with a list "objects".');
  if (objects.length > limits.maxObjects) {
    throw malformed(`A batch has at most ${limits.maxObjects} objects, this one has ${objects.length}.`);
  }
  let links = 0;
  objects.forEach((object, index) => {
    links += checkObject(object, `objects[${index}]`);
  });
  if (links > limits.maxLinks) {
    throw malformed(`A batch has at most ${limits.maxLinks} link changes, this one has ${links}.`);
  }
  return body as ProvisionBatch;
}

/** The number of link changes of the object. */
function checkObject(object: unknown, at: string): number {
  if (!isRecord(object)) throw malformed(`${at} is not an object.`);
  if (!operations.includes(object.operation as SyncOperation)) {
    throw malformed(`${at}.operation must be Add, Set or Delete.`);
  }
  checkType(object.objectType, at);
  checkAnchor(object.sourceAnchor, at);
  if (object.cloudAnchor !== undefined && typeof object.cloudAnchor !== 'string') {
    throw malformed(`${at}.cloudAnchor must be text.`);
  }
  if (!isRecord(object.properties)) throw malformed(`${at}.properties must be an object.`);
  for (const name in object.properties) {
    if (!/^[A-Za-z][\w-]{0,127}$/.test(name))
      throw malformed(`${at}.properties has a name that is not a property name.`);
    if (!isAttributeValue(object.properties[name])) throw malformed(`${at}.properties.${name} is not a value.`);
  }
  if (object.links === undefined) return 0;
  if (!isRecord(object.links)) throw malformed(`${at}.links must be an object.`);
  let count = 0;
  for (const name in object.links) {
    const changes = object.links[name];
    if (!Array.isArray(changes)) throw malformed(`${at}.links.${name} must be a list.`);
    for (const change of changes) checkLink(change, `${at}.links.${name}`);
    count += changes.length;
  }
  return count;
}

function checkLink(change: unknown, at: string): asserts change is LinkChange {
  const ok =
    isRecord(change) &&
    typeof change.anchor === 'string' &&
    (change.anchorType === 'cloudAnchor' || change.anchorType === 'sourceAnchor') &&
    (change.operation === 'add' || change.operation === 'remove');
  if (!ok) throw malformed(`${at} has an entry that is not a link change.`);
}

export function checkType(value: unknown, at: string): asserts value is SyncObjectType {
  if (typeof value !== 'string' || !Object.hasOwn(kindOfType, value)) {
    throw malformed(`${at}.objectType must be User, Group, Contact or Device.`);
  }
}
export function checkAnchor(value: unknown, at: string): asserts value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 1024) {
    throw malformed(`${at}.sourceAnchor must be text of at most 1024 characters that is not empty.`);
  }
}

function isAttributeValue(value: unknown): boolean {
  if (value === null) return true;
  return Array.isArray(value) ? value.every(isValue) : isValue(value);
}
function isValue(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return true;
  if (!isRecord(value)) return false;
  const names = Object.keys(value);
  return (
    names.length === 1 && ['base64', 'date', 'dn', 'int'].includes(names[0]!) && typeof value[names[0]!] === 'string'
  );
}

/** The object id in a cloud anchor such as `User_<guid>`; undefined if it is none of that type. */
export function idOfCloudAnchor(anchor: string, type?: SyncObjectType): string | undefined {
  const at = anchor.indexOf('_');
  const prefix = anchor.slice(0, at);
  const id = anchor.slice(at + 1).toLowerCase();
  if (type ? prefix !== type : !Object.hasOwn(kindOfType, prefix)) return undefined;
  return isGuidText(id) ? id : undefined;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const malformed = (message: string): RequestError => new RequestError(400, 'Request_BadRequest', message);
