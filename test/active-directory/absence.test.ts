/** Empty is not gone: deletions that an account may not see, and objects that an access list hides from it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Absence } from '../../src/connectors/contract.ts';
import { run } from '../support/child.ts';
import { RIGHTS } from '../support/samba.ts';
import { type Directory, Importer, startDirectory } from './directory.ts';

const PASSWORD = 'Passw0rd.of-the-account';
const bind = { user: 'svc@corp.example.com', password: PASSWORD };
const HOUR_MS = 3_600_000;
let directory: Directory;
let sid: string;
before(async () => {
  directory = await startDirectory();
  sid = await directory.samba.createAccount('svc', PASSWORD);
  await directory.samba.grant(RIGHTS.replicatingDirectoryChanges, 'svc');
});
after(() => directory?.[Symbol.asyncDispose]());

async function withImporter<T>(now: () => number, work: (importer: Importer) => Promise<T>): Promise<T> {
  await using session = await directory.connector({ bind }, { now }).open(new AbortController().signal);
  return await work(new Importer(session));
}

async function stateOf(importer: Importer, anchor: string): Promise<Absence> {
  const [absence] = await importer.session.confirmAbsent([anchor], importer.request('full'));
  assert.ok(absence && absence.anchor === anchor);
  return absence;
}

test('with the right to replicate alone Samba hides deletions: it is said, and full imports take over', async () => {
  let clock = Date.now();
  const dn = await directory.createUser('unseen');
  await withImporter(
    () => clock,
    async (importer) => {
      await importer.full();
      const anchor = importer.anchor(dn);
      await directory.admin.delete(dn);
      // The deletion is not reported, and no error either: this is what would be lost.
      assert.deepEqual(await importer.delta(), []);
      const warning = importer.warnings.find((w) => w.code === 'ad-permission-missing');
      assert.match(warning?.detail ?? '', /full import every 1 h .*CN=Deleted Objects,DC=corp,DC=example,DC=com/s);
      clock += HOUR_MS;
      await directory.createUser('later');
      await assert.rejects(importer.delta(), { code: 'full-import-required', status: 'success' });
      const items = await importer.full();
      assert.ok(!items.some((item) => 'anchor' in item && item.anchor === anchor));
      assert.deepEqual(await stateOf(importer, anchor), {
        anchor,
        state: 'gone',
        detail: 'It is among the deleted objects, which the account may not read.',
      });
    },
  );
});

test('a full import can be demanded at an interval of one’s own', async () => {
  let clock = Date.now();
  const config = { bind, fullImportEveryMs: 10 * HOUR_MS };
  await using session = await directory.connector(config, { now: () => clock }).open(new AbortController().signal);
  const importer = new Importer(session);
  await importer.full();
  clock += 9 * HOUR_MS;
  await importer.delta();
  clock += HOUR_MS;
  await assert.rejects(importer.delta(), { code: 'full-import-required' });
});

test('an object or a container that is closed to the account is present, not gone', async () => {
  const ou = `OU=Closed,${directory.people}`;
  await directory.admin.add(ou, { objectClass: ['organizationalUnit'] });
  const below = await directory.createUser('below', {}, ou);
  const alone = await directory.createUser('alone');
  const gone = await directory.createUser('gone');
  await withImporter(Date.now, async (importer) => {
    await importer.full();
    const anchors = [below, alone, gone].map((dn) => importer.anchor(dn)) as [string, string, string];
    await deny(ou, '(D;CI;GA;;;%)');
    await deny(alone, '(D;;GA;;;%)');
    await directory.admin.delete(gone);
    const items = await importer.full();
    for (const anchor of anchors) assert.ok(!items.some((item) => 'anchor' in item && item.anchor === anchor), anchor);
    const [hidden, closed, deleted] = await importer.session.confirmAbsent(anchors, importer.request('full'));
    assert.equal(hidden?.state, 'present');
    assert.match(hidden.detail, /"OU=Closed,OU=People,.*" does not let the account see it/);
    assert.match(hidden.remedy ?? '', /Let the account "svc@corp\.example\.com" read/);
    assert.equal(closed?.state, 'present');
    assert.match(closed.detail, /"CN=alone,.*may read nothing of it/);
    assert.equal(deleted?.state, 'gone');
    // Deleted where it was hidden: only the trace among the deleted objects tells.
    await directory.admin.delete(below);
    assert.equal((await stateOf(importer, anchors[0])).state, 'gone');
    assert.equal((await stateOf(importer, '00112233-4455-6677-8899-aabbccddeeff')).state, 'gone');
    assert.equal((await stateOf(importer, 'no guid')).state, 'unconfirmed');
  });
});

test('an object that is there and readable is present, and gone once its type is not asked for', async () => {
  const dn = await directory.createGroup('readable');
  await withImporter(Date.now, async (importer) => {
    await importer.full();
    const anchor = importer.anchor(dn);
    assert.equal((await stateOf(importer, anchor)).state, 'present');
    importer.objectTypes = ['user'];
    assert.equal((await stateOf(importer, anchor)).state, 'gone');
  });
});

test('the command that is named lets deletions be reported', async () => {
  const dn = await directory.createUser('reported');
  await withImporter(Date.now, async (importer) => {
    await importer.full();
    const anchor = importer.anchor(dn);
    const right = () =>
      importer.session
        .preflight(new AbortController().signal)
        .then((checks) => checks.find((c) => c.right === 'see-deleted-objects'));
    const { remedy = '' } = (await right()) ?? {};
    const command = remedy
      .slice(0, remedy.indexOf(' (as root'))
      .replace('<SID>', sid)
      .replace('/var/lib/samba', directory.samba.dir);
    await run('/bin/sh', ['-c', command]);
    assert.equal((await right())?.state, 'granted');
    await directory.admin.delete(dn);
    assert.deepEqual(await importer.delta(), [{ kind: 'delete', anchor }]);
    assert.deepEqual(importer.warnings, []);
    assert.match((await stateOf(importer, anchor)).detail, /among the deleted objects as "CN=reported/);
  });
});

/** By the tool of Samba's administrators; `%` is the SID of the account. */
async function deny(dn: string, ace: string): Promise<void> {
  const { samba } = directory;
  await samba.sambaTool(
    ...['dsacl', 'set', `--objectdn=${dn}`, `--sddl=${ace.replace('%', sid)}`, '-H', samba.url],
    ...['-U', `Administrator%${samba.adminPassword}`],
  );
}
