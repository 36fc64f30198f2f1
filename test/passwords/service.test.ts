/** Password hash synchronization through the running service: `causeway start` between a domain controller and its tenant. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../support/child.ts';
import { RIGHTS, type Samba, startSamba } from '../support/samba.ts';
import { waitFor } from '../support/wait.ts';
import { replicator, ServiceLab } from './service-lab.ts';

let samba: Samba;
let lab: ServiceLab;
const names = ['ana', 'bjoern', 'carla', 'dora', 'emil'];
const first = (name: string): string => `Erstes-${name}-2026!`;
const upn = (name: string): string => `${name}@phs.example.com`;
const ou = (name = 'People'): string => `OU=${name},${samba.baseDn}`;
const dn = (name: string, where = 'People'): string => `CN=${name},${ou(where)}`;
const quoted = (password: string): string => Buffer.from(`"${password}"`, 'utf16le').toString('base64');
const user = (name: string, password: string) => ({
  name,
  parent: ou(),
  password,
  attributes: { userPrincipalName: upn(name), displayName: name },
});

before(async () => {
  samba = await startSamba({ realm: 'PHS.EXAMPLE.COM', domain: 'PHS' });
  await samba.setDomainPolicy({ minPwdAge: 0 });
  await samba.createAccount(replicator.user, replicator.password);
  await samba.grant(RIGHTS.replicatingDirectoryChanges, replicator.user);
  await samba.grant(RIGHTS.replicatingDirectoryChangesAll, replicator.user);
  await samba.addObjects(
    ['People', 'Sales', 'Outside'].map((name) => ({
      dn: name === 'Sales' ? `OU=Sales,${ou()}` : ou(name),
      attributes: { objectClass: 'organizationalUnit' },
    })),
  );
  await samba.addUsers(names.map((name) => user(name, first(name))));
  lab = await ServiceLab.create(samba);
  await lab.start();
});
after(async () => {
  await lab[Symbol.asyncDispose]();
  await samba.stop();
});

const replace = (name: string, attribute: string, value: string): Promise<void> =>
  samba.ldapModify(`dn: ${dn(name)}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n`);
const move = (name: string, from: string, to: string): Promise<void> =>
  samba.ldapModify(
    `dn: CN=${name},${from}\nchangetype: modrdn\nnewrdn: CN=${name}\ndeleteoldrdn: 1\nnewsuperior: ${to}\n`,
  );
/** As an administrator sets it anew. */
const reset = (name: string, password: string): Promise<void> =>
  samba.ldapModify(`dn: ${dn(name)}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: ${quoted(password)}\n`);
