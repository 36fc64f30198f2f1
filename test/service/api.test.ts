/** The HTTP API of a running service: every reading endpoint against its own schema, pages, changes, refusals. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { z } from 'zod';
import { endpoints } from '../../src/service/api/endpoints.ts';
import type { Work } from '../../src/service/work-queue.ts';
import type { CycleResult } from '../../src/sync/cycle.ts';
import { waitFor } from '../support/wait.ts';
import { clientSecret, createWorld, ldifOf, type RunningService, startWorld, type World } from './world.ts';

let world: World;
let running: RunningService;
const get = <T = Record<string, never>>(path: string) => running.get<T>(path);
const send = <T = Record<string, never>>(method: string, path: string, body?: unknown) =>
  running.send<T>(method, path, body);

before(async () => {
  world = await createWorld();
  running = await startWorld(world);
  const work = await running.service.cycle('initial');
  assert.equal((work.result as CycleResult).outcome, 'clean', JSON.stringify(work));
  await running.service.cycle('delta');
});
after(async () => {
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

/** A parameter of every path that reads something that is there. */
const samples: Readonly<Record<string, string>> = {
  '/work/{id}': '/work/1',
  '/runs/{id}': '/runs/1',
  '/runs/{id}/objects': '/runs/1/objects?counter=stage-add',
  '/objects/{reference}': '/objects/user1',
  '/objects/{reference}/history': '/objects/mv:1/history',
  '/plan/{connector}': '/plan/cloud',
  '/plan/{connector}/exports': '/plan/cloud/exports',
  '/plan/{connector}/deletes': '/plan/cloud/deletes',
  '/rules/{reference}': '/rules/Causeway.InFromADUserJoin',
  '/configuration/versions/{version}': '/configuration/versions/1',
  '/configuration/diff': '/configuration/diff?from=1',
  '/tenant/graph': `/tenant/graph?path=${encodeURIComponent('/v1.0/users?$top=2')}`,
};

test('every reading endpoint of this room answers what its schema says', async () => {
  const own = [
    'Status',
    'Cycles',
    'Runs',
    'Errors',
    'Objects',
    'Plan',
    'Rules',
    'Configuration',
    'Audit',
    'Jobs',
    'Tenant',
  ];
  const reading = endpoints.filter((e) => e.method === 'get' && own.includes(e.group));
  let checked = 0;
  for (const e of reading) {
    if (e.path.includes('{') && samples[e.path] === undefined) continue;
    const response = await running.fetch(`/api/v1${samples[e.path] ?? e.path}`);
    const text = await response.text();
    // Other people's endpoints may need parameters that only they know.
    if (response.status === 400 && samples[e.path] === undefined) continue;
    assert.equal(response.status, 200, `${e.path}: ${text}`);
    checked++;
    if (typeof e.answer === 'string') continue;
    const parsed = (e.answer as z.ZodType).safeParse(JSON.parse(text));
    assert.ok(parsed.success, `${e.path}: ${parsed.error?.message}`);
    assert.ok(!text.includes(clientSecret), `${e.path} tells a secret`);
  }
  assert.ok(checked >= 25, `only ${checked} endpoints were checked`);
});

test('the OpenAPI document has every endpoint, and needs no sign-in', async () => {
  const response = await fetch(`${running.service.url}/api/v1/openapi.json`);
  const document = (await response.json()) as { openapi: string; paths: Record<string, Record<string, unknown>> };
  assert.equal(document.openapi, '3.1.0');
  for (const e of endpoints) assert.ok(document.paths[`/api/v1${e.path}`]?.[e.method], `${e.method} ${e.path}`);
});

test('lists come in pages that fit together', async () => {
  type Page = { items: { id: number }[]; next: string | null };
  const seen: number[] = [];
  let path: string | null = '/runs?limit=3';
  while (path !== null) {
    const page: Page = await get<Page>(path);
    assert.ok(page.items.length <= 3);
    seen.push(...page.items.map((r) => r.id));
    path = page.next === null ? null : `/runs?limit=3&cursor=${page.next}`;
  }
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => b - a),
  );
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(seen.length, 10);
  const objects = await get<Page>('/objects?space=cs&limit=5');
  const rest = await get<Page>(`/objects?space=cs&limit=50&cursor=${objects.next}`);
  assert.equal(objects.items.length + rest.items.length, 14);
  assert.equal(rest.next, null);
});

