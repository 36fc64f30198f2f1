import { z } from 'zod';
import { type AppSeed, registerApp } from './apps.ts';
import type { TenantContext } from './context.ts';
import { RequestError } from './errors.ts';
import { defineByValues } from './extensions.ts';
import { findProperty } from './graph/schema.ts';
import { checkDefinition, isDynamic, refuseDynamicOver } from './graph/write/membership.ts';
import { refuseUnitTooMany } from './graph/write/references.ts';
import { licensedBody } from './licences.ts';
import { resolveReference } from './references.ts';
import { activateRole, findRoleTemplate } from './roles.ts';
import type { StoredCredential } from './sign-in.ts';
import type { LinkKind } from './store/links.ts';
import type { Body, StoredObject } from './store/objects.ts';
import { addressProperty, type Kind, propertyNumber } from './store/properties.ts';
import { addSubscriptions, subscriptionStates } from './subscriptions.ts';
import { hashPassword } from './tokens/pph1.ts';

const reference = z
  .string()
  .min(1)
  .describe('Id, userPrincipalName, mail address, or unique display name of an object.');
/** Everything not named here is a Graph property of the class, by its Graph name. */
const common = {
  id: z.guid().optional(),
  displayName: z.string().min(1).max(256),
  onPremisesSyncEnabled: z.boolean().nullable().optional(),
  onPremisesImmutableId: z.string().optional().describe('Source anchor.'),
  shadow: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('What an earlier synchronization sent, by sync-plane names.'),
};
const user = z.looseObject({
  ...common,
  userPrincipalName: z.string().min(3),
  password: z.string().optional(),
  manager: reference.optional(),
  roles: z.array(z.string()).optional().describe('Names or template ids of directory roles held.'),
  eligibleRoles: z.array(z.string()).optional().describe('Directory roles that could be activated.'),
  licences: z.array(z.string()).optional().describe('exchange, or the id of another subscription.'),
});
const group = z.looseObject({
  ...common,
  members: z.array(reference).optional(),
  owners: z.array(reference).optional(),
});
const contact = z.looseObject({ ...common, manager: reference.optional() });
const device = z.looseObject({ ...common, registeredOwners: z.array(reference).optional() });
const administrativeUnit = z.looseObject({ ...common, members: z.array(reference).optional() });
const app = z.strictObject({
  appId: z.guid(),
  displayName: z.string().optional(),
  secret: z.string().min(1).optional(),
  secretExpires: z.iso.datetime().optional(),
  certificate: z.string().optional(),
  permissions: z.array(z.string()).optional(),
  requestedPermissions: z
    .array(z.string())
    .optional()
    .describe('Permissions it asks for and has not until an administrator consents.'),
  roles: z.array(z.string()).optional(),
  federatedCredentials: z
    .array(
      z.strictObject({
        issuer: z.string(),
        subject: z.string(),
        audience: z.string().optional(),
        jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
      }),
    )
    .optional(),
  // An address that a browser would run as a script is none to send codes to.
  redirectUris: z.array(z.url({ protocol: /^(?!(?:javascript|data|vbscript|blob)$)[a-z][a-z0-9+.-]*$/i })).optional(),
  groupMembershipClaims: z.enum(['None', 'SecurityGroup', 'DirectoryRole', 'All']).optional(),
  appRoles: z.array(z.strictObject({ value: z.string().min(1).max(120), members: z.array(reference) })).optional(),
});

const subscription = z.strictObject({
  sku: z.string().min(1).describe('Id or part number of a product, e.g. AAD_PREMIUM.'),
  skuPartNumber: z.string().min(1).max(256).optional().describe('For a product that the tenant does not know.'),
  totalLicenses: z.int().min(0).optional().describe('Seats; default 1,000,000.'),
  isTrial: z.boolean().optional(),
  status: z.enum(subscriptionStates).optional().describe('Default Enabled.'),
});

