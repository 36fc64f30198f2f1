/** Alerts and findings in a running service: recorded, told to a real receiver, acknowledged, muted; with real HTTP. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { causeway } from '../cli/command.ts';
import { waitFor as wait } from '../support/wait.ts';
import { createWorld, ldifOf, type RunningService, startWorld, type World } from './world.ts';

interface Event {
  readonly id: string;
  readonly event: string;
  readonly alert: { readonly code: string; readonly severity: string; readonly title: string };
}
interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly events: readonly Event[];
}
type Alert = {
  id: number;
  code: string;
  kind: string;
  severity: string;
  finding: string | null;
  resolved: string | null;
  acknowledged: { who: string; note: string } | null;
  muted: { who: string; reason: string; until: string } | null;
  told: { channel: string; state: string }[];
};
type Page<T> = { items: T[]; next: string | null };

/** Diagnoses run in threads that start late on a busy machine. */
const waitFor: typeof wait = (what, probe) => wait(what, probe, { timeoutMs: 60_000 });
const hookSecret = 'the-key-that-signs-messages';
/** The part of the receiver's address that is a secret. */
const hookPath = '/services/T00/very-secret-path';
let world: World;
let running: RunningService;
const received: Received[] = [];
let answerWith = 200;
const receiver = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    if (answerWith === 200) {
      const { events } = JSON.parse(body) as { events: Event[] };
      received.push({ headers: request.headers, body, events });
    }
    response.writeHead(answerWith).end();
  });
});
const events = () => received.flatMap((r) => r.events);
const open = async () => (await running.get<Page<Alert>>('/alerts')).items;

/** Two people with one address: the second one is refused. */
function withClash(): string {
  return ldifOf(4).replaceAll('user2@contoso.com', 'user1@contoso.com');
}

before(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  world = await createWorld({ users: 4 });
  world.write('hook-secret', hookSecret);
  world.write('hook-url', `http://127.0.0.1:${port}${hookPath}`);
  world.write('corp.ldif', withClash());
  world.configure((settings) => {
    Object.assign(settings, {
      notifications: {
        channels: [
          { name: 'hook', type: 'webhook', url: { file: './hook-url' }, secret: { file: './hook-secret' } },
          { name: 'file', type: 'file', path: './alerts.jsonl', severity: 'error' },
        ],
      },
    });
  });
  running = await startWorld(world);
  await running.service.cycle('initial');
});
after(async () => {
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
  receiver.closeAllConnections();
  receiver.close();
});

