/**
 * What stands in the way of a value or of a whole object in a real tenant, and whether it still does. The service behind
 * Entra Connect tests withheld values again every hour (entra-directory s.2.3); Graph does not, so it is done here.
 */
import { z } from 'zod';
import { isVerifiedDomain } from '../../entra/settings.ts';
import { addressConflict, upnConflict } from '../../entra/uniqueness.ts';
import type { HeldObstacle } from '../contract.ts';
import type { GraphClient } from './graph-client.ts';
import type { AdministratorList, Administrators, GraphCompany } from './graph-company.ts';
import { belongsTo, type Extensions } from './graph-extensions.ts';
import { type ObjectState, readCandidates, readStates } from './graph-match.ts';
import { partsOfAnchor } from './graph-read.ts';
import { findExchanges, type Wish } from './graph-swap.ts';

const form = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('domain'), domain: z.string() }),
  /** The picture itself: only another one helps. */
  z.strictObject({ kind: z.literal('photo') }),
  /** A directory extension that the tenant does not define for such objects. */
  z.strictObject({ kind: z.literal('definition'), name: z.string() }),
  z.strictObject({
    kind: z.enum(['name', 'address', 'role', 'mastered']),
    holder: z.string(),
    /** The tenant refused an exchange with the holder: not tried again while both want the same. */
    stuck: z.literal(true).optional(),
  }),
]);
type Obstacle = z.infer<typeof form>;

/** The text by which the engine keeps an obstacle. */
export const obstacleText = (obstacle: Obstacle): string => JSON.stringify(obstacle);

/** The same obstacle, without the hope that its holder exchanges values with the object. */
export const stuckText = (text: string): string =>
  obstacleText({ ...form.parse(JSON.parse(text)), stuck: true } as Obstacle);

export interface Tenant {
  readonly client: GraphClient;
  readonly company: GraphCompany;
  readonly administrators: AdministratorList;
  readonly extensions: Extensions;
}

/** Ids of the obstacles that are gone, or became others. */
export async function obstaclesGone(
  tenant: Tenant,
  held: readonly HeldObstacle[],
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const known = held.flatMap((one) => {
    const read = form.safeParse(JSON.parse(one.obstacle));
    return read.success ? [{ ...one, is: read.data }] : [];
  });
  const values = known.flatMap(({ is, value }) =>
    (is.kind === 'name' || is.kind === 'address') && typeof value === 'string' ? [value] : [],
  );
  const nobody: Administrators = new Map();
  const keys = { anchors: [], names: values, addresses: values };
  const index = await readCandidates(tenant.client, keys, nobody, signal);
  const states = await readHolders(tenant, known, signal);
  const needsRoles = known.some(({ is }) => is.kind === 'role');
  const roles = needsRoles ? await tenant.administrators.read(signal) : nobody;
  const { settings } = tenant.company;
  const exchanging = new Set(findExchanges(wishesOf(known), index, settings).flatMap((g) => g.map((p) => p.wish.id)));
  const isThere = ({ is, value, anchor, objectType }: (typeof known)[number]): boolean => {
    const self = anchor === undefined ? undefined : partsOfAnchor(anchor)?.id;
    if (is.kind === 'photo') return true;
    if (self !== undefined && (is.kind === 'name' || is.kind === 'address') && !is.stuck && exchanging.has(self))
      return false;
    switch (is.kind) {
      case 'domain':
        return !isVerifiedDomain(settings, is.domain);
      case 'name':
        return upnConflict(String(value), self, index, settings)?.holder.id === is.holder;
      case 'address':
        return addressConflict(`SMTP:${String(value)}`, self, index, settings)?.holder.id === is.holder;
      case 'definition': {
        const definition = tenant.extensions.get(is.name);
        return definition === undefined || !belongsTo(definition, objectType);
      }
      case 'mastered':
        return states.get(is.holder)?.isMasteredElsewhere === true;
      case 'role': {
        const state = states.get(is.holder);
        return state !== undefined && (state.isRoleAssignable || (roles.get(is.holder) ?? []).length > 0);
      }
    }
  };
  const still = new Set(known.filter(isThere).map(({ id }) => id));
  return new Set(held.map(({ id }) => id).filter((id) => !still.has(id)));
}

/** What each user waits for because of a name or address that another one has. */
function wishesOf(known: readonly (HeldObstacle & { readonly is: Obstacle })[]): Wish[] {
  const wishes = new Map<string, Wish>();
  for (const { is, value, anchor } of known) {
    const id = anchor === undefined ? undefined : partsOfAnchor(anchor)?.id;
    if (id === undefined || typeof value !== 'string') continue;
    if ((is.kind === 'name' || is.kind === 'address') && !is.stuck)
      wishes.set(id, { ...(wishes.get(id) ?? { id }), [is.kind === 'name' ? 'name' : 'mail']: value });
  }
  return [...wishes.values()];
}

/** The objects that are mastered elsewhere or hold a role, as they are now. */
async function readHolders(
  { client }: Tenant,
  known: readonly { readonly is: Obstacle }[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ObjectState>> {
  const ids = known.flatMap(({ is }) => (is.kind === 'role' || is.kind === 'mastered' ? [is.holder] : []));
  const states = new Map<string, ObjectState>();
  if (ids.length === 0) return states;
  for (const collection of ['users', 'groups'] as const)
    for (const [id, state] of await readStates(client, collection, 'id', ids, signal)) states.set(id, state);
  return states;
}
