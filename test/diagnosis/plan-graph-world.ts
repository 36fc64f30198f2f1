/** Populations full of conflicts in front of a tenant that is written to through Microsoft Graph. Made from a seed. */
import type { EntraGraphSession } from '../../src/connectors/entra/graph.ts';
import type { TenantImage } from '../../src/diagnosis/plan/image.ts';
import { readTenantImage } from '../../src/diagnosis/plan/image-tenant.ts';
import type { AttributeValue } from '../../src/model/value.ts';
import type { TenantSettings } from '../../src/tenant/config.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { app, graphConnector, permissions } from '../graph-dialect/support.ts';
import { type Call, caller, testTenant } from '../tenant/support.ts';
import { anchorOf, baseDn, CloudWorld, cloudName, type WorldOptions } from './explain-world.ts';
import { anchorText, type Pick, picker } from './plan-world.ts';

const signal = new AbortController().signal;

/** A world whose cloud is written to through Graph; `writes` are those that were sent, as JSON. */
export interface GraphPlanWorld extends CloudWorld {
  readonly writes: string[];
  /** Members that were members already: found out by writing only, and it takes some writes more. */
  readonly members: string[];
}
export function graphPlanWorld(tenant: Tenant, options: WorldOptions = {}): GraphPlanWorld {
  const writes: string[] = [];
  const members: string[] = [];
  const world = Object.assign(new CloudWorld({ ...options, tenant }), { writes, members });
  const connector = graphConnector(tenant, {
    name: cloudName,
    objectTypes: ['user', 'group'],
    fetch: async (request) => {
      if (request.url.endsWith('/token')) return tokenOf(tenant, request);
      if (request.url.endsWith('/$batch')) writes.push(...writesOf(await request.clone().text()));
      const answer = await tenant.fetch(request);
      const text = await answer.clone().text();
      members.push(...(text.match(/object references already exist/g) ?? []));
      return answer;
    },
  });
  world.env = {
    ...world.env,
    connectors: [...world.env.connectors.slice(0, -1), { connector, objectTypes: [], partitions: [] }],
  };
  return world;
}

const writesOf = (batch: string): string[] =>
  (JSON.parse(batch) as { requests: { method: string }[] }).requests
    .filter(({ method }) => method !== 'GET')
    .map((item) => JSON.stringify(item));

const tokens = new Map<Tenant, Promise<string>>();
/** One token for all connectors to a tenant: checking a secret takes longer than a whole population. */
async function tokenOf(tenant: Tenant, request: Request): Promise<Response> {
  const known = tokens.get(tenant) ?? tenant.fetch(request).then((answer) => answer.text());
  tokens.set(tenant, known);
  return new Response(await known, { headers: { 'content-type': 'application/json' } });
}
const callers = new Map<Tenant, Promise<Call>>();
/** An administrator of the cloud. */
function administratorOf(tenant: Tenant): Promise<Call> {
  const known = callers.get(tenant) ?? caller(tenant);
  callers.set(tenant, known);
  return known;
}

const tenants = new Map<string, Tenant>();

/** A tenant with these settings and nothing but the seed in it. Making a tenant costs more than a whole population. */
export function emptiedGraphTenant(settings: Partial<TenantSettings>, seed: TenantSeed): Tenant {
  const key = JSON.stringify(settings);
  let tenant = tenants.get(key);
  if (!tenant) {
    tenant = testTenant({ settings: { dirSyncEnabled: false, ...settings } });
    tenant.registerApp({ ...app, displayName: 'Causeway', permissions });
    tenants.set(key, tenant);
  }
  tenant.reset(seed);
  return tenant;
}

export async function graphImageOf(world: CloudWorld): Promise<TenantImage> {
  const { connector } = world.env.connectors.at(-1) ?? {};
  await using session = (await connector?.open(signal)) as EntraGraphSession;
  return await readTenantImage(session, world.env.now(), signal);
}

const names = ['ana', 'ben', 'cleo', 'dan', 'eve'] as const;
const domains = [
  ...['contoso.com', 'contoso.com', 'contoso.com', 'contoso.com', 'fabrikam.com'],
  ...['unverified.example', 'contoso.onmicrosoft.com', 'federated.example'],
] as const;

