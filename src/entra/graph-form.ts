/** From values of the sync plane to what Graph shows of them (sync-engine s.4.7, entra-directory s.5.2 to 5.4). */
import { guidText } from '../model/guid.ts';
import { sidText } from '../model/sid.ts';
import { type Attributes, type AttributeValue, isBinary, type Value, valuesOf } from '../model/value.ts';
import type { ObjectClass } from './objects.ts';
import { type GraphForm, isDirectoryExtension, propertiesOf, propertyRule } from './properties.ts';
import { base64Of, propertyValue, textValue } from './shadow.ts';

type Graph = Readonly<Record<string, unknown>>;

/** Text of a binary SID; undefined if there is none or its bytes are no SID. */
export function sidOf(properties: Attributes): string | undefined {
  const base64 = base64Of(properties, 'onPremiseSecurityIdentifier');
  return base64 === undefined ? undefined : sidFrom(base64);
}
function sidFrom(base64: string): string | undefined {
  if (/^S-1-/i.test(base64)) return base64.toUpperCase();
  try {
    return sidText(Buffer.from(base64, 'base64'));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Device id as GUID text in lower case; undefined if there is none or its bytes are no GUID. */
export function deviceIdOf(properties: Attributes): string | undefined {
  const text = base64Of(properties, 'deviceId');
  return text === undefined ? undefined : guidFrom(text);
}
function guidFrom(text: string): string | undefined {
  if (text.length === 36) return text.toLowerCase();
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 16 ? guidText(bytes) : undefined;
}

/** `yyyyMMddHHmmss.0Z` as ISO; undefined if the text is of another form. */
export function instantOf(text: string): string | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

/** One value in its Graph form; null if it has none. */
function formed(form: GraphForm, value: AttributeValue): unknown {
  const first = valuesOf(value)[0];
  switch (form) {
    case 'list':
      return valuesOf(value).map(plain);
    case 'sid':
      return sidFrom(String(plain(first as Value))) ?? null;
    case 'guid':
      return guidFrom(String(plain(first as Value))) ?? null;
    case 'instant':
      return typeof first === 'string' ? (instantOf(first) ?? null) : null;
    case 'not':
      return first !== true;
    case 'same':
    case 'extension':
    case 'phone':
    case 'address':
    case 'computed':
      return Array.isArray(value) ? valuesOf(value).map(plain) : plain(value as Value);
  }
}
const plain = (value: Value): unknown => {
  if (isBinary(value)) return value.base64;
  if (typeof value !== 'object') return value;
  return 'date' in value ? value.date : 'dn' in value ? value.dn : value.int;
};

/** Without a value from the directory these keep the one they have: Graph knows no empty value for them (s.5.1). */
const neverEmpty = new Set(['displayName', 'usageLocation', 'accountEnabled', 'securityEnabled', 'userType']);

/** What a property without a value looks like in Graph. */
const emptyOf = (form: GraphForm): unknown => (form === 'list' ? [] : null);

/**
 * The Graph properties that follow from these names of the sync plane, given all values as they will be. Computed ones
 * are left out. Names that Graph does not show have no effect.
 */
export function graphProperties(
  objectClass: ObjectClass,
  names: Iterable<string>,
  shadow: Attributes,
  before: Graph,
): Record<string, unknown> {
  const graph: Record<string, unknown> = {};
  let contactParts = false;
  for (const name of names) {
    if (isDirectoryExtension(name)) {
      const value = propertyValue(shadow, name);
      graph[name] = value === undefined ? null : formed('same', value);
      continue;
    }
    const flow = propertyRule(name)?.graph?.[objectClass];
    if (flow === undefined || flow.form === 'computed') continue;
    const value = propertyValue(shadow, name);
    if (value === undefined && neverEmpty.has(flow.name)) continue;
    const shown = value === undefined ? emptyOf(flow.form) : formed(flow.form, value);
    if (flow.form === 'phone' || flow.form === 'address') contactParts = true;
    else if (flow.form === 'extension') {
      const extensions = graph.onPremisesExtensionAttributes ?? before.onPremisesExtensionAttributes;
      graph.onPremisesExtensionAttributes = { ...(extensions as object | undefined), [flow.name]: shown };
    } else graph[flow.name] = shown;
  }
  return contactParts ? { ...graph, ...contactCollections(shadow) } : graph;
}

const contactFlows = propertiesOf('contact').flatMap((rule) => {
  const flow = rule.graph?.contact;
  return flow === undefined ? [] : [{ name: rule.name, flow }];
});

/** `phones` and `addresses` of a contact (entra-directory s.5.4). */
function contactCollections(shadow: Attributes) {
  const phones: { type: string; number: string }[] = [];
  const address: Record<string, string> = {};
  for (const { name, flow } of contactFlows) {
    const text = textValue(shadow, name);
    if (text === undefined) continue;
    if (flow.form === 'phone') phones.push({ type: flow.name, number: text });
    else if (flow.form === 'address') address[flow.name] = text;
  }
  return { phones, addresses: Object.keys(address).length === 0 ? [] : [address] };
}

/** Those of the properties that differ from what is there; absent, null and the empty list are one and the same. */
export function changedProperties(before: Graph, after: Graph): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (!sameGraphValue(old, value)) changed[name] = value ?? null;
  }
  return changed;
}
/** The properties that have a value; an empty list is one. */
export const presentProperties = (graph: Graph): Record<string, unknown> =>
  Object.fromEntries(Object.entries(graph).filter(([, value]) => value !== undefined && value !== null));
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
export const sameGraphValue = (a: unknown, b: unknown): boolean =>
  a === b || (isNothing(a) && isNothing(b)) || JSON.stringify(a) === JSON.stringify(b);
