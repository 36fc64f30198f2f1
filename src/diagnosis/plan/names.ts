/** What people call a target object: DNs in the cloud are bytes of an anchor. */
import type { Engine } from '../../sync/context.ts';

/** Sign-in name, address or display name of the identity behind it, or else of the object itself; empty if it has none. */
export function nameOf(engine: Engine, cs: number): string {
  const { store } = engine;
  const link = store.mv.link(cs);
  const text = (link && store.mv.get(link.mv)?.attributes) ?? store.cs.get(cs)?.attributes ?? '{}';
  const { userPrincipalName, mail, displayName, cn } = JSON.parse(text) as Record<string, unknown>;
  return String(userPrincipalName ?? mail ?? displayName ?? cn ?? '');
}
