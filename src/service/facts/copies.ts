/** Copies of the state that were made with `causeway backup`, so that a damaged store knows what can be put back. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnosis, verdictOf } from '../../diagnosis/diagnose.ts';
import { type StoreCopy, storeFinding } from '../../diagnosis/diagnose-store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { stateDirectory, storeFile } from '../engine/open-engine.ts';

/** Copies that are remembered. */
const remembered = 10;
const noteOf = (config: LoadedConfiguration): string => join(stateDirectory(config), 'copies.json');

/** Remembers a copy beside the store, because a store that is damaged can tell nothing. */
export function noteCopy(config: LoadedConfiguration, file: string, made: number): void {
  const copies = [{ file, made }, ...readCopies(config).filter((c) => c.file !== file)].slice(0, remembered);
  writeFileSync(noteOf(config), JSON.stringify(copies), { mode: 0o600 });
}

/** The copies that are still there, newest first. */
function readCopies(config: LoadedConfiguration): StoreCopy[] {
  try {
    const copies = JSON.parse(readFileSync(noteOf(config), 'utf8')) as StoreCopy[];
    return copies.filter((c) => statSync(c.file, { throwIfNoEntry: false })?.isFile());
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The diagnosis that an error of the store is: one finding, with the copies that can be put back. Throws on what is none. */
export function storeDiagnosis(config: LoadedConfiguration, error: unknown, now: number): Diagnosis {
  const around = { now, copies: readCopies(config), configurationFile: config.file };
  const finding = storeFinding(error, storeFile(config), around);
  if (!finding) throw error;
  return { kind: 'diagnosis', verdict: verdictOf([finding]), findings: [finding] };
}
