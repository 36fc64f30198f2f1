/**
 * One object of a provisioning batch against the cloud's rules: what becomes of it, what changes, what is answered.
 * Pure: the local tenant applies the outcome, `plan` and the Graph exporter predict with it (entra-directory s.1 to 4).
 */
import type { Attributes, AttributeValue } from '../model/value.ts';
import { isUnchanged, merged, noChanges, type ObjectChanges } from './changes.ts';
import { type Computed, computeValues } from './computed-values.ts';
import { errorMembers, type RuleError, ruleError } from './errors.ts';
import { changedProperties, deviceIdOf, graphProperties, sidOf } from './graph-form.ts';
import { refuseLinks } from './links.ts';
import { type MatchResult, matchIncoming } from './matching.ts';
import {
  type CloudObject,
  classOf,
  cloudAnchorOf,
  type DirectoryIndex,
  idOfCloudAnchor,
  type ObjectClass,
  textOf,
} from './objects.ts';
import { propertyRule } from './properties.ts';
import { decideDeletion } from './protection.ts';
import { duplicateError, type QuarantinedValue, type WriteKind } from './quarantine.ts';
import type { RuleContext, RuleSettings } from './settings.ts';
import { textValue } from './shadow.ts';
import { checkSourceAnchor, guidOfAnchor } from './source-anchor.ts';
import type { ProvisionObject, ProvisionResult } from './sync-protocol.ts';
import { note, type Trace, type TraceStep } from './trace.ts';
import { deviceConflict, sidConflict } from './uniqueness.ts';
import { isKept, validateChanges, validateObject } from './validation.ts';

export interface ProvisionOutcome {
  /** `ignore`: nothing is to be done and the answer is success, e.g. the object to delete is gone already. */
  readonly decision: 'create' | 'update' | 'takeover' | 'delete' | 'refuse' | 'ignore';
  readonly class: ObjectClass;
  /** The object written or refused: of a create the new id. Absent if no object is concerned. */
  readonly id?: string;
  /** The object as it was; absent for a create. */
  readonly target?: CloudObject;
  readonly changes: ObjectChanges;
  readonly deletion?: 'soft' | 'hard';
  readonly result: ProvisionResult;
  readonly quarantined: readonly QuarantinedValue[];
  /** The refusal, or with a success what is reported all the same (ExistingAdminRoleConflict). */
  readonly error?: RuleError;
  readonly trace: readonly TraceStep[];
}

/** Everything one decision works with. */
interface Scene {
  readonly operation: ProvisionObject;
  readonly class: ObjectClass;
  readonly index: DirectoryIndex;
  readonly settings: RuleSettings;
  readonly context: RuleContext;
  readonly trace: Trace;
}

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

/** The object a user comes from, to be compared and stamped: as sent, or what is in an anchor of 16 bytes. */
function objectIdentifierOf(scene: Scene, properties: Attributes): string | undefined {
  if (scene.class !== 'user') return undefined;
  return (
    textValue(properties, 'onPremisesObjectIdentifier')?.toLowerCase() ?? guidOfAnchor(scene.operation.sourceAnchor)
  );
}

/** Validation, uniqueness, computed values; then the difference to what is there (steps 4 and 5). */
function write(
  scene: Scene,
  kind: WriteKind,
  target: CloudObject | undefined,
  shadow: Attributes,
  match: MatchResult | undefined,
): ProvisionOutcome {
  if (target?.cloudManaged === true) {
    note(
      scene.trace,
      '1.7',
      'skipped',
      'The object is mastered by the cloud now; updates of the directory are ignored.',
    );
    return {
      ...base(scene),
      decision: 'ignore',
      id: target.id,
      target,
      result: answer(scene, target, { match: 'existing' }),
    };
  }
  const error = refuseValues(scene, kind, target, shadow);
  if (error !== undefined) return refused(scene, error, target);
  const administrator = match?.kind === 'create' ? match.administrator : undefined;
  const id = target?.id ?? scene.context.newId();
  const computed = compute(scene, kind, target, shadow, administrator);
  if ('error' in computed) return refused(scene, computed.error, target);
  const { values } = computed;
  const changes = differences(scene, kind, target, shadow, values);
  const written = kind === 'create' ? { class: scene.class, id } : (target as CloudObject);
  const decision = kind;
  const outcome = succeeded(scene, decision, written, changes, values.quarantined, matchName(match));
  return administrator === undefined ? outcome : reportAdministrator(scene, outcome, administrator);
}

