/** Cases that need processes: fixes through the command line while the service runs; a killed service; a damaged store. */
import assert from 'node:assert/strict';
import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { initial } from '../../../src/store/migrations/001-initial.ts';
import { type Samba, startSamba } from '../../support/samba.ts';
import { ProcessLab } from './process-lab.ts';
import { everyCaseHeals } from './proof.ts';

everyCaseHeals();

let dc: Samba;
let lab: ProcessLab;
/** Of the state, made with `causeway backup`. */
let copy: string;
const ou = (name = 'People') => `OU=${name},${dc.baseDn}`;
const upn = (name: string) => `${name}@corp.example.com`;
const person = (name: string, attributes: Record<string, string> = {}, parent = ou()) => ({
  name,
  parent,
  attributes: { displayName: name, userPrincipalName: upn(name), userAccountControl: 544, ...attributes },
});

before(async () => {
  dc = await startSamba({ realm: 'CORP.EXAMPLE.COM', domain: 'CORP', extendedSchema: true });
  await dc.addObjects(
    ['People', 'Other'].map((name) => ({ dn: ou(name), attributes: { objectClass: 'organizationalUnit' } })),
  );
  await dc.addUsers([person('anna'), person('bert'), person('olga', {}, ou('Other'))]);
  lab = await ProcessLab.create(dc, ou());
  copy = lab.path('copy.db');
  await lab.startService();
});
after(async () => {
  await lab[Symbol.asyncDispose]();
  await dc.stop();
});

interface AuditRow {
  readonly action: string;
  readonly subject: string | null;
  readonly who: string;
  readonly how: string;
}

test('a directory, a cloud, a configuration and a scheduler fix, each by a command while the service runs', async () => {
  // The directory: a sign-in name with a space in it.
  const bert = `CN=bert,${ou()}`;
  await dc.ldapModify(
    `dn: ${bert}\nchangetype: modify\nreplace: userPrincipalName\nuserPrincipalName: be rt@corp.example.com\n`,
  );
  // The cloud: a group has the address of somebody who comes.
  const group = { displayName: 'Desk', mail: upn('desk'), proxyAddresses: [`SMTP:${upn('desk')}`], mailEnabled: true };
  writeFileSync(
    lab.path('seed.json'),
    JSON.stringify({ groups: [{ ...group, mailNickname: 'desk', securityEnabled: false, groupTypes: ['Unified'] }] }),
  );
  assert.equal((await lab.tenant('seed', lab.path('seed.json'))).code, 0);
  await dc.addUsers([person('cora', { mail: upn('desk'), proxyAddresses: `SMTP:${upn('desk')}` })]);
  assert.equal((await lab.command('scheduler', 'set', 'SyncCycleEnabled=false')).code, 0);
  await lab.command('sync');
  const [name, mismatch, schedule] = await lab.several(['invalid-upn', 'object-type-mismatch', 'scheduler-disabled']);
  assert.ok(name && mismatch && schedule);
  assert.equal(name.fix.find((f) => f.applicable)?.action?.kind, 'directory');
  await lab.heal(name);
  const number = mismatch.fix.findIndex((f) => f.action?.kind === 'cloud') + 1;
  assert.ok(number > 0, JSON.stringify(mismatch.fix));
  await lab.heal(mismatch, { number });
  await lab.heal(schedule);
  const olga = `CN=olga,${ou('Other')}`;
  const outside = await lab.one('ou-not-in-scope', olga);
  assert.equal(outside.fix.find((f) => f.applicable)?.action?.kind, 'configuration');
  await lab.heal(outside, { reference: olga });
  // Who did it, before it left and when it was done.
  const { items } = (await lab.command('audit', '--limit', '100')).json<{ items: AuditRow[] }>();
  const fixes = items.filter((r) => r.action.startsWith('fix-')).map((r) => `${r.action} ${r.subject} ${r.who}`);
  for (const { code } of [name, mismatch, schedule, outside])
    for (const action of ['fix-started', 'fix-applied'])
      assert.ok(fixes.includes(`${action} ${code} ${userInfo().username}`), `${action} ${code}: ${fixes.join('\n')}`);
});

