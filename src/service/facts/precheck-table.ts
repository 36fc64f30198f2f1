/** Decisions about values to mend, as a table and back: the one place that knows its columns is the table of precheck. */
import { z } from 'zod';
import { type PlannedChange, planApply } from '../../diagnosis/precheck/apply.ts';
import { CsvError, type CsvRecord, csvColumns, csvHeader, csvLine, parseCsv } from '../../diagnosis/precheck/csv.ts';
import { type Action, actions } from '../../diagnosis/precheck/model.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import type { ReadingState } from '../readings.ts';
import { Refusal } from '../refusal.ts';
import type { PrecheckAnswer, PrecheckRow } from './precheck.ts';

/** Decisions in one request. */
export const mostDecisions = 10_000;
export const decisionSchema = z.strictObject({
  dn: z.string().max(2048),
  attribute: z.string().max(256),
  value: z.string().max(100_000).describe('As it is now: object, attribute and value are what is decided about.'),
  action: z.enum(actions),
  update: z.string().max(100_000).describe('As it will be.'),
});
export type Decision = z.infer<typeof decisionSchema>;
export const decisionsSchema = z.array(decisionSchema).max(mostDecisions);

const keyOf = (d: Pick<Decision, 'dn' | 'attribute' | 'value'>): string =>
  JSON.stringify([d.dn.toLowerCase(), d.attribute.toLowerCase(), d.value]);

/** The table of a check, with the decisions in ACTION. */
export const precheckTable = (answer: PrecheckAnswer, decisions: readonly Decision[]): string =>
  csvHeader() +
  recordsOf(answer, decisions)
    .map(({ record }) => csvLine(csvColumns.map((name) => record[name])))
    .join('');

export interface DecidedPlan {
  readonly plan: readonly PlannedChange[];
  /** Decisions about values that this check did not find. */
  readonly unknown: number;
}

/** What the decisions change. Throws a Refusal for a decision that cannot be carried out. */
export function planDecisions(
  config: LoadedConfiguration,
  answer: PrecheckAnswer,
  decisions: readonly Decision[],
): DecidedPlan {
  const known = new Set(answer.rows.map(keyOf));
  const unknown = decisions.filter((d) => !known.has(keyOf(d))).length;
  return { plan: refusing(() => planApply(recordsOf(answer, decisions), sources(config))), unknown };
}

/** The changes of a table. Throws a Refusal that names the line. */
export const plannedTable = ({ config }: ReadingState, text: string): PlannedChange[] =>
  refusing(() => planApply(parseCsv(text), sources(config)));

/** The decisions in a table that somebody edited. Throws a Refusal that names the line. */
export const tableDecisions = (_: ReadingState, text: string): Decision[] =>
  refusing(() =>
    parseCsv(text).flatMap(({ line, record }): Decision[] => {
      const word = record.ACTION.trim().toUpperCase();
      if (word === '') return [];
      const action = actions.find((a) => a === word);
      if (!action) throw new CsvError(`Line ${line}: "${record.ACTION}" is no action; ${actions.join(', ')} are.`);
      const { DISTINGUISHEDNAME: dn, ATTRIBUTE: attribute, VALUE: value, UPDATE: update } = record;
      return [{ dn, attribute, value, action, update }];
    }),
  );

function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CsvError)
      throw new Refusal('bad-argument', `${error.message} Nothing was changed.`, { code: error.code });
    throw error;
  }
}

/** Directories with objects of ours: everything but clouds. */
const sources = ({ settings }: LoadedConfiguration): string[] =>
  settings.connectors.filter((c) => c.type !== 'entra').map((c) => c.name);

/** The lines of the table; the first is the head. */
function recordsOf(
  answer: PrecheckAnswer,
  decisions: readonly Decision[],
): { readonly line: number; readonly record: CsvRecord }[] {
  const decided = new Map(decisions.map((d) => [keyOf(d), d]));
  let line = 1;
  return answer.rows.flatMap((row) =>
    (answer.bytes[row.number] ?? [row.value]).map((value) => {
      line++;
      return { line, record: recordOf(row, value, answer.bytes[row.number] !== undefined, decided.get(keyOf(row))) };
    }),
  );
}

function recordOf(row: PrecheckRow, value: string, isBytes: boolean, decision: Decision | undefined): CsvRecord {
  const action: Action | '' = decision?.action ?? '';
  return {
    DISTINGUISHEDNAME: row.dn,
    COMMONNAME: row.name,
    OBJECTCLASS: row.type,
    ATTRIBUTE: row.attribute,
    ERROR: row.checks.join(','),
    VALUE: value,
    UPDATE: isBytes ? '' : (decision?.update ?? row.update ?? ''),
    PROPOSEDACTION: row.action ?? '',
    ACTION: action,
    CONNECTOR: row.connector,
    OBJECTGUID: row.objectGuid,
    CODE: row.code,
    CONFIDENCE: row.confidence ?? '',
    REASON: row.reason,
  };
}
