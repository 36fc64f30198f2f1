import type { Database } from './database.ts';
import { type ObjectStore, objectColumns, type StoredObject } from './objects.ts';

/**
 * Kinds of links. The numbers are stored: only append. `member` of a directory role is a role assignment.
 * Links that only the sync plane knows keep the names of its reference attributes.
 */
export const linkKinds = {
  member: 1,
  owner: 2,
  manager: 3,
  registeredOwner: 4,
  registeredUser: 5,
  /** From an administrative unit. A kind of its own: who is in a group is not in the units of the group. */
  unitMember: 6,
  managedBy: 20,
  assistant: 21,
  authOrig: 22,
  unauthOrig: 23,
  dLMemSubmitPerms: 24,
  dLMemRejectPerms: 25,
  publicDelegates: 26,
  altRecipient: 27,
  msExchModeratedByLink: 28,
  msExchBypassModerationLink: 29,
  msExchBypassModerationFromDLMembersLink: 30,
  msExchCoManagedByLink: 31,
  msExchDelegateListLink: 32,
  msExchTeamMailboxOwners: 33,
  msExchTeamMailboxSharePointLinkedBy: 34,
  registeredOwnerReference: 35,
  secretary: 36,
  seeAlso: 37,
  msExchAuditDelegateLink: 38,
  registeredUsersReference: 39,
  cloudPublicDelegates: 40,
  cloudMSExchDelegateListLink: 41,
  cloudMSExchTeamMailboxOwners: 42,
} as const;
export type LinkKind = keyof typeof linkKinds;

const nameByNumber = new Map(Object.entries(linkKinds).map(([name, number]) => [number as number, name as LinkKind]));
export const linkKindName = (number: number): LinkKind => nameByNumber.get(number) as LinkKind;
export const isLinkKind = (name: string): name is LinkKind => Object.hasOwn(linkKinds, name);

export interface LinkChangeRow {
  readonly change: number;
  readonly source: number;
  readonly kind: number;
  readonly target: string;
  readonly added: number;
}

/** Edges between objects, and the log of their changes that delta readers follow. */
export class LinkStore {
  readonly #db: Database;
  readonly #objects: ObjectStore;
  /** Numbers of links by source and kind: counting a group of 250,000 for each new member would cost too much. */
  readonly #counts = new Map<string, number>();

