/** One identity with everything that belongs to it, as the command line, the API and the console show it. Reads only. */
import { parseDelta } from '../connector-space/hologram.ts';
import type { AttributeValue } from '../model/value.ts';
import type { CsRow } from '../store/connector-space.ts';
import type { Store } from '../store/store.ts';
import type { Provenance } from '../sync/views.ts';
import type { Found } from './find.ts';

export interface ObjectErrorText {
  readonly phase: string;
  readonly code: string;
  readonly message: string;
  readonly attribute?: string;
  readonly rule?: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly count: number;
  readonly nextAttempt?: string;
}
export interface CsDescription {
  readonly id: number;
  readonly connector: string;
  readonly connectorType: string;
  readonly dn: string;
  readonly anchor: string | null;
  readonly type: string | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly references: Readonly<Record<string, { readonly count: number; readonly sample: readonly string[] }>>;
  readonly pendingImport: { readonly kind: string; readonly previous: unknown } | null;
  readonly pendingExport: {
    readonly operation: string;
    readonly state: 'pending' | 'in-progress';
    readonly attributes: unknown;
    readonly attempt: number;
  } | null;
  readonly pendingReferences: number;
  readonly unconfirmed: unknown;
  readonly link: { readonly origin: string; readonly rule: string; readonly since: string } | null;
  readonly errors: readonly ObjectErrorText[];
}
export interface MvDescription {
  readonly id: number;
  readonly type: string;
  readonly attributes: Readonly<
    Record<
      string,
      { readonly value: AttributeValue; readonly rule: string; readonly connector: string; readonly dn: string }
    >
  >;
  readonly references: Readonly<
    Record<
      string,
      { readonly count: number; readonly sample: readonly string[]; readonly rule: string; readonly dn: string }
    >
  >;
}
export interface Description {
  readonly mv: MvDescription | null;
  readonly objects: readonly CsDescription[];
}

/** References shown of one attribute; there may be hundreds of thousands. */
const sampleSize = 20;

export function describe(store: Store, found: Found): Description {
  const mv = found.mv === null ? undefined : store.mv.get(found.mv);
  return {
    mv: mv ? describeMv(store, mv.id, mv.type, JSON.parse(mv.attributes), JSON.parse(mv.provenance)) : null,
    objects: found.cs.flatMap((id) => {
      const row = store.cs.get(id);
      return row ? [describeCs(store, row)] : [];
    }),
  };
}

function describeMv(
  store: Store,
  id: number,
  type: string,
  values: Record<string, AttributeValue>,
  provenance: Provenance,
): MvDescription {
  const connectors = connectorNames(store);
  const attributes: Record<string, MvDescription['attributes'][string]> = {};
  const references: Record<string, MvDescription['references'][string]> = {};
  for (const [name, [rule, cs, attribute]] of Object.entries(provenance)) {
    const row = store.cs.get(cs);
    const from = { rule: store.rules.name(rule), dn: row?.dn ?? '' };
    if (attribute !== undefined) references[name] = { ...edges(store, cs, attribute), ...from };
    else if (values[name] !== undefined)
      attributes[name] = { value: values[name], connector: connectors.get(row?.connector ?? -1)?.name ?? '', ...from };
  }
  return { id, type, attributes, references };
}

function edges(store: Store, cs: number, name: string): { count: number; sample: readonly string[] } {
  const attribute = store.attributes.find(name);
  if (attribute === undefined) return { count: 0, sample: [] };
  const count = store.references.counts(cs).find((c) => c.attribute === attribute)?.count ?? 0;
  return { count, sample: store.references.sampleDns(cs, attribute, sampleSize) };
}

export function describeCs(store: Store, row: CsRow): CsDescription {
  const connector = connectorNames(store).get(row.connector);
  const pending = store.cs.pending(row.id);
  const out = store.exports.get(row.id);
  const link = store.mv.link(row.id);
  const counts = store.references.counts(row.id);
  return {
    id: row.id,
    connector: connector?.name ?? '',
    connectorType: connector?.type ?? '',
    dn: row.dn,
    anchor: row.anchor,
    type: row.object_type,
    attributes: JSON.parse(row.attributes ?? '{}'),
    references: Object.fromEntries(
      counts.map((c) => [
        store.attributes.name(c.attribute),
        { count: c.count, sample: store.references.sampleDns(row.id, c.attribute, sampleSize) },
      ]),
    ),
    pendingImport: pending ? { kind: pending.kind, previous: JSON.parse(pending.previous ?? 'null') } : null,
    pendingExport: out
      ? {
          operation: out.operation,
          state: out.state === 1 ? 'in-progress' : 'pending',
          attributes: parseDelta(out.attributes),
          attempt: out.attempt,
        }
      : null,
    pendingReferences: store.exports.references(row.id).length,
    unconfirmed: parseDelta(store.exports.unconfirmed(row.id)?.attributes),
    link: link
      ? { origin: link.origin, rule: store.rules.name(link.rule), since: new Date(link.time).toISOString() }
      : null,
    errors: store.records.errorsOf(row.id).map((e) => errorText(e)),
  };
}

/** A stored object error in the words it is shown with. */
export function errorText(e: {
  phase: string;
  code: string;
  detail: string;
  first_seen: number;
  last_seen: number;
  count: number;
}): ObjectErrorText {
  const detail = JSON.parse(e.detail) as { message?: string; attribute?: string; rule?: string; nextAttempt?: number };
  return {
    phase: e.phase,
    code: e.code,
    message: detail.message ?? '',
    ...(detail.attribute ? { attribute: detail.attribute } : {}),
    ...(detail.rule ? { rule: detail.rule } : {}),
    firstSeen: new Date(e.first_seen).toISOString(),
    lastSeen: new Date(e.last_seen).toISOString(),
    count: e.count,
    ...(detail.nextAttempt ? { nextAttempt: new Date(detail.nextAttempt).toISOString() } : {}),
  };
}

export const connectorNames = (store: Store): ReadonlyMap<number, { readonly name: string; readonly type: string }> =>
  new Map(store.records.connectors().map((c) => [c.id, c]));
