/** An edited table of precheck back into the directories: what both a command and the service do. */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import {
  type ApplyResult,
  applyChanges,
  type PlannedChange,
  type WritableDirectory,
} from '../../diagnosis/precheck/apply.ts';
import { binaryAttributes } from '../../diagnosis/precheck/changes-of.ts';
import { type CsvRecord, csvColumns, csvHeader, csvLine } from '../../diagnosis/precheck/csv.ts';
import { attributeOf } from '../../ldap/text.ts';
import { guidText } from '../../model/guid.ts';
import { type LoadedConfiguration, pathOf } from '../configuration/configuration.ts';
import { makeConnectors } from '../engine/make-connectors.ts';

export interface TableHost {
  readonly config: LoadedConfiguration;
  /** Changes that were just made, to be written down; nothing more is changed before that is done. */
  readonly record: (applied: readonly PlannedChange[], undo: string) => Promise<unknown>;
  readonly told: (result: ApplyResult, done: number) => void;
  /** Ends it between two changes. */
  readonly signal: AbortSignal;
}
export interface TableResult {
  readonly results: readonly ApplyResult[];
  /** Path of the table that takes it back; null: nothing was changed. */
  readonly undo: string | null;
  /** Lines that were not come to, because somebody called it off. */
  readonly left: number;
}

/** Changes that are written down at a time. */
const recordEvery = 50;
/** Milliseconds for the whole of it. */
const longestMs = 4 * 3_600_000;

/** Carries a plan out, change by change. */
export async function applyTable(plan: readonly PlannedChange[], host: TableHost): Promise<TableResult> {
  // What is under way is not torn off: its outcome would be unknown.
  await using live = new LiveConnections(makeConnectors(host.config), AbortSignal.timeout(longestMs));
  using undo = undoFile(precheckFolder(host.config));
  const results: ApplyResult[] = [];
  const unrecorded: PlannedChange[] = [];
  const record = async () => {
    if (unrecorded.length > 0) await host.record(unrecorded.splice(0), undo.path);
  };
  const byLine = new Map(plan.map((p) => [p.line, p]));
  try {
    const directories = { directory: (name: string) => writable(live, name), remember: undo.remember };
    for await (const result of applyChanges(plan, { ...directories, signal: host.signal })) {
      results.push(result);
      const change = byLine.get(result.line);
      if (result.outcome === 'applied' && change) unrecorded.push(change);
      if (unrecorded.length >= recordEvery) await record();
      host.told(result, results.length);
    }
  } catch (error) {
    if (!host.signal.aborted || error !== host.signal.reason) throw error;
  } finally {
    await record();
  }
  return { results, undo: undo.isWritten ? undo.path : null, left: plan.length - results.length };
}

/** Where the tables are that take something back. */
export const precheckFolder = (config: LoadedConfiguration): string =>
  join(pathOf(config, config.settings.stateDirectory), 'precheck');

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
function undoFile(folder: string) {
  const path = join(folder, `undo-${new Date().toISOString().replace(/[:.]/g, '-')}.csv`);
  let file: number | undefined;
  let isWritten = false;
  return {
    path,
    get isWritten() {
      return isWritten;
    },
    remember(record: CsvRecord): void {
      if (file === undefined) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        file = openSync(path, 'wx', 0o600);
        writeSync(file, csvHeader());
        isWritten = true;
      }
      writeSync(file, csvLine(csvColumns.map((name) => record[name])));
      fsyncSync(file);
    },
    [Symbol.dispose](): void {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
