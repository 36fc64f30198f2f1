/** The configuration changed from the command line: without a service in the file alone, with one under its feet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, startWorld } from '../service/world.ts';
import { causeway } from './command.ts';

interface Answer {
  readonly version: number | null;
  readonly changes: { path: string; before?: unknown; after?: unknown }[];
}

test('config set, unset, apply and reload: versions and audit rows in both cases, and never half a file', async () => {
  await using world = await createWorld({ users: 1 });
  const run = (...args: string[]) => causeway(['--config', world.configFile, ...args]);
  const json = async <T>(...args: string[]): Promise<T> => {
    const ended = await run('--json', ...args);
    assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.out}${ended.err}`);
    return ended.json<T>();
  };
  world.write('causeway.yaml', `# by hand\n${world.read('causeway.yaml')}`);
  const looked = await run('config', 'set', 'scheduler.interval', '45m', '--preview');
  assert.match(looked.out, /~ scheduler\.interval: 30m → 45m\n[\s\S]*Nothing was written/);
  assert.match(world.read('causeway.yaml'), /interval: 30m/);

  const set = await json<Answer>('config', 'set', 'scheduler.interval', '45m', '--reason', 'it is quiet');
  assert.deepEqual(set.changes, [{ path: 'scheduler.interval', before: '30m', after: '45m' }]);
  assert.match(world.read('causeway.yaml'), /^# by hand\n[\s\S]*interval: 45m/);
  const wrong = await run('config', 'set', 'scheduler.intervall', '45m');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /no key "intervall".*interval/);
  const { items } = await json<{ items: { version: number; reason: string }[] }>('config', 'versions');
  assert.deepEqual(items[0]?.reason, 'it is quiet');

  {
    await using running = await startWorld(world);
    const unset = await json<Answer>('config', 'unset', 'scheduler.interval');
    assert.deepEqual(unset.changes, [{ path: 'scheduler.interval', before: '45m', after: '30m' }]);
    world.write('other.yaml', world.read('causeway.yaml').replace('enabled: false', 'enabled: false\n  staging: true'));
    const applied = await run('config', 'apply', world.path('other.yaml'), '--reason', 'a rehearsal');
    assert.match(applied.out, /scheduler\.staging: false → true\n[\s\S]*is in force/);
    const { scheduler } = await running.get<{ scheduler: { StagingModeEnabled: boolean } }>('/status');
    assert.equal(scheduler.StagingModeEnabled, true);
    assert.equal((await run('config', 'reload')).code, 0);
    const audit = await running.get<{ items: { action: string; how: string }[] }>('/audit?action=change-configuration');
    assert.deepEqual(
      audit.items.map((i) => i.how),
      Array(4).fill('command-line'),
    );
  }
});
