/**
 * Section D of the casebook: schedule, staging, cycles, confirmation, other engines, the disk; and a healthy system. What
 * needs processes of its own is in `processes.test.ts`.
 */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { createEntraSyncConnector, type EntraSyncSession } from '../../../src/connectors/entra/sync.ts';
import { heldMs, windowAt } from '../../../src/scheduler/maintenance.ts';
import { type Samba, startSamba } from '../../support/samba.ts';
import { tempDirectory } from '../../support/temp.ts';
import { Clinic } from './clinic.ts';
import { everyCaseHeals } from './proof.ts';

everyCaseHeals();

let dc: Samba;
let clinic: Clinic | undefined;
const suffix = 'corp.example.com';
const ou = () => `OU=People,${dc.baseDn}`;
const interval = 1_800_000;
const hour = 3_600_000;
const open = (options: ConstructorParameters<typeof Clinic>[1] = {}) => {
  clinic = new Clinic([dc], {
    scope: { include: [ou()], exclude: [] },
    ...options,
    facts: { scheduler: { enabled: true, suspended: false, intervalMs: interval }, ...options.facts },
  });
  return clinic;
};

before(async () => {
  dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
  await dc.addObjects([{ dn: ou(), attributes: { objectClass: 'organizationalUnit' } }]);
  await dc.addUsers([
    { name: 'user0', parent: ou(), attributes: { displayName: 'User Zero', userPrincipalName: `user0@${suffix}` } },
  ]);
});
after(() => dc.stop());
afterEach(() => {
  clinic?.[Symbol.dispose]();
  clinic = undefined;
});

test('a healthy system of 2,000 objects yields no finding at all', async () => {
  const healthy = `OU=Healthy,${dc.baseDn}`;
  await dc.addObjects([{ dn: healthy, attributes: { objectClass: 'organizationalUnit' } }]);
  await dc.addUsers(
    Array.from({ length: 2000 }, (_, i) => ({
      name: `person${i}`,
      parent: healthy,
      attributes: {
        displayName: `Person Number ${i}`,
        givenName: 'Person',
        sn: `Number ${i}`,
        mail: `person${i}@${suffix}`,
        userPrincipalName: `person${i}@${suffix}`,
        ...(i === 0 ? {} : { manager: `CN=person${Math.floor(i / 8)},${healthy}` }),
      },
    })),
  );
  await dc.addObjects(
    Array.from({ length: 20 }, (_, g) => ({
      dn: `CN=group${g},${healthy}`,
      attributes: {
        objectClass: 'group',
        sAMAccountName: `group${g}`,
        displayName: `Group ${g}`,
        groupType: -2147483646,
        member: Array.from({ length: 50 }, (_, i) => `CN=person${g * 50 + i},${healthy}`),
      },
    })),
  );
  const c = open({ scope: { include: [healthy], exclude: [] } });
  await c.cycle('initial');
  assert.deepEqual(await c.findings(), []);
  await c.cycle();
  assert.deepEqual(await c.findings(), []);
  assert.deepEqual(await c.findings(`person17@${suffix}`), []);
});

test('scheduler-disabled and scheduler-suspended: since when, by whom, switched on again', async () => {
  const c = open();
  await c.cycle('initial');
  c.facts = { ...c.facts, scheduler: { enabled: false, suspended: true, intervalMs: interval } };
  c.lab.store.administration.addAudit({
    ...{ id: 1, time: Date.UTC(2026, 0, 5), who: 'ana', how: 'command-line', action: 'set-scheduler', subject: null },
    ...{ before: null, after: '{"SyncCycleEnabled":"false"}', outcome: 'done', previous: '', hash: '' },
  });
  const off = await c.one('scheduler-disabled');
  assert.equal(off.firstSeen, '2026-01-05T00:00:00.000Z');
  assert.match(JSON.stringify(off.evidence), /ana \(command-line\)/);
  await c.heal(off);
  const suspended = await c.one('scheduler-suspended');
  assert.deepEqual([suspended.attribute, suspended.value], ['SchedulerSuspended', 'true']);
  await c.heal(suspended);
  assert.deepEqual(await c.findings(), []);
});

test('staging-mode: what waits to be exported', async () => {
  const c = open();
  c.stage(true);
  await c.cycle('initial');
  const finding = await c.one('staging-mode');
  assert.equal(finding.affected, 1);
  assert.match(JSON.stringify(finding.evidence), /cloud: add 1 user/);
  await c.heal(finding);
  assert.ok(await c.user(`user0@${suffix}`));
});

test('no-active-server: all are in staging; when the last export was, and how to promote', async () => {
  const c = open();
  await c.cycle('initial');
  await c.cycle();
  c.stage(true);
  c.clockMs = hour;
  assert.ok(!(await c.findings()).some((f) => f.code === 'no-active-server'), 'an hour is no sign of anything');
  c.clockMs = 5 * hour;
  const finding = await c.one('no-active-server');
  assert.match(finding.summary, /this server is in staging mode, and no other one has finished an export for 5 hours/);
  assert.match(JSON.stringify(finding.evidence), /onPremisesLastSyncDateTime/);
  c.clockMs = 0;
  await c.heal(finding);
});

