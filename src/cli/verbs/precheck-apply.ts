/** `causeway precheck --apply FILE`: an edited table back into the directories, with a table that takes it back. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import {
  type ApplyResult,
  applyChanges,
  type PlannedChange,
  planApply,
  type WritableDirectory,
} from '../../diagnosis/precheck/apply.ts';
import { binaryAttributes } from '../../diagnosis/precheck/changes-of.ts';
import { CsvError, type CsvRecord, csvColumns, csvHeader, csvLine, parseCsv } from '../../diagnosis/precheck/csv.ts';
import type { Row } from '../../diagnosis/precheck/model.ts';
import { recordAudit } from '../../health/audit.ts';
import { attributeOf } from '../../ldap/text.ts';
import { dnKey } from '../../model/dn.ts';
import { guidText } from '../../model/guid.ts';
import { acquireLease } from '../../scheduler/lease.ts';
import { pathOf } from '../../service/configuration/configuration.ts';
import { makeConnectors } from '../../service/engine/make-connectors.ts';
import { stateDirectory, storeFile } from '../../service/engine/open-engine.ts';
import { openStore } from '../../store/store.ts';
import type { CycleResult, RunResult } from '../../sync/cycle.ts';
import { type CliContext, CliError } from '../context.ts';
import { engineWork } from '../engine-access.ts';
import { mark, plain, table } from '../output.ts';
import { findService } from '../service-client.ts';

export interface ApplyArguments {
  /** A whole delta cycle afterwards, which exports too, instead of an import alone. */
  readonly sync: boolean;
  /** Finds what is still wrong once the directories were read again. */
  readonly recheck: () => Promise<readonly Row[]>;
}

/** Exit code 2 if a line could not be carried out. */
export async function runApply(cli: CliContext, path: string, options: ApplyArguments): Promise<void> {
  const config = cli.config();
  const names = config.settings.connectors.filter((c) => c.type !== 'entra').map((c) => c.name);
  const plan = readPlan(path, names);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
  await using live = new LiveConnections(makeConnectors(config), stop.signal);
  const undo = undoFile(pathOf(config, config.settings.stateDirectory));
  const results: ApplyResult[] = [];
  const host = {
    directory: (name: string) => writable(live, name),
    remember: undo.remember,
    signal: stop.signal,
  };
  for await (const result of applyChanges(plan, host)) {
    results.push(result);
    const state = result.outcome === 'applied' ? 'ok' : result.outcome === 'already-so' ? 'none' : 'error';
    cli.note(
      `${mark(state)} line ${result.line}: ${plain(result.dn)} ${result.attribute}: ${result.outcome}. ${plain(result.detail)}`,
    );
  }
  undo[Symbol.dispose]();
  const applied = plan.filter((c) => results.some((r) => r.line === c.line && r.outcome === 'applied'));
  const isRecorded = applied.length === 0 || (await record(cli, path, undo.path, applied));
  const followUp = applied.length === 0 ? undefined : await lookAgain(cli, applied, options);
  const failed = results.filter((r) => r.outcome !== 'applied' && r.outcome !== 'already-so').length;
  const answer = { results, undo: undo.path ?? null, recorded: isRecorded, ...(followUp ? { followUp } : {}) };
  cli.answer(answer, () =>
    [
      table(
        ['outcome', 'lines'],
        [...countBy(results.map((r) => r.outcome))].map(([o, n]) => [o, String(n)]),
      ),
      ...(followUp ? followUpText(followUp) : []),
      ...(undo.path ? [`Undo: causeway precheck --apply ${undo.path}`] : []),
    ].join('\n'),
  );
  process.exitCode = failed > 0 ? 2 : 0;
}

/** Into the audit log, and into the history of each object. False while a service holds the state: then only the undo table tells. */
async function record(
  cli: CliContext,
  table: string,
  undo: string | undefined,
  applied: readonly PlannedChange[],
): Promise<boolean> {
  const config = cli.config();
  if (await findService(config, cli.actor.who)) {
    cli.note(
      `${mark('warning')} A service runs on this state, so its audit log does not name these changes; the undo table does.`,
    );
    return false;
  }
  using _ = acquireLease(stateDirectory(config), 'precheck --apply');
  using store = openStore(storeFile(config));
  const now = Date.now();
  store.transaction(() => {
    recordAudit(store, now, cli.actor, {
      action: 'precheck-apply',
      subject: table,
      after: { undo, lines: applied.length },
    });
    for (const { connector, dn, attribute, value, update, line } of applied) {
      const [before, after] = [{ [attribute]: value || null }, { [attribute]: update || null }];
      recordAudit(store, now, cli.actor, { action: 'change-directory', subject: `${connector}: ${dn}`, before, after });
      const row = store.records.connectors().find((c) => c.name === connector);
      const cs = row && store.cs.byDn(row.id, dnKey(dn))[0];
      if (!cs) continue;
      const changes = { [attribute]: { ...(value ? { before: value } : {}), ...(update ? { after: update } : {}) } };
      const detail = JSON.stringify({ by: cli.actor.who, line, changes });
      store.records.journal(now, null, 'changed-in-directory', cs.id, store.mv.link(cs.id)?.mv ?? null, detail);
    }
  });
  return true;
}

