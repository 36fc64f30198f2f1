/** Status, scheduler, cycles and their history. */
import { z } from 'zod';
import { type FieldChange, readFieldChange, settableFields } from '../../scheduler/fields.ts';
import { errorQuery, errorSchema, errorSummarySchema } from '../facts/errors.ts';
import { pageOf } from '../facts/page.ts';
import {
  runDetail,
  runDetailSchema,
  runObjectQuery,
  runObjectSchema,
  runPage,
  runQuery,
  runSchema,
} from '../facts/runs.ts';
import { schedulerSchema, statusSchema } from '../facts/status.ts';
import { Refusal } from '../refusal.ts';
import type { Work } from '../work-queue.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

const profile = z.enum(['full-import', 'delta-import', 'full-sync', 'delta-sync', 'export']);
export const workSchema = z.object({
  id: z.number().int(),
  order: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('cycle'), policy: z.enum(['delta', 'initial']), retryAll: z.boolean() }),
    z.object({ kind: z.literal('run'), connector: z.string().nullable(), profile }),
    z.object({ kind: z.literal('plan'), created: z.string(), seal: z.string(), approveDeletes: z.boolean() }),
  ]),
  by: z.string(),
  trigger: z.enum(['schedule', 'person']),
  state: z.enum(['queued', 'running', 'done', 'failed']),
  queuedAt: z.number().describe('Milliseconds since 1970, as the other instants here.'),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  progress: z
    .object({
      connector: z.string(),
      step: z.string(),
      done: z.number(),
      total: z.number().optional(),
      rate: z.number().describe('Objects a second.'),
      remainingMs: z.number().optional(),
      finishesAt: z
        .number()
        .optional()
        .describe(
          'Milliseconds since 1970 at which the whole export will be over, as far as the limits of the target go.',
        ),
    })
    .optional(),
  result: z.unknown().optional().describe('Of a cycle or a run, when it is done.'),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

const number = z.object({ id: z.coerce.number().int().min(1) });
/** Milliseconds that a question for work under way is held, so that nobody has to ask in a tight loop. */
const holdMs = 250;

async function held(work: Work, ended: Promise<Work>, wait: boolean): Promise<Work | undefined> {
  if (!wait || work.endedAt !== undefined) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), holdMs);
  });
  const result = await Promise.race([ended, late]);
  clearTimeout(timer);
  return result;
}

