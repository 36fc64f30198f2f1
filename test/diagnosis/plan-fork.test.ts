/** Law of the fork: what it says would change is what a full synchronization under the other configuration then changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../bench/population.ts';
import { forkPopulation } from '../../src/diagnosis/fork/fork.ts';
import type { ForkResult } from '../../src/diagnosis/fork/model.ts';
import type { ForkSettings } from '../../src/diagnosis/fork/session.ts';
import { forkText } from '../../src/diagnosis/fork/text.ts';
import { guidBytes } from '../../src/model/guid.ts';
import { binary } from '../../src/model/value.ts';
import type { PartitionSettings } from '../../src/sync/context.ts';
import { runProfile } from '../../src/sync/cycle.ts';
import { tempDirectory } from '../support/temp.ts';
import { baseDn, CloudWorld, cloudName, loadedRules } from './explain-world.ts';
import { emptiedTenant, type Pick, picker } from './plan-world.ts';

const signal = new AbortController().signal;
const options = { cycle: null, retryAll: true };

function settings(
  world: CloudWorld,
  files: readonly string[],
  partitions?: readonly PartitionSettings[],
): ForkSettings {
  const { rules, schema } = loadedRules([...world.forests.keys()], files);
  const connectors = world.env.connectors.map((c) => ({
    name: c.connector.name,
    type: c.connector.type,
    objectTypes: c.objectTypes,
    partitions: c.connector.type === 'entra' ? [] : (partitions ?? c.partitions),
  }));
  return { rules, schema, connectors };
}

interface ForkOptions {
  readonly files?: readonly string[];
  readonly partitions?: readonly PartitionSettings[];
  readonly before?: readonly string[];
  readonly roles?: ReadonlyMap<string, readonly string[]>;
  readonly isSynchronized?: boolean;
  readonly file?: string;
  readonly threads?: number;
}

async function fork(world: CloudWorld, o: ForkOptions): Promise<ForkResult> {
  const before = world.store.db.prepare('SELECT total_changes() AS n').get();
  const result = await forkPopulation({
    what: o.partitions ? 'scope' : 'rules',
    from: 'before',
    to: 'after',
    store: world.store,
    ...(o.file === undefined ? {} : { file: o.file }),
    ...(o.threads === undefined ? {} : { threads: o.threads }),
    job: {
      before: settings(world, o.before ?? []),
      after: settings(world, o.files ?? [], o.partitions),
      roles: o.roles ?? new Map(),
      isSynchronized: o.isSynchronized ?? true,
      now: world.env.now(),
    },
    deletionThreshold: 2,
  });
  assert.deepEqual(world.store.db.prepare('SELECT total_changes() AS n').get(), before, 'the fork wrote something');
  return result;
}

/** What matters of a fork, in the words of pending exports. */
function foretold(result: ForkResult): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (key: string, n: number) => {
    counts[key] = (counts[key] ?? 0) + n;
  };
  for (const g of result.entering) if (g.connector === cloudName) add(`add ${g.objectType}`, g.count);
  for (const g of result.leaving) if (g.connector === cloudName) add(`delete ${g.objectType}`, g.count);
  for (const v of result.values) if (v.where === cloudName) add(`update ${v.attribute}`, v.count);
  return counts;
}

