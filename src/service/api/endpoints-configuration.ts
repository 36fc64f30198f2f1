/** The configuration: as it is in force, as it was, and changed while the service runs. */
import { z } from 'zod';
import type { Actor } from '../../health/audit.ts';
import {
  type ConfigurationEdit,
  configurationFile,
  placeEditSchema,
  reloadSchema,
  textEditSchema,
} from '../configuration/change.ts';
import { contentSchema, diffQuery, versionPage, versionReference, versionSchema } from '../facts/configuration.ts';
import { configurationDiffSchema } from '../facts/configuration-diff.ts';
import { configurationPlanSchema } from '../facts/configuration-plan.ts';
import { pageOf, pageQuery } from '../facts/page.ts';
import type { ServiceContext } from '../service-context.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { jobSchema } from './job-schema.ts';

const reason = z.strictObject({ reason: z.string().max(1000).default('') });
const version = z.object({ version: z.coerce.number().int().min(1) });
const previewQuery = z.object({
  preview: z.stringbool().default(false).describe('Only tell what would be different; write nothing.'),
});
const answerSchema = configurationPlanSchema.extend({
  version: z.number().int().nullable().describe('In force now; null: this was a preview.'),
});

async function changed(
  context: ServiceContext,
  actor: Actor,
  edit: ConfigurationEdit,
  reason: string,
  isPreview: boolean,
) {
  if (isPreview) return { ...(await context.configuration.preview(actor, edit)), version: null };
  return context.configuration.change(actor, edit, reason);
}

/** The edit that a body asks for. */
const placeEdit = ({ path, from, to, value }: z.infer<typeof placeEditSchema>): ConfigurationEdit => ({
  kind: 'place',
  change: {
    path,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(value === undefined ? {} : { value }),
  },
});

export const configurationEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/configuration',
    group: 'Configuration',
    summary: 'The configuration in force: settings and all rules. Secrets are not in it.',
    role: 'viewer',
    answer: contentSchema,
    handle: ({ context }) => context.reader.ask('configuration', 'current'),
  }),
  endpoint({
    method: 'patch',
    path: '/configuration',
    group: 'Configuration',
    summary:
      'Changes one place of causeway.yaml and puts it into force. What the engine does is stopped at a safe point and begins again.',
    role: 'admin',
    query: previewQuery,
    body: placeEditSchema,
    answer: answerSchema,
    handle: ({ context, actor, query, body }) => changed(context, actor, placeEdit(body), body.reason, query.preview),
  }),
  endpoint({
    method: 'get',
    path: '/configuration/file',
    group: 'Configuration',
    summary: 'causeway.yaml as it is on disk, with its hash.',
    role: 'admin',
    answer: z.object({ file: z.string(), text: z.string(), hash: z.string() }),
    handle: ({ context }) => ({ file: context.config.file, ...configurationFile(context.config) }),
  }),
  endpoint({
    method: 'put',
    path: '/configuration/file',
    group: 'Configuration',
    summary: 'Replaces causeway.yaml, if it is still the one that was looked at, and puts it into force.',
    role: 'admin',
    query: previewQuery,
    body: textEditSchema,
    answer: answerSchema,
    handle: ({ context, actor, query, body: { text, expected, reason } }) =>
      changed(context, actor, { kind: 'text', text, expected }, reason, query.preview),
  }),
  endpoint({
    method: 'post',
    path: '/configuration/reload',
    group: 'Configuration',
    summary: 'Puts causeway.yaml into force as it is on disk; secrets and certificates are read again.',
    role: 'admin',
    query: previewQuery,
    body: reloadSchema,
    answer: answerSchema,
    handle: ({ context, actor, query, body }) =>
      changed(context, actor, { kind: 'reload' }, body.reason, query.preview),
  }),
  endpoint({
    method: 'post',
    path: '/configuration/what-if',
    group: 'Configuration',
    summary:
      'Computes everybody under a change of causeway.yaml and tells what would be different. Changes nothing. A job.',
    role: 'admin',
    body: placeEditSchema,
    answer: jobSchema,
    status: 202,
    handle: ({ context, actor, body }) =>
      context.jobs.start('configurationWhatIf', [actor, placeEdit(body)], actor.who),
  }),
  endpoint({
    method: 'get',
    path: '/configuration/versions',
    group: 'Configuration',
    summary: 'What the configuration was, newest first.',
    role: 'viewer',
    query: pageQuery,
    answer: pageOf(versionSchema),
    handle: ({ context, query }) => versionPage(context.store, query),
  }),
  endpoint({
    method: 'get',
    path: '/configuration/versions/{version}',
    group: 'Configuration',
    summary: 'One version as a whole.',
    role: 'viewer',
    params: z.object({ version: versionReference }),
    answer: contentSchema,
    handle: ({ context, params }) => context.reader.ask('configuration', params.version),
  }),
  endpoint({
    method: 'post',
    path: '/configuration/versions/{version}/restore',
    group: 'Configuration',
    summary: 'Brings the rule files of a version back into force. Settings stay: they are in causeway.yaml.',
    role: 'approver',
    params: version,
    body: reason,
    answer: z.object({ version: z.number().int(), files: z.array(z.string()) }),
    handle: ({ context, actor, params, body }) =>
      context.change(actor, { kind: 'restore-rules', version: params.version, reason: body.reason }),
  }),
  endpoint({
    method: 'get',
    path: '/configuration/diff',
    group: 'Configuration',
    summary: 'What differs between two versions, in its meaning.',
    role: 'viewer',
    query: diffQuery,
    answer: configurationDiffSchema,
    handle: ({ context, query }) => context.reader.ask('configurationDiff', query),
  }),
  endpoint({
    method: 'get',
    path: '/configuration/report',
    group: 'Configuration',
    summary: 'The whole configuration as a document.',
    role: 'viewer',
    answer: 'text/markdown',
    handle: ({ context }) => context.reader.ask('configurationReport'),
  }),
];
