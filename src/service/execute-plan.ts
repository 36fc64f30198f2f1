/** Plan files in the service: looked at before they are accepted, executed by whoever holds the lease. */
import { PlanFileError, readPlanFile } from '../diagnosis/plan/file.ts';
import type { Plan } from '../diagnosis/plan/model.ts';
import { PlanRefused, type PlanRun, runPlan } from '../diagnosis/plan/run.ts';
import type { EngineEnvironment } from '../sync/context.ts';
import { Refusal } from './refusal.ts';

/** What a plan file is about: enough for an order and for the audit log. */
export interface PlanSummary {
  readonly created: string;
  readonly seal: string;
  readonly connectors: readonly {
    readonly connector: string;
    readonly writes: number;
    readonly deletes: number;
    /** More deletes than the policy allows when the plan was made. */
    readonly isHeld: boolean;
  }[];
}

/** Reads a plan file. Throws a Refusal that names what is wrong and where. */
export function planSummary(text: string): PlanSummary {
  const plan = planOf(text);
  const { seal } = JSON.parse(text) as { seal: string };
  return {
    created: plan.created,
    seal,
    connectors: plan.connectors.map(({ connector, counts, deletes }) => ({
      connector,
      writes: Object.values(counts).reduce((sum, n) => sum + n, 0),
      deletes: deletes.count,
      isHeld: deletes.isHeld,
    })),
  };
}

/** Executes exactly what a plan file says. Throws a Refusal, with nothing exported, if it does not hold any more. */
export async function executePlan(
  env: EngineEnvironment,
  text: string,
  approveDeletes: boolean,
  signal: AbortSignal,
): Promise<PlanRun> {
  try {
    return await runPlan(env, planOf(text), { approveDeletes }, signal);
  } catch (error) {
    if (!(error instanceof PlanRefused)) throw error;
    const facts = error.moved.length === 0 ? {} : { facts: { moved: error.moved } };
    throw new Refusal('conflict', error.message, { code: error.code, ...facts });
  }
}

function planOf(text: string): Plan {
  try {
    return readPlanFile(text, 'The file');
  } catch (error) {
    if (!(error instanceof PlanFileError)) throw error;
    throw new Refusal('bad-argument', error.message, { code: error.code });
  }
}
