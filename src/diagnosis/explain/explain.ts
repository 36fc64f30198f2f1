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
import type { ConcernedObject } from '../plan/image-object.ts';
import { nameOf } from '../plan/names.ts';
import { explainAbsent, explainUnknown } from './absent.ts';
import { explainAttribute } from './attribute.ts';
import { cloudNodes, concernedObject, tenantObject } from './cloud.ts';
import { onOneState } from './engine.ts';
import { traceInbound } from './flows.ts';
import { explainInbound } from './inbound.ts';
import { objectLane } from './lane.ts';
import type { ClosedGate, ExplainNode, Explanation, Lookup, ObjectExplanation } from './model.ts';
import { explainOutbound, heldGate } from './outbound.ts';
import { type Parts, partsOf } from './parts.ts';
import { heldDeletes, placeGate } from './place.ts';
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
  /** Reads as much of a tenant as concerns one object; undefined if it cannot be asked. */
  readonly readTenant?: (connector: string, asked: ConcernedObject) => Promise<TenantImage | undefined>;
}

/** The answer for whatever the administrator typed. `engine`: see `readingEngine`. */
export async function explain(engine: Engine, reference: string, options: ExplainOptions = {}): Promise<Explanation> {
  const found = onOneState(engine.store, () => findObjects(engine.store, reference));
  if (found.length > 1) return explainUnknown(engine, reference, found);
  const [one] = found;
  const placeholder = one?.mv === null ? engine.store.cs.get(one.cs[0] ?? -1) : undefined;
  const dn = placeholder?.object_type === null ? placeholder.dn : reference.trim();
  if (!one || placeholder?.object_type === null) {
    return looksLikeDn(dn) ? explainAbsent(engine, reference, dn, options) : explainUnknown(engine, reference, []);
  }
  const tenant = options.tenant ?? (await tenantOf(engine, reference, one, options));
  const known = tenant ? { ...options, tenant } : options;
  return onOneState(engine.store, () =>
    options.attribute === undefined
      ? explainObject(engine, reference, one, known)
      : explainAttribute(engine, reference, one, options.attribute, known),
  );
}

/** An attribute type before the first equals sign (RFC 4514 s.3). */
const looksLikeDn = (text: string): boolean => /^\s*(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)+)\s*=/i.test(text);

/** What the cloud has of the object and of those who have its names. */
async function tenantOf(
  engine: Engine,
  reference: string,
  found: Found,
  { readTenant, attribute }: ExplainOptions,
): Promise<TenantImage | undefined> {
  const asked = readTenant && onOneState(engine.store, () => concernedObject(engine, reference, found, attribute));
  return asked && readTenant?.(asked.connector, asked.object);
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
  if (!source && !mv) return explainCloudObject(engine, parts, found, options);
  const tree: ExplainNode[] = [];
  const gates: ClosedGate[] = [];
  for (const { connector, row } of sources) {
    const told = explainSource(engine, connector, row, options.locate);
    tree.push(told.node);
    if (told.closed) gates.push(told.closed);
  }
  const target = parts.targets[0];
  const outbound = mv && target ? outboundOf(engine, target, mv, tree, options.tenant) : undefined;
  const gone = outbound?.row && target ? goneInCloud(target, outbound.row, options.tenant) : undefined;
  const isThere = outbound?.isThere === true && !gone;
  const chosen = gone ?? chooseGate(gates, outbound?.closed, isThere);
  const told = chosen && outbound?.row ? withHolder(engine, chosen, outbound.row, options.tenant) : chosen;
  const gate = placeGate(engine, told, options.locate);
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

/** A conflict has two sides: the error of the cloud names the other one by its id only. */
function withHolder(engine: Engine, gate: ClosedGate, row: CsRow, tenant: TenantImage | undefined): ClosedGate {
  if (gate.gate !== 'export' && gate.gate !== 'cloud') return gate;
  const error = engine.store.records.errorsOf(row.id).find((e) => e.phase === 'export' && e.code === gate.code);
  const facts = error && (JSON.parse(error.detail) as { facts?: Readonly<Record<string, string>> }).facts;
  const id = facts?.ObjectIdInConflict;
  if (id === undefined) return gate;
  const held = tenant?.index.byId(id);
  const cs = ['User', 'Group', 'Contact', 'Device']
    .map((type) => engine.store.cs.idByAnchor(row.connector, `${type}_${id}`))
    .find((n) => n !== undefined);
  const seen = held?.graph.userPrincipalName ?? held?.graph.mail ?? held?.graph.displayName;
  const name = cs === undefined ? '' : nameOf(engine, cs);
  if (name === '' && typeof seen !== 'string') return gate;
  const isOurs = cs !== undefined && engine.store.mv.link(cs) !== undefined;
  const where = isOurs ? 'which is synchronized too' : 'which is in the cloud alone';
  return { ...gate, reason: `${gate.reason} The other one is ${name || String(seen)} (${id}), ${where}.` };
}

/** The tenant was asked, and does not have what the connector space says it has. */
function goneInCloud(target: EngineConnector, row: CsRow, tenant: TenantImage | undefined): ClosedGate | undefined {
  if (tenant?.source !== 'tenant' || row.anchor === null) return undefined;
  const held = tenantObject(row, tenant);
  if (held && !held.deleted) return undefined;
  const name = target.row.name;
  return {
    gate: 'cloud',
    code: 'deleted-in-cloud',
    state: 'closed',
    connector: name,
    reason: held
      ? `${row.anchor} is in the recycle bin of ${name}: somebody deleted it there.`
      : `${name} has no object ${row.anchor} any more: somebody deleted it there.`,
    remedy: held
      ? 'Restore it in the cloud, or take the object out of scope; a full import shows it to the engine.'
      : 'Run a full import of the cloud: then it is made anew, or taken out of scope if it should stay away.',
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

function cloudGate(engine: Engine, target: EngineConnector | undefined, row: CsRow, why: string): ClosedGate {
  const name = target?.row.name ?? 'the cloud';
  if (engine.store.exports.get(row.id)?.operation !== 'delete')
    return {
      gate: 'join',
      code: 'no-identity',
      state: 'closed',
      connector: name,
      reason: `${row.dn} is in ${name}, but no object of a directory belongs to it.${why}`,
      remedy: 'It is an object of the cloud alone, or its directory object is out of scope.',
    };
  const what = `No identity stands behind ${row.dn} any more, so it is to be deleted in ${name}`;
  const held = target && !engine.staging ? heldDeletes(engine, target) : undefined;
  if (target && held) return heldGate(target, held, what);
  return {
    gate: 'export',
    code: 'delete-pending',
    state: 'waiting',
    connector: name,
    reason: `${what}.${why}`,
    remedy: 'See "causeway plan"; bring the object back into scope if that is wrong.',
  };
}

/** An object of the cloud that no identity stands behind. */
function explainCloudObject(engine: Engine, parts: Parts, found: Found, options: ExplainOptions): ObjectExplanation {
  const row = engine.store.cs.get(found.cs[0]!)!;
  const target = engine.byId.get(row.connector);
  const last = engine.store.records
    .journalOf(null, row.id)
    .findLast((r) => r.kind === 'deprovisioned' || r.kind === 'unlinked');
  const why = last
    ? ` It was let go on ${new Date(last.time).toISOString()}: ${String((JSON.parse(last.detail) as { reason?: string }).reason ?? last.kind)}.`
    : '';
  const name = target?.row.name ?? 'the cloud';
  const gate = placeGate(engine, cloudGate(engine, target, row, why), options.locate)!;
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
