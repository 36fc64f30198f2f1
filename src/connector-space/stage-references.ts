/** Staging of references: keeps the edges of an object equal to what the import says, and notes which ones changed. */
import type { ReferenceChange, ReferenceTarget } from '../model/change.ts';
import { dnKey } from '../model/dn.ts';
import type { Edge } from '../store/references.ts';
import type { Store } from '../store/store.ts';

type Targets = Readonly<Record<string, readonly ReferenceTarget[]>>;
/** Anchors remembered between look-ups; bounded, because a directory may have millions. */
const cacheSize = 200_000;

export class EdgeStaging {
  readonly #store: Store;
  readonly #connector: number;
  readonly #partition: number;
  readonly #run: number;
  readonly #ids = new Map<string, number>();

  constructor(store: Store, connector: number, partition: number, run: number) {
    this.#store = store;
    this.#connector = connector;
    this.#partition = partition;
    this.#run = run;
  }

  remember(anchor: string, id: number): void {
    if (this.#ids.size >= cacheSize) this.#ids.clear();
    this.#ids.set(anchor, id);
  }

  /** Forgets what was remembered: after a rollback, or when objects were removed. */
  reset(): void {
    this.#ids.clear();
  }

  /** Whether the edges of the object differ from these. Reads only. */
  differs(id: number, references: Targets): boolean {
    const current = this.#current(id);
    for (const [name, targets] of Object.entries(references)) {
      const attribute = this.#store.attributes.find(name);
      const held = attribute === undefined ? undefined : current.get(attribute);
      const found = new Set(targets.map((t) => this.#find(t)));
      if (found.has(undefined) || found.size !== (held?.size ?? 0)) return true;
      for (const t of found) if (!held?.has(t as number)) return true;
      if (attribute !== undefined) current.delete(attribute);
    }
    return current.size > 0;
  }

  /** All edges of a new object. */
  addAll(id: number, references: Targets): void {
    for (const [name, targets] of Object.entries(references)) {
      const attribute = this.#store.attributes.id(name);
      let added = 0;
      for (const t of targets) if (this.#store.references.add({ cs: id, attribute, target: this.#resolve(t) })) added++;
      if (added > 0) this.#store.references.bump(id, attribute, added);
    }
  }

  /** Makes the edges of the object exactly these. Tells whether anything changed. */
  replaceAll(id: number, references: Targets, isNew: boolean): boolean {
    const current = this.#current(id);
    let changed = false;
    for (const [name, targets] of Object.entries(references)) {
      const attribute = this.#store.attributes.id(name);
      changed = this.#replace(id, attribute, targets, current.get(attribute), isNew) || changed;
      current.delete(attribute);
    }
    for (const [attribute, held] of current) changed = this.#replace(id, attribute, [], held, isNew) || changed;
    return changed;
  }

  /** Applies incremental reference changes, removals first. */
  apply(id: number, references: Readonly<Record<string, ReferenceChange>>, isNew: boolean): boolean {
    let changed = false;
    for (const [name, change] of Object.entries(references)) {
      const attribute = this.#store.attributes.id(name);
      if ('all' in change) {
        const held = new Set(this.#store.references.targets(id, attribute));
        changed = this.#replace(id, attribute, change.all, held, isNew) || changed;
        continue;
      }
      for (const t of change.removed) {
        const target = this.#find(t);
        if (target !== undefined) changed = this.#remove({ cs: id, attribute, target }, isNew) || changed;
      }
      for (const t of change.added)
        changed = this.#add({ cs: id, attribute, target: this.#resolve(t) }, isNew) || changed;
    }
    return changed;
  }

  /** Drops all edges that point at an object that was deleted. */
  dropTo(id: number): void {
    for (const edge of this.#store.references.to(id)) {
      this.#remove(edge, false);
      const holder = this.#store.cs.get(edge.cs);
      if (holder && holder.object_type !== null && !this.#store.cs.pending(edge.cs)) {
        this.#store.cs.setPending({
          cs: edge.cs,
          kind: 'update',
          previous: JSON.stringify({
            dn: holder.dn,
            objectType: holder.object_type,
            attributes: JSON.parse(holder.attributes ?? '{}'),
          }),
          run: this.#run,
        });
      }
    }
  }

  /** Drops all edges of an object that leaves the connector space. */
  removeFrom(id: number): void {
    for (const edge of this.#store.references.of(id)) this.#remove(edge, true);
  }

  /** Edges that point at a DN-only placeholder for this object are moved to the object itself. */
  mergePlaceholders(id: number, key: string): void {
    for (const other of this.#store.cs.byDn(this.#connector, key)) {
      if (other.id === id || other.anchor !== null || other.object_type !== null) continue;
      for (const edge of this.#store.references.to(other.id)) {
        this.#remove(edge, false);
        this.#add({ ...edge, target: id }, false);
      }
      this.#store.cs.remove(other.id);
    }
  }

  #current(id: number): Map<number, Set<number>> {
    const byAttribute = new Map<number, Set<number>>();
    for (const e of this.#store.references.of(id)) {
      const set = byAttribute.get(e.attribute);
      if (set) set.add(e.target);
      else byAttribute.set(e.attribute, new Set([e.target]));
    }
    return byAttribute;
  }

  #replace(
    id: number,
    attribute: number,
    targets: readonly ReferenceTarget[],
    held: Set<number> | undefined,
    isNew: boolean,
  ): boolean {
    let changed = false;
    const wanted = new Set(targets.map((t) => this.#resolve(t)));
    for (const target of held ?? [])
      if (!wanted.has(target)) changed = this.#remove({ cs: id, attribute, target }, isNew) || changed;
    for (const target of wanted) {
      if (held?.has(target)) this.#store.exports.removeUnconfirmedReference({ cs: id, attribute, target });
      else changed = this.#add({ cs: id, attribute, target }, isNew) || changed;
    }
    return changed;
  }

  #add(edge: Edge, isNew: boolean): boolean {
    this.#store.exports.removeUnconfirmedReference(edge);
    if (!this.#store.references.add(edge)) return false;
    this.#store.references.bump(edge.cs, edge.attribute, 1);
    if (!isNew) this.#store.references.change(edge);
    return true;
  }

  #remove(edge: Edge, isNew: boolean): boolean {
    this.#store.exports.removeUnconfirmedReference(edge);
    if (!this.#store.references.remove(edge)) return false;
    this.#store.references.bump(edge.cs, edge.attribute, -1);
    if (!isNew) this.#store.references.change(edge);
    return true;
  }

  #find(target: ReferenceTarget): number | undefined {
    if (target.anchor !== undefined) {
      const known = this.#ids.get(target.anchor) ?? this.#store.cs.idByAnchor(this.#connector, target.anchor);
      if (known !== undefined) return known;
    }
    return target.dn === undefined ? undefined : this.#byDn(target.dn, target.anchor);
  }

  #byDn(dn: string, anchor: string | undefined): number | undefined {
    const rows = this.#store.cs.byDn(this.#connector, dnKey(dn));
    // An anchor that is not known yet can only belong to something whose own anchor is not known either.
    return (anchor === undefined ? rows[0] : rows.find((r) => r.anchor === null))?.id;
  }

  #resolve(target: ReferenceTarget): number {
    const found = this.#find(target);
    if (found !== undefined) {
      if (target.anchor !== undefined) this.remember(target.anchor, found);
      return found;
    }
    const dn = target.dn ?? '';
    const id = this.#store.cs.insert(
      {
        connector: this.#connector,
        partition: this.#partition,
        anchor: target.anchor ?? null,
        dn,
        object_type: null,
        attributes: null,
      },
      dnKey(dn),
    );
    if (target.anchor !== undefined) this.remember(target.anchor, id);
    return id;
  }
}
