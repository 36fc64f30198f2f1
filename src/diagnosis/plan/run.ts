/** Executing a plan: exactly what it says, or nothing. */
import { createEngine, type EngineEnvironment } from '../../sync/context.ts';
import { type RunResult, runProfile } from '../../sync/cycle.ts';
import { movedInputs, planInputs } from './inputs.ts';
import type { Plan } from './model.ts';
import type { Predicted } from './predict.ts';

/** A plan is not executed; nothing was written. */
export class PlanRefused extends Error {
  readonly code: 'plan-moved' | 'plan-staging' | 'plan-deletes-not-approved';
  /** What moved, as sentences. */
  readonly moved: readonly string[];
  constructor(code: PlanRefused['code'], message: string, moved: readonly string[] = []) {
    super(message);
    this.name = 'PlanRefused';
    this.code = code;
    this.moved = moved;
  }
}

export interface PlanRun {
  readonly outcome: 'clean' | 'object-errors' | 'failed';
  readonly runs: readonly RunResult[];
  readonly comparison: {
    /** Refusals that were predicted and came. */
    readonly asPredicted: number;
    /** Refusals that nobody predicted. */
    readonly unexpected: readonly { readonly dn: string; readonly code: string; readonly message: string }[];
    /** Predicted refusals that did not come. */
    readonly notRefused: readonly { readonly dn: string; readonly code: string }[];
  };
}
export interface PlanRunOptions {
  /** The deletes of the plan are approved by the one who runs it, although they exceed the limit. */
  readonly approveDeletes?: boolean;
}

/** Throws a PlanRefused, with nothing written, unless all inputs are those of the plan. The caller holds the lease. */
export async function runPlan(
  env: EngineEnvironment,
  plan: Plan,
  options: PlanRunOptions,
  signal: AbortSignal,
): Promise<PlanRun> {
  const engine = createEngine(env);
  if (env.staging)
    throw new PlanRefused(
      'plan-staging',
      'This engine is in staging mode and does not export. End the staging mode first.',
    );
  const moved = movedInputs(plan.inputs, planInputs(engine));
  if (moved.length > 0)
    throw new PlanRefused(
      'plan-moved',
      `The plan of ${plan.created} does not hold any more. ${moved.join(' ')} Nothing was exported; make a new plan.`,
      moved,
    );
  const planned = new Set(plan.connectors.map((c) => c.deletes.hash));
  const held = plan.connectors.find((c) => c.deletes.isHeld && !env.isApproved(c.deletes.hash));
  if (held && !options.approveDeletes)
    throw new PlanRefused(
      'plan-deletes-not-approved',
      `The plan deletes ${held.deletes.count} objects in ${held.connector}, more than the limit of ${held.deletes.threshold}. If they are right, run it with --approve-deletes, which approves exactly them.`,
    );
  const approving: EngineEnvironment = options.approveDeletes
    ? { ...env, isApproved: (hash) => env.isApproved(hash) || planned.has(hash) }
    : env;
  const runs: RunResult[] = [];
  const cycle = env.now();
  for (const { connector } of plan.connectors)
    runs.push(await runProfile(approving, 'export', connector, { cycle, retryAll: true, retryRefused: true }, signal));
  return { outcome: outcomeOf(runs), runs, comparison: compare(env, plan, runs) };
}

const outcomeOf = (runs: readonly RunResult[]): PlanRun['outcome'] =>
  runs.some((r) => /^(stopped|no-start)/.test(r.status))
    ? 'failed'
    : runs.some((r) => /-errors$/.test(r.status))
      ? 'object-errors'
      : 'clean';

/** What came true: errors that these very runs left, beside what was predicted. */
function compare(env: EngineEnvironment, plan: Plan, runs: readonly RunResult[]): PlanRun['comparison'] {
  const own = new Set(runs.map((r) => r.run));
  const predicted = new Map<number, Predicted>();
  for (const c of plan.connectors) for (const p of c.prediction?.refusals ?? []) predicted.set(p.cs, p);
  const unexpected: PlanRun['comparison']['unexpected'][number][] = [];
  let asPredicted = 0;
  for (const e of env.store.records.errors(100_000)) {
    const detail = JSON.parse(e.detail) as { message?: string; severity?: string };
    if (e.phase !== 'export' || !own.has(e.run) || detail.severity === 'warning') continue;
    if (predicted.get(e.cs)?.code === e.code) {
      asPredicted++;
      predicted.delete(e.cs);
    } else unexpected.push({ dn: env.store.cs.get(e.cs)?.dn ?? '', code: e.code, message: detail.message ?? '' });
  }
  return { asPredicted, unexpected, notRefused: [...predicted.values()].map((p) => ({ dn: p.dn, code: p.code })) };
}
