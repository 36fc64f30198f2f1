import { type CatalogueEntry, errorCatalogue } from '../../entra/error-catalogue.ts';
import { isErrorCode } from '../../entra/errors.ts';
import {
  type Capabilities,
  type LinkChange,
  type ProvisionBatch,
  type ProvisionObject,
  type ProvisionResponse,
  type ProvisionResult,
  syncPaths,
} from '../../entra/sync-protocol.ts';
import type { AttributeValue } from '../../model/value.ts';
import type { ExportError, ExportRequest, ExportResult, ReferenceTarget } from '../contract.ts';
import type { Answer, SyncClient } from './sync-client.ts';
import { sourceAnchorOfDn, syncType } from './sync-names.ts';

/** One provision object; an export with more links than a call takes has several, in order. */
interface Part {
  readonly request: ExportRequest;
  readonly object: ProvisionObject;
  readonly links: number;
}

/** Decided by the service, never written by the engine. */
const notWritten = new Set(['cloudAnchor', 'cloudMastered', 'dn']);

/** Carries out the exports in as few calls as the capabilities allow, one after the other. */
export async function exportObjects(
  client: Pick<SyncClient, 'call'>,
  capabilities: Capabilities,
  requests: readonly ExportRequest[],
  signal: AbortSignal,
): Promise<ExportResult[]> {
  const results = new Map<number, ExportResult>();
  const parts = requests.flatMap((request) => {
    const made = partsOf(request, capabilities.maxLinks);
    if ('id' in made) results.set(request.id, made);
    return 'id' in made ? [] : made;
  });
  for (const batch of batchesOf(parts, capabilities)) {
    // What failed or is unknown must not get further parts.
    const sent = batch.filter(({ request }) => (results.get(request.id)?.outcome ?? 'success') === 'success');
    if (sent.length === 0) continue;
    if (signal.aborted) {
      for (const { request } of sent) results.set(request.id, interrupted(request));
      continue;
    }
    const body: ProvisionBatch = { objects: sent.map((part) => part.object) };
    const answer = await client.call<ProvisionResponse>('POST', syncPaths.provision, body, signal);
    sent.forEach(({ request }, index) => {
      results.set(request.id, resultOf(request, answer, index, results.get(request.id)));
    });
  }
  return requests.map((request) => results.get(request.id) as ExportResult);
}

/** The calls an export needs, or its failure if it cannot be expressed. */
function partsOf(request: ExportRequest, maxLinks: number): Part[] | ExportResult {
  const objectType = syncType(request.objectType);
  const asked = request.attributes.sourceAnchor;
  const sourceAnchor = sourceAnchorOfDn(request.dn) ?? (typeof asked === 'string' ? asked : undefined);
  if (!objectType) return refuse(request, 'schema-violation', `The tenant has no object type ${request.objectType}.`);
  if (sourceAnchor === undefined) {
    return refuse(
      request,
      'invalid-dn',
      `${request.dn} is not a distinguished name of the tenant: it must be CN={hex of the source anchor}.`,
    );
  }
  const properties: Record<string, AttributeValue | null> = {};
  for (const [name, value] of Object.entries(request.attributes)) {
    if (!notWritten.has(name) && !(name === 'sourceAnchor' && value === sourceAnchor)) properties[name] = value;
  }
  const operation = ({ add: 'Add', update: 'Set', delete: 'Delete' } as const)[request.operation];
  const address = {
    objectType,
    sourceAnchor,
    ...(request.anchor === undefined ? {} : { cloudAnchor: request.anchor }),
  };
  const [first = [], ...rest] = request.operation === 'delete' ? [] : chunks(linksOf(request), maxLinks);
  return [
    {
      request,
      object: { ...address, operation, properties: operation === 'Delete' ? {} : properties, ...linkMember(first) },
      links: first.length,
    },
    ...rest.map((links) => ({
      request,
      object: { ...address, operation: 'Set' as const, properties: {}, ...linkMember(links) },
      links: links.length,
    })),
  ];
}

type NamedLink = readonly [name: string, change: LinkChange];

function linksOf(request: ExportRequest): NamedLink[] {
  const links: NamedLink[] = [];
  for (const [name, { added, removed }] of Object.entries(request.references)) {
    for (const target of removed) links.push([name, linkChange(target, 'remove')]);
    for (const target of added) links.push([name, linkChange(target, 'add')]);
  }
  return links;
}

function linkChange(target: ReferenceTarget, operation: LinkChange['operation']): LinkChange {
  if (target.anchor !== undefined) return { anchor: target.anchor, anchorType: 'cloudAnchor', operation };
  const anchor = sourceAnchorOfDn(target.dn ?? '') ?? target.dn ?? '';
  return { anchor, anchorType: 'sourceAnchor', operation };
}

function linkMember(links: readonly NamedLink[]): { links?: Record<string, LinkChange[]> } {
  if (links.length === 0) return {};
  const byName: Record<string, LinkChange[]> = {};
  for (const [name, change] of links) {
    byName[name] ??= [];
    byName[name].push(change);
  }
  return { links: byName };
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < list.length; i += size) parts.push(list.slice(i, i + size));
  return parts;
}

