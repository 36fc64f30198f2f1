/**
 * Why an object is, or is not, in the cloud: scope, import, rules, join, metaverse, outbound scope, export, cloud, in this
 * order; the first gate that is closed is the answer (sync-engine s.7.1, operations s.6.2). Reads only; costs about as
 * much as synchronizing one object.
 */
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { type Found, findObjects } from '../find.ts';
import type { TenantImage } from '../plan/image.ts';
import { explainAbsent, explainUnknown } from './absent.ts';
import { explainAttribute } from './attribute.ts';
import { cloudNodes } from './cloud.ts';
import { onOneState } from './engine.ts';
import { traceInbound } from './flows.ts';
import { explainInbound } from './inbound.ts';
import { objectLane } from './lane.ts';
import type { ClosedGate, ExplainNode, Explanation, Lookup, ObjectExplanation } from './model.ts';
import { explainOutbound } from './outbound.ts';
import { type Parts, partsOf } from './parts.ts';
import { explainScope, type Locate } from './scope.ts';

export interface ExplainOptions {
  /** Explain this attribute instead of the object as a whole. */
  readonly attribute?: string;
  /** Asks the directory about objects that were never imported. */
  readonly lookup?: Lookup;
  /** Tells file and line of a place of the configuration. */
  readonly locate?: Locate;
  /** What the cloud has and how it decides; without it only what was stored is told. */
  readonly tenant?: TenantImage;
}

/** The answer for whatever the administrator typed. `engine`: see `readingEngine`. */
export async function explain(engine: Engine, reference: string, options: ExplainOptions = {}): Promise<Explanation> {
  const found = onOneState(engine.store, () => findObjects(engine.store, reference));
  if (found.length > 1) return explainUnknown(engine, reference, found);
  const [one] = found;
  const placeholder = one?.mv === null ? engine.store.cs.get(one.cs[0] ?? -1) : undefined;
  const dn = placeholder?.object_type === null ? placeholder.dn : reference.trim();
  if (!one || placeholder?.object_type === null) {
    return dn.includes('=') ? explainAbsent(engine, reference, dn, options) : explainUnknown(engine, reference, []);
  }
  return onOneState(engine.store, () =>
    options.attribute === undefined
      ? explainObject(engine, reference, one, options)
      : explainAttribute(engine, reference, one, options.attribute, options),
  );
}

/** Pure but for what it reads of the store. */
export function explainObject(
  engine: Engine,
  reference: string,
  found: Found,
  options: ExplainOptions = {},
): ObjectExplanation {
  const parts = partsOf(engine, reference, found);
  const { mv, sources } = parts;
  const source = sources[0];
  if (!source && !mv) return explainCloudObject(engine, parts, found);
  const tree: ExplainNode[] = [];
  const gates: ClosedGate[] = [];
  for (const { connector, row } of sources) {
    const told = explainSource(engine, connector, row, options.locate);
    tree.push(told.node);
    if (told.closed) gates.push(told.closed);
  }
  const target = parts.targets[0];
  const outbound = mv && target ? outboundOf(engine, target, mv, tree, options.tenant) : undefined;
  const gate = chooseGate(gates, outbound?.closed, outbound?.isThere === true);
  const isThere = outbound?.isThere === true;
  const inCloud = isThere ? 'yes' : gate?.state === 'waiting' ? 'pending' : 'no';
  return {
    kind: 'object',
    subject: parts.subject,
    inCloud,
    summary: summaryOf(parts, inCloud, gate, outbound?.row, target),
    ...(gate ? { gate } : {}),
    lane: objectLane(engine, {
      source: source?.connector,
      row: source?.row,
      mv,
      target,
      targetRow: outbound?.row,
    }),
    tree,
  };
}

/** An open error of the source comes before whatever waits behind it; a closed gate behind comes before one that waits. */
function chooseGate(
  sources: readonly ClosedGate[],
  outbound: ClosedGate | undefined,
  isThere: boolean,
): ClosedGate | undefined {
  const closed = sources.find((g) => g.state === 'closed');
  if (isThere) return closed ?? outbound ?? sources[0];
  return (outbound?.state === 'closed' ? outbound : undefined) ?? closed ?? outbound ?? sources[0];
}

