/** The plan with what the cloud will answer: causes, changes of rights, predicted refusals, how long the quota takes. */

import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import type { Finding } from '../../diagnosis/findings/finding.ts';
import { writePlanFile } from '../../diagnosis/plan/file.ts';
import { planFindings } from '../../diagnosis/plan/findings.ts';
import type { Plan } from '../../diagnosis/plan/model.ts';
import { makePlan } from '../../diagnosis/plan/plan.ts';
import type { Engine } from '../../sync/context.ts';
import { createReplica } from '../../tenant/replica.ts';
import { makeConnectors } from '../engine/make-connectors.ts';
import { flagSetting } from '../engine/settings.ts';
import type { WithAside } from '../jobs.ts';
import type { ReadingState } from '../readings.ts';
import { withRoles, writableOf } from './diagnosis.ts';
import { systemFacts } from './system-facts.ts';
import { tenantImages } from './tenant-image.ts';

export type Forecast = Omit<Plan, 'inputs'>;

/**
 * Reads the tenant and predicts every pending export. Takes seconds: a job. The plan file, with which exactly this is
 * carried out, is kept aside: it is as long as what is pending.
 */
export async function forecast(state: ReadingState): Promise<WithAside<Forecast>> {
  const { engine, made, limits } = await planned(state);
  const whole: Plan = { ...made, notes: [...limits, ...made.notes] };
  const { inputs: _, ...plan } = whole;
  return { told: { ...plan, findings: await findingsOf(state, engine, made) }, aside: writePlanFile(whole) };
}

/** The findings of the next export alone, with the fixes that can be applied from here. */
export async function plannedFindings(state: ReadingState): Promise<readonly Finding[]> {
  const { engine, made } = await planned(state);
  return await findingsOf(state, engine, made);
}

interface Planned {
  readonly engine: Engine;
  readonly made: Plan;
  /** What could not be read, as sentences. */
  readonly limits: readonly string[];
}

async function planned(state: ReadingState): Promise<Planned> {
  const { images, limits } = await tenantImages(state.config);
  const { scheduler } = state.config.settings;
  // The reading engine never exports; the plan tells what the real one is set to.
  const staging = flagSetting(state.store.records, 'StagingModeEnabled', scheduler.staging);
  const engine = { ...state.reading.engine(state.rules()), staging };
  const total = engine.all.reduce((n, c) => {
    const counts = state.store.exports.counts(c.row.id);
    return n + counts.add + counts.update + counts.delete;
  }, 0);
  const made = await makePlan(engine, {
    images,
    makeReplica: createReplica,
    progress: (_step, done) => state.progress(done, Math.max(total, done)),
  });
  return { engine, made, limits };
}

/** Milliseconds after which the causes are given up. */
const longest = 300_000;

/** What will be wrong by its causes, with directories and tenant asked for both sides. */
async function findingsOf(state: ReadingState, engine: Engine, plan: Plan): Promise<readonly Finding[]> {
  const signal = AbortSignal.timeout(longest);
  await using live = new LiveConnections(makeConnectors(state.config), signal);
  const facts = systemFacts(state.config, state.store);
  const found = await planFindings({ engine, store: engine.store, now: Date.now(), facts, live, signal }, plan);
  return found.map((f) => withRoles(f, writableOf(state.config)));
}
