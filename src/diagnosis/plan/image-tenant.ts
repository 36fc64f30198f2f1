/**
 * The whole tenant as it is now: what synchronization sent, from the sync plane, and what the cloud made of it and has
 * besides, from Microsoft Graph. Only reads. Needs Directory.Read.All; without it the sync plane alone.
 */
import type { EntraGraphSession } from '../../connectors/entra/graph.ts';
import type { EntraSyncSession } from '../../connectors/entra/sync.ts';
import type { Answer } from '../../connectors/entra/sync-client.ts';
import { memoryIndex } from '../../entra/memory-index.ts';
import { type CloudObject, cloudAnchorOf, type Licence, type ObjectClass } from '../../entra/objects.ts';
import { isDirectoryExtension } from '../../entra/properties.ts';
import type { RuleSettings } from '../../entra/settings.ts';
import {
  type ReadBackObject,
  type ReadBackRequest,
  type ReadBackResponse,
  syncPaths,
} from '../../entra/sync-protocol.ts';
import type { Attributes } from '../../model/value.ts';
import { settingsOf, type TenantImage } from './image.ts';

/** A session of either dialect. Through Graph alone nobody tells what was sent, only what the cloud made of it. */
export type TenantSource =
  | Pick<EntraGraphSession, 'company' | 'graph' | 'administrators' | 'readsDevices' | 'extensions'>
  | (Pick<EntraSyncSession, 'company' | 'graph' | 'client'> & Partial<Pick<EntraSyncSession, 'capabilities'>>);

/** Why the tenant could not be read. */
export class TenantReadError extends Error {
  readonly code: 'tenant-not-readable' | 'tenant-not-reachable';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'TenantReadError';
    this.status = status;
    this.code = status === 401 || status === 403 ? 'tenant-not-readable' : 'tenant-not-reachable';
  }
}

const common = ['id', 'displayName', 'mail', 'mailNickname', 'proxyAddresses', 'onPremisesSyncEnabled'];
/** What is asked of objects of each class. */
export const selected: Readonly<Record<ObjectClass, readonly string[]>> = {
  user: [
    ...common,
    'userPrincipalName',
    'onPremisesImmutableId',
    'onPremisesObjectIdentifier',
    'onPremisesSecurityIdentifier',
    'onPremisesProvisioningErrors',
    'assignedLicenses',
  ],
  group: [
    ...common,
    'onPremisesSecurityIdentifier',
    'onPremisesProvisioningErrors',
    'groupTypes',
    'isAssignableToRole',
  ],
  contact: [...common, 'onPremisesProvisioningErrors'],
  device: ['id', 'displayName', 'deviceId', 'onPremisesSyncEnabled', 'onPremisesSecurityIdentifier'],
};
/** The connector of the dialect `graph` knows groups by their unique name, and writes to some kinds of them only. */
const alsoOfGroups = ['uniqueName', 'mailEnabled', 'securityEnabled'];
/** Users in /beta, because /v1.0 does not show onPremisesObjectIdentifier (entra-directory s.1.6). */
const paths: readonly (readonly [ObjectClass, string])[] = [
  ['user', '/beta/users'],
  ['group', '/v1.0/groups'],
  ['contact', '/v1.0/contacts'],
  ['device', '/v1.0/devices'],
];
const bins: readonly (readonly [ObjectClass, string])[] = [
  ['user', '/beta/directory/deletedItems/microsoft.graph.user'],
  ['group', '/v1.0/directory/deletedItems/microsoft.graph.group'],
];
const pageSize = 999;

type Entity = Readonly<Record<string, unknown>>;

