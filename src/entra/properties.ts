/**
 * The properties of the sync plane: for which classes, of which type, how long, and what Graph shows of them
 * (sync-engine s.4.7; types and classes as in the schema of the classic Entra connector; lengths of entra-directory s.4.2).
 */
import type { ObjectClass } from './objects.ts';
import { type PropertyRow, propertyRows } from './property-table.ts';

export type PropertyType = 'string' | 'integer' | 'boolean' | 'binary' | 'reference';

/**
 * How a value appears in Graph: `same`; `list` (a collection with one value); `sid` and `guid` (bytes as text);
 * `extension` (inside onPremisesExtensionAttributes); `instant` (`yyyyMMddHHmmss.0Z` as ISO); `not` (negated);
 * `phone` and `address` (inside the collections of a contact); `computed` (the proxy calculation decides).
 */
export type GraphForm =
  | 'same'
  | 'list'
  | 'sid'
  | 'guid'
  | 'extension'
  | 'instant'
  | 'not'
  | 'phone'
  | 'address'
  | 'computed';

export interface PropertyRule {
  /** As on the wire and in the shadow values. */
  readonly name: string;
  readonly classes: ReadonlySet<ObjectClass>;
  readonly type: PropertyType;
  readonly multiValued: boolean;
  /** Characters of a string value, or bytes of a binary one; absent means the general limit. */
  readonly maxLength?: number | undefined;
  /** The Graph property it flows into, by class; absent if Graph does not show it. */
  readonly graph?: Readonly<Partial<Record<ObjectClass, { readonly name: string; readonly form: GraphForm }>>>;
  /** Comes from the cloud in read-back; never written by the engine. */
  readonly cloudOnly: boolean;
}

const classLetters: Readonly<Record<string, ObjectClass>> = { U: 'user', G: 'group', C: 'contact', D: 'device' };

function ruleOf(row: PropertyRow): PropertyRule {
  const [name, letters, type, options = {}] = row;
  const classes = new Set([...letters].map((letter) => classLetters[letter] as ObjectClass));
  const { graph } = options;
  const entry = (objectClass: ObjectClass) => {
    const own = typeof graph === 'string' ? graph : graph?.[objectClass];
    if (own === undefined) return [];
    const [form, graphName] = own.includes(':') ? (own.split(':') as [GraphForm, string]) : (['same', own] as const);
    return [[objectClass, { name: graphName, form: form as GraphForm }] as const];
  };
  return {
    name,
    classes,
    type,
    multiValued: options.many === true,
    maxLength: options.max,
    ...(graph === undefined ? {} : { graph: Object.fromEntries([...classes].flatMap(entry)) }),
    cloudOnly: /^cloud(?!Anchor$|Mastered$)/.test(name),
  };
}

export const properties: readonly PropertyRule[] = propertyRows.map(ruleOf);

/** By the spelling of the table, which is what comes nearly always, and by lower case. */
const byName = new Map(
  properties.flatMap((rule) => [[rule.name, rule] as const, [rule.name.toLowerCase(), rule] as const]),
);
const ofClass = new Map<ObjectClass, readonly PropertyRule[]>(
  Object.values(classLetters).map((c) => [c, properties.filter((rule) => rule.classes.has(c))]),
);

/** `extension_<application id without dashes>_<name>` */
export const extensionPattern = '^extension_[0-9a-f]{32}_[A-Za-z0-9_.-]{1,128}$';
const extensionName = new RegExp(extensionPattern, 'i');
export const isDirectoryExtension = (name: string): boolean => name.length > 43 && extensionName.test(name);

/** The rule of a property in any letter case; undefined if there is none. Directory extensions are not in the table. */
export const propertyRule = (name: string): PropertyRule | undefined =>
  byName.get(name) ?? byName.get(name.toLowerCase());
export const propertiesOf = (objectClass: ObjectClass): readonly PropertyRule[] => ofClass.get(objectClass) ?? [];

/** Reference properties of a class: they travel as links, not as values. */
export const referencesOf = (objectClass: ObjectClass): readonly PropertyRule[] =>
  propertiesOf(objectClass).filter((rule) => rule.type === 'reference');