const matchName = (match: MatchResult | undefined): ProvisionResult['match'] | undefined => {
  if (match === undefined || match.kind === 'refused') return undefined;
  return ({ create: 'created', update: 'existing', hard: 'hard', soft: 'soft' } as const)[match.kind];
};

function refuseValues(
  scene: Scene,
  kind: WriteKind,
  target: CloudObject | undefined,
  shadow: Attributes,
): RuleError | undefined {
  const { operation, class: objectClass, index, settings } = scene;
  const self = target?.id;
  const invalid =
    validateChanges(operation.properties, objectClass, settings) ??
    validateObject(objectClass, shadow, target, settings) ??
    refuseLinks(operation, target, index, settings);
  if (invalid !== undefined) {
    note(scene.trace, '4', 'refused', `${invalid.facts.attribute ?? 'The object'} is not valid (${invalid.code}).`);
    return { ...invalid, facts: { ...invalid.facts, objectId: self ?? operation.sourceAnchor } };
  }
  const quota = settings.limits.directoryObjects;
  if (kind === 'create' && quota > 0 && (index.objectCount?.() ?? 0) >= quota) {
    note(scene.trace, '4.3', 'refused', `The tenant holds its ${quota} objects.`);
    return ruleError('QuotaExceeded', { objectId: operation.sourceAnchor, limit: quota });
  }
  const sid = sidOf(shadow);
  const device = objectClass === 'device' ? deviceIdOf(shadow) : undefined;
  const conflict =
    (sid !== undefined && (target === undefined || textOf(target, 'onPremisesSecurityIdentifier') !== sid)
      ? sidConflict(sid, self, index)
      : undefined) ?? (device === undefined ? undefined : deviceConflict(device, self, index));
  if (conflict === undefined) return undefined;
  note(
    scene.trace,
    '2.1',
    'refused',
    `${conflict.attribute} ${conflict.value} belongs to the ${conflict.holder.class} ${conflict.holder.id}.`,
  );
  return duplicateError(conflict, { self, sourceAnchor: operation.sourceAnchor });
}

/** What the computed values depend on. */
const identityProperties = [
  'userPrincipalName',
  'alias',
  'mail',
  'proxyAddresses',
  'msExchRemoteRecipientType',
  'cloudMSExchRecipientDisplayType',
] as const;

function compute(
  scene: Scene,
  kind: WriteKind,
  target: CloudObject | undefined,
  shadow: Attributes,
  administrator: CloudObject | undefined,
): Computed {
  const nothing: Computed = {
    values: { graph: {}, moera: target?.moera, quarantined: [], dropped: [] },
  };
  if (scene.class === 'device') return nothing;
  const changed = (name: string) => JSON.stringify(target?.shadow[name]) !== JSON.stringify(shadow[name]);
  if (kind === 'update' && !identityProperties.some(changed)) return nothing;
  return computeValues(
    {
      write: kind,
      class: scene.class,
      sourceAnchor: scene.operation.sourceAnchor,
      self: target?.id,
      administrator,
      shadow,
      target,
      upnChanged: changed('userPrincipalName'),
      aliasChanged: changed('alias'),
    },
    scene.index,
    scene.settings,
    scene.context,
    scene.trace,
  );
}

function differences(
  scene: Scene,
  kind: WriteKind,
  target: CloudObject | undefined,
  shadow: Attributes,
  values: { readonly graph: Readonly<Record<string, unknown>>; readonly moera: string | undefined },
): ObjectChanges {
  const before = target?.shadow ?? {};
  const graphBefore = target?.graph ?? {};
  const shadowChanges: Record<string, AttributeValue | null> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(shadow)])) {
    const value = shadow[name];
    if (JSON.stringify(before[name]) !== JSON.stringify(value)) shadowChanges[name] = value ?? null;
  }
  // A take-over writes every value again, an update only what the directory changed: the cloud may have written since.
  const names =
    kind === 'update' ? Object.keys(shadowChanges) : new Set([...Object.keys(before), ...Object.keys(shadow)]);
  const graphAfter = {
    ...(kind === 'create' ? freshGraph(scene, shadow) : {}),
    ...graphProperties(scene.class, names, shadow, graphBefore),
    ...values.graph,
  };
  const graph = changedProperties(graphBefore, graphAfter);
  const identifier = objectIdentifierOf(scene, shadow);
  const anchor = scene.operation.sourceAnchor;
  const changes: ObjectChanges = {
    ...(target?.onPremisesSyncEnabled === true ? {} : { onPremisesSyncEnabled: true }),
    ...(target?.immutableId === anchor ? {} : { immutableId: anchor }),
    ...(identifier === undefined || !stampsIdentifier(kind, target, identifier)
      ? {}
      : { objectIdentifier: identifier }),
    ...(values.moera === undefined || values.moera === target?.moera ? {} : { moera: values.moera }),
    ...(target?.deleted === true ? { deleted: false } : {}),
    shadow: shadowChanges,
    graph,
  };
  if (isUnchanged(changes)) return changes;
  return { ...changes, graph: { ...graph, onPremisesLastSyncDateTime: scene.context.now } };
}

