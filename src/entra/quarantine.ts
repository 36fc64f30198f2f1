/** Duplicate attribute resiliency: values that are set aside, and when that does not happen (entra-directory s.2.3). */
import { type RuleError, ruleError } from './errors.ts';
import { addressKey, isPrimarySmtp, primarySmtp, smtpKey, splitAddress } from './keys.ts';
import {
  addressesOf,
  type CloudObject,
  type DirectoryIndex,
  type ObjectClass,
  type ProvisioningError,
} from './objects.ts';
import type { RuleContext, RuleSettings } from './settings.ts';
import { type Conflict, canBeSetAside, isAddressFree } from './uniqueness.ts';

/** How an object comes to have its values: that decides between error and quarantine. */
export type WriteKind = 'create' | 'takeover' | 'update';

export interface ConflictScene {
  readonly write: WriteKind;
  readonly class: ObjectClass;
  readonly sourceAnchor: string;
  /** Id of the object that is written; undefined while it has none. */
  readonly self: string | undefined;
  /** A user whom the object would have matched, had it no administrator role (s.1.2, step 3.3 c). */
  readonly administrator?: CloudObject | undefined;
}

/** The error of these conflicts; undefined if all of them can be set aside. The first in order decides. */
export function refuseConflicts(
  conflicts: readonly Conflict[],
  scene: ConflictScene,
  index: DirectoryIndex,
  settings: RuleSettings,
): RuleError | undefined {
  const hard = conflicts.find((c) => !canBeSetAside(c));
  if (hard !== undefined) return duplicateError(hard, scene);
  const soft = conflicts.filter(canBeSetAside);
  if (soft.length === 0) return undefined;
  if (!settings.resiliency) return withoutResiliency(soft[0] as Conflict, scene);
  const exception =
    soft.find((c) => isSamePrimary(c, scene, settings)) ??
    soft.find((c) => areTwoNewGroups(c, scene, index)) ??
    nameAndAddressOfOneGroup(soft, scene);
  return exception && duplicateError(exception, scene);
}

/** A tenant of old: the soft match fails on add, the value on update (s.1.3, last row). */
function withoutResiliency(conflict: Conflict, scene: ConflictScene): RuleError {
  if (scene.administrator?.id === conflict.holder.id)
    return duplicateError(conflict, scene, 'ExistingAdminRoleConflict');
  const anchored = conflict.holder.immutableId !== undefined;
  const code = scene.write === 'create' && anchored ? 'InvalidSoftMatch' : 'AttributeValueMustBeUnique';
  return duplicateError(conflict, scene, code);
}

/** The primary address of a new user is the primary address of a synced user with another anchor (s.1.3). */
function isSamePrimary(conflict: Conflict, scene: ConflictScene, settings: RuleSettings): boolean {
  const { holder, value } = conflict;
  const primary = primarySmtp(addressesOf(holder));
  return (
    settings.samePrimaryOnAdd === 'refuse' &&
    scene.write === 'create' &&
    scene.class === 'user' &&
    holder.class === 'user' &&
    holder.immutableId !== undefined &&
    holder.immutableId !== scene.sourceAnchor &&
    isPrimarySmtp(value) &&
    primary !== undefined &&
    smtpKey(primary) === addressKey(value)
  );
}

/** Exception 2: the second of two groups that come new together fails once, and is set aside when it comes again. */
const areTwoNewGroups = (conflict: Conflict, scene: ConflictScene, index: DirectoryIndex): boolean =>
  scene.write === 'create' &&
  scene.class === 'group' &&
  conflict.holder.class === 'group' &&
  index.isNewInBatch?.(conflict.holder.id) === true;

/** Exception 1: sign-in name and address of a new user both collide with the primary address of one group. */
function nameAndAddressOfOneGroup(conflicts: readonly Conflict[], scene: ConflictScene): Conflict | undefined {
  if (scene.write !== 'create' || scene.class !== 'user') return undefined;
  const name = conflicts.find((c) => c.attribute === 'UserPrincipalName' && c.holder.class === 'group');
  if (name === undefined) return undefined;
  const primary = primarySmtp(addressesOf(name.holder));
  if (primary === undefined || smtpKey(primary) !== smtpKey(name.value)) return undefined;
  return conflicts.find(
    (c) =>
      c.attribute === 'ProxyAddresses' && c.holder.id === name.holder.id && addressKey(c.value) === smtpKey(primary),
  );
}

export function duplicateError(
  conflict: Conflict,
  scene: Pick<ConflictScene, 'self' | 'sourceAnchor'>,
  code: 'AttributeValueMustBeUnique' | 'InvalidSoftMatch' | 'ExistingAdminRoleConflict' = 'AttributeValueMustBeUnique',
): RuleError {
  return ruleError(code, {
    objectId: scene.self ?? scene.sourceAnchor,
    conflictingObjectId: conflict.holder.id,
    conflictingClass: conflict.holder.class,
    attribute: conflict.attribute,
    values: [conflict.value],
  });
}

/** Attempts until a name with random digits is free; with four digits the first one nearly always is. */
const attempts = 50;

/**
 * A name in the initial domain that nobody has: `<prefix><4 digits>@<initial domain>` (s.2.3); with `bareFirst` the one
 * without digits if it is free (routing addresses, s.2.4). Undefined if all attempts failed.
 */
export function nameInInitialDomain(
  prefix: string,
  bareFirst: boolean,
  self: string | undefined,
  index: DirectoryIndex,
  settings: RuleSettings,
  context: RuleContext,
): string | undefined {
  const bare = `${prefix}@${settings.initialDomain}`;
  if (bareFirst && isAddressFree(bare, self, index)) return bare;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const name = `${prefix.slice(0, 60)}${context.digits(4)}@${settings.initialDomain}`;
    if (isAddressFree(name, self, index)) return name;
  }
  return undefined;
}

/** The placeholder for a sign-in name that somebody else has. */
export const placeholderUpn = (
  upn: string,
  self: string | undefined,
  index: DirectoryIndex,
  settings: RuleSettings,
  context: RuleContext,
): string | undefined => nameInInitialDomain(splitAddress(upn)?.local ?? upn, false, self, index, settings, context);

/** A value that was set aside, and whose it is. */
export interface QuarantinedValue {
  readonly property: 'UserPrincipalName' | 'ProxyAddresses';
  readonly value: string;
  readonly heldBy: string;
}

/** The records of what is set aside now; a record that was there before keeps its date. */
export function provisioningErrors(
  quarantined: readonly Pick<QuarantinedValue, 'property' | 'value'>[],
  before: readonly ProvisioningError[],
  now: string,
): readonly ProvisioningError[] {
  return quarantined.map(
    ({ property, value }) =>
      before.find((e) => e.propertyCausingError === property && e.value.toLowerCase() === value.toLowerCase()) ?? {
        category: 'PropertyConflict',
        occurredDateTime: now,
        propertyCausingError: property,
        value,
      },
  );
}