/** Settings of a tenant; there are few, so that tenants can be used again. */
export const graphSettings = (random: () => number): Partial<TenantSettings> => ({
  verifiedDomains: ['contoso.com', 'fabrikam.com'],
  federatedDomains: random() < 0.5 ? ['federated.example'] : [],
  features: picker(random)([
    {},
    {},
    { blockSoftMatchEnabled: true },
    { blockCloudObjectTakeoverThroughHardMatchEnabled: true },
  ]),
});

const address = (pick: Pick): string => `${pick(names)}@${pick(domains)}`;

/** What the tenant has before: some of it is in the way of what the directory will bring. */
export function graphSeed(random: () => number): TenantSeed {
  const pick = picker(random);
  const taken = new Set<string>();
  const free = (value: string): boolean => !taken.has(value.toLowerCase()) && Boolean(taken.add(value.toLowerCase()));
  const addresses = () =>
    [`SMTP:${address(pick)}`, ...(random() < 0.4 ? [`${pick(['smtp', 'sip', 'x500'])}:${address(pick)}`] : [])].filter(
      free,
    );
  const users = Array.from({ length: Math.floor(random() * 4) }, (_, i) => {
    const upn = address(pick).replace('unverified.example', 'contoso.com').replace('federated.example', 'contoso.com');
    const proxyAddresses = addresses();
    const primary = proxyAddresses.find((a) => a.startsWith('SMTP:'))?.slice(5);
    return {
      displayName: `Cloud ${i}`,
      userPrincipalName: free(`upn:${upn}`) ? upn : `cloud${i}.${Math.floor(random() * 1e6)}@contoso.com`,
      proxyAddresses,
      ...(primary === undefined ? {} : { mail: primary }),
      ...(random() < 0.4 ? { onPremisesImmutableId: anchorText(1 + Math.floor(random() * 8)) } : {}),
      ...(random() < 0.2 ? { onPremisesSyncEnabled: random() < 0.7 } : {}),
      ...(random() < 0.3 ? { roles: [pick(['Global Administrator', 'Directory Readers'])] } : {}),
      ...(random() < 0.1 ? { eligibleRoles: ['User Administrator'] } : {}),
    };
  });
  const names = users.map((user) => user.userPrincipalName);
  const groups = Array.from({ length: Math.floor(random() * 3) }, (_, i) => {
    const proxyAddresses = addresses();
    return {
      displayName: `Cloud group ${i}`,
      mailEnabled: random() < 0.5,
      securityEnabled: true,
      proxyAddresses,
      members: names.filter(() => random() < 0.3),
      ...(random() < 0.5 ? { uniqueName: anchorText(4 + 4 * i + Math.floor(random() * 4)) } : {}),
      ...(random() < 0.25 ? { isAssignableToRole: true } : {}),
      ...(random() < 0.15 ? { onPremisesSyncEnabled: true } : {}),
    };
  });
  const contacts = Array.from({ length: Math.floor(random() * 2) }, (_, i) => ({
    displayName: `Cloud contact ${i}`,
    mail: `contact${i}@fabrikam.com`,
    proxyAddresses: addresses(),
  }));
  return { users, groups, contacts };
}

const long = 'x'.repeat(300);
const picture = (...bytes: number[]) => ({ base64: Buffer.from(bytes).toString('base64') });
const photos = [picture(0xff, 0xd8, 1), picture(0xff, 0xd8, 2), picture(0x89, 0x50), null, null, null];
const largePhoto = { base64: Buffer.alloc(110_000, 7).toString('base64') };
type Values = Record<string, AttributeValue | null>;

/** Values of one person, some of them wrong, many of them those of somebody else. */
export function graphValues(random: () => number): Values {
  const pick = picker(random);
  const upns = [...Array.from({ length: 24 }, () => address(pick)), 'no at sign', 'späce here@contoso.com'];
  const rarely = <T, U>(value: T, usually: U): T | U => (random() < 0.03 ? value : usually);
  const mail = random() < 0.7 ? rarely('not an address', address(pick)) : null;
  return {
    userPrincipalName: pick(upns),
    mail,
    ...(mail === null ? {} : { proxyAddresses: [`SMTP:${mail}`] }),
    mailNickname: random() < 0.3 ? rarely(long, pick(names)) : null,
    displayName: rarely(long, pick(['Somebody', 'Else'])),
    department: rarely(long, pick([null, 'Sales'])),
    title: pick([null, 'Engineer']),
    c: rarely('XX', pick([null, 'DE'])),
    thumbnailPhoto: rarely(largePhoto, pick(photos)),
    telephoneNumber: rarely(long, pick([null, '+49 89 1'])),
  };
}

