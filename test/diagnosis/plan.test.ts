/** The plan: causes, privileges, estimate, file, and execution of exactly what it says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntraGraphSession } from '../../src/connectors/entra/graph.ts';
import { PlanFileError, readPlanFile, writePlanFile } from '../../src/diagnosis/plan/file.ts';
import { readTenantImage } from '../../src/diagnosis/plan/image-tenant.ts';
import type { ConnectorPlan, Plan, PlanGroup } from '../../src/diagnosis/plan/model.ts';
import { estimateOf, makePlan } from '../../src/diagnosis/plan/plan.ts';
import { PlanRefused, runPlan } from '../../src/diagnosis/plan/run.ts';
import { planText } from '../../src/diagnosis/plan/text.ts';
import { runProfile } from '../../src/sync/cycle.ts';
import { createReplica } from '../../src/tenant/replica.ts';
import { app as graphApp, graphConnector, permissions as graphPermissions } from '../graph-dialect/support.ts';
import { caller, testTenant } from '../tenant/support.ts';
import { baseDn, CloudWorld, cloudName } from './explain-world.ts';
import { imageOf, planWorld } from './plan-world.ts';

const signal = new AbortController().signal;
const options = { cycle: null, retryAll: true };

/** Imports and synchronizes without exporting. */
async function stage(world: CloudWorld): Promise<void> {
  for (const { connector } of world.env.connectors)
    await runProfile(world.env, 'delta-import', connector.name, options, signal);
  await runProfile(world.env, 'delta-sync', null, options, signal);
}

async function plan(world: CloudWorld): Promise<Plan> {
  const images = new Map([[cloudName, await imageOf(world)]]);
  const before = world.store.db.prepare('SELECT total_changes() AS n').get();
  const made = await makePlan(world.engine, { images });
  assert.deepEqual(world.store.db.prepare('SELECT total_changes() AS n').get(), before, 'planning wrote something');
  return made;
}

const cloudOf = (made: Plan): ConnectorPlan => made.connectors.find((c) => c.connector === cloudName)!;
const brief = (g: PlanGroup) => ({ operation: g.operation, count: g.count, ...g.cause });

test('adds by rule, values by rule, attribute and kind of change', async () => {
  const world = planWorld();
  for (const name of ['ana', 'ben', 'cleo']) world.user(name, { title: 'Engineer', department: 'Sales' });
  await stage(world);
  const first = await plan(world);
  assert.deepEqual(cloudOf(first).groups.map(brief), [
    {
      operation: 'add',
      count: 3,
      kind: 'new-object',
      rule: 'Out to AAD - User Join',
      sourceRule: 'In from AD - User Join',
    },
  ]);
  assert.deepEqual(cloudOf(first).prediction?.refusals, []);
  await world.cycle();
  await world.cycle();
  for (const name of ['ana', 'ben']) world.change(name, { title: 'Architect' });
  world.change('cleo', { department: null, company: 'Contoso' });
  await stage(world);
  const made = await plan(world);
  const groups = cloudOf(made).groups;
  assert.deepEqual(
    groups.map((g) => [g.count, g.cause.attribute, g.cause.change, g.cause.rule, g.cause.sourceRule]).sort(),
    [
      [1, 'company', 'set', 'Out to AAD - User ExchangeOnline', 'In from AD - User Common'],
      [1, 'department', 'cleared', 'Out to AAD - User ExchangeOnline', undefined],
      [2, 'title', 'changed', 'Out to AAD - User ExchangeOnline', 'In from AD - User Common'],
    ],
  );
  const title = groups.find((g) => g.cause.attribute === 'title')!;
  assert.deepEqual([title.samples[0]?.before, title.samples[0]?.after], ['Engineer', 'Architect']);
  assert.match(planText(made), /~ +2 {2}user: title changed by rule/);
});

