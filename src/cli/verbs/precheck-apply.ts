/** `causeway precheck --apply FILE`: an edited table back into the directories, with a table that takes it back. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import { type ApplyResult, applyChanges, planApply, type WritableDirectory } from '../../diagnosis/precheck/apply.ts';
import { binaryAttributes } from '../../diagnosis/precheck/changes-of.ts';
import { CsvError, type CsvRecord, csvColumns, csvHeader, csvLine, parseCsv } from '../../diagnosis/precheck/csv.ts';
import { attributeOf } from '../../ldap/text.ts';
import { guidText } from '../../model/guid.ts';
import { pathOf } from '../../service/configuration/configuration.ts';
import { makeConnectors } from '../../service/engine/make-connectors.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, plain, table } from '../output.ts';

/** Exit code 2 if a line could not be carried out. */
export async function runApply(cli: CliContext, path: string): Promise<void> {
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
  const failed = results.filter((r) => r.outcome !== 'applied' && r.outcome !== 'already-so').length;
  cli.answer({ results, undo: undo.path ?? null }, () =>
    [
      table(
        ['outcome', 'lines'],
        [...countBy(results.map((r) => r.outcome))].map(([o, n]) => [o, String(n)]),
      ),
      ...(undo.path ? [`Undo: causeway precheck --apply ${undo.path}`] : []),
    ].join('\n'),
  );
  process.exitCode = failed > 0 ? 2 : 0;
}

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
