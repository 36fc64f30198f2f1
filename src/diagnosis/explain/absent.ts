/** What is not in the connector space: which gate before it is closed; and references that mean nothing or too much. */
import type { Engine } from '../../sync/context.ts';
import type { Found } from '../find.ts';
import { objectLane } from './lane.ts';
import type { ClosedGate, ExplainNode, Lookup, NoExplanation, ObjectExplanation } from './model.ts';
import { explainScope, type Locate, type ScopeVerdict } from './scope.ts';

/** Explains the object with this DN, which was never imported, or is not in scope any more. */
export async function explainAbsent(
  engine: Engine,
  reference: string,
  dn: string,
  options: { readonly lookup?: Lookup; readonly locate?: Locate },
): Promise<ObjectExplanation> {
  const blind = explainScope(engine, dn, undefined, options.locate);
  const live =
    blind.connector && options.lookup
      ? await options.lookup(blind.connector.row.name, dn, blind.connector.settings.objectTypes)
      : undefined;
  const scope = live ? explainScope(engine, dn, live.objectType, options.locate) : blind;
  const gate = scope.closed ?? importGate(engine, scope, dn, live);
  const tree: ExplainNode[] = [
    { state: scope.closed ? 'error' : 'none', title: dn, children: [...scope.nodes, liveNode(scope, live)] },
  ];
  const target = engine.all.find((c) => c.settings.connector.type === 'entra');
  const first = `${dn} is not in ${target?.row.name ?? 'the cloud'}: it never came into the connector space.`;
  return {
    kind: 'object',
    subject: {
      reference,
      mv: null,
      cs: [],
      name: dn,
      type: live?.objectType ?? '',
      dn,
      ...(scope.connector ? { connector: scope.connector.row.name } : {}),
    },
    inCloud: gate.state === 'waiting' ? 'pending' : 'no',
    summary: [first, gate.reason, ...(gate.remedy ? [gate.remedy] : []), ...(live ? [] : similarTo(engine, dn))],
    gate,
    lane: objectLane(engine, {
      source: scope.connector,
      live: live === null ? false : live !== undefined ? true : undefined,
      target,
    }),
    tree,
  };
}

/** A DN is long, and one letter of it is easily wrong. */
function similarTo(engine: Engine, dn: string): string[] {
  const name = /^[a-z]+=((?:\\.|[^,\\])*)/i.exec(dn)?.[1];
  const candidates = name ? nearest(engine, name).slice(0, 3) : [];
  if (candidates.length === 0) return [];
  return [`Names like it: ${candidates.map((c) => `${c.name} (${c.reference})`).join(', ')}.`];
}

type Live = Awaited<ReturnType<Lookup>>;

function liveNode(scope: ScopeVerdict, live: Live): ExplainNode {
  const name = scope.connector?.row.name ?? 'The directory';
  if (live === undefined) return { state: 'none', title: `${name} was not asked; this is decided from the name alone` };
  if (live === null) return { state: 'error', title: `${name} was asked and has no such object` };
  return { state: 'ok', title: `${name} has it: ${live.dn}`, facts: { type: live.objectType } };
}

/** In scope by its name, and yet not imported. */
function importGate(engine: Engine, scope: ScopeVerdict, dn: string, live: Live): ClosedGate {
  const connector = scope.connector?.row.name ?? '';
  if (live === null)
    return {
      gate: 'directory',
      code: 'not-in-directory',
      state: 'closed',
      connector,
      reason: `${connector} has no object ${dn}, or the account of the connector may not see it.`,
      remedy: 'Check the name, and that the account may read the object.',
    };
  const last = lastImport(engine, scope);
  if (live)
    return {
      gate: 'import',
      code: 'not-imported-yet',
      state: 'waiting',
      connector,
      reason: `It is in scope and in ${connector}, but the last import (${last}) did not bring it.`,
      remedy: 'Run "causeway sync". If it stays so, run a full import and look at its errors.',
    };
  return {
    gate: 'directory',
    code: 'not-in-directory',
    state: 'closed',
    connector,
    reason: `It would be in scope, but no import of ${connector} has brought it (last import: ${last}). Either it is not there, or it is newer than that, or the account of the connector may not see it.`,
    remedy: 'Check the name in the directory, then run "causeway sync".',
  };
}

function lastImport(engine: Engine, scope: ScopeVerdict): string {
  const { connector } = scope;
  if (!connector) return 'never';
  const row = engine.store.records
    .partitions(connector.row.id)
    .find((p) => p.name.toLowerCase() === scope.partition?.toLowerCase());
  const time = Math.max(row?.last_full_import ?? 0, row?.last_delta_import ?? 0);
  return time > 0 ? new Date(time).toISOString() : 'never';
}

const candidateLimit = 8;