test('deletes: gone from the directory, container not selected, filter', async () => {
  const world = planWorld({ scope: { include: [baseDn], exclude: [] } });
  world.user('gone');
  world.user('filtered');
  world.user('left', {}, { ou: 'Left' });
  world.group('g', []);
  await world.cycle('initial');
  await world.cycle();
  world.forest().remove(world.anchorNamed('gone'));
  world.change('filtered', { isCriticalSystemObject: true });
  const [corp, cloud] = world.env.connectors;
  const partitions = [{ name: 'memory', include: [baseDn], exclude: [`OU=Left,${baseDn}`] }];
  world.env = {
    ...world.env,
    connectors: [{ ...corp!, partitions }, cloud!],
    limits: { ...world.env.limits, collapseShare: 1 },
  };
  await stage(world);
  const groups = cloudOf(await plan(world)).groups;
  assert.deepEqual(groups.map((g) => [g.operation, g.cause.kind, g.cause.decidedBy]).sort(), [
    ['delete', 'container', `OU=Left,${baseDn}`],
    ['delete', 'deleted-in-directory', `OU=People,${baseDn}`],
    ['delete', 'filter', 'isCriticalSystemObject NOTEQUAL TRUE'],
  ]);
});

test('privileges come first: role holders, groups with roles, matches with administrators', async () => {
  const world = planWorld({
    seed: { users: [{ displayName: 'Root', userPrincipalName: 'root@contoso.com', roles: ['Global Administrator'] }] },
  });
  world.user('ana');
  world.user('ben');
  world.group('admins', ['ben']);
  await world.cycle('initial');
  await world.cycle();
  const call = await caller(world.tenant);
  const idOf = async (path: string) => (await call('GET', path)).body.value[0].id as string;
  for (const id of [
    await idOf("/groups?$filter=displayName eq 'admins'"),
    await idOf("/users?$filter=userPrincipalName eq 'ben@contoso.com'"),
  ])
    await call('POST', '/roleManagement/directory/roleAssignments', {
      principalId: id,
      directoryScopeId: '/',
      roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10',
    });
  world.user('root');
  world.change('ben', { title: 'Chief' });
  world.forest().change(world.anchorNamed('admins'), { references: { member: [world.anchorNamed('ana')] } });
  await stage(world);
  const made = await plan(world);
  const told = made.privilege.map((p) => `${p.name}: ${p.what}`).sort();
  assert.deepEqual(told, [
    'admins: member-of-role-group',
    'admins: no-member-of-role-group',
    'ben@contoso.com: changes-role-holder',
    'root@contoso.com: matches-role-holder',
  ]);
  assert.match(planText(made), /^4 changes touch privileges:/);
});

test('the quota: what fits into one window leaves at once, the rest waits for the next', () => {
  const quota = { writes: 7000, windowSeconds: 300 };
  assert.deepEqual(
    [0, 1, 7000, 7001, 84_000].map((n) => estimateOf(n, quota).seconds),
    [0, 0, 0, 300, 3300],
  );
});

