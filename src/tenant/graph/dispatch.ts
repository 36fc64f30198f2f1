import type { Kind } from '../store/properties.ts';
import { findByKey } from './address.ts';
import { answerDirectory } from './directory.ts';
import { answerDirectoryObjects } from './directory-objects.ts';
import { answerDomains } from './domains.ts';
import { answerObject, answerObjects } from './objects.ts';
import { answerOrganization } from './organization.ts';
import { withOptions } from './plain.ts';
import type { GraphPlane } from './plane.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  notImplemented,
  type Segment,
  segmentNotFound,
} from './request.ts';
import { activateDirectoryRole, answerRoleManagement, answerRoleTemplates } from './roles.ts';
import { answerSkus } from './subscriptions.ts';

/** Collections of directory objects: documented name and kind by lower-case name. */
const collections: Readonly<Record<string, readonly [string, Kind]>> = {
  users: ['users', 'user'],
  groups: ['groups', 'group'],
  contacts: ['contacts', 'contact'],
  devices: ['devices', 'device'],
  directoryroles: ['directoryRoles', 'directoryRole'],
  applications: ['applications', 'application'],
  serviceprincipals: ['servicePrincipals', 'servicePrincipal'],
};

type Handler = (plane: GraphPlane, request: GraphRequest, rest: readonly Segment[]) => GraphAnswer;
/** A resource whose answers are made by hand: the query options are taken care of here, but for those it takes itself. */
const plain =
  (handler: Handler, handled?: readonly string[]): Handler =>
  (plane, request, rest) =>
    listsObjects(request)
      ? handler(plane, request, rest)
      : withOptions(request, handler(plane, request, rest), handled);
/** The one list of stored objects among them, which has every option. */
const listsObjects = ({ segments }: GraphRequest): boolean =>
  /^(microsoft\.graph\.)?domainnamereferences$/.test(segments[2]?.name ?? '');
const resources: Readonly<Record<string, Handler>> = {
  directory: answerDirectory,
  directoryobjects: answerDirectoryObjects,
  directoryroletemplates: plain((_plane, request, rest) => answerRoleTemplates(request, rest)),
  domains: plain(answerDomains),
  me: answerMe,
  organization: plain(answerOrganization, ['$select']),
  rolemanagement: plain(answerRoleManagement, ['$filter', '$expand']),
  subscribedskus: answerSkus,
};

/** Exist in the real service; here they answer 501 instead of an empty list that would be wrong. */
const notHere = new Set([
  'admin',
  'agreements',
  'appcatalogs',
  'applicationtemplates',
  'auditlogs',
  'authenticationmethodspolicy',
  'chats',
  'communications',
  'compliance',
  'connections',
  'copilot',
  'datapolicyoperations',
  'deviceappmanagement',
  'devicemanagement',
  'drives',
  'education',
  'employeeexperience',
  'external',
  'filterOperators',
  'functions',
  'grouplifecyclepolicies',
  'groupsettings',
  'groupsettingtemplates',
  'identity',
  'identitygovernance',
  'identityprotection',
  'informationprotection',
  'invitations',
  'oauth2permissiongrants',
  'permissiongrants',
  'places',
  'planner',
  'policies',
  'print',
  'privacy',
  'reports',
  'schemaextensions',
  'scopedrolememberships',
  'search',
  'security',
  'servicesprincipals',
  'shares',
  'sites',
  'solutions',
  'storage',
  'subscriptions',
  'teams',
  'teamstemplates',
  'teamwork',
  'tenantrelationships',
  'contracts',
  'monitoring',
]);

/** Answers a request of the Graph plane, or throws a RequestError. */
export function dispatch(plane: GraphPlane, request: GraphRequest): GraphAnswer {
  const [first, ...rest] = request.segments;
  if (!first) throw notImplemented('the service document');
  const entry = Object.hasOwn(collections, first.name) ? collections[first.name] : undefined;
  if (entry) {
    const [path, kind] = entry;
    if (kind === 'directoryRole' && request.method === 'POST' && rest.length === 0 && !first.key) {
      return activateDirectoryRole(plane, request);
    }
    return answerObjects(plane, request, kind, path, first, rest);
  }
  if (first.name === 'administrativeunits' && request.version === 'beta') {
    return answerObjects(plane, request, 'administrativeUnit', 'administrativeUnits', first, rest);
  }
  const handler = Object.hasOwn(resources, first.name) ? resources[first.name] : undefined;
  if (handler) return handler(plane, request, rest);
  if (first.name === '$batch') throw badRequest('A batch cannot contain a batch.');
  throw notHere.has(first.name) ? notImplemented(`/${first.text}`) : segmentNotFound(first.text);
}

/** /me: the person of a delegated token; whoever signed in may read themselves. */
function answerMe(plane: GraphPlane, request: GraphRequest, rest: readonly Segment[]): GraphAnswer {
  if (request.principal.kind !== 'user') {
    throw badRequest('/me request is only valid with delegated authentication flow.');
  }
  const me = findByKey(plane.context, 'user', request.principal.objectId);
  return answerObject(plane, request, 'users', me, rest);
}
