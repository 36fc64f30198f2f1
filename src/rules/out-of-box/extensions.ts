/**
 * Directory extensions as rules (sync-engine s.5.8): attributes of the forest that the cloud has no property for, under names
 * that belong to an application. The metaverse calls them what the cloud does, as in an exported Entra Connect configuration.
 */
import { attributeOfShape, type SchemaAddition } from '../metaverse-schema.ts';
import type { Flow } from '../model.ts';
import type { OutOfBoxFile, RuleEntry } from './options.ts';

export const extensionTypes = ['string', 'integer', 'boolean', 'binary', 'date'] as const;
export interface ExtensionAttribute {
  /** Of the forest. */
  readonly attribute: string;
  /** Last part of the name in the cloud; default the attribute with `_` for what a name there cannot have. */
  readonly name?: string | undefined;
  /** Default `string`. */
  readonly type?: (typeof extensionTypes)[number] | undefined;
  readonly multiValued?: boolean | undefined;
  /** Default both. */
  readonly objects?: readonly ('user' | 'group')[] | undefined;
}
export interface DirectoryExtensions {
  /** Application id of the app that the extensions belong to. */
  readonly application: string;
  readonly attributes: readonly (string | ExtensionAttribute)[];
}

/** `extension_<application id without dashes>_<name>` */
export function extensionNameOf(
  application: string,
  attribute: Pick<ExtensionAttribute, 'attribute' | 'name'>,
): string {
  const name = attribute.name ?? attribute.attribute.replaceAll(/\W/g, '_');
  return `extension_${application.replaceAll('-', '').toLowerCase()}_${name}`;
}

const syntaxes = { string: 'string', integer: 'number', boolean: 'boolean', binary: 'binary', date: 'string' } as const;
const sources = {
  user: [
    ['user', 'person'],
    ['inetOrgPerson', 'person'],
  ],
  group: [['group', 'group']],
} as const;
const scopes = {
  user: [
    { attribute: 'sourceObjectType', operator: 'EQUAL', value: 'User' },
    { attribute: 'cloudMastered', operator: 'NOTEQUAL', value: 'True' },
  ],
  group: [
    { attribute: 'sourceAnchor', operator: 'ISNOTNULL' },
    { attribute: 'cloudMastered', operator: 'NOTEQUAL', value: 'True' },
  ],
} as const;

/** The rules that carry these attributes, and what the metaverse needs for them; none without options. */
export function extensionRules(options: DirectoryExtensions | undefined): OutOfBoxFile[] {
  if (!options || options.attributes.length === 0) return [];
  const all = options.attributes.map((one) => (typeof one === 'string' ? { attribute: one } : one));
  const rules: RuleEntry[] = [];
  const metaverse: SchemaAddition[] = [];
  for (const kind of ['user', 'group'] as const) {
    const own = all.filter((one) => (one.objects ?? ['user', 'group']).includes(kind));
    if (own.length === 0) continue;
    const named = own.map((one) => ({ ...one, target: extensionNameOf(options.application, one) }));
    const type = kind === 'user' ? 'person' : 'group';
    for (const { target, type: valueType = 'string', multiValued = false } of named) {
      const attribute = attributeOfShape(target, `${syntaxes[valueType]}${multiValued ? '[]' : ''}`);
      metaverse.push({ objectType: type, attribute });
    }
    for (const [source, projected] of sources[kind])
      rules.push({
        name: `In from AD - ${source} DirectoryExtension`,
        tag: `Causeway.InFromAD${source}DirectoryExtension.001`,
        direction: 'inbound',
        connectorType: 'active-directory',
        source,
        target: projected,
        precedence: 119,
        flows: named.map(({ target, attribute }) => ({ target, direct: attribute })),
      });
    rules.push({
      name: `Out to AAD - ${kind} DirectoryExtension`,
      tag: `Causeway.OutToAAD${kind}DirectoryExtension.001`,
      direction: 'outbound',
      connectorType: 'entra',
      source: type,
      target: kind,
      precedence: 147,
      scope: [scopes[kind]],
      join: [[{ cs: 'sourceAnchor', mv: 'sourceAnchor' }]],
      flows: named.map(outboundFlow),
    });
  }
  return [{ file: 'directory-extensions', rules, metaverse }];
}

/** The metaverse keeps an instant as the text that the directory has; the cloud takes it as an instant. */
function outboundFlow({ target, type, multiValued }: ExtensionAttribute & { readonly target: string }): Flow {
  if (type !== 'date') return { target, direct: target };
  const expression =
    multiValued === true
      ? `Select($one, [${target}], CDate($one))`
      : `IIF(IsPresent([${target}]), CDate([${target}]), NULL)`;
  return { target, expression };
}