export const runEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/status',
    group: 'Status',
    summary: 'How things stand: verdict, scheduler, engine, last cycle, connectors, alerts.',
    role: 'viewer',
    answer: statusSchema,
    handle: ({ context }) => context.freshStatus(),
  }),
  endpoint({
    method: 'get',
    path: '/scheduler',
    group: 'Status',
    summary: 'The fields of Get-ADSyncScheduler.',
    role: 'viewer',
    answer: schedulerSchema,
    handle: ({ context }) => context.status().scheduler,
  }),
  endpoint({
    method: 'patch',
    path: '/scheduler',
    group: 'Status',
    summary: 'Sets fields of the scheduler; they take effect at once. Null takes a field back to the configuration.',
    role: 'admin',
    body: z.partialRecord(
      z.enum(settableFields),
      z.union([z.string(), z.number(), z.boolean(), z.null()]).describe('As the cmdlet takes it.'),
    ),
    answer: schedulerSchema,
    handle: async ({ context, actor, body }) => {
      const fields = Object.entries(body).map(([name, value]): FieldChange => {
        try {
          return readFieldChange(name, value === null ? 'null' : String(value));
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          throw new Refusal('bad-argument', error.message);
        }
      });
      if (fields.length === 0)
        throw new Refusal('bad-argument', `Nothing is to be set. Fields: ${settableFields.join(', ')}.`);
      await context.change(actor, { kind: 'set-scheduler', fields });
      return context.status().scheduler;
    },
  }),
  endpoint({
    method: 'get',
    path: '/work',
    group: 'Cycles',
    summary: 'What the engine does, what waits for it, and what it did lately; newest first.',
    role: 'viewer',
    answer: z.array(workSchema),
    handle: ({ context }) => context.queue.list(),
  }),
  endpoint({
    method: 'get',
    path: '/work/{id}',
    group: 'Cycles',
    summary: 'One piece of work.',
    role: 'viewer',
    params: number,
    query: z.object({
      wait: z.stringbool().default(false).describe(`Hold the answer until it ended, at most ${holdMs} ms.`),
    }),
    answer: workSchema,
    handle: async ({ context, params, query }) => {
      const work = context.queue.get(params.id);
      if (!work) throw new Refusal('not-found', `There is no work ${params.id}; only the last pieces are kept.`);
      return (await held(work, context.queue.ended(work.id), query.wait)) ?? context.queue.get(work.id) ?? work;
    },
  }),
  endpoint({
    method: 'post',
    path: '/cycles',
    group: 'Cycles',
    summary: 'Starts a cycle, after whatever runs already.',
    role: 'operator',
    body: z.strictObject({ policy: z.enum(['delta', 'initial']).default('delta') }),
    answer: workSchema,
    status: 202,
    handle: async ({ context, actor, body }) => {
      const work = context.queue.add({ kind: 'cycle', policy: body.policy, retryAll: true }, actor.who, 'person');
      await context.change(actor, { kind: 'note', entry: { action: 'start-cycle', after: { policy: body.policy } } });
      return context.queue.get(work.id) ?? work;
    },
  }),
  endpoint({
    method: 'post',
    path: '/runs',
    group: 'Cycles',
    summary: 'Runs one run profile, after whatever runs already.',
    role: 'operator',
    body: z.strictObject({
      connector: z.string().nullable().describe('Null: all connectors; only for a synchronization.'),
      profile,
    }),
    answer: workSchema,
    status: 202,
    handle: async ({ context, actor, body }) => {
      const names = context.config.settings.connectors.map((c) => c.name);
      if (body.connector === null ? !body.profile.endsWith('-sync') : !names.includes(body.connector)) {
        throw new Refusal(
          'not-found',
          `There is no connector "${body.connector ?? ''}". Connectors: ${names.join(', ')}.`,
          { code: 'unknown-connector' },
        );
      }
      const work = context.queue.add({ kind: 'run', ...body }, actor.who, 'person');
      await context.change(actor, { kind: 'note', entry: { action: 'run-profile', after: body } });
      return context.queue.get(work.id) ?? work;
    },
  }),
  endpoint({
    method: 'post',
    path: '/work/stop',
    group: 'Cycles',
    summary: 'Stops what runs, in good order, and forgets what waits. What was done so far is kept.',
    role: 'operator',
    answer: z.object({ stopped: z.boolean() }),
    handle: async ({ context, actor }) => {
      const stopped = context.queue.stop();
      if (stopped) await context.change(actor, { kind: 'note', entry: { action: 'stop' } });
      return { stopped };
    },
  }),
  endpoint({
    method: 'get',
    path: '/runs',
    group: 'Runs',
    summary: 'The run history, newest first.',
    role: 'viewer',
    query: runQuery,
    answer: pageOf(runSchema),
    handle: ({ context, query }) => runPage(context.store, context.config, query),
  }),
  endpoint({
    method: 'get',
    path: '/runs/{id}',
    group: 'Runs',
    summary: 'One run with its counters, the one before it, and the other runs of its cycle.',
    role: 'viewer',
    params: number,
    answer: runDetailSchema,
    handle: ({ context, params }) => runDetail(context.store, params.id),
  }),
  endpoint({
    method: 'get',
    path: '/runs/{id}/objects',
    group: 'Runs',
    summary: 'The objects behind a counter of a run, with before and after.',
    role: 'viewer',
    params: number,
    query: runObjectQuery,
    answer: pageOf(runObjectSchema),
    handle: ({ context, params, query }) => context.pages.askText('runObjects', params.id, query),
  }),
  endpoint({
    method: 'get',
    path: '/charts/runs',
    group: 'Runs',
    summary: 'Runs since an instant as points of a chart, newest first.',
    role: 'viewer',
    query: z.object({
      since: z.iso.datetime().optional().describe('Default: the last 24 hours.'),
      limit: z.coerce.number().int().min(1).max(2000).default(1000),
    }),
    answer: z.array(
      z.object({
        run: z.number().int(),
        started: z.number().describe('Milliseconds since 1970.'),
        durationMs: z.number(),
        connector: z.string().nullable(),
        profile: z.string(),
        status: z.string(),
        counters: z.record(z.string(), z.number()),
      }),
    ),
    handle: ({ context, query }) => {
      const since = query.since === undefined ? context.now() - 86_400_000 : Date.parse(query.since);
      const names = new Map(context.store.records.connectors().map((c) => [c.id, c.name]));
      return context.store.reports.changes(since, query.limit).map((r) => ({
        run: r.id,
        started: r.started,
        durationMs: (r.ended ?? r.started) - r.started,
        connector: r.connector === null ? null : (names.get(r.connector) ?? null),
        profile: r.profile,
        status: r.status,
        counters: JSON.parse(r.counters) as Record<string, number>,
      }));
    },
  }),
  endpoint({
    method: 'get',
    path: '/errors',
    group: 'Errors',
    summary: 'Objects in error, latest first.',
    role: 'viewer',
    query: errorQuery,
    answer: pageOf(errorSchema),
    handle: ({ context, query }) => context.pages.askText('errors', query),
  }),
  endpoint({
    method: 'get',
    path: '/errors/summary',
    group: 'Errors',
    summary: 'How many objects have which error.',
    role: 'viewer',
    answer: errorSummarySchema,
    handle: ({ context }) => context.pages.askText('errorSummary'),
  }),
];
