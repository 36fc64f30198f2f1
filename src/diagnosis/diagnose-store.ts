/** A store that cannot be opened, or not be read to its end, is a finding like any other. */
import { StoreError, storeErrorOf } from '../store/sqlite.ts';
import { type Evidence, type Finding, type FindingFacts, type Fix, makeFinding } from './findings/finding.ts';
import { command, commandFix, shellWord, textFix } from './fix/text.ts';

export interface StoreCopy {
  readonly file: string;
  /** Epoch milliseconds. */
  readonly made: number;
}
export interface StoreSurroundings {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Copies that are there, newest first. */
  readonly copies?: readonly StoreCopy[];
  readonly configurationFile?: string;
}

/** The finding for an error of the store; undefined if it is another error. */
export function storeFinding(error: unknown, file: string, around: StoreSurroundings): Finding | undefined {
  const known = storeErrorOf(error, file);
  const facts = known instanceof StoreError ? factsOf(known, file, around) : undefined;
  return facts && makeFinding(facts, around.now);
}

function factsOf(error: StoreError, file: string, around: StoreSurroundings): FindingFacts | undefined {
  const common = {
    root: file,
    errorCode: error.code,
    value: file,
    summary: error.message,
    evidence: [{ source: file, fact: error.cause instanceof Error ? error.cause.message : error.message }],
  };
  switch (error.code) {
    case 'store-corrupt':
      return {
        ...common,
        code: 'store-corrupt',
        evidence: [...common.evidence, ...preserved(file, around)],
        fix: restoring(file, around),
      };
    case 'store-full':
      return {
        ...common,
        code: 'store-full',
        fix: [
          textFix('Make room', 'configuration', `Free some space under ${file}. Nothing that was committed is lost.`),
          commandFix('Then run a cycle', ['sync'], { kind: 'cycle', policy: 'delta' }),
        ],
      };
    case 'store-newer':
      return {
        ...common,
        code: 'configuration-outdated',
        fix: [
          textFix(
            'Start the newer version of Causeway',
            'configuration',
            'The one that upgraded the store, or a later one.',
          ),
          ...restoring(file, around).slice(0, (around.copies ?? []).length),
        ],
      };
    case 'store-older':
      return {
        ...common,
        code: 'configuration-outdated',
        fix: [
          commandFix('Upgrade it: any cycle does', ['sync'], { kind: 'cycle', policy: 'delta' }),
          textFix('Or start the service', 'configuration', 'causeway start'),
        ],
      };
    default:
      return undefined;
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

function preserved(file: string, { copies = [], configurationFile }: StoreSurroundings): Evidence[] {
  const where = configurationFile === undefined ? 'The configuration' : `The configuration (${configurationFile})`;
  return [
    {
      source: 'preserved',
      fact: `${where}, rules, secrets and the log are files of their own. Every value is in the directories and in the cloud, and the links are found again through the source anchor. ${file} itself is not touched.`,
    },
    {
      source: 'lost without a copy',
      fact: 'The history of runs and identities, the audit log, approvals, and fields of the scheduler that were set by command.',
    },
    ...(copies.length > 0
      ? copies.map((c) => ({ source: 'copy', fact: `${c.file}, made ${iso(c.made)}` }))
      : [{ source: 'copy', fact: 'None that "causeway backup" made is there any more.' }]),
  ];
}

/** Commands for a POSIX shell that put the newest copy back, and those that begin anew; the damaged file is kept. */
function restoring(file: string, { copies = [], configurationFile }: StoreSurroundings): Fix[] {
  const [copy] = copies;
  const [db, log, index] = [file, `${file}-wal`, `${file}-shm`].map(shellWord);
  const aside = [`mv ${db} ${shellWord(`${file}.damaged`)}`, `rm -f ${log} ${index}`];
  const full = command(...(configurationFile ? ['--config', configurationFile] : []), 'sync', '--policy', 'initial');
  const fix = (title: string, lines: readonly string[]) =>
    textFix(title, 'configuration', ['# with the service stopped', ...aside, ...lines, full].join('\n'));
  return [
    ...(copy ? [fix(`Put back the copy of ${iso(copy.made)}`, [`cp ${shellWord(copy.file)} ${db}`])] : []),
    fix(`${copy ? 'Or begin' : 'Begin'} anew: a full import finds every link again`, []),
  ];
}
