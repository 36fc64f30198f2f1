/** The last hop: what the cloud calculates from what was sent, what it set aside, what it shows (entra-directory s.2). */
import { type CloudObject, classOf, idOfCloudAnchor, provisioningErrorsOf } from '../../entra/objects.ts';
import { propertyRule } from '../../entra/properties.ts';
import { planProvision } from '../../entra/provision.ts';
import type { SyncObjectType } from '../../entra/sync-protocol.ts';
import type { Attributes, AttributeValue } from '../../model/value.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import type { Found } from '../find.ts';
import { predictedContext, syncTypeOf, type TenantImage, withoutObject } from '../plan/image.ts';
import type { ConcernedObject } from '../plan/image-object.ts';
import { traceOutbound } from './flows.ts';
import { type CloudValue, type ExplainNode, type Fact, valueText } from './model.ts';
import { partsOf } from './parts.ts';

const typeOf = (row: CsRow): SyncObjectType | undefined => syncTypeOf(row.object_type);

/** The object of the tenant behind a connector-space object; undefined if it is not there or the tenant was not read. */
export function tenantObject(row: CsRow, tenant: TenantImage | undefined): CloudObject | undefined {
  const type = typeOf(row);
  const id = type && row.anchor !== null ? idOfCloudAnchor(row.anchor, classOf(type)) : undefined;
  return id === undefined ? undefined : tenant?.index.byId(id);
}

/** What has to be known of the tenant to explain the last hop; undefined if the object is to be in no cloud. */
export function concernedObject(
  engine: Engine,
  reference: string,
  found: Found,
  attribute: string | undefined,
): { readonly connector: string; readonly object: ConcernedObject } | undefined {
  const { mv, targets } = partsOf(engine, reference, found);
  const target = targets[0];
  const link = mv && target && engine.store.mv.linkIn(mv.id, target.row.id);
  const row = link && engine.store.cs.get(link.cs);
  const type = row && typeOf(row);
  if (!type) return undefined;
  const objectClass = classOf(type);
  const id = row.anchor === null ? undefined : idOfCloudAnchor(row.anchor, objectClass);
  const { sourceAnchor, ...values } = traceOutbound(engine, mv, target, row.object_type ?? '', row).wanted;
  const property = attribute === undefined ? undefined : propertyRule(attribute)?.graph?.[objectClass]?.name;
  return {
    connector: target.row.name,
    object: {
      class: objectClass,
      values,
      ...(id === undefined ? {} : { id }),
      ...(typeof sourceAnchor === 'string' ? { sourceAnchor } : {}),
      ...(property === undefined ? {} : { property }),
    },
  };
}

interface Calculation {
  readonly graph: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
  readonly refusal?: string;
}

/** What the cloud's rules make of these values for an object, beside everybody else who is there. */
function calculate(row: CsRow, wanted: Attributes, tenant: TenantImage, now: number): Calculation | undefined {
  const objectType = typeOf(row);
  const sourceAnchor = wanted.sourceAnchor;
  if (!objectType || typeof sourceAnchor !== 'string') return undefined;
  const own = tenantObject(row, tenant);
  const index = own ? withoutObject(tenant.index, own.id) : tenant.index;
  const { sourceAnchor: _, ...properties } = wanted;
  const outcome = planProvision(
    { operation: 'Add', objectType, sourceAnchor, properties },
    index,
    tenant.settings,
    predictedContext(now),
  );
  const notes = [...outcome.trace.filter((t) => t.outcome === 'done').map((t) => t.detail)];
  return {
    graph: outcome.changes.graph,
    notes,
    ...(outcome.decision === 'refuse'
      ? { refusal: outcome.result.errorDescription ?? outcome.result.errorCode ?? '' }
      : {}),
  };
}

/** What becomes of one attribute in the cloud; undefined if it is none of those that the cloud shows. */
export function cloudValue(
  engine: Engine,
  target: EngineConnector,
  mv: MvRow,
  row: CsRow,
  attribute: string,
  tenant: TenantImage | undefined,
): CloudValue | undefined {
  const type = typeOf(row);
  const rule = propertyRule(attribute);
  const property = type && rule?.graph?.[classOf(type)]?.name;
  if (!tenant || !type || !property) return undefined;
  const { wanted } = traceOutbound(engine, mv, target, row.object_type ?? '', row);
  const calculation = calculate(row, wanted, tenant, engine.now());
  if (!calculation) return undefined;
  const held = tenantObject(row, tenant);
  const shown = calculation.graph[property];
  return {
    property,
    sent: wanted[attribute] ?? null,
    calculated: asFact(shown),
    ...(held && tenant.source === 'tenant' && Object.hasOwn(held.graph, property)
      ? { returned: asFact(held.graph[property]) }
      : {}),
    notes: calculation.refusal ? [calculation.refusal] : notesAbout(calculation.notes, wanted[attribute]),
  };
}

const asFact = (value: unknown): Fact =>
  value === undefined || value === null
    ? null
    : typeof value === 'object' && !Array.isArray(value)
      ? JSON.stringify(value)
      : (value as AttributeValue);

/** The notes that mention the value; all of them if none does, because one step may replace the value altogether. */
function notesAbout(notes: readonly string[], value: AttributeValue | undefined): readonly string[] {
  const texts = (Array.isArray(value) ? value : [value]).filter((v) => typeof v === 'string') as string[];
  return notes.filter((n) => texts.some((t) => n.toLowerCase().includes(t.toLowerCase())));
}

/** What the cloud did to the object beyond taking what was sent. */
export function cloudNodes(
  engine: Engine,
  _target: EngineConnector,
  _mv: MvRow,
  row: CsRow,
  tenant: TenantImage | undefined,
): ExplainNode[] {
  const nodes: ExplainNode[] = [];
  const last = engine.store.records.journalOf(null, row.id).findLast((r) => r.kind === 'exported');
  const note = last ? (JSON.parse(last.detail) as { note?: string }).note : undefined;
  if (note) nodes.push({ state: /set aside/.test(note) ? 'warning' : 'ok', title: `The cloud answered: ${note}` });
  const held = tenantObject(row, tenant);
  if (!held) {
    if (tenant?.source === 'tenant' && row.anchor !== null)
      nodes.push({ state: 'error', title: `The tenant has no object ${row.anchor} (any more)` });
    return nodes;
  }
  if (held.deleted) nodes.push({ state: 'error', title: 'In the cloud it is in the recycle bin' });
  if (held.cloudManaged)
    nodes.push({ state: 'warning', title: 'The cloud masters it: changes of the directory are ignored' });
  for (const e of provisioningErrorsOf(held))
    nodes.push({
      state: 'warning',
      title: `Withheld since ${e.occurredDateTime}: ${e.propertyCausingError} ${valueText(e.value)}, another object has it`,
    });
  return nodes;
}