test('an object is found by anything one knows of it', async () => {
  const whole = await get<{ reference: string; objects: { connector: string; anchor: string; dn: string }[] }>(
    '/objects/user1',
  );
  const source = whole.objects.find((o) => o.connector === 'corp')!;
  const cloud = whole.objects.find((o) => o.connector === 'cloud')!;
  const references = ['user1@contoso.com', source.dn, source.anchor, `{${source.anchor.toUpperCase()}}`, cloud.anchor];
  for (const reference of references) {
    const found = await get<{ reference: string }>(`/objects/${encodeURIComponent(reference)}`);
    assert.equal(found.reference, whole.reference, reference);
  }
});

test('counters lead to objects with before and after', async () => {
  world.write('corp.ldif', ldifOf(6, { department: 'Research' }));
  const work = await send<Work>('POST', '/cycles', { policy: 'delta' });
  const done = await waitFor('the cycle', async () => {
    const now = await get<Work>(`/work/${work.id}?wait=true`);
    return now.state === 'done' ? now : undefined;
  });
  const runs = (done.result as CycleResult).runs;
  const sync = runs.find((r) => r.profile === 'delta-sync')!;
  type Objects = { items: { dn: string; changes: { attribute: string; before?: unknown; after?: unknown }[] }[] };
  const objects = await get<Objects>(`/runs/${sync.run}/objects?counter=connector-flow`);
  assert.equal(objects.items.length, 6);
  assert.deepEqual(objects.items[0]!.changes, [{ attribute: 'department', before: 'Sales', after: 'Research' }]);
  const sent = await get<Objects>(
    `/runs/${runs.find((r) => r.profile === 'export' && r.connector === 'cloud')!.run}/objects?counter=export-update`,
  );
  assert.equal(sent.items[0]!.changes.find((c) => c.attribute === 'department')?.after, 'Research');
});

test('settings take effect at once and stand in the audit log with what was there before', async () => {
  const after = await send<{ CurrentlyEffectiveSyncCycleInterval: string; StagingModeEnabled: boolean }>(
    'PATCH',
    '/scheduler',
    { CustomizedSyncCycleInterval: '00:00:05', StagingModeEnabled: true },
  );
  assert.equal(after.CurrentlyEffectiveSyncCycleInterval, '00:00:05');
  assert.equal(after.StagingModeEnabled, true);
  const staged = await running.service.cycle('delta');
  assert.ok(!(staged.result as CycleResult).runs.some((r) => r.profile === 'export'));
  await send('PATCH', '/scheduler', { CustomizedSyncCycleInterval: null, StagingModeEnabled: false });
  const { items } = await get<{ items: { action: string; who: string; before: unknown; after: unknown }[] }>(
    '/audit?action=set-scheduler',
  );
  assert.deepEqual(items[0]!.before, { CustomizedSyncCycleInterval: '00:00:05', StagingModeEnabled: 'true' });
  assert.deepEqual(items[1]!.before, { CustomizedSyncCycleInterval: null, StagingModeEnabled: null });
  assert.deepEqual(await get('/audit/chain').then((c) => 'brokenAt' in c), false);
});

