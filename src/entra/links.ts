/** What the cloud refuses of links (entra-directory s.4.2 and 4.3). Who the anchors stand for is the caller's business. */
import { type RuleError, ruleError } from './errors.ts';
import { type CloudObject, classOf, cloudAnchorOf, type DirectoryIndex } from './objects.ts';
import { propertyRule } from './properties.ts';
import type { RuleSettings } from './settings.ts';
import type { LinkChange, ProvisionObject } from './sync-protocol.ts';
import { invalid } from './validation.ts';

/** The first thing wrong with the links of an operation; undefined if nothing is. */
export function refuseLinks(
  operation: ProvisionObject,
  target: CloudObject | undefined,
  index: DirectoryIndex,
  settings: RuleSettings,
): RuleError | undefined {
  for (const [name, changes] of Object.entries(operation.links ?? {})) {
    const rule = propertyRule(name);
    if (rule === undefined || rule.type !== 'reference' || !rule.classes.has(classOf(operation.objectType))) {
      if (settings.unknownProperty === 'refuse')
        return invalid(name, `A ${classOf(operation.objectType)} has no links of this name.`);
      continue;
    }
    const error =
      refuseSelf(rule.name, operation, target, changes) ?? refuseCount(rule.name, target, changes, index, settings);
    if (error !== undefined) return error;
  }
  return undefined;
}

/** Nobody is their own manager (s.4.2 [M]). */
function refuseSelf(
  name: string,
  operation: ProvisionObject,
  target: CloudObject | undefined,
  changes: readonly LinkChange[],
): RuleError | undefined {
  if (name !== 'manager') return undefined;
  const own = target === undefined ? operation.cloudAnchor : cloudAnchorOf(target);
  const self = changes.some(
    (c) => c.operation === 'add' && c.anchor === (c.anchorType === 'sourceAnchor' ? operation.sourceAnchor : own),
  );
  return self ? invalid(name, 'An object cannot be its own manager.') : undefined;
}

/** By how many links these changes make a list longer. */
export const linkGrowth = (changes: readonly LinkChange[]): number =>
  changes.reduce((sum, c) => sum + (c.operation === 'add' ? 1 : -1), 0);

function refuseCount(
  name: string,
  target: CloudObject | undefined,
  changes: readonly LinkChange[],
  index: DirectoryIndex,
  settings: RuleSettings,
): RuleError | undefined {
  const limit =
    name === 'member' ? settings.limits.groupMembers : name === 'managedBy' ? settings.limits.groupOwners : undefined;
  if (limit === undefined) return undefined;
  const growth = linkGrowth(changes);
  if (growth <= 0) return undefined;
  const count = growth + (target === undefined ? 0 : index.linkCount(target.id, name));
  return count > limit ? ruleError('ExceededAllowedLength', { attribute: name, limit, actual: count }) : undefined;
}