/** The same, read from the store after a full synchronization. */
function pending(world: CloudWorld): Record<string, number> {
  const counts: Record<string, number> = {};
  const target = world.engine.all.at(-1)!.row.id;
  const rows = world.store.db
    .prepare(
      'SELECT e.operation, e.attributes, o.object_type AS type FROM cs_export e JOIN cs_object o ON o.id = e.cs WHERE e.connector = ?',
    )
    .all(target) as { operation: string; attributes: string; type: string }[];
  for (const { operation, attributes, type } of rows) {
    const keys =
      operation === 'update'
        ? Object.keys(JSON.parse(attributes) as object).map((a) => `update ${a}`)
        : [`${operation} ${type}`];
    for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

const fullSync = (world: CloudWorld) => runProfile(world.env, 'full-sync', null, options, signal);

const departments = ['Sales', 'Research', 'Legal'] as const;

/** Two forests, people with accounts in both, people that filters keep out, groups. */
function populate(world: CloudWorld, random: () => number): void {
  const pick = picker(random);
  for (let i = 0; i < 10; i++) {
    const values = {
      department: pick(departments),
      title: pick(['Engineer', 'Clerk', null]),
      extensionAttribute1: pick(['a', 'b', null]),
      employeeID: String(i),
      mail: random() < 0.5 ? `p${i}@contoso.com` : null,
      isCriticalSystemObject: random() < 0.15 ? true : null,
      adminDescription: random() < 0.15 ? 'User_x' : null,
      ...(random() < 0.1 ? { sAMAccountName: `MSOL_${i}` } : {}),
    };
    world.user(`p${i}`, values, { forest: 'corp', ou: pick(['People', 'Staff']), sid: 5000 + i });
    if (random() < 0.3)
      world.user(
        `q${i}`,
        { ...values, userPrincipalName: `q${i}@contoso.com`, title: 'Other', mail: null },
        { forest: 'lab', sid: random() < 0.6 ? 5000 + i : 6000 + i },
      );
  }
  world.group('g', ['p1', 'p2', 'p3']);
}

const rule = (name: string, more: string) =>
  `  - { name: ${name}, direction: inbound, connector: corp, source: user, target: person, ${more} }\n`;

/** Files of rules that an administrator may try. */
function otherRules(pick: Pick): string[] {
  const choices = [
    `rules:\n${rule('Titles', "precedence: 1, flows: [{ target: title, expression: 'UCase([department])' }]")}`,
    `rules:\n${rule('No sales', "precedence: 2, scope: [['department EQUAL Sales']], flows: [{ target: cloudFiltered, expression: 'True' }]")}`,
    `rules:\n${rule('Back again', "precedence: 3, scope: [['department EQUAL Legal']], flows: [{ target: cloudFiltered, expression: 'AuthoritativeNull' }]")}`,
    `rules:\n${rule('Errors', "precedence: 4, scope: [['title EQUAL Clerk']], flows: [{ target: company, expression: 'Error(\"no clerks\")' }]")}`,
    `rules:\n${rule('All of them', "replaces: Causeway.InFromADUserJoin, link: Provision, join: [['objectSid = objectSid']], scope: [['department NOTEQUAL Legal']], flows: [{ target: department, direct: department }]")}`,
    `rules:\n${rule('By number', "replaces: Causeway.InFromADUserJoin, link: Provision, join: [['employeeID = employeeID']], flows: [{ target: employeeID, direct: employeeID }]")}`,
    `rules:\n${rule('By mail', "replaces: Causeway.InFromADUserJoin, link: Provision, join: [['employeeID = employeeID'], ['objectSid = objectSid']], flows: [{ target: employeeID, direct: employeeID }, { target: company, direct: extensionAttribute1 }]")}`,
    "rules:\n  - { name: By sign-in name, direction: inbound, connectorType: active-directory, source: user, target: person, link: Provision, replaces: Causeway.InFromADUserJoin, join: [['userPrincipalName = userPrincipalName']], flows: [{ target: company, constant: x }] }\n",
    `disable: [Causeway.OutToADUserJoin]\nrules:\n${rule('Alone', "replaces: Causeway.InFromADUserJoin, link: Provision, join: [['employeeID = employeeID']], flows: [{ target: employeeID, direct: employeeID }]")}`,
    'disable: [Causeway.OutToAADUserExchangeOnline]\n',
    'disable: [Causeway.InFromADUserCommon]\n',
    'disable: [Causeway.InFromADUserAccountEnabled, Causeway.OutToAADUserDynamicsCRM]\n',
    `rules:\n  - { name: Country, direction: outbound, connector: ${cloudName}, source: person, target: user, precedence: 5, flows: [{ target: usageLocation, constant: DE }] }\n`,
    `rules:\n  - { name: Only research, direction: outbound, connector: ${cloudName}, source: person, target: user, link: Provision, replaces: Causeway.OutToAADUserJoin, scope: [['department EQUAL Research']], join: [['sourceAnchor = sourceAnchor']], copy: [accountEnabled, sourceAnchor], flows: [{ target: dn, expression: '"CN={" & ConvertToUTF8Hex([sourceAnchor]) & "}"' }] }\n`,
  ];
  return [...new Set([pick(choices), pick(choices)])].filter(
    (f, _, all) =>
      !(f.includes('InFromADUserJoin') && all.filter((a) => a.includes('InFromADUserJoin')).indexOf(f) > 0),
  );
}

async function settled(world: CloudWorld): Promise<void> {
  await world.cycle('initial');
  await world.cycle();
  await world.cycle();
}

test('over 100 populations and rule sets the fork foretells what a full synchronization then does', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), async (seed) => {
      const random = seeded(seed);
      const pick = picker(random);
      const world = new CloudWorld({
        forests: ['corp', 'lab'],
        tenant: emptiedTenant({}, {}),
        limits: { deletionThreshold: 0 },
      });
      populate(world, random);
      await settled(world);
      assert.deepEqual(pending(world), {}, 'the world is not at rest');
      const files = otherRules(pick);
      const told = await fork(world, { files });
      const thorough = await fork(world, { files, isSynchronized: false });
      assert.deepEqual(withoutTime(told), withoutTime(thorough), 'short cuts change the result');
      world.useRules(files);
      await fullSync(world);
      assert.deepEqual(foretold(told), pending(world), JSON.stringify(files));
      const failed = world.store.records.errors(1000).filter((e) => e.phase === 'sync');
      assert.equal(
        told.errors.length > 0,
        failed.some((e) => e.code !== 'ambiguous-import-flow-from-multiple-connectors'),
      );
      for (const key of Object.keys(foretold(told))) seen.add(key);
      for (const j of told.joins) seen.add(`join ${j.what}`);
    }),
    { numRuns: 100, seed: 20260102 },
  );
  for (const what of [
    'add user',
    'delete user',
    'update title',
    'update usageLocation',
    'join lost',
    'join won',
    'join not-made-again',
  ])
    assert.ok(seen.has(what), `no ${what}: ${[...seen].sort().join(', ')}`);
});

