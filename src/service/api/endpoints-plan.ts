/** Carrying out exactly a plan that was looked at. */
import { z } from 'zod';
import type { Actor } from '../../health/audit.ts';
import type { PlanSummary } from '../execute-plan.ts';
import type { ServiceContext } from '../service-context.ts';
import { mayAct } from '../sign-in/roles.ts';
import type { Session } from '../sign-in/session.ts';
import type { Work } from '../work-queue.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { workSchema } from './endpoints-runs.ts';
import { requireRole } from './security.ts';

/** Bytes of a plan file: some hundred thousand pending exports. */
const longestPlan = 64_000_000;
const job = z.object({ id: z.coerce.number().int().min(1) });
const approveDeletes = z.boolean().default(false).describe('Its deletes are right although they exceed the limit.');

/** Orders the plan, whoever may; approving deletes takes more. */
async function order(
  { context, session, actor }: { context: ServiceContext; session: Session; actor: Actor },
  text: string,
  approve: boolean,
): Promise<Work> {
  const plan: PlanSummary = await context.reader.ask('planSummary', text);
  const about = { created: plan.created, seal: plan.seal, connectors: plan.connectors, approveDeletes: approve };
  if (approve && !mayAct(session.roles, 'approver')) {
    await context.change(actor, { kind: 'note', entry: { action: 'run-plan', after: about, outcome: 'forbidden' } });
    requireRole(session, 'approver', 'Approving the deletes of a plan');
  }
  const work = context.queue.add(
    { kind: 'plan', created: plan.created, seal: plan.seal, approveDeletes: approve },
    actor.who,
    'person',
    text,
  );
  await context.change(actor, { kind: 'note', entry: { action: 'run-plan', after: about } });
  return context.queue.get(work.id) ?? work;
}

export const planEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/plan-runs',
    group: 'Plan',
    summary: 'Exports exactly what a plan file says, or nothing, after whatever runs already.',
    role: 'operator',
    query: z.object({ approveDeletes: z.stringbool().default(false).describe('Takes an approver.') }),
    body: z.string().min(1, 'is empty; send the file that "causeway plan --out" wrote').describe('The plan file.'),
    file: longestPlan,
    answer: workSchema,
    status: 202,
    handle: (request) => order(request, request.body, request.query.approveDeletes),
  }),
  endpoint({
    method: 'get',
    path: '/forecast/{id}/plan',
    group: 'Plan',
    summary: 'The plan file of such a job, for POST /plan-runs and for "causeway sync --plan".',
    role: 'operator',
    params: job,
    answer: 'text/plain',
    handle: ({ context, params }) => context.jobs.aside(params.id),
  }),
  endpoint({
    method: 'post',
    path: '/forecast/{id}/run',
    group: 'Plan',
    summary: 'Exports exactly what this forecast said, or nothing, after whatever runs already.',
    role: 'operator',
    params: job,
    body: z.strictObject({ approveDeletes }),
    answer: workSchema,
    status: 202,
    handle: (request) => order(request, request.context.jobs.aside(request.params.id), request.body.approveDeletes),
  }),
];