function explainSource(
  engine: Engine,
  connector: EngineConnector,
  row: CsRow,
  locate: Locate | undefined,
): { node: ExplainNode; closed?: ClosedGate } {
  const scope = explainScope(engine, row.dn, row.object_type ?? undefined, locate);
  const pending = engine.store.cs.pending(row.id);
  const inbound = explainInbound(engine, connector, row);
  const closed = pending?.kind === 'delete' ? goneGate(connector, row, scope.closed) : inbound.closed;
  const node: ExplainNode = {
    state: closed ? (closed.state === 'waiting' ? 'waiting' : 'error') : 'ok',
    title: `${connector.row.name}: ${row.dn}`,
    facts: {
      connector: connector.row.name,
      type: row.object_type ?? '',
      ...(row.anchor ? { anchor: row.anchor } : {}),
    },
    children: [
      ...scope.nodes,
      ...(pending ? [{ state: 'waiting', title: `Pending import: ${pending.kind}` } as const] : []),
      ...inbound.nodes,
    ],
  };
  return { node, ...(closed ? { closed } : {}) };
}

function goneGate(connector: EngineConnector, row: CsRow, scope: ClosedGate | undefined): ClosedGate {
  const why = scope ? scope.reason : `${row.dn} is not in ${connector.row.name} any more.`;
  return {
    gate: scope?.gate ?? 'directory',
    code: scope?.code ?? 'deleted-in-directory',
    state: 'waiting',
    connector: connector.row.name,
    reason: `${why} The next synchronization takes it out of the identity.`,
    ...(scope?.configuration ? { configuration: scope.configuration } : {}),
  };
}

function outboundOf(
  engine: Engine,
  target: EngineConnector,
  mv: MvRow,
  tree: ExplainNode[],
  tenant: TenantImage | undefined,
): ReturnType<typeof explainOutbound> {
  const inbound = traceInbound(engine, mv);
  const told = explainOutbound(engine, target, mv, inbound);
  tree.push(
    { state: 'ok', title: `Metaverse: ${mv.type} ${mv.id}`, facts: { links: engine.store.mv.links(mv.id).length } },
    {
      state: told.closed ? (told.closed.state === 'waiting' ? 'waiting' : 'error') : 'ok',
      title: `${target.row.name}: ${told.row?.dn ?? 'no object'}`,
      children: [...told.nodes, ...(told.row ? cloudNodes(engine, target, mv, told.row, tenant) : [])],
    },
  );
  return told;
}

function summaryOf(
  parts: Parts,
  inCloud: ObjectExplanation['inCloud'],
  gate: ClosedGate | undefined,
  row: CsRow | undefined,
  target: EngineConnector | undefined,
): string[] {
  const name = parts.subject.name;
  const cloud = target?.row.name ?? 'the cloud';
  const first =
    inCloud === 'yes'
      ? `${name} is in ${cloud}${row?.anchor ? ` as ${row.anchor}` : ''}.`
      : inCloud === 'pending'
        ? `${name} is not in ${cloud} yet, but on its way.`
        : `${name} is not in ${cloud}.`;
  if (!gate) return [first, 'Nothing is pending and nothing is wrong with it.'];
  return [first, gate.reason, ...(gate.remedy ? [gate.remedy] : [])];
}

/** An object of the cloud that no identity stands behind. */
function explainCloudObject(engine: Engine, parts: Parts, found: Found): ObjectExplanation {
  const row = engine.store.cs.get(found.cs[0]!)!;
  const target = engine.byId.get(row.connector);
  const pending = engine.store.exports.get(row.id);
  const last = engine.store.records
    .journalOf(null, row.id)
    .findLast((r) => r.kind === 'deprovisioned' || r.kind === 'unlinked');
  const why = last
    ? ` It was let go on ${new Date(last.time).toISOString()}: ${String((JSON.parse(last.detail) as { reason?: string }).reason ?? last.kind)}.`
    : '';
  const name = target?.row.name ?? 'the cloud';
  const gate: ClosedGate =
    pending?.operation === 'delete'
      ? {
          gate: 'export',
          code: 'delete-pending',
          state: 'waiting',
          connector: name,
          reason: `No identity stands behind ${row.dn} any more, so it is to be deleted in ${name}.${why}`,
          remedy: 'See "causeway plan"; bring the object back into scope if that is wrong.',
        }
      : {
          gate: 'join',
          code: 'no-identity',
          state: 'closed',
          connector: name,
          reason: `${row.dn} is in ${name}, but no object of a directory belongs to it.${why}`,
          remedy: 'It is an object of the cloud alone, or its directory object is out of scope.',
        };
  return {
    kind: 'object',
    subject: parts.subject,
    inCloud: row.anchor === null ? 'no' : 'yes',
    summary: [`${parts.subject.name} is in ${name}.`, gate.reason, gate.remedy ?? ''],
    gate,
    lane: objectLane(engine, { target, targetRow: row }),
    tree: [
      {
        state: gate.state === 'waiting' ? 'waiting' : 'none',
        title: `${name}: ${row.dn}`,
        facts: { anchor: row.anchor ?? '' },
      },
    ],
  };
}
