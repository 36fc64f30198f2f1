/** The plan with what the cloud will answer: causes, changes of rights, predicted refusals, how long the quota takes. */

import { writePlanFile } from '../../diagnosis/plan/file.ts';
import type { Plan } from '../../diagnosis/plan/model.ts';
import { makePlan } from '../../diagnosis/plan/plan.ts';
import { createReplica } from '../../tenant/replica.ts';
import { flagSetting } from '../engine/settings.ts';
import type { WithAside } from '../jobs.ts';
import type { ReadingState } from '../readings.ts';
import { tenantImages } from './tenant-image.ts';

export type Forecast = Omit<Plan, 'inputs'>;

/**
 * Reads the tenant and predicts every pending export. Takes seconds: a job. The plan file, with which exactly this is
 * carried out, is kept aside: it is as long as what is pending.
 */
export async function forecast(state: ReadingState): Promise<WithAside<Forecast>> {
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
  const whole: Plan = { ...made, notes: [...limits, ...made.notes] };
  const { inputs: _, ...plan } = whole;
  return { told: plan, aside: writePlanFile(whole) };
}
