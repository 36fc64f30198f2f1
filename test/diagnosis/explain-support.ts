/** What the tests of explanations share: asking, and short forms of the answers. */
import assert from 'node:assert/strict';
import { type ExplainOptions, explain } from '../../src/diagnosis/explain/explain.ts';
import type { ObjectExplanation } from '../../src/diagnosis/explain/model.ts';
import type { CloudWorld } from './explain-world.ts';

export async function why(
  world: CloudWorld,
  reference: string,
  options: ExplainOptions = {},
): Promise<ObjectExplanation> {
  const before = world.store.db.prepare('SELECT total_changes() AS n').get();
  const told = await explain(world.engine, reference, options);
  assert.deepEqual(world.store.db.prepare('SELECT total_changes() AS n').get(), before, 'explaining wrote something');
  assert.equal(told.kind, 'object', JSON.stringify(told));
  return told as ObjectExplanation;
}

/** The gate without its sentences. */
export const gateOf = ({ inCloud, gate }: ObjectExplanation) => [inCloud, gate?.gate, gate?.code, gate?.state];
export const shapes = (told: ObjectExplanation) => told.lane.stations.map((s) => s.state).join(' ');
