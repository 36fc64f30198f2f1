/** A target that refuses, leaves out, sets aside and loses answers as it pleases: once it takes everything, nothing is left of that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ExportError, ExportRequest, ExportResult } from '../../src/connectors/contract.ts';
import { apply, step, visible } from './steps.ts';
import { World } from './world.ts';

const whims = ['never', 'obstacle', 'next-cycle', 'backoff', 'left out', 'set aside', 'lost', 'done', 'taken'] as const;
type Whim = (typeof whims)[number];

const refused = ({ id }: ExportRequest, retry: ExportError['retry'], obstacle?: string): ExportResult => ({
  id,
  outcome: 'failure',
  error: { code: 'no', detail: 'No.', retry, ...(obstacle ? { obstacle } : {}) },
});

/** Takes everything but the mail address. */
function setAside(world: World, request: ExportRequest): ExportResult | undefined {
  const { mail, ...attributes } = request.attributes;
  if (request.operation === 'delete' || typeof mail !== 'string') return undefined;
  const result = world.cloud.apply({ ...request, attributes });
  if (result.outcome !== 'success') return result;
  const became = world.cloud.objects.get(result.anchor ?? '')?.attributes.mail ?? null;
  const told: ExportError = { code: 'set-aside', detail: 'Taken.', attribute: 'mail', retry: 'never' };
  return { ...result, warnings: [told], instead: [{ attribute: 'mail', became, obstacle: 'taken', told }] };
}

function answer(world: World, request: ExportRequest, whim: Whim): ExportResult | 'lost' | 'done' | undefined {
  switch (whim) {
    case 'never':
    case 'next-cycle':
    case 'backoff':
      return refused(request, whim);
    case 'obstacle':
      return refused(request, 'never', 'something');
    case 'left out':
      if (request.operation === 'delete') return undefined;
      return { id: request.id, outcome: 'success', leftOut: true, note: 'No place.' };
    case 'set aside':
      return setAside(world, request);
    case 'lost':
    case 'done':
      return whim;
    case 'taken':
      return undefined;
  }
}

test('a whimsical target: the laws hold all the time, and in the end it is as if nothing had happened', async () => {
  const whim = fc.infiniteStream(fc.constantFrom(...whims, 'taken' as const, 'taken' as const, 'taken' as const));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), whim, async (steps, stream) => {
      const world = new World({
        limits: { collapseShare: 1 },
        scope: { include: ['DC=x'], exclude: ['OU=Secret,DC=x'] },
      });
      let isOver = false;
      const next = (): Whim => (isOver ? 'taken' : stream.next().value!);
      world.cloud.faults.isGone = () => isOver || next() === 'obstacle';
      world.cloud.faults.onExport = (request) => answer(world, request, next());
      await world.cycle('initial');
      for (const s of steps) {
        if (s.kind === 'cycle') await world.cycle();
        else apply(world, s);
      }
      await world.cycle();
      isOver = true;
      await world.cycle('initial');
      for (let i = 0; i < 4; i++) await world.cycle();
      const { seq } = world.cloud;
      assert.equal((await world.cycle()).outcome, 'clean');
      assert.equal(world.cloud.seq, seq, 'written although nothing changed');
      assert.deepEqual(world.store.records.errors(5), []);
      visible(world);
      assert.deepEqual(world.cloudState(), world.expectedState());
    }),
    { numRuns: 40, seed: 2 },
  );
});