/** Bytes of a body when the tenant does not say how many it takes. */
const defaultMaxBytes = 32 * 1024 * 1024;

function batchesOf(parts: readonly Part[], capabilities: Capabilities): Part[][] {
  const batches: Part[][] = [];
  const room = (capabilities.maxBytes ?? defaultMaxBytes) * 0.9;
  let links = 0;
  let bytes = 0;
  for (const part of parts) {
    const size = sizeOf(part);
    const current = batches.at(-1);
    const full =
      !current ||
      current.length >= capabilities.maxObjects ||
      links + part.links > capabilities.maxLinks ||
      bytes + size > room ||
      // Two parts of one object stay in order only in different calls.
      current.at(-1)?.request === part.request;
    if (full) {
      batches.push([part]);
      links = 0;
      bytes = 0;
    } else current.push(part);
    links += part.links;
    bytes += size;
  }
  return batches;
}

/** About how many bytes the part takes as JSON; exact only where values are large. */
function sizeOf(part: Part): number {
  let size = 300 + part.links * 120;
  for (const [name, value] of Object.entries(part.object.properties)) {
    size +=
      name.length +
      8 +
      (typeof value === 'string' ? value.length * 3 : value === null ? 4 : JSON.stringify(value).length);
  }
  return size;
}

function resultOf(
  request: ExportRequest,
  answer: Answer<ProvisionResponse>,
  index: number,
  before: ExportResult | undefined,
): ExportResult {
  switch (answer.kind) {
    case 'ok': {
      const result = answer.value.results[index];
      if (!result) return { id: request.id, outcome: 'unknown', detail: 'The tenant gave no result for this object.' };
      return objectResult(request, result, before);
    }
    case 'lost':
      return { id: request.id, outcome: 'unknown', detail: answer.detail };
    case 'unreachable':
      return failure(request, {
        code: 'cd-connection-error',
        detail: `The tenant cannot be reached: ${answer.detail}`,
        retry: 'backoff',
      });
    case 'refused': {
      const busy = answer.status === 429 || answer.status === 503;
      const code = busy ? 'ServerBusy' : answer.status === 401 || answer.status === 403 ? 'AccessDenied' : answer.code;
      return failure(request, { code, detail: answer.message, retry: busy ? 'backoff' : 'next-cycle' });
    }
  }
}

function objectResult(request: ExportRequest, result: ProvisionResult, before: ExportResult | undefined): ExportResult {
  if (result.resultCode === 'Failure') return failure(request, errorOf(result));
  const earlier = before?.outcome === 'success' ? before : undefined;
  const anchor = result.cloudAnchor ?? earlier?.anchor;
  const note = earlier?.note ?? noteOf(result);
  const warnings = [...(earlier?.warnings ?? []), ...warningsOf(result)];
  return {
    id: request.id,
    outcome: 'success',
    ...(anchor === undefined ? {} : { anchor }),
    ...(note === undefined ? {} : { note }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** A success that is none for some values: set aside, or withheld from a would-be match with an administrator. */
function warningsOf(result: ProvisionResult): ExportError[] {
  if (result.errorCode !== undefined) return [errorOf(result)];
  return (result.quarantined ?? []).map(({ property, value, heldBy }) => ({
    code: 'QuarantinedAttributeValueMustBeUnique',
    detail: `The tenant wrote the object without the value ${value} of ${property}, because the object ${heldBy} has it.`,
    attribute: property,
    value,
    facts: { ObjectIdInConflict: heldBy, AttributeConflictName: property, AttributeConflictValues: value },
    retry: 'never',
  }));
}

/** What an administrator should know of a success. */
function noteOf(result: ProvisionResult): string | undefined {
  const notes = (result.quarantined ?? []).map(
    (q) => `${q.property} ${q.value} was set aside because ${q.heldBy} has it`,
  );
  if (result.match === 'hard') notes.unshift('joined an object of the cloud with the same source anchor');
  if (result.match === 'soft') notes.unshift('joined an object of the cloud by its address or sign-in name');
  return notes.length > 0 ? notes.join('; ') : undefined;
}

function errorOf(result: ProvisionResult): ExportError {
  const code = result.errorCode ?? 'cd-error';
  const entry: CatalogueEntry | undefined = isErrorCode(code) ? errorCatalogue[code] : undefined;
  const facts = result.errorDetails;
  const attribute = facts?.AttributeConflictName;
  const value = facts?.AttributeConflictValues;
  return {
    code,
    detail: result.errorDescription ?? code,
    ...(attribute === undefined ? {} : { attribute }),
    ...(value === undefined ? {} : { value }),
    ...(facts === undefined ? {} : { facts }),
    retry: entry?.retry ?? 'next-cycle',
  };
}

const failure = (request: ExportRequest, error: ExportError): ExportResult => ({
  id: request.id,
  outcome: 'failure',
  error,
});
const refuse = (request: ExportRequest, code: string, detail: string): ExportResult =>
  failure(request, { code, detail, retry: 'never' });
const interrupted = (request: ExportRequest): ExportResult =>
  failure(request, {
    code: 'stopped-user-termination',
    detail: 'The run was stopped before this object was sent.',
    retry: 'backoff',
  });