test('refusals are whole sentences with a stable code', async () => {
  const cases: readonly [method: string, path: string, body: unknown, status: number, code: string, text: RegExp][] = [
    ['GET', '/runs/999999', undefined, 404, 'not-found', /There is no run 999999/],
    ['GET', '/runs/abc', undefined, 400, 'bad-argument', /id has to be a number/],
    ['GET', '/runs?limit=1000', undefined, 400, 'bad-argument', /limit has to be at most 200/],
    ['GET', '/runs?cursor=x', undefined, 400, 'bad-cursor', /cursor/],
    ['GET', '/objects/nobody', undefined, 404, 'unknown-object', /Nothing is known of "nobody"/],
    ['GET', '/plan/nowhere', undefined, 404, 'unknown-connector', /Connectors: corp, cloud/],
    ['GET', '/rules/In%20from%20AD%20-%20User%20Joim', undefined, 404, 'unknown-rule', /Did you mean/],
    ['GET', '/nothing', undefined, 404, 'not-found', /openapi/],
    ['PATCH', '/scheduler', { SyncCycleEnabled: 'perhaps' }, 400, 'bad-argument', /true or false/],
    ['PATCH', '/scheduler', { Nonsense: 1 }, 400, 'bad-argument', /does not take "Nonsense"/],
    ['PATCH', '/scheduler', {}, 400, 'bad-argument', /Nothing is to be set/],
    ['POST', '/runs', { connector: 'nowhere', profile: 'export' }, 404, 'unknown-connector', /Connectors/],
    ['POST', '/plan/cloud/approval', { hash: 'a'.repeat(64) }, 409, 'conflict', /Nothing would be deleted/],
    ['PUT', '/drafts/..%2Fevil', { text: 'rules: []' }, 400, 'bad-argument', /cannot name a rule file/],
    [
      'GET',
      '/tenant/graph?path=/v1.0/../sync/v1/x',
      undefined,
      400,
      'bad-argument',
      /has to be one of Microsoft Graph/,
    ],
  ];
  for (const [method, path, body, status, code, text] of cases) {
    const response = await running.fetch(`/api/v1${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    assert.deepEqual([response.status, error.code], [status, code], `${method} ${path}: ${error.message}`);
    assert.match(error.message, text);
  }
  const broken = await running.fetch('/api/v1/cycles', {
    method: 'POST',
    body: '{',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(broken.status, 400);
  const form = await running.fetch('/api/v1/cycles', {
    method: 'POST',
    body: new URLSearchParams({ policy: 'delta' }),
  });
  assert.match(((await form.json()) as { error: { message: string } }).error.message, /JSON/);
  const long = await running.fetch('/api/v1/evaluate', {
    method: 'POST',
    body: JSON.stringify({ expression: 'x'.repeat(1_100_000) }),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(long.status, 413);
});

test('a draft is checked, saved, published and taken back; the next cycle synchronizes everything', async () => {
  const text = `rules:
  - name: In from AD - department from the lab
    direction: inbound
    connectorType: active-directory
    source: user
    target: person
    precedence: 10
    flows: [{ target: department, constant: Laboratory }]
`;
  type Check = {
    ok: boolean;
    problems: { message: string; line?: number }[];
    changes: { rule: string; kind: string }[];
  };
  const wrong = await send<Check>('POST', '/drafts/lab/check', {
    text: text.replace('target: person', 'target: persn'),
  });
  assert.equal(wrong.ok, false);
  assert.match(wrong.problems[0]!.message, /persn/);
  await send('PUT', '/drafts/lab', { text });
  const check = await send<Check>('POST', '/drafts/lab/check', {});
  assert.deepEqual(
    check.changes.map((c) => [c.kind, c.rule]),
    [['added', 'In from AD - department from the lab']],
  );
  assert.equal((await get<unknown[]>('/rule-files')).length, 0);
  const { version } = await send<{ version: number }>('POST', '/drafts/lab/publish', { reason: 'the lab moves in' });
  assert.equal(version, 2);
  assert.equal(world.read('rules/lab.yaml'), text);
  assert.deepEqual(await get('/drafts'), []);
  const work = await running.service.cycle('delta');
  assert.ok((work.result as CycleResult).runs.some((r) => r.profile === 'full-sync'));
  const user = await get<{ mv: { attributes: Record<string, { value: unknown }> } }>('/objects/user1');
  assert.equal(user.mv.attributes.department?.value, 'Laboratory');
  type Diff = { rules: { kind: string; rule: string }[]; settings: unknown[] };
  const diff = await get<Diff>('/configuration/diff?from=1&to=2');
  assert.deepEqual(
    diff.rules.map((r) => r.kind),
    ['added'],
  );
  await send('POST', '/configuration/versions/1/restore', { reason: 'not yet' });
  assert.deepEqual(await get('/rule-files'), []);
  await running.service.cycle('delta');
  const back = await get<typeof user>('/objects/user1');
  assert.equal(back.mv.attributes.department?.value, 'Research');
});

test('expressions are evaluated on given values and on those of an object', async () => {
  const given = await send<{ kind: string; value: unknown }>('POST', '/evaluate', {
    expression: 'UCase([displayName]) & "!"',
    attributes: { displayName: 'Ana' },
  });
  assert.deepEqual([given.kind, given.value], ['value', 'ANA!']);
  const object = await send<{ value: unknown }>('POST', '/evaluate', {
    expression: '[sAMAccountName] & "@" & %Domain.FQDN%',
    object: 'cs:1',
  });
  assert.equal(object.value, 'user1@corp.contoso.com');
  const wrong = await send<{ kind: string; error: { code: string; column: number } }>('POST', '/evaluate', {
    expression: 'Uppercase([x])',
  });
  assert.deepEqual([wrong.kind, wrong.error.code, wrong.error.column], ['error', 'unknown-function', 1]);
});

test('a check of the laws is a job that ends well', async () => {
  const job = await send<{ id: number }>('POST', '/jobs', { job: 'check' });
  const done = await waitFor('the check', async () => {
    const now = await get<{ state: string; answer?: { violations: unknown[]; identities: number } }>(`/jobs/${job.id}`);
    return now.state === 'running' ? undefined : now;
  });
  assert.equal(done.state, 'done');
  assert.deepEqual(done.answer?.violations, []);
  assert.equal(done.answer?.identities, 7);
});

test('events tell of work as it happens', async () => {
  const stop = new AbortController();
  const response = await running.fetch('/api/v1/events', { signal: stop.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  await reader.read();
  const cycle = running.service.cycle('delta');
  let heard = '';
  while (!/event: work\ndata: [^\n]*"state":"done"/.test(heard)) heard += (await reader.read()).value ?? '';
  assert.match(heard, /event: state\n/);
  assert.match(heard, /"state":"running"/);
  await cycle;
  stop.abort();
});

test('too many deletes are held back until exactly they are approved', async () => {
  await send('PATCH', '/scheduler', { ExportDeletionThreshold: 1 });
  // Two of seven are few enough, so that the source-collapse fuse does not blow first.
  const lines = ldifOf(6, { department: 'Research' });
  const without = (names: readonly number[]) =>
    names.reduce(
      (text, i) =>
        text
          .replace(new RegExp(`dn: CN=User ${i},[\\s\\S]*?\\n\\n`), '')
          .replace(`member: CN=User ${i},OU=People,DC=corp,DC=contoso,DC=com\n`, ''),
      lines,
    );
  world.write('corp.ldif', without([5, 6]));
  const held = await running.service.cycle('delta');
  const stopped = (held.result as CycleResult).runs.find((r) => r.profile === 'export' && r.connector === 'cloud')!;
  assert.equal(stopped.status, 'stopped-deletion-threshold-exceeded', JSON.stringify(held.result));
  type Plan = { hash: string; deletes: number; isHeld: boolean };
  const plan = await get<Plan>('/plan/cloud/deletes');
  assert.deepEqual([plan.deletes, plan.isHeld], [2, true]);
  const status = await get<{ alerts: { code: string }[]; verdict: { state: string } }>('/status');
  assert.ok(status.alerts.some((a) => a.code === 'deletes-held'));
  assert.equal(status.verdict.state, 'error');
  const other = await running.fetch('/api/v1/plan/cloud/approval', {
    method: 'POST',
    body: JSON.stringify({ hash: 'b'.repeat(64) }),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(((await other.json()) as { error: { code: string } }).error.code, 'plan-changed');
  await send('POST', '/plan/cloud/approval', { hash: plan.hash });
  assert.equal((await get<Plan>('/plan/cloud/deletes')).isHeld, false);
  const released = await running.service.cycle('delta');
  const sent = (released.result as CycleResult).runs.find((r) => r.profile === 'export' && r.connector === 'cloud')!;
  assert.equal(sent.counters['export-delete'], 2, JSON.stringify(released.result));
  assert.equal((await get<Plan>('/plan/cloud/deletes')).deletes, 0);
});

test('the tenant is looked at through Graph, and its clock can be moved', async () => {
  const users = await get<{ value: { displayName: string }[] }>(
    `/tenant/graph?path=${encodeURIComponent('/v1.0/users?$top=1')}`,
  );
  assert.equal(users.value.length, 1);
  const before = await get<{ now: string }>('/tenant');
  const later = await send<{ now: string }>('POST', '/tenant/clock', { forward: '1d' });
  assert.ok(Date.parse(later.now) - Date.parse(before.now) >= 86_400_000);
  const switched = await send<{ switches: { throttling: string } }>('PATCH', '/tenant/switches', { throttling: 'S' });
  assert.equal(switched.switches.throttling, 'S');
});

test('the log of the service has no secret in it', () => {
  const log = world.read('state/causeway.log');
  assert.match(log, /"The service runs"/);
  assert.ok(!log.includes(clientSecret));
  assert.ok(!log.includes(running.token));
});
