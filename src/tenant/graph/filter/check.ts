import { isExtensionName } from '../../extensions.ts';
import type { Kind } from '../../store/properties.ts';
import { badRequest, unsupportedQuery } from '../request.ts';
import { type ExtensionLookup, type FoundProperty, findProperty, typeNames } from '../schema.ts';
import type { Filter, Path } from './ast.ts';

/**
 * Refuses what the real service refuses (entra-directory s.5.8): operators and properties that need an advanced query
 * when the request is none, and what no query may have. Returns whether the filter needs one.
 */
export function checkFilter(filter: Filter, kind: Kind, advanced: boolean, extensions?: ExtensionLookup): void {
  const budget = { left: maxClauses };
  walk(filter, { kind, advanced, extensions, inside: undefined }, budget);
}

/** [M] The real service stops at 15 clauses joined by `or` and at 15 values of `in`; here in all. */
const maxClauses = 200;
const maxOr = 15;

interface Scope {
  readonly kind: Kind;
  readonly advanced: boolean;
  readonly extensions: ExtensionLookup | undefined;
  /** Range variable of the lambda we are in, and how long paths in it are: 2 if the values have members. */
  readonly inside: { readonly variable: string | undefined; readonly length: 1 | 2 } | undefined;
}

function walk(filter: Filter, scope: Scope, budget: { left: number }): void {
  budget.left -= 1;
  if (budget.left < 0) throw badRequest(`The $filter has more than ${maxClauses} clauses.`);
  switch (filter.kind) {
    case 'and':
    case 'or':
      if (filter.kind === 'or' && filter.parts.length > maxOr) throw tooManyClauses(filter.parts.length);
      for (const part of filter.parts) walk(part, scope, budget);
      return;
    case 'not':
      if (!scope.advanced) throw needsAdvanced("the operator 'not'");
      walk(filter.part, scope, budget);
      return;
    case 'lambda':
      checkLambda(filter, scope, budget);
      return;
    case 'in':
      if (filter.values.length > maxOr) throw tooManyClauses(filter.values.length);
      checkPath(filter.path, scope, 'eq');
      return;
    case 'text':
      checkText(filter, scope);
      return;
    case 'compare': {
      const { operator, path, value } = filter;
      if (operator === 'ne' && !scope.advanced) throw needsAdvanced("the operator 'ne'");
      if (value === null && !scope.advanced && scope.inside === undefined)
        throw needsAdvanced('a comparison with null');
      checkPath(path, scope, operator === 'eq' || operator === 'ne' ? 'eq' : operator);
      if (scope.inside === undefined) checkOperands(path, operator, value, scope.kind);
      return;
    }
  }
}

/** Two properties take less than their type would allow (entra-directory s.5.8). */
function checkOperands(path: Path, operator: string, value: unknown, kind: Kind): void {
  const name = path[0]?.toLowerCase();
  const onlyNull = name === 'passwordpolicies' && value !== null;
  const onlyEqual = name === 'onpremisesextensionattributes' && operator !== 'eq' && operator !== 'ne';
  if (onlyNull || onlyEqual) throw unsupported(path.join('/').slice(0, 100), kind);
}

function checkText(filter: Extract<Filter, { kind: 'text' }>, scope: Scope): void {
  const { name, path } = filter;
  if (name === 'contains')
    throw unsupportedQuery("The filter function 'contains' is not supported for directory objects.");
  if (name === 'startswith') {
    if (scope.inside === undefined) checkOperands(path, name, filter.value, scope.kind);
    checkPath(path, scope, 's');
    return;
  }
  const property = path[0] ?? '';
  const allowed = ['mail', 'othermails', 'userprincipalname', 'proxyaddresses'];
  if (!scope.advanced) throw needsAdvanced("the function 'endsWith'");
  if (scope.inside !== undefined) checkInside(path, scope.inside);
  else if (!allowed.includes(property.toLowerCase())) {
    throw unsupportedQuery(`The function 'endsWith' is not supported for the property '${property.slice(0, 100)}'.`);
  }
}