const withoutTime = ({ seconds: _, created: __, ...rest }: ForkResult) => rest;

test('another scope: who leaves, by container, and that nobody can enter', async () => {
  const world = new CloudWorld({
    tenant: emptiedTenant({}, {}),
    scope: { include: [baseDn], exclude: [] },
    limits: { deletionThreshold: 0, collapseShare: 1 },
  });
  for (let i = 0; i < 6; i++) world.user(`p${i}`, {}, { ou: i < 4 ? 'Old' : 'People' });
  world.group('g', ['p0', 'p5']);
  await settled(world);
  const partitions = [{ name: 'memory', include: [baseDn], exclude: [`OU=Old,${baseDn}`] }];
  const told = await fork(world, { partitions });
  assert.deepEqual(
    told.leaving.map((g) => [g.count, g.cause.kind, g.cause.decidedBy]),
    [[4, 'container', `OU=Old,${baseDn}`]],
  );
  assert.deepEqual(told.deletes, [{ connector: cloudName, count: 4, threshold: 2, isOverThreshold: true }]);
  assert.deepEqual(
    told.references.map((r) => [r.attribute, r.change, r.count]),
    [['member', 'removed', 1]],
  );
  assert.ok(told.approximations.some((a) => a.includes('never imported')));
  const [corp, cloud] = world.env.connectors;
  world.env = { ...world.env, connectors: [{ ...corp!, partitions }, cloud!] };
  await runProfile(world.env, 'full-import', 'corp', options, signal);
  await fullSync(world);
  assert.deepEqual(foretold(told), pending(world));
});

