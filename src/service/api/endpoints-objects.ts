/** Objects, and what is about to happen to them. */
import { z } from 'zod';
import { countsSchema } from '../facts/counts.ts';
import {
  descriptionSchema,
  historyFacts,
  historySchema,
  hitSchema,
  objectFacts,
  objectPage,
  objectQuery,
} from '../facts/objects.ts';
import { pageOf } from '../facts/page.ts';
import {
  deletePlanSchema,
  pendingExportSchema,
  pendingPage,
  pendingQuery,
  pendingSummarySchema,
} from '../facts/pending.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

const reference = z.object({
  reference: z
    .string()
    .max(2048)
    .describe('mv:<number>, cs:<number>, or a DN, UPN, mail, sAMAccountName, GUID, source anchor or cloud id.'),
});
const connector = z.object({ connector: z.string().max(256) });
/** Fewer hits than that and the whole text of the identities is looked through, too. */
const fewHits = 5;

export const objectEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/objects',
    group: 'Objects',
    summary: 'Searches objects, or lists them page by page.',
    role: 'viewer',
    query: objectQuery,
    answer: pageOf(hitSchema),
    handle: async ({ context, query }) => {
      const page = objectPage(context.store, context.config, query);
      const text = query.q?.trim() ?? '';
      if (text.length < 3 || query.space !== 'mv' || page.items.length >= fewHits) return page;
      const more = await context.reader.ask('containing', text, query.limit);
      const known = new Set(page.items.map((h) => h.reference));
      const items = [...page.items, ...more.filter((h) => !known.has(h.reference))];
      return { items: items.slice(0, query.limit), next: null };
    },
  }),
  endpoint({
    method: 'get',
    path: '/objects/{reference}',
    group: 'Objects',
    summary: 'An identity with all its objects: values, provenance, references, pending changes, errors.',
    role: 'viewer',
    params: reference,
    answer: descriptionSchema,
    handle: ({ context, params }) => objectFacts(context.store, params.reference),
  }),
  endpoint({
    method: 'get',
    path: '/objects/{reference}/history',
    group: 'Objects',
    summary: 'What happened to an identity and its objects, oldest first.',
    role: 'viewer',
    params: reference,
    answer: z.array(historySchema),
    handle: ({ context, params }) => historyFacts(context.store, params.reference),
  }),
  endpoint({
    method: 'get',
    path: '/counts',
    group: 'Objects',
    summary: 'How many objects there are, by connector and type.',
    role: 'viewer',
    answer: countsSchema,
    handle: ({ context }) => context.reader.ask('counts'),
  }),
  endpoint({
    method: 'get',
    path: '/plan/{connector}',
    group: 'Plan',
    summary: 'What the next export to a connector would do, grouped.',
    role: 'viewer',
    params: connector,
    answer: pendingSummarySchema,
    handle: ({ context, params }) => context.reader.ask('pendingSummary', params.connector),
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
    handle: ({ context, params, query }) => pendingPage(context.store, context.config, params.connector, query),
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