interface FollowUp {
  /** What was run to read the directories again. */
  readonly ran: readonly { readonly what: string; readonly outcome: string }[];
  /** Lines whose value is not found any more. */
  readonly gone: number;
  readonly still: readonly {
    readonly line: number;
    readonly dn: string;
    readonly attribute: string;
    readonly code: string;
  }[];
}

/** Reads the directories again and looks at the objects that were changed. */
async function lookAgain(
  cli: CliContext,
  applied: readonly PlannedChange[],
  { sync, recheck }: ApplyArguments,
): Promise<FollowUp> {
  const ran: { what: string; outcome: string }[] = [];
  if (sync) {
    const cycle = await engineWork<CycleResult>(cli, { kind: 'cycle', policy: 'delta', retryAll: true });
    ran.push({ what: 'delta cycle', outcome: cycle.outcome });
  } else
    for (const connector of new Set(applied.map((c) => c.connector))) {
      const run = await engineWork<RunResult>(cli, { kind: 'run', connector, profile: 'delta-import' });
      ran.push({ what: `delta import of ${connector}`, outcome: run.status });
    }
  const place = (connector: string, dn: string, attribute: string) => `${connector} ${dnKey(dn)} ${attribute}`;
  const found = new Map(
    (await recheck()).map((r) => [place(r.object.connector, r.object.dn, r.attribute), r] as const),
  );
  const still = applied.flatMap(({ line, connector, dn, attribute, update }) => {
    const row = found.get(place(connector, dn, attribute));
    return row && (update === '' || row.value === update) ? [{ line, dn, attribute, code: row.code }] : [];
  });
  return { ran, gone: applied.length - still.length, still };
}

const followUpText = ({ ran, gone, still }: FollowUp): string[] => [
  ...ran.map((r) => `${r.what}: ${r.outcome}`),
  `${gone} of the applied lines are not found any more${still.length === 0 ? '.' : `, ${still.length} still are:`}`,
  ...still.slice(0, 20).map((s) => `  ${mark('warning')} line ${s.line}: ${plain(s.dn)} ${s.attribute}: ${s.code}`),
];

function readPlan(path: string, connectors: readonly string[]) {
  try {
    return planApply(parseCsv(readFileSync(path, 'utf8')), connectors);
  } catch (error) {
    if (error instanceof CsvError) throw new CliError(error.code, `${path}: ${error.message} Nothing was changed.`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError('cannot-read-file', `${path} cannot be read (${code}).`);
  }
}

function countBy(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

async function writable(live: LiveConnections, name: string): Promise<WritableDirectory | undefined> {
  const directory = await live.directory(name);
  if (!directory) return undefined;
  return {
    async read(dn, attribute) {
      const [entry] = await directory.read({
        base: dn,
        scope: 'base',
        filter: { present: 'objectClass' },
        attributes: [attribute, 'objectGUID'],
      });
      const guid = entry && attributeOf(entry, 'objectGUID')?.values[0];
      if (!entry || !guid) return undefined;
      const encoding = binaryAttributes.has(attribute) ? 'base64' : 'utf8';
      return {
        objectGuid: guidText(guid),
        values: (attributeOf(entry, attribute)?.values ?? []).map((v) => v.toString(encoding)),
      };
    },
    modify: (dn, changes) => directory.modify(dn, changes),
  };
}

/** A file of its own for every run, made when the first change is about to leave, on disk before each. */
function undoFile(stateDirectory: string) {
  let file: number | undefined;
  const undo = {
    path: undefined as string | undefined,
    remember(record: CsvRecord): void {
      if (file === undefined) {
        const folder = join(stateDirectory, 'precheck');
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        undo.path = join(folder, `undo-${new Date().toISOString().replace(/[:.]/g, '-')}.csv`);
        file = openSync(undo.path, 'wx', 0o600);
        writeSync(file, csvHeader());
      }
      writeSync(file, csvLine(csvColumns.map((name) => record[name])));
      fsyncSync(file);
    },
    [Symbol.dispose](): void {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
  return undo;
}
