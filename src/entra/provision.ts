/**
 * One object of a provisioning batch against the cloud's rules: what becomes of it, what changes, what is answered.
 * Pure: the local tenant applies the outcome, `plan` and the Graph exporter predict with it (entra-directory s.1 to 4).
 */
import type { Attributes, AttributeValue } from '../model/value.ts';
import { merged, noChanges, type ObjectChanges } from './changes.ts';
import { type RuleError, ruleError } from './errors.ts';
import { deviceIdOf } from './graph-form.ts';
import { matchIncoming } from './matching.ts';
import { type CloudObject, classOf, type DirectoryIndex, idOfCloudAnchor } from './objects.ts';
import { answer, base, type ProvisionOutcome, refused, type Scene, succeeded } from './outcome.ts';
import { propertyRule } from './properties.ts';
import { decideDeletion } from './protection.ts';
import { duplicateError } from './quarantine.ts';
import type { RuleContext, RuleSettings } from './settings.ts';
import { checkSourceAnchor, guidOfAnchor } from './source-anchor.ts';
import type { ProvisionObject } from './sync-protocol.ts';
import { note } from './trace.ts';
import { isKept } from './validation.ts';
import { objectIdentifierOf, write } from './write-object.ts';

export type { ProvisionOutcome } from './outcome.ts';

/** What the cloud does with one object of a batch. The same arguments give the same outcome. */
export function planProvision(
  operation: ProvisionObject,
  index: DirectoryIndex,
  settings: RuleSettings,
  context: RuleContext,
): ProvisionOutcome {
  const scene: Scene = { operation, class: classOf(operation.objectType), index, settings, context, trace: [] };
  if (!settings.dirSyncEnabled) {
    note(scene.trace, '1.2 step 0', 'refused', 'Directory synchronization of the tenant is off.');
    return refused(scene, ruleError('DirSyncNotEnabled', { objectId: operation.sourceAnchor }));
  }
  const problem = checkSourceAnchor(operation.sourceAnchor, settings.limits.sourceAnchorLength);
  if (problem !== undefined && operation.operation !== 'Delete') {
    return refused(scene, ruleError('DataValidationFailed', { attribute: 'sourceAnchor', reason: problem }));
  }
  switch (operation.operation) {
    case 'Add':
      return planAdd(scene, definedValues(operation.properties));
    case 'Set':
      return planSet(scene);
    case 'Delete':
      return planDelete(scene);
  }
}

/** The values of an add: all there are, by the spelling of the property table. */
function definedValues(properties: ProvisionObject['properties']): Attributes {
  const values: [string, AttributeValue][] = [];
  for (const [name, value] of Object.entries(properties)) {
    if (value !== null && isKept(name)) values.push([propertyRule(name)?.name ?? name, value]);
  }
  return Object.fromEntries(values);
}

function planAdd(scene: Scene, properties: Attributes): ProvisionOutcome {
  const { operation, index, settings, trace } = scene;
  const match = matchIncoming(
    {
      class: scene.class,
      sourceAnchor: operation.sourceAnchor,
      properties,
      objectIdentifier: objectIdentifierOf(scene, properties),
      deviceId: deviceIdOf(properties) ?? (scene.class === 'device' ? guidOfAnchor(operation.sourceAnchor) : undefined),
    },
    index,
    settings,
  );
  trace.push(...match.trace);
  switch (match.kind) {
    case 'refused':
      return refused(scene, match.error, match.candidate);
    case 'create':
      return write(scene, 'create', undefined, properties, match);
    case 'update':
      return write(scene, 'update', match.candidate, properties, match);
    case 'hard':
    case 'soft':
      return write(scene, 'takeover', match.candidate, properties, match);
  }
}

