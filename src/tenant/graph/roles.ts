import { isGuidText } from '../../model/guid.ts';
import { activateRole, type RoleTemplate, rolesEligible, roleTemplates } from '../roles.ts';
import type { StoredObject } from '../store/objects.ts';
import { objectColumns } from '../store/objects.ts';
import { parseFilter } from './filter/parser.ts';
import { entity } from './objects.ts';
import { permissions, requireAny, requireWrite } from './permissions.ts';
import { filterEntries } from './plain.ts';
import type { GraphPlane } from './plane.ts';
import { odataType, renderObject } from './render.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  notImplemented,
  type Segment,
  segmentNotFound,
  unsupportedQuery,
} from './request.ts';
import { standardProperties } from './schema.ts';
import { bodyObject } from './write/payload.ts';

const templateBody = (template: RoleTemplate) => ({
  id: template.id,
  deletedDateTime: null,
  description: template.displayName,
  displayName: template.displayName,
});

/** /directoryRoleTemplates. */
export function answerRoleTemplates(request: GraphRequest, rest: readonly Segment[]): GraphAnswer {
  requireAny(request, permissions.read('directoryRole'));
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  const context = `${request.base}/$metadata#directoryRoleTemplates`;
  const [id, more] = rest;
  if (more) throw segmentNotFound(more.text);
  if (!id) return { status: 200, body: { '@odata.context': context, value: roleTemplates.map(templateBody) } };
  const template = roleTemplates.find((t) => t.id === id.name);
  if (!template) throw notFound(id.text);
  return { status: 200, body: { '@odata.context': `${context}/$entity`, ...templateBody(template) } };
}

/** POST /directoryRoles: makes a role active. */
export function activateDirectoryRole(plane: GraphPlane, request: GraphRequest): GraphAnswer {
  requireWrite(plane, request, permissions.write('directoryRole'));
  const { roleTemplateId } = bodyObject(request);
  const template =
    typeof roleTemplateId === 'string' ? roleTemplates.find((t) => t.id === roleTemplateId.toLowerCase()) : undefined;
  if (!template) throw badRequest("Invalid value specified for property 'roleTemplateId' of resource 'DirectoryRole'.");
  const role = plane.context.write(() => activateRole(plane.context, template));
  return entity(plane, request, 'directoryRoles', role, 201);
}

/** /roleManagement/directory: the same roles in the newer form. */
export function answerRoleManagement(plane: GraphPlane, request: GraphRequest, rest: readonly Segment[]): GraphAnswer {
  const [area, collection, id, more] = rest;
  if (area?.name !== 'directory') throw notImplemented(`/roleManagement/${area?.text ?? ''}`);
  if (more) throw segmentNotFound(more.text);
  switch (collection?.name) {
    case 'roledefinitions':
      return roleDefinitions(request, id);
    case 'roleassignments':
      return roleAssignments(plane, request, id);
    case 'roleeligibilityscheduleinstances':
    case 'roleeligibilityschedules':
      return eligibilities(plane, request, collection.text);
    default:
      throw notImplemented(`/roleManagement/directory/${collection?.text ?? ''}`);
  }
}

const definitionBody = (t: RoleTemplate) => ({
  id: t.id,
  templateId: t.id,
  displayName: t.displayName,
  description: t.displayName,
  isBuiltIn: true,
  isEnabled: true,
});

function roleDefinitions(request: GraphRequest, id: Segment | undefined): GraphAnswer {
  requireAny(request, permissions.read('directoryRole'));
  if (request.method !== 'GET') throw notImplemented('custom roles');
  const context = `${request.base}/$metadata#roleManagement/directory/roleDefinitions`;
  if (request.query.has('$expand')) throw notImplemented('$expand of role definitions');
  if (!id)
    return {
      status: 200,
      body: { '@odata.context': context, value: filterEntries(request, roleTemplates.map(definitionBody)) },
    };
  const template = roleTemplates.find((t) => t.id === id.name);
  if (!template) throw notFound(id.text);
  return { status: 200, body: { '@odata.context': `${context}/$entity`, ...definitionBody(template) } };
}

interface Assignment {
  readonly id: string;
  readonly principalId: string;
  readonly roleDefinitionId: string;
  readonly directoryScopeId: '/';
}
const assignment = (role: string, principal: string): Assignment => ({
  id: Buffer.from(`${role} ${principal}`).toString('base64url'),
  principalId: principal,
  roleDefinitionId: role,
  directoryScopeId: '/',
});

function allAssignments(plane: GraphPlane): Assignment[] {
  const { objects, links } = plane.context;
  const roles = objects.many(
    `SELECT ${objectColumns} FROM object o WHERE o.kind = 'directoryRole' AND o.deleted_at IS NULL`,
  );
  return roles.flatMap((role) =>
    links.targets(role.seq, 'member').map((member) => assignment(String(role.body.roleTemplateId), member.id)),
  );
}