  constructor(db: Database, objects: ObjectStore) {
    this.#db = db;
    this.#objects = objects;
    db.onRollback(() => this.#counts.clear());
  }

  /** Links of this kind to what is live, as anybody who looks at the object counts them. Whether those to the recycle bin count is [U]. */
  count(source: number, kind: LinkKind): number {
    const key = `${source} ${kind}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = this.countTargets(source, kind);
      if (this.#counts.size >= 10_000) this.#counts.clear();
      this.#counts.set(key, count);
    }
    return count;
  }
  /** All links were taken away at once. */
  forgetCounts(): void {
    this.#counts.clear();
  }
  #adjust(source: number, kind: LinkKind, by: number): void {
    const key = `${source} ${kind}`;
    const count = this.#counts.get(key);
    if (count !== undefined) this.#counts.set(key, count + by);
  }

  has(source: number, kind: LinkKind, target: number): boolean {
    return (
      this.#db
        .sql('SELECT 1 FROM link WHERE source = ? AND kind = ? AND target = ?')
        .get(source, linkKinds[kind], target) !== undefined
    );
  }
  /** Whether the link is new. */
  add(source: number, kind: LinkKind, target: StoredObject): boolean {
    const { changes } = this.#db
      .sql('INSERT OR IGNORE INTO link (source, kind, target) VALUES (?, ?, ?)')
      .run(source, linkKinds[kind], target.seq);
    if (Number(changes) === 0) return false;
    if (target.deletedAt === undefined) this.#adjust(source, kind, 1);
    this.#log(source, linkKinds[kind], target.cloudAnchor, true);
    return true;
  }
  /** Whether there was such a link. */
  remove(source: number, kind: LinkKind, target: StoredObject): boolean {
    const { changes } = this.#db
      .sql('DELETE FROM link WHERE source = ? AND kind = ? AND target = ?')
      .run(source, linkKinds[kind], target.seq);
    if (Number(changes) === 0) return false;
    if (target.deletedAt === undefined) this.#adjust(source, kind, -1);
    this.#log(source, linkKinds[kind], target.cloudAnchor, false);
    return true;
  }
  #log(source: number, kind: number, target: string, added: boolean): void {
    const change = this.#objects.nextChange();
    this.#db
      .sql('INSERT INTO link_change (change, source, kind, target, added) VALUES (?, ?, ?, ?, ?)')
      .run(change, source, kind, target, Number(added));
  }

  /** Live targets in the order in which they came into the tenant, after that sequence number. */
  targets(source: number, kind: LinkKind, after = 0, limit = -1): StoredObject[] {
    return this.#objects.many(
      `SELECT ${objectColumns} FROM link l JOIN object o ON o.seq = l.target
       WHERE l.source = ? AND l.kind = ? AND l.target > ? AND o.deleted_at IS NULL ORDER BY l.target LIMIT ?`,
      source,
      linkKinds[kind],
      after,
      limit,
    );
  }
  /** Live sources of links to the object. */
  sources(target: number, kind: LinkKind, after = 0, limit = -1): StoredObject[] {
    return this.#objects.many(
      `SELECT ${objectColumns} FROM link l JOIN object o ON o.seq = l.source
       WHERE l.target = ? AND l.kind = ? AND l.source > ? AND o.deleted_at IS NULL ORDER BY l.source LIMIT ?`,
      target,
      linkKinds[kind],
      after,
      limit,
    );
  }
  countTargets(source: number, kind: LinkKind): number {
    const row = this.#db
      .sql(
        `SELECT count(*) AS n FROM link l JOIN object o ON o.seq = l.target
         WHERE l.source = ? AND l.kind = ? AND o.deleted_at IS NULL`,
      )
      .get(source, linkKinds[kind]) as { n: number };
    return row.n;
  }
  /** Ids, kinds and numbers of live targets over all kinds of links, in order of kind and target. */
  page(
    source: number,
    after: { readonly kind: number; readonly target: number },
    limit: number,
  ): { readonly kind: number; readonly target: number; readonly id: string; readonly objectKind: string }[] {
    return this.#db
      .sql(
        `SELECT l.kind AS kind, l.target AS target, o.id AS id, o.kind AS objectKind
         FROM link l JOIN object o ON o.seq = l.target
         WHERE l.source = ? AND (l.kind, l.target) > (?, ?) AND o.deleted_at IS NULL
         ORDER BY l.kind, l.target LIMIT ?`,
      )
      .all(source, after.kind, after.target, limit) as never;
  }
  /** Tells those who point to the object that it left (recycle bin) or came back. The links themselves stay. */
  announce(target: StoredObject, added: boolean): void {
    const rows = this.#db.sql('SELECT source, kind FROM link WHERE target = ?').all(target.seq) as unknown as {
      source: number;
      kind: number;
    }[];
    for (const row of rows) {
      this.#adjust(row.source, linkKindName(row.kind), added ? 1 : -1);
      this.#log(row.source, row.kind, target.cloudAnchor, added);
    }
  }
  /** Removes all links from and to the object. */
  detach(object: StoredObject): void {
    if (object.deletedAt === undefined) this.announce(object, false);
    for (const kind of Object.keys(linkKinds)) this.#counts.delete(`${object.seq} ${kind}`);
    this.#db.sql('DELETE FROM link WHERE source = ?').run(object.seq);
    this.#db.sql('DELETE FROM link WHERE target = ?').run(object.seq);
  }
}
