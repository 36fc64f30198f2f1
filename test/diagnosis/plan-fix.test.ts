/** A fix of what only the plan tells, before anything is exported: through the running service and without one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { terminalStyle } from '../../src/cli/verbs/explain.ts';
import type { Diagnosis } from '../../src/diagnosis/diagnose.ts';
import type { Plan } from '../../src/diagnosis/plan/model.ts';
import { planText } from '../../src/diagnosis/plan/text.ts';
import { startTenantThread } from '../../src/service/tenant-thread.ts';
import { causeway } from '../cli/command.ts';
import { createWorld, startWorld, type World } from '../service/world.ts';
import { waitFor } from '../support/wait.ts';

/** A group of the cloud has the address of the first person, and one the address of the second. */
async function contested(): Promise<World> {
  const world = await createWorld({ users: 3 });
  const group = (n: number) => ({
    displayName: `Team ${n}`,
    mail: `user${n}@contoso.com`,
    groupTypes: ['Unified'],
    securityEnabled: false,
  });
  world.write('seed.json', JSON.stringify({ groups: [group(1), group(2)] }));
  world.configure((settings) => Object.assign(settings.tenant ?? {}, { seed: './seed.json' }));
  return world;
}
const run = (world: World, ...args: string[]) => causeway(['--config', world.configFile, '--json', ...args]);

let world: World;
before(async () => {
  world = await contested();
});
after(() => world?.[Symbol.asyncDispose]());

test('without a service: found although no diagnosis tells it, applied, exported, gone from the plan', async () => {
  const tenant = await startTenantThread(world.configFile);
  try {
    for (const profile of ['full-import', 'full-sync'])
      assert.equal((await run(world, 'run', 'corp', profile)).code, 0);
    const plan = (await run(world, 'plan')).json<Plan>();
    const finding = plan.findings?.find((f) => JSON.stringify(f).includes('user1@contoso.com'));
    assert.equal(finding?.code, 'object-type-mismatch');
    const told = planText(plan, { style: terminalStyle, details: false });
    assert.ok(told.includes(`causeway fix ${finding.id} --from plan --apply`), told);
    const { findings } = (await run(world, 'diagnose')).json<Diagnosis>();
    assert.ok(!findings.some((f) => f.id === finding.id), 'only the plan tells it');
    const applied = await run(world, 'fix', finding.id, '--apply');
    assert.equal(applied.code, 0, applied.out + applied.err);
    assert.equal(applied.json<{ isGone: boolean }>().isGone, true);
    const again = await run(world, 'fix', finding.id, '--from', 'plan');
    assert.match(again.out, /No finding is called/, 'gone from the plan');
    const left = (await run(world, 'diagnose')).json<Diagnosis>().findings;
    assert.ok(!left.some((f) => f.id === finding.id), 'the export was not refused');
  } finally {
    await tenant.close();
  }
});

test('with the service, in staging mode: the console and the command line apply the same, and it is audited', async () => {
  await using other = await contested();
  await using running = await startWorld(other);
  await running.send('PATCH', '/scheduler', { StagingModeEnabled: true });
  await running.service.cycle('initial');
  const { id: job } = await running.send<{ id: number }>('POST', '/forecast');
  const forecast = async (number: number) =>
    waitFor('the forecast', async () => {
      const { state, answer } = await running.get<{ state: string; answer: Pick<Plan, 'findings'> }>(`/jobs/${number}`);
      return state === 'done' && (answer.findings ?? []).filter((f) => f.code === 'object-type-mismatch');
    });
  const found = await forecast(job);
  assert.equal(found.length, 2);
  assert.equal(
    (found[0]?.fix.find((f) => f.applicable) as { needs?: string } | undefined)?.needs,
    'operator',
    'who may apply it is told',
  );
  const [first, second] = found.map((f) => f.id);
  const post = (body: unknown) =>
    running.fetch(`/api/v1/findings/${first}/fix`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  assert.equal((await post({})).status, 404, 'no diagnosis tells it');
  const done = await post({ from: 'plan' });
  assert.equal(done.status, 200);
  assert.equal(((await done.json()) as { isGone: boolean }).isGone, true);
  const applied = await run(other, 'fix', second ?? '', '--from', 'plan', '--apply');
  assert.equal(applied.json<{ isGone: boolean }>().isGone, true, applied.err);
  assert.deepEqual(await forecast((await running.send<{ id: number }>('POST', '/forecast')).id), []);
  const { items } = await running.get<{ items: { outcome: string }[] }>('/audit?action=fix-applied');
  assert.deepEqual(
    items.map((i) => i.outcome),
    ['done', 'done'],
  );
});
