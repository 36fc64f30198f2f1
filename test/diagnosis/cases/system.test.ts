/** Section D of the casebook: schedule, staging, cycles, confirmation, other engines, the store; and a healthy system. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { createEntraSyncConnector, type EntraSyncSession } from '../../../src/connectors/entra/sync.ts';
import { storeFinding } from '../../../src/diagnosis/diagnose-store.ts';
import { openStore } from '../../../src/store/store.ts';
import { type Samba, startSamba } from '../../support/samba.ts';
import { Clinic } from './clinic.ts';

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
  await c.heal(await c.one('scheduler-suspended'));
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
  await standby.cycle();
  assert.ok(!(await standby.findings()).some((f) => f.code === 'staging-drift'));
});

test('cycle-overrun: the slowest step and the interval that would do', async () => {
  const c = open();
  await c.cycle('initial');
  await c.cycle();
  c.facts = { ...c.facts, scheduler: { enabled: true, suspended: false, intervalMs: 1 } };
  const finding = await c.one('cycle-overrun');
  assert.match(finding.summary, /slowest step was [a-z-]+( of [a-z.]+)? with /);
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
  assert.match((await c.one('cycle-stale')).summary, /more than 7 days old/);
});

test('service-down, store-full: the process and the disk', async () => {
  const c = open();
  await c.cycle('initial');
  c.facts = {
    ...c.facts,
    engine: { state: 'crashed', detail: 'service (process 4711 on host1, since 2026-01-01T00:00:00Z) is gone.' },
  };
  assert.match((await c.one('service-down')).summary, /process 4711/);
  c.facts = {
    ...c.facts,
    engine: { state: 'running', detail: '' },
    disk: { path: '/state', freeBytes: 1e6, storeBytes: 5e9 },
  };
  assert.match((await c.one('store-full')).summary, /1 MB left/);
  c.facts = { ...c.facts, disk: { path: '/state', freeBytes: 9e9, storeBytes: 5e9 } };
  assert.deepEqual(await c.findings(), []);
});

test('store-corrupt and configuration-outdated: a store that does not open is a finding too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-clinic-'));
  const file = join(folder, 'causeway.db');
  try {
    writeFileSync(file, Buffer.alloc(8192, 7));
    assert.throws(
      () => openStore(file, { readOnly: true }),
      (error) => {
        const finding = storeFinding(error, file, { now: 0 });
        assert.equal(finding?.code, 'store-corrupt');
        assert.match(JSON.stringify(finding), /full import/);
        return true;
      },
    );
    rmSync(file);
    openStore(file).db.exec('PRAGMA user_version = 99');
    assert.throws(
      () => openStore(file),
      (error) => storeFinding(error, file, { now: 0 })?.code === 'configuration-outdated',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Another synchronization client on the same tenant. */
async function otherClient(c: Clinic): Promise<EntraSyncSession> {
  const connector = createEntraSyncConnector({
    ...{ name: 'other', url: 'http://tenant.test', tenantId: c.tenant.tenantId, secret: 'sesame' },
    clientId: '00000000-0000-4000-8000-000000000001',
    fetch: (r) => c.tenant.fetch(r),
  });
  return (await connector.open(new AbortController().signal)) as EntraSyncSession;
}

test('export-not-confirmed, both-engines-one-object, two-active-servers', async () => {
  const c = open();
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
  await other.finalizeExport?.({ attempted: 1, succeeded: 1 }, signal);
  const servers = await c.one('two-active-servers');
  assert.match(JSON.stringify(servers.evidence), /onPremisesLastSyncDateTime/);
  await setTitle('Manager');
  await c.cycle();
  await overwrite();
  await c.cycle();
  assert.match((await c.one('both-engines-one-object')).summary, /another synchronization client/);
});
