/**
 * Values that the cloud set aside (duplicate attribute resiliency). An export says success then, and the cloud restores
 * the value by itself later, so only the cloud knows what is still withheld (entra-directory s.2.3).
 */
import type { EngineConnector } from '../../sync/context.ts';
import { clouds, type DiagnosisContext } from '../diagnose-context.ts';
import { cloudIdOf } from '../findings/object.ts';
import type { Conflict } from './conflicts.ts';
import { readCloudObject, readList } from './live-cloud.ts';

/** Most objects with withheld values that are read from a tenant. */
const mostRead = 5000;

interface Withheld {
  readonly propertyCausingError: string;
  readonly value: string;
  readonly occurredDateTime?: string;
}

const withheldOf = (body: Readonly<Record<string, unknown>>): Withheld[] =>
  Array.isArray(body.onPremisesProvisioningErrors) ? (body.onPremisesProvisioningErrors as Withheld[]) : [];

/** Whether a value of a stored warning is withheld now. True if nobody can be asked: then the export's word stands. */
export async function stillWithheld(context: DiagnosisContext, conflict: Conflict): Promise<boolean> {
  const row = context.store.cs.get(conflict.incoming[0] as number);
  const id = cloudIdOf(row?.anchor ?? null);
  if (!row || id === undefined) return false;
  // A tenant that sets nothing aside by itself: then the engine did, and remembers it.
  const own = context.store.obstacles.of(row.id).map((o) => (JSON.parse(o.told) as { value?: unknown }).value);
  if (own.some((value) => typeof value === 'string' && hasValue(conflict, value))) return true;
  const live = await readCloudObject(context, conflict.connector.row.name, id);
  if (!live) return true;
  return withheldOf(live.body).some((w) => hasValue(conflict, w.value));
}

/** Whether a value is one of those of a conflict: an administrator's are told together, with commas between them. */
const hasValue = (conflict: Conflict, value: string): boolean =>
  [conflict.value, ...conflict.value.split(',')].some((v) => v.trim().toLowerCase() === value.toLowerCase());

/** What the tenant withholds without the store knowing: from before this state, or from another engine. */
export async function quarantinesOfTenant(context: DiagnosisContext, known: readonly Conflict[]): Promise<Conflict[]> {
  if (context.focus) return [];
  const found: Conflict[] = [];
  for (const connector of clouds(context)) {
    const tenant = await context.live?.tenant(connector.row.name);
    if (!tenant) continue;
    const filter = "onPremisesProvisioningErrors/any(e:e/category eq 'PropertyConflict')";
    const select = 'id,onPremisesProvisioningErrors';
    const users = await readList(
      tenant,
      `/v1.0/users?$filter=${encodeURIComponent(filter)}&$select=${select}`,
      mostRead,
    );
    for (const user of users ?? []) {
      for (const w of withheldOf(user)) {
        const one = await quarantineOf(context, connector, String(user.id), w);
        if (one && !known.some((k) => isSame(k, one))) found.push(one);
      }
    }
  }
  return found;
}

const isSame = (a: Conflict, b: Conflict): boolean =>
  a.connector === b.connector && hasValue(a, b.value) && a.incoming.includes(b.incoming[0] as number);

async function quarantineOf(
  context: DiagnosisContext,
  connector: EngineConnector,
  id: string,
  withheld: Withheld,
): Promise<Conflict | undefined> {
  const row = context.store.cs.byAnchor(connector.row.id, `User_${id}`);
  if (!row) return undefined;
  const time = Date.parse(withheld.occurredDateTime ?? '');
  return {
    connector,
    incoming: [row.id],
    attribute: withheld.propertyCausingError,
    value: withheld.value,
    holderId: '',
    errorCode: 'QuarantinedAttributeValueMustBeUnique',
    message: 'The tenant lists the value as withheld.',
    withheld: true,
    firstSeen: Number.isNaN(time) ? context.now : time,
    lastSeen: context.now,
  };
}

/**
 * A withheld value with whoever has it now: the one that had it at the export may have lost it. `free`: nobody has it, the
 * cloud will give it back by itself. As it was, if nobody can be asked.
 */
export async function withPresentOwner(context: DiagnosisContext, conflict: Conflict): Promise<Conflict | 'free'> {
  if (!conflict.withheld || conflict.errorCode === 'ExistingAdminRoleConflict') return conflict;
  const row = context.store.cs.get(conflict.incoming[0] as number);
  const self = cloudIdOf(row?.anchor ?? null) ?? '';
  const owner = await ownerOf(context, conflict.connector, self, {
    propertyCausingError: conflict.attribute,
    value: conflict.value,
  });
  if (owner === 'unknown') return conflict;
  return owner === undefined ? 'free' : { ...conflict, holderId: owner };
}

/** Who has the value now, as Graph tells. */
async function ownerOf(
  context: DiagnosisContext,
  connector: EngineConnector,
  self: string,
  { propertyCausingError, value }: Withheld,
): Promise<string | 'unknown' | undefined> {
  const tenant = await context.live?.tenant(connector.row.name);
  if (!tenant) return 'unknown';
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const address = /^smtp:/i.test(value) ? value.slice(5) : value;
  const named =
    propertyCausingError === 'UserPrincipalName' ? [['users', `userPrincipalName eq ${quoted(value)}`]] : [];
  // A sign-in name also collides with an address, and the other way round (entra-directory s.2.1).
  const addressed = ['users', 'groups', 'contacts'].map((plane) => [
    plane,
    `proxyAddresses/any(p:p eq ${quoted(`smtp:${address}`)}) or proxyAddresses/any(p:p eq ${quoted(`SMTP:${address}`)})`,
  ]);
  const filters = [
    ...named,
    ...addressed,
    ...(named.length > 0 ? [] : [['users', `userPrincipalName eq ${quoted(address)}`]]),
  ];
  for (const [plane, filter] of filters) {
    const items = await readList(
      tenant,
      `/v1.0/${plane}?$filter=${encodeURIComponent(filter as string)}&$select=id`,
      5,
    );
    if (items === undefined) return 'unknown';
    const owner = items.find((o) => o.id !== self);
    if (owner) return String(owner.id);
  }
  return undefined;
}