test('maintenance-window: since when, until when, why and where it stands; taken out by the fix', async () => {
  const hour = new Date(Date.now() - 3_600_000).getUTCHours();
  const window = { cron: `0 ${hour} * * *`, hours: 23, timeZone: 'UTC', reason: 'domain controllers are patched' };
  const set = await lab.command('config', 'set', 'scheduler.maintenance', JSON.stringify([window]));
  assert.equal(set.code, 0, set.err);
  const finding = await lab.one('maintenance-window');
  assert.equal(finding.severity, 'warning');
  const until = new Date(Date.parse(finding.firstSeen) + 23 * 3_600_000).toISOString();
  assert.ok(finding.summary.includes(`until ${until}`) && finding.summary.includes(window.reason), finding.summary);
  const [place] = finding.evidence;
  assert.match(place?.source ?? '', /causeway\.yaml:\d+$/);
  assert.match(place?.fact ?? '', /"hours":23/);
  await lab.heal(finding);
});

test('service-down: killed, told by another process with its last heartbeat, and started again', async () => {
  const pid = lab.servicePid;
  await lab.killService();
  const finding = await lab.one('service-down');
  const facts = new Map(finding.evidence.map((e) => [e.source, e.fact]));
  assert.match(facts.get('lease') ?? '', new RegExp(`^service \\(process ${pid} on ${hostname()}, since .*is gone`));
  assert.match(facts.get('last heartbeat') ?? '', /^\d{4}-.* ago$/);
  assert.match(
    facts.get('reason it ended') ?? '',
    /^It wrote no reason, so it was killed.*The last line of its log is of \d{4}-/,
  );
  assert.equal(finding.fix[0]?.text, 'causeway start');
  await lab.startService();
  await lab.gone('service-down');
});

/** Overwrites the pages after the first one, as a disk that fails does. */
function damage(file: string): void {
  const descriptor = openSync(file, 'r+');
  for (let page = 2; page * 8192 < statSync(file).size; page++)
    writeSync(descriptor, Buffer.alloc(8192, 7), 0, 8192, page * 8192);
  closeSync(descriptor);
}
test('store-corrupt: what was preserved; the copy comes back as it is shown, and without one everybody is met again', async () => {
  assert.equal((await lab.command('backup', copy)).code, 0);
  await lab.stopService();
  damage(lab.store);
  const finding = await lab.one('store-corrupt');
  assert.match(
    JSON.stringify(finding.evidence),
    /preserved.*causeway\.yaml.*lost without a copy.*copy\.db, made \d{4}-/,
  );
  assert.match(finding.fix[0]?.title ?? '', /^Put back the copy of \d{4}-/);
  // Its last command is a cycle, which goes well only on a store that is whole.
  await lab.shell(finding.fix[0]?.text ?? '');
  renameSync(copy, `${copy}.elsewhere`);
  rmSync(`${lab.store}.damaged`);
  damage(lab.store);
  const alone = await lab.one('store-corrupt');
  assert.match(JSON.stringify(alone.evidence), /None that \\"causeway backup\\" made/);
  await lab.shell(alone.fix[0]?.text ?? '');
  await lab.gone('store-corrupt');
  renameSync(`${copy}.elsewhere`, copy);
});

test('configuration-outdated: the store of another version, with both numbers; upgraded by the fix, or put back', async () => {
  const newer = new DatabaseSync(lab.store);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  const ahead = await lab.one('configuration-outdated');
  assert.match(ahead.summary, /schema 99, this one knows \d+/);
  rmSync(`${lab.store}.damaged`);
  await lab.shell(ahead.fix[1]?.text ?? '');
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${lab.store}${suffix}`, { force: true });
  const older = new DatabaseSync(lab.store);
  older.exec(`PRAGMA journal_mode = WAL; ${initial}; PRAGMA user_version = 1`);
  older.close();
  const behind = await lab.one('configuration-outdated');
  assert.match(behind.summary, /schema 1, this one has \d+/);
  await lab.heal(behind);
});
