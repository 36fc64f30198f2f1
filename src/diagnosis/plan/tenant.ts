/**
 * A tenant that exists only to be asked: it answers provision calls as the image says the real one would, and remembers what it
 * answered, so that conflicts inside one batch and between batches come out in the order in which the exporter sends. The
 * exporter itself talks to it, so requests, batches and error texts are those of the real export.
 */

import type { Answer, SyncClient } from '../../connectors/entra/sync-client.ts';
import { errorMembers, ruleError } from '../../entra/errors.ts';
import { linkGrowth } from '../../entra/links.ts';
import type { CloudObject, DirectoryIndex } from '../../entra/objects.ts';
import { type OverlayIndex, overlayIndex } from '../../entra/overlay.ts';
import { propertyRule } from '../../entra/properties.ts';
import { type ProvisionOutcome, planProvision } from '../../entra/provision.ts';
import {
  type Capabilities,
  type LinkChange,
  type ProvisionBatch,
  type ProvisionObject,
  type ProvisionResult,
  syncPaths,
} from '../../entra/sync-protocol.ts';
import { predictedContext, type TenantImage } from './image.ts';

export interface PredictedTenant {
  /** Answers like the sync plane, without a wire between: of a hundred thousand objects that is half of the time. */
  readonly client: Pick<SyncClient, 'call'>;
  readonly capabilities: Capabilities;
  /** The tenant as it will be after everything that was sent so far. */
  readonly index: DirectoryIndex;
  /** Told of every decision. */
  onDecision: ((operation: ProvisionObject, outcome: ProvisionOutcome) => void) | undefined;
}

/** What the tenant takes in one call, unless it said otherwise; a local tenant says exactly this. */
export const usualCapabilities: Capabilities = {
  version: 2,
  maxObjects: 500,
  maxLinks: 15_000,
  maxReadBack: 1000,
  maxCredentials: 50,
  maxBytes: 32 * 1024 * 1024,
};

export function predictedTenant(
  image: TenantImage,
  now: number,
  capabilities: Capabilities = image.capabilities ?? usualCapabilities,
): PredictedTenant {
  const overlay = overlayIndex(image.index, [], slim);
  const counted = countingIndex(overlay);
  const context = predictedContext(now);
  const tenant: PredictedTenant = {
    index: counted.index,
    onDecision: undefined,
    capabilities,
    client: {
      call: async <T>(_method: string, path: string, body: unknown): Promise<Answer<T>> => {
        if (path !== syncPaths.provision) return { kind: 'refused', status: 404, code: 'not-predicted', message: path };
        if (!image.settings.dirSyncEnabled) return { kind: 'refused', status: 403, ...syncIsOff };
        overlay.startBatch();
        return { kind: 'ok', value: { results: provision(body as ProvisionBatch) } as T };
      },
    },
  };
  const decide = (operation: ProvisionObject): ProvisionOutcome => {
    const outcome = planProvision(operation, counted.index, image.settings, context);
    overlay.apply(outcome);
    // Counted at once, as the tenant does: an object may come twice in a batch, and its links are made at the end of it.
    if (outcome.id !== undefined && isWritten(outcome))
      for (const [name, changes] of Object.entries(operation.links ?? {}))
        counted.grow(outcome.id, propertyRule(name)?.name ?? name, linkGrowth(changes));
    tenant.onDecision?.(operation, outcome);
    return outcome;
  };
  // First every object, then all links, as the tenant does it.
  const provision = ({ objects }: ProvisionBatch): ProvisionResult[] =>
    objects
      .map((operation) => ({ operation, outcome: decide(operation) }))
      .map(({ operation, outcome }) => applyLinks(operation, outcome, counted));
  return tenant;
}

/** As the sync plane answers while synchronization is turned off in the tenant. */
const syncIsOff = {
  code: 'DirSyncDisabled',
  message:
    'Directory synchronization is turned off for this tenant; turn it on in the organization before anything is exported.',
};

/** What others are compared with; nothing else of a new object is asked for again. */
const compared = [
  'displayName',
  'userPrincipalName',
  'mail',
  'mailNickname',
  'proxyAddresses',
  'onPremisesSecurityIdentifier',
  'onPremisesProvisioningErrors',
  'deviceId',
  'groupTypes',
  'mailEnabled',
  'securityEnabled',
  'isAssignableToRole',
] as const;

/**
 * A new object without its other values: they were judged when it was made, and the export changes it once more for its
 * references only. A hundred thousand whole objects are half a gigabyte.
 */
function slim(object: CloudObject): CloudObject {
  const graph: Record<string, unknown> = {};
  for (const name of compared) if (object.graph[name] !== undefined) graph[name] = object.graph[name];
  return { ...object, graph, shadow: {} };
}

interface Counting {
  readonly index: DirectoryIndex;
  grow(id: string, property: string, by: number): void;
}

/** The index with the links that were added meanwhile: groups have a limit of members. */
function countingIndex(overlay: OverlayIndex): Counting {
  const grown = new Map<string, number>();
  return {
    index: {
      ...overlay,
      linkCount: (id, property) => overlay.linkCount(id, property) + (grown.get(`${id}/${property}`) ?? 0),
    },
    grow: (id, property, by) => void grown.set(`${id}/${property}`, (grown.get(`${id}/${property}`) ?? 0) + by),
  };
}

const isWritten = ({ decision }: ProvisionOutcome): boolean =>
  decision === 'create' || decision === 'update' || decision === 'takeover';

function applyLinks(operation: ProvisionObject, outcome: ProvisionOutcome, counting: Counting): ProvisionResult {
  const { id, result } = outcome;
  if (!operation.links || id === undefined || !isWritten(outcome)) return result;
  const missing: string[] = [];
  for (const [asked, changes] of Object.entries(operation.links)) {
    const rule = propertyRule(asked);
    if (rule?.type !== 'reference') continue;
    for (const change of changes) {
      const target = resolve(change, counting.index);
      if (change.operation === 'remove') counting.grow(id, rule.name, target ? 0 : 1);
      else if (!target || target.deleted) {
        missing.push(change.anchor);
        counting.grow(id, rule.name, -1);
      }
    }
  }
  if (missing.length === 0) return result;
  const error = ruleError('ReferenceNotFound', { objectId: id, values: missing.slice(0, 20) });
  return { ...result, resultCode: 'Failure', ...errorMembers(error) };
}

function resolve(change: LinkChange, index: DirectoryIndex): CloudObject | undefined {
  if (change.anchorType === 'sourceAnchor') return index.bySourceAnchor(change.anchor)[0];
  return index.byId(change.anchor.slice(change.anchor.indexOf('_') + 1));
}
