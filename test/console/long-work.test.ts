/** Work that takes its time: the bar with count, rate and remaining time, and calling it off. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { createWorld, type RunningService, startWorld, type World } from '../service/world.ts';
import { administrator, buildConsole, openBrowser } from './stage.ts';

const people = 5000;
/** So many rules that the answer takes seconds also on a fast machine. */
const draft = `rules:
${Array.from(
  { length: 90 },
  (_, n) => `  - name: In from AD - department in capitals ${n}
    direction: inbound
    connector: corp
    source: user
    target: person
    link: Join
    precedence: ${1 + n}
    scope:
      - - { attribute: department, operator: ISNOTNULL }
    flows:
      - { target: extensionAttribute${(n % 15) + 1}, expression: "UCase([department]) & \\"${n}\\"" }
`,
).join('')}`;
let browser: Browser;
let world: World;
let running: RunningService;

before(async () => {
  await buildConsole();
  world = await createWorld({ users: people });
  [browser, running] = await Promise.all([openBrowser(), startWorld(world)]);
  await running.service.cycle('initial');
});
after(async () => {
  await browser?.close();
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

test('a what-if over everybody shows count, rate and remaining time; called off, it leaves everything as it was', async () => {
  const ana = await administrator(browser, running.service);
  await ana.send('PUT', '/drafts/capitals', { text: draft });
  const standing = async () => ({
    runs: running.service.store.records.runs(Number.MAX_SAFE_INTEGER, 1)[0]?.id,
    plan: await ana.api('/plan'),
    rules: await ana.api('/rules'),
    someone: await ana.api('/objects/user17%40contoso.com'),
  });
  const before = await standing();
  await ana.goto('/rules/drafts/capitals');
  await ana.page.getByRole('button', { name: 'Evaluate impact on everybody' }).click();
  const title = 'Computing everybody with the draft';
  const bar = ana.page.getByRole('progressbar', { name: title });
  await bar.waitFor();
  const work = ana.page.locator('.work', { has: bar });
  await work.getByText(/^[\d,]+ of 5,001 · [\d,]+\/s · \S+ \S+ left$/).waitFor();
  const share = Number(await bar.getAttribute('value'));
  assert.ok(share > 0 && share < 1, `the bar stands at ${share}`);
  await work.getByRole('button', { name: 'Cancel' }).click();
  await ana.page.getByText('Called off. Nothing was changed.').waitFor();
  assert.equal(await bar.count(), 0);
  const [job] = await ana.api<{ name: string; state: string; endedAt?: number }[]>('/jobs');
  assert.deepEqual([job?.name, job?.state], ['whatIf', 'cancelled']);
  assert.ok(job?.endedAt, 'it has ended');
  assert.deepEqual(await standing(), before);
  await ana.context.close();
});
