/** Populations full of conflicts: made from a seed, with a tenant that has objects, roles and a recycle bin of its own. */
import type { EntraSyncSession } from '../../src/connectors/entra/sync.ts';
import type { TenantImage } from '../../src/diagnosis/plan/image.ts';
import { readTenantImage } from '../../src/diagnosis/plan/image-tenant.ts';
import type { Predicted } from '../../src/diagnosis/plan/predict.ts';
import { guidBytes } from '../../src/model/guid.ts';
import type { AttributeValue } from '../../src/model/value.ts';
import type { EngineConnector } from '../../src/sync/context.ts';
import type { TenantSettings } from '../../src/tenant/config.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { caller, syncApp, testTenant } from '../tenant/support.ts';
import { anchorOf, baseDn, CloudWorld, cloudName, type WorldOptions } from './explain-world.ts';

/** A world whose connector may read the whole directory. */
export function planWorld(options: WorldOptions = {}): CloudWorld {
  const world = new CloudWorld(options);
  letRead(world.tenant);
  return world;
}

/** The synchronization client may read the whole directory. */
export const letRead = (tenant: Tenant): void =>
  tenant.registerApp({
    ...syncApp,
    displayName: 'Causeway',
    permissions: ['ADSynchronization.ReadWrite.All', 'Directory.Read.All'],
  });

const tenants = new Map<string, Tenant>();

/** A tenant with these settings and nothing but the seed in it. Making a tenant costs more than a whole population. */
export function emptiedTenant(settings: Partial<TenantSettings>, seed: TenantSeed): Tenant {
  const key = JSON.stringify(settings);
  let tenant = tenants.get(key);
  if (!tenant) {
    const made = testTenant({ settings });
    letRead(made);
    tenant = { ...made, fetch: rememberingTokens(made) };
    tenants.set(key, tenant);
  }
  tenant.reset(seed);
  return tenant;
}

/** A secret costs its check some milliseconds, on purpose. Nothing here is about secrets, so that a token serves for a while. */
function rememberingTokens(tenant: Tenant): Tenant['fetch'] {
  const remembered = new Map<string, { readonly until: number; readonly text: string }>();
  return async (request) => {
    if (!request.url.endsWith('/token')) return await tenant.fetch(request);
    const key = await request.clone().text();
    const known = remembered.get(key);
    if (known && tenant.now() < known.until) return Response.json(JSON.parse(known.text));
    const answer = await tenant.fetch(request);
    const text = await answer.clone().text();
    if (answer.ok) remembered.set(key, { until: tenant.now() + 600_000, text });
    return answer;
  };
}

export const targetOf = (world: CloudWorld): EngineConnector => world.engine.all.find((c) => c.row.name === cloudName)!;

export async function imageOf(world: CloudWorld): Promise<TenantImage> {
  const connector = world.env.connectors.at(-1)!.connector;
  await using session = (await connector.open(new AbortController().signal)) as EntraSyncSession;
  return await readTenantImage(session, world.env.now(), new AbortController().signal);
}

const names = ['ana', 'ben', 'cleo', 'dan'] as const;
const domains = [
  ...['contoso.com', 'contoso.com', 'contoso.com', 'fabrikam.com', 'unverified.example', 'contoso.onmicrosoft.com'],
  ...['federated.example', 'federated2.example'],
] as const;

/** Source anchor of the object with this number. */
export const anchorText = (n: number): string => Buffer.from(guidBytes(anchorOf(n))!).toString('base64');

export type Pick = <T>(list: readonly T[]) => T;
export const picker =
  (random: () => number): Pick =>
  (list) =>
    list[Math.floor(random() * list.length)]!;

const address = (pick: Pick): string => `${pick(names)}@${pick(domains)}`;
const proxies = (random: () => number, pick: Pick): string[] => {
  const list = [`SMTP:${address(pick)}`];
  while (random() < 0.5) list.push(`${pick(['smtp', 'smtp', 'sip', 'x500'])}:${address(pick)}`);
  return [...new Map(list.map((p) => [p.toLowerCase(), p])).values()];
};

