/** Questions of the console that take long enough to be answered in the thread of the reader (see readings.ts). */
import type { z } from 'zod';
import type { Actor } from '../health/audit.ts';
import type { ConfigurationEdit } from './configuration/change.ts';
import { diagnosisFacts } from './facts/diagnosis.ts';
import { explainFacts, type explainQuery } from './facts/explain.ts';
import { forecast, plannedFindings } from './facts/forecast.ts';
import { lineageFacts } from './facts/lineage.ts';
import { type precheckBody, precheckFacts } from './facts/precheck.ts';
import { plannedTable, tableDecisions } from './facts/precheck-table.ts';
import { previewFacts } from './facts/preview.ts';
import { configurationWhatIf, whatIf } from './facts/what-if.ts';
import type { ReadingState } from './readings.ts';

export const consoleReadings = {
  diagnosis: (s: ReadingState, reference?: string) => diagnosisFacts(s, reference),
  explain: (s: ReadingState, query: z.infer<typeof explainQuery>) => explainFacts(s, query),
  forecast: (s: ReadingState) => forecast(s),
  plannedFindings: (s: ReadingState) => plannedFindings(s),
  whatIf: (s: ReadingState, draft: string) => whatIf(s, draft),
  configurationWhatIf: (s: ReadingState, actor: Actor, edit: ConfigurationEdit) => configurationWhatIf(s, actor, edit),
  lineage: (s: ReadingState, reference: string) => lineageFacts(s, reference),
  precheck: (s: ReadingState, body: z.infer<typeof precheckBody>) => precheckFacts(s, body),
  plannedTable: (s: ReadingState, text: string) => plannedTable(s, text),
  tableDecisions: (s: ReadingState, text: string) => tableDecisions(s, text),
  preview: (s: ReadingState, reference: string, draft?: string) => previewFacts(s, reference, draft),
} as const;
