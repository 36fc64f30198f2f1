/** What a full import did not find: deleted, or only out of sight. Nothing is taken for deleted that is not (law 4). */
import type { Absence } from '../connectors/contract.ts';
import { type ImportJob, isInScope } from './import.ts';
import { checkStop } from './synchronize.ts';

/** Error of an object that is kept because its deletion is not proved. */
export const NOT_CONFIRMED_ABSENT = 'not-confirmed-absent';
/** Anchors in one question. */
const PAGE = 2_000;

export interface Lost {
  /** To be staged as deleted. */
  readonly gone: readonly number[];
  readonly kept: ReadonlyMap<number, Absence>;
}

/**
 * Sorts the objects that a full import did not deliver. `outside` are those it delivered and that are not in scope any
 * more; they, and those that were never meant to come, need no proof.
 */
export async function confirmLost(
  job: ImportJob,
  lost: readonly number[],
  outside: ReadonlySet<number>,
): Promise<Lost> {
  const { cs } = job.run.engine.store;
  const { confirmAbsent } = job.session;
  if (!confirmAbsent) return { gone: lost, kept: new Map() };
  const gone: number[] = [];
  const kept = new Map<number, Absence>();
  const asked = new Map<string, number>();
  for (const id of lost) {
    const row = outside.has(id) ? undefined : cs.get(id);
    const isExpected = row && cs.pending(id)?.kind !== 'delete' && isInScope(job, row.dn, row.object_type ?? '');
    if (isExpected && row.anchor !== null) asked.set(row.anchor, id);
    else gone.push(id);
  }
  const anchors = [...asked.keys()];
  for (let at = 0; at < anchors.length; at += PAGE) {
    checkStop(job.run, job.request.signal);
    const page = anchors.slice(at, at + PAGE);
    const answers = new Map((await confirmAbsent.call(job.session, page, job.request)).map((a) => [a.anchor, a]));
    for (const anchor of page) {
      const answer = answers.get(anchor) ?? { anchor, state: 'unconfirmed', detail: 'The connector did not say.' };
      const id = asked.get(anchor) as number;
      if (answer.state === 'gone') gone.push(id);
      else kept.set(id, answer);
    }
  }
  return { gone, kept };
}

/** Notes with every object that was kept why, and forgets it of those that are seen again. The caller holds a transaction. */
export function noteKept(job: ImportJob, kept: Lost['kept']): void {
  const { run } = job;
  const { records, cs } = run.engine.store;
  if (records.anyError()) {
    for (const error of records.errorsOfPhase('import')) {
      const isOver = error.code === NOT_CONFIRMED_ABSENT && !kept.has(error.cs);
      if (isOver && cs.get(error.cs)?.partition === job.row.id) records.clearError(error.cs, 'import');
    }
  }
  for (const [id, { state, detail, remedy }] of kept) {
    const message = `The full import did not find it, and it is kept. ${detail}`;
    const facts = { state, ...(remedy === undefined ? {} : { remedy }) };
    const text = JSON.stringify({ message, severity: 'warning', facts });
    records.setError(id, 'import', NOT_CONFIRMED_ABSENT, text, run.engine.now(), run.id);
    run.counters.add('stage-kept', id);
  }
  if (kept.size === 0) return;
  run.engine.log(
    'warn',
    `${kept.size} objects did not come in the full import of ${job.request.partition.name} and are kept, because nothing proves that they were deleted.`,
    { code: NOT_CONFIRMED_ABSENT, connector: job.connector.settings.connector.name },
  );
}
