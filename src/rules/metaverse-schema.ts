/** The metaverse schema: which attributes an identity can have, and of what shape. */
import { builtInAttributes, type Shape, type Syntax } from './metaverse-attributes.ts';

/** Longest value of an indexed string, in UTF-16 units (sync-engine s.1.2). */
export const indexedLimit = 448;

export interface MetaverseAttribute {
  readonly name: string;
  readonly syntax: Syntax;
  readonly multiValued: boolean;
  /** Values of an indexed string are limited to `indexedLimit`. */
  readonly indexed: boolean;
}
export interface MetaverseSchema {
  /** Object type to its attributes by name. */
  readonly types: ReadonlyMap<string, ReadonlyMap<string, MetaverseAttribute>>;
  /** Every attribute by name; the shape of a name is the same on every type. */
  readonly attributes: ReadonlyMap<string, MetaverseAttribute>;
}
export interface SchemaAddition {
  readonly objectType: string;
  readonly attribute: MetaverseAttribute;
}
export type ExtendedSchema =
  | { readonly ok: true; readonly schema: MetaverseSchema }
  | { readonly ok: false; readonly conflicts: readonly { addition: SchemaAddition; message: string }[] };

/** Names that rules may use: what any directory calls an attribute, and nothing that means something to JavaScript. */
export function isAttributeName(name: string): boolean {
  return /^[A-Za-z][\w.;-]{0,255}$/.test(name) && !(name in Object.prototype);
}

/** The attribute that a shape such as `string[] indexed` describes. */
export function attributeOfShape(name: string, shape: Shape): MetaverseAttribute {
  const syntax = /^[a-z]+/.exec(shape)?.[0] as Syntax;
  return { name, syntax, multiValued: shape.includes('[]'), indexed: shape.endsWith('indexed') };
}

/** A schema of these attributes. An attribute that is defined twice must have one shape: otherwise a conflict. */
export function extendMetaverseSchema(base: MetaverseSchema, additions: readonly SchemaAddition[]): ExtendedSchema {
  const types = new Map([...base.types].map(([type, names]) => [type, new Map(names)]));
  const attributes = new Map(base.attributes);
  const conflicts: { addition: SchemaAddition; message: string }[] = [];
  for (const addition of additions) {
    const message = conflictOf(attributes, addition);
    if (message !== undefined) {
      conflicts.push({ addition, message });
      continue;
    }
    const { name } = addition.attribute;
    const known = attributes.get(name) ?? addition.attribute;
    attributes.set(name, known);
    const names = types.get(addition.objectType) ?? new Map<string, MetaverseAttribute>();
    types.set(addition.objectType, names.set(name, known));
  }
  return conflicts.length > 0 ? { ok: false, conflicts } : { ok: true, schema: { types, attributes } };
}

function conflictOf(known: ReadonlyMap<string, MetaverseAttribute>, { attribute }: SchemaAddition): string | undefined {
  if (!isAttributeName(attribute.name)) {
    return `"${attribute.name}" cannot be the name of an attribute: use letters, digits, "-", "_" and "." after a letter`;
  }
  const before = known.get(attribute.name);
  if (before === undefined) return undefined;
  if (before.syntax === attribute.syntax && before.multiValued === attribute.multiValued) return undefined;
  return `The metaverse attribute ${attribute.name} is ${describe(before)} already and cannot become ${describe(attribute)}`;
}

const describe = (a: MetaverseAttribute): string => `${a.multiValued ? 'multi-valued' : 'single-valued'} ${a.syntax}`;

function builtIn(): MetaverseSchema {
  const additions = builtInAttributes.flatMap(([types, shape, names]) =>
    names
      .split(' ')
      .filter((name) => name !== '')
      .flatMap((name) =>
        types.split(' ').map((objectType) => ({ objectType, attribute: attributeOfShape(name, shape) })),
      ),
  );
  const made = extendMetaverseSchema({ types: new Map(), attributes: new Map() }, additions);
  if (!made.ok) throw new TypeError(made.conflicts.map((c) => c.message).join('; '));
  return made.schema;
}

/** Types person, group and device with the attributes of sync-engine s.4.8. */
export const builtInMetaverseSchema: MetaverseSchema = builtIn();
