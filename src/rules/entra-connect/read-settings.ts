/** The metaverse schema and the global parameters of an export: `GlobalSettings/MV.xml` (operations s.3.5). */
import type { Syntax } from '../metaverse-attributes.ts';
import type { MetaverseAttribute, MetaverseSchema } from '../metaverse-schema.ts';
import { isAttributeName } from '../metaverse-schema.ts';
import type { NotTaken } from './read-rule.ts';
import type { XmlNode } from './xml.ts';
import { child, childrenOf, descend, textAt } from './xml.ts';

export interface ImportedSettings {
  readonly metaverseSchema: MetaverseSchema;
  /** `Microsoft.…` and the administrator's own, by name. */
  readonly globalParameters: Readonly<Record<string, string>>;
  readonly notTaken: readonly NotTaken[];
}

/** Object identifiers of LDAP syntaxes (RFC 4517 s.3.3) as the metaverse uses them. */
const syntaxes: Readonly<Record<string, Syntax>> = {
  '1.3.6.1.4.1.1466.115.121.1.5': 'binary',
  '1.3.6.1.4.1.1466.115.121.1.7': 'boolean',
  '1.3.6.1.4.1.1466.115.121.1.12': 'reference',
  '1.3.6.1.4.1.1466.115.121.1.15': 'string',
  '1.3.6.1.4.1.1466.115.121.1.27': 'number',
  '1.3.6.1.4.1.1466.115.121.1.40': 'binary',
};

/** The settings of the file's root element. Attributes of an unknown syntax are left out and reported. */
export function readSettings(root: XmlNode, file: string): ImportedSettings {
  const data = root.name === 'mv-data' ? root : child(root, 'mv-data');
  const directorySchema = descend(data, 'schema', 'dsml', 'directory-schema');
  const notTaken: NotTaken[] = [];
  const byId = new Map<string, MetaverseAttribute>();
  for (const node of childrenOf(directorySchema, 'attribute-type')) {
    const attribute = readAttribute(node);
    if (typeof attribute === 'string')
      notTaken.push({ file, name: textAt(node, 'name'), part: 'metaverse schema', reason: attribute });
    else byId.set(node.attributes.id ?? attribute.name, attribute);
  }
  const types = new Map<string, ReadonlyMap<string, MetaverseAttribute>>();
  for (const node of childrenOf(directorySchema, 'class')) {
    const attributes = childrenOf(node, 'attribute').flatMap(
      (ref) => byId.get((ref.attributes.ref ?? '').replace(/^#/, '')) ?? [],
    );
    types.set(textAt(node, 'name') || (node.attributes.id ?? ''), new Map(attributes.map((a) => [a.name, a])));
  }
  return {
    metaverseSchema: { types, attributes: new Map([...byId.values()].map((a) => [a.name, a])) },
    globalParameters: readParameters(child(data, 'parameter-values')),
    notTaken,
  };
}

function readAttribute(node: XmlNode): MetaverseAttribute | string {
  const name = textAt(node, 'name');
  const identifier = textAt(node, 'syntax');
  const syntax = Object.hasOwn(syntaxes, identifier) ? syntaxes[identifier] : undefined;
  if (!isAttributeName(name)) return `"${name}" cannot be the name of an attribute.`;
  if (syntax === undefined) return `Its syntax ${identifier} has no counterpart.`;
  const multiValued = node.attributes['single-value'] !== 'true';
  return { name, syntax, multiValued, indexed: node.attributes.indexable === 'true' };
}

/** Name to value of the accepted ones of a `parameter-values` element. Encrypted ones are exported empty and left out. */
export function readParameters(
  node: XmlNode | undefined,
  accept: (attributes: XmlNode['attributes']) => boolean = () => true,
): Record<string, string> {
  const accepted = childrenOf(node, 'parameter').filter(
    ({ attributes }) => attributes.encrypted !== '1' && accept(attributes),
  );
  return Object.fromEntries(
    accepted.flatMap(({ attributes, text }) => (attributes.name ? [[attributes.name, text.trim()]] : [])),
  );
}
