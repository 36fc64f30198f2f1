/**
 * The verbs and the files they are in. A command loads its own alone: all of them cost half a second of every start, which is
 * most of what a question like `explain` takes.
 */
import type { Register } from './context.ts';

interface VerbFile {
  /** The commands it adds to the program. */
  readonly verbs: readonly string[];
  load(): Promise<Register>;
}

/** In the order in which help lists them. */
export const verbFiles: readonly VerbFile[] = [
  { verbs: ['start'], load: async () => (await import('./verbs/start.ts')).registerStart },
  { verbs: ['tenant'], load: async () => (await import('./verbs/tenant.ts')).registerTenant },
  { verbs: ['sync', 'run', 'stop'], load: async () => (await import('./verbs/sync.ts')).registerSync },
  { verbs: ['status', 'scheduler', 'sign-in'], load: async () => (await import('./verbs/status.ts')).registerStatus },
  { verbs: ['alerts', 'audit'], load: async () => (await import('./verbs/alerts.ts')).registerAlerts },
  { verbs: ['runs'], load: async () => (await import('./verbs/runs.ts')).registerRuns },
  { verbs: ['search', 'show'], load: async () => (await import('./verbs/objects.ts')).registerObjects },
  { verbs: ['history'], load: async () => (await import('./verbs/history.ts')).registerHistory },
  { verbs: ['explain'], load: async () => (await import('./verbs/explain.ts')).registerExplain },
  { verbs: ['diagnose'], load: async () => (await import('./verbs/diagnose.ts')).registerDiagnose },
  { verbs: ['fix'], load: async () => (await import('./verbs/fix.ts')).registerFix },
  { verbs: ['plan'], load: async () => (await import('./verbs/plan.ts')).registerPlan },
  { verbs: ['precheck'], load: async () => (await import('./verbs/precheck.ts')).registerPrecheck },
  { verbs: ['check', 'approve'], load: async () => (await import('./verbs/check.ts')).registerCheck },
  { verbs: ['backup'], load: async () => (await import('./verbs/backup.ts')).registerBackup },
  { verbs: ['rules'], load: async () => (await import('./verbs/rules.ts')).registerRules },
  { verbs: ['config'], load: async () => (await import('./verbs/config.ts')).registerConfig },
  { verbs: ['connector'], load: async () => (await import('./verbs/connector.ts')).registerConnector },
  { verbs: ['passwords'], load: async () => (await import('./verbs/passwords.ts')).registerPasswords },
  {
    verbs: ['support-bundle'],
    load: async () => (await import('./verbs/support-bundle.ts')).registerSupportBundle,
  },
];

/** What a command needs: the file of its verb, or all of them for help and for a verb that there is none of. */
export function verbFilesFor(words: readonly string[]): readonly VerbFile[] {
  const verb = words.find((word, i) => !word.startsWith('-') && words[i - 1] !== '--config');
  const own = verb === undefined ? undefined : verbFiles.find((file) => file.verbs.includes(verb));
  return own ? [own] : verbFiles;
}
