/** Data quality: checks as jobs, decisions as tables, tables carried out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type PrecheckAnswer,
  precheckBody,
  precheckRowPage,
  precheckRowQuery,
  precheckRows,
  precheckSummarySchema,
} from '../facts/precheck.ts';
import { decisionSchema, decisionsSchema, planDecisions, precheckTable } from '../facts/precheck-table.ts';
import { startApply } from '../precheck/apply-job.ts';
import { precheckFolder } from '../precheck/apply-table.ts';
import type { ReadingName } from '../readings.ts';
import { Refusal } from '../refusal.ts';
import type { ServiceContext } from '../service-context.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { jobId, jobSchema } from './job-schema.ts';

/** Bytes of a table: some fifty thousand lines. */
const longestTable = 20_000_000;
/** Bytes of decisions. */
const longestDecisions = 10_000_000;
const followUp = z
  .enum(['nothing', 'import', 'cycle'])
  .default('import')
  .describe('What is run when the directories are changed: an import, or a whole cycle, which exports too.');
const tableBody = z
  .string()
  .min(1, 'is empty; send a table of "causeway precheck --format csv"')
  .describe('The table.');

/** The answer of a job of this name. Throws a Refusal while it is not done. */
function answerOf<T>(context: ServiceContext, id: number, name: ReadingName): T {
  const job = context.jobs.get(id);
  if (job.name !== name) throw new Refusal('not-found', `Job ${id} answers another question.`);
  if (job.state !== 'done') throw new Refusal('conflict', `Job ${id} has no answer: it is ${job.state}.`);
  return job.answer as T;
}
const checkOf = (context: ServiceContext, id: number) => answerOf<PrecheckAnswer>(context, id, 'precheck');

function undoTable(context: ServiceContext, name: string): string {
  try {
    return readFileSync(join(precheckFolder(context.config), name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Refusal('not-found', `There is no table ${name}.`);
  }
}

export const precheckEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/precheck',
    group: 'Data quality',
    summary: 'Checks the data of every object before anything is exported. A job.',
    role: 'operator',
    body: precheckBody,
    answer: jobSchema,
    status: 202,
    handle: ({ context, actor, body }) => context.jobs.start('precheck', [body], actor.who),
  }),
  endpoint({
    method: 'get',
    path: '/precheck/{id}',
    group: 'Data quality',
    summary: 'What such a job found, in numbers.',
    role: 'viewer',
    params: jobId,
    answer: precheckSummarySchema,
    handle: ({ context, params }) => checkOf(context, params.id).summary,
  }),
  endpoint({
    method: 'get',
    path: '/precheck/{id}/rows',
    group: 'Data quality',
    summary: 'What such a job found, value by value.',
    role: 'viewer',
    params: jobId,
    query: precheckRowQuery,
    answer: precheckRowPage,
    handle: ({ context, params, query }) => precheckRows(checkOf(context, params.id), query),
  }),
  endpoint({
    method: 'post',
    path: '/precheck/{id}/table',
    group: 'Data quality',
    summary: 'What such a job found as a table (CSV), with decisions in ACTION. Changes nothing.',
    role: 'viewer',
    params: jobId,
    body: z.strictObject({ decisions: decisionsSchema }),
    longest: longestDecisions,
    answer: 'text/csv',
    handle: ({ context, params, body }) => precheckTable(checkOf(context, params.id), body.decisions),
  }),
  endpoint({
    method: 'post',
    path: '/precheck/decisions',
    group: 'Data quality',
    summary: 'The decisions in a table that somebody edited. Changes nothing.',
    role: 'viewer',
    body: tableBody,
    file: longestTable,
    fileType: 'text/csv',
    answer: z.array(decisionSchema),
    handle: ({ context, body }) => context.reader.ask('tableDecisions', body),
  }),
  endpoint({
    method: 'post',
    path: '/precheck/{id}/apply',
    group: 'Data quality',
    summary: 'Carries decisions out in the directories, value by value, if each is still as it was found. A job.',
    role: 'operator',
    params: jobId,
    body: z.strictObject({ decisions: decisionsSchema.min(1), followUp }),
    longest: longestDecisions,
    answer: jobSchema,
    status: 202,
    handle: ({ context, actor, params, body }) => {
      const { plan, unknown } = planDecisions(context.config, checkOf(context, params.id), body.decisions);
      if (unknown > 0)
        throw new Refusal(
          'conflict',
          `${unknown} of the decisions are about values that this check did not find. Check again, and decide on what is there.`,
          { code: 'unknown-value', facts: { unknown } },
        );
      return startApply(context, actor, `check ${params.id}`, plan, body.followUp);
    },
  }),
  endpoint({
    method: 'post',
    path: '/precheck/apply',
    group: 'Data quality',
    summary: 'Carries a table out in the directories, as "causeway precheck --apply" does. A job.',
    role: 'operator',
    query: z.object({
      table: z.string().max(256).default('a table').describe('What it is called, for the audit log.'),
      followUp,
    }),
    body: tableBody,
    file: longestTable,
    fileType: 'text/csv',
    answer: jobSchema,
    status: 202,
    handle: async ({ context, actor, query, body }) =>
      startApply(context, actor, query.table, await context.reader.ask('plannedTable', body), query.followUp),
  }),
  endpoint({
    method: 'get',
    path: '/precheck/undo/{name}',
    group: 'Data quality',
    summary: 'A table that takes changes back, for POST /precheck/apply.',
    role: 'operator',
    params: z.object({ name: z.string().regex(/^undo-[\dTZ-]{1,40}\.csv$/, 'is no name of such a table') }),
    answer: 'text/csv',
    handle: ({ context, params }) => undoTable(context, params.name),
  }),
];