test('a plan file is read back, and a damaged, changed or newer one is refused with the place', async () => {
  const world = planWorld();
  world.user('ana');
  await stage(world);
  const made = await plan(world);
  const text = writePlanFile(made);
  assert.deepEqual(readPlanFile(text, 'p.json'), JSON.parse(JSON.stringify(made)));
  const refused = (broken: string, pattern: RegExp) =>
    assert.throws(
      () => readPlanFile(broken, 'p.json'),
      (e) => e instanceof PlanFileError && pattern.test(e.message),
    );
  refused(text.slice(0, 400), /p\.json is not a plan: it is cut off, after line \d+/);
  refused(text.replace('"operation": "add"', '"operation": "delete"'), /was changed after it was made/);
  refused('{"plan":{"causewayPlan":2}}', /newer Causeway/);
  refused('[]', /is not a plan/);
  refused(text.replace(/"watermarks": \{/, '"watermarks": 5, "x": {'), /plan\.inputs\.watermarks/);
});

test('exactly the plan is executed; refusals come as predicted', async () => {
  const world = planWorld({ seed: { groups: [{ displayName: 'Team', mail: 'team@contoso.com' }] } });
  world.user('ana');
  world.user('team', { proxyAddresses: ['SMTP:team@contoso.com'] });
  await stage(world);
  const made = readPlanFile(writePlanFile(await plan(world)), 'p.json');
  const done = await runPlan(world.env, made, {}, signal);
  assert.equal(done.outcome, 'object-errors');
  assert.deepEqual(done.comparison, { asPredicted: 1, unexpected: [], notRefused: [] });
  assert.equal((await plan(world)).connectors.find((c) => c.connector === cloudName)?.counts.add, 1);
});

test('a plan whose inputs moved is refused, and what moved is named', async () => {
  const world = planWorld();
  world.user('ana');
  world.user('ben');
  await stage(world);
  const made = await plan(world);
  const moved = async () => {
    const exported = world.store.exports.unconfirmedCount(world.engine.all.at(-1)!.row.id);
    const error = await runPlan(world.env, made, {}, signal).then(
      () => undefined,
      (e: unknown) => e,
    );
    assert.ok(error instanceof PlanRefused && error.code === 'plan-moved', String(error));
    assert.equal(world.store.exports.unconfirmedCount(world.engine.all.at(-1)!.row.id), exported, 'something left');
    return error.moved.join('\n');
  };
  world.change('ana', { title: 'Chief' });
  await runProfile(world.env, 'delta-import', 'corp', options, signal);
  assert.match(await moved(), /import of corp memory/);
  await runProfile(world.env, 'delta-sync', null, options, signal);
  assert.match(await moved(), /1 pending exports changed, for example add CN=/);
  world.useRules([
    'rules:\n  - { name: New, direction: inbound, connector: corp, source: user, target: person, precedence: 1, flows: [{ target: department, constant: x }] }\n',
  ]);
  assert.match(await moved(), /The rules are others/);
});

test('deletes beyond the limit need an approval of exactly these', async () => {
  const world = planWorld({ limits: { deletionThreshold: 2, collapseShare: 1 } });
  for (let i = 0; i < 5; i++) world.user(`p${i}`);
  await world.cycle('initial');
  await world.cycle();
  for (let i = 0; i < 3; i++) world.forest().remove(world.anchorNamed(`p${i}`));
  await stage(world);
  const made = await plan(world);
  assert.deepEqual([cloudOf(made).deletes.count, cloudOf(made).deletes.isHeld], [3, true]);
  assert.ok(made.notes.some((n) => n.includes(cloudOf(made).deletes.hash)));
  await assert.rejects(
    runPlan(world.env, made, {}, signal),
    (e) => e instanceof PlanRefused && e.code === 'plan-deletes-not-approved',
  );
  const done = await runPlan(world.env, made, { approveDeletes: true }, signal);
  assert.equal(done.outcome, 'clean', JSON.stringify(done.runs));
  assert.equal(done.runs[0]?.counters['export-delete'], 3);
});

test('in staging mode a plan is made but never executed', async () => {
  const world = planWorld({ staging: true });
  world.user('ana');
  await stage(world);
  const made = await plan(world);
  assert.ok(made.staging);
  await assert.rejects(
    runPlan(world.env, made, {}, signal),
    (e) => e instanceof PlanRefused && e.code === 'plan-staging',
  );
});

test('a tenant behind Graph is read with the permissions of its connector, and the export is rehearsed on a replica of it', async () => {
  const seed = {
    users: [{ displayName: 'Boss', userPrincipalName: 'ana@contoso.com', proxyAddresses: ['SMTP:ana@contoso.com'] }],
  };
  const tenant = testTenant({ settings: { dirSyncEnabled: false, verifiedDomains: ['contoso.com'] }, seed });
  tenant.registerApp({ ...graphApp, displayName: 'Causeway', permissions: graphPermissions });
  const world = new CloudWorld({ tenant });
  const connector = graphConnector(tenant, { name: cloudName });
  world.env = { ...world.env, connectors: [world.env.connectors[0]!, { connector, objectTypes: [], partitions: [] }] };
  world.user('ana', { proxyAddresses: ['SMTP:ana@contoso.com'] });
  world.user('ben');
  await stage(world);
  await using session = (await connector.open(signal)) as EntraGraphSession;
  const image = await readTenantImage(session, world.env.now(), signal);
  assert.equal(image.index.byUserPrincipalName('ana@contoso.com').length, 1);
  const images = new Map([[cloudName, image]]);
  const made = await makePlan(world.engine, { images, makeReplica: createReplica });
  const { prediction, estimate } = cloudOf(made);
  assert.deepEqual(
    prediction?.takeovers.map((t) => t.by),
    ['soft'],
  );
  assert.deepEqual([prediction?.refusals, prediction?.image.limits], [[], []]);
  assert.deepEqual([prediction?.writes, estimate.writes], [2, 2]);
  assert.equal(tenant.objectCounts().user, 1, 'nothing was written');
  // Without the tenant only what was imported is known: nobody has the name of ana, and every domain counts as verified.
  const offline = cloudOf(await makePlan(world.engine, { makeReplica: createReplica })).prediction;
  assert.deepEqual([offline?.takeovers, offline?.refusals, offline?.writes], [[], [], 2]);
  assert.equal(cloudOf(await makePlan(world.engine, { images })).prediction, undefined);
});
