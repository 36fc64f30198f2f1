/** A store that cannot be opened is a finding like any other. */
import { StoreError } from '../store/sqlite.ts';
import type { CaseCode } from './findings/cases.ts';
import { type Finding, makeFinding } from './findings/finding.ts';
import { textFix } from './fix/text.ts';

const cases: Readonly<Partial<Record<StoreError['code'], readonly [CaseCode, string]>>> = {
  'store-corrupt': [
    'store-corrupt',
    'Stop the service, keep the file aside, and put back a copy; or start without it and run "causeway sync --policy initial": a full import rebuilds the state, and links are found again through the source anchor. Rules and configuration are files of their own and are not concerned.',
  ],
  'store-full': ['store-full', 'Free some space, then run "causeway sync". Nothing that was committed is lost.'],
  'store-newer': [
    'configuration-outdated',
    'Start the newer version of Causeway, or restore a copy that was made before the upgrade.',
  ],
  'store-older': ['configuration-outdated', 'Start the service or run "causeway sync" once, which upgrades the store.'],
};

/** The finding for an error of opening the store; undefined if it is another error. */
export function storeFinding(error: unknown, file: string, now: number): Finding | undefined {
  const known = error instanceof StoreError ? cases[error.code] : undefined;
  if (!(error instanceof StoreError) || !known) return undefined;
  const [code, remedy] = known;
  return makeFinding(
    {
      code,
      root: file,
      errorCode: error.code,
      value: file,
      summary: error.message,
      evidence: [{ source: file, fact: error.cause instanceof Error ? error.cause.message : error.message }],
      fix: [textFix('What to do', 'configuration', remedy)],
    },
    now,
  );
}