/** The JSON a tenant can start with. Settings of the tenant itself are not in it. */
export const tenantSeedSchema = z.strictObject({
  $schema: z.string().optional(),
  users: z.array(user).optional(),
  groups: z.array(group).optional(),
  contacts: z.array(contact).optional(),
  devices: z.array(device).optional(),
  administrativeUnits: z.array(administrativeUnit).optional(),
  apps: z.array(app).optional(),
  subscriptions: z.array(subscription).optional().describe('Instead of those of a fresh tenant; at most 300.'),
});
export type TenantSeed = z.infer<typeof tenantSeedSchema>;
type SeedObject = Record<string, unknown> & { readonly id?: string | undefined };

const reserved = new Set([
  'id',
  'onPremisesSyncEnabled',
  'onPremisesImmutableId',
  'shadow',
  'password',
  'manager',
  'roles',
  'eligibleRoles',
  'licences',
  'members',
  'owners',
  'registeredOwners',
]);

/** Puts the seed into the tenant, all of it or nothing. Throws an Error that names the entry and what is wrong with it. */
export function applySeed(context: TenantContext, seed: unknown): void {
  const parsed = tenantSeedSchema.safeParse(seed);
  if (!parsed.success) throw new Error(`The seed of the tenant is not valid: ${z.prettifyError(parsed.error)}`);
  const { users = [], groups = [], contacts = [], devices = [], administrativeUnits = [], apps = [] } = parsed.data;
  context.write(() => {
    addSubscriptions(context, parsed.data.subscriptions ?? []);
    const made: { readonly object: StoredObject; readonly entry: SeedObject }[] = [
      ...users.map((entry) => ({ object: insertSeed(context, 'user', entry), entry })),
      ...groups.map((entry) => ({ object: insertSeed(context, 'group', entry), entry })),
      ...contacts.map((entry) => ({ object: insertSeed(context, 'contact', entry), entry })),
      ...devices.map((entry) => ({ object: insertSeed(context, 'device', entry), entry })),
      ...administrativeUnits.map((entry) => ({ object: insertSeed(context, 'administrativeUnit', entry), entry })),
    ];
    refuseDynamicOver(context);
    for (const { object, entry } of made) linkSeed(context, object, entry);
    for (const entry of apps) registerApp(context, entry as AppSeed);
  });
}

function insertSeed(context: TenantContext, kind: Kind, entry: SeedObject): StoredObject {
  const label = `${kind} '${String(entry.userPrincipalName ?? entry.displayName)}'`;
  const createdDateTime = kind === 'administrativeUnit' ? {} : { createdDateTime: context.clock.iso() };
  const body: Record<string, unknown> = { ...createdDateTime, ...defaults(kind, entry) };
  for (const [name, value] of Object.entries(entry)) {
    if (reserved.has(name)) continue;
    const found = findProperty(kind, name);
    if (!found) throw new Error(`The seed's ${label} has a property '${name}' that this class has not.`);
    body[found.name] = value;
  }
  const credential: StoredCredential | undefined =
    typeof entry.password === 'string'
      ? {
          hash: hashPassword(entry.password, context.random.bytes(10)),
          changedAt: context.clock.iso(),
          forceChange: false,
          synced: false,
        }
      : undefined;
  const eligibleRoles = (entry.eligibleRoles as string[] | undefined)?.map((name) => roleOf(name, label).id);
  if (entry.id !== undefined && context.objects.byId(entry.id)) {
    throw new Error(`The seed's ${label} has the id ${entry.id}, which another object has.`);
  }
  refuseDuplicates(context, kind, body, label);
  if (kind === 'group' || kind === 'administrativeUnit') checkSeedMembership({ kind, body }, entry, label);
  const sync = entry.onPremisesSyncEnabled as boolean | null | undefined;
  defineByValues(context, kind, body, sync === true ? 'sync' : 'seed');
  return context.objects.insert({
    id: entry.id?.toLowerCase() ?? context.random.guid(),
    kind,
    body: licensedBody(body, (entry.licences as string[] | undefined) ?? []),
    ...(entry.shadow ? { shadow: entry.shadow as Body } : {}),
    internal: { ...(credential ? { credential } : {}), ...(eligibleRoles ? { eligibleRoles } : {}) },
    ...(typeof sync === 'boolean' ? { sync } : {}),
    ...(typeof entry.onPremisesImmutableId === 'string' ? { anchor: entry.onPremisesImmutableId } : {}),
  });
}