/** Reads the tenant whole. Throws a TenantReadError if it may not or cannot be read. */
export async function readTenantImage(
  source: TenantSource,
  now: number,
  signal: AbortSignal,
  progress: (done: number) => void = () => {},
): Promise<TenantImage> {
  const sent = 'client' in source ? await readSent(source.client, signal) : new Map<string, ReadBackObject>();
  const mailboxes = await mailboxSkus(source, signal);
  const objects: CloudObject[] = [];
  const administrators = 'administrators' in source ? await source.administrators(signal) : undefined;
  const namesOf = (objectClass: ObjectClass) =>
    administrators && objectClass === 'group' ? [...selected.group, ...alsoOfGroups] : selected[objectClass];
  for (const [deleted, list] of [
    [false, paths],
    [true, bins],
  ] as const) {
    for (const [objectClass, path] of list) {
      // A connector that does not import devices needs no permission to read them, and writes nothing to them.
      if (objectClass === 'device' && 'readsDevices' in source && !source.readsDevices) continue;
      const first = `${path}?$select=${namesOf(objectClass).join(',')}&$top=${pageSize}`;
      await eachPage(source, first, signal, (entities) => {
        for (const e of entities) objects.push(cloudObject(objectClass, e, deleted, sent, mailboxes));
        progress(objects.length);
      });
    }
  }
  const quota = await sizeQuota(source, signal);
  const index = memoryIndex(objects, {
    adminRoles: administrators ? Object.fromEntries(administrators) : await privilegedRoles(source, signal),
    linkCounts: linkCounts(sent),
    extensionAttributes: new Set([
      ...filledExtensions(sent),
      ...('client' in source ? await syncedExtensions(source, signal) : []),
    ]),
  });
  const settings = rulesOf(source.company);
  // A tenant that tells its own limits knows better than the number that Graph shows.
  const told = 'settings' in source.company ? undefined : source.company.rules?.limits?.directoryObjects;
  const directoryObjects = told ?? quota?.total ?? settings.limits.directoryObjects;
  return {
    source: 'tenant',
    readAt: new Date(now).toISOString(),
    settings: { ...settings, limits: { ...settings.limits, directoryObjects } },
    index: quota ? { ...index, objectCount: () => quota.used } : index,
    ...('capabilities' in source && source.capabilities ? { capabilities: source.capabilities } : {}),
    ...(administrators ? { administrators } : {}),
    ...('extensions' in source ? { extensions: source.extensions } : {}),
    limits: [],
  };
}

const rulesOf = (company: TenantSource['company']): RuleSettings =>
  'settings' in company ? company.settings : settingsOf(company, company.initialDomain);

/** How many objects the tenant may hold and how many count; undefined if it does not say. Only /beta shows it. */
async function sizeQuota(
  source: TenantSource,
  signal: AbortSignal,
): Promise<{ readonly used: number; readonly total: number } | undefined> {
  signal.throwIfAborted();
  const { status, body } = await source.graph(
    'GET',
    '/beta/organization?$select=directorySizeQuota',
    undefined,
    signal,
  );
  const value = status === 200 ? (body as { value?: unknown } | null)?.value : undefined;
  const first = (Array.isArray(value) ? value[0] : undefined) as { directorySizeQuota?: unknown } | undefined;
  const { used, total } = (first?.directorySizeQuota ?? {}) as { used?: unknown; total?: unknown };
  return typeof used === 'number' && typeof total === 'number' ? { used, total } : undefined;
}

/** The extensions that synchronization has filled at some time: one counts as long as the tenant knows it, values or not. */
async function syncedExtensions(source: TenantSource, signal: AbortSignal): Promise<string[]> {
  const path = '/v1.0/directoryObjects/getAvailableExtensionProperties';
  const { status, body } = await source.graph('POST', path, { isSyncedFromOnPremises: true }, signal);
  const value = status === 200 ? (body as { value?: unknown } | null)?.value : undefined;
  return (Array.isArray(value) ? value : []).flatMap(({ name }: { name?: unknown }) =>
    typeof name === 'string' ? [name.toLowerCase()] : [],
  );
}

const filledExtensions = (sent: ReadonlyMap<string, ReadBackObject>): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const object of sent.values())
    for (const name of Object.keys(object.properties)) if (isDirectoryExtension(name)) names.add(name.toLowerCase());
  return names;
};

