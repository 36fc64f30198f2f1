/** The stations of one object's way, from what is stored of it. */
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { errorText } from '../describe.ts';
import { type Lane, type LaneState, lane, type Station } from '../lane.ts';
import { isWarning } from './outbound.ts';

export interface LaneFacts {
  readonly source?: EngineConnector | undefined;
  readonly row?: CsRow | undefined;
  /** Whether the directory has the object, if it was asked. */
  readonly live?: boolean | undefined;
  readonly mv?: MvRow | undefined;
  readonly target?: EngineConnector | undefined;
  readonly targetRow?: CsRow | undefined;
}

export function objectLane(engine: Engine, facts: LaneFacts): Lane {
  return lane([
    sourceStation(engine, facts),
    sourceSpace(engine, facts.row),
    metaverse(engine, facts.mv),
    targetSpace(engine, facts.targetRow),
    cloud(engine, facts),
  ]);
}

const iso = (time: number | null | undefined): { time?: string } =>
  time ? { time: new Date(time).toISOString() } : {};

function sourceStation(engine: Engine, { source, row, live }: LaneFacts): Station {
  const title = source?.row.name ?? 'directory';
  const partition = row?.partition == null ? undefined : source?.partitionOf(row.partition);
  const time = iso(Math.max(partition?.last_full_import ?? 0, partition?.last_delta_import ?? 0));
  const pending = row && engine.store.cs.pending(row.id);
  if (live === false || pending?.kind === 'delete')
    return { station: 'source', title, state: 'none', detail: live === false ? 'not there' : 'gone', ...time };
  if (live === true || row?.attributes != null)
    return { station: 'source', title, state: 'ok', detail: row?.object_type ?? 'there', ...time };
  return { station: 'source', title, state: 'none', detail: 'not known', ...time };
}

function sourceSpace(engine: Engine, row: CsRow | undefined): Station {
  const base = { station: 'source-space', title: 'connector space' } as const;
  if (!row || row.object_type === null) return { ...base, state: 'none', detail: 'not imported' };
  const { cs, records } = engine.store;
  const error = records.errorsOf(row.id).find((e) => e.phase === 'import' || e.phase === 'sync');
  const pending = cs.pending(row.id);
  if (error) return { ...base, state: 'error', detail: error.code, ...iso(error.last_seen) };
  if (pending)
    return { ...base, state: 'waiting', detail: `pending ${pending.kind}`, ...iso(records.run(pending.run)?.started) };
  return { ...base, state: 'ok', detail: row.object_type, ...iso(engine.store.mv.link(row.id)?.time) };
}

function metaverse(engine: Engine, mv: MvRow | undefined): Station {
  const base = { station: 'metaverse', title: 'metaverse' } as const;
  if (!mv) return { ...base, state: 'none', detail: 'no identity' };
  const last = engine.store.records.journalOf(mv.id, null).at(-1);
  return { ...base, state: 'ok', detail: `${mv.type} ${mv.id}`, ...iso(last?.time) };
}

function targetSpace(engine: Engine, row: CsRow | undefined): Station {
  const base = { station: 'target-space', title: 'connector space' } as const;
  if (!row) return { ...base, state: 'none', detail: 'no object' };
  const { exports, records } = engine.store;
  const errors = records.errorsOf(row.id);
  const pending = exports.get(row.id);
  const error = errors.find((e) => e.phase === 'export' && !isWarning(e));
  if (error) return { ...base, state: 'error', detail: errorText(error).code, ...iso(error.last_seen) };
  const waits = pending?.operation ?? (exports.references(row.id).length > 0 ? 'references' : undefined);
  if (waits)
    return {
      ...base,
      state: 'waiting',
      detail: `pending ${waits}`,
      ...iso(pending && records.run(pending.run)?.started),
    };
  const doubt = errors.find((e) => e.phase === 'confirm');
  if (doubt) return { ...base, state: 'warning', detail: doubt.code, ...iso(doubt.last_seen) };
  if (exports.unconfirmed(row.id)) return { ...base, state: 'ok', detail: 'not confirmed yet' };
  return { ...base, state: 'ok', detail: row.object_type ?? '' };
}

function cloud(engine: Engine, { target, targetRow }: LaneFacts): Station {
  const title = target?.row.name ?? 'cloud';
  const base = { station: 'cloud', title } as const;
  if (!targetRow) return { ...base, state: 'none', detail: 'not there' };
  const last = engine.store.records.journalOf(null, targetRow.id).findLast((r) => r.kind === 'exported');
  const isPartial = engine.store.records.errorsOf(targetRow.id).some((e) => e.phase === 'export' && isWarning(e));
  const state: LaneState = targetRow.anchor === null ? 'none' : isPartial ? 'warning' : 'ok';
  const detail =
    state === 'none' ? 'not there yet' : state === 'warning' ? 'values withheld' : (targetRow.object_type ?? '');
  return { ...base, state, detail, ...iso(last?.time) };
}
