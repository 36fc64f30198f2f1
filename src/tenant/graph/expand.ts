import type { LinkKind } from '../store/links.ts';
import type { StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import { requireVisibleMembers } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import { findRelation, type Relation } from './relations.ts';
import { odataType, renderObject } from './render.ts';
import { badRequest, type GraphRequest, notImplemented, unsupportedQuery } from './request.ts';
import { readSelections, type Selections } from './select.ts';

/** One relation to show with each object, at most 20 of its objects (entra-directory s.5.8). */
export interface Expansion {
  readonly name: string;
  readonly relation: Relation;
  readonly selections: Selections;
}
const mostExpanded = 20;

/** Relations that the real service can expand and that are not followed here. */
const notHere = new Set([
  ...['approleassignments', 'approleassignedto', 'createdobjects', 'drive', 'extensionproperties', 'extensions'],
  ...['federatedidentitycredentials', 'licensedetails', 'oauth2permissiongrants', 'photo', 'scopedrolememberof'],
  ...['scopedrolemembers', 'settings', 'sponsors'],
]);

/** The expansion of `$expand=members($select=id,displayName)`; undefined if there is none. */
export function readExpansion(request: GraphRequest, kinds: readonly Kind[]): Expansion | undefined {
  const text = request.query.get('$expand')?.trim();
  if (!text) return undefined;
  const match = /^(\w{1,64}|\*)(?:\(([^()]*)\))?$/.exec(text);
  if (!match) {
    if (/^[\w,\s]+$/.test(text))
      throw unsupportedQuery('Request with $expand of more than one property is not supported.');
    throw badRequest(`Parsing OData Select and Expand failed: '${text.slice(0, 100)}' is not a valid $expand.`);
  }
  const [, name = '', inner = ''] = match;
  const relation = kinds.map((kind) => findRelation(kind, name.toLowerCase())).find((r) => r !== undefined);
  if (!relation && notHere.has(name.toLowerCase())) throw notImplemented(`$expand=${name}`);
  if (!relation)
    throw badRequest(
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${kinds[0]}'.`,
    );
  let select: string | undefined;
  for (const option of inner
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')) {
    const [key = '', value = ''] = option.split('=', 2);
    if (key.trim().toLowerCase().replace(/^\$/, '') !== 'select')
      throw notImplemented(`the option '${key.trim()}' of $expand`);
    select = value;
  }
  return { name: relation.name, relation, selections: readSelections(request, relation.kinds, select) };
}

/** The member of an answer that shows the related objects. Throws 403 if they are hidden from the caller. */
export function expand(plane: GraphPlane, request: GraphRequest, object: StoredObject, expansion: Expansion): object {
  if (expansion.name === 'members') requireVisibleMembers(plane, request, object);
  const { links } = plane.context;
  const { relation, selections } = expansion;
  const found = relation.links.flatMap((link: LinkKind) =>
    relation.reverse
      ? links.sources(object.seq, link, 0, mostExpanded)
      : links.targets(object.seq, link, 0, mostExpanded),
  );
  const shown = found.slice(0, mostExpanded).map((related) => ({
    '@odata.type': odataType(related.kind),
    ...renderObject(related, selections.namesOf(related.kind)),
  }));
  if (!relation.single) return { [expansion.name]: shown };
  return shown[0] ? { [expansion.name]: shown[0] } : {};
}
