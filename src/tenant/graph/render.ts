import { isoSeconds } from '../clock.ts';
import type { StoredObject } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import { schemas } from './schema.ts';

/** The properties of an object by their Graph names; absent values are null, or an empty list for collections. */
export function renderObject(object: StoredObject, names: readonly string[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const name of names) out[name] = propertyValue(object, name);
  return out;
}

/** One property's value as Graph shows it. */
export function propertyValue(object: StoredObject, name: string): unknown {
  const computed = computedProperties[name];
  if (computed) return computed(object);
  const value = object.body[name];
  if (value !== undefined) return value;
  const type = schemas[object.kind].get(name)?.type;
  return type === 'texts' || type === 'complexes' ? [] : null;
}

const computedProperties: Readonly<Record<string, (object: StoredObject) => unknown>> = Object.assign(
  Object.create(null),
  {
    id: (o: StoredObject) => o.id,
    onPremisesSyncEnabled: (o: StoredObject) => o.sync ?? null,
    onPremisesImmutableId: (o: StoredObject) => o.anchor ?? null,
    deletedDateTime: (o: StoredObject) => (o.deletedAt === undefined ? null : isoSeconds(o.deletedAt)),
    securityIdentifier: (o: StoredObject) => cloudSid(o.id),
    userPrincipalName: (o: StoredObject) => shownUserPrincipalName(o),
    onPremisesExtensionAttributes: (o: StoredObject) => ({
      ...emptyExtensions,
      ...(o.body.onPremisesExtensionAttributes as object | undefined),
    }),
    passwordProfile: (o: StoredObject) => {
      const credential = o.internal.credential as { forceChange?: boolean } | undefined;
      if (!credential) return null;
      return {
        password: null,
        forceChangePasswordNextSignIn: credential.forceChange === true,
        forceChangePasswordNextSignInWithMfa: false,
      };
    },
    onPremisesObjectIdentifier: (o: StoredObject) => o.internal.objectIdentifier ?? null,
    // Assigned directly, and never in error: the tenant's subscriptions do not run out or exclude each other.
    licenseAssignmentStates: (o: StoredObject) =>
      ((o.body.assignedLicenses ?? []) as readonly { skuId: string; disabledPlans?: unknown }[]).map((licence) => ({
        assignedByGroup: null,
        disabledPlans: licence.disabledPlans ?? [],
        error: 'None',
        skuId: licence.skuId,
        state: 'Active',
      })),
  },
);

const emptyExtensions = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`extensionAttribute${i + 1}`, null]));

/** In the recycle bin the name is free: it is shown behind the id without dashes [M] (entra-directory s.5.5). */
function shownUserPrincipalName(object: StoredObject): unknown {
  const name = object.body.userPrincipalName ?? null;
  if (object.deletedAt === undefined || typeof name !== 'string') return name;
  return `${object.id.replaceAll('-', '')}${name}`;
}

/** `S-1-12-1-…`: the id's 16 bytes as four little-endian numbers. */
export function cloudSid(id: string): string {
  const hex = id.replaceAll('-', '');
  const bytes = Buffer.from(hex, 'hex');
  const [a, b, c] = [bytes.readUInt32BE(0), bytes.readUInt16BE(4), bytes.readUInt16BE(6)];
  const second = ((c << 16) | b) >>> 0;
  return `S-1-12-1-${a}-${second}-${bytes.readUInt32LE(8)}-${bytes.readUInt32LE(12)}`;
}

export const odataType = (kind: Kind): string => `#microsoft.graph.${kind === 'contact' ? 'orgContact' : kind}`;
