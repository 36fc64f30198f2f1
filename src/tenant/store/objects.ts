import type { SQLInputValue } from 'node:sqlite';
import type { Database } from './database.ts';
import { fold, type Kind, lookupKeys } from './properties.ts';

/** Properties by name, as Graph shows them. */
export type Body = Readonly<Record<string, unknown>>;

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  readonly sync: number | null;
  readonly anchor: string | null;
  readonly deleted_at: number | null;
  readonly change: number;
  readonly created_change: number;
  readonly body: string;
  readonly shadow: string | null;
  readonly internal: string | null;
}

/** One object of the tenant as stored. Its JSON parts are parsed when first asked for. */
export class StoredObject {
  readonly seq: number;
  readonly id: string;
  readonly kind: Kind;
  /** onPremisesSyncEnabled: undefined is null, never synced. */
  readonly sync: boolean | undefined;
  readonly anchor: string | undefined;
  /** ms since 1970; undefined while live. */
  readonly deletedAt: number | undefined;
  readonly change: number;
  readonly createdChange: number;
  readonly #texts: { readonly body: string; readonly shadow: string | null; readonly internal: string | null };
  #body: Body | undefined;
  #shadow: Body | undefined;
  #internal: Body | undefined;

  constructor(row: Row) {
    this.seq = row.seq;
    this.id = row.id;
    this.kind = row.kind as Kind;
    this.sync = row.sync === null ? undefined : row.sync === 1;
    this.anchor = row.anchor ?? undefined;
    this.deletedAt = row.deleted_at ?? undefined;
    this.change = row.change;
    this.createdChange = row.created_change;
    this.#texts = row;
  }
  /** What Graph shows. */
  get body(): Body {
    this.#body ??= JSON.parse(this.#texts.body) as Body;
    return this.#body;
  }
  /** What the synchronization client sent, by the names of the sync plane. */
  get shadow(): Body {
    this.#shadow ??= JSON.parse(this.#texts.shadow ?? '{}') as Body;
    return this.#shadow;
  }
  /** What the tenant knows and shows to nobody: credentials, quarantine, who masters the object. */
  get internal(): Body {
    this.#internal ??= JSON.parse(this.#texts.internal ?? '{}') as Body;
    return this.#internal;
  }
  get cloudAnchor(): string {
    return cloudAnchorOf(this.kind, this.id);
  }
}

const anchorPrefix: Readonly<Record<string, string>> = {
  user: 'User',
  group: 'Group',
  contact: 'Contact',
  device: 'Device',
};
/** `User_<id>` and so on (entra-directory s.0). */
export const cloudAnchorOf = (kind: Kind, id: string): string => `${anchorPrefix[kind] ?? kind}_${id}`;

/** The properties in which two bodies differ. */
function changedNames(before: Body, after: Body): string[] {
  if (before === after) return [];
  const same = (a: unknown, b: unknown) =>
    a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
  const names = Object.keys(after).filter((name) => !same(before[name], after[name]));
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) names.push(name);
  return names;
}

export interface NewObject {
  readonly id: string;
  readonly kind: Kind;
  readonly body: Body;
  readonly shadow?: Body;
  readonly internal?: Body;
  readonly sync?: boolean;
  readonly anchor?: string;
}
/** Parts that are absent stay as they are; `null` clears. */
export interface ObjectPatch {
  readonly body?: Body;
  readonly shadow?: Body;
  readonly internal?: Body;
  readonly sync?: boolean | null;
  readonly anchor?: string | null;
}

const columns =
  'o.seq, o.id, o.kind, o.sync, o.anchor, o.deleted_at, o.change, o.created_change, o.body, o.shadow, o.internal';
export const objectColumns: string = columns;

/** Objects by key, and their writing. Every write keeps the lookup table and the change sequence in step. */
export class ObjectStore {
  readonly #db: Database;
  #lastChange: number;

  constructor(db: Database) {
    this.#db = db;
    this.#lastChange = this.#readLastChange();
    db.onRollback(() => {
      this.#lastChange = this.#readLastChange();
    });
  }

