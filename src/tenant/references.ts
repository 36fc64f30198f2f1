import type { TenantContext } from './context.ts';
import type { StoredObject } from './store/objects.ts';
import { addressProperty, type Kind, propertyNumber } from './store/properties.ts';

/**
 * The object that a seed names by id, sign-in name, mail address, or a display name that only one has. Throws an Error
 * that names `label`, whoever refers to it.
 */
export function resolveReference(context: TenantContext, text: string, label: string): StoredObject {
  const { objects } = context;
  const kinds: readonly Kind[] = ['user', 'group', 'contact', 'device'];
  const found =
    objects.byId(text) ??
    objects.byValue(propertyNumber('user', 'userPrincipalName') as number, text, 1)[0] ??
    objects.byValue(addressProperty, `smtp:${text}`, 1)[0];
  if (found) return found;
  const named = kinds.flatMap((kind) => objects.byValue(propertyNumber(kind, 'displayName') as number, text, 2));
  if (named.length === 1) return named[0] as StoredObject;
  const reason = named.length === 0 ? 'which does not exist' : 'which names more than one object';
  throw new Error(`The ${label} refers to '${text}', ${reason}.`);
}
