/** Accounts that may less than they should: named, with the command that helps. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ConnectorError } from '../../src/connectors/contract.ts';
import { RIGHTS } from '../support/samba.ts';
import { asObject, type Directory, Importer, plainReplica, readIndependently, startDirectory } from './directory.ts';

const PASSWORD = 'Passw0rd.of-the-account';
const bind = { user: 'svc@corp.example.com', password: PASSWORD };
let directory: Directory;
before(async () => {
  directory = await startDirectory();
  await directory.samba.createAccount('svc', PASSWORD);
  await directory.createUser('ada', { mail: ['ada@example.com'] });
});
after(() => directory?.[Symbol.asyncDispose]());

async function withSession<T>(
  config: Parameters<Directory['connector']>[0],
  work: (importer: Importer) => Promise<T>,
  watermark?: string,
): Promise<T> {
  await using session = await directory.connector({ bind, ...config }).open(new AbortController().signal);
  const importer = new Importer(session);
  importer.watermark = watermark;
  return await work(importer);
}
const states = (importer: Importer) =>
  importer.session
    .preflight(new AbortController().signal)
    .then((checks) => Object.fromEntries(checks.map((c) => [c.right, c.state])));

let usnWatermark: string | undefined;
let dirSyncWatermark: string | undefined;

test('without the right to replicate, changes are found by uSNChanged, and it is said what to grant', async () => {
  await withSession({}, async (importer) => {
    await importer.full();
    assert.equal(importer.warnings.length, 1);
    assert.equal(importer.warnings[0]?.code, 'ad-permission-missing');
    assert.match(
      importer.warnings[0]?.detail ?? '',
      /DS-Replication-Get-Changes, 1131f6aa-9c07-11d1-f79f-00c04fc2dcd2/,
    );
    assert.match(
      importer.warnings[0]?.detail ?? '',
      /dsacls "DC=corp,DC=example,DC=com" \/G "svc@corp\.example\.com:CA;/,
    );
    assert.deepEqual(asObject(plainReplica(importer.replica)), asObject(await readIndependently(directory.samba)));
    await directory.set(`CN=ada,${directory.people}`, 'mail', 'new@example.com');
    await importer.delta();
    assert.deepEqual(asObject(plainReplica(importer.replica)), asObject(await readIndependently(directory.samba)));
    usnWatermark = importer.watermark;
  });
});

test('DirSync on demand, without the right', async () => {
  await withSession({ changeTracking: 'dirsync' }, async (importer) => {
    await assert.rejects(importer.full(), (error) => {
      assert.ok(error instanceof ConnectorError);
      assert.equal(error.code, 'ad-permission-missing');
      assert.match(error.remedy, /dsacls .*Replicating Directory Changes/);
      return true;
    });
    assert.equal(importer.watermark, undefined);
  });
});

test('what the account may is listed, with a command for what it lacks', async () => {
  await withSession({}, async (importer) => {
    const checks = await importer.session.preflight(new AbortController().signal);
    assert.deepEqual(await states(importer), {
      read: 'granted',
      'replicating-directory-changes': 'missing',
      'replicating-directory-changes-all': 'missing',
      'see-deleted-objects': 'missing',
      'write-consistency-guid': 'missing',
    });
    for (const check of checks) {
      assert.equal(check.remedy !== undefined, check.state !== 'granted');
      assert.ok(check.detail.length > 0 && check.neededFor.length > 0);
    }
  });
});

test('with the right, DirSync after the next full import', async () => {
  await directory.samba.grant(RIGHTS.replicatingDirectoryChanges, 'svc');
  await withSession(
    {},
    async (importer) => {
      await importer.delta();
      await importer.full();
      assert.deepEqual(
        importer.warnings.filter(({ detail }) => !/may not see the deleted objects/.test(detail)),
        [],
      );
      assert.equal((JSON.parse(importer.watermark ?? '') as { mode: string }).mode, 'dirsync');
      assert.equal((await states(importer))['replicating-directory-changes'], 'granted');
      await directory.set(`CN=ada,${directory.people}`, 'mail', 'newer@example.com');
      await importer.delta();
      assert.deepEqual(asObject(plainReplica(importer.replica)), asObject(await readIndependently(directory.samba)));
      dirSyncWatermark = importer.watermark;
    },
    usnWatermark,
  );
});

test('the right to replicate secrets and to write the anchor are seen', async () => {
  await directory.samba.grant(RIGHTS.replicatingDirectoryChangesAll, 'svc');
  await directory.samba.setAce('add', `(OA;CI;RPWP;${RIGHTS.consistencyGuidProperty};;%s)`, 'svc');
  await withSession({}, async (importer) => {
    const found = await states(importer);
    assert.equal(found['replicating-directory-changes-all'], 'granted');
    assert.equal(found['write-consistency-guid'], 'granted');
  });
  await directory.samba.revoke(RIGHTS.replicatingDirectoryChangesAll, 'svc');
});

test('a right that is lost is never read as absence', async () => {
  await directory.samba.revoke(RIGHTS.replicatingDirectoryChanges, 'svc');
  for (const mode of ['delta', 'full'] as const) {
    await withSession(
      {},
      async (importer) => {
        await assert.rejects(importer[mode](), (error) => {
          assert.ok(error instanceof ConnectorError, String(error));
          assert.equal(error.code, 'ad-permission-missing');
          assert.match(error.message, /lost the right/);
          assert.match(error.remedy, /changeTracking: usn/);
          return true;
        });
      },
      dirSyncWatermark,
    );
  }
});