function planSet(scene: Scene): ProvisionOutcome {
  const { operation, trace } = scene;
  const target = findTarget(scene);
  if (target === undefined || target.deleted) {
    note(trace, '1.2 step 1', 'no', 'There is no such object.');
    return refused(scene, ruleError('ObjectNotFound', { objectId: operation.cloudAnchor ?? operation.sourceAnchor }));
  }
  if (target.immutableId !== undefined && target.immutableId !== operation.sourceAnchor) {
    return refused(scene, anchorChange(target, operation.sourceAnchor), target);
  }
  const shadow = merged(target.shadow, canonicalNames(operation.properties));
  if (target.onPremisesSyncEnabled === true || target.cloudManaged === true) {
    note(trace, '1.2 step 1', 'yes', `The ${target.class} ${target.id} is linked to this source anchor.`);
    return write(scene, 'update', target, shadow, undefined);
  }
  // An object that was restored in the cloud: written again only through the steps of a match.
  if (target.immutableId !== undefined) return planAdd(scene, shadow);
  return stampAnchor(scene, target);
}

const anchorChange = (target: CloudObject, sourceAnchor: string): RuleError =>
  ruleError('AttributeUpdateNotAllowed', {
    objectId: target.id,
    attribute: 'SourceAnchor',
    values: [sourceAnchor],
    reason: `The source anchor of an object never changes; it is ${target.immutableId}.`,
  });

function canonicalNames(properties: ProvisionObject['properties']): Record<string, AttributeValue | null> {
  const entries = Object.entries(properties).filter(([name]) => isKept(name));
  return Object.fromEntries(entries.map(([name, value]) => [propertyRule(name)?.name ?? name, value]));
}

/** The sync service sets the anchor of a user of the cloud once, and nothing else with it (s.1.6). */
function stampAnchor(scene: Scene, target: CloudObject): ProvisionOutcome {
  const others = Object.keys(scene.operation.properties).filter((name) => name !== 'sourceAnchor' && isKept(name));
  if (target.class !== 'user' || others.length > 0) {
    const reason = 'The object is mastered in the cloud; only its source anchor can be set, once.';
    const facts = { objectId: target.id, attribute: others[0] ?? 'SourceAnchor', reason };
    return refused(scene, ruleError('AttributeUpdateNotAllowed', facts), target);
  }
  const holder = scene.index
    .bySourceAnchor(scene.operation.sourceAnchor)
    .find((o) => o.class === 'user' && o.id !== target.id);
  if (holder !== undefined) {
    const conflict = { attribute: 'SourceAnchor', value: scene.operation.sourceAnchor, holder } as const;
    return refused(
      scene,
      duplicateError(conflict, { self: target.id, sourceAnchor: scene.operation.sourceAnchor }),
      target,
    );
  }
  note(scene.trace, '1.6', 'done', `The source anchor of the user of the cloud ${target.id} is set.`);
  return succeeded(scene, 'update', target, { ...noChanges, immutableId: scene.operation.sourceAnchor });
}

function planDelete(scene: Scene): ProvisionOutcome {
  const target = findTarget(scene);
  if (target === undefined || target.deleted) {
    note(scene.trace, '1.7', 'skipped', 'The object is gone already.');
    return {
      ...base(scene),
      decision: 'ignore',
      ...(target && { id: target.id, target }),
      result: answer(scene, target),
    };
  }
  const deletion = decideDeletion(target);
  if (deletion.kind === 'refused') {
    note(scene.trace, '1.7', 'refused', 'The object is not mastered on-premises.');
    return refused(scene, deletion.error, target);
  }
  note(
    scene.trace,
    '1.7',
    'done',
    `The ${target.class} is deleted${deletion.kind === 'soft' ? ' into the recycle bin' : ''}.`,
  );
  const changes: ObjectChanges =
    deletion.kind === 'soft'
      ? { ...noChanges, deleted: true, onPremisesSyncEnabled: false }
      : { ...noChanges, deleted: true };
  return { ...succeeded(scene, 'delete', target, changes), deletion: deletion.kind };
}

/** By cloud anchor if there is one, otherwise the live object of the class with the source anchor. */
function findTarget({ operation, class: objectClass, index }: Scene): CloudObject | undefined {
  if (operation.cloudAnchor !== undefined) {
    const id = idOfCloudAnchor(operation.cloudAnchor, objectClass);
    const object = id === undefined ? undefined : index.byId(id);
    return object?.class === objectClass ? object : undefined;
  }
  return index.bySourceAnchor(operation.sourceAnchor).find((o) => o.class === objectClass);
}
