import type { Kind } from '../store/properties.ts';
import { badRequest, type GraphRequest, notImplemented } from './request.ts';
import { findProperty, standardProperties, typeNames } from './schema.ts';

/** What an answer shows of each object. */
export interface Selection {
  readonly names: readonly string[];
  /** For `@odata.context`: `(displayName,id)`, or nothing. */
  readonly suffix: string;
}
/** The same where objects of several kinds can come. */
export interface Selections {
  namesOf(kind: Kind): readonly string[];
  readonly suffix: string;
}

/** The selection of `$select`, or the standard properties. Throws 400 for a name that the type has not. */
export function readSelection(request: GraphRequest, kind: Kind): Selection {
  const { namesOf, suffix } = readSelections(request, [kind]);
  return { names: namesOf(kind), suffix };
}

/** With several kinds, a name need only exist on one of them; objects without the property do not show it. */
export function readSelections(
  request: GraphRequest,
  kinds: readonly Kind[],
  text = request.query.get('$select'),
): Selections {
  const asked = (text ?? '').split(',').map((part) => part.trim());
  if (asked.length > 200) throw badRequest('$select names too many properties.');
  if (asked.includes('*') || (asked.length === 1 && asked[0] === ''))
    return { namesOf: standardProperties, suffix: '' };
  const names = new Map<Kind, Set<string>>(kinds.map((kind) => [kind, new Set()]));
  const shown = new Set<string>();
  for (const part of asked) {
    const name = selectName(request, kinds, part, names);
    if (name !== undefined) shown.add(name);
  }
  const suffix = `(${[...shown].join(',')})`;
  // The id comes along whether asked for or not, as in the real service.
  for (const set of names.values()) set.add('id');
  const lists = new Map([...names].map(([kind, set]) => [kind, [...set]]));
  return { namesOf: (kind) => lists.get(kind) ?? ['id'], suffix };
}

/** Relations may be named in `$select`; they choose nothing but what a delta query follows. */
const relations = new Set(['members', 'manager', 'owners', 'memberof', 'registeredowners', 'registeredusers']);

function selectName(
  request: GraphRequest,
  kinds: readonly Kind[],
  part: string,
  names: Map<Kind, Set<string>>,
): string | undefined {
  if (part === '')
    throw badRequest("Parsing OData Select and Expand failed: Term '' is not valid in a $select expression.");
  if (relations.has(part.toLowerCase())) return undefined;
  let found: string | undefined;
  for (const kind of kinds) {
    const property = findProperty(kind, part.split('/')[0] as string, request.extensions);
    if (!property || (property.spec.beta && request.version !== 'beta')) continue;
    if (property.spec.missing) throw notImplemented(`the property '${property.name}' of ${typeNames[kind]}`);
    found = property.name;
    names.get(kind)?.add(property.name);
  }
  if (found !== undefined) return found;
  throw badRequest(
    `Parsing OData Select and Expand failed: Could not find a property named '${part.slice(0, 100)}' on type 'microsoft.graph.${typeNames[kinds[0] as Kind]}'.`,
  );
}

/** What `$select` leaves of an answer that is made by hand; all of it without. Throws 400 for a name it has not. */
export function selectMembers(
  request: GraphRequest,
  type: string,
  body: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const asked = request.query.get('$select');
  if (!asked || asked.trim() === '*') return body;
  const names = new Map(Object.keys(body).map((name) => [name.toLowerCase(), name]));
  const wanted = asked.split(',').map((part) => {
    const name = names.get(part.trim().toLowerCase());
    if (name !== undefined) return name;
    throw badRequest(`Could not find a property named '${part.slice(0, 100)}' on type 'microsoft.graph.${type}'.`);
  });
  return Object.fromEntries([...new Set(['id', ...wanted])].map((name) => [name, body[name]]));
}

/** `$top` as a number; default 100, at most 999 (entra-directory s.5.8). */
export function readTop(request: GraphRequest): number {
  const text = request.query.get('$top');
  if (text === undefined) return 100;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) {
    throw badRequest(
      `Invalid value '${text.slice(0, 40)}' for the $top query option found. The $top query option requires a positive integer value.`,
    );
  }
  if (Number(text) > 999)
    throw badRequest(`Invalid page size specified: '${text}'. Must be between 1 and 999 inclusive.`);
  return Number(text);
}
