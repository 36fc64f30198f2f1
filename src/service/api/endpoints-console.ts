/** What the pages of the console ask for besides the rest: explanations, previews, identities as a list. */
import { z } from 'zod';
import { applyFinding } from '../apply-fix.ts';
import { diagnosisPage, diagnosisQuery, diagnosisSchema } from '../facts/diagnosis.ts';
import { explainQuery } from '../facts/explain.ts';
import { identityPageSchema, identityQuery } from '../facts/identities.ts';
import { lineageSchema } from '../facts/lineage.ts';
import { previewQuery, previewSchema } from '../facts/preview.ts';
import { whatIfBody } from '../facts/what-if.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { jobSchema } from './job-schema.ts';

const reference = z.object({ reference: z.string().max(2048) });

export const consoleEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/identities',
    group: 'Objects',
    summary: 'Identities with their names and how far their way to the cloud is open.',
    role: 'viewer',
    query: identityQuery,
    answer: identityPageSchema,
    handle: ({ context, query }) => context.pages.askText('identities', query),
  }),
  endpoint({
    method: 'get',
    path: '/explain',
    group: 'Diagnosis',
    summary: 'Why an object is, or is not, in the cloud; why a value is what it is.',
    role: 'viewer',
    query: explainQuery,
    answer: z.looseObject({ kind: z.enum(['object', 'attribute', 'not-found', 'ambiguous']) }),
    handle: ({ context, query }) => context.reader.ask('explain', query),
  }),
  endpoint({
    method: 'get',
    path: '/diagnosis',
    group: 'Diagnosis',
    summary: 'What is wrong, by cause, with evidence and fixes; kept until something happens.',
    role: 'viewer',
    query: diagnosisQuery,
    answer: diagnosisSchema,
    handle: async ({ context, query }) => {
      const { desk } = context;
      if (query.reference !== undefined) return diagnosisPage(await desk.object(query.reference), query);
      if (query.fresh) desk.forget();
      return diagnosisPage(await desk.whole(), query);
    },
  }),
  endpoint({
    method: 'post',
    path: '/findings/{finding}/fix',
    group: 'Diagnosis',
    summary: 'Carries out a fix of a finding, runs a cycle and looks whether the finding is gone.',
    role: 'viewer',
    params: z.object({ finding: z.string().min(4).max(64) }),
    body: z.strictObject({
      fix: z.number().int().min(1).optional().describe('Which one; default the first that can.'),
      reference: z.string().max(2048).optional().describe('The object, for a finding that only its diagnosis tells.'),
      from: z.literal('plan').optional().describe('For a finding that only the plan of the next export tells.'),
    }),
    answer: z.looseObject({ finding: z.string(), isGone: z.boolean(), outcome: z.string() }),
    handle: ({ context, session, actor, params, body }) =>
      applyFinding(context, session, actor, params.finding, body.fix, body),
  }),
  endpoint({
    method: 'get',
    path: '/objects/{reference}/lineage',
    group: 'Diagnosis',
    summary: 'Which rule carried which attribute of an identity, from where and to where.',
    role: 'viewer',
    params: reference,
    answer: lineageSchema,
    handle: ({ context, params }) => context.reader.ask('lineage', params.reference),
  }),
  endpoint({
    method: 'get',
    path: '/objects/{reference}/preview',
    group: 'Diagnosis',
    summary: 'What a synchronization of one object would change. Computed in memory; nothing is stored.',
    role: 'viewer',
    params: reference,
    query: previewQuery,
    answer: previewSchema,
    handle: ({ context, params, query }) =>
      query.draft === undefined
        ? context.reader.ask('preview', params.reference)
        : context.reader.ask('preview', params.reference, query.draft),
  }),
  endpoint({
    method: 'post',
    path: '/what-if',
    group: 'Rules',
    summary: 'Computes everybody under a draft and tells what would be different. Changes nothing. A job.',
    role: 'rule-editor',
    body: whatIfBody,
    answer: jobSchema,
    status: 202,
    handle: ({ context, actor, body }) => context.jobs.start('whatIf', [body.draft], actor.who),
  }),
  endpoint({
    method: 'post',
    path: '/forecast',
    group: 'Plan',
    summary: 'The plan by cause with the refusals that the cloud will give. Changes nothing. A job.',
    role: 'operator',
    answer: jobSchema,
    status: 202,
    handle: ({ context, actor }) => context.jobs.start('forecast', [], actor.who, true),
  }),
];
