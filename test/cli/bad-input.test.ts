/** What bad input gets: a sentence that names the thing and the way out, exit code 1, and nothing lost. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { acquireLease } from '../../src/scheduler/lease.ts';
import { stateDirectory } from '../../src/service/engine/open-engine.ts';
import { createWorld, ldifOf, type World } from '../service/world.ts';
import { causeway } from './command.ts';

let world: World;
before(async () => {
  world = await createWorld({ users: 2 });
});
after(async () => world?.[Symbol.asyncDispose]());

const run = (...args: string[]) => causeway(['--config', world.configFile, ...args]);
/** Runs with a changed configuration file and puts it back. */
async function withYaml(change: (yaml: string) => string, ...args: string[]) {
  const before = world.read('causeway.yaml');
  world.write('causeway.yaml', change(before));
  try {
    return await run(...args);
  } finally {
    world.write('causeway.yaml', before);
  }
}

test('no configuration, and one that is not YAML', async () => {
  const none = await causeway(['--config', world.path('nothing.yaml'), 'status']);
  assert.equal(none.code, 1);
  assert.match(none.err, /nothing\.yaml cannot be read \(ENOENT\)\. Name another with --config/);
  const broken = await withYaml((y) => `${y}\n  : [`, 'status');
  assert.match(broken.err, /causeway\.yaml:\d+: /);
});

test('an unknown key names file, line and the nearest key', async () => {
  const wrong = await withYaml((y) => y.replace('interval:', 'intervall:'), 'status');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /causeway\.yaml:\d+: scheduler has no key "intervall"\. Did you mean "interval"\?/);
});

test('an address that others can reach needs TLS', async () => {
  const open = await withYaml((y) => y.replace('127.0.0.1:0', '0.0.0.0:8440'), 'start');
  assert.equal(open.code, 1);
  assert.match(open.err, /0\.0\.0\.0:8440, which others can reach: that needs "tls/);
});

test('a missing secret says where it is expected, for a command and for the service', async () => {
  const env = (y: string) => y.replace('file: ./client-secret', 'env: CAUSEWAY_TEST_NOT_SET');
  for (const verb of ['sync', 'start']) {
    const missing = await withYaml(env, verb);
    assert.equal(missing.code, 1, verb);
    assert.match(missing.err, /environment variable CAUSEWAY_TEST_NOT_SET, which is not set/, verb);
  }
  assert.equal((await withYaml(env, 'status')).code, 0, 'reading needs no secret');
});

test('a malformed line of LDIF is named, and nothing is concluded from it', async () => {
  world.write('corp.ldif', ldifOf(2).replace('sn: 2', 'sn 2'));
  const ended = await run('--json', 'run', 'corp', 'full-import');
  assert.equal(ended.code, 1);
  const { status, error } = ended.json<{ status: string; error: { message: string; remedy: string } }>();
  assert.equal(status, 'stopped-parsing-errors');
  assert.match(error.message, /corp\.ldif: .*line \d+/i);
  assert.match(error.remedy, /Repair the line/);
  world.write('corp.ldif', ldifOf(2));
});

test('a cloud that does not answer fails the cycle with the way out', async () => {
  const ended = await run('sync');
  assert.equal(ended.code, 1);
  assert.match(ended.out, /no-start-connection/);
  assert.match(ended.out, /Check the url of the connector/);
});

test('a rule file that is wrong keeps the engine from starting, with file, line and rule', async () => {
  writeFileSync(world.path('rules/wrong.yaml'), 'rules:\n  - name: Broken\n    direction: sideways\n');
  const ended = await run('sync');
  world.write('rules/wrong.yaml', 'rules: []\n');
  assert.equal(ended.code, 1);
  assert.match(ended.err, /wrong\.yaml:\d+: /);
});

test('a second engine is refused; looking is not', async () => {
  using _ = acquireLease(stateDirectory(world.config()), 'another command');
  for (const args of [['sync'], ['start'], ['scheduler', 'set', 'SyncCycleEnabled=true']]) {
    const refused = await run('--json', ...args);
    assert.equal(refused.code, 1, args.join(' '));
    const { error } = refused.json<{ error: { code: string; message: string } }>();
    assert.equal(error.code, 'engine-already-running');
    assert.match(error.message, /another command \(process \d+ on /);
  }
  assert.equal((await run('status')).code, 0);
  assert.equal((await run('search', 'mv', 'user')).code, 0);
});

test('a store that is none is named, and kept', async () => {
  world.configure((s) => Object.assign(s, { stateDirectory: './broken' }));
  stateDirectory(world.config());
  world.write('broken/causeway.db', "this is no store, but it is somebody's file. ".repeat(50));
  const ended = await run('sync');
  const kept = world.read('broken/causeway.db');
  world.configure((s) => Object.assign(s, { stateDirectory: './state' }));
  assert.equal(ended.code, 1);
  assert.match(ended.err, /damaged or not a Causeway store/);
  assert.match(kept, /^this is no store/);
});

test('unknown verbs and options are refused with the nearest one', async () => {
  const verb = await run('statsu');
  assert.equal(verb.code, 1);
  assert.match(verb.err, /Did you mean status\?/);
  assert.equal((await run('sync', '--policy', 'sometimes')).code, 1);
});

test('text from a directory cannot drive the terminal', async () => {
  world.write(
    'corp.ldif',
    ldifOf(2).replace('displayName: User 1', `displayName:: ${Buffer.from('Evil\u001b[31m').toString('base64')}`),
  );
  await run('run', 'corp', 'full-import');
  const shown = await run('show', 'user1');
  assert.equal(shown.code, 0, shown.err);
  assert.ok(!shown.out.includes('\u001b'));
  assert.match(shown.out, /Evil\\u001b\[31m/);
});

test('with --json anywhere a mistake in the command is one JSON document, too', async () => {
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['--json', 'nonsense'], /^Unknown command 'nonsense'\.$/],
    [['--json', 'statsu'], /^Unknown command 'statsu'\. \(Did you mean status\?\)$/],
    [['status', '--nope', '--json'], /^Unknown option '--nope'\.$/],
    [['explain', '--json'], /^Missing required argument 'reference'\.$/],
    [['diagnose', 'a', 'b', '--json'], /^Too many arguments for 'diagnose'\./],
    [['rules', '--json'], /^The command is not complete/],
    [['run', 'corp', 'sideways', '--json'], /^There is no run profile "sideways"\./],
  ];
  await Promise.all(
    cases.map(async ([args, message]) => {
      const ended = await run(...args);
      const name = args.join(' ');
      assert.deepEqual([ended.code, ended.err], [1, ''], name);
      const { error } = ended.json<{ error: { code: string; message: string } }>();
      assert.equal(error.code, 'bad-argument', name);
      assert.match(error.message, message, name);
    }),
  );
  const text = await run('status', '--nope', '--', '--json');
  assert.deepEqual([text.code, text.out], [1, '']);
  assert.match(text.err, /^error: unknown option '--nope' \[bad-argument\]$/m);
});
