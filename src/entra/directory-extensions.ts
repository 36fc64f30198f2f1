/** How many directory extensions synchronization may fill in a whole tenant (entra-directory s.4.3). */
import { type RuleError, ruleError } from './errors.ts';
import type { DirectoryIndex } from './objects.ts';
import { isDirectoryExtension } from './properties.ts';
import type { RuleSettings } from './settings.ts';

const none: ReadonlySet<string> = new Set();

/** The directory extensions that these values fill and that the tenant does not have yet; names in lower case. */
export function newExtensions(values: Readonly<Record<string, unknown>>, index: DirectoryIndex): string[] {
  const named = Object.keys(values).filter((name) => isDirectoryExtension(name) && values[name] !== null);
  if (named.length === 0) return [];
  const known = index.extensionAttributes?.() ?? none;
  return named.map((name) => name.toLowerCase()).filter((name) => !known.has(name));
}

/** The error of values that would fill one extension more than a tenant takes; undefined if all of them fit. */
export function refuseExtensions(
  values: Readonly<Record<string, unknown>>,
  index: DirectoryIndex,
  settings: RuleSettings,
): RuleError | undefined {
  const added = newExtensions(values, index);
  if (added.length === 0) return undefined;
  const limit = settings.limits.syncedExtensions;
  const known = index.extensionAttributes?.().size ?? 0;
  if (known + added.length <= limit) return undefined;
  return ruleError('ExceededAllowedLength', {
    attribute: added[Math.max(0, limit - known)],
    limit,
    actual: known + added.length,
    reason: `Synchronization fills at most ${limit} directory extensions in a whole tenant; take another one out of the rules first.`,
  });
}