  #readLastChange(): number {
    const row = this.#db
      .sql(
        `SELECT max(ifnull((SELECT max(change) FROM object), 0), ifnull((SELECT max(change) FROM link_change), 0),
         ifnull((SELECT max(change) FROM tombstone), 0),
         ifnull((SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'changeFloor'), 0)) AS last`,
      )
      .get() as { last: number };
    return row.last;
  }
  /** The newest number of the change sequence. */
  get lastChange(): number {
    return this.#lastChange;
  }
  /** The same as the tables have it: a reader of the past sees an older one. */
  newestChange(): number {
    return this.#readLastChange();
  }
  nextChange(): number {
    this.#lastChange += 1;
    return this.#lastChange;
  }

  /** Live or in the recycle bin. */
  byId(id: string): StoredObject | undefined {
    return this.one(`SELECT ${columns} FROM object o WHERE o.id = ?`, id.toLowerCase());
  }
  bySeq(seq: number): StoredObject | undefined {
    return this.one(`SELECT ${columns} FROM object o WHERE o.seq = ?`, seq);
  }
  /** Objects of this kind with the source anchor, compared letter by letter; live ones first. */
  byAnchor(anchor: string, kind: Kind): StoredObject[] {
    return this.many(
      `SELECT ${columns} FROM object o WHERE o.anchor = ? AND o.kind = ? ORDER BY o.deleted_at IS NOT NULL, o.seq`,
      anchor,
      kind,
    );
  }
  byAnchorOfAnyKind(anchor: string): StoredObject[] {
    // Most look-ups find nothing, and this way they cost a fifth.
    if (this.#db.sql('SELECT 1 FROM object WHERE anchor = ? LIMIT 1').get(anchor) === undefined) return [];
    return this.many(
      `SELECT ${columns} FROM object o WHERE o.anchor = ? ORDER BY o.deleted_at IS NOT NULL, o.seq`,
      anchor,
    );
  }
  /** Live objects that have the value in the indexed property. */
  byValue(property: number, value: string, limit = 50): StoredObject[] {
    if (!this.hasValue(property, value)) return [];
    return this.many(
      `SELECT ${columns} FROM lookup l JOIN object o ON o.seq = l.object WHERE l.property = ? AND l.value = ? ORDER BY l.object LIMIT ?`,
      property,
      fold(value),
      limit,
    );
  }
  hasValue(property: number, value: string): boolean {
    return (
      this.#db.sql('SELECT 1 FROM lookup WHERE property = ? AND value = ? LIMIT 1').get(property, fold(value)) !==
      undefined
    );
  }
  count(kind: Kind, deleted = false): number {
    const row = this.#db
      .sql(`SELECT count(*) AS n FROM object WHERE kind = ? AND deleted_at IS ${deleted ? 'NOT NULL' : 'NULL'}`)
      .get(kind) as { n: number };
    return row.n;
  }
  /** Objects that match the rest of a statement that starts after FROM; constants only in the text. */
  many(text: string, ...values: SQLInputValue[]): StoredObject[] {
    return (this.#db.sql(text).all(...values) as unknown as Row[]).map((row) => new StoredObject(row));
  }
  one(text: string, ...values: SQLInputValue[]): StoredObject | undefined {
    const row = this.#db.sql(text).get(...values) as unknown as Row | undefined;
    return row && new StoredObject(row);
  }

  insert(object: NewObject): StoredObject {
    const change = this.nextChange();
    const row = {
      id: object.id,
      kind: object.kind,
      sync: object.sync === undefined ? null : Number(object.sync),
      anchor: object.anchor ?? null,
      deleted_at: null,
      change,
      created_change: change,
      body: JSON.stringify(object.body),
      shadow: object.shadow ? JSON.stringify(object.shadow) : null,
      internal: object.internal ? JSON.stringify(object.internal) : null,
    };
    const { lastInsertRowid } = this.#db
      .sql(
        `INSERT INTO object (id, kind, sync, anchor, change, created_change, body, shadow, internal)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(row.id, row.kind, row.sync, row.anchor, change, change, row.body, row.shadow, row.internal);
    const seq = Number(lastInsertRowid);
    this.#addKeys(seq, lookupKeys(object.kind, object.body, object.sync).values());
    return new StoredObject({ ...row, seq });
  }

  /** Writes the patch and returns the object as it is now. */
  update(object: StoredObject, patch: ObjectPatch): StoredObject {
    const change = this.nextChange();
    const body = patch.body ?? object.body;
    const shadow = patch.shadow ?? object.shadow;
    const internal = patch.internal ?? object.internal;
    const sync = patch.sync === undefined ? object.sync : (patch.sync ?? undefined);
    const anchor = patch.anchor === undefined ? object.anchor : (patch.anchor ?? undefined);
    const row = {
      seq: object.seq,
      id: object.id,
      kind: object.kind,
      sync: sync === undefined ? null : Number(sync),
      anchor: anchor ?? null,
      deleted_at: object.deletedAt ?? null,
      change,
      created_change: object.createdChange,
      body: JSON.stringify(body),
      shadow: JSON.stringify(shadow),
      internal: JSON.stringify(internal),
    };
    this.#db
      .sql('UPDATE object SET sync=?, anchor=?, change=?, body=?, shadow=?, internal=? WHERE seq=?')
      .run(row.sync, row.anchor, change, row.body, row.shadow, row.internal, object.seq);
    if (object.deletedAt === undefined && (patch.body !== undefined || patch.sync !== undefined)) {
      this.#replaceKeys(object, lookupKeys(object.kind, body, sync));
    }
    const names = changedNames(object.body, body);
    if (sync !== object.sync) names.push('onPremisesSyncEnabled');
    if (anchor !== object.anchor) names.push('onPremisesImmutableId');
    this.#db
      .sql('INSERT INTO object_change (object, change, names) VALUES (?, ?, ?)')
      .run(object.seq, change, names.join(','));
    return new StoredObject(row);
  }

  /**
   * Names of the properties that changed after one number of the sequence and up to another; undefined if nobody can
   * say, because the object came into being or back meanwhile.
   */
  changedProperties(object: StoredObject, after: number, until: number): ReadonlySet<string> | undefined {
    if (object.createdChange > after) return undefined;
    const rows = this.#db
      .sql('SELECT change, names FROM object_change WHERE object = ? AND change > ? AND change <= ? ORDER BY change')
      .all(object.seq, after, until) as unknown as { change: number; names: string }[];
    if (rows.at(-1)?.change !== object.change || rows.some((row) => row.names === '*')) return undefined;
    return new Set(rows.flatMap((row) => (row.names === '' ? [] : row.names.split(','))));
  }

  /** Into the recycle bin: the row stays, nothing finds it by value any more. */
  bin(object: StoredObject, at: number, patch: { readonly sync?: boolean | null }): void {
    const sync = patch.sync === undefined ? object.sync : (patch.sync ?? undefined);
    const change = this.nextChange();
    this.#db
      .sql('UPDATE object SET deleted_at=?, sync=?, change=? WHERE seq=?')
      .run(at, sync === undefined ? null : Number(sync), change, object.seq);
    this.#removeKeys(object.seq, lookupKeys(object.kind, object.body, object.sync).values());
  }
  /** Out of the recycle bin, with the body given. */
  unbin(object: StoredObject, body: Body, sync: boolean | undefined): StoredObject {
    const change = this.nextChange();
    this.#db
      .sql('UPDATE object SET deleted_at=NULL, sync=?, change=?, body=? WHERE seq=?')
      .run(sync === undefined ? null : Number(sync), change, JSON.stringify(body), object.seq);
    this.#db.sql("INSERT INTO object_change (object, change, names) VALUES (?, ?, '*')").run(object.seq, change);
    this.#addKeys(object.seq, lookupKeys(object.kind, body, sync).values());
    return this.bySeq(object.seq) as StoredObject;
  }
  /** For good. Links must be gone already. */
  remove(object: StoredObject, at: number): void {
    const change = this.nextChange();
    if (object.deletedAt === undefined) {
      this.#removeKeys(object.seq, lookupKeys(object.kind, object.body, object.sync).values());
    }
    this.#db.sql('DELETE FROM object WHERE seq = ?').run(object.seq);
    this.#db
      .sql('INSERT INTO tombstone (change, id, kind, anchor, was_synced, at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(change, object.id, object.kind, object.anchor ?? null, Number(object.sync !== undefined), at);
  }

  #addKeys(seq: number, keys: Iterable<readonly [number, string]>): void {
    const insert = this.#db.sql('INSERT INTO lookup (property, value, object) VALUES (?, ?, ?)');
    for (const [property, value] of keys) insert.run(property, value, seq);
  }
  #removeKeys(seq: number, keys: Iterable<readonly [number, string]>): void {
    const remove = this.#db.sql('DELETE FROM lookup WHERE property = ? AND value = ? AND object = ?');
    for (const [property, value] of keys) remove.run(property, value, seq);
  }
  #replaceKeys(before: StoredObject, after: Map<string, readonly [number, string]>): void {
    const old = lookupKeys(before.kind, before.body, before.sync);
    this.#removeKeys(
      before.seq,
      [...old].filter(([key]) => !after.has(key)).map(([, entry]) => entry),
    );
    this.#addKeys(
      before.seq,
      [...after].filter(([key]) => !old.has(key)).map(([, entry]) => entry),
    );
  }
}
