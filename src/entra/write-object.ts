/** Writing one object: validation, uniqueness, computed values, and the difference to what is there (entra-directory s.2 and 4). */
import type { Attributes, AttributeValue } from '../model/value.ts';
import { isUnchanged, type ObjectChanges } from './changes.ts';
import { type Computed, computeValues } from './computed-values.ts';
import { refuseExtensions } from './directory-extensions.ts';
import { errorMembers, type RuleError, ruleError } from './errors.ts';
import { changedProperties, deviceIdOf, graphProperties, presentProperties, sidOf } from './graph-form.ts';
import { refuseLinks } from './links.ts';
import type { MatchResult } from './matching.ts';
import { type CloudObject, textOf } from './objects.ts';
import { answer, base, type ProvisionOutcome, refused, type Scene, succeeded } from './outcome.ts';
import { duplicateError, type WriteKind } from './quarantine.ts';
import { textValue } from './shadow.ts';
import { guidOfAnchor } from './source-anchor.ts';
import type { ProvisionResult } from './sync-protocol.ts';
import { note } from './trace.ts';
import { deviceConflict, sidConflict } from './uniqueness.ts';
import { validateChanges, validateObject } from './validation.ts';

/** The object a user comes from, to be compared and stamped: as sent, or what is in an anchor of 16 bytes. */
export function objectIdentifierOf(scene: Scene, properties: Attributes): string | undefined {
  if (scene.class !== 'user') return undefined;
  return (
    textValue(properties, 'onPremisesObjectIdentifier')?.toLowerCase() ?? guidOfAnchor(scene.operation.sourceAnchor)
  );
}

/** Validation, uniqueness, computed values; then the difference to what is there (steps 4 and 5). */
export function write(
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
    refuseExtensions(operation.properties, index, settings) ??
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
  const both = shadow === before ? [] : new Set([...Object.keys(before), ...Object.keys(shadow)]);
  for (const name of both) {
    const value = shadow[name];
    if (!isSame(before[name], value)) shadowChanges[name] = value ?? null;
  }
  // A take-over writes every value again, an update only what the directory changed: the cloud may have written since.
  const names =
    kind === 'update' ? Object.keys(shadowChanges) : new Set([...Object.keys(before), ...Object.keys(shadow)]);
  const graphAfter = {
    ...(kind === 'create' ? freshGraph(scene, shadow) : {}),
    ...graphProperties(scene.class, names, shadow, graphBefore),
    ...values.graph,
  };
  // A new object keeps its empty lists: they are values to Graph.
  const graph = kind === 'create' ? presentProperties(graphAfter) : changedProperties(graphBefore, graphAfter);
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

const isSame = (a: AttributeValue | undefined, b: AttributeValue | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b));

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
