/** Runs in words and numbers. */
import type { Run } from '../../api/generated.ts';
import type { State } from '../../ui/shape.tsx';

const profiles: Readonly<Record<Run['profile'], string>> = {
  'full-import': 'Full import',
  'delta-import': 'Delta import',
  'full-sync': 'Full synchronization',
  'delta-sync': 'Delta synchronization',
  export: 'Export',
};
export const profileTitle = (profile: Run['profile']): string => profiles[profile] ?? profile;
export const profileNames = Object.keys(profiles) as readonly Run['profile'][];

export const stateOf = (severity: Run['severity']): State => severity;

export interface Changes {
  readonly adds: number;
  readonly updates: number;
  readonly deletes: number;
  readonly failures: number;
}
const kinds: Readonly<Record<string, keyof Changes>> = {
  'stage-add': 'adds',
  'stage-update': 'updates',
  'stage-rename': 'updates',
  'stage-delete': 'deletes',
  'stage-delete-add': 'updates',
  'stage-failure': 'failures',
  'disconnector-projected-flow': 'adds',
  'disconnector-projected-no-flow': 'adds',
  'disconnector-joined-flow': 'adds',
  'disconnector-joined-no-flow': 'adds',
  'connector-flow': 'updates',
  'connector-delete-remove-mv': 'deletes',
  'connector-delete-leave-mv': 'deletes',
  'connector-filtered-remove-mv': 'deletes',
  'connector-filtered-leave-mv': 'deletes',
  'flow-failure': 'failures',
  'export-add': 'adds',
  'export-update': 'updates',
  'export-rename': 'updates',
  'export-delete': 'deletes',
  'export-delete-add': 'updates',
  'export-failure': 'failures',
  'export-not-confirmed': 'failures',
};

/** The counters of a run as four numbers. */
export function changesOf(counters: Readonly<Record<string, number>>): Changes {
  const sum = { adds: 0, updates: 0, deletes: 0, failures: 0 };
  for (const [name, n] of Object.entries(counters)) {
    const kind = kinds[name];
    if (kind) sum[kind] += n;
  }
  return sum;
}
