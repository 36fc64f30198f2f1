/** The objects of all connected directories, from the connector space. Reads only. */
import { tenantLimits } from '../../entra/limits.ts';
import { countSecurityGroups, type GroupFacts } from '../../entra/memberships.ts';
import { type Attributes, isBinary } from '../../model/value.ts';
import { joinKey } from '../../rules/join.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { Store } from '../../store/store.ts';
import type { PrecheckObject, PrecheckSource } from './model.ts';

/** Rows read at a time. */
const pageSize = 1000;
/** Types of objects that have something to check. */
const types = ['user', 'inetOrgPerson', 'contact', 'group', 'computer'] as const;

/** What a store has staged, apart from clouds. */
export function storeSource(store: Store): PrecheckSource & { readonly connectors: readonly string[] } {
  const connectors = store.records.connectors().filter((c) => c.type !== 'entra');
  const names = new Map(connectors.map((c) => [c.id, c.name]));
  const identities = makeIdentities();
  const memberships = makeMemberships(store);
  const view = (row: CsRow): PrecheckObject | undefined => objectOf(store, row, names, identities, memberships);
  return {
    connectors: connectors.map((c) => c.name),
    object: (id) => {
      const row = store.cs.get(id);
      return row && view(row);
    },
    *objects() {
      for (const { id } of connectors) {
        for (const type of types) {
          for (let after = 0; ; ) {
            const rows = store.cs.page(id, type, after, pageSize);
            if (rows.length === 0) break;
            after = rows.at(-1)!.id;
            for (const row of rows) {
              const object = view(row);
              if (object) yield object;
            }
          }
        }
      }
    },
  };
}

/** Identities by object, remembered from the first reading: asking the store for each is what takes most time. */
interface Identities {
  of(id: number, find: () => number): number;
}
function makeIdentities(): Identities {
  let known = new Int32Array(1 << 16);
  return {
    of(id, find) {
      if (id >= known.length) {
        const larger = new Int32Array(Math.max(id + 1, known.length * 2));
        larger.set(known);
        known = larger;
      }
      const identity = known[id] || find();
      known[id] = identity;
      return identity;
    },
  };
}

function objectOf(
  store: Store,
  row: CsRow,
  names: ReadonlyMap<number, string>,
  identities: Identities,
  memberships: Memberships,
): PrecheckObject | undefined {
  const connector = names.get(row.connector);
  if (connector === undefined || row.object_type === null || row.attributes === null) return undefined;
  const attributes = JSON.parse(row.attributes) as Attributes;
  if (row.object_type === 'group') memberships.learn(row.id, attributes.groupType);
  const isMailbox = attributes.msExchRecipientTypeDetails === 2;
  const identity = identities.of(
    row.id,
    () => store.mv.link(row.id)?.mv ?? (isMailbox ? accountOf(store, attributes, names) : undefined) ?? -row.id,
  );
  const anchor = isMailbox && identity > 0 ? anchorOfIdentity(store, identity) : undefined;
  return {
    id: row.id,
    identity,
    connector,
    dn: row.dn,
    anchor: row.anchor,
    type: row.object_type,
    attributes,
    ...(anchor === undefined ? {} : { identityAnchor: anchor }),
    ...(row.object_type === 'group' ? { memberCount: memberCount(store, row.id) } : {}),
    ...(personTypes.has(row.object_type) ? { memberships: () => memberships.count(row.id) } : {}),
  };
}

const personTypes: ReadonlySet<string> = new Set(['user', 'inetOrgPerson']);

/** Groups of groups, remembered from the first reading. */
interface Memberships {
  learn(id: number, groupType: unknown): void;
  count(id: number): number;
}
function makeMemberships(store: Store): Memberships {
  const limit = tenantLimits.sharePointMemberships;
  const security = new Map<number, boolean>();
  const known = new Map<number, GroupFacts<number>>();
  const member = store.attributes.find('member');
  const groupsWith = (id: number): number[] => {
    const edges = store.references.to(id);
    return edges.filter((edge) => edge.attribute === member).map((edge) => edge.cs);
  };
  const factsOf = (group: number): GroupFacts<number> => {
    const before = known.get(group);
    const facts = before ?? { isSecurity: security.get(group) === true, memberOf: groupsWith(group) };
    if (!before) known.set(group, facts);
    return facts;
  };
  /** Everybody in so many groups directly that, with the group that lies deepest in others, it might be too many. */
  const findCandidates = (): ReadonlySet<number> => {
    // With so few groups nobody is in too many of them.
    if (member === undefined || security.size <= limit) return new Set();
    let most = 1;
    for (const group of security.keys()) most = Math.max(most, countSecurityGroups([group], factsOf, limit));
    return new Set(store.references.manyTo(member, Math.floor(limit / most)));
  };
  let candidates: ReadonlySet<number> | undefined;
  return {
    // The sign bit of groupType is set on security groups.
    learn: (id, groupType) => void security.set(id, Number(groupType ?? 0) < 0),
    count(id) {
      candidates ??= findCandidates();
      return candidates.has(id) ? countSecurityGroups(groupsWith(id), factsOf) : 0;
    },
  };
}

function memberCount(store: Store, id: number): number {
  const member = store.attributes.find('member');
  return member === undefined ? 0 : (store.references.counts(id).find((c) => c.attribute === member)?.count ?? 0);
}

function anchorOfIdentity(store: Store, mv: number): string | undefined {
  const row = store.mv.get(mv);
  const anchor = row && (JSON.parse(row.attributes) as Attributes).sourceAnchor;
  return typeof anchor === 'string' ? anchor : undefined;
}

/** The identity of the account that a mailbox belongs to, before anything was synchronized (sync-engine s.4.4). */
function accountOf(store: Store, attributes: Attributes, names: ReadonlyMap<number, string>): number | undefined {
  const sid = attributes.msExchMasterAccountSid;
  const attribute = store.attributes.find('objectSid');
  const key = sid !== undefined && isBinary(sid as never) ? joinKey(sid as never) : undefined;
  if (attribute === undefined || key === undefined) return undefined;
  for (const connector of names.keys()) {
    const [account] = store.cs.findKey(connector, attribute, key);
    // A second mailbox of the same account is not linked, so that it is told apart from the first.
    if (account !== undefined) return store.mv.link(account) ? undefined : -account;
  }
  return undefined;
}
