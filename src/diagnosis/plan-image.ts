/** What is known of the tenant: its objects, found by key, and the rules by which it decides. */
import type { CloudObject, DirectoryIndex } from '../entra/objects.ts';
import type { RuleContext, RuleSettings } from '../entra/settings.ts';

export interface TenantImage {
  /** `connector-space`: only what was synchronized, as last imported. `tenant`: everything, read now. */
  readonly source: 'connector-space' | 'tenant';
  /** ISO instant. */
  readonly readAt: string;
  readonly settings: RuleSettings;
  readonly index: DirectoryIndex;
  /** What the image cannot know, as sentences. */
  readonly limits: readonly string[];
}

/** The index without one object: what the others have. */
export function withoutObject(index: DirectoryIndex, id: string): DirectoryIndex {
  const others = (objects: readonly CloudObject[]) => objects.filter((o) => o.id !== id);
  return {
    byId: (asked) => (asked === id ? undefined : index.byId(asked)),
    bySourceAnchor: (key) => others(index.bySourceAnchor(key)),
    byUserPrincipalName: (key) => others(index.byUserPrincipalName(key)),
    byAddress: (key) => others(index.byAddress(key)),
    bySid: (key) => others(index.bySid(key)),
    byDeviceId: (key) => others(index.byDeviceId(key)),
    adminRoles: (asked) => index.adminRoles(asked),
    linkCount: (asked, property) => index.linkCount(asked, property),
    objectCount: () => Math.max(0, (index.objectCount?.() ?? 0) - 1),
  };
}

/** Time and identities for decisions that are only predicted: the same question has the same answer. */
export function predictedContext(now: number): RuleContext {
  let made = 0;
  return {
    now: new Date(now).toISOString(),
    newId: () => `00000000-0000-4000-8000-${(++made).toString(16).padStart(12, '0')}`,
    digits: (count) => String(++made % 10 ** Math.min(count, 9)).padStart(count, '0'),
  };
}
