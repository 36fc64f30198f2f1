/** The result of a decision, and what every part of the decision works with. */
import { noChanges, type ObjectChanges } from './changes.ts';
import { errorMembers, type RuleError } from './errors.ts';
import { type CloudObject, cloudAnchorOf, type DirectoryIndex, type ObjectClass } from './objects.ts';
import type { QuarantinedValue } from './quarantine.ts';
import type { RuleContext, RuleSettings } from './settings.ts';
import type { ProvisionObject, ProvisionResult } from './sync-protocol.ts';
import type { Trace, TraceStep } from './trace.ts';

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
export interface Scene {
  readonly operation: ProvisionObject;
  readonly class: ObjectClass;
  readonly index: DirectoryIndex;
  readonly settings: RuleSettings;
  readonly context: RuleContext;
  readonly trace: Trace;
}

/** Nothing changed, nothing set aside. */
export const base = (scene: Scene) =>
  ({ class: scene.class, changes: noChanges, quarantined: [], trace: scene.trace }) as const;

/** The answer of a success. */
export function answer(
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

export function succeeded(
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

/** The answer of a refusal; every one has its own tracking id. */
export function refused(scene: Scene, error: RuleError, target?: CloudObject): ProvisionOutcome {
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
