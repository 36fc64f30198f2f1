/** Each verb as a real process: first without a service, then through one, on the same state. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startTenantThread, type TenantThread } from '../../src/service/tenant-thread.ts';
import { clientSecret, createWorld, ldifOf, startWorld, type World } from '../service/world.ts';
import { causeway, type Ended } from './command.ts';

let world: World;
let tenant: TenantThread | undefined;
const run = (...args: string[]): Promise<Ended> => causeway(['--config', world.configFile, ...args]);
const json = async <T = Record<string, never>>(...args: string[]): Promise<T> => {
  const ended = await run('--json', ...args);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.out}${ended.err}`);
  return ended.json<T>();
};

before(async () => {
  world = await createWorld({ users: 3 });
  tenant = await startTenantThread(world.configFile);
});
after(async () => {
  await tenant?.close();
  await world?.[Symbol.asyncDispose]();
});

type Cycle = {
  outcome: string;
  runs: { profile: string; connector: string | null; counters: Record<string, number> }[];
};

test('sync runs a cycle, one line a step where there is no terminal, and nothing the second time', async () => {
  const first = await run('sync', '--policy', 'initial');
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /corp +full-import +success +stage-add 4/);
  assert.match(first.err, /cloud: export add/);
  assert.ok(!first.err.includes('\r') && !first.out.includes('\u001b'), 'no terminal codes in a pipe');
  const second = await json<Cycle>('sync');
  assert.equal(second.outcome, 'clean');
  const third = await json<Cycle>('Start-ADSyncSyncCycle', '-PolicyType', 'Delta');
  assert.deepEqual(
    third.runs.map((r) => r.counters).filter((c) => Object.keys(c).length > 0),
    [],
  );
});

test('run runs one profile', async () => {
  const result = await json<{ status: string; profile: string }>('run', 'corp', 'full-import');
  assert.deepEqual([result.status, result.profile], ['success', 'full-import']);
  assert.equal((await run('run', 'corp', 'half-import')).code, 1);
  assert.match((await run('run', 'nowhere', 'export')).err, /no connector "nowhere". Connectors: corp, cloud\./);
});

test('status and scheduler have the names of the cmdlet, and set them', async () => {
  const status = await json<Record<string, unknown> & { lastCycle: { outcome: string } }>('status');
  assert.equal(status.SyncCycleEnabled, false);
  assert.equal(status.lastCycle.outcome, 'clean');
  const set = await json<Record<string, unknown>>('scheduler', 'set', 'CustomizedSyncCycleInterval=00:10:00');
  assert.equal(set.CurrentlyEffectiveSyncCycleInterval, '00:10:00');
  assert.equal((await json<Record<string, unknown>>('Get-ADSyncScheduler')).CustomizedSyncCycleInterval, '00:10:00');
  const wrong = await run('scheduler', 'set', 'CustomizedSyncCycleInterval=often');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /is a duration such as/);
});

test('runs lists the history, one run has its counters and the objects behind them', async () => {
  const { items } = await json<{ items: { id: number }[] }>('runs', '--limit', '5');
  assert.equal(items.length, 5);
  const detail = await json<{ table: { name: string; count: number }[] }>('runs', '1');
  assert.deepEqual(
    detail.table.map((c) => [c.name, c.count]),
    [['stage-add', 4]],
  );
  const objects = await json<{ items: { dn: string }[] }>('runs', '1', '--counter', 'stage-add');
  assert.equal(objects.items.length, 4);
});

test('search, show and history find an object', async () => {
  const hits = await json<{ items: { reference: string; name: string }[] }>('search', 'mv', 'user 2');
  assert.deepEqual(
    hits.items.map((h) => h.name),
    ['User 2'],
  );
  const shown = await json<{ mv: { attributes: Record<string, { value: unknown }> } }>('show', 'user2@contoso.com');
  assert.equal(shown.mv.attributes.displayName?.value, 'User 2');
  const past = await json<{ kind: string }[]>('history', hits.items[0]!.reference);
  assert.ok(past.some((l) => l.kind === 'exported'));
  const none = await run('--json', 'show', 'nobody');
  assert.equal(none.code, 1);
  assert.equal(none.json<{ error: { code: string } }>().error.code, 'unknown-object');
});

test('check finds that everything keeps the laws', async () => {
  const checked = await json<{ ok: boolean; identities: number }>('check');
  assert.deepEqual([checked.ok, checked.identities], [true, 4]);
});

test('rules are listed, shown, linted and tested', async () => {
  const list = await json<{ name: string }[]>('rules', 'list', '--attribute', 'proxyAddresses');
  assert.ok(list.length > 3);
  const one = await json<{ name: string; mappings: unknown[] }>('rules', 'show', 'Causeway.InFromADUserJoin');
  assert.equal(one.name, 'In from AD - User Join');
  assert.ok(Array.isArray(await json<unknown[]>('rules', 'lint')));
  mkdirSync(world.path('rules/tests'));
  // An account by which nobody could be recognized makes no identity.
  const cases = (expected: string) =>
    `cases:\n  - name: an account\n    objects: [{ connector: corp, type: user, attributes: { sAMAccountName: ana } }]\n    expect: { metaverse: ${expected} }\n`;
  world.write('rules/tests/account.yaml', cases('none'));
  assert.equal((await json<{ passed: number }>('rules', 'test')).passed, 1);
  world.write('rules/tests/account.yaml', cases('{ type: person }'));
  const failed = await run('rules', 'test');
  assert.equal(failed.code, 1);
  assert.match(failed.out, /FAIL .*account\.yaml: an account/);
});

test('rules eval needs no configuration, and takes cases in several forms', async () => {
  const one = await causeway(['--json', 'rules', 'eval', 'Left([sn], 2)', '--attributes', '{"sn":"Costa"}'], {
    cwd: '/',
  });
  assert.deepEqual(one.json(), { kind: 'value', value: 'Co' });
  const list = [
    { id: 'a', expression: 'Trim([x])', attributes: { x: ' y ' } },
    { id: 'b', expression: 'IIF(True, NULL, 1)' },
    { id: 'c', expression: 'Nothing(' },
  ];
  world.write('cases.json', JSON.stringify(list));
  world.write('cases.jsonl', list.map((c) => JSON.stringify(c)).join('\n'));
  world.write('cases.yaml', `cases: ${JSON.stringify(list)}`);
  for (const file of ['cases.json', 'cases.jsonl', 'cases.yaml']) {
    const results = (await causeway(['--json', 'rules', 'eval', '--cases', world.path(file)])).json<
      { id: string; kind: string }[]
    >();
    assert.deepEqual(
      results.map((r) => [r.id, r.kind]),
      [
        ['a', 'value'],
        ['b', 'null'],
        ['c', 'error'],
      ],
      file,
    );
  }
});

test('config is exported, compared, reported, and a folder of Entra Connect is taken over', async () => {
  const exported = await run('config', 'export', '--output', world.path('before.json'));
  assert.equal(exported.code, 0, exported.err);
  const same = await json<{ settings: unknown[]; rules: unknown[] }>('config', 'diff', world.path('before.json'));
  assert.deepEqual(same, { settings: [], rules: [] });
  world.configure((s) => Object.assign(s, { sourceAnchor: 'objectGUID' }));
  const diff = await json<{ settings: { path: string }[] }>('config', 'diff', world.path('before.json'));
  assert.ok(diff.settings.some((s) => s.path === 'sourceAnchor'));
  world.configure((s) => Object.assign(s, { sourceAnchor: 'mS-DS-ConsistencyGuid' }));
  assert.match((await run('config', 'report')).out, /^# Causeway configuration/);
  const folder = await run('config', 'export', '--format', 'entra-connect', '--output', world.path('xml'));
  assert.equal(folder.code, 0, folder.err);
  const taken = await run('config', 'import', world.path('xml'), '--output', world.path('taken'));
  assert.equal(taken.code, 0, taken.err);
  assert.match(world.read('taken/causeway.yaml'), /stateDirectory/);
  assert.match(world.read('taken/rules/imported.yaml'), /In from AD - User Join/);
  const again = await run('config', 'import', world.path('xml'), '--output', world.path('taken'));
  assert.match(again.err, /is there already/);
});

test('the support bundle has no secret and no names', async () => {
  const file = world.path('bundle.tar.gz');
  const bundle = await json<{ files: string[] }>('support-bundle', '--output', file);
  assert.ok(bundle.files.includes('manifest.json'));
  const text = gunzipSync(readFileSync(file)).toString('latin1');
  assert.ok(!text.includes(clientSecret));
  assert.ok(!/user2@contoso\.com/i.test(text) && !/CN=User 2/i.test(text));
});

test('with a service running, commands go through it', async () => {
  await tenant?.close();
  tenant = undefined;
  await using running = await startWorld(world);
  const before = running.service.status().lastCycle?.cycle;
  world.write('corp.ldif', ldifOf(3, { department: 'Research' }));
  const cycle = await json<Cycle>('sync');
  assert.equal(cycle.outcome, 'clean');
  assert.notEqual(running.service.status().lastCycle?.cycle, before);
  assert.equal((await json<{ engine: { state: string } }>('status')).engine.state, 'running');
  await json('scheduler', 'set', 'StagingModeEnabled=true');
  assert.equal(running.service.status().scheduler.StagingModeEnabled, true);
  await json('scheduler', 'set', 'StagingModeEnabled=false');
  const { url } = await json<{ url: string }>('sign-in');
  assert.equal((await fetch(url, { redirect: 'manual' })).status, 303);
  assert.deepEqual(await json('stop'), { stopped: false });
  const audit = await running.get<{ items: { who: string; how: string; action: string }[] }>('/audit?limit=200');
  assert.ok(audit.items.some((r) => r.action === 'start-cycle' && r.how === 'command-line'));
  const second = await run('start');
  assert.equal(second.code, 1);
  assert.match(second.err, /An engine already works on .*service \(process \d+/);
});

test('after the service a command works alone again', async () => {
  assert.ok(!existsSync(world.path('state/engine.json')));
  assert.match((await run('stop')).err, /No service runs/);
  assert.equal((await run('status')).code, 0);
});
