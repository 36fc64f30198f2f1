/**
 * Which objects of a partition belong to the connector space: container inclusion and exclusion by longest match, and
 * object types (sync-engine s.1.4, 5.2). Attribute filters are sync rules and no business of this file.
 */
import { dnKey } from '../model/dn.ts';

export interface ScopeSettings {
  readonly base: string;
  /** DNs of containers; empty: everything below the base. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}
export interface ContainerScope {
  includes(key: string): boolean;
  /** The inclusion or exclusion that decides for this DN key, for explanations. */
  decidedBy(key: string): { readonly kind: 'include' | 'exclude' | 'outside'; readonly dn: string };
  /** Changes when the selection changes: then the next import must be full. */
  readonly fingerprint: string;
}

/** Containers that hold the hierarchy together are always staged, so that a move of one can be followed. */
export const structuralTypes: ReadonlySet<string> = new Set([
  'organizationalUnit',
  'container',
  'builtinDomain',
  'domainDNS',
  'domain',
  'organization',
]);

export function containerScope(settings: ScopeSettings): ContainerScope {
  const include = settings.include.length > 0 ? settings.include : [settings.base];
  const entries = [
    ...include.map((dn) => ({ kind: 'include' as const, dn, key: dnKey(dn) })),
    ...settings.exclude.map((dn) => ({ kind: 'exclude' as const, dn, key: dnKey(dn) })),
  ].sort((a, b) => b.key.length - a.key.length || (a.kind === 'exclude' ? -1 : 1));
  const decide = (key: string) => entries.find((e) => key.startsWith(e.key));
  const single = entries.length === 1 ? entries[0] : undefined;
  return {
    includes: single ? (key) => key.startsWith(single.key) : (key) => decide(key)?.kind === 'include',
    decidedBy(key) {
      const entry = decide(key);
      return entry ? { kind: entry.kind, dn: entry.dn } : { kind: 'outside', dn: settings.base };
    },
    fingerprint: JSON.stringify(entries.map((e) => [e.kind, e.key]).sort()),
  };
}
