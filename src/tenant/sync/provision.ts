import type { LinkChange, ProvisionObject, ProvisionResponse, ProvisionResult } from '../../entra/sync-protocol.ts';
import type { TenantContext } from '../context.ts';
import { deleteObject, restoreObject } from '../recycle-bin.ts';
import { isLinkKind } from '../store/links.ts';
import type { StoredObject } from '../store/objects.ts';
import { idOfCloudAnchor, kindOf, readProvisionBatch } from './batch.ts';
import { visibleProperties } from './visible.ts';

/** Carries out a batch in one transaction: first all objects, then all links, so that order within it is no matter. */
export function provision(context: TenantContext, body: unknown): ProvisionResponse {
  const batch = readProvisionBatch(body);
  return context.write(() => {
    const done = batch.objects.map((object) => provisionObject(context, object));
    const results = done.map(({ result, target }, index) => {
      const links = batch.objects[index]!.links;
      return links && target && result.resultCode === 'Success' ? applyLinks(context, target, links, result) : result;
    });
    return { results };
  });
}

interface Provisioned {
  readonly result: ProvisionResult;
  readonly target?: StoredObject;
}

function provisionObject(context: TenantContext, object: ProvisionObject): Provisioned {
  const target = findTarget(context, object);
  if (object.operation === 'Delete') {
    if (!target) return failure(object, 'ObjectNotFound', 'The object to delete is not in the tenant.');
    deleteObject(context, target);
    return { result: success(object, target, undefined) };
  }
  const kind = kindOf(object.objectType);
  if (target) {
    const body = stamped(context, visibleProperties(kind, target.body, object.properties));
    const shadow = merge(target.shadow, object.properties);
    const live = target.deletedAt === undefined ? target : restoreObject(context, target);
    const written = context.objects.update(live, { body, shadow, sync: true, anchor: object.sourceAnchor });
    return { result: success(object, written, object.operation === 'Add' ? 'existing' : undefined), target: written };
  }
  if (object.operation === 'Set')
    return failure(object, 'ObjectNotFound', 'The object to change is not in the tenant.');
  const body = stamped(context, visibleProperties(kind, fresh(context), object.properties));
  const created = context.objects.insert({
    id: context.random.guid(),
    kind,
    body,
    shadow: merge({}, object.properties),
    sync: true,
    anchor: object.sourceAnchor,
  });
  return { result: success(object, created, 'created'), target: created };
}

const fresh = (context: TenantContext) => ({ createdDateTime: context.clock.iso() });
const stamped = (context: TenantContext, body: object) => ({
  ...body,
  onPremisesLastSyncDateTime: context.clock.iso(),
});

function merge(before: object, properties: ProvisionObject['properties']) {
  const shadow: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(properties)) {
    if (value === null) delete shadow[name];
    else shadow[name] = value;
  }
  return shadow;
}

/** By cloud anchor if there is one, otherwise by source anchor. */
export function findTarget(context: TenantContext, object: ProvisionObject): StoredObject | undefined {
  if (object.cloudAnchor !== undefined && object.operation !== 'Add') {
    const id = idOfCloudAnchor(object.cloudAnchor, object.objectType);
    return id === undefined ? undefined : context.objects.byId(id);
  }
  return context.objects.byAnchor(object.sourceAnchor, kindOf(object.objectType))[0];
}

function applyLinks(
  context: TenantContext,
  target: StoredObject,
  links: Readonly<Record<string, readonly LinkChange[]>>,
  result: ProvisionResult,
): ProvisionResult {
  const missing: string[] = [];
  for (const [name, changes] of Object.entries(links)) {
    if (!isLinkKind(name)) continue;
    for (const change of changes) {
      const other = resolveLink(context, change);
      if (change.operation === 'remove') {
        if (other) context.links.remove(target.seq, name, other);
      } else if (other?.deletedAt === undefined && other) context.links.add(target.seq, name, other);
      else missing.push(change.anchor);
    }
  }
  if (missing.length === 0) return result;
  return {
    ...result,
    resultCode: 'Failure',
    errorCode: 'ReferenceNotFound',
    errorDescription: `${missing.length} of the objects referred to are not in the tenant yet.`,
    errorDetails: { MissingAnchors: missing.slice(0, 20).join(',') },
  };
}

function resolveLink(context: TenantContext, change: LinkChange): StoredObject | undefined {
  if (change.anchorType === 'sourceAnchor') return context.objects.byAnchorOfAnyKind(change.anchor)[0];
  const id = idOfCloudAnchor(change.anchor);
  return id === undefined ? undefined : context.objects.byId(id);
}

function success(object: ProvisionObject, target: StoredObject, match: ProvisionResult['match']): ProvisionResult {
  return {
    resultCode: 'Success',
    operation: object.operation,
    objectType: object.objectType,
    sourceAnchor: object.sourceAnchor,
    cloudAnchor: target.cloudAnchor,
    ...(match === undefined ? {} : { match }),
  };
}
function failure(object: ProvisionObject, errorCode: string, errorDescription: string): Provisioned {
  return {
    result: {
      resultCode: 'Failure',
      operation: object.operation,
      objectType: object.objectType,
      sourceAnchor: object.sourceAnchor,
      errorCode,
      errorDescription,
    },
  };
}
