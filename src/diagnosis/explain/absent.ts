/** What is not in the connector space: which gate before it is closed; and references that mean nothing or too much. */
import type { Engine } from '../../sync/context.ts';
import { type Found, searchObjects } from '../find.ts';
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
    summary: [first, gate.reason, ...(gate.remedy ? [gate.remedy] : [])],
    gate,
    lane: objectLane(engine, {
      source: scope.connector,
      live: live === null ? false : live !== undefined ? true : undefined,
      target,
    }),
    tree,
  };
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

/** Objects whose names begin like the reference: the longest beginning that anything has. */
function nearest(engine: Engine, reference: string): NoExplanation['candidates'] {
  const text = reference.trim().toLowerCase();
  for (let length = text.length; length >= Math.min(2, text.length) && length > 0; length--) {
    const hits = searchObjects(engine.store, 'mv', text.slice(0, length), candidateLimit);
    if (hits.length === 0) continue;
    return hits.map((h) => ({ reference: `mv:${h.id}`, name: h.name, type: h.type }));
  }
  return [];
}
