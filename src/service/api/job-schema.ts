/** A long question, or long work, that is answered later. */
import { z } from 'zod';

export const jobSchema = z.object({
  id: z.number().int(),
  name: z.string(),
  by: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  startedAt: z.number().describe('Milliseconds since 1970.'),
  endedAt: z.number().optional(),
  progress: z.object({ done: z.number(), total: z.number().optional(), rate: z.number() }).optional(),
  answer: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export const jobId = z.object({ id: z.coerce.number().int().min(1) });