test('findings are recorded after a cycle without anybody asking, and become alerts that are told, signed', async () => {
  const finding = await waitFor('a finding that was told', async () =>
    (await open()).find((a) => a.kind === 'finding'),
  );
  const [recorded] = (await running.get<Page<{ id: string; firstSeen: string; title: string }>>('/findings')).items;
  assert.ok(recorded?.title);
  assert.ok(finding.finding);
  await waitFor('the message', () => events().some((e) => e.alert.code === finding.code));
  const { headers, body } = received[0]!;
  const signature = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-causeway-signature']));
  assert.ok(signature);
  assert.equal(createHmac('sha256', hookSecret).update(`${signature[1]}.${body}`).digest('hex'), signature[2]);
  await waitFor('what was told', async () => {
    const row = (await open()).find((a) => a.id === finding.id);
    return row?.told.some((t) => t.channel === 'hook' && t.state === 'raised');
  });
  // The scheduler of this world is off: a warning, which the file is not told.
  await waitFor('the warning', () => events().some((e) => e.alert.code === 'scheduler-off'));
  const told = world
    .read('alerts.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  assert.ok(told.length > 0 && told.every((e) => e.alert.severity === 'error'));
});

test('a finding keeps its first time through further diagnoses, and is over when it is', async () => {
  type Finding = { id: string; code: string; firstSeen: string; lastSeen: string; resolved: string | null };
  // That the schedule of this world is off stays true.
  const clashes = ({ items }: Page<Finding>) => items.filter((f) => f.code !== 'scheduler-disabled');
  const before = clashes(await running.get('/findings'));
  assert.ok(before.length > 0);
  await running.get('/diagnosis?fresh=true');
  const again = await waitFor('a second look', async () => {
    const found = clashes(await running.get('/findings'));
    return found.every((f) => f.lastSeen > f.firstSeen) && found;
  });
  assert.deepEqual(
    again.map((f) => [f.id, f.firstSeen]),
    before.map((f) => [f.id, f.firstSeen]),
  );
  const since = new Date().toISOString();
  world.write('corp.ldif', ldifOf(4));
  await running.service.cycle('delta');
  await running.service.cycle('delta');
  await running.get('/diagnosis?fresh=true');
  const gone = await waitFor('the end of the findings', async () => {
    const found = clashes(await running.get('/findings?state=gone'));
    return found.length === before.length && found;
  });
  assert.ok(gone.every((f) => f.resolved !== null && f.resolved >= since));
  const news = await running.get<Page<{ id: string }>>(`/findings?state=all&since=${since}`);
  assert.ok(news.items.length >= before.length, 'what went is news, too');
  const later = await running.get<Page<{ id: string }>>(
    `/findings?state=all&since=${new Date(Date.now() + 1000).toISOString()}`,
  );
  assert.equal(later.items.length, 0);
  await waitFor('the alerts to be over', async () => (await open()).every((a) => a.kind !== 'finding'));
});

test('an alert is acknowledged and muted with a reason and an end, by whom is written down', async () => {
  const alert = await waitFor('the alert', async () => (await open()).find((a) => a.code === 'scheduler-off'));
  const path = `/alerts/${alert.id}`;
  const said = await running.send<Alert>('POST', `${path}/acknowledgement`, { note: 'on purpose' });
  assert.equal(said.acknowledged?.note, 'on purpose');
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const muted = await running.send<Alert>('POST', `${path}/mute`, { until, reason: 'maintenance window' });
  assert.deepEqual([muted.muted?.until, muted.muted?.reason], [until, 'maintenance window']);
  const status = await running.get<{ verdict: { state: string }; alerts: { code: string; isMuted: boolean }[] }>(
    '/status',
  );
  assert.equal(status.alerts.find((a) => a.code === 'scheduler-off')?.isMuted, true);
  assert.equal(status.verdict.state, 'ok', 'what is muted is no verdict');
  await running.send('DELETE', `${path}/mute`);
  await running.send('DELETE', `${path}/acknowledgement`);
  const { items } = await running.get<Page<{ action: string; before: unknown; after: unknown }>>('/audit');
  assert.deepEqual(
    items.slice(0, 4).map((r) => r.action),
    ['reopen-alert', 'unmute-alert', 'mute-alert', 'acknowledge-alert'],
  );
  assert.deepEqual(items[2]?.after, { until, reason: 'maintenance window' });
  assert.deepEqual(items[1]?.before, { until, reason: 'maintenance window' });
});

test('what cannot be said of an alert is refused in words', async () => {
  const alert = await waitFor('the alert', async () => (await open()).find((a) => a.code === 'scheduler-off'));
  const refused = async (method: string, path: string, body: unknown) => {
    await assert.rejects(running.send(method, path, body), (error: Error) => {
      told.push(error.message);
      return true;
    });
  };
  const told: string[] = [];
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  await refused('POST', `/alerts/${alert.id}/mute`, { until: tomorrow, reason: '  ' });
  await refused('POST', `/alerts/${alert.id}/mute`, { until: '2020-01-01T00:00:00Z', reason: 'x' });
  await refused('POST', `/alerts/${alert.id}/mute`, { until: 'tomorrow', reason: 'x' });
  await refused('DELETE', `/alerts/${alert.id}/mute`, {});
  await refused('POST', '/alerts/99999/acknowledgement', {});
  const words = [
    /reason has to say why/,
    /within the next year, not 2020/,
    /until has to be an instant/,
    /is not muted/,
    /no alert 99999/,
  ];
  words.forEach((word, i) => {
    assert.match(told[i] ?? '', word);
  });
});

test('the command line lists, mutes and tests as the API does, with the same words', async () => {
  const cli = (...args: string[]) => causeway(['--config', world.configFile, ...args]);
  const alert = await waitFor('the alert', async () => (await open()).find((a) => a.code === 'scheduler-off'));
  const id = String(alert.id);
  const muted = await cli('--json', 'alerts', 'mute', id, '--for', '4h', '--reason', 'by hand');
  assert.equal(muted.json<Alert>().muted?.reason, 'by hand');
  const listed = await cli('alerts');
  assert.match(listed.out, /No cycle is scheduled.*muted until .* by .* \("by hand"\)/);
  assert.equal((await cli('alerts', 'unmute', id)).code, 0);
  const again = await cli('alerts', 'unmute', id);
  assert.equal(again.code, 1);
  assert.match(again.err, new RegExp(`^Alert ${id} is not muted\\.`));
  const long = await cli('alerts', 'mute', id, '--for', '400d', '--reason', 'x');
  assert.match(long.err, /until has to be within the next year/);
  const log = await cli('audit', '--limit', '2');
  assert.match(log.out, /unmute-alert[\s\S]*mute-alert/);
});

test('a receiver that fails is shown, tried again, and then told everything; a test message says what happened', async () => {
  answerWith = 500;
  const failed = await running.send<{ delivered: boolean; reason: string }>('POST', '/notifications/hook/test');
  assert.deepEqual(failed, { channel: 'hook', delivered: false, reason: 'the receiver answered 500.' } as never);
  const [hook] = await running.get<{ name: string; failures: number; nextAttempt: string | null }[]>('/notifications');
  assert.deepEqual([hook?.name, hook?.failures], ['hook', 1]);
  assert.ok(hook?.nextAttempt);
  answerWith = 200;
  const sent = await running.send<{ delivered: boolean }>('POST', '/notifications/hook/test');
  assert.equal(sent.delivered, true);
  assert.equal(events().at(-1)?.event, 'test');
  await assert.rejects(running.send('POST', '/notifications/nobody/test'), /Channels: hook, file/);
});

test('neither the key nor the address of a receiver is told to anybody or written anywhere', async () => {
  const texts = [world.read('state/causeway.log'), world.read('alerts.jsonl')];
  for (const path of ['/notifications', '/configuration', '/configuration/report', '/alerts', '/audit', '/status'])
    texts.push(await (await running.fetch(`/api/v1${path}`)).text());
  for (const text of texts) {
    assert.ok(!text.includes(hookSecret), text.slice(0, 200));
    assert.ok(!text.includes('very-secret-path'), text.slice(0, 200));
  }
});

test('alerts go on after a restart: nobody is told twice', async () => {
  const before = events().length;
  const known = (await open()).map((a) => a.id);
  await running[Symbol.asyncDispose]();
  running = await startWorld(world);
  await running.service.cycle('delta');
  await waitFor(
    'a look',
    async () => (await running.get<Page<{ id: string }>>('/findings?state=all')).items.length > 0,
  );
  await running.service.settled();
  assert.deepEqual(
    (await open()).map((a) => a.id),
    known,
  );
  assert.deepEqual(
    events()
      .slice(before)
      .map((e) => `${e.event} ${e.alert.code}`),
    [],
  );
});
