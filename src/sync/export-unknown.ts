/** Requests that left and got no answer, because the line broke or the process was killed (law 3). */

import { parseAttributes, parseDelta } from '../connector-space/hologram.ts';
import type { ExportRequest, ReadBack } from '../connectors/contract.ts';
import { sameValue } from '../model/value.ts';
import type { ExportJob } from './export.ts';
import { requestOf } from './export-request.ts';
import { applySuccess } from './export-result.ts';

/**
 * Finds out what became of escrowed exports by asking the target. An add that is there is taken as done, one that is not
 * goes out again; an update is repeated unless the target has its values; a delete is done if nothing is there.
 * Reference changes are released: adding a member that is there, or removing one that is not, is no error.
 */
export async function resolveEscrowed(job: ExportJob): Promise<void> {
  const { store } = job.run.engine;
  const connector = job.connector.row.id;
  const held = store.exports.escrowedReferences(connector);
  if (held.length > 0) store.transaction(() => held.forEach((edge) => void store.exports.setReferenceState(edge, 0)));
  for (let after = 0; ; ) {
    const rows = store.exports.escrowed(connector, after, 200);
    if (rows.length === 0) return;
    const requests = rows.map((row) => requestOf(job, row));
    const found = await readBack(job, requests);
    store.transaction(() => {
      for (const request of requests) settle(job, request, found.get(request.id));
    });
    after = rows.at(-1)!.cs;
  }
}

async function readBack(job: ExportJob, requests: readonly ExportRequest[]): Promise<Map<number, ReadBack>> {
  if (!job.session.readBack)
    throw new TypeError(`the connector ${job.connector.settings.connector.name} exports but cannot read back`);
  return new Map((await job.session.readBack(requests, job.signal)).map((r) => [r.id, r]));
}

function settle(job: ExportJob, request: ExportRequest, answer: ReadBack | undefined): void {
  const { store } = job.run.engine;
  // No answer for this object: it stays escrowed and is asked for again next time.
  if (!answer) return;
  const { object } = answer;
  job.run.journal('unknown-export-resolved', request.id, null, {
    operation: request.operation,
    found: object !== undefined,
  });
  if (request.operation === 'delete' && object && store.mv.link(request.id)) {
    // It was given up, but is wanted again and still there: the delete is off.
    store.exports.remove(request.id);
    store.mv.markDirty(store.mv.link(request.id)!.mv);
    return;
  }
  const isDone =
    request.operation === 'delete'
      ? object === undefined
      : object !== undefined &&
        (request.operation === 'add' ||
          Object.entries(request.attributes).every(([n, v]) => sameValue(v ?? undefined, object.attributes[n])));
  if (isDone) {
    applySuccess(job.run, job.connector, seen(job, request), object ? { anchor: object.anchor } : {});
    confirmKnown(job, request);
    return;
  }
  store.exports.release(request.id);
  if (request.operation === 'delete' && object && request.anchor === undefined)
    store.cs.setAnchor(request.id, object.anchor);
}

/** Of an attribute that cannot be read nobody knows whether it was written: it is computed, and sent, once more. */
function seen(job: ExportJob, request: ExportRequest): ExportRequest {
  const known = Object.entries(request.attributes).filter(([n]) => !job.connector.attributes.get(n)?.unconfirmable);
  if (known.length === Object.keys(request.attributes).length) return request;
  const { store } = job.run.engine;
  const link = store.mv.link(request.id);
  if (link) store.mv.markDirty(link.mv);
  return { ...request, attributes: Object.fromEntries(known) };
}

/** What an import brought before the answer was known is confirmed: no import will bring it once more. */
function confirmKnown(job: ExportJob, request: ExportRequest): void {
  const { cs, exports } = job.run.engine.store;
  const row = cs.get(request.id);
  const unconfirmed = exports.unconfirmed(request.id);
  if (!row || !unconfirmed || request.operation !== 'update') return;
  const imported = parseAttributes(row.attributes);
  const open = Object.entries(parseDelta(unconfirmed.attributes)).filter(
    ([name, value]) => !Object.hasOwn(request.attributes, name) || !sameValue(imported[name], value ?? undefined),
  );
  if (open.length === 0) exports.removeUnconfirmed(row.id);
  else exports.setUnconfirmed(row.id, row.connector, JSON.stringify(Object.fromEntries(open)), job.run.id);
}
