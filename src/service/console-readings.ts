/** Questions of the console that take long enough to be answered in the thread of the reader (see readings.ts). */
import type { z } from 'zod';
import { explainFacts, type explainQuery } from './facts/explain.ts';
import { type precheckBody, precheckFacts } from './facts/precheck.ts';
import { previewFacts } from './facts/preview.ts';
import type { ReadingState } from './readings.ts';

export const consoleReadings = {
  explain: (s: ReadingState, query: z.infer<typeof explainQuery>) => explainFacts(s, query),
  precheck: (s: ReadingState, body: z.infer<typeof precheckBody>) => precheckFacts(s, body),
  preview: (s: ReadingState, reference: string, draft?: string) => previewFacts(s, reference, draft),
} as const;
