/** The schema of a forest: which attributes there are, how their values are read, which class derives from which. */
import { attributeOf, text } from '../../ldap/text.ts';
import type { LdapConnection, LdapEntry } from '../../ldap/types.ts';
import type { ConnectorSchema } from '../contract.ts';
import type { RootDse } from './root-dse.ts';
import { searchMany } from './search.ts';
import { type AttributeReader, readerOf } from './values.ts';

export interface AdSchema {
  /** By name in lower case. Only what a domain controller replicates: nothing else can be imported incrementally. */
  readonly attributes: ReadonlyMap<string, AttributeReader>;
  /** Names in lower case of attributes that exist but are constructed, back links or not replicated. */
  readonly computed: ReadonlySet<string>;
  /** Back link to its forward link, in the letter case of the schema. */
  readonly backLinks: ReadonlyMap<string, string>;
  /** Class to its distance from `top`; a class is deeper than those it derives from. */
  readonly classDepth: ReadonlyMap<string, number>;
  /** Class to the class it derives from. */
  readonly superior: ReadonlyMap<string, string>;
  /** What the engine sees of it. */
  readonly connector: ConnectorSchema;
}

const NOT_REPLICATED = 0x1;
const CONSTRUCTED = 0x4;
/** objectClassCategory: 0 is a class of 1988 and may be structural, 1 structural, 2 abstract, 3 auxiliary. */
const STRUCTURAL = new Set(['0', '1']);
/** Not replicated by its flags but on every object: the anchor. */
const ALWAYS_THERE = new Set(['objectguid']);
/** RFC 4512 s.1.4 (keystring): nothing else can be a name, whatever a server says. */
const displayName = /^[A-Za-z][A-Za-z0-9-]*$/;
const anything = { present: 'objectClass' } as const;

/** Text that changes whenever the schema of the forest does. */
export async function readSchemaVersion(connection: LdapConnection, rootDse: RootDse): Promise<string> {
  const [head] = await connection.searchAll({
    base: rootDse.schemaNamingContext,
    scope: 'base',
    filter: anything,
    attributes: ['objectVersion', 'schemaInfo', 'objectGUID'],
  });
  const part = (name: string): string => (head && attributeOf(head, name)?.values[0]?.toString('hex')) ?? '';
  return [rootDse.rootDomainNamingContext, part('objectGUID'), part('objectVersion'), part('schemaInfo')].join('|');
}

export async function readSchema(connection: LdapConnection, rootDse: RootDse): Promise<AdSchema> {
  const definitions: LdapEntry[] = [];
  const stream = searchMany(connection, rootDse, {
    base: rootDse.schemaNamingContext,
    scope: 'one',
    filter: { or: [{ equal: ['objectClass', 'attributeSchema'] }, { equal: ['objectClass', 'classSchema'] }] },
    attributes: [
      ...['lDAPDisplayName', 'attributeSyntax', 'isSingleValued', 'linkID', 'systemFlags', 'isDefunct'],
      ...['subClassOf', 'objectClassCategory'],
    ],
  });
  for await (const batch of stream) definitions.push(...batch);
  return parseSchema(definitions);
}

/** The schema from its entries. Pure. */
export function parseSchema(definitions: readonly LdapEntry[]): AdSchema {
  const live = definitions.filter(
    (d) => text(d, 'isDefunct') !== 'TRUE' && displayName.test(text(d, 'lDAPDisplayName') ?? ''),
  );
  const classes = live.filter((d) => text(d, 'subClassOf') !== undefined);
  const { superior, classDepth } = parseClasses(classes);
  const structural = classes.filter((c) => STRUCTURAL.has(text(c, 'objectClassCategory') ?? '0'));
  const { attributes, computed, backLinks } = parseAttributes(live);
  return {
    attributes,
    computed,
    backLinks,
    classDepth,
    superior,
    connector: {
      objectTypes: structural.map((c) => text(c, 'lDAPDisplayName') as string).sort(),
      attributes: new Map(
        [...attributes.values()].map(({ name, type, multiValued }) => [name, { name, type, multiValued }] as const),
      ),
    },
  };
}

function parseAttributes(definitions: readonly LdapEntry[]) {
  const attributes = new Map<string, AttributeReader>();
  const computed = new Set<string>();
  const byLink = new Map<number, string>();
  const backward: (readonly [link: number, name: string])[] = [];
  for (const definition of definitions) {
    const syntax = text(definition, 'attributeSyntax');
    const name = text(definition, 'lDAPDisplayName');
    if (syntax === undefined || name === undefined) continue;
    const key = name.toLowerCase();
    const linkId = Number(text(definition, 'linkID') ?? Number.NaN);
    // MS-ADTS s.3.1.1.2.3.1: even identifiers are forward links, odd ones (2, 3 -> 3) their back links.
    const isLink = linkId > 0 && linkId % 2 === 0;
    if (isLink) byLink.set(linkId, name);
    else if (linkId > 0) backward.push([linkId, name]);
    const flags = Number(text(definition, 'systemFlags') ?? 0);
    const kind = readerOf(syntax);
    const isComputed = (flags & (NOT_REPLICATED | CONSTRUCTED)) !== 0 || linkId % 2 === 1;
    if (!kind || (isComputed && !ALWAYS_THERE.has(key))) {
      computed.add(key);
      continue;
    }
    const multiValued = text(definition, 'isSingleValued') !== 'TRUE';
    attributes.set(key, { name, type: kind.type, multiValued, isLink, read: kind.read });
  }
  const backLinks = new Map<string, string>();
  for (const [link, name] of backward) {
    const forward = byLink.get(link - 1);
    if (forward !== undefined) backLinks.set(name, forward);
  }
  return { attributes, computed, backLinks };
}

function parseClasses(classes: readonly LdapEntry[]) {
  const superior = new Map<string, string>();
  for (const definition of classes) {
    superior.set(text(definition, 'lDAPDisplayName') as string, text(definition, 'subClassOf') as string);
  }
  const classDepth = new Map<string, number>();
  for (const name of superior.keys()) classDepth.set(name, depthOf(name, superior));
  return { superior, classDepth };
}

function depthOf(name: string, superior: ReadonlyMap<string, string>): number {
  let depth = 0;
  let current = name;
  // `top` derives from itself; the bound keeps a broken schema from looping.
  for (let next = superior.get(current); next !== undefined && next !== current && depth < 64; ) {
    depth++;
    current = next;
    next = superior.get(current);
  }
  return depth;
}

/** Whether a class is another class or derives from it. */
export function derivesFrom(schema: Pick<AdSchema, 'superior'>, name: string, ancestor: string): boolean {
  let current = name;
  for (let steps = 0; steps < 64; steps++) {
    if (current === ancestor) return true;
    const next = schema.superior.get(current);
    if (next === undefined || next === current) return false;
    current = next;
  }
  return false;
}
