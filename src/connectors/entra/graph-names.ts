/** Which cloud names the dialect has, and their way into Graph and back (sync-engine s.4.7, entra-directory s.5.2 to 5.4). */

import { graphProperties } from '../../entra/graph-form.ts';
import type { ObjectClass } from '../../entra/objects.ts';
import { extensionPattern, isDirectoryExtension, type PropertyRule, properties } from '../../entra/properties.ts';
import { guidBytes } from '../../model/guid.ts';
import { type Attributes, type AttributeValue, canonicalValues, type Value, valuesOf } from '../../model/value.ts';
import type { AttributeSchema, ConnectorSchema } from '../contract.ts';
import {
  belongsTo,
  type Extensions,
  extensionSchema,
  extensionValue,
  noExtensions,
  type Wanted,
} from './graph-extensions.ts';

export type GraphClass = Exclude<ObjectClass, 'contact'>;
export type Json = Readonly<Record<string, unknown>>;

/** Graph shows them and nobody but Microsoft's own engines writes them (entra-directory s.5.2, 5.3, 8.1). */
const readOnly = new Set([
  'imAddresses',
  'lastPasswordChangeDateTime',
  'onPremisesDistinguishedName',
  'onPremisesDomainName',
  'onPremisesNetBiosName',
  'onPremisesSamAccountName',
  'onPremisesSecurityIdentifier',
  'onPremisesUserPrincipalName',
  'proxyAddresses',
]);
/** Left out: address lists belong to Exchange, which turns an absent value into one. */
const notOffered = new Set(['msExchHideFromAddressLists']);
/** Graph requires a value, or keeps the one it has (entra-directory s.5.1, 5.2); an alias is made if there is none. */
const neverCleared = new Set([
  'accountEnabled',
  'alias',
  'displayName',
  'securityEnabled',
  'sourceAnchor',
  'usageLocation',
  'userPrincipalName',
  'userType',
]);

/** Of users, and written by a request of its own; delta queries do not tell it. */
export const photoAttribute = 'thumbnailPhoto';
/** Two users never have the same one, not even for a moment (graph-exchange). */
const exchanged = new Set(['userPrincipalName', 'mail']);

/** Written to users, security groups and Microsoft 365 groups. */
const writable: Readonly<Record<GraphClass, (rule: PropertyRule) => boolean>> = {
  user: (rule) => hasGraph(rule, 'user'),
  group: (rule) => ['displayName', 'description', 'securityEnabled'].includes(rule.name),
  device: () => false,
};
const hasGraph = (rule: PropertyRule, objectClass: GraphClass): boolean => {
  const flow = rule.graph?.[objectClass];
  return flow !== undefined && !readOnly.has(flow.name) && !notOffered.has(rule.name) && rule.type !== 'reference';
};

/** Read of devices: enough to know them again. */
const deviceNames = new Set(['displayName', 'accountEnabled', 'deviceId', 'deviceOSType', 'deviceTrustType']);

const rulesOf = (objectClass: GraphClass): readonly PropertyRule[] =>
  properties.filter((rule) =>
    objectClass === 'device' ? deviceNames.has(rule.name) : writable[objectClass](rule) && rule.name !== 'sourceAnchor',
  );
const rules: Readonly<Record<GraphClass, readonly PropertyRule[]>> = {
  user: rulesOf('user'),
  group: rulesOf('group'),
  device: rulesOf('device'),
};
const written = new Map(
  (['user', 'group', 'device'] as const).map((c) => [
    c,
    new Set(rules[c].filter(writable[c]).map((rule) => rule.name)),
  ]),
);

export const objectTypes: readonly GraphClass[] = ['user', 'group', 'device'];
export const graphClass = (objectType: string): GraphClass | undefined =>
  objectTypes.find((name) => name === objectType);

/** Whether the dialect can write this attribute of the class. */
export const canWrite = (objectClass: GraphClass, name: string): boolean =>
  written.get(objectClass)?.has(name) === true || (objectClass !== 'device' && isDirectoryExtension(name));

/** The property of Graph that holds the source anchor. */
export const anchorProperty: Readonly<Record<GraphClass, string>> = {
  user: 'onPremisesImmutableId',
  group: 'uniqueName',
  device: 'deviceId',
};
export const collectionOf: Readonly<Record<GraphClass, string>> = { user: 'users', group: 'groups', device: 'devices' };
/** References by their cloud names: the relation of Graph, and whether delta queries follow it. */
export const relations: Readonly<
  Record<string, { readonly of: GraphClass; readonly relation: string; readonly followed: boolean }>
> = {
  member: { of: 'group', relation: 'members', followed: true },
  manager: { of: 'user', relation: 'manager', followed: true },
  managedBy: { of: 'group', relation: 'owners', followed: false },
};