/** What the tenant has before anything is synchronized: some of it claims what the directory will claim. */
export function conflictingSeed(random: () => number): TenantSeed {
  const pick = picker(random);
  const taken = new Set<string>();
  const free = (value: string): boolean => !taken.has(value.toLowerCase()) && Boolean(taken.add(value.toLowerCase()));
  const users = Array.from({ length: Math.floor(random() * 4) }, (_, i) => {
    const own = proxies(random, pick).filter(free);
    const upn = address(pick).replace('unverified.example', 'contoso.com');
    return {
      displayName: `Cloud ${i}`,
      userPrincipalName: free(`upn:${upn}`) ? upn : `cloud${i}.${Math.floor(random() * 1e6)}@contoso.com`,
      proxyAddresses: own,
      ...(random() < 0.3 ? { onPremisesImmutableId: anchorText(1 + Math.floor(random() * 5)) } : {}),
      ...(random() < 0.4
        ? { roles: [pick(['Global Administrator', 'Global Administrator', 'Directory Readers'])] }
        : {}),
      ...(random() < 0.15 ? { eligibleRoles: ['User Administrator'] } : {}),
      ...(random() < 0.3 ? { licences: [pick(['exchange', '078d2b04-f1bd-4111-bbd4-b4b1b354cef4'])] } : {}),
    };
  });
  const groups = Array.from({ length: Math.floor(random() * 2) }, (_, i) => ({
    displayName: `Cloud group ${i}`,
    mail: `group${i}@contoso.com`,
    proxyAddresses: proxies(random, pick).filter(free),
    ...(random() < 0.2 ? { onPremisesImmutableId: anchorText(1 + Math.floor(random() * 8)) } : {}),
  }));
  const contacts = Array.from({ length: Math.floor(random() * 2) }, (_, i) => ({
    displayName: `Cloud contact ${i}`,
    mail: `contact${i}@fabrikam.com`,
    proxyAddresses: proxies(random, pick).filter(free),
  }));
  return { users, groups, contacts };
}

/** The metaverse cuts an extension attribute; this rule makes it three times as long on the way out. */
const longText = 'x'.repeat(300);
const extension = (name: string) => `extension_0f5a6f6e111142228333444455556666_${name}`;
/** Three directory extensions, one of them with a value that is too long now and then. */
const directoryExtensions = `
  - name: Directory extensions
    direction: outbound
    connector: ${cloudName}
    source: person
    target: user
    precedence: 2
    flows:
      - { target: ${extension('title')}, direct: title }
      - { target: ${extension('department')}, expression: 'Left([department], 60)' }
      - target: ${extension('note')}
        expression: 'IIF([title] = "Engineer" && [department] = "Sales" && [mailNickname] = "dan", "${longText}", [mailNickname])'
`;
export const extensionRule = `rules:
  - { name: Extra, direction: outbound, connector: ${cloudName}, source: person, target: user, precedence: 1, flows: [{ target: extensionAttribute1, expression: '[extensionAttribute1] & [extensionAttribute1] & [extensionAttribute1]' }] }
${directoryExtensions.slice(1)}`;

const long = 'x'.repeat(300);
/** More than the 100 KB that the sync plane takes of a photo. */
const largePhoto = { base64: Buffer.alloc(110_000, 7).toString('base64') };
/** More addresses than fit on a user (entra-directory s.4.2). */
const manyAddresses = Array.from({ length: 340 }, (_, i) => `smtp:many${i}@contoso.com`);

/** Values of one person, some of them wrong, many of them those of somebody else. */
export function conflictingValues(random: () => number): Record<string, AttributeValue | null> {
  const pick = picker(random);
  const upns = [...Array.from({ length: 20 }, () => address(pick)), 'no at sign', 'späce here@contoso.com'];
  const rarely = <T, U>(value: T, usually: U): T | U => (random() < 0.03 ? value : usually);
  return {
    userPrincipalName: pick(upns),
    mail: random() < 0.6 ? address(pick) : null,
    mailNickname: random() < 0.5 ? rarely(long, pick(names)) : null,
    proxyAddresses: rarely([`SMTP:${address(pick)}`, ...manyAddresses], random() < 0.7 ? proxies(random, pick) : null),
    thumbnailPhoto: rarely(largePhoto, null),
    displayName: rarely(long, pick(['Somebody', 'Else'])),
    department: rarely(long, pick([null, 'Sales'])),
    title: pick([null, 'Engineer']),
    extensionAttribute1: rarely('y'.repeat(400), pick([null, 'Extra'])),
    c: rarely('XX', pick([null, 'DE'])),
  };
}