function roleAssignments(plane: GraphPlane, request: GraphRequest, id: Segment | undefined): GraphAnswer {
  const context = `${request.base}/$metadata#roleManagement/directory/roleAssignments`;
  if (request.method === 'GET') {
    requireAny(request, permissions.read('directoryRole'));
    const all = allAssignments(plane);
    const shown = readExpansion(plane, request);
    if (!id) return { status: 200, body: { '@odata.context': context, value: filtered(request, all).map(shown) } };
    const found = all.find((a) => a.id === id.text);
    if (!found) throw notFound(id.text);
    return { status: 200, body: { '@odata.context': `${context}/$entity`, ...shown(found) } };
  }
  requireWrite(plane, request, permissions.write('directoryRole'));
  if (request.method === 'DELETE' && id) {
    const found = allAssignments(plane).find((a) => a.id === id.text);
    if (!found) throw notFound(id.text);
    changeAssignment(plane, found, false);
    return { status: 204 };
  }
  if (request.method !== 'POST' || id) throw methodNotAllowed(request.method);
  const { principalId, roleDefinitionId, directoryScopeId } = bodyObject(request);
  if (directoryScopeId !== '/') throw notImplemented('roles of administrative units');
  if (typeof principalId !== 'string' || typeof roleDefinitionId !== 'string') {
    throw badRequest("The properties 'principalId' and 'roleDefinitionId' are required.");
  }
  const made = assignment(roleDefinitionId.toLowerCase(), principalId.toLowerCase());
  changeAssignment(plane, made, true);
  return { status: 201, body: { '@odata.context': `${context}/$entity`, ...made } };
}

/** `$expand=principal` or `$expand=roleDefinition`: each assignment with the one it names. */
function readExpansion(plane: GraphPlane, request: GraphRequest): (assignment: Assignment) => object {
  const name = request.query.get('$expand')?.trim();
  if (!name) return (one) => one;
  if (/^roledefinition$/i.test(name)) {
    return (one) => {
      const template = roleTemplates.find((t) => t.id === one.roleDefinitionId);
      return { ...one, roleDefinition: template ? definitionBody(template) : null };
    };
  }
  if (!/^principal$/i.test(name)) throw notImplemented(`$expand=${name} of role assignments`);
  return (one) => {
    const principal = plane.context.objects.byId(one.principalId);
    if (!principal) return { ...one, principal: null };
    const body = renderObject(principal, standardProperties(principal.kind));
    return { ...one, principal: { '@odata.type': odataType(principal.kind), ...body } };
  };
}

function changeAssignment(plane: GraphPlane, change: Assignment, add: boolean): void {
  const { context } = plane;
  const template = roleTemplates.find((t) => t.id === change.roleDefinitionId);
  const principal = isGuidText(change.principalId) ? context.objects.byId(change.principalId) : undefined;
  if (!template) throw notFound(change.roleDefinitionId);
  if (!principal || principal.deletedAt !== undefined) throw notFound(change.principalId);
  context.write(() => {
    const role = activateRole(context, template);
    const changed = add
      ? context.links.add(role.seq, 'member', principal)
      : context.links.remove(role.seq, 'member', principal);
    if (add && !changed)
      throw badRequest(
        'A conflicting object with one or more of the specified property values is present in the directory.',
      );
  });
}

/** `principalId eq '…'`, `roleDefinitionId eq '…'`, joined by `and`. */
function filtered<T extends Assignment>(request: GraphRequest, all: readonly T[]): readonly T[] {
  const text = request.query.get('$filter');
  if (text === undefined) return all;
  const filter = parseFilter(text);
  const parts = filter.kind === 'and' ? filter.parts : [filter];
  return parts.reduce<readonly T[]>((rest, part) => {
    const name =
      part.kind === 'compare' && part.operator === 'eq' && part.path.length === 1
        ? part.path[0]?.toLowerCase()
        : undefined;
    if (part.kind !== 'compare' || (name !== 'principalid' && name !== 'roledefinitionid')) {
      throw unsupportedQuery('Role assignments are filtered by principalId and roleDefinitionId only.');
    }
    const wanted = String(part.value).toLowerCase();
    return rest.filter((a) => (name === 'principalid' ? a.principalId : a.roleDefinitionId) === wanted);
  }, all);
}

/** Who could activate which role: what the protections of 2026 ask for (entra-directory s.1.2, 2.3). */
function eligibilities(plane: GraphPlane, request: GraphRequest, name: string): GraphAnswer {
  requireAny(request, [...permissions.read('directoryRole'), 'RoleEligibilitySchedule.Read.Directory']);
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  if (request.query.has('$expand')) throw notImplemented(`$expand of ${name}`);
  const people: StoredObject[] = plane.context.objects.many(
    `SELECT ${objectColumns} FROM object o WHERE o.kind = 'user' AND o.deleted_at IS NULL AND json_extract(o.internal, '$.eligibleRoles') IS NOT NULL`,
  );
  const all = people.flatMap((person) =>
    rolesEligible(person).map((role) => ({
      ...assignment(role.id, person.id),
      memberType: 'Direct',
      endDateTime: null,
    })),
  );
  const context = `${request.base}/$metadata#roleManagement/directory/${name}`;
  return { status: 200, body: { '@odata.context': context, value: filtered(request, all) } };
}
