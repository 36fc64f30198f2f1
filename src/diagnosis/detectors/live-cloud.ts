/** What a running tenant says, read through Graph with the connector's own permissions. What may not be read is unknown. */
import type { DiagnosisContext } from '../diagnose-context.ts';

export interface CloudObjectFacts {
  readonly type: 'user' | 'group' | 'contact' | 'device';
  readonly body: Readonly<Record<string, unknown>>;
  readonly roles: readonly Role[];
}
/** A directory role that somebody holds. */
export interface Role {
  readonly id: string;
  readonly name: string;
}

const userFields = [
  ...['id', 'displayName', 'userPrincipalName', 'mail', 'mailNickname', 'proxyAddresses', 'accountEnabled'],
  ...['createdDateTime', 'assignedLicenses', 'onPremisesSyncEnabled', 'onPremisesImmutableId', 'usageLocation'],
  ...['onPremisesSecurityIdentifier', 'onPremisesSamAccountName', 'onPremisesDomainName'],
  ...['onPremisesDistinguishedName', 'onPremisesProvisioningErrors'],
].join(',');
const planes = [
  ['user', `/v1.0/users/{id}?$select=${userFields}`],
  ['group', '/v1.0/groups/{id}'],
  ['contact', '/v1.0/contacts/{id}'],
  ['device', '/v1.0/devices/{id}'],
] as const;

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null;
export const listOf = (body: unknown): Record<string, unknown>[] =>
  isRecord(body) && Array.isArray(body.value) ? body.value.filter(isRecord) : [];

/** An object of the cloud by its id; undefined if it is not there, or nobody could be asked. */
export async function readCloudObject(
  context: DiagnosisContext,
  connector: string,
  id: string,
): Promise<CloudObjectFacts | undefined> {
  const tenant = await context.live?.tenant(connector);
  if (!tenant || !/^[0-9a-f-]{36}$/i.test(id)) return undefined;
  for (const [type, path] of planes) {
    const answer = await tenant.graph({ method: 'GET', path: path.replace('{id}', id) });
    if (answer.status === 200 && isRecord(answer.body))
      return type === 'user'
        ? { type, body: { ...answer.body, ...(await signInOf(tenant, id)) }, roles: await rolesOf(tenant, id) }
        : { type, body: answer.body, roles: [] };
    if (answer.status !== 404) return undefined;
  }
  return undefined;
}

type Tenant = NonNullable<Awaited<ReturnType<NonNullable<DiagnosisContext['live']>['tenant']>>>;

/** Needs AuditLog.Read.All and a licence; without them nothing is known, and nothing is missed. */
async function signInOf(tenant: Tenant, id: string): Promise<{ lastSignInDateTime?: string }> {
  const answer = await tenant.graph({
    method: 'GET',
    path: `/v1.0/users/${id}?$select=signInActivity`,
    optional: true,
  });
  const activity = answer.status === 200 && isRecord(answer.body) ? answer.body.signInActivity : undefined;
  const last = isRecord(activity) ? activity.lastSignInDateTime : undefined;
  return typeof last === 'string' ? { lastSignInDateTime: last } : {};
}

async function rolesOf(tenant: Tenant, id: string): Promise<Role[]> {
  const answer = await tenant.graph({ method: 'GET', path: `/v1.0/users/${id}/memberOf` });
  return listOf(answer.body)
    .filter((r) => r['@odata.type'] === '#microsoft.graph.directoryRole')
    .map((r) => ({ id: String(r.id), name: String(r.displayName) }));
}

/** All pages of a Graph list, at most `limit` items; undefined if it may not be read. */
export async function readList(
  tenant: Tenant,
  path: string,
  limit: number,
): Promise<Record<string, unknown>[] | undefined> {
  const items: Record<string, unknown>[] = [];
  for (let next: string | undefined = path; next !== undefined && items.length < limit; ) {
    const answer: { status: number; body: unknown } = await tenant.graph({ method: 'GET', path: next });
    if (answer.status !== 200) return undefined;
    items.push(...listOf(answer.body));
    const link: unknown = isRecord(answer.body) ? answer.body['@odata.nextLink'] : undefined;
    // Only ever on the same server: the rest of the address is what it was before.
    next = typeof link === 'string' ? link.replace(/^https?:\/\/[^/]+/, '') : undefined;
  }
  return items;
}

/** What the tenant says of synchronization: its id there, its switches, and which machine exported last; undefined if nobody may ask. */
export async function readSynchronization(
  tenant: Tenant,
): Promise<{ readonly id: string; readonly machine?: string } | undefined> {
  const path = '/beta/directory/onPremisesSynchronization';
  const answer = await tenant.graph({ method: 'GET', path, optional: true });
  const [first] = answer.status === 200 ? listOf(answer.body) : [];
  if (!first || typeof first.id !== 'string' || !/^[\w-]{1,64}$/.test(first.id)) return undefined;
  const data = isRecord(first.configuration) ? first.configuration.currentExportData : undefined;
  const machine = isRecord(data) ? data.clientMachineName : undefined;
  return { id: first.id, ...(typeof machine === 'string' && machine !== '' ? { machine } : {}) };
}

/** When the last export to a tenant ended, whoever made it (epoch ms); `never`; undefined if nobody could be asked. */
export async function lastExportTo(
  context: DiagnosisContext,
  connector: string,
): Promise<number | 'never' | undefined> {
  const tenant = await context.live?.tenant(connector);
  if (!tenant) return undefined;
  const path = '/v1.0/organization?$select=id,onPremisesLastSyncDateTime';
  const answer = await tenant.graph({ method: 'GET', path });
  const [organization] = listOf(answer.body);
  if (answer.status !== 200 || !organization) return undefined;
  const at = Date.parse(String(organization.onPremisesLastSyncDateTime ?? ''));
  return Number.isNaN(at) ? 'never' : at;
}
