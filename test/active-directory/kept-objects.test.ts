/** What a lost right hides stays in the cloud, and is told; what was deleted goes (law 4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptObjects } from '../../src/diagnosis/detectors/kept-objects.ts';
import type { DiagnosisContext } from '../../src/diagnosis/diagnose-context.ts';
import { createEngine } from '../../src/sync/context.ts';
import { Lab } from '../main-job/lab.ts';
import { RIGHTS, startSamba } from '../support/samba.ts';

const PASSWORD = 'Passw0rd.of-the-account';

test('a DENY on a container takes nobody away, and a deletion is carried out without being reported', async () => {
  await using samba = await startSamba();
  const sid = await samba.createAccount('svc', PASSWORD);
  await samba.grant(RIGHTS.replicatingDirectoryChanges, 'svc');
  await samba.setAce('add', `(OA;CI;RPWP;${RIGHTS.consistencyGuidProperty};;%s)`, 'svc');
  const closed = `OU=Closed,${samba.baseDn}`;
  const open = `OU=Open,${samba.baseDn}`;
  await samba.addObjects([closed, open].map((dn) => ({ dn, attributes: { objectClass: 'organizationalUnit' } })));
  const people = [
    { name: 'hidden1', parent: closed },
    { name: 'hidden2', parent: closed },
    { name: 'leaver', parent: open },
    { name: 'stayer', parent: open },
  ];
  await samba.addUsers(people.map((user) => ({ ...user, password: 'Passw0rd.of-somebody' })));
  using lab = new Lab([{ ...samba, adminUser: 'svc@corp.example.com', adminPassword: PASSWORD }]);
  const names = async () =>
    Object.values(await lab.cloud())
      .map(({ displayName }) => displayName ?? '')
      .filter((name) => people.some((p) => p.name === name));
  await lab.cycle('initial');
  await lab.cycle();
  assert.deepEqual((await names()).sort(), ['hidden1', 'hidden2', 'leaver', 'stayer']);

  await samba.sambaTool(
    ...['dsacl', 'set', `--objectdn=${closed}`, `--sddl=(D;CI;RPLCLORC;;;${sid})`, '-H', samba.url],
    ...['-U', `Administrator%${samba.adminPassword}`],
  );
  await samba.ldapModify(`dn: CN=leaver,${open}\nchangetype: delete\n`);
  await lab.cycle('initial');
  assert.deepEqual((await names()).sort(), ['hidden1', 'hidden2', 'stayer']);
  const kept = lab.store.records.errorsOfPhase('import').filter((e) => e.code === 'not-confirmed-absent');
  const dns = kept.map((e) => lab.store.cs.get(e.cs)?.dn ?? '');
  assert.ok(dns.includes(`CN=hidden1,${closed}`) && dns.includes(`CN=hidden2,${closed}`), dns.join('; '));
  assert.ok(lab.logged.some((line) => /not come in the full import .* and are kept/.test(line)));

  const context = { store: lab.store, engine: createEngine(lab.env) } as unknown as DiagnosisContext;
  const findings = await keptObjects.detect(context);
  const finding = findings.find((f) => f.summary.includes(closed) && f.affected === 2);
  assert.equal(finding?.code, 'ad-permission-missing');
  assert.equal(finding.errorCode, 'not-confirmed-absent');
  assert.match(finding.summary, /They were not deleted: the account may not read them any more/);
  assert.match(finding.evidence?.[0]?.fact ?? '', /"OU=Closed,.*" does not let the account see it/);

  // Deleted while hidden: the next full import proves it. Seen again: nothing is left of the finding.
  await samba.ldapModify(`dn: CN=hidden1,${closed}\nchangetype: delete\n`);
  await samba.setAce('remove', '(D;CI;RPLCLORC;;;%s)', 'svc', closed);
  await lab.cycle('initial');
  assert.deepEqual((await names()).sort(), ['hidden2', 'stayer']);
  assert.deepEqual(lab.store.records.errorsOfPhase('import'), []);
});
