/**
 * What a target did not take as it was asked. A value that something is in the way of counts as delivered, as if the
 * target kept it in its shadow (entra-directory s.2.3, 2.4); an export that was refused for good is put off. Both come up
 * again when the value changes, or when the target says that what was in the way is gone.
 */
import { parseAttributes, parseDelta } from '../connector-space/hologram.ts';
import type { ConnectorSession, ExportRequest, Instead } from '../connectors/contract.ts';
import { type Attributes, type AttributeValue, sameValue } from '../model/value.ts';
import type { CsRow } from '../store/connector-space.ts';
import type { ObstacleRow } from '../store/obstacles.ts';
import type { Store } from '../store/store.ts';
import type { SyncRun } from './sync-run.ts';

/** A next attempt that comes only on demand: with an initial cycle, or an export run by hand. */
export const putOff = Number.MAX_SAFE_INTEGER;

export interface RetryOptions {
  /** Failed exports are tried again whether or not their time has come. */
  readonly retryAll: boolean;
  /** Also what was refused for good, or left out. */
  readonly retryRefused?: boolean;
}

/** Exports whose next attempt is at or before this instant (epoch ms) are sent. */
export const dueBefore = (options: RetryOptions, now: number): number =>
  options.retryRefused ? putOff : options.retryAll ? putOff - 1 : now;

/** Obstacles that are asked about together: only among these can a connector see who waits for whom. */
const pageSize = 5000;
const parse = (text: string): AttributeValue | undefined => (JSON.parse(text) as AttributeValue | null) ?? undefined;

/** What the target counts as holding: the value that was asked, where it holds what it took instead. */
export function withShadows(held: Attributes, rows: readonly ObstacleRow[]): Attributes {
  if (rows.length === 0) return held;
  const shadowed: Record<string, AttributeValue> = { ...held };
  for (const { attribute, asked, became } of rows) {
    const value = parse(asked);
    if (value !== undefined && sameValue(held[attribute], parse(became))) shadowed[attribute] = value;
  }
  return shadowed;
}

/**
 * Keeps what the target took instead of what a request asked. Returns the values that an import has yet to bring; where
 * the target held already what it took, nothing was written and none will.
 */
export function rememberInstead(
  store: Store,
  row: CsRow,
  request: ExportRequest,
  instead: readonly Instead[],
): Record<string, AttributeValue | null> {
  const { obstacles } = store;
  const before = parseDelta(store.exports.unconfirmed(row.id)?.attributes);
  const became = Object.fromEntries(instead.map((i) => [i.attribute, i.became]));
  const sent: Record<string, AttributeValue | null> = { ...before, ...request.attributes, ...became };
  const imported = parseAttributes(row.attributes);
  for (const { attribute } of [...obstacles.of(row.id), ...instead]) {
    if (!Object.hasOwn(request.attributes, attribute)) continue;
    if (sameValue(imported[attribute], sent[attribute] ?? undefined)) delete sent[attribute];
  }
  for (const attribute of ['', ...Object.keys(request.attributes)]) obstacles.remove(row.id, attribute);
  for (const { attribute, became: value, obstacle, told } of instead) {
    const asked = JSON.stringify(request.attributes[attribute] ?? null);
    const texts = { asked, became: JSON.stringify(value), obstacle, told: JSON.stringify(told) };
    obstacles.set({ cs: row.id, attribute, connector: row.connector, ...texts });
  }
  return sent;
}

/** Asks the target which obstacles are gone, after its import: what they held up is computed and sent again. */
export async function askObstacles(
  run: SyncRun,
  connector: number,
  session: ConnectorSession,
  signal: AbortSignal,
): Promise<void> {
  const { store } = run.engine;
  if (!session.obstaclesGone) return;
  for (let after = { cs: 0, attribute: '' }; ; ) {
    const rows = store.obstacles.page(connector, after, pageSize);
    const last = rows.at(-1);
    if (!last) return;
    const asked = rows.flatMap((row, id) => {
      const cs = store.cs.get(row.cs);
      if (!cs) return [];
      const { attribute, obstacle } = row;
      const value = parse(row.asked);
      const anchor = cs.anchor === null ? {} : { anchor: cs.anchor };
      return {
        id,
        ...anchor,
        dn: cs.dn,
        objectType: cs.object_type ?? '',
        attribute,
        obstacle,
        ...(value === undefined ? {} : { value }),
      };
    });
    const gone = await session.obstaclesGone(asked, signal);
    store.transaction(() => {
      for (const cs of new Set(rows.flatMap((row, id) => (gone.has(id) ? row.cs : [])))) resume(run, cs);
    });
    after = last;
  }
}

/** Everything of the object comes up again together, so that what is reported of it is whole. */
function resume(run: SyncRun, cs: number): void {
  const { store } = run.engine;
  store.obstacles.removeAll(cs);
  const pending = store.exports.get(cs);
  if (pending?.state === 0) store.exports.defer(cs, 0);
  store.exports.resumeReferencesOf(cs);
  const link = store.mv.link(cs);
  if (link) store.mv.markDirty(link.mv);
}