test('privileges first: members of groups with roles, holders of roles', async () => {
  const world = new CloudWorld({ tenant: emptiedTenant({}, {}) });
  world.user('ana', { department: 'Sales' });
  world.user('ben', { isCriticalSystemObject: true, department: 'Sales' });
  world.group('admins', ['ana', 'ben']);
  await settled(world);
  const anchors = Object.fromEntries(
    (
      world.store.db
        .prepare(
          'SELECT o.anchor, m.attributes FROM cs_object o JOIN link l ON l.cs = o.id JOIN mv_object m ON m.id = l.mv WHERE o.connector = ?',
        )
        .all(world.engine.all.at(-1)!.row.id) as { anchor: string; attributes: string }[]
    ).map((r) => [
      (JSON.parse(r.attributes) as { displayName: string }).displayName,
      r.anchor.slice(r.anchor.indexOf('_') + 1),
    ]),
  );
  const roles = new Map([
    [anchors.admins!, ['Global Administrator']],
    [anchors.Ana!, ['User Administrator']],
  ]);
  const files = [
    `rules:\n${rule('All', "replaces: Causeway.InFromADUserJoin, link: Provision, join: [['objectSid = objectSid']]")}${rule('No ana', "precedence: 2, scope: [['sAMAccountName EQUAL ana']], flows: [{ target: cloudFiltered, expression: 'True' }]")}`,
  ];
  const told = await fork(world, { files, roles });
  assert.deepEqual(told.privilege.map((p) => `${p.name}: ${p.what}`).sort(), [
    'ana@contoso.com: deletes-role-holder',
    'ana@contoso.com: no-member-of-role-group',
    'ben@contoso.com: member-of-role-group',
  ]);
  assert.deepEqual(
    told.entering.map((g) => [g.count, g.cause.rule, g.cause.decidedBy]),
    [[1, 'In from AD - User Join', 'isCriticalSystemObject NOTEQUAL TRUE']],
  );
  assert.deepEqual(
    told.leaving.map((g) => [g.count, g.cause.rule, g.cause.decidedBy]),
    [[1, 'No ana', 'cloudFiltered NOTEQUAL True']],
  );
  assert.match(forkText(told), /^3 changes touch privileges:/);
});

test('threads give what one thread gives, and can be cancelled', async () => {
  await using temp = tempDirectory('fork');
  const file = `${temp.path}/causeway.db`;
  const world = new CloudWorld({ tenant: emptiedTenant({}, {}), file, forests: ['corp', 'lab'] });
  populate(world, seeded(7));
  await settled(world);
  const files = [
    `rules:\n${rule('Titles', "precedence: 1, flows: [{ target: title, expression: 'UCase([department])' }]")}`,
  ];
  const alone = await fork(world, { files });
  assert.ok(alone.changedIdentities > 0);
  assert.deepEqual(withoutTime(await fork(world, { files, file, threads: 2 })), withoutTime(alone));
  const stop = new AbortController();
  const running = forkPopulation({
    what: 'rules',
    from: 'a',
    to: 'b',
    store: world.store,
    file,
    threads: 2,
    signal: stop.signal,
    deletionThreshold: 0,
    job: { before: settings(world, []), after: settings(world, files), roles: new Map(), isSynchronized: true, now: 0 },
    progress: () => stop.abort(new Error('enough')),
  });
  await assert.rejects(running, /enough/);
  world.store[Symbol.dispose]();
});

test('attributes that were never imported are named', async () => {
  const world = new CloudWorld({ tenant: emptiedTenant({}, {}) });
  world.user('ana', { objectGUID: binary(guidBytes('00000009-0000-4000-8000-000000000009')!) });
  await settled(world);
  const files = [
    `rules:\n${rule('Shoe size', "precedence: 1, flows: [{ target: title, expression: 'CStr([shoeSize])' }]")}`,
  ];
  const told = await fork(world, { files });
  assert.ok(
    told.approximations.some((a) => a.includes('shoeSize')),
    told.approximations.join(' '),
  );
});

test('a rule for a directory extension that nobody has written yet: what it would send is counted', async () => {
  const world = new CloudWorld({ tenant: emptiedTenant({}, {}) });
  world.user('ana', { department: 'Sales', objectGUID: binary(guidBytes('00000009-0000-4000-8000-000000000009')!) });
  await settled(world);
  const target = 'extension_0f5a6f6e111142228333444455556666_costCentre';
  const flow = `flows: [{ target: ${target}, direct: department }]`;
  const files = [
    `rules:\n  - { name: Cost centre, direction: outbound, connector: ${cloudName}, source: person, target: user, precedence: 1, ${flow} }\n`,
  ];
  const told = await fork(world, { files });
  assert.deepEqual(
    told.values.map((v) => [v.where, v.attribute, v.change, v.count]),
    [[cloudName, target, 'set', 1]],
  );
});
