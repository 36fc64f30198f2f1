import type { CompanyState } from '../company.ts';
import { checkFeatures } from '../sync/company.ts';
import { permissions, requireAny, requireWrite } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  type Segment,
  segmentNotFound,
} from './request.ts';
import { bodyObject } from './write/payload.ts';

/** /directory/onPremisesSynchronization: the switches of synchronization (entra-directory s.5.6). */
export function answerSynchronization(plane: GraphPlane, request: GraphRequest, rest: readonly Segment[]): GraphAnswer {
  const { state } = plane.context.company;
  const [id, ...more] = rest;
  if (more[0]) throw segmentNotFound(more[0].text);
  const context = `${request.base}/$metadata#directory/onPremisesSynchronization`;
  if (request.method === 'GET') {
    requireAny(request, permissions.readSync);
    if (!id) return { status: 200, body: { '@odata.context': context, value: [describe(plane, request)] } };
    if (id.name !== state.tenantId) throw notFound(id.text);
    return { status: 200, body: { '@odata.context': `${context}/$entity`, ...describe(plane, request) } };
  }
  if (request.method !== 'PATCH' || !id) throw methodNotAllowed(request.method);
  if (id.name !== state.tenantId) throw notFound(id.text);
  // The reference lists app-only updates as unsupported in one snapshot [U]; here the permission is enough.
  requireWrite(plane, request, permissions.writeSync);
  update(plane, bodyObject(request));
  return { status: 204 };
}

function describe(plane: GraphPlane, request: GraphRequest) {
  const { context } = plane;
  const { state } = context.company;
  const last = context.settings.get('lastExport') as { successful?: number; machine?: string | null } | undefined;
  const beta = {
    anchorAttribute: state.sourceAnchorAttribute ?? null,
    synchronizationInterval: 'PT30M',
    customerRequestedSynchronizationInterval: null,
    synchronizationClientVersion: null,
    currentExportData: {
      clientMachineName: last?.machine ?? null,
      successfulObjectsProvisioningCount: last?.successful ?? 0,
    },
  };
  return {
    id: state.tenantId,
    configuration: {
      accidentalDeletionPrevention: {
        synchronizationPreventionType: state.deletionPrevention,
        alertThreshold: state.deletionThreshold,
      },
      ...(request.version === 'beta' ? beta : {}),
    },
    features: state.features,
  };
}

function update(plane: GraphPlane, body: Record<string, unknown>): void {
  const { context } = plane;
  const { company } = context;
  const { configuration, features, ...rest } = body;
  const unknown = Object.keys(rest).find((name) => !name.startsWith('@odata.') && name !== 'id');
  if (unknown !== undefined) throw badRequest(`Invalid property '${unknown.slice(0, 100)}'.`);
  const patch: Partial<CompanyState> = {
    ...(features === undefined
      ? {}
      : { features: { ...company.state.features, ...checkFeatures(context, withoutAnnotations(features)) } }),
    ...readPrevention(configuration),
  };
  context.write(() => company.update(patch));
}

const withoutAnnotations = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([name, v]) => !name.startsWith('@odata.') && v !== null))
    : value;

const preventionTypes = ['disabled', 'enabledForCount', 'enabledForPercentage'] as const;

function readPrevention(configuration: unknown): Partial<CompanyState> {
  if (configuration === undefined) return {};
  const prevention = (configuration as { accidentalDeletionPrevention?: unknown } | null)?.accidentalDeletionPrevention;
  if (typeof prevention !== 'object' || prevention === null) {
    throw badRequest("Only 'accidentalDeletionPrevention' of the configuration can be set.");
  }
  const { synchronizationPreventionType: type, alertThreshold } = prevention as Record<string, unknown>;
  const known = preventionTypes.find((t) => t === type);
  if (type !== undefined && !known)
    throw badRequest("Invalid value specified for property 'synchronizationPreventionType'.");
  if (alertThreshold !== undefined && !(Number.isSafeInteger(alertThreshold) && Number(alertThreshold) >= 0)) {
    throw badRequest("Invalid value specified for property 'alertThreshold'.");
  }
  return {
    ...(known ? { deletionPrevention: known } : {}),
    ...(alertThreshold === undefined ? {} : { deletionThreshold: Number(alertThreshold) }),
  };
}
