/** Objects, and what is about to happen to them. */
import { z } from 'zod';
import { countsSchema } from '../facts/counts.ts';
import { descriptionSchema, historyQuery, historySchema, hitSchema, objectQuery } from '../facts/objects.ts';
import { pageOf } from '../facts/page.ts';
import { deletePlanSchema, pendingExportSchema, pendingQuery, pendingSummarySchema } from '../facts/pending.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

const reference = z.object({
  reference: z
    .string()
    .max(2048)
    .describe('mv:<number>, cs:<number>, or a DN, UPN, mail, sAMAccountName, GUID, source anchor or cloud id.'),
});
const connector = z.object({ connector: z.string().max(256) });

export const objectEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/objects',
    group: 'Objects',
    summary: 'Searches objects, or lists them page by page.',
    role: 'viewer',
    query: objectQuery,
    answer: pageOf(hitSchema),
    handle: ({ context, query }) => context.pages.askText('objects', query),
  }),
  endpoint({
    method: 'get',
    path: '/objects/{reference}',
    group: 'Objects',
    summary: 'An identity with all its objects: values, provenance, references, pending changes, errors.',
    role: 'viewer',
    params: reference,
    answer: descriptionSchema,
    handle: ({ context, params }) => context.pages.askText('object', params.reference),
  }),
  endpoint({
    method: 'get',
    path: '/objects/{reference}/history',
    group: 'Objects',
    summary: 'What happened to an identity and its objects, oldest first.',
    role: 'viewer',
    params: reference,
    query: historyQuery,
    answer: z.array(historySchema),
    handle: ({ context, params, query }) => context.pages.askText('history', params.reference, query),
  }),
  endpoint({
    method: 'get',
    path: '/counts',
    group: 'Objects',
    summary: 'How many objects there are, by connector and type.',
    role: 'viewer',
    answer: countsSchema,
    handle: ({ context }) => context.pages.askText('counts'),
  }),
  endpoint({
    method: 'get',
    path: '/plan/{connector}',
    group: 'Plan',
    summary: 'What the next export to a connector would do, grouped.',
    role: 'viewer',
    params: connector,
    answer: pendingSummarySchema,
    handle: ({ context, params }) => context.reader.askText('pendingSummary', params.connector),
  }),
  endpoint({
    method: 'get',
    path: '/plan/{connector}/exports',
    group: 'Plan',
    summary: 'Pending exports, object by object, with before and after.',
    role: 'viewer',
    params: connector,
    query: pendingQuery,
    answer: pageOf(pendingExportSchema),
    handle: ({ context, params, query }) => context.pages.askText('pendingExports', params.connector, query),
  }),
  endpoint({
    method: 'get',
    path: '/plan/{connector}/deletes',
    group: 'Plan',
    summary: 'The deletes that wait, and whether they are held back.',
    role: 'viewer',
    params: connector,
    answer: deletePlanSchema,
    handle: ({ context, params }) => context.reader.ask('deletePlan', params.connector),
  }),
  endpoint({
    method: 'post',
    path: '/plan/{connector}/approval',
    group: 'Plan',
    summary: 'Approves exactly the deletes that have this hash; other deletes stay held back.',
    role: 'approver',
    params: connector,
    body: z.strictObject({ hash: z.string().length(64) }),
    answer: z.object({ connector: z.string(), hash: z.string(), deletes: z.number().int() }),
    handle: ({ context, actor, params, body }) =>
      context.change(actor, { kind: 'approve-deletes', connector: params.connector, hash: body.hash }),
  }),
  endpoint({
    method: 'delete',
    path: '/plan/{connector}/approval',
    group: 'Plan',
    summary: 'Takes an approval back.',
    role: 'approver',
    params: connector,
    body: z.strictObject({ hash: z.string().length(64) }),
    answer: z.object({ connector: z.string(), hash: z.string() }),
    handle: ({ context, actor, params, body }) =>
      context.change(actor, { kind: 'withdraw-approval', connector: params.connector, hash: body.hash }),
  }),
];