/** Fills the directory with people, groups and contacts. */
export function populate(world: CloudWorld, random: () => number, people: number): void {
  const pick = picker(random);
  for (let i = 0; i < people; i++)
    world.user(`p${i}`, conflictingValues(random), {
      ...(random() < 0.1 ? { sid: 4000 + i } : {}),
      ...(random() < 0.3 ? { manager: `p${Math.floor(random() * (i + 1))}` } : {}),
    });
  for (let i = 0; i < 3; i++) {
    const members = Array.from({ length: people }, (_, n) => `p${n}`).filter(() => random() < 0.4);
    const addresses = random() < 0.4 ? ['SMTP:team@contoso.com'] : proxies(random, pick);
    const mailed = random() < 0.5 ? { mail: address(pick), mailNickname: `g${i}`, proxyAddresses: addresses } : {};
    world.group(`g${i}`, members, mailed);
  }
  if (random() < 0.6)
    world.forest().put(anchorOf(900), {
      dn: `CN=contact,OU=People,${baseDn}`,
      objectType: 'contact',
      attributes: {
        cn: 'contact',
        displayName: 'Contact',
        mail: address(pick),
        targetAddress: `SMTP:${address(pick)}`,
        proxyAddresses: proxies(random, pick),
        mailNickname: 'contact',
        objectGUID: { base64: anchorText(900) },
      },
    });
  if (random() < 0.4) turnAround(world);
}

/** The directory tells its objects in the other order, and so they are exported: who comes first has the value. */
function turnAround(world: CloudWorld): void {
  const { objects } = world.forest();
  const entries = [...objects].reverse();
  objects.clear();
  for (const [anchor, object] of entries) objects.set(anchor, object);
}

/** How many people lack a value because somebody else has it. */
export async function withheldValues(world: CloudWorld): Promise<number> {
  const call = await caller(world.tenant);
  const people = (await call('GET', '/users?$select=onPremisesProvisioningErrors')).body.value as {
    onPremisesProvisioningErrors: unknown[];
  }[];
  return people.reduce((sum, p) => sum + p.onPremisesProvisioningErrors.length, 0);
}

export interface Meddling {
  /** A source anchor that they write on somebody whom synchronization has left, as if it were the one who comes later. */
  readonly claimed: string;
  /** Whether they delete people. Who comes back from the recycle bin brings memberships that no interface tells before. */
  readonly deletes: boolean;
}

/** What administrators of the cloud do between two exports. */
export async function meddle(world: CloudWorld, random: () => number, { claimed, deletes }: Meddling): Promise<void> {
  const call = await caller(world.tenant);
  const pick = picker(random);
  const bin = (await call('GET', '/directory/deletedItems/microsoft.graph.user')).body.value as { id: string }[];
  for (const { id } of bin)
    if (random() < 0.4)
      await call('POST', `/directory/deletedItems/${id}/restore`, { autoReconcileProxyConflict: true });
  const people = (await call('GET', '/users?$select=id,userPrincipalName,onPremisesSyncEnabled')).body.value as {
    id: string;
    onPremisesSyncEnabled: boolean | null;
  }[];
  for (const { id, onPremisesSyncEnabled } of people) {
    const chance = random();
    if (onPremisesSyncEnabled === false && chance < 0.5)
      await call('PATCH', `/users/${id}`, { onPremisesImmutableId: claimed });
    else if (deletes && chance < 0.08) await call('DELETE', `/users/${id}`);
    else if (chance < 0.14) await call('PATCH', `/users/${id}/onPremisesSyncBehavior`, { isCloudManaged: true });
    else if (chance < 0.2) {
      const role = { principalId: id, directoryScopeId: '/', roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10' };
      await call('POST', '/roleManagement/directory/roleAssignments', role);
    } else if (chance < 0.3)
      await call('POST', `/users/${id}/assignLicense`, { addLicenses: [{ skuId: pick(skus) }], removeLicenses: [] });
  }
}
const skus = ['19ec0d23-8335-4cbd-94ac-6050e30712fa', '078d2b04-f1bd-4111-bbd4-b4b1b354cef4'] as const;

/** Where the one that has the value comes from. */
export const whoHolds = ({ holder }: Predicted, added: ReadonlySet<number>): string =>
  holder?.cs === undefined
    ? 'somebody of the cloud'
    : added.has(holder.cs)
      ? 'another of the same export'
      : 'somebody synchronized';
