/**
 * Finding an object by whatever the administrator has at hand: DN, UPN, mail, sAMAccountName, objectGUID, source anchor
 * (base64 or hexadecimal), cloud id, or a part of a name. Reads only.
 */
import { dnKey } from '../model/dn.ts';
import { guidBytes, guidText, isGuidText } from '../model/guid.ts';
import { joinKey } from '../rules/join.ts';
import type { CsRow } from '../store/connector-space.ts';
import type { Store } from '../store/store.ts';

/** One identity, or one object that has none. */
export interface Found {
  readonly mv: number | null;
  readonly cs: readonly number[];
}

/** Objects that a reference means, best match first; several if it is ambiguous, none if it matches nothing. */
export function findObjects(store: Store, reference: string): Found[] {
  const ref = reference.trim();
  if (ref === '') return [];
  const cs = new Set<number>();
  const mv = new Set<number>();
  for (const connector of store.records.connectors()) {
    if (ref.includes('=')) for (const row of store.cs.byDn(connector.id, dnKey(ref))) add(cs, row);
    for (const anchor of anchorsOf(ref)) {
      const id = store.cs.idByAnchor(connector.id, anchor);
      if (id !== undefined) cs.add(id);
    }
    for (const key of keysOf(ref)) {
      for (const attribute of ['userPrincipalName', 'sAMAccountName', 'mail', 'sourceAnchor']) {
        const id = store.attributes.find(attribute);
        if (id !== undefined) for (const found of store.cs.findKey(connector.id, id, key)) cs.add(found);
      }
    }
  }
  for (const key of keysOf(ref)) {
    for (const attribute of ['userPrincipalName', 'accountName', 'mail', 'displayName', 'sourceAnchor']) {
      const id = store.attributes.find(attribute);
      if (id !== undefined) for (const found of store.mv.findKey(id, key)) mv.add(found);
    }
  }
  const number = /^(mv|cs):(\d+)$/.exec(ref);
  if (number?.[1] === 'mv' && store.mv.get(Number(number[2]))) mv.add(Number(number[2]));
  if (number?.[1] === 'cs' && store.cs.get(Number(number[2]))) cs.add(Number(number[2]));
  return gather(store, mv, cs);
}

function add(set: Set<number>, row: CsRow): void {
  if (row.object_type !== null) set.add(row.id);
}

/** Anchors that a text may stand for: a GUID in any spelling, its bytes in base64 or hexadecimal, a cloud id. */
function anchorsOf(ref: string): string[] {
  const bare = ref.replace(/[{}]/g, '');
  const anchors = [ref, bare.toLowerCase()];
  const bytes = isGuidText(ref) ? guidBytes(ref) : bytesOf(ref);
  if (bytes?.length === 16) anchors.push(guidText(bytes));
  if (isGuidText(ref))
    for (const type of ['User', 'Group', 'Contact', 'Device']) anchors.push(`${type}_${bare.toLowerCase()}`);
  return [...new Set(anchors)];
}

/** Keys of the search indexes: the text itself, and the source anchor that a GUID or hexadecimal text stands for. */
function keysOf(ref: string): string[] {
  const keys = [joinKey(ref)];
  const bytes = isGuidText(ref) ? guidBytes(ref) : /^[0-9a-f]{32}$/i.test(ref) ? Buffer.from(ref, 'hex') : undefined;
  if (bytes) keys.push(joinKey(bytes.toString('base64')));
  return [...new Set(keys.filter((k) => k !== undefined))];
}

function bytesOf(ref: string): Buffer | undefined {
  if (/^[0-9a-f]{32}$/i.test(ref)) return Buffer.from(ref, 'hex');
  return /^[A-Za-z0-9+/]{22}==$/.test(ref) ? Buffer.from(ref, 'base64') : undefined;
}

function gather(store: Store, mv: Set<number>, cs: Set<number>): Found[] {
  const found: Found[] = [];
  const seen = new Set<number>();
  for (const id of cs) {
    const link = store.mv.link(id);
    if (link) mv.add(link.mv);
    else found.push({ mv: null, cs: [id] });
  }
  for (const id of mv) {
    if (seen.has(id)) continue;
    seen.add(id);
    found.unshift({ mv: id, cs: store.mv.links(id).map((l) => l.cs) });
  }
  return found;
}

export interface SearchHit {
  readonly id: number;
  readonly space: 'cs' | 'mv';
  readonly connector?: string;
  readonly type: string;
  readonly name: string;
  readonly dn?: string;
}

/** Objects whose search keys or DN begin with a text; at most `limit`. */
export function searchObjects(store: Store, space: 'cs' | 'mv', query: string, limit = 50): SearchHit[] {
  const text = query.trim().toLowerCase();
  if (text === '') return [];
  const exact = findObjects(store, query);
  const hits = new Map<number, SearchHit>();
  const put = (id: number) => {
    const hit = space === 'mv' ? mvHit(store, id) : csHit(store, id);
    if (hit && hits.size < limit) hits.set(id, hit);
  };
  for (const f of exact) {
    if (space === 'mv' && f.mv !== null) put(f.mv);
    if (space === 'cs') for (const id of f.cs) put(id);
  }
  for (const id of space === 'mv' ? store.search.mvByPrefix(text, limit) : store.search.csByPrefix(text, limit))
    put(id);
  return [...hits.values()];
}

function mvHit(store: Store, id: number): SearchHit | undefined {
  const row = store.mv.get(id);
  if (!row) return undefined;
  const values = JSON.parse(row.attributes) as Record<string, unknown>;
  const name =
    values.displayName ?? values.userPrincipalName ?? values.accountName ?? values.cn ?? values.sourceAnchor ?? '';
  return { id, space: 'mv', type: row.type, name: String(name) };
}

function csHit(store: Store, id: number): SearchHit | undefined {
  const row = store.cs.get(id);
  if (!row || row.object_type === null) return undefined;
  const values = JSON.parse(row.attributes ?? '{}') as Record<string, unknown>;
  const connector = store.records.connectors().find((c) => c.id === row.connector)?.name ?? '';
  return {
    id,
    space: 'cs',
    connector,
    type: row.object_type,
    name: String(values.displayName ?? values.cn ?? ''),
    dn: row.dn,
  };
}
