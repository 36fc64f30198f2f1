/** A table of precheck carried out by the running service: as a job, written down, and read again afterwards. */
import type { PlannedChange } from '../../diagnosis/precheck/apply.ts';
import type { Actor } from '../../health/audit.ts';
import type { RunResult } from '../../sync/cycle.ts';
import type { Job } from '../jobs.ts';
import type { ServiceContext } from '../service-context.ts';
import type { WorkOrder } from '../work-queue.ts';
import { applyTable, type TableResult } from './apply-table.ts';

/** What is run once the directories are changed, so that the state knows it. */
export type FollowUp = 'nothing' | 'import' | 'cycle';
export interface AppliedTable extends TableResult {
  readonly ran: readonly { readonly what: string; readonly outcome: string }[];
}

/** Starts it. Rejects with a Refusal while nobody can write it down. */
export async function startApply(
  context: ServiceContext,
  actor: Actor,
  table: string,
  plan: readonly PlannedChange[],
  followUp: FollowUp,
): Promise<Job> {
  const entry = { action: 'precheck-apply-begins', subject: table, after: { lines: plan.length } };
  await context.change(actor, { kind: 'note', entry });
  return context.jobs.work('precheckApply', actor.who, async (progress, signal): Promise<AppliedTable> => {
    progress(0, plan.length);
    const result = await applyTable(plan, {
      config: context.config,
      signal,
      record: (applied, undo) =>
        context.change(actor, {
          kind: 'directory-changed',
          table,
          undo,
          applied: applied.map(({ changes: _, action: __, objectGuid: ___, ...change }) => change),
        }),
      told: (_, done) => progress(done, plan.length),
    });
    const applied = new Set(result.results.filter((r) => r.outcome === 'applied').map((r) => r.line));
    const connectors = new Set(plan.filter((p) => applied.has(p.line)).map((p) => p.connector));
    return { ...result, ran: await runAfter(context, actor, followUp, connectors) };
  });
}

async function runAfter(
  { queue }: ServiceContext,
  actor: Actor,
  followUp: FollowUp,
  connectors: ReadonlySet<string>,
): Promise<AppliedTable['ran']> {
  if (followUp === 'nothing' || connectors.size === 0) return [];
  const orders: { readonly what: string; readonly order: WorkOrder }[] =
    followUp === 'cycle'
      ? [{ what: 'delta cycle', order: { kind: 'cycle', policy: 'delta', retryAll: true } }]
      : [...connectors].map((connector) => ({
          what: `delta import of ${connector}`,
          order: { kind: 'run', connector, profile: 'delta-import' },
        }));
  const ran: { what: string; outcome: string }[] = [];
  for (const { what, order } of orders) {
    const { result, error } = await queue.ended(queue.add(order, actor.who, 'person').id);
    const told = result as { outcome?: string } & Partial<RunResult>;
    ran.push({ what, outcome: error?.message ?? told.outcome ?? told.status ?? 'ended' });
  }
  return ran;
}