/** The dialect's attributes by their cloud names; of directory extensions those that the tenant defines are known. */
export function graphSchema(extensions: Extensions = noExtensions): ConnectorSchema {
  const attributes = new Map<string, AttributeSchema>();
  for (const rule of properties) {
    const { name, type, multiValued } = rule;
    const own = objectTypes.filter((c) => rules[c].includes(rule));
    if (name === photoAttribute)
      attributes.set(name, { name, type, multiValued, objectTypes: ['user'], unconfirmable: true, apart: true });
    const isOfAll = name === 'sourceAnchor' || name === 'cloudAnchor' || Object.hasOwn(relations, name);
    if (own.length === 0 && !isOfAll) continue;
    attributes.set(name, {
      name,
      type,
      multiValued,
      ...(isOfAll ? {} : { objectTypes: own }),
      ...(neverCleared.has(name) ? { neverCleared: true } : {}),
      ...(exchanged.has(name) ? { exchanged: true } : {}),
    });
  }
  for (const one of extensionSchema(extensions)) attributes.set(one.name, one);
  return { objectTypes, attributes, openNames: extensionPattern };
}

/** The properties to ask for so that these attributes can be told, the anchor among them. */
export function selectOf(objectClass: GraphClass, wanted: Wanted): string[] {
  const names = new Set(['id', anchorProperty[objectClass]]);
  for (const rule of rules[objectClass]) {
    const flow = rule.graph?.[objectClass];
    if (flow && wanted.has(rule.name))
      names.add(flow.form === 'extension' ? 'onPremisesExtensionAttributes' : flow.name);
  }
  for (const [name, definition] of wanted.extensions)
    if (wanted.has(name) && belongsTo(definition, objectClass)) names.add(definition.name);
  return [...names];
}

/** The source anchor of an object; undefined if nobody gave it one, null if the answer does not say. */
export function anchorOf(objectClass: GraphClass, object: Json): string | undefined | null {
  const name = anchorProperty[objectClass];
  if (!Object.hasOwn(object, name)) return null;
  const value = object[name];
  if (typeof value !== 'string' || value === '') return undefined;
  return objectClass === 'device' ? guidBytes(value)?.toString('base64') : value;
}

/** Attribute values in an object of Graph; `null` for those it says to be empty. What it does not mention is left out. */
export function attributesOf(
  objectClass: GraphClass,
  object: Json,
  wanted: Wanted,
): Record<string, AttributeValue | null> {
  const attributes: Record<string, AttributeValue | null> = {};
  for (const rule of rules[objectClass]) {
    const flow = rule.graph?.[objectClass];
    if (!flow || !wanted.has(rule.name)) continue;
    const inside = flow.form === 'extension';
    const holder = inside ? object.onPremisesExtensionAttributes : object;
    if (inside && holder === undefined) continue;
    const from = (holder ?? {}) as Json;
    if (!inside && !Object.hasOwn(from, flow.name)) continue;
    attributes[rule.name] = importedValue(rule, flow.form, from[flow.name]);
  }
  for (const [name, definition] of wanted.extensions)
    if (wanted.has(name) && Object.hasOwn(object, definition.name))
      attributes[name] = extensionValue(definition, object[definition.name]);
  return attributes;
}

function importedValue(rule: PropertyRule, form: string, value: unknown): AttributeValue | null {
  if (value === undefined || value === null || value === '') return null;
  if (form === 'guid') {
    const bytes = typeof value === 'string' ? guidBytes(value) : undefined;
    return bytes ? { base64: bytes.toString('base64') } : null;
  }
  const list = (Array.isArray(value) ? value : [value]).filter(
    (v): v is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof v) && v !== '',
  );
  if (list.length === 0) return null;
  return rule.multiValued ? canonicalValues(list) : (list[0] as Value);
}

/** The body that writes these attributes: `null` clears. Names that cannot be written have no effect. */
export function bodyOf(
  objectClass: GraphClass,
  attributes: Readonly<Record<string, AttributeValue | null>>,
): Record<string, unknown> {
  const names = Object.keys(attributes).filter((name) => canWrite(objectClass, name));
  const present = names.flatMap((name) => {
    const value = attributes[name];
    return value === null || value === undefined || valuesOf(value).length === 0 ? [] : [[name, value] as const];
  });
  const values: Attributes = Object.fromEntries(present);
  const body = graphProperties(objectClass, names, values, {});
  for (const name of ['userPrincipalName', 'mail']) {
    if (names.includes(name)) body[name] = values[name] ?? null;
  }
  if (values.alias !== undefined) body.mailNickname = values.alias;
  return body;
}
