import { createHash, scryptSync, timingSafeEqual, X509Certificate } from 'node:crypto';
import type { TenantContext } from './context.ts';
import { resolveReference } from './references.ts';
import { activateRole, findRoleTemplate } from './roles.ts';
import type { StoredObject } from './store/objects.ts';
import { propertyNumber } from './store/properties.ts';

/** Lets its holder use the sync plane, as the role of the same name does in the real service [M]. */
export const syncClientPermission = 'ADSynchronization.ReadWrite.All';

/** An assertion of this issuer and subject, signed by one of these keys, stands for the app. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  /** Default `api://AzureADTokenExchange`. */
  readonly audience?: string;
  /** JSON Web Key Set of the issuer: nothing is fetched from it. */
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] };
}

export interface AppSeed {
  /** Client id. */
  readonly appId: string;
  readonly displayName?: string;
  readonly secret?: string;
  /** ISO instant; default is two years from now. */
  readonly secretExpires?: string;
  /** PEM text of a certificate whose key signs client assertions. */
  readonly certificate?: string;
  /** Application permissions, e.g. `User.Read.All`; `ADSynchronization.ReadWrite.All` opens the sync plane. */
  readonly permissions?: readonly string[];
  /** Permissions that it asks for and has not, until an administrator consents (`/adminconsent`). */
  readonly requestedPermissions?: readonly string[];
  /** Ids or names of directory roles of the app's service principal: who may change administrators. */
  readonly roles?: readonly string[];
  /** Workload identity federation: tokens of others that this app may present instead of a secret. */
  readonly federatedCredentials?: readonly FederatedCredential[];
  /** Where authorization codes may go, compared letter by letter; only the port of a loopback address is free. */
  readonly redirectUris?: readonly string[];
  /** Which groups an id token names; default `None`, as in the real service. */
  readonly groupMembershipClaims?: GroupMembershipClaims;
  /** Roles of the app itself and who has them: ids of users and groups, or in a seed any reference to one. */
  readonly appRoles?: readonly AppRole[];
}
export type GroupMembershipClaims = 'None' | 'SecurityGroup' | 'DirectoryRole' | 'All';
export interface AppRole {
  /** What the claim `roles` says. */
  readonly value: string;
  readonly members: readonly string[];
}

interface StoredSecret {
  readonly salt: string;
  readonly hash: string;
  readonly expires: string;
}
export interface StoredCertificate {
  readonly pem: string;
  /** base64url SHA-1 and SHA-256 of the DER bytes. */
  readonly x5t: string;
  readonly x5tS256: string;
}
export interface AppInternal {
  readonly permissions: readonly string[];
  readonly requestedPermissions?: readonly string[];
  readonly secrets: readonly StoredSecret[];
  readonly certificates: readonly StoredCertificate[];
  readonly federated: readonly FederatedCredential[];
  readonly servicePrincipalId: string;
  readonly redirectUris?: readonly string[];
  readonly groupMembershipClaims?: GroupMembershipClaims;
  readonly appRoles?: readonly AppRole[];
}

const appIdOfApplication = propertyNumber('application', 'appId') as number;

/** The app registration with this client id. */
export function findApp(context: TenantContext, appId: string): StoredObject | undefined {
  return context.objects.byValue(appIdOfApplication, appId, 1)[0];
}
export const appInternal = (app: StoredObject): AppInternal => app.internal as unknown as AppInternal;

/** Registers an app with its service principal, or replaces credentials and permissions of the one there is. */
export function registerApp(context: TenantContext, seed: AppSeed): StoredObject {
  const displayName = seed.displayName ?? seed.appId;
  const before = findApp(context, seed.appId);
  const servicePrincipalId = before ? appInternal(before).servicePrincipalId : context.random.guid();
  // What was consented to stays, as long as the app asks for it.
  const had = before ? appInternal(before).permissions : [];
  const consented = (seed.requestedPermissions ?? []).filter((name) => had.includes(name));
  const internal: AppInternal = {
    permissions: [...new Set([...(seed.permissions ?? []), ...consented])],
    ...(seed.requestedPermissions ? { requestedPermissions: seed.requestedPermissions } : {}),
    secrets: seed.secret === undefined ? [] : [hashSecret(context, seed.secret, seed.secretExpires)],
    certificates: seed.certificate === undefined ? [] : [readCertificate(seed.certificate)],
    federated: seed.federatedCredentials ?? [],
    servicePrincipalId,
    redirectUris: seed.redirectUris ?? [],
    groupMembershipClaims: seed.groupMembershipClaims ?? 'None',
    appRoles: (seed.appRoles ?? []).map((role) => ({
      value: role.value,
      members: role.members.map((name) => resolveReference(context, name, `app '${displayName}'`).id),
    })),
  };
  const body = { appId: seed.appId.toLowerCase(), displayName, createdDateTime: context.clock.iso() };
  const stored = { ...(internal as unknown as Record<string, unknown>) };
  const principal = before
    ? context.objects.byId(servicePrincipalId)
    : context.objects.insert({
        id: servicePrincipalId,
        kind: 'servicePrincipal',
        body: { ...body, accountEnabled: true, servicePrincipalType: 'Application' },
      });
  for (const name of seed.roles ?? []) {
    const template = findRoleTemplate(name);
    if (!template) throw new Error(`The app ${displayName} has the directory role '${name}', which does not exist.`);
    if (principal) context.links.add(activateRole(context, template).seq, 'member', principal);
  }
  return before
    ? context.objects.update(before, { body: { ...before.body, ...body }, internal: stored })
    : context.objects.insert({ id: context.random.guid(), kind: 'application', body, internal: stored });
}

/** The app has what it asks for from now on; tokens that were made before do not say so. */
export function grantRequested(context: TenantContext, app: StoredObject): void {
  const { permissions, requestedPermissions = [] } = appInternal(app);
  const granted = [...new Set([...permissions, ...requestedPermissions])];
  context.objects.update(app, { internal: { ...app.internal, permissions: granted } });
}

/** Slow on purpose: secrets may be words a person chose. Some 10 ms each. */
const cost = { N: 4096 };
function hashSecret(context: TenantContext, secret: string, expires?: string): StoredSecret {
  const salt = context.random.bytes(16);
  const twoYears = 2 * 365 * 24 * 3600 * 1000;
  return {
    salt: salt.toString('hex'),
    hash: scryptSync(secret, salt, 32, cost).toString('hex'),
    expires: expires ?? new Date(context.clock.now() + twoYears).toISOString(),
  };
}

export type SecretVerdict = 'valid' | 'expired' | 'wrong';
export function checkSecret(app: StoredObject, secret: string, now: number): SecretVerdict {
  const match = appInternal(app).secrets.find((s) =>
    timingSafeEqual(scryptSync(secret, Buffer.from(s.salt, 'hex'), 32, cost), Buffer.from(s.hash, 'hex')),
  );
  if (!match) return 'wrong';
  return Date.parse(match.expires) > now ? 'valid' : 'expired';
}

function readCertificate(pem: string): StoredCertificate {
  const certificate = new X509Certificate(pem);
  const thumbprint = (algorithm: string) => createHash(algorithm).update(certificate.raw).digest('base64url');
  return { pem: certificate.toString(), x5t: thumbprint('sha1'), x5tS256: thumbprint('sha256') };
}
