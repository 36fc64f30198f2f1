import { isCountryCode } from '../../entra/country-codes.ts';
import { directoryQuota } from '../../entra/limits.ts';
import { objectsCounted } from '../quota.ts';
import { objectColumns } from '../store/objects.ts';
import { permissions, requireAny, requireWrite } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  notImplemented,
  type Segment,
  segmentNotFound,
} from './request.ts';
import { bodyObject } from './write/payload.ts';

/** /organization (entra-directory s.5.6). */
export function answerOrganization(plane: GraphPlane, request: GraphRequest, rest: readonly Segment[]): GraphAnswer {
  const { state } = plane.context.company;
  const context = `${request.base}/$metadata#organization`;
  const [id, more] = rest;
  if (more)
    throw more.name === 'branding' || more.name === 'certificatebasedauthconfiguration'
      ? notImplemented(`/organization/{id}/${more.text}`)
      : segmentNotFound(more.text);
  if (id && id.name !== state.tenantId) throw notFound(id.text);
  if (request.method === 'GET') {
    requireAny(request, permissions.readOrganization);
    const body = selected(request, describe(plane, request));
    if (!id) return { status: 200, body: { '@odata.context': context, value: [body] } };
    return { status: 200, body: { '@odata.context': `${context}/$entity`, ...body } };
  }
  if (request.method !== 'PATCH' || !id) throw methodNotAllowed(request.method);
  requireWrite(plane, request, permissions.writeOrganization);
  update(plane, request, bodyObject(request));
  return { status: 204 };
}

function describe(plane: GraphPlane, request: GraphRequest): Record<string, unknown> {
  const { state } = plane.context.company;
  const used = objectsCounted(plane.context);
  return {
    id: state.tenantId,
    deletedDateTime: null,
    assignedPlans: [],
    businessPhones: [],
    city: null,
    country: null,
    countryLetterCode: state.countryLetterCode,
    createdDateTime: state.createdDateTime,
    defaultUsageLocation: state.defaultUsageLocation ?? null,
    displayName: state.displayName,
    onPremisesLastSyncDateTime: state.lastDirSyncTime ?? null,
    onPremisesSyncEnabled: state.dirSyncEnabled,
    postalCode: null,
    preferredLanguage: 'en',
    provisionedPlans: [],
    state: null,
    street: null,
    technicalNotificationMails: state.technicalNotificationMails,
    tenantType: 'AAD',
    verifiedDomains: state.domains
      .filter((d) => d.verified)
      .map((d) => ({
        capabilities: 'Email, OfficeCommunicationsOnline',
        isDefault: d.default === true,
        isInitial: d.initial === true,
        name: d.name,
        type: d.authentication,
      })),
    ...(request.version === 'beta'
      ? {
          directorySizeQuota: {
            used,
            total: state.switches.objectQuota || directoryQuota(state.domains.some((d) => d.verified && !d.initial)),
          },
          onPremisesLastPasswordSyncDateTime: state.lastPasswordSyncTime ?? null,
        }
      : {}),
  };
}

/** Properties that the real service has besides, in lower case. */
const notHeld = new Set([
  'marketingnotificationemails',
  'mobiledevicemanagementauthority',
  'partnertenanttype',
  'privacyprofile',
  'securitycompliancenotificationmails',
  'securitycompliancenotificationphones',
]);

function selected(request: GraphRequest, body: Record<string, unknown>): Record<string, unknown> {
  const asked = request.query.get('$select');
  if (!asked) return body;
  const all = new Map(Object.keys(body).map((name) => [name.toLowerCase(), name]));
  const names = asked.split(',').map((part) => {
    const name = all.get(part.trim().toLowerCase());
    if (name === undefined && notHeld.has(part.trim().toLowerCase())) {
      throw notImplemented(`the property '${part.trim()}' of organization`);
    }
    if (name === undefined)
      throw badRequest(
        `Could not find a property named '${part.slice(0, 100)}' on type 'microsoft.graph.organization'.`,
      );
    return name;
  });
  return Object.fromEntries([...new Set(['id', ...names])].map((name) => [name, body[name]]));
}

function update(plane: GraphPlane, request: GraphRequest, body: Record<string, unknown>): void {
  const {
    technicalNotificationMails: mails,
    onPremisesSyncEnabled: enabled,
    defaultUsageLocation: location,
    ...rest
  } = body;
  const other = Object.keys(rest).find((name) => !name.startsWith('@odata.'));
  if (other !== undefined) throw notImplemented(`writing the property '${other}' of the organization`);
  if (mails !== undefined && !(Array.isArray(mails) && mails.every((m) => typeof m === 'string'))) {
    throw badRequest("Invalid value specified for property 'technicalNotificationMails' of resource 'Organization'.");
  }
  if (location !== undefined && location !== null && !(typeof location === 'string' && isCountryCode(location))) {
    throw badRequest("Invalid value specified for property 'defaultUsageLocation' of resource 'Organization'.");
  }
  if (enabled !== undefined && request.version !== 'beta') {
    throw badRequest("Property 'onPremisesSyncEnabled' is read-only and cannot be set.");
  }
  if (enabled !== undefined && typeof enabled !== 'boolean')
    throw badRequest("Property 'onPremisesSyncEnabled' must be true or false.");
  const { context } = plane;
  context.write(() => {
    if (mails !== undefined) context.company.update({ technicalNotificationMails: mails as string[] });
    if (location !== undefined) context.company.update({ defaultUsageLocation: location as string | null });
    if (enabled === undefined) return;
    context.company.update({ dirSyncEnabled: enabled as boolean });
    // The real service takes up to 72 hours for this; here everything is cloud-managed at once.
    if (!enabled) releaseEverything(plane);
  });
}

/** Synchronization was turned off: all synced objects become cloud-managed and keep their anchor. */
function releaseEverything(plane: GraphPlane): void {
  const { objects } = plane.context;
  for (;;) {
    const page = objects.many(`SELECT ${objectColumns} FROM object o WHERE o.sync = 1 ORDER BY o.seq LIMIT 1000`);
    if (page.length === 0) return;
    for (const object of page) objects.update(object, { sync: false });
  }
}
