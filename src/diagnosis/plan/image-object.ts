/**
 * The part of a tenant that one object is concerned with, as it is now: the object itself and whoever has one of its names or
 * addresses. A few requests instead of a whole tenant, for questions about one object. Only reads. Needs Directory.Read.All.
 */
import { freshFeatures } from '../../entra/features.ts';
import { addressKey, isSmtp } from '../../entra/keys.ts';
import { memoryIndex } from '../../entra/memory-index.ts';
import { type CloudObject, cloudAnchorOf, type ObjectClass } from '../../entra/objects.ts';
import type { ReadBackObject } from '../../entra/sync-protocol.ts';
import { type Attributes, valuesOf } from '../../model/value.ts';
import type { LiveTenant } from '../connectivity/live.ts';
import { settingsOf, type TenantImage } from './image.ts';
import { cloudObject, selected } from './image-tenant.ts';

/** The object that is asked about. */
export interface ConcernedObject {
  readonly class: ObjectClass;
  /** In the cloud; undefined if it never arrived. */
  readonly id?: string;
  readonly sourceAnchor?: string;
  /** What was sent, or is to be sent, by sync-plane names. */
  readonly values: Attributes;
  /** Another Graph property to read of it. */
  readonly property?: string;
}

const paths: Readonly<Record<ObjectClass, string>> = {
  user: '/beta/users',
  group: '/v1.0/groups',
  contact: '/v1.0/contacts',
  device: '/v1.0/devices',
};
/** Addresses in one filter: Graph takes fifteen conditions, and each address has two spellings. */
const addressesAsked = 7;

type Entity = Readonly<Record<string, unknown>>;

/** Undefined if the tenant does not let itself be asked. */
export async function readObjectImage(
  tenant: LiveTenant,
  asked: ConcernedObject,
  now: number,
): Promise<TenantImage | undefined> {
  const own = asked.id === undefined ? undefined : await readOwn(tenant, asked, asked.id);
  if (own === 'unreadable') return undefined;
  const others = await Promise.all(queriesOf(asked).map(([of, filter]) => list(tenant, of, filter)));
  const objects = new Map<string, CloudObject>();
  for (const [objectClass, entities] of others)
    for (const e of entities) objects.set(String(e.id), cloudObject(objectClass, e, false, new Map(), new Set()));
  if (own && asked.id !== undefined)
    objects.set(asked.id, cloudObject(asked.class, own.entity, own.deleted, sentOf(asked), new Set()));
  return {
    source: 'tenant',
    readAt: new Date(now).toISOString(),
    settings: settingsOf(
      { ...tenant.company, displayName: '', dirSyncEnabled: true, deletionThreshold: 0, features: featuresOf(tenant) },
      tenant.company.initialDomain,
    ),
    index: memoryIndex(objects.values()),
    limits: [],
  };
}

const featuresOf = ({ company }: LiveTenant): Record<string, boolean> => {
  const known = Object.entries(company.features).filter((e): e is [string, boolean] => e[1] !== undefined);
  return { ...freshFeatures, ...Object.fromEntries(known) };
};

/** The object itself, wherever it is. */
async function readOwn(
  tenant: LiveTenant,
  asked: ConcernedObject,
  id: string,
): Promise<{ readonly entity: Entity; readonly deleted: boolean } | undefined | 'unreadable'> {
  const names = new Set([...selected[asked.class], ...(asked.property === undefined ? [] : [asked.property])]);
  const path = `${paths[asked.class]}/${encodeURIComponent(id)}?$select=${[...names].join(',')}`;
  const { status, body } = await tenant.graph({ method: 'GET', path });
  if (status === 200) return { entity: body as Entity, deleted: false };
  if (status !== 404) return 'unreadable';
  const bin = {
    method: 'GET',
    path: `/v1.0/directory/deletedItems/${encodeURIComponent(id)}`,
    optional: true,
  } as const;
  const found = await tenant.graph(bin);
  return found.status === 200 ? { entity: found.body as Entity, deleted: true } : undefined;
}

/** What was sent of the object itself, so that its own values are compared with what the directory says. */
function sentOf({
  class: objectClass,
  id,
  sourceAnchor,
  values,
}: ConcernedObject): ReadonlyMap<string, ReadBackObject> {
  const cloudAnchor = cloudAnchorOf({ class: objectClass, id: id ?? '' });
  const type = { user: 'User', group: 'Group', contact: 'Contact', device: 'Device' } as const;
  const object = { cloudAnchor, objectType: type[objectClass], sourceAnchor, properties: values, links: {} };
  return new Map([[cloudAnchor, object as ReadBackObject]]);
}

/** Who else has one of its names. */
function queriesOf({ values }: ConcernedObject): (readonly [ObjectClass, string])[] {
  const text = (name: string) => (typeof values[name] === 'string' ? [values[name]] : []);
  const smtp = valuesOf(values.proxyAddresses ?? []).filter((v): v is string => typeof v === 'string' && isSmtp(v));
  const names = new Set([...text('userPrincipalName'), ...text('mail')].map((n) => n.toLowerCase()));
  const addresses = [...new Set([...smtp.map(addressKey), ...names].map((a) => a.replace(/^smtp:/, '')))];
  const conditions = addresses.slice(0, addressesAsked).flatMap((a) => {
    const quoted = a.replaceAll("'", "''");
    return [`proxyAddresses/any(p:p eq 'smtp:${quoted}')`, `proxyAddresses/any(p:p eq 'SMTP:${quoted}')`];
  });
  const upns = [...names].map((n) => `userPrincipalName eq '${n.replaceAll("'", "''")}'`);
  const byAddress = conditions.join(' or ');
  return [
    ...(upns.length === 0 ? [] : ([['user', upns.join(' or ')]] as const)),
    ...(byAddress === '' ? [] : (['user', 'group', 'contact'] as const).map((of) => [of, byAddress] as const)),
  ];
}

async function list(
  tenant: LiveTenant,
  objectClass: ObjectClass,
  filter: string,
): Promise<readonly [ObjectClass, readonly Entity[]]> {
  const query = `$filter=${encodeURIComponent(filter)}&$select=${selected[objectClass].join(',')}&$top=20`;
  const { status, body } = await tenant.graph({
    method: 'GET',
    path: `${paths[objectClass]}?${query}`,
    optional: true,
  });
  const value = status === 200 ? (body as { value?: unknown }).value : undefined;
  return [objectClass, Array.isArray(value) ? (value as Entity[]) : []];
}
