import type { Kind } from '../store/properties.ts';
import { badRequest, type GraphRequest, notImplemented } from './request.ts';
import { findProperty, standardProperties, typeNames } from './schema.ts';

/** What an answer shows of each object. */
export interface Selection {
  readonly names: readonly string[];
  /** For `@odata.context`: `(displayName,id)`, or nothing. */
  readonly suffix: string;
}

/** The selection of `$select`, or the standard properties. Throws 400 for a name that the type has not. */
export function readSelection(request: GraphRequest, kind: Kind, text = request.query.get('$select')): Selection {
  if (text === undefined || text.trim() === '') return { names: standardProperties(kind), suffix: '' };
  const asked = text.split(',').map((part) => part.trim());
  if (asked.length > 200) throw badRequest('$select names too many properties.');
  if (asked.includes('*')) return { names: standardProperties(kind), suffix: '' };
  const names = new Set<string>();
  for (const part of asked) {
    if (part === '')
      throw badRequest("Parsing OData Select and Expand failed: Term '' is not valid in a $select expression.");
    const found = findProperty(kind, part.split('/')[0] as string);
    if (!found || (found.spec.beta && request.version !== 'beta')) {
      throw badRequest(
        `Parsing OData Select and Expand failed: Could not find a property named '${part.slice(0, 100)}' on type 'microsoft.graph.${typeNames[kind]}'.`,
      );
    }
    if (found.spec.missing) throw notImplemented(`the property '${found.name}' of ${typeNames[kind]}`);
    names.add(found.name);
  }
  const suffix = `(${[...names].join(',')})`;
  // The id comes along whether asked for or not, as in the real service.
  if (!names.has('id')) names.add('id');
  return { names: [...names], suffix };
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
  if (Number(text) > 999) {
    throw badRequest(`Invalid page size specified: '${text}'. Must be between 1 and 999 inclusive.`);
  }
  return Number(text);
}