/** As the user changes it who knows the old one (MS-ADTS s.3.1.1.3.1.5). */
async function changeOwn(name: string, from: string, to: string): Promise<void> {
  const ldif = `dn: ${dn(name)}\nchangetype: modify\ndelete: unicodePwd\nunicodePwd:: ${quoted(from)}\n-\nadd: unicodePwd\nunicodePwd:: ${quoted(to)}\n-\n`;
  const bind = ['-x', '-H', samba.ldapsUrl, '-D', upn(name), '-w', from];
  await run('ldapmodify', bind, { input: ldif, env: { ...process.env, LDAPTLS_CACERT: samba.caFile } });
}
interface LogLine {
  readonly event?: number;
  readonly msg: string;
  readonly users?: readonly { objectGuid?: string; dn?: string }[];
}
const log = (): LogLine[] =>
  readFileSync(join(lab.stateDirectory, 'causeway.log'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
const events = (id: number): LogLine[] => log().filter((line) => line.event === id);
const sync = () => lab.command('passwords', 'sync');
async function lastResult(name: string): Promise<{ status: string; reason: string }> {
  const { json } = await lab.command('passwords', 'status', upn(name));
  return json.users[0].history[0];
}

test('the first full synchronization lets everybody sign in, with an account that has exactly two rights', async () => {
  for (const name of names) {
    await lab.until(upn(name), first(name), 'ok');
    assert.equal(await lab.signIn(upn(name), `${first(name)}x`), 'AADSTS50126');
  }
  const { json, code } = await lab.command('passwords', 'status');
  assert.equal(code, 0);
  const [channel] = json.channels;
  assert.deepEqual([channel.state, channel.ownAccount, channel.lastError], ['on', true, null]);
  assert.equal(channel.domains[0].namingContext, samba.baseDn);
  assert.deepEqual([channel.domains[0].fullInProgress, channel.domains[0].lastError], [false, null]);
  const seen = new Set(log().map((line) => line.event));
  for (const id of [601, 613, 660, 661, 653, 654, 618, 650, 656, 651, 657, 622]) assert.ok(seen.has(id), `event ${id}`);
  const check = await lab.command('passwords', 'check');
  assert.deepEqual([check.code, check.json.channels[0].errors], [0, []]);
});

test('a change by the user, a reset and a new user work in the cloud within five seconds', async (t) => {
  await changeOwn('ana', first('ana'), 'Selbst.Geändert-1!');
  const changed = await lab.until(upn('ana'), 'Selbst.Geändert-1!', 'ok', 5000);
  assert.equal(await lab.signIn(upn('ana'), first('ana')), 'AADSTS50126');
  await reset('bjoern', 'Vom.Helpdesk-2!');
  const renewed = await lab.until(upn('bjoern'), 'Vom.Helpdesk-2!', 'ok', 5000);
  await samba.addUsers([user('nora', 'Ganz.Neu-3!')]);
  const made = await lab.until(upn('nora'), 'Ganz.Neu-3!', 'ok', 10_000);
  t.diagnostic(`change ${changed.toFixed(0)} ms, reset ${renewed.toFixed(0)} ms, new user ${made.toFixed(0)} ms`);
});

test('a password that must be changed stays here until it was changed', async () => {
  await reset('dora', 'Nur.Vorlaeufig-4!');
  await replace('dora', 'pwdLastSet', '0');
  await waitFor('the result', async () => (await lastResult('dora')).reason === 'must-change-at-next-logon');
  assert.equal((await lastResult('dora')).status, 'FilteredByTarget');
  await changeOwn('dora', 'Nur.Vorlaeufig-4!', 'Endgültig.Meins-5!').catch(() => reset('dora', 'Endgültig.Meins-5!'));
  await lab.until(upn('dora'), 'Endgültig.Meins-5!', 'ok', 10_000);
});

test('disabled, moved, out of scope and back, deleted: the right answer at sign-in', async () => {
  await replace('carla', 'userAccountControl', '514');
  await lab.until(upn('carla'), first('carla'), 'AADSTS50057');
  await replace('carla', 'userAccountControl', '512');
  await lab.until(upn('carla'), first('carla'), 'ok');
  await move('carla', ou(), `OU=Sales,${ou()}`);
  await sync();
  assert.equal(await lab.signIn(upn('carla'), first('carla')), 'ok');
  await move('carla', `OU=Sales,${ou()}`, ou('Outside'));
  await lab.until(upn('carla'), first('carla'), 'AADSTS50034');
  await move('carla', ou('Outside'), ou());
  await lab.until(upn('carla'), first('carla'), 'ok');
  await samba.ldapModify(`dn: ${dn('emil')}\nchangetype: delete\n`);
  await lab.until(upn('emil'), first('emil'), 'AADSTS50034');
});

test('who was never in scope waits by name, and gets the password when that changes', async () => {
  await samba.addUsers([{ ...user('otto', 'Von.Draussen-6!'), parent: ou('Outside') }]);
  await sync();
  const { json } = await lab.command('passwords', 'status');
  assert.ok(json.channels[0].domains[0].heldUp.some((h: { reason: string }) => h.reason === 'not-imported'));
  await move('otto', ou('Outside'), ou());
  await lab.until(upn('otto'), 'Von.Draussen-6!', 'ok', 10_000);
});

test('a restart and a kill keep the watermark: only what changed is read again', async () => {
  await lab.stop();
  await reset('ana', 'Im.Stillstand-7!');
  const before = log().length;
  await lab.start();
  await lab.until(upn('ana'), 'Im.Stillstand-7!', 'ok');
  await lab.kill();
  await reset('bjoern', 'Nach.Dem.Absturz-8!');
  await lab.start();
  await lab.until(upn('bjoern'), 'Nach.Dem.Absturz-8!', 'ok');
  const since = log().slice(before);
  assert.deepEqual(
    since.filter((line) => line.event === 618),
    [],
    'a full synchronization was started',
  );
  const sent = since.filter((line) => line.event === 656).flatMap((line) => line.users ?? []);
  assert.deepEqual([...new Set(sent.map((u) => u.dn?.split(',')[0]))].sort(), ['CN=ana', 'CN=bjoern']);
});

test('without the service the same commands work in their own process', async () => {
  await lab.stop();
  await reset('ana', 'Von.Hand-9!');
  const done = await sync();
  // The tenant is part of the service, so that the cloud cannot be reached now: told as that, and nothing is lost.
  assert.equal(done.code, 1);
  assert.equal(done.json.channels[0].errors[0].code, 'password-sync-cloud-failure');
  const { json, code } = await lab.command('passwords', 'status');
  assert.deepEqual([code, json.channels[0].lastError.code], [1, 'password-sync-cloud-failure']);
  await lab.start();
  await lab.until(upn('ana'), 'Von.Hand-9!', 'ok');
});

test('one user again, one domain again', async () => {
  const full = events(618).length;
  const one = await lab.command('passwords', 'resync', upn('bjoern'));
  assert.deepEqual([one.code, one.json.channels[0].errors], [0, []]);
  const { json } = await lab.command('passwords', 'status', upn('bjoern'));
  assert.equal(json.users[0].history[0].status, 'Success');
  assert.equal(events(618).length, full);
  const all = await lab.command('passwords', 'resync', 'phs.example.com');
  assert.equal(all.code, 0);
  assert.equal(events(618).length, full + 1);
  const unknown = await lab.command('passwords', 'resync', 'nobody-knows');
  assert.equal(unknown.json.error.code, 'unknown-object');
});

test('a lost right is told with the command that gives it back', async () => {
  await samba.revoke(RIGHTS.replicatingDirectoryChangesAll, replicator.user);
  const refused = await sync();
  assert.equal(refused.code, 1);
  const [error] = refused.json.channels[0].errors;
  assert.equal(error.code, 'password-sync-permission');
  assert.match(
    error.remedy,
    /dsacls "DC=phs,DC=example,DC=com" \/G "[^"]*svc-phs[^"]*:CA;Replicating Directory Changes All"/,
  );
  assert.ok(events(611).length > 0);
  await samba.grant(RIGHTS.replicatingDirectoryChangesAll, replicator.user);
  assert.equal((await sync()).code, 0);
});

test('a domain controller that goes away and comes back', async () => {
  await reset('ana', 'Kurz.Vorher-10!');
  await samba.down('kill');
  const gone = await sync();
  assert.equal(gone.json.channels[0].errors[0].code, 'password-sync-dc-failure');
  const { json } = await lab.command('passwords', 'status');
  assert.equal(json.channels[0].domains[0].lastError.reason, 'connection-refused');
  await samba.up();
  // It would also find out by itself, within the pause after a failure.
  assert.equal((await sync()).code, 0);
  assert.equal(await lab.signIn(upn('ana'), 'Kurz.Vorher-10!'), 'ok');
});

test('in staging mode nothing is read and nothing is sent', async () => {
  await lab.stop();
  lab.configure({ scheduler: '{ interval: 30m, staging: true }' });
  const before = log().length;
  await lab.start();
  await reset('ana', 'Im.Schatten-11!');
  const answer = await sync();
  assert.equal(answer.json.channels[0].paused, 'staging');
  assert.deepEqual(
    log()
      .slice(before)
      .filter((line) => [618, 650, 653].includes(line.event ?? 0)),
    [],
  );
  await lab.stop();
  lab.configure({});
  await lab.start();
  await lab.until(upn('ana'), 'Im.Schatten-11!', 'ok');
});

test('no password, hash or credential is anywhere but where it belongs', async () => {
  const text = readFileSync(join(lab.stateDirectory, 'causeway.log'), 'utf8');
  const store = readFileSync(join(lab.stateDirectory, 'causeway.db'), 'latin1');
  const wal = readFileSync(join(lab.stateDirectory, 'causeway.db-wal'), 'latin1');
  for (const secret of [replicator.password, samba.adminPassword, 'PPH1_MD4', 'Schatten-11', 'Stillstand-7']) {
    for (const place of [text, store, wal, lab.output()]) assert.ok(!place.includes(secret), secret);
  }
  const children = (await run('pgrep', ['-P', String(lab.pid)])).trim().split('\n');
  for (const pid of children) {
    const told = (await run('cat', [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])).replaceAll('\0', ' ');
    assert.match(told, /--permission .*process-main\.ts/);
    assert.ok(![replicator.user, replicator.password, samba.adminPassword].some((text) => told.includes(text)));
  }
});