test('staging-drift: what this server would do and the active one did not, object by object', async () => {
  const active = open();
  await active.cycle('initial');
  await active.cycle();
  using standby = new Clinic([dc], {
    scope: { include: [ou()], exclude: [] },
    facts: { scheduler: { enabled: true, suspended: false, intervalMs: interval } },
    tenant: active.tenant,
  });
  standby.stage(true);
  await standby.cycle('initial');
  assert.deepEqual(
    (await standby.findings()).map((f) => f.code),
    ['staging-mode'],
    'two servers of one mind',
  );
  standby.useRules(`
rules:
  - name: Department for everybody
    direction: outbound
    connector: cloud
    source: person
    target: user
    precedence: 50
    flows:
      - { target: department, constant: Sales }
`);
  await standby.cycle();
  // The active server goes on exporting, and the standby sees what came of it.
  active.tenant.advance(hour);
  await using other = await otherClient(active);
  await other.finalizeExport?.({ attempted: 1, succeeded: 1 }, new AbortController().signal);
  standby.clockMs = hour + 60_000;
  standby.env = { ...standby.env, now: () => Date.now() + hour + 60_000 };
  await standby.cycle();
  const finding = await standby.one('staging-drift');
  assert.deepEqual([finding.affected, finding.objects[0]?.userPrincipalName], [1, `user0@${suffix}`]);
  assert.match(JSON.stringify(finding.evidence), /department here \\"Sales\\", there null/);
  assert.match(finding.fix.map((f) => f.text).join('\n'), /causeway config diff active\.json current/);
  standby.useRules('');
  await standby.gone('staging-drift');
});

test('cycle-overrun: the slowest step and the interval that would do', async () => {
  const c = open();
  await c.cycle('initial');
  await c.cycle();
  await c.cycle();
  c.facts = { ...c.facts, scheduler: { enabled: true, suspended: false, intervalMs: 1 } };
  const finding = await c.one('cycle-overrun');
  assert.match(finding.summary, /slowest step was [a-z-]+( of [a-z.]+)? with .*\. Before that [\d.]+ s was usual\./);
  await c.heal(finding);
});

test('cycle-stale: the last good run and the first failing step', async () => {
  const c = open();
  await c.cycle('initial');
  c.clockMs = 3 * hour;
  const late = await c.one('cycle-stale');
  assert.match(late.summary, /No cycle was started since/);
  await dc.down();
  await c.cycle();
  const failing = await c.one('cycle-stale');
  assert.match(failing.summary, /first step that fails is delta-import of corp\.example\.com/);
  await dc.up();
  c.clockMs = 0;
  await c.heal(failing);
  c.clockMs = 8 * 24 * hour;
  const old = await c.one('cycle-stale');
  assert.match(old.summary, /more than 7 days old/);
  c.env = { ...c.env, now: () => Date.now() + c.clockMs };
  await c.heal(old);
});

test('a maintenance window: what it holds back is not late, and it weighs as long as it lasts', async () => {
  const c = open();
  await c.cycle('initial');
  const hourUtc = new Date(Date.now() + hour).getUTCHours();
  const around = (window: { hours: number }, intervalMs = interval) => {
    const windows = [{ cron: `0 ${hourUtc} * * *`, timeZone: 'UTC', reason: 'patches', ...window }];
    const maintenance = {
      windows,
      openAt: (now: number) => windowAt(windows, now),
      heldMs: (from: number, to: number) => heldMs(windows, from, to),
    };
    c.facts = { ...c.facts, scheduler: { enabled: true, suspended: false, intervalMs, maintenance } };
  };
  const told = async () => (await c.findings()).map((f) => `${f.severity} ${f.code}`);
  c.clockMs = 3 * hour;
  around({ hours: 5 });
  assert.deepEqual(await told(), ['warning maintenance-window']);
  around({ hours: 5 }, 3 * hour);
  assert.deepEqual(await told(), ['info maintenance-window']);
  // An hour of maintenance does not excuse three.
  around({ hours: 1 }, interval);
  assert.deepEqual(await told(), ['error cycle-stale']);
});

