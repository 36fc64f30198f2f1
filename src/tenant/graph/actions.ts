import { knownSkus } from '../licences.ts';
import type { StoredObject } from '../store/objects.ts';
import { type Product, productsOf } from '../subscriptions.ts';
import { recalculate } from '../sync/recalculate.ts';
import { answerExtensions } from './extensions.ts';
import { entity } from './objects.ts';
import { permissions, requireAny, requireWrite } from './permissions.ts';
import { withOptions } from './plain.ts';
import type { GraphPlane } from './plane.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notImplemented,
  type Segment,
  segmentNotFound,
} from './request.ts';
import { transitiveSourcesOf } from './source.ts';
import { answerSyncBehavior } from './sync-behavior.ts';
import { bodyObject } from './write/payload.ts';

/** Answers actions and small resources below one object, e.g. `/users/{id}/assignLicense`. */
export function actionsOf(
  plane: GraphPlane,
  request: GraphRequest,
  path: string,
  object: StoredObject,
  step: Segment,
  further: readonly Segment[],
): GraphAnswer {
  const name = step.name.replace(/^microsoft\.graph\./, '');
  if (object.kind === 'application' && name === 'extensionproperties') {
    return answerExtensions(plane, request, object, further);
  }
  if (further.length === 0) {
    const action = actions[name];
    if (action && (!action.kind || action.kind === object.kind)) {
      if (request.method !== action.method && name !== 'onpremisessyncbehavior') throw methodNotAllowed(request.method);
      return withOptions(request, action.run(plane, request, path, object));
    }
  }
  if (notHere.has(name)) throw notImplemented(`/${path}/{id}/${step.text}`);
  throw segmentNotFound(step.text);
}

/** Exist in the real service and need more than a directory. */
const notHere = new Set([
  'photo',
  'photos',
  'messages',
  'mailfolders',
  'calendar',
  'calendars',
  'events',
  'drive',
  'drives',
  'contacts',
  'settings',
  'authentication',
  'oauth2permissiongrants',
  'approleassignments',
  'approleassignedto',
  'extensions',
  'planner',
  'onenote',
  'todo',
  'presence',
  'joinedteams',
  'teamwork',
  'insights',
  'people',
  'sites',
  'team',
  'threads',
  'conversations',
  'changepassword',
  'exportpersonaldata',
  'retryserviceprovisioning',
  'validateproperties',
  'renew',
  'subscribebymail',
  'unsubscribebymail',
  'addfavorite',
  'removefavorite',
  'resetunseencount',
  'agreementacceptances',
  'scopedrolememberof',
  'scopedmembers',
  'scopedrolemembers',
  'evaluatedynamicmembership',
  'sponsors',
  'createdobjects',
  'permissiongrants',
  'acceptedsenders',
  'rejectedsenders',
  'grouplifecyclepolicies',
  'memberswithlicenseerrors',
  'checkgrantedpermissionsforapp',
  'invitedby',
  'serviceprovisioningerrors',
  'cloudclipboard',
  'datasecurityandgovernance',
  'employeeexperience',
  'sendmail',
  'getmailtips',
]);

interface Action {
  readonly method: string;
  readonly kind?: StoredObject['kind'];
  run(plane: GraphPlane, request: GraphRequest, path: string, object: StoredObject): GraphAnswer;
}
type ContainerKind = 'group' | 'directoryRole' | 'administrativeUnit';
const everyContainer: readonly ContainerKind[] = ['group', 'directoryRole', 'administrativeUnit'];
const actions: Readonly<Record<string, Action>> = Object.assign(Object.create(null) as Record<string, Action>, {
  assignlicense: { method: 'POST', run: assignLicense },
  licensedetails: { method: 'GET', kind: 'user', run: licenseDetails },
  revokesigninsessions: { method: 'POST', kind: 'user', run: revokeSessions },
  checkmembergroups: { method: 'POST', run: check(['group'], 'groupIds') },
  checkmemberobjects: { method: 'POST', run: check(everyContainer, 'ids') },
  getmembergroups: { method: 'POST', run: memberships(['group']) },
  getmemberobjects: { method: 'POST', run: memberships(everyContainer) },
  onpremisessyncbehavior: { method: 'GET', run: answerSyncBehavior },
} satisfies Record<string, Action>);

function revokeSessions(plane: GraphPlane, request: GraphRequest, _path: string, user: StoredObject): GraphAnswer {
  requireWrite(plane, request, [...permissions.write('user'), 'User.RevokeSessions.All']);
  const { context } = plane;
  context.write(() =>
    context.objects.update(user, { body: { ...user.body, signInSessionsValidFromDateTime: context.clock.iso() } }),
  );
  return { status: 200, body: { '@odata.context': `${request.base}/$metadata#Edm.Boolean`, value: true } };
}

/** Ids of the groups (and roles) that the object is in, directly and through others. */
function membershipIds(plane: GraphPlane, object: StoredObject, kinds: readonly ContainerKind[]): StoredObject[] {
  const source = transitiveSourcesOf(object.seq, kinds);
  return plane.context.db
    .sql(`SELECT o.seq FROM ${source.from.text} WHERE ${source.where.text}`)
    .all(...source.where.values)
    .map((row) => plane.context.objects.bySeq((row as { seq: number }).seq))
    .filter((o) => o !== undefined);
}

