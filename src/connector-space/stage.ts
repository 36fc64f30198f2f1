/**
 * Staging: brings what an import reports into the connector space (sync-engine s.1.4). The caller holds a transaction.
 * An object is known by its anchor; a DN only serves to adopt placeholders and objects whose creation was exported but
 * not confirmed yet. Invariants and the life cycle: SPEC.md.
 */
import type { ImportedChange, ImportedMoreReferences, ImportedObject } from '../model/change.ts';
import { dnKey } from '../model/dn.ts';
import { type Attributes, type AttributeValue, canonicalText, valuesOf } from '../model/value.ts';
import { joinKey } from '../rules/join.ts';
import type { CsRow } from '../store/connector-space.ts';
import type { Store } from '../store/store.ts';
import { applyDelta, parseAttributes, parseDelta } from './hologram.ts';
import { EdgeStaging } from './stage-references.ts';

export type StageOutcome = 'no-change' | 'add' | 'update' | 'rename' | 'delete-add';

export interface StagingOptions {
  readonly connector: number;
  readonly partition: number;
  readonly run: number;
  /** Attributes by which objects of this connector are looked up. */
  readonly keys: ReadonlySet<string>;
  /** Attributes that no import brings: what was sent of them stays. */
  readonly kept?: ReadonlySet<string>;
  /** Told about every object whose export was sent and now came back, with the attributes as imported. */
  readonly confirm: (cs: number, imported: Attributes) => void;
}

export class Staging {
  readonly edges: EdgeStaging;
  readonly #store: Store;
  readonly #options: StagingOptions;
  readonly #keyIds: readonly (readonly [name: string, id: number])[];

  constructor(store: Store, options: StagingOptions) {
    this.#store = store;
    this.#options = options;
    this.#keyIds = [...options.keys].map((name) => [name, store.attributes.id(name)] as const);
    this.edges = new EdgeStaging(store, options.connector, options.partition, options.run);
  }

  /** Whether staging this object would change anything. Reads only. */
  differs(item: ImportedObject): boolean {
    const row = this.#store.cs.byAnchor(this.#options.connector, item.anchor);
    if (
      !row ||
      row.object_type !== item.objectType ||
      row.attributes !== canonicalText(this.#withKept(row, item.attributes)) ||
      row.dn !== item.dn
    )
      return true;
    return this.#store.cs.pending(row.id)?.kind === 'delete' || this.edges.differs(row.id, item.references);
  }

  /** Id of an object that is held whole; undefined if the connector must be asked for it. */
  idOf(anchor: string): number | undefined {
    return this.#store.cs.idByAnchor(this.#options.connector, anchor);
  }

  /** Stages a whole object. */
  object(item: ImportedObject): { id: number; outcome: StageOutcome } {
    const key = dnKey(item.dn);
    const row = this.#store.cs.byAnchor(this.#options.connector, item.anchor) ?? this.#adopt(key);
    if (!row) return { id: this.#insert(item, key, canonicalText(item.attributes)), outcome: 'add' };
    const attributes = this.#withKept(row, item.attributes);
    const text = canonicalText(attributes);
    this.edges.mergePlaceholders(row.id, key);
    const pending = this.#store.cs.pending(row.id)?.kind;
    const isNew = row.object_type === null;
    const same =
      !isNew &&
      row.attributes === text &&
      row.dn === item.dn &&
      row.object_type === item.objectType &&
      row.anchor === item.anchor;
    const edgesChanged = this.edges.replaceAll(row.id, item.references, isNew || pending === 'add');
    if (!same) {
      this.#store.cs.update(
        {
          ...row,
          partition: this.#options.partition,
          anchor: item.anchor,
          dn: item.dn,
          object_type: item.objectType,
          attributes: text,
        },
        key,
      );
      this.#rekey(row.id, isNew ? {} : parseAttributes(row.attributes), attributes);
    }
    this.#options.confirm(row.id, attributes);
    if (same && !edgesChanged && pending !== 'delete') return { id: row.id, outcome: 'no-change' };
    return { id: row.id, outcome: this.#pend(row, item.objectType, item.dn, isNew) };
  }

  /** Stages an incremental change; undefined if the object is not held whole and has to be read first. */
  change(item: ImportedChange): { id: number; outcome: StageOutcome; movedFrom?: string } | undefined {
    const row = this.#store.cs.byAnchor(this.#options.connector, item.anchor);
    if (!row || row.object_type === null || row.attributes === null) return undefined;
    const pending = this.#store.cs.pending(row.id)?.kind;
    if (pending === 'delete') return undefined;
    const before = parseAttributes(row.attributes);
    const after = this.#withKept(row, applyDelta(before, item.attributes));
    const text = canonicalText(after);
    const dn = item.dn ?? row.dn;
    const objectType = item.objectType ?? row.object_type;
    const edgesChanged = this.edges.apply(row.id, item.references, pending === 'add');
    const same = text === row.attributes && dn === row.dn && objectType === row.object_type;
    if (!same) {
      this.#store.cs.update({ ...row, dn, object_type: objectType, attributes: text }, dnKey(dn));
      this.#rekey(row.id, before, after);
    }
    this.#options.confirm(row.id, after);
    if (same && !edgesChanged) return { id: row.id, outcome: 'no-change' };
    const outcome = this.#pend(row, objectType, dn, false);
    return dn === row.dn ? { id: row.id, outcome } : { id: row.id, outcome, movedFrom: row.dn };
  }

  /** More references of an object staged just before. */
  moreReferences(item: ImportedMoreReferences): void {
    const id = this.idOf(item.anchor);
    if (id === undefined) return;
    const isNew = this.#store.cs.pending(id)?.kind === 'add';
    const added = Object.fromEntries(
      Object.entries(item.references).map(([n, targets]) => [n, { added: targets, removed: [] }]),
    );
    this.edges.apply(id, added, isNew);
  }

  /** A new DN that followed from the move of a container above. */
  rename(row: CsRow, dn: string): void {
    this.#store.cs.rename(row.id, dn, dnKey(dn));
    if (row.object_type !== null) this.#pend(row, row.object_type, dn, false);
  }

  /**
   * The object is gone from the connected directory, or out of scope. References to it stay as they are if it went out
   * of scope (the directory will not report them again when it comes back) and go if it was deleted (the directory
   * reports nothing about the holders: active-directory s.3.3).
   */
  delete(id: number, reason: 'deleted' | 'out-of-scope'): boolean {
    const row = this.#store.cs.get(id);
    if (!row || row.object_type === null) return false;
    if (reason === 'deleted') this.edges.dropTo(id);
    const pending = this.#store.cs.pending(id);
    if (pending?.kind === 'delete') return false;
    if (pending?.kind === 'add' && !this.#store.mv.link(id)) {
      this.forget(row);
      return true;
    }
    this.#store.cs.setPending({
      cs: id,
      kind: 'delete',
      previous: pending ? pending.previous : previousOf(row),
      run: this.#options.run,
    });
    return true;
  }

