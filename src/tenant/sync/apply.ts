import type { ObjectChanges } from '../../entra/changes.ts';
import { isUnchanged, merged } from '../../entra/changes.ts';
import type { ProvisionOutcome } from '../../entra/provision.ts';
import { storedOf } from '../cloud-object.ts';
import type { TenantContext } from '../context.ts';
import { deleteObject, restoreObject } from '../recycle-bin.ts';
import type { Body, NewObject, StoredObject } from '../store/objects.ts';
import { forgetPhoto } from '../store/photos.ts';
import { tellOfWithheld } from './conflict-mails.ts';

/** Carries out what the rules decided. Returns the object as it is now; undefined if nothing of it is left to write to. */
export function applyOutcome(context: TenantContext, outcome: ProvisionOutcome): StoredObject | undefined {
  const { changes } = outcome;
  switch (outcome.decision) {
    case 'refuse':
    case 'ignore':
      return undefined;
    case 'delete':
      if (outcome.target) deleteObject(context, storedOf(outcome.target));
      return undefined;
    case 'create':
      return told(context, context.objects.insert(newObject(outcome.class, outcome.id as string, changes)), {});
    case 'update':
    case 'takeover': {
      const before = storedOf(outcome.target as NonNullable<ProvisionOutcome['target']>);
      if (isUnchanged(changes)) return before;
      const live = changes.deleted === false ? restoreObject(context, before) : before;
      return writeChanges(context, live, changes);
    }
  }
}

function newObject(kind: ProvisionOutcome['class'], id: string, changes: ObjectChanges): NewObject {
  return {
    id,
    kind,
    body: merged({}, changes.graph),
    shadow: merged({}, changes.shadow),
    internal: internalOf({}, changes),
    sync: changes.onPremisesSyncEnabled === true,
    ...(typeof changes.immutableId === 'string' ? { anchor: changes.immutableId } : {}),
  };
}

/** Writes changes of properties to the object. */
export function writeChanges(context: TenantContext, object: StoredObject, changes: ObjectChanges): StoredObject {
  // A photo written in the cloud stays until the directory sends another one (entra-directory s.5.9).
  if (changes.shadow.thumbnailPhoto !== undefined) forgetPhoto(context.db, object.seq);
  const written = context.objects.update(object, {
    body: merged(object.body, changes.graph),
    shadow: merged(object.shadow, changes.shadow as Record<string, unknown>),
    internal: internalOf(object.internal, changes),
    ...(changes.onPremisesSyncEnabled === undefined ? {} : { sync: changes.onPremisesSyncEnabled }),
    ...(changes.immutableId === undefined ? {} : { anchor: changes.immutableId }),
  });
  return told(context, written, object.body);
}

/** The object, after its administrators were told of values withheld from it. */
function told(context: TenantContext, object: StoredObject, before: Body): StoredObject {
  if (object.body.onPremisesProvisioningErrors !== undefined) tellOfWithheld(context, object, before);
  return object;
}

function internalOf(before: Body, changes: ObjectChanges): Body {
  if (changes.objectIdentifier === undefined && changes.moera === undefined) return before;
  return {
    ...before,
    ...(changes.objectIdentifier === undefined ? {} : { objectIdentifier: changes.objectIdentifier ?? undefined }),
    ...(changes.moera === undefined ? {} : { moera: changes.moera ?? undefined }),
  };
}