function defaults(kind: Kind, entry: SeedObject): Body {
  const mail = typeof entry.mail === 'string' ? { proxyAddresses: [`SMTP:${entry.mail}`] } : {};
  const address = String(entry.userPrincipalName ?? entry.mail ?? '').split('@')[0];
  const mailNickname = address ? { mailNickname: address } : {};
  if (kind === 'user') return { accountEnabled: true, userType: 'Member', ...mailNickname, ...mail };
  if (kind === 'group') {
    const mailEnabled = typeof entry.mail === 'string';
    return { groupTypes: [], securityEnabled: !mailEnabled, mailEnabled, ...mailNickname, ...mail };
  }
  if (kind === 'administrativeUnit') return { membershipType: 'Assigned', isMemberManagementRestricted: false };
  return kind === 'device' ? { accountEnabled: true } : { ...mailNickname, ...mail };
}

function checkSeedMembership(object: Parameters<typeof checkDefinition>[0], entry: SeedObject, label: string): void {
  try {
    checkDefinition(object);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    throw new Error(`The seed's ${label} cannot be: ${error.message}`);
  }
  if (isDynamic(object) && entry.members !== undefined) {
    throw new Error(`The seed's ${label} has dynamic membership, so its members are those of its rule.`);
  }
}

function refuseDuplicates(context: TenantContext, kind: Kind, body: Body, label: string): void {
  const name = body.userPrincipalName;
  const upn = propertyNumber('user', 'userPrincipalName') as number;
  if (kind === 'user' && context.objects.hasValue(upn, String(name))) {
    throw new Error(`The seed's ${label} has a userPrincipalName that another user has.`);
  }
  for (const address of (body.proxyAddresses ?? []) as string[]) {
    if (context.objects.hasValue(addressProperty, address)) {
      throw new Error(`The seed's ${label} has the address ${address}, which another object has.`);
    }
  }
}

function roleOf(name: string, label: string) {
  const template = findRoleTemplate(name);
  if (!template) throw new Error(`The seed's ${label} has the directory role '${name}', which does not exist.`);
  return template;
}

function linkSeed(context: TenantContext, object: StoredObject, entry: SeedObject): void {
  const label = `${object.kind} '${String(entry.userPrincipalName ?? entry.displayName)}'`;
  const link = (kind: LinkKind, references: unknown) => {
    for (const text of [references ?? []].flat() as string[]) {
      context.links.add(object.seq, kind, resolveReference(context, text, `seed's ${label}`));
    }
  };
  if (object.kind === 'administrativeUnit') linkUnit(context, object, entry, label);
  else link('member', entry.members);
  link('owner', entry.owners);
  link('manager', entry.manager);
  link('registeredOwner', entry.registeredOwners);
  for (const name of (entry.roles ?? []) as string[]) {
    context.links.add(activateRole(context, roleOf(name, label)).seq, 'member', object);
  }
}

function linkUnit(context: TenantContext, unit: StoredObject, entry: SeedObject, label: string): void {
  for (const text of (entry.members ?? []) as string[]) {
    const member = resolveReference(context, text, `seed's ${label}`);
    if (member.kind === 'contact')
      throw new Error(`The seed's ${label} has the contact '${text}': no unit has contacts.`);
    refuseUnitTooMany(context, member);
    context.links.add(unit.seq, 'unitMember', member);
  }
}
