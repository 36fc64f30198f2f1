/** What people call an object. */
import type { Description } from '../../api/types.ts';

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export function nameOf(d: Description): string {
  const mv = d.mv?.attributes;
  const cs = d.objects[0];
  return (
    textOf(mv?.displayName?.value) ??
    textOf(cs?.attributes.displayName) ??
    textOf(mv?.userPrincipalName?.value) ??
    textOf(mv?.accountName?.value) ??
    textOf(cs?.attributes.cn) ??
    cs?.dn ??
    d.reference
  );
}