  /** Takes an object out of the connector space; what is referred to stays as a placeholder. */
  forget(row: CsRow): void {
    const { cs, exports, obstacles, references, records } = this.#store;
    this.#rekey(row.id, parseAttributes(row.attributes), {});
    this.edges.removeFrom(row.id);
    references.removeFlows(row.id);
    exports.remove(row.id);
    exports.removeUnconfirmed(row.id);
    exports.removeGiven(row.id);
    obstacles.removeAll(row.id);
    exports.removeReferences(row.id);
    records.clearErrors(row.id);
    cs.clearPending(row.id);
    if (references.isTarget(row.id)) {
      cs.update({ ...row, object_type: null, attributes: null }, dnKey(row.dn));
    } else {
      cs.remove(row.id);
    }
  }

  #withKept(row: CsRow, imported: Attributes): Attributes {
    const { kept } = this.#options;
    if (kept === undefined || kept.size === 0) return imported;
    const sent = parseDelta(this.#store.exports.unconfirmed(row.id)?.attributes);
    const held = applyDelta(parseAttributes(row.attributes), sent);
    const own = [...kept].flatMap((name) => (held[name] === undefined ? [] : [[name, held[name]] as const]));
    return own.length === 0 ? imported : { ...imported, ...Object.fromEntries(own) };
  }

  #adopt(key: string): CsRow | undefined {
    return this.#store.cs.byDn(this.#options.connector, key).find((r) => r.anchor === null);
  }

  #insert(item: ImportedObject, key: string, text: string): number {
    const { cs } = this.#store;
    const id = cs.insert(
      {
        connector: this.#options.connector,
        partition: this.#options.partition,
        anchor: item.anchor,
        dn: item.dn,
        object_type: item.objectType,
        attributes: text,
      },
      key,
    );
    this.edges.remember(item.anchor, id);
    cs.setPending({ cs: id, kind: 'add', previous: null, run: this.#options.run });
    this.#rekey(id, {}, item.attributes);
    this.edges.addAll(id, item.references);
    return id;
  }

  #pend(row: CsRow, objectType: string, dn: string, isNew: boolean): StageOutcome {
    const { cs } = this.#store;
    const pending = cs.pending(row.id);
    if (isNew || pending?.kind === 'add') {
      cs.setPending({ cs: row.id, kind: 'add', previous: null, run: this.#options.run });
      return isNew ? 'add' : 'update';
    }
    const kind = row.object_type !== objectType || pending?.kind === 'delete-add' ? 'delete-add' : 'update';
    cs.setPending({ cs: row.id, kind, previous: pending ? pending.previous : previousOf(row), run: this.#options.run });
    return kind === 'delete-add' ? kind : dn !== row.dn ? 'rename' : 'update';
  }

  #rekey(id: number, before: Attributes, after: Attributes): void {
    const { cs } = this.#store;
    for (const [name, attribute] of this.#keyIds) {
      const old = before[name];
      const now = after[name];
      if (old === now) continue;
      const had = keysOf(old);
      const has = keysOf(now);
      for (const k of had) if (!has.has(k)) cs.removeKey(this.#options.connector, attribute, k, id);
      for (const k of has) if (!had.has(k)) cs.addKey(this.#options.connector, attribute, k, id);
    }
  }
}

const noKeys: ReadonlySet<string> = new Set();
const keysOf = (value: AttributeValue | undefined): ReadonlySet<string> =>
  value === undefined ? noKeys : new Set(valuesOf(value).flatMap((v) => joinKey(v) ?? []));

const previousOf = (row: CsRow): string =>
  JSON.stringify({ dn: row.dn, objectType: row.object_type, attributes: parseAttributes(row.attributes) });
