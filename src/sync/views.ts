/** Objects as rules see them, made from rows on demand. */
import { applyDelta, parseAttributes, parseDelta } from '../connector-space/hologram.ts';
import { dnKey } from '../model/dn.ts';
import type { Attributes, Reference } from '../model/value.ts';
import type { ObjectView } from '../rules/evaluation.ts';
import type { CsRow } from '../store/connector-space.ts';
import type { MvRow } from '../store/metaverse.ts';
import type { Store } from '../store/store.ts';
import { withShadows } from './obstacles.ts';

/** `[rule, cs]`, or `[rule, cs, reference attribute of the cs]`; all but the last are interned numbers. */
export type Provenance = Readonly<Record<string, readonly [rule: number, cs: number, attribute?: string]>>;

const nothing: ReadonlyMap<number, number> = new Map();
const none: readonly never[] = [];

/** A connector-space object: imported values with what was sent and what is about to be sent laid over them. */
export class CsView implements ObjectView {
  readonly row: CsRow;
  readonly objectType: string;
  readonly dn: string;
  readonly imported: Attributes;
  readonly values: Attributes;
  readonly #store: Store;
  #counts: ReadonlyMap<number, number> | undefined;

  /** `exporting` false: the connector has nothing pending or unconfirmed, so there is nothing to lay over. */
  constructor(store: Store, row: CsRow, exporting: boolean) {
    this.#store = store;
    this.row = row;
    this.objectType = row.object_type ?? '';
    this.dn = row.dn;
    this.imported = parseAttributes(row.attributes);
    const held = exporting ? heldAttributes(store, row.id, this.imported) : this.imported;
    const pending = exporting ? store.exports.get(row.id) : undefined;
    this.values = pending && pending.operation !== 'delete' ? applyDelta(held, parseDelta(pending.attributes)) : held;
  }

  referenceNames(): readonly string[] {
    this.#counts ??= countsOf(this.#store, this.row.id);
    return this.#counts.size === 0 ? none : [...this.#counts.keys()].map((id) => this.#store.attributes.name(id));
  }

  referenceCount(attribute: string): number {
    const id = this.#store.attributes.find(attribute);
    if (id === undefined) return 0;
    this.#counts ??= countsOf(this.#store, this.row.id);
    return this.#counts.get(id) ?? 0;
  }

  references(attribute: string): readonly Reference[] {
    const id = this.#store.attributes.find(attribute);
    return id === undefined ? [] : this.#store.references.dns(this.row.id, id).map((dn) => ({ dn }));
  }

  isMemberOf(groupDn: string): boolean {
    const member = this.#store.attributes.find('member');
    if (member === undefined || groupDn === '') return false;
    return this.#store.cs
      .byDn(this.row.connector, dnKey(groupDn))
      .some((group) => this.#store.references.has({ cs: group.id, attribute: member, target: this.row.id }));
  }
}

/** A metaverse object. Its references are those of the connector-space object that won the attribute. */
export class MvView implements ObjectView {
  readonly id: number;
  readonly objectType: string;
  readonly values: Attributes;
  readonly imported: Attributes;
  readonly #store: Store;
  readonly #row: MvRow;
  readonly #bindings: ReadonlyMap<string, Binding>;
  readonly #counts = new Map<number, ReadonlyMap<number, number>>();

  constructor(store: Store, row: MvRow) {
    this.#store = store;
    this.#row = row;
    this.id = row.id;
    this.objectType = row.type;
    this.values = JSON.parse(row.attributes) as Attributes;
    this.imported = this.values;
    this.#bindings = bindingsIn(row.provenance);
  }

  get provenance(): Provenance {
    return JSON.parse(this.#row.provenance) as Provenance;
  }

  /** The edges that are the values of a reference attribute. */
  binding(attribute: string): Binding | undefined {
    return this.#bindings.get(attribute);
  }

  referenceNames(): Iterable<string> {
    return this.#bindings.keys();
  }

  referenceCount(attribute: string): number {
    const from = this.binding(attribute);
    const id = from && this.#store.attributes.find(from.attribute);
    if (!from || id === undefined) return 0;
    let counts = this.#counts.get(from.cs);
    if (!counts) {
      counts = countsOf(this.#store, from.cs);
      this.#counts.set(from.cs, counts);
    }
    return counts.get(id) ?? 0;
  }

  references(attribute: string): readonly Reference[] {
    const from = this.binding(attribute);
    const id = from && this.#store.attributes.find(from.attribute);
    return !from || id === undefined ? [] : this.#store.references.dns(from.cs, id).map((dn) => ({ dn }));
  }

  isMemberOf(): boolean {
    return false;
  }
}

interface Binding {
  readonly cs: number;
  readonly attribute: string;
}
const noBindings: ReadonlyMap<string, Binding> = new Map();

/**
 * The reference attributes in the text of a provenance, `"name":[rule,cs,"attribute"]` among entries without the last
 * part. Reading the text whole takes many times as long, and one in fifty entries is of this kind.
 */
function bindingsIn(text: string): ReadonlyMap<string, Binding> {
  let end = text.indexOf('"]');
  if (end < 0) return noBindings;
  const bindings = new Map<string, Binding>();
  for (; end >= 0; end = text.indexOf('"]', end + 2)) {
    const attribute = text.lastIndexOf('"', end - 1) + 1;
    const cs = text.lastIndexOf(',', attribute - 3) + 1;
    const nameEnd = text.lastIndexOf('"', cs);
    const name = text.lastIndexOf('"', nameEnd - 1) + 1;
    bindings.set(text.slice(name, nameEnd), {
      cs: Number(text.slice(cs, attribute - 2)),
      attribute: text.slice(attribute, end),
    });
  }
  return bindings;
}

/** What a target object holds: as imported, with what was sent and not confirmed yet laid over it, and its shadows. */
export function heldAttributes(store: Store, cs: number, imported: Attributes): Attributes {
  const sent = store.exports.unconfirmed(cs);
  const held = sent ? applyDelta(imported, parseDelta(sent.attributes)) : imported;
  return withShadows(held, store.obstacles.of(cs));
}

function countsOf(store: Store, cs: number): ReadonlyMap<number, number> {
  const rows = store.references.counts(cs);
  return rows.length === 0 ? nothing : new Map(rows.map((r) => [r.attribute, r.count]));
}
