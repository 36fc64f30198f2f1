/** Directory extensions and their definitions (Graph: extensionProperty; entra-directory s.5.13). */
import { findApp } from '../apps.ts';
import {
  defineExtension,
  type ExtensionDefinition,
  type ExtensionTarget,
  type ExtensionType,
  extensionDefinitions,
  extensionNamed,
  extensionPrefix,
  extensionTargets,
  extensionTypes,
  removeExtension,
  schemaExtensionApp,
} from '../extensions.ts';
import type { StoredObject } from '../store/objects.ts';
import { parseFilter } from './filter/parser.ts';
import { hasAny, permissions, requireAny, requireWrite } from './permissions.ts';
import { withOptions } from './plain.ts';
import type { GraphPlane } from './plane.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  type Segment,
  segmentNotFound,
  unsupportedQuery,
} from './request.ts';
import { bodyObject } from './write/payload.ts';

/** /applications/{id}/extensionProperties. */
export function answerExtensions(
  plane: GraphPlane,
  request: GraphRequest,
  application: StoredObject,
  [id, more]: readonly Segment[],
): GraphAnswer {
  if (more) throw segmentNotFound(more.text);
  const prefix = extensionPrefix(String(application.body.appId));
  const own = extensionDefinitions(plane.context).filter(
    (definition) => definition.origin !== 'sync' && definition.name.toLowerCase().startsWith(prefix),
  );
  const context = `${request.base}/$metadata#applications('${application.id}')/extensionProperties`;
  if (!id && request.method === 'POST') {
    requireOwn(plane, request, application);
    const made = makeExtension(plane, application, bodyObject(request));
    const headers = { location: `${request.base}/applications/${application.id}/extensionProperties/${made.id}` };
    return { status: 201, headers, body: { '@odata.context': `${context}/$entity`, ...describe(plane, made) } };
  }
  const found = id && own.find((definition) => definition.id === id.name);
  if (id && !found) throw notFound(id.text);
  if (found && request.method === 'DELETE') {
    requireOwn(plane, request, application);
    plane.context.write(() => removeExtension(plane.context, found.name));
    return { status: 204 };
  }
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  requireAny(request, permissions.read('application'));
  const body = found
    ? { '@odata.context': `${context}/$entity`, ...describe(plane, found) }
    : { '@odata.context': context, value: filtered(request, own).map((definition) => describe(plane, definition)) };
  return withOptions(request, { status: 200, body }, ['$filter']);
}

/** POST /directoryObjects/getAvailableExtensionProperties: every definition of the tenant, or by where it comes from. */
export function availableExtensions(plane: GraphPlane, request: GraphRequest): GraphAnswer {
  requireAny(request, permissions.read('application'));
  const { isSyncedFromOnPremises: synced } = request.body() === undefined ? {} : bodyObject(request);
  if (synced !== undefined && synced !== null && typeof synced !== 'boolean') {
    throw badRequest("The parameter 'isSyncedFromOnPremises' must be true or false.");
  }
  const value = extensionDefinitions(plane.context)
    .filter(({ origin }) => typeof synced !== 'boolean' || (origin === 'sync') === synced)
    .map((definition) => ({ '@odata.type': '#microsoft.graph.extensionProperty', ...describe(plane, definition) }));
  return { status: 200, body: { '@odata.context': `${request.base}/$metadata#Collection(extensionProperty)`, value } };
}

function describe(plane: GraphPlane, definition: ExtensionDefinition): Record<string, unknown> {
  const isSynced = definition.origin === 'sync';
  return {
    id: definition.id,
    deletedDateTime: null,
    appDisplayName: isSynced ? schemaExtensionApp : (appOf(plane, definition)?.body.displayName ?? null),
    dataType: definition.dataType,
    isMultiValued: definition.isMultiValued,
    isSyncedFromOnPremises: isSynced,
    name: definition.name,
    targetObjects: definition.targets,
  };
}

/** The app whose id is in the name, if the tenant knows it. */
function appOf({ context }: GraphPlane, { name }: ExtensionDefinition): StoredObject | undefined {
  const id = name.slice('extension_'.length, 'extension_'.length + 32).toLowerCase();
  return findApp(context, id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}

/** Who may write only what is their own defines extensions of their own app. */
function requireOwn(plane: GraphPlane, request: GraphRequest, application: StoredObject): void {
  requireWrite(plane, request, permissions.write('application'));
  if (hasAny(request, ['Application.ReadWrite.All']) || application.body.appId === request.principal.appId) return;
  requireAny(request, []);
}

const invalid = (name: string) =>
  badRequest(`Invalid value specified for property '${name}' of resource 'ExtensionProperty'.`);
const writable = new Set(['name', 'dataType', 'targetObjects', 'isMultiValued']);

function makeExtension(
  { context }: GraphPlane,
  application: StoredObject,
  body: Record<string, unknown>,
): ExtensionDefinition {
  const unknown = Object.keys(body).find((member) => !writable.has(member) && !member.startsWith('@odata.'));
  if (unknown !== undefined) throw badRequest(`Invalid property '${unknown.slice(0, 100)}'.`);
  const missing = ['name', 'dataType', 'targetObjects'].find((member) => body[member] === undefined);
  if (missing !== undefined) {
    throw badRequest(`A value is required for property '${missing}' of resource 'ExtensionProperty'.`);
  }
  const { name, dataType, targetObjects, isMultiValued = false } = body;
  if (typeof name !== 'string' || !/^[A-Za-z]\w{0,119}$/.test(name)) throw invalid('name');
  if (!(extensionTypes as readonly unknown[]).includes(dataType)) throw invalid('dataType');
  if (typeof isMultiValued !== 'boolean') throw invalid('isMultiValued');
  const targets = targetObjects as readonly ExtensionTarget[];
  const fits = Array.isArray(targets) && targets.length > 0 && targets.every((t) => extensionTargets.includes(t));
  if (!fits) throw invalid('targetObjects');
  const full = extensionPrefix(String(application.body.appId)) + name;
  if (extensionNamed(context, full)) throw badRequest(`An extension property exists with the name ${full}.`);
  const definition: ExtensionDefinition = {
    id: context.random.guid(),
    name: full,
    dataType: dataType as ExtensionType,
    isMultiValued,
    targets: [...new Set(targets)],
    origin: 'app',
  };
  context.write(() => defineExtension(context, definition));
  return definition;
}

/** Definitions can be asked for by name: `name eq '…'`. */
function filtered(request: GraphRequest, all: readonly ExtensionDefinition[]): readonly ExtensionDefinition[] {
  const text = request.query.get('$filter');
  if (text === undefined) return all;
  const filter = parseFilter(text);
  const isByName =
    filter.kind === 'compare' && filter.operator === 'eq' && filter.path.join('/').toLowerCase() === 'name';
  if (!isByName) throw unsupportedQuery("Extension properties are filtered by name only: name eq '…'.");
  return all.filter(({ name }) => name.toLowerCase() === String(filter.value).toLowerCase());
}
