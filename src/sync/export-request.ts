/** What leaves: requests made from pending exports. */
import { parseAttributes, parseDelta } from '../connector-space/hologram.ts';
import type { ExportRequest, ReferenceTarget } from '../connectors/contract.ts';
import type { AttributeValue } from '../model/value.ts';
import type { ExportRow, ReferenceExportRow } from '../store/exports.ts';
import type { Store } from '../store/store.ts';
import type { ExportJob } from './export.ts';
import { heldAttributes } from './views.ts';

export function requestOf(job: Pick<ExportJob, 'run'>, row: ExportRow): ExportRequest {
  const { store } = job.run.engine;
  const cs = store.cs.get(row.cs)!;
  const attributes = parseDelta(row.attributes);
  const held = heldAttributes(store, row.cs, parseAttributes(cs.attributes));
  const before: Record<string, AttributeValue> = {};
  for (const name of Object.keys(attributes)) if (held[name] !== undefined) before[name] = held[name];
  return {
    id: row.cs,
    operation: row.operation,
    ...(cs.anchor === null ? {} : { anchor: cs.anchor }),
    dn: cs.dn,
    objectType: cs.object_type ?? '',
    attributes,
    before,
    references: {},
    attempt: row.attempt,
  };
}

/** One request for the reference changes of one object. All rows are of that object. */
export function referenceRequest(store: Store, id: number, rows: readonly ReferenceExportRow[]): ExportRequest {
  const cs = store.cs.get(rows[0]!.cs)!;
  const references: Record<string, { added: ReferenceTarget[]; removed: ReferenceTarget[] }> = {};
  for (const row of rows) {
    const name = store.attributes.name(row.attribute);
    references[name] ??= { added: [], removed: [] };
    const entry = references[name];
    const target = store.cs.get(row.target);
    if (!target) continue;
    (row.change === 1 ? entry.added : entry.removed).push({
      ...(target.anchor === null ? {} : { anchor: target.anchor }),
      dn: target.dn,
    });
  }
  return {
    id,
    operation: 'update',
    ...(cs.anchor === null ? {} : { anchor: cs.anchor }),
    dn: cs.dn,
    objectType: cs.object_type ?? '',
    attributes: {},
    before: {},
    references,
    attempt: 0,
  };
}