function checkLambda(filter: Extract<Filter, { kind: 'lambda' }>, scope: Scope, budget: { left: number }): void {
  if (scope.inside !== undefined) throw unsupportedQuery('A lambda within a lambda is not supported.');
  if (filter.name === 'all' && !scope.advanced) throw needsAdvanced("the operator 'all'");
  const { spec, name } = propertyOf(filter.path, scope.kind, scope.extensions);
  if (spec.type !== 'texts' && spec.type !== 'complexes') {
    throw badRequest(`The property '${name}' is not a collection, so '${filter.name}' cannot be applied to it.`);
  }
  if (spec.filter === 'none') throw unsupported(name, scope.kind);
  if (spec.filter === 'advanced' && !scope.advanced) throw unsupported(name, scope.kind);
  if (filter.part)
    walk(
      filter.part,
      { ...scope, inside: { variable: filter.variable, length: spec.type === 'texts' ? 1 : 2 } },
      budget,
    );
}

function checkInside(path: Path, inside: NonNullable<Scope['inside']>): void {
  if (path[0] === inside.variable && path.length === inside.length) return;
  throw badRequest(
    `'${path.join('/').slice(0, 100)}' is not a path to a value of the range variable '${inside.variable}'.`,
  );
}

function checkPath(path: Path, scope: Scope, need: 'eq' | 's' | 'ge' | 'le' | 'gt' | 'lt'): void {
  if (scope.inside !== undefined) {
    checkInside(path, scope.inside);
    return;
  }
  if (path.length === 2 && path[0]?.toLowerCase() === 'manager' && path[1]?.toLowerCase() === 'id') {
    if (need === 'eq' && (scope.kind === 'user' || scope.kind === 'contact')) return;
    throw unsupported('manager/id', scope.kind);
  }
  const { spec, name } = propertyOf(path, scope.kind, scope.extensions);
  if (spec.filter === 'none') throw unsupported(name, scope.kind);
  if (path.at(-1) === '$count') {
    if (!scope.advanced) throw unsupported(`${name}/$count`, scope.kind);
    return;
  }
  if (spec.type === 'texts' || spec.type === 'complexes') {
    throw badRequest(`The property '${name}' is a collection; use any() or all().`);
  }
  if (scope.advanced) {
    if (need === 's' && spec.type !== 'text') throw badRequest(`The property '${name}' is not text.`);
    return;
  }
  const allowed =
    spec.filter === 'advanced'
      ? false
      : need === 'eq'
        ? true
        : need === 's'
          ? spec.filter === 's'
          : (need === 'ge' || need === 'le') && spec.filter === 'g';
  if (!allowed) throw unsupported(name, scope.kind);
}

export function propertyOf(path: Path, kind: Kind, extensions?: ExtensionLookup): FoundProperty {
  const name = path[0] ?? '';
  const found = findProperty(kind, name, extensions);
  if (found) return found;
  if (isExtensionName(name)) {
    throw badRequest(`Property '${name.slice(0, 200)}' does not exist as a declared property or extension property.`);
  }
  throw badRequest(
    `Invalid filter clause: Could not find a property named '${path.join('/').slice(0, 100)}' on type 'microsoft.graph.${typeNames[kind]}'.`,
  );
}

const needsAdvanced = (what: string) =>
  unsupportedQuery(
    `Filter operators of this request are not supported without an advanced query: ${what} needs the header 'ConsistencyLevel: eventual' and the query option $count=true.`,
  );
const tooManyClauses = (count: number) =>
  unsupportedQuery(
    `Too many child clauses specified in search filter expression containing 'OR' operators: ${count}. Max allowed: ${maxOr}.`,
  );
const unsupported = (name: string, kind: Kind) =>
  unsupportedQuery(
    `Unsupported or invalid query filter clause specified for property '${name}' of resource '${capital(typeNames[kind])}'.`,
  );
const capital = (text: string) => text[0]?.toUpperCase() + text.slice(1);