test('store-full: before it is too late, and when a cycle met it; what was committed, and room is made', async () => {
  await using temp = tempDirectory('full');
  const crowd = `OU=Crowd,${dc.baseDn}`;
  await dc.addObjects([{ dn: crowd, attributes: { objectClass: 'organizationalUnit' } }]);
  const c = open({ storeFile: join(temp.path, 'causeway.db'), scope: { include: [crowd], exclude: [] } });
  await c.cycle('initial');
  c.facts = { ...c.facts, disk: { path: '/state', freeBytes: 1e6, storeBytes: 5e9 } };
  const low = await c.one('store-full');
  assert.deepEqual([low.severity, /1 MB left/.test(low.summary)], ['warning', true]);
  c.facts = { ...c.facts, disk: { path: '/state', freeBytes: 9e9, storeBytes: 5e9 } };
  await c.gone('store-full');
  const { db } = c.lab.store;
  const { page_count: pages } = db.prepare('PRAGMA page_count').get() as { page_count: number };
  db.exec(`PRAGMA max_page_count = ${pages + 1}`);
  await dc.addUsers(
    Array.from({ length: 60 }, (_, i) => ({
      name: `crowd${i}`,
      parent: crowd,
      attributes: { displayName: `Crowd ${i}`, userPrincipalName: `crowd${i}@${suffix}`, info: 'x'.repeat(900) },
    })),
  );
  await c.cycle();
  const full = await c.one('store-full');
  assert.equal(full.severity, 'error');
  assert.match(full.summary, /was full when delta-import ran .*Everything up to the last committed page is kept/);
  assert.match(full.fix[0]?.text ?? '', /Free some space/);
  db.exec('PRAGMA max_page_count = 1073741823');
  await c.heal(full);
  assert.ok(await c.user(`crowd59@${suffix}`));
});

/** Another synchronization client on the same tenant. */
async function otherClient(c: Clinic): Promise<EntraSyncSession> {
  const connector = createEntraSyncConnector({
    ...{ name: 'other', url: 'http://tenant.test', tenantId: c.tenant.tenantId, secret: 'sesame' },
    clientId: '00000000-0000-4000-8000-000000000001',
    machineName: 'SYNC02',
    fetch: (r) => c.tenant.fetch(r),
  });
  return (await connector.open(new AbortController().signal)) as EntraSyncSession;
}

test('export-not-confirmed, both-engines-one-object, two-active-servers', async () => {
  const c = open({ facts: { engine: { state: 'running', detail: 'service (process 4711 on sync01, since today)' } } });
  await c.cycle('initial');
  await c.cycle();
  const setTitle = (title: string) =>
    dc.ldapModify(`dn: CN=user0,${ou()}\nchangetype: modify\nreplace: title\ntitle: ${title}\n\n`);
  await setTitle('Engineer');
  await c.cycle();
  const row = c.lab.store.db
    .prepare("SELECT anchor, dn FROM cs_object WHERE connector = 2 AND object_type = 'user'")
    .get() as { anchor: string; dn: string };
  await using other = await otherClient(c);
  const signal = new AbortController().signal;
  const overwrite = async () => {
    const [result] =
      (await other.export?.(
        [
          {
            id: 1,
            operation: 'update',
            anchor: row.anchor,
            dn: row.dn,
            objectType: 'user',
            attributes: { title: 'Boss' },
            before: {},
            references: {},
            attempt: 0,
          },
        ],
        signal,
      )) ?? [];
    assert.equal(result?.outcome, 'success');
  };
  await overwrite();
  await c.cycle();
  const finding = await c.one('export-not-confirmed');
  assert.deepEqual([finding.attribute, finding.value], ['title', '"Boss"']);
  assert.match(finding.summary, /Sent was "Engineer", back came "Boss"/);
  await c.heal(finding);
  c.tenant.advance(hour);
  const exportedElsewhere = () => other.finalizeExport?.({ attempted: 1, succeeded: 1 }, signal);
  await exportedElsewhere();
  const servers = await c.one('two-active-servers');
  assert.match(servers.summary, /Somebody else \(SYNC02\) synchronizes to cloud/);
  const facts = new Map(servers.evidence.map((e) => [e.source, e.fact]));
  assert.match(facts.get('the other server') ?? '', /came from SYNC02/);
  assert.ok(facts.get('this server')?.startsWith(`${hostname()}; its last export ended at `));
  assert.match(facts.get('lease') ?? '', /^running: service \(process 4711 on sync01/);
  assert.match(JSON.stringify(servers.evidence), /onPremisesLastSyncDateTime/);
  // One of the two goes into staging mode: this one, by the fix. Then it is the other one's turn.
  await c.heal(servers);
  assert.equal(c.facts.staging, true);
  c.stage(false);
  await setTitle('Manager');
  await c.cycle();
  await overwrite();
  await c.cycle();
  c.tenant.advance(hour);
  await exportedElsewhere();
  const both = await c.one('both-engines-one-object');
  assert.match(both.summary, /another synchronization client/);
  assert.deepEqual([both.attribute, both.value], ['title', '"Boss"']);
  assert.match(JSON.stringify(both.evidence), /came from SYNC02/);
  // The other engine is stopped: what this one exports from now on is the last that the tenant saw.
  c.clockMs = 2 * hour + 60_000;
  c.env = { ...c.env, now: () => Date.now() + c.clockMs };
  await c.gone('both-engines-one-object');
  await c.gone('two-active-servers');
  assert.equal((await c.user(`user0@${suffix}`))?.jobTitle, 'Manager');
});
