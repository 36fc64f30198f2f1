/** The configuration changed under a running service: nothing is lost, nothing is half, and nobody gets more than is his. */
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { waitFor } from '../support/wait.ts';
import * as attacker from './attacker.ts';
import { createWorld, ldifOf, type RunningService, startWorld, type World } from './world.ts';

interface Answer {
  readonly version: number | null;
  readonly changes: { path: string; before?: unknown; after?: unknown }[];
  readonly needsRestart: string[];
  readonly leaving: { connector: string; objects: number }[];
  readonly notes: string[];
  readonly hash: string;
}
interface Audit {
  readonly items: {
    who: string;
    action: string;
    outcome: string;
    before: { hash: string };
    after: Record<string, unknown>;
  }[];
}
type File = { text: string; hash: string };

const base = 'DC=corp,DC=contoso,DC=com';
const users = 8;
let world: World;
let running: RunningService;

before(async () => {
  world = await createWorld({ users });
  world.configure((settings) => {
    Object.assign(settings, { scheduler: { enabled: false, interval: '30m', deletionThreshold: 3 } });
    const [corp] = (settings as unknown as { connectors: Record<string, unknown>[] }).connectors;
    Object.assign(corp!, { partitions: [{ base, include: [`OU=People,${base}`, `OU=Groups,${base}`] }] });
  });
  world.write('causeway.yaml', `# kept by hand\n${world.read('causeway.yaml')}# and the end\n`);
  chmodSync(world.configFile, 0o640);
  running = await startWorld(world);
  await running.service.cycle('initial');
});
after(async () => {
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const include = ['connectors', 0, 'partitions', 0, 'include'];
const refusal = async (response: Response) =>
  ((await response.json()) as { error: { code: string; message: string; facts?: Record<string, unknown> } }).error;
const put = (body: unknown, query = '') =>
  running.fetch(`/api/v1/configuration/file${query}`, {
    method: 'PUT',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
const file = () => running.get<File>('/configuration/file');
/** The file with one text replaced by another. */
const edited = async (from: string, to: string) => {
  const { text, hash } = await file();
  assert.ok(text.includes(from), from);
  return { text: text.replace(from, to), expected: hash, reason: 'a test' };
};
const newest = async () => (await running.get<Audit>('/audit?limit=1&action=change-configuration')).items[0];
const inForce = async () => {
  const { settings } = await running.get<{ settings: Record<string, Record<string, unknown>> }>('/configuration');
  return settings;
};

test('one place is changed: looked at first, then in force, with version, audit row, comments and mode', async () => {
  const untouched = world.read('causeway.yaml');
  const body = { path: include, from: `OU=People,${base}`, reason: 'the people come from elsewhere' };
  const preview = await running.send<Answer>('PATCH', '/configuration?preview=true', body);
  assert.equal(preview.version, null);
  assert.deepEqual(preview.leaving, [{ connector: 'corp', objects: users }]);
  assert.match(
    preview.notes.join('\n'),
    /8 objects of corp would leave the selection.*more than 3 deletes is held back/,
  );
  assert.equal(world.read('causeway.yaml'), untouched, 'looking changes nothing');

  const begun = (await running.get<{ engine: { since: string } }>('/status')).engine.since;
  const made = await running.send<Answer>('PATCH', '/configuration', body);
  assert.deepEqual([made.changes, made.leaving], [preview.changes, preview.leaving]);
  const text = world.read('causeway.yaml');
  assert.doesNotMatch(text, /OU=People/);
  assert.match(text, /^# kept by hand\n[\s\S]*# and the end\n$/);
  assert.equal(statSync(world.configFile).mode & 0o777, 0o640);
  assert.deepEqual(
    readdirSync(world.folder.path).filter((name) => name.includes('.new')),
    [],
  );
  assert.equal((await file()).hash, made.hash);
  const { items } = await running.get<{ items: { version: number; who: string; reason: string }[] }>(
    '/configuration/versions?limit=1',
  );
  assert.equal(items[0]?.version, made.version);
  assert.equal(items[0]?.reason, body.reason);
  const audit = await newest();
  assert.deepEqual([audit?.outcome, audit?.after.hash, audit?.after.reason], ['done', made.hash, body.reason]);
  assert.notEqual((await running.get<{ engine: { since: string } }>('/status')).engine.since, begun);

  const work = await running.service.cycle('delta');
  assert.equal(work.state, 'done');
  const status = await running.get<{ alerts: { code: string; summary: string }[] }>('/status');
  const held = await waitFor('the guard', async () =>
    (await running.get<typeof status>('/status')).alerts.find((a) => a.code === 'deletes-held'),
  );
  assert.match(held.summary, /8 objects would be deleted/);
  await running.send('PATCH', '/configuration', { path: include, to: `OU=People,${base}` });
  assert.equal((await running.service.cycle('delta')).state, 'done');
  assert.deepEqual((await running.get<{ errors: object }>('/status')).errors, {});
});

test('what would be different for everybody is computed as a job', async () => {
  const job = await running.send<{ id: number }>('POST', '/configuration/what-if', {
    path: include,
    from: `OU=People,${base}`,
  });
  const done = await waitFor('the job', async () => {
    const told = await running.get<{ state: string; answer: { deletes: unknown[]; objects: unknown } }>(
      `/jobs/${job.id}`,
    );
    assert.notEqual(told.state, 'failed', JSON.stringify(told));
    return told.state === 'done' && told.answer;
  });
  assert.match(JSON.stringify(done), /user1@contoso\.com|User 1/);
});

test('whoever looked at an older file does not overwrite what was changed meanwhile', async () => {
  const stale = await edited('interval: 30m', 'interval: 45m');
  // A comment is written without anything being put into force anew.
  assert.equal((await put(await edited('# and the end', '# and the very end'))).status, 200);
  const response = await put(stale);
  assert.equal(response.status, 409);
  const { code, facts } = await refusal(response);
  assert.equal(code, 'configuration-changed');
  assert.equal(facts?.hash, (await file()).hash);
  assert.equal((await inForce()).scheduler?.interval, '30m');
  assert.match(world.read('causeway.yaml'), /# and the very end\n$/);
});

test('what is wrong is told with its place, and not a byte is written', async () => {
  const before = world.read('causeway.yaml');
  const wrong: readonly (readonly [from: string, to: string, status: number, message: RegExp])[] = [
    ['outOfBox: true', 'outOfBoks: true', 400, /no key "outOfBoks".*outOfBox/],
    ['./client-secret', './no-such-secret', 400, /no-such-secret/],
    ['directory: ./rules', 'directory: ./no-such-rules', 400, /no-such-rules/],
    ['interval: 30m', 'interval: soon', 400, /duration/],
    ['stateDirectory: ./state', 'stateDirectory: ./other', 409, /keeps the state that it was started with/],
    ['connectors:', 'connectors: [', 400, /causeway\.yaml:\d+/],
    ['secret:\n        file: ./client-secret', 'secret: plain-text', 400, /credential/],
  ];
  for (const [from, to, status, message] of wrong) {
    const response = await put(await edited(from, to));
    assert.equal(response.status, status, to);
    assert.match((await refusal(response)).message, message);
  }
  for (const path of [
    ['connectors', 'x', 'y'],
    ['stateDirectory', 'x'],
    ['__proto__', 'polluted'],
    ['connectors', 0, 'constructor'],
  ]) {
    const response = await running.fetch('/api/v1/configuration', {
      method: 'PATCH',
      body: JSON.stringify({ path, value: 'x' }),
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(response.status, 400, path.join());
  }
  assert.equal(({} as { polluted?: string }).polluted, undefined);
  assert.equal(world.read('causeway.yaml'), before);
  assert.equal((await newest())?.outcome, 'done');
});

test('a configuration that does not come up is taken back, and the former one runs', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const before = world.read('causeway.yaml');
  const listen = /tenant:\n +(listen: \S+)/.exec(before)?.[1] ?? '';
  try {
    const response = await put(await edited(`tenant:\n  ${listen}`, `tenant:\n  listen: 127.0.0.1:${port}`));
    assert.equal(response.status, 409);
    const told = await refusal(response);
    assert.equal(told.code, 'configuration-taken-back');
    assert.match(told.message, /address is taken.*The former one is back and in force/);
  } finally {
    await new Promise((resolve) => taken.close(resolve));
  }
  assert.equal(world.read('causeway.yaml'), before);
  assert.equal((await newest())?.outcome, 'configuration-taken-back');
  const { parts } = await running.get<{ parts: { name: string; state: string }[] }>('/status');
  assert.deepEqual(
    parts.filter((p) => p.state !== 'running'),
    [],
  );
  const work = await running.service.cycle('delta');
  assert.equal((work.result as { outcome: string }).outcome, 'clean');
});

test('what runs is stopped at a safe point and begins again; the API answers all the time', async () => {
  world.write('corp.ldif', ldifOf(400));
  const answers: number[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) answers.push((await running.fetch('/api/v1/status')).status);
  })();
  const cycle = running.service.cycle('initial');
  const waiting = await running.send<{ id: number }>('POST', '/runs', { connector: 'corp', profile: 'delta-import' });
  await running.send('PATCH', '/configuration', { path: ['scheduler', 'deletionThreshold'], value: 600 });
  const work = await cycle;
  assert.equal(work.state, 'done');
  assert.deepEqual((work.result as { outcome: string }).outcome, 'clean');
  const follows = await waitFor('what waited', async () => {
    const told = await running.get<{ state: string }>(`/work/${waiting.id}`);
    return !['queued', 'running'].includes(told.state) && told;
  });
  assert.equal(follows.state, 'done');
  isOver = true;
  await asking;
  assert.deepEqual([...new Set(answers)], [200]);
  const { exportDeletionThreshold } = await running.get<{ exportDeletionThreshold: number }>('/status');
  assert.equal(exportDeletionThreshold, 600);
  const cloud = await running.get<{ value: unknown[] }>(
    `/tenant/graph?path=${encodeURIComponent('/v1.0/users?$top=999')}`,
  );
  assert.ok(cloud.value.length >= 400, `${cloud.value.length} users`);
  assert.deepEqual((await running.get<{ violations?: unknown[] }>('/audit/chain')).violations, undefined);
});

test('the address of the service is effective after the next start, and the answer says so', async () => {
  const answer = await put(await edited('listen: 127.0.0.1:0', 'listen: 127.0.0.1:0 # later: 8441'));
  assert.deepEqual(((await answer.json()) as Answer).changes, [], 'comments alone change nothing');
  const moved = (await (await put(await edited('listen: 127.0.0.1:0', 'listen: localhost:0'))).json()) as Answer;
  assert.deepEqual(moved.needsRestart, ['service.listen']);
  assert.equal((await running.fetch('/api/v1/status')).status, 200);
});

test('a file that was edited by hand, and secrets behind references, come into force with a reload', async () => {
  world.write('causeway.yaml', world.read('causeway.yaml').replace('interval: 30m', 'interval: 20m'));
  assert.equal((await inForce()).scheduler?.interval, '30m');
  const answer = await running.send<Answer>('POST', '/configuration/reload', {});
  assert.deepEqual(
    answer.changes.map((c) => [c.path, c.before, c.after]),
    [['scheduler.interval', '30m', '20m']],
  );
  assert.equal((await inForce()).scheduler?.interval, '20m');
});

test('somebody in a browser changes what is synchronized, not where secrets go', async () => {
  const admin = await attacker.person(running, ['admin']);
  const patch = (body: unknown) => attacker.send(running, admin, 'PATCH', '/api/v1/configuration', body);
  assert.equal((await patch({ path: ['scheduler', 'interval'], value: '25m' })).status, 200);
  assert.deepEqual([(await newest())?.who, (await newest())?.outcome], ['the admin', 'done']);
  const before = world.read('causeway.yaml');
  for (const [path, value] of [
    [['connectors', 1, 'url'], 'https://evil.example'],
    [['connectors', 1, 'credential', 'secret', 'file'], '/etc/passwd'],
    [['connectors', 0, 'path'], '/etc/passwd'],
    [['rules', 'directory'], '/etc'],
    [['notifications'], { channels: [{ name: 'x', type: 'file', path: '/tmp/x' }] }],
    [['service', 'signIn'], { issuer: 'https://evil.example', clientId: 'x', roles: { '*': 'admin' } }],
    [['tenant', 'listen'], '127.0.0.1:1'],
  ] as const) {
    const response = await patch({ path, value });
    assert.equal(response.status, 403, path.join('.'));
    assert.equal((await refusal(response)).code, 'only-on-the-machine', path.join('.'));
  }
  assert.equal(world.read('causeway.yaml'), before);
});

test('of two changes at once one is refused, and the file has the other', async () => {
  const both = await Promise.allSettled([
    running.send('PATCH', '/configuration', { path: ['limits', 'errorLimit'], value: 1 }),
    running.send('PATCH', '/configuration', { path: ['limits', 'errorLimit'], value: 2 }),
  ]);
  assert.deepEqual(both.map((b) => b.status).sort(), ['fulfilled', 'rejected']);
  const value = both[0].status === 'fulfilled' ? 1 : 2;
  assert.equal((await inForce()).limits?.errorLimit, value);
});
