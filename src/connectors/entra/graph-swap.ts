/** Users who want what others of ours are about to give up: pairs that swap, rings, and chains. Pure. */
import { isPrimarySmtp, smtpKey, upnKey } from '../../entra/keys.ts';
import { type MemoryIndex, memoryIndex } from '../../entra/memory-index.ts';
import { addressesOf, type CloudObject } from '../../entra/objects.ts';
import type { RuleSettings } from '../../entra/settings.ts';
import { addressConflict, upnConflict } from '../../entra/uniqueness.ts';

/** What a user of ours is to have instead of what it has. */
export interface Wish {
  readonly id: string;
  readonly name?: string;
  /** Null: none any more. */
  readonly mail?: string | null;
}
/** One of a group: what it has to let go of before the others can have what they wish. */
export interface Place {
  readonly wish: Wish;
  readonly gives: ReadonlySet<'name' | 'mail'>;
}

/**
 * Groups in which everybody can have all that is wished once everybody has let go of what is to be replaced, and nobody
 * could without. Whoever wishes for something of an object that is not among these, or that keeps it, is in no group.
 */
export function findExchanges(wishes: readonly Wish[], index: MemoryIndex, settings: RuleSettings): Place[][] {
  const ids = new Set(wishes.map((w) => w.id));
  if (!wishes.some((w) => holdersOf(w, index, settings).some(({ id }) => ids.has(id)))) return [];
  return groupsOf(satisfiable(wishes, index, settings), index, settings);
}

/** The most wishes that can come true together. Of two for one value the first counts. */
function satisfiable(wishes: readonly Wish[], index: MemoryIndex, settings: RuleSettings): Map<string, Wish> {
  const after = memoryIndex(index.objects());
  const open = new Map(wishes.map((w) => [w.id, w]));
  for (const wish of open.values()) after.put(asWished(index.byId(wish.id), wish));
  for (let before = -1; before !== open.size; ) {
    before = open.size;
    for (const wish of [...open.values()].reverse()) {
      if (!isBlocked(wish, after, settings)) continue;
      open.delete(wish.id);
      const object = index.byId(wish.id);
      if (object) after.put(object);
      else after.remove(wish.id);
    }
  }
  return open;
}

const isBlocked = ({ id, name, mail }: Wish, index: MemoryIndex, settings: RuleSettings): boolean =>
  (name !== undefined && upnConflict(name, id, index, settings) !== undefined) ||
  (typeof mail === 'string' && addressConflict(`SMTP:${mail}`, id, index, settings) !== undefined);

/** The one before stays as a secondary address only if nobody is waiting for it, so here it does not. */
const asWished = (object: CloudObject | undefined, { id, name, mail }: Wish): CloudObject => {
  const others = object ? addressesOf(object).filter((value) => !isPrimarySmtp(value)) : [];
  return {
    ...(object ?? { class: 'user', onPremisesSyncEnabled: null, immutableId: undefined, deleted: false, shadow: {} }),
    id,
    graph: {
      ...object?.graph,
      ...(name === undefined ? {} : { userPrincipalName: name }),
      ...(mail === undefined ? {} : { proxyAddresses: mail === null ? others : [`SMTP:${mail}`, ...others] }),
    },
  };
};

interface Holding {
  readonly id: string;
  readonly by: 'name' | 'mail';
}

/** Everybody else who has what is wished, and as what. */
function holdersOf({ id, name, mail }: Wish, index: MemoryIndex, settings: RuleSettings): Holding[] {
  const named = (text: string): Holding[] =>
    index.byUserPrincipalName(upnKey(text)).map((o) => ({ id: o.id, by: 'name' }));
  const addressed = (text: string): Holding[] => index.byAddress(smtpKey(text)).map((o) => ({ id: o.id, by: 'mail' }));
  const across = settings.upnAgainstAddresses;
  return [
    ...(name === undefined ? [] : [...named(name), ...(across ? addressed(name) : [])]),
    ...(typeof mail === 'string' ? [...addressed(mail), ...(across ? named(mail) : [])] : []),
  ].filter((holding) => holding.id !== id);
}

function groupsOf(open: ReadonlyMap<string, Wish>, index: MemoryIndex, settings: RuleSettings): Place[][] {
  const places = new Map([...open.values()].map((wish) => [wish.id, { wish, gives: new Set<'name' | 'mail'>() }]));
  const groupOf = new Map([...places].map(([id, place]) => [id, [place]]));
  for (const wish of open.values()) {
    for (const { id, by } of holdersOf(wish, index, settings)) {
      places.get(id)?.gives.add(by);
      const [mine, theirs] = [groupOf.get(wish.id), groupOf.get(id)];
      if (!mine || !theirs || mine === theirs) continue;
      const [large, small] = mine.length >= theirs.length ? [mine, theirs] : [theirs, mine];
      large.push(...small);
      for (const place of small) groupOf.set(place.wish.id, large);
    }
  }
  return [...new Set(groupOf.values())].filter((group) => group.length > 1);
}