/** Nothing, or several objects: the nearest ones to choose from. */
export function explainUnknown(engine: Engine, reference: string, found: readonly Found[]): NoExplanation {
  if (found.length > 1) {
    const candidates = found.slice(0, candidateLimit).map((f) => named(engine, f));
    return {
      kind: 'ambiguous',
      reference,
      summary: [`"${reference}" means ${found.length} objects. Name one of them exactly:`],
      candidates,
    };
  }
  return {
    kind: 'not-found',
    reference,
    summary: [`Nothing is known as "${reference}".`],
    candidates: nearest(engine, reference),
  };
}

function named(engine: Engine, found: Found): NoExplanation['candidates'][number] {
  const mv = found.mv === null ? undefined : engine.store.mv.get(found.mv);
  const row = found.cs.map((id) => engine.store.cs.get(id)).find((r) => r !== undefined);
  const values = JSON.parse(mv?.attributes ?? row?.attributes ?? '{}') as Record<string, unknown>;
  return {
    reference: row?.dn ?? `mv:${found.mv}`,
    name: String(values.displayName ?? values.cn ?? ''),
    type: mv?.type ?? row?.object_type ?? '',
  };
}

/** Candidates looked at for each piece of the reference. */
const pieceLimit = 50;
/** Identities of a store that may be read from end to end for words in the middle of names. */
const readableStore = 250_000;
/** Pieces of a reference that are in so many names that they say nothing. */
const meaningless = new Set(['com', 'net', 'org', 'onmicrosoft', 'www', 'cn', 'ou', 'dc', 'smtp']);

/**
 * The objects whose names are most like the reference: whatever begins like it or like one of its words, or has one of them, nearest
 * first.
 */
function nearest(engine: Engine, reference: string): NoExplanation['candidates'] {
  const text = reference.trim().toLowerCase().slice(0, 256);
  const words = text
    .split(/[^\p{L}\p{N}]+/u)
    .filter((w) => w.length > 2 && !meaningless.has(w))
    .slice(0, 4);
  const found = new Map<number, NoExplanation['candidates'][number] & { readonly distance: number }>();
  // An administrator who turns a name round, or leaves its beginning out, is found by the words of it.
  const pieces = new Set([...beginnings(text), ...words, ...words.map((w) => w.slice(0, 3))]);
  const ids = [...pieces].flatMap((piece) => engine.store.search.mvByPrefix(piece, pieceLimit));
  if (engine.store.mv.last() <= readableStore)
    for (const word of words) ids.push(...engine.store.search.mvContaining(word, candidateLimit));
  for (const id of ids) {
    const row = found.has(id) ? undefined : engine.store.mv.get(id);
    if (!row) continue;
    const values = JSON.parse(row.attributes) as Record<string, unknown>;
    const names = ['userPrincipalName', 'mail', 'accountName', 'displayName', 'cn'].flatMap((name) =>
      typeof values[name] === 'string' ? [(values[name] as string).toLowerCase()] : [],
    );
    const distance = Math.min(
      ...names.flatMap((n) => [
        distanceOf(text, n),
        distanceOf(local(text), local(n)),
        distanceOf(inOrder(text), inOrder(n)),
      ]),
    );
    const name = String(values.displayName ?? values.userPrincipalName ?? values.accountName ?? values.cn ?? '');
    found.set(id, { reference: `mv:${id}`, name, type: row.type, distance });
  }
  return [...found.values()]
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, candidateLimit)
    .map(({ distance: _, ...candidate }) => candidate);
}

/** First and last name may have changed places. */
const inOrder = (text: string): string =>
  text
    .split(/[^\p{L}\p{N}]+/u)
    .sort()
    .join(' ');
const local = (text: string): string => text.split('@')[0]!;

/** The reference and its beginnings, down to two letters, longest first. */
const beginnings = (text: string): string[] =>
  [text.length, 12, 8, 5, 3, 2]
    .filter((n, i, all) => n <= text.length && all.indexOf(n) === i)
    .map((n) => text.slice(0, n));

/** Letters that have to be changed, as a share of the longer text: 0 is the same, 1 has nothing in common (Levenshtein). */
function distanceOf(a: string, b: string): number {
  const [s, t] = [a.slice(0, 64), b.slice(0, 64)];
  if (s === '' || t === '') return 1;
  if (t.includes(s) || s.includes(t)) return 0.5 * (1 - Math.min(s.length, t.length) / Math.max(s.length, t.length));
  let row = Array.from({ length: t.length + 1 }, (_, i) => i);
  for (let i = 1; i <= s.length; i++) {
    const next = [i];
    for (let j = 1; j <= t.length; j++)
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (s[i - 1] === t[j - 1] ? 0 : 1));
    row = next;
  }
  return row[t.length]! / Math.max(s.length, t.length);
}
