/** A small stand-in for the connector space: applies what a connector delivers, as the engine does. For tests. */
import type { ImportedChange, ImportedObject, ImportItem, ReferenceTarget } from '../model/change.ts';
import { dnKey } from '../model/dn.ts';
import type { AttributeValue } from '../model/value.ts';
import type { ConnectorSession, ImportRequest } from './contract.ts';

interface Held {
  dn: string;
  objectType: string;
  attributes: Record<string, AttributeValue>;
  references: Record<string, ReferenceTarget[]>;
}

/** One object in a form that can be compared: references as sorted anchors, a DN where the target is not held. */
export interface ReplicaObject {
  readonly dn: string;
  readonly objectType: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly references: Readonly<Record<string, readonly string[]>>;
}

export class Replica {
  readonly #held = new Map<string, Held>();

  /** Makes the replica what a full import delivered. */
  static of(items: readonly ImportItem[]): Replica {
    const replica = new Replica();
    for (const item of items) replica.#take(item);
    return replica;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Applies the items of a delta; objects that are not held are read first, as the contract says. */
  async apply(items: readonly ImportItem[], session: ConnectorSession, request: ImportRequest): Promise<void> {
    const unheld = items.flatMap((i) => (i.kind === 'change' && !this.#held.has(i.anchor) ? [i.anchor] : []));
    const read = unheld.length > 0 ? await session.read?.([...new Set(unheld)], request) : [];
    const whole = new Map((read ?? []).map((r) => [r.anchor, r] as const));
    for (const item of items) {
      const instead = item.kind === 'change' ? whole.get(item.anchor) : undefined;
      this.#take(instead ?? item);
    }
  }

  anchorOf(dn: string): string | undefined {
    const key = dnKey(dn);
    return [...this.#held].find(([, held]) => dnKey(held.dn) === key)?.[0];
  }

  get(anchor: string): ReplicaObject | undefined {
    return this.state().get(anchor);
  }

  /** All objects by anchor. */
  state(): Map<string, ReplicaObject> {
    const anchors = new Map([...this.#held].map(([anchor, held]) => [dnKey(held.dn), anchor] as const));
    const name = ({ anchor, dn }: ReferenceTarget): string => anchor ?? anchors.get(dnKey(dn ?? '')) ?? dnKey(dn ?? '');
    return new Map(
      [...this.#held]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([anchor, held]) => {
          const references = Object.entries(held.references).map(([attribute, targets]) => [
            attribute,
            [...new Set(targets.map(name))].sort(),
          ]);
          const object: ReplicaObject = {
            dn: held.dn,
            objectType: held.objectType,
            attributes: Object.fromEntries(Object.entries(held.attributes).sort(([a], [b]) => (a < b ? -1 : 1))),
            references: Object.fromEntries(references.filter(([, targets]) => targets?.length).sort()),
          };
          return [anchor, object] as const;
        }),
    );
  }

  #take(item: ImportItem): void {
    switch (item.kind) {
      case 'object':
        this.#put(item);
        break;
      case 'more-references':
        this.#add(item.anchor, item.references);
        break;
      case 'change':
        this.#change(item);
        break;
      case 'delete':
        this.#delete(item.anchor);
        break;
      case 'error':
        throw new Error(`${item.code}: ${item.detail}`);
    }
  }

  #put({ anchor, dn, objectType, attributes, references }: ImportedObject): void {
    const copied = Object.entries(references).map(([name, targets]): [string, ReferenceTarget[]] => [
      name,
      [...targets],
    ]);
    this.#held.set(anchor, {
      dn,
      objectType,
      attributes: { ...attributes },
      references: Object.fromEntries(copied),
    });
  }

  #add(anchor: string, references: Readonly<Record<string, readonly ReferenceTarget[]>>): void {
    const held = this.#held.get(anchor);
    for (const [name, targets] of Object.entries(references)) held?.references[name]?.push(...targets);
  }

  #change(item: ImportedChange): void {
    const held = this.#held.get(item.anchor);
    if (!held) return;
    if (item.dn !== undefined && item.dn !== held.dn) this.#moveDescendants(held.dn, item.dn);
    held.dn = item.dn ?? held.dn;
    held.objectType = item.objectType ?? held.objectType;
    for (const [name, value] of Object.entries(item.attributes)) {
      if (value === null) delete held.attributes[name];
      else held.attributes[name] = value;
    }
    for (const [name, change] of Object.entries(item.references)) {
      if ('all' in change) held.references[name] = [...change.all];
      else {
        const gone = new Set(change.removed.map(keyOf));
        const kept = (held.references[name] ?? []).filter((t) => !gone.has(keyOf(t)));
        held.references[name] = [...kept, ...change.added];
      }
    }
  }

  /** A connector need not report what lies below a container that moved (active-directory s.3.3). */
  #moveDescendants(from: string, to: string): void {
    for (const held of this.#held.values()) {
      if (held.dn.toLowerCase().endsWith(`,${from.toLowerCase()}`)) {
        held.dn = `${held.dn.slice(0, held.dn.length - from.length)}${to}`;
      }
    }
  }

  /** Nor need it report that references to a deleted object are gone. */
  #delete(anchor: string): void {
    const deleted = this.#held.get(anchor);
    if (!deleted) return;
    this.#held.delete(anchor);
    const key = dnKey(deleted.dn);
    for (const held of this.#held.values()) {
      for (const [name, targets] of Object.entries(held.references)) {
        held.references[name] = targets.filter((t) =>
          t.anchor === undefined ? dnKey(t.dn ?? '') !== key : t.anchor !== anchor,
        );
      }
    }
  }
}

const keyOf = ({ anchor, dn }: ReferenceTarget): string => anchor ?? dnKey(dn ?? '');