/** Fills the directory with people, groups and a contact. */
export function populateGraph(world: CloudWorld, random: () => number, people: number): void {
  const pick = picker(random);
  const manager = (i: number) => (random() < 0.3 ? { manager: `p${Math.floor(random() * (i + 1))}` } : {});
  for (let i = 0; i < people; i++) world.user(`p${i}`, graphValues(random), manager(i));
  for (let i = 0; i < 3; i++) {
    const members = Array.from({ length: people }, (_, n) => `p${n}`).filter(() => random() < 0.4);
    const mailed = random() < 0.2 ? { mail: address(pick), mailNickname: `g${i}` } : {};
    const list = random() < 0.2 ? { groupType: 2, mail: `list${i}@contoso.com`, mailNickname: `l${i}` } : {};
    const more = i > 0 && random() < 0.4 ? [`g${i - 1}`] : [];
    world.group(`g${i}`, [...members, ...more], {
      displayName: random() < 0.04 ? long : `Group ${i}`,
      ...mailed,
      ...list,
    });
  }
  if (random() < 0.3)
    world.forest().put(anchorOf(900), {
      dn: `CN=contact,OU=People,${baseDn}`,
      objectType: 'contact',
      attributes: {
        cn: 'contact',
        displayName: 'Contact',
        mail: address(pick),
        targetAddress: `SMTP:${address(pick)}`,
        objectGUID: { base64: anchorText(900) },
      },
    });
}

/** Changes and removals in the directory; some people exchange what they have. */
export function changeGraph(world: CloudWorld, random: () => number): void {
  const pick = picker(random);
  const users = () => [...world.forest().objects].filter(([, object]) => object.objectType === 'user');
  for (const [anchor] of users()) {
    if (random() < 0.15) world.forest().remove(anchor);
    else if (random() < 0.4) world.forest().change(anchor, { attributes: graphValues(random) });
  }
  const left = users().map(([anchor]) => anchor);
  for (let i = 0; i < 2 && left.length > 1; i++) {
    const [a, b] = [pick(left), pick(left)];
    if (a === b || random() < 0.3) continue;
    exchange(world, a, b, random() < 0.7 ? 'userPrincipalName' : 'mail');
  }
  if (random() < 0.5) world.user('late', { ...graphValues(random), displayName: pick(['Late', 'Later']) });
}

function exchange(world: CloudWorld, a: string, b: string, name: 'userPrincipalName' | 'mail'): void {
  const { objects } = world.forest();
  const [first, second] = [objects.get(a)?.attributes[name], objects.get(b)?.attributes[name]];
  if (first === undefined || second === undefined) return;
  world.forest().change(a, { attributes: { [name]: second } });
  world.forest().change(b, { attributes: { [name]: first } });
}

/** What administrators of the cloud do between two exports. */
export async function meddleInGraph(world: CloudWorld, random: () => number): Promise<void> {
  const call = await administratorOf(world.tenant);
  const pick = picker(random);
  const people = (await call('GET', '/users?$select=id')).body.value as { id: string }[];
  for (const { id } of people) {
    const chance = random();
    if (chance < 0.1) await call('DELETE', `/users/${id}`);
    else if (chance < 0.16) await call('PATCH', `/users/${id}`, { userPrincipalName: address(pick) });
    else if (chance < 0.22) await call('PATCH', `/users/${id}`, { mail: address(pick) });
    else if (chance < 0.26) await call('PATCH', `/users/${id}`, { onPremisesImmutableId: null });
    else if (chance < 0.32) {
      const role = { principalId: id, directoryScopeId: '/', roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10' };
      await call('POST', '/roleManagement/directory/roleAssignments', role);
    }
  }
  const groups = (await call('GET', '/groups?$select=id')).body.value as { id: string }[];
  for (const { id } of groups) {
    if (random() < 0.08) await call('DELETE', `/groups/${id}`);
    else if (random() < 0.2 && people.length > 0) {
      const reference = { '@odata.id': `http://tenant.test/v1.0/directoryObjects/${pick(people).id}` };
      await call('POST', `/groups/${id}/members/$ref`, reference);
    }
  }
  const bin = (await call('GET', '/directory/deletedItems/microsoft.graph.user')).body.value as { id: string }[];
  for (const { id } of bin)
    if (random() < 0.3)
      await call('POST', `/directory/deletedItems/${id}/restore`, { autoReconcileProxyConflict: true });
}
