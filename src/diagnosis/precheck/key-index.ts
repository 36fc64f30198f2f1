/**
 * Who has a value: a hash table of some thirty bytes a value, whatever the values are, so that a million objects fit into
 * memory. It may take two different values for one (once in some trillions), so whoever finds a conflict compares them.
 */
export interface KeyIndex {
  /** Notes that an object of an identity has the key. */
  add(key: string, id: number, identity: number): void;
  /** Whether objects of several identities have it. */
  isContested(key: string): boolean;
  /** Whether an object of another identity has it. */
  isTaken(key: string, identity: number): boolean;
  /** The object that came first with the key. */
  first(key: string): number | undefined;
  /** The objects of each key that several identities have, in the order in which they came. */
  contested(): Iterable<readonly number[]>;
  readonly size: number;
}

/** A table that starts small and doubles. The seed keeps hostile names from all falling into one slot. */
export function makeKeyIndex(seed = 0x2545f491): KeyIndex {
  let capacity = 1 << 12;
  let size = 0;
  let hashes = new Uint32Array(capacity * 2);
  let ids = new Int32Array(capacity);
  let identities = new Int32Array(capacity);
  /** Number of the group of a slot in `groups`, from 1; 0 for what is not contested. */
  let groupOf = new Int32Array(capacity);
  const groups: number[][] = [];
  let low = 0;
  let high = 0;

  /** Sets `low` and `high`; never both zero, which marks an empty slot. */
  const hash = (key: string): void => {
    let a = 0xdeadbeef ^ seed;
    let b = 0x41c6ce57 ^ seed;
    for (let i = 0; i < key.length; i++) {
      const c = key.charCodeAt(i);
      a = Math.imul(a ^ c, 2654435761);
      b = Math.imul(b ^ c, 1597334677);
    }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    low = (a >>> 0) | 1;
    low >>>= 0;
    high = b >>> 0;
  };
  /** The slot of the current hash, or the empty one where it belongs. */
  const slot = (): number => {
    let at = high & (capacity - 1);
    while (hashes[at * 2] !== 0 && (hashes[at * 2] !== low || hashes[at * 2 + 1] !== high))
      at = (at + 1) & (capacity - 1);
    return at;
  };
  const grow = (): void => {
    const [oldHashes, oldIds, oldIdentities, oldGroups] = [hashes, ids, identities, groupOf];
    capacity *= 2;
    hashes = new Uint32Array(capacity * 2);
    ids = new Int32Array(capacity);
    identities = new Int32Array(capacity);
    groupOf = new Int32Array(capacity);
    for (let i = 0; i < oldIds.length; i++) {
      if (oldHashes[i * 2] === 0) continue;
      [low, high] = [oldHashes[i * 2]!, oldHashes[i * 2 + 1]!];
      const at = slot();
      put(at, oldIds[i]!, oldIdentities[i]!);
      groupOf[at] = oldGroups[i]!;
    }
  };
  const put = (at: number, id: number, identity: number): void => {
    hashes[at * 2] = low;
    hashes[at * 2 + 1] = high;
    ids[at] = id;
    identities[at] = identity;
  };
  return {
    add(key, id, identity) {
      hash(key);
      const at = slot();
      if (hashes[at * 2] === 0) {
        put(at, id, identity);
        if (++size * 2 > capacity) grow();
        return;
      }
      if (ids[at] === id) return;
      const known = groups[groupOf[at]! - 1];
      if (known) {
        if (known.at(-1) !== id) known.push(id);
      } else if (identities[at] !== identity) groupOf[at] = groups.push([ids[at]!, id]);
    },
    isContested(key) {
      if (groups.length === 0) return false;
      hash(key);
      return groupOf[slot()] !== 0;
    },
    isTaken(key, identity) {
      hash(key);
      const at = slot();
      return hashes[at * 2] !== 0 && (identities[at] !== identity || groupOf[at] !== 0);
    },
    first(key) {
      hash(key);
      const at = slot();
      return hashes[at * 2] === 0 ? undefined : ids[at];
    },
    contested: () => groups,
    get size() {
      return size;
    },
  };
}