function memberships(kinds: readonly ContainerKind[]): Action['run'] {
  return (plane, request, _path, object) => {
    requireAny(request, permissions.read(object.kind));
    const { securityEnabledOnly } = bodyObject(request);
    if (typeof securityEnabledOnly !== 'boolean') throw badRequest("The parameter 'securityEnabledOnly' is missing.");
    const found = membershipIds(plane, object, kinds).filter(
      (o) => !securityEnabledOnly || o.body.securityEnabled === true,
    );
    return ids(
      request,
      found.map((o) => o.id),
    );
  };
}

/** At most 20 ids [M] (entra-directory s.5.2). */
function check(kinds: readonly ContainerKind[], member: string): Action['run'] {
  return (plane, request, _path, object) => {
    requireAny(request, permissions.read(object.kind));
    const asked = bodyObject(request)[member];
    if (!Array.isArray(asked) || asked.length > 20 || !asked.every((id) => typeof id === 'string')) {
      throw badRequest(`'${member}' must be a list of at most 20 ids.`);
    }
    const found = new Set(membershipIds(plane, object, kinds).map((o) => o.id));
    return ids(
      request,
      (asked as string[]).filter((id) => found.has(id.toLowerCase())),
    );
  };
}
const ids = (request: GraphRequest, value: readonly string[]): GraphAnswer => ({
  status: 200,
  body: { '@odata.context': `${request.base}/$metadata#Collection(Edm.String)`, value },
});

interface AssignedLicence {
  readonly skuId: string;
  readonly disabledPlans: readonly string[];
}

function assignLicense(plane: GraphPlane, request: GraphRequest, path: string, object: StoredObject): GraphAnswer {
  if (object.kind !== 'user') throw notImplemented('licences of groups');
  requireWrite(plane, request, permissions.licence);
  const { addLicenses, removeLicenses } = bodyObject(request);
  const products = productsOf(plane.context);
  const added = readLicences(addLicenses, products);
  if (!Array.isArray(removeLicenses) || !removeLicenses.every((id) => typeof id === 'string')) {
    throw badRequest("The parameter 'removeLicenses' must be a list of ids.");
  }
  if (added.length > 0 && typeof object.body.usageLocation !== 'string') {
    throw badRequest('License assignment cannot be done for user with invalid usage location.');
  }
  const before = (object.body.assignedLicenses ?? []) as readonly AssignedLicence[];
  const gone = new Set((removeLicenses as string[]).map((id) => id.toLowerCase()));
  for (const id of gone) {
    if (!before.some((licence) => licence.skuId === id))
      throw badRequest(`User does not have a corresponding license ${id.slice(0, 64)}.`);
  }
  refuseWithoutSeat(
    products,
    added.filter((licence) => !before.some((b) => b.skuId === licence.skuId)),
  );
  const kept = before.filter((licence) => !gone.has(licence.skuId) && !added.some((a) => a.skuId === licence.skuId));
  const { context } = plane;
  const changed = context.write(() => {
    const assignedLicenses = [...kept, ...added];
    const body = { ...object.body, assignedLicenses, ...cloudMailbox(object, assignedLicenses) };
    const written = context.objects.update(object, { body });
    recalculate(context, written, 'licence');
    return context.objects.bySeq(written.seq) as StoredObject;
  });
  return entity(plane, request, path, changed, 200);
}

/** Every new licence takes a seat of the product's subscriptions. */
function refuseWithoutSeat(products: readonly Product[], added: readonly AssignedLicence[]): void {
  for (const { skuId } of added) {
    const product = products.find((p) => p.skuId === skuId);
    if (product && product.consumed >= product.seats)
      throw badRequest(`Subscription with SKU ${skuId} does not have any available licenses.`);
  }
}

function readLicences(value: unknown, products: readonly Product[]): AssignedLicence[] {
  if (!Array.isArray(value)) throw badRequest("The parameter 'addLicenses' must be a list.");
  return value.map((item: { skuId?: unknown; disabledPlans?: unknown } | null) => {
    const skuId = typeof item?.skuId === 'string' ? item.skuId.toLowerCase() : '';
    if (!products.some((product) => product.skuId === skuId)) {
      throw badRequest(`License ${skuId.slice(0, 64)} does not correspond to a valid company License.`);
    }
    const disabledPlans = Array.isArray(item?.disabledPlans)
      ? item.disabledPlans.filter((p) => typeof p === 'string')
      : [];
    return { skuId, disabledPlans };
  });
}

/** A user of the cloud gets a mailbox with the sign-in name as its address; synced ones are the calculation's business. */
function cloudMailbox(user: StoredObject, licences: readonly AssignedLicence[]): object {
  const has = licences.some((l) => knownSkus.some((sku) => sku.skuId === l.skuId && sku.exchange));
  if (!has || user.sync === true || typeof user.body.mail === 'string') return {};
  const name = String(user.body.userPrincipalName);
  return { mail: name, proxyAddresses: [`SMTP:${name}`, ...((user.body.proxyAddresses ?? []) as string[])] };
}

function licenseDetails(plane: GraphPlane, request: GraphRequest, path: string, user: StoredObject): GraphAnswer {
  requireAny(request, permissions.read('user'));
  const assigned = (user.body.assignedLicenses ?? []) as readonly AssignedLicence[];
  const products = productsOf(plane.context);
  const value = assigned.map(({ skuId }) => ({
    id: skuId,
    skuId,
    skuPartNumber: products.find((product) => product.skuId === skuId)?.skuPartNumber ?? null,
    servicePlans: [],
  }));
  return {
    status: 200,
    body: { '@odata.context': `${request.base}/$metadata#${path}('${user.id}')/licenseDetails`, value },
  };
}