/** Stamped on every match; on an ongoing object only while it has none (s.1.6). */
const stampsIdentifier = (kind: WriteKind, target: CloudObject | undefined, identifier: string): boolean =>
  kind === 'update' ? target?.objectIdentifier === undefined : target?.objectIdentifier !== identifier;

/** What a new object has without anybody sending it. */
function freshGraph(scene: Scene, shadow: Attributes): Record<string, unknown> {
  const created = { createdDateTime: scene.context.now };
  switch (scene.class) {
    case 'user':
      return { ...created, accountEnabled: true, userType: 'Member' };
    case 'group':
      return { ...created, groupTypes: [], securityEnabled: shadow.securityEnabled ?? true, mailEnabled: false };
    case 'contact':
      return created;
    case 'device':
      return { ...created, accountEnabled: true, deviceId: guidOfAnchor(scene.operation.sourceAnchor) };
  }
}

/** The object is written without the values of the administrator, and the conflict is reported (s.1.2 step 3.3 c). */
function reportAdministrator(scene: Scene, outcome: ProvisionOutcome, administrator: CloudObject): ProvisionOutcome {
  const held = outcome.quarantined.filter((q) => q.heldBy === administrator.id);
  const error = ruleError('ExistingAdminRoleConflict', {
    objectId: outcome.id,
    conflictingObjectId: administrator.id,
    conflictingClass: administrator.class,
    attribute: held[0]?.property,
    values: held.map((q) => q.value),
    reason: scene.index.adminRoles(administrator.id).join(', '),
    trackingId: scene.context.newId(),
  });
  return { ...outcome, error, result: { ...outcome.result, ...errorMembers(error) } };
}

const base = (scene: Scene) =>
  ({ class: scene.class, changes: noChanges, quarantined: [], trace: scene.trace }) as const;

function answer(
  { operation }: Scene,
  target: Pick<CloudObject, 'id' | 'class'> | undefined,
  more: Partial<ProvisionResult> = {},
): ProvisionResult {
  return {
    resultCode: 'Success',
    operation: operation.operation,
    objectType: operation.objectType,
    sourceAnchor: operation.sourceAnchor,
    ...(target === undefined ? {} : { cloudAnchor: cloudAnchorOf(target) }),
    ...more,
  };
}

function succeeded(
  scene: Scene,
  decision: 'create' | 'update' | 'takeover' | 'delete',
  written: CloudObject | { readonly class: ObjectClass; readonly id: string },
  changes: ObjectChanges,
  quarantined: readonly QuarantinedValue[] = [],
  match?: ProvisionResult['match'],
): ProvisionOutcome {
  return {
    ...base(scene),
    decision,
    id: written.id,
    ...('graph' in written ? { target: written } : {}),
    changes,
    quarantined,
    result: answer(scene, written, {
      ...(match === undefined ? {} : { match }),
      ...(quarantined.length === 0 ? {} : { quarantined }),
    }),
  };
}

function refused(scene: Scene, error: RuleError, target?: CloudObject): ProvisionOutcome {
  const tracked = { ...error, facts: { trackingId: scene.context.newId(), ...error.facts } };
  const own = target?.class === scene.class && target.immutableId === scene.operation.sourceAnchor;
  return {
    ...base(scene),
    decision: 'refuse',
    ...(target === undefined ? {} : { id: target.id, target }),
    error: tracked,
    result: { ...answer(scene, own ? target : undefined), resultCode: 'Failure', ...errorMembers(tracked) },
  };
}