async function eachPage(
  source: TenantSource,
  first: string,
  signal: AbortSignal,
  take: (entities: readonly Entity[]) => void,
): Promise<void> {
  for (let path: string | undefined = first; path !== undefined; ) {
    const body = await get(source, path, signal);
    take((body.value ?? []) as readonly Entity[]);
    const next = body['@odata.nextLink'];
    path = typeof next === 'string' ? pathOf(next) : undefined;
  }
}

/** Path and query of a link, so that no link can lead to another server. */
const pathOf = (link: string): string => {
  const { pathname, search } = new URL(link);
  return `${pathname}${search}`;
};

async function get(source: TenantSource, path: string, signal: AbortSignal): Promise<Entity> {
  signal.throwIfAborted();
  const { status, body } = await source.graph('GET', path, undefined, signal);
  if (status === 200 && typeof body === 'object' && body !== null) return body as Entity;
  const told = (body as { error?: { message?: string } } | null)?.error?.message ?? `status ${status}`;
  throw new TenantReadError(status, `The tenant did not let ${path.split('?')[0]} be read: ${told}`);
}

/** What synchronization sent, by cloud anchor. */
async function readSent(
  client: EntraSyncSession['client'],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadBackObject>> {
  const sent = new Map<string, ReadBackObject>();
  for (let request: ReadBackRequest | undefined = {}; request; ) {
    const answer: Answer<ReadBackResponse> = await client.call('POST', syncPaths.readBack, request, signal);
    if (answer.kind !== 'ok') {
      const status = answer.kind === 'refused' ? answer.status : 0;
      throw new TenantReadError(
        status,
        `The sync plane did not answer: ${answer.kind === 'refused' ? answer.message : answer.detail}`,
      );
    }
    for (const object of answer.value.objects)
      sent.set(object.cloudAnchor, joined(sent.get(object.cloudAnchor), object));
    request = answer.value.more ? { cookie: answer.value.cookie } : undefined;
  }
  return sent;
}

/** An object with many links comes in several pieces. */
function joined(before: ReadBackObject | undefined, piece: ReadBackObject): ReadBackObject {
  if (!before) return piece;
  const links = { ...before.links };
  for (const [name, more] of Object.entries(piece.links)) {
    const had = links[name];
    const all = 'all' in more ? more.all : more.added;
    links[name] = { all: [...(had && 'all' in had ? had.all : []), ...all] };
  }
  return { ...before, links };
}

const idOf = (anchor: string): string => anchor.slice(anchor.indexOf('_') + 1);

function linkCounts(sent: ReadonlyMap<string, ReadBackObject>): Record<string, number> {
  const counts: [string, number][] = [];
  for (const object of sent.values())
    for (const [name, links] of Object.entries(object.links))
      if ('all' in links) counts.push([`${idOf(object.cloudAnchor)}/${name}`, links.all.length]);
  return Object.fromEntries(counts);
}

/** An entity of Graph as the rules of the cloud know it. */
export function cloudObject(
  objectClass: ObjectClass,
  entity: Entity,
  deleted: boolean,
  sent: ReadonlyMap<string, ReadBackObject>,
  mailboxes: ReadonlySet<string>,
): CloudObject {
  const id = String(entity.id);
  const held = sent.get(cloudAnchorOf({ class: objectClass, id }));
  const { cloudMastered, cloudAnchor: _, sourceAnchor: __, ...shadow } = (held?.properties ?? {}) as Attributes;
  const sync = typeof entity.onPremisesSyncEnabled === 'boolean' ? entity.onPremisesSyncEnabled : null;
  const immutableId = text(entity.onPremisesImmutableId) ?? held?.sourceAnchor ?? text(entity.uniqueName);
  const objectIdentifier = text(entity.onPremisesObjectIdentifier);
  const licences = (entity.assignedLicenses ?? []) as readonly { skuId?: string }[];
  return {
    id,
    class: objectClass,
    onPremisesSyncEnabled: sync,
    ...(immutableId === undefined ? {} : { immutableId }),
    ...(objectIdentifier === undefined ? {} : { objectIdentifier: objectIdentifier.toLowerCase() }),
    deleted,
    ...(sync === true && cloudMastered === true ? { cloudManaged: true } : {}),
    graph: deleted ? withOwnName(entity, id) : entity,
    shadow,
    licence: licenceOf(licences, mailboxes),
    subscriptions: licences.length,
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** In the recycle bin the sign-in name is shown behind the id without dashes (entra-directory s.5.5). */
function withOwnName(entity: Entity, id: string): Entity {
  const prefix = id.replaceAll('-', '');
  const name = text(entity.userPrincipalName);
  return name?.startsWith(prefix) ? { ...entity, userPrincipalName: name.slice(prefix.length) } : entity;
}

const licenceOf = (licences: readonly { skuId?: string }[], mailboxes: ReadonlySet<string>): Licence =>
  licences.length === 0 ? 'none' : licences.some((l) => mailboxes.has(l.skuId ?? '')) ? 'exchange' : 'other';

/** Subscriptions that bring a mailbox: by their service plans, otherwise by the name of the product [M]. */
async function mailboxSkus(source: TenantSource, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const body = await get(source, '/v1.0/subscribedSkus', signal);
  const skus = (body.value ?? []) as readonly {
    skuId?: string;
    skuPartNumber?: string;
    servicePlans?: readonly { servicePlanName?: string }[];
  }[];
  const product = /^(EXCHANGE|SPE_|ENTERPRISEP|STANDARDPACK|DESKLESSPACK|O365_BUSINESS|M365_F|SPB)/;
  const hasMailbox = (sku: (typeof skus)[number]) =>
    sku.servicePlans && sku.servicePlans.length > 0
      ? sku.servicePlans.some((p) => p.servicePlanName?.startsWith('EXCHANGE_S_'))
      : product.test(sku.skuPartNumber ?? '');
  return new Set(skus.filter(hasMailbox).map((sku) => sku.skuId ?? ''));
}

/** Privileged roles by id of their holder; groups that may be given roles are in it even while they have none. */
export async function readTenantRoles(
  source: TenantSource,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const roles = new Map<string, readonly string[]>(Object.entries(await privilegedRoles(source, signal)));
  const filter = encodeURIComponent('isAssignableToRole eq true');
  await eachPage(source, `/v1.0/groups?$filter=${filter}&$select=id&$top=${pageSize}`, signal, (groups) => {
    for (const { id } of groups) if (!roles.has(String(id))) roles.set(String(id), ['(role-assignable group)']);
  });
  return roles;
}

/** Without `isPrivileged` every role counts but those that only read; which are privileged is [U]. */
const readingRoles = new Set(['Directory Readers']);

/** Names of the privileged roles, by the object that holds one or could activate one. */
async function privilegedRoles(source: TenantSource, signal: AbortSignal): Promise<Record<string, string[]>> {
  const area = '/v1.0/roleManagement/directory';
  const names = new Map<string, string>();
  await eachPage(source, `${area}/roleDefinitions`, signal, (roles) => {
    for (const role of roles) {
      const name = String(role.displayName);
      if (role.isPrivileged === true || (role.isPrivileged === undefined && !readingRoles.has(name)))
        names.set(String(role.id), name);
    }
  });
  const held = new Map<string, string[]>();
  for (const list of ['roleAssignments', 'roleEligibilityScheduleInstances']) {
    await eachPage(source, `${area}/${list}`, signal, (assignments) => {
      for (const { principalId, roleDefinitionId } of assignments) {
        const name = names.get(String(roleDefinitionId));
        if (name === undefined || typeof principalId !== 'string') continue;
        held.set(principalId, [...(held.get(principalId) ?? []), name]);
      }
    });
  }
  return Object.fromEntries(held);
}
