/** `causeway diagnose` and `causeway fix` as real processes, over a directory file and a running tenant. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Diagnosis } from '../../src/diagnosis/diagnose.ts';
import type { Finding } from '../../src/diagnosis/findings/finding.ts';
import { startTenantThread, type TenantThread } from '../../src/service/tenant-thread.ts';
import { causeway, type Ended } from '../cli/command.ts';
import { createWorld, type World } from '../service/world.ts';

let world: World;
let tenant: TenantThread | undefined;
const run = (...args: string[]): Promise<Ended> => causeway(['--config', world.configFile, ...args]);
const findings = async (...args: string[]): Promise<readonly Finding[]> =>
  (await run('--json', 'diagnose', ...args)).json<Diagnosis>().findings;

before(async () => {
  world = await createWorld({ users: 4, scheduler: { enabled: true } });
  tenant = await startTenantThread(world.configFile);
  assert.equal((await run('sync', '--policy', 'initial')).code, 0);
  assert.equal((await run('sync')).code, 0);
});
after(async () => {
  await tenant?.close();
  await world?.[Symbol.asyncDispose]();
});

test('nothing is wrong: one sentence, exit code 0', async () => {
  const told = await run('diagnose');
  assert.deepEqual([told.code, told.out.trim()], [0, 'Nothing is wrong.'], told.out + told.err);
  assert.match((await run('diagnose', 'user1@contoso.com')).out, /^Nothing is wrong with user1@contoso\.com\./);
});

test('a reference that means nothing: the nearest candidates, exit code 1', async () => {
  const told = await run('diagnose', 'usr');
  assert.equal(told.code, 1);
  assert.match(told.out, /Nothing here is called "usr"/);
});

test('a conflict: verdict first, both sides side by side, the fix; hostile text stays text', async () => {
  const before = world.read('corp.ldif');
  const hostile = Buffer.from('Eve \u001b[31m$(reboot)\u202e').toString('base64');
  world.write(
    'corp.ldif',
    before
      .replace('mail: user2@contoso.com', 'mail: user1@contoso.com')
      .replace('displayName: User 2', `displayName:: ${hostile}`),
  );
  await run('sync');
  const told = await run('diagnose');
  assert.equal(told.code, 2);
  const [verdict = ''] = told.out.split('\n');
  assert.match(verdict, /^1 (error|warning); first: /);
  assert.match(told.out, /wants it +has it/);
  assert.match(told.out, /CN=User 2,OU=People.*CN=User 1,OU=People/);
  assert.ok(!/[\u0000-\u0009\u000b-\u001f\u202e]/.test(told.out), 'no control character reaches the terminal');
  const [finding] = await findings();
  assert.equal(finding?.attribute, 'mail');
  const shown = await run('fix', finding?.id ?? '');
  assert.match(shown.out, /by hand/);
  const refused = await run('fix', finding?.id ?? '', '--apply');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /do what it says by hand/);
  assert.match((await run('fix', 'nothing-such')).err, /No finding is called "nothing-such"/);
  world.write('corp.ldif', before);
  await run('sync');
});

test('what only the diagnosis of one object tells is fixed for that object', async () => {
  const before = world.read('corp.ldif');
  world.write(
    'corp.ldif',
    before.replace('displayName: User 3', 'displayName: User 3\nadminDescription: User_elsewhere'),
  );
  await run('sync');
  const about = await findings('user3@contoso.com');
  const finding = about.find((f) => f.code === 'filtered-by-rule');
  assert.ok(finding, JSON.stringify(about));
  const unknown = await run('fix', finding.id);
  assert.match(unknown.err, /found with --for REF\. \[unknown-finding\]$/m);
  const shown = await run('fix', finding.id, '--for', 'user3@contoso.com');
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /adminDescription NOTSTARTSWITH User_/);
  assert.match(shown.out, /take User_elsewhere out of adminDescription.*by hand/);
  const refused = await run('fix', finding.id, '--for', 'user3@contoso.com', '--apply');
  assert.match(refused.err, /do what it says by hand\. \[not-applicable\]$/m);
  world.write('corp.ldif', before);
  await run('sync');
});

test('a fix is carried out, written down and looked at again: the schedule', async () => {
  assert.equal((await run('scheduler', 'set', 'SyncCycleEnabled=false')).code, 0);
  const finding = (await findings()).find((f) => f.code === 'scheduler-disabled');
  assert.match(JSON.stringify(finding?.evidence), /set-scheduler/);
  const applied = await run('--json', 'fix', finding?.id.slice(0, 6) ?? '', '--apply');
  assert.equal(applied.code, 0, applied.out + applied.err);
  assert.equal(applied.json<{ isGone: boolean }>().isGone, true);
  assert.ok(!(await findings()).some((f) => f.code === 'scheduler-disabled'));
});

test('a store that is no store is a finding, not a stack', async () => {
  const other = await createWorld({ users: 1 });
  try {
    const { mkdirSync } = await import('node:fs');
    mkdirSync(other.path('state'));
    writeFileSync(other.path('state/causeway.db'), Buffer.alloc(16_384, 9));
    const told = await causeway(['--config', other.configFile, '--json', 'diagnose']);
    assert.equal(told.json<Diagnosis>().findings[0]?.code, 'store-corrupt');
    assert.equal(told.code, 2);
  } finally {
    await other[Symbol.asyncDispose]();
  }
});
