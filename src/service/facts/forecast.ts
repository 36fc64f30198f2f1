/** The plan with what the cloud will answer: causes, changes of rights, predicted refusals, how long the quota takes. */

import type { Plan } from '../../diagnosis/plan/model.ts';
import { makePlan } from '../../diagnosis/plan/plan.ts';
import { flagSetting } from '../engine/settings.ts';
import type { ReadingState } from '../readings.ts';
import { tenantImages } from './tenant-image.ts';

export type Forecast = Omit<Plan, 'inputs'>;

/** Reads the tenant and predicts every pending export. Takes seconds: a job. */
export async function forecast(state: ReadingState): Promise<Forecast> {
  const { images, limits } = await tenantImages(state.config);
  const { scheduler } = state.config.settings;
  // The reading engine never exports; the plan tells what the real one is set to.
  const staging = flagSetting(state.store.records, 'StagingModeEnabled', scheduler.staging);
  const engine = { ...state.reading.engine(state.rules()), staging };
  const total = engine.all.reduce((n, c) => {
    const counts = state.store.exports.counts(c.row.id);
    return n + counts.add + counts.update + counts.delete;
  }, 0);
  const { inputs: _, ...plan } = await makePlan(engine, {
    images,
    progress: (_step, done) => state.progress(done, Math.max(total, done)),
  });
  return { ...plan, notes: [...limits, ...plan.notes] };
}
