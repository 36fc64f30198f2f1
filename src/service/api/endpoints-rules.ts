/** Sync rules, drafts of rule files, and the audit log. */
import { basename } from 'node:path';
import { z } from 'zod';
import { ruleFiles } from '../configuration/rule-set.ts';
import { auditPage, auditQuery, auditSchema, chainSchema } from '../facts/audit.ts';
import { pageOf } from '../facts/page.ts';
import {
  draftCheckSchema,
  evaluateBody,
  evaluationSchema,
  ruleQuery,
  ruleSchema,
  ruleSummarySchema,
} from '../facts/rules.ts';
import { iso } from '../facts/runs.ts';
import { Refusal } from '../refusal.ts';
import type { ServiceContext } from '../service-context.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

/** Characters of a rule file. */
const longestFile = 500_000;
const draftName = z.object({ name: z.string().min(1).max(64) });
const draftText = z.strictObject({ text: z.string().max(longestFile) });
const draftSchema = z.object({ name: z.string(), time: z.string(), who: z.string(), text: z.string() });
const reason = z.strictObject({ reason: z.string().max(1000).default('') });

function requireDraft(context: ServiceContext, name: string): z.infer<typeof draftSchema> {
  const row = context.store.administration.draft(name);
  if (!row) throw new Refusal('not-found', `There is no draft "${name}".`);
  return { name: row.name, time: iso(row.time), who: row.who, text: row.text };
}

export const ruleEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/rules',
    group: 'Rules',
    summary: 'All rules in pipeline order.',
    role: 'viewer',
    query: ruleQuery,
    answer: z.array(ruleSummarySchema),
    handle: ({ context, query }) => context.reader.ask('ruleList', query),
  }),
  endpoint({
    method: 'get',
    path: '/rules/{reference}',
    group: 'Rules',
    summary: 'One rule by identity, tag or name.',
    role: 'viewer',
    params: z.object({ reference: z.string().max(512) }),
    answer: ruleSchema,
    handle: ({ context, params }) => context.reader.ask('rule', params.reference),
  }),
  endpoint({
    method: 'get',
    path: '/rule-files',
    group: 'Rules',
    summary: 'The rule files of the administrator as they are in force.',
    role: 'viewer',
    answer: z.array(z.object({ name: z.string(), text: z.string() })),
    handle: ({ context }) => ruleFiles(context.config).map((f) => ({ name: basename(f.path), text: f.text })),
  }),
  endpoint({
    method: 'get',
    path: '/lint',
    group: 'Rules',
    summary: 'What is allowed in the rules but hardly meant.',
    role: 'viewer',
    answer: draftCheckSchema.shape.findings,
    handle: ({ context }) => context.reader.ask('lint'),
  }),
  endpoint({
    method: 'post',
    path: '/evaluate',
    group: 'Rules',
    summary: 'Evaluates an expression on given values or on those of an object. Changes nothing.',
    role: 'viewer',
    body: evaluateBody,
    answer: evaluationSchema,
    handle: ({ context, body }) => context.reader.ask('evaluate', body),
  }),
  endpoint({
    method: 'get',
    path: '/drafts',
    group: 'Rules',
    summary: 'Rule files that are being written.',
    role: 'viewer',
    answer: z.array(draftSchema),
    handle: ({ context }) =>
      context.store.administration.drafts().map((d) => ({ name: d.name, time: iso(d.time), who: d.who, text: d.text })),
  }),
  endpoint({
    method: 'get',
    path: '/drafts/{name}',
    group: 'Rules',
    summary: 'One draft.',
    role: 'viewer',
    params: draftName,
    answer: draftSchema,
    handle: ({ context, params }) => requireDraft(context, params.name),
  }),
  endpoint({
    method: 'put',
    path: '/drafts/{name}',
    group: 'Rules',
    summary: 'Saves a draft; the rules in force do not change. The name is that of the file, without ".yaml".',
    role: 'rule-editor',
    params: draftName,
    body: draftText,
    answer: draftSchema,
    handle: async ({ context, actor, params, body }) => {
      await context.change(actor, { kind: 'save-draft', name: params.name, text: body.text });
      return requireDraft(context, params.name);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/drafts/{name}',
    group: 'Rules',
    summary: 'Throws a draft away.',
    role: 'rule-editor',
    params: draftName,
    answer: z.object({ name: z.string() }),
    handle: ({ context, actor, params }) => context.change(actor, { kind: 'remove-draft', name: params.name }),
  }),
  endpoint({
    method: 'post',
    path: '/drafts/{name}/check',
    group: 'Rules',
    summary:
      'What a rule file of this name would be worth: problems, findings, changes. Without text: the saved draft.',
    role: 'viewer',
    params: draftName,
    body: draftText.partial(),
    answer: draftCheckSchema,
    handle: ({ context, params, body }) =>
      context.reader.ask('checkDraft', {
        name: params.name,
        text: body.text ?? requireDraft(context, params.name).text,
      }),
  }),
  endpoint({
    method: 'post',
    path: '/drafts/{name}/publish',
    group: 'Rules',
    summary: 'Puts a draft into force. The next cycle synchronizes everything.',
    role: 'approver',
    params: draftName,
    body: reason,
    answer: z.object({ version: z.number().int(), file: z.string() }),
    handle: ({ context, actor, params, body }) =>
      context.change(actor, { kind: 'publish-draft', name: params.name, reason: body.reason }),
  }),
  endpoint({
    method: 'get',
    path: '/audit',
    group: 'Audit',
    summary: 'Who changed what, newest first.',
    role: 'viewer',
    query: auditQuery,
    answer: pageOf(auditSchema),
    handle: ({ context, query }) => auditPage(context.store, query),
  }),
  endpoint({
    method: 'get',
    path: '/audit/chain',
    group: 'Audit',
    summary: 'Whether the audit log is whole.',
    role: 'viewer',
    answer: chainSchema,
    handle: ({ context }) => context.reader.ask('auditChain'),
  }),
];
