/** Mail about conflicts to the technical contacts of the organization (entra-directory s.2.3, 3.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carryOut } from '../../src/tenant/administration.ts';
import { hour, person, world } from './rules-world.ts';

const contacts = { technicalNotificationMails: ['it@contoso.com', 'night@contoso.com'] };
const address = (...proxyAddresses: string[]) => ({ proxyAddresses });
type World = Awaited<ReturnType<typeof world>>;
const mails = (w: World) => w.tenant.mails(10);

test('a withheld value is told of once, when it is set aside, and again only after it healed (s.2.3)', async () => {
  const w = await world({}, contacts);
  await w.provision('Add', 'User', 'ana1', person('ana', address('SMTP:ana@contoso.com', 'smtp:shared@contoso.com')));
  assert.equal(mails(w).length, 0, 'nothing to tell');
  await w.provision('Add', 'User', 'bob1', person('bob', address('SMTP:bob@contoso.com', 'smtp:shared@contoso.com')));
  const [mail, ...others] = mails(w);
  assert.equal(others.length, 0);
  assert.deepEqual(mail?.recipients, contacts.technicalNotificationMails);
  assert.equal(mail?.at, '2026-01-01T12:00:00.000Z');
  assert.match(mail?.text ?? '', /"bob".*proxy address smtp:shared@contoso\.com exists in the online directory/);
  await w.provision('Set', 'User', 'bob1', { title: 'Boss' });
  await w.provision(
    'Set',
    'User',
    'bob1',
    address('SMTP:bob@contoso.com', 'smtp:bo@contoso.com', 'smtp:SHARED@contoso.com'),
  );
  await w.pass(3 * hour);
  assert.equal(mails(w).length, 1, 'while the conflict lasts nobody is told again');
  await w.provision('Set', 'User', 'ana1', address('SMTP:ana@contoso.com'));
  await w.pass(hour);
  assert.deepEqual((await w.user('bob@contoso.com', 'onPremisesProvisioningErrors')).onPremisesProvisioningErrors, []);
  await w.provision('Set', 'User', 'bob1', address('SMTP:bob@contoso.com'));
  await w.provision('Set', 'User', 'ana1', address('SMTP:ana@contoso.com', 'smtp:shared@contoso.com'));
  await w.provision('Set', 'User', 'bob1', address('SMTP:bob@contoso.com', 'smtp:shared@contoso.com'));
  assert.equal(mails(w).length, 2, 'a conflict that comes back is a new one');
});

test('the variants of the mail: user id, address, value associated with another object (s.3.2)', async () => {
  const w = await world({}, contacts);
  const sid = {
    onPremiseSecurityIdentifier: {
      base64: Buffer.from('010500000000000515000000010000000200000003000000ffff0000', 'hex').toString('base64'),
    },
  };
  await w.provision('Add', 'User', 'ana1', { ...person('ana', address('SMTP:ana@contoso.com')), ...sid });
  const named = await w.provision('Add', 'User', 'ana2', { ...person('ana'), displayName: 'Second' });
  assert.equal(named.resultCode, 'Success');
  assert.match(
    mails(w)[0]?.text ?? '',
    /"Second": the user ID ana@contoso\.com was not found .*ana\d{4}@contoso\.onmicrosoft\.com for now/,
  );
  for (let cycle = 0; cycle < 3; cycle++) {
    const refused = await w.provision('Add', 'User', 'ana3', { ...person('third'), ...sid });
    assert.equal(refused.errorCode, 'AttributeValueMustBeUnique');
  }
  assert.equal(mails(w).length, 2, 'refused every cycle, told of once');
  assert.match(mails(w)[0]?.text ?? '', /"third": .*OnPremiseSecurityIdentifier .* associated with another object/);
  await w.provision('Add', 'Group', 'grp1', {
    displayName: 'Staff',
    ...address('SMTP:staff@contoso.com', 'smtp:ana@contoso.com'),
  });
  assert.equal(mails(w).length, 3);
  assert.match(mails(w)[0]?.text ?? '', /^Group "Staff": an object with the proxy address smtp:ana@contoso\.com/);
});

test('without technical contacts nobody is told; Graph names them', async () => {
  const w = await world();
  const organization = `/organization/${w.tenant.tenantId}`;
  await w.provision('Add', 'User', 'ana1', person('ana'));
  await w.provision('Add', 'User', 'ana2', person('ana'));
  assert.equal(mails(w).length, 0);
  assert.equal((await w.graph('PATCH', organization, contacts)).status, 204);
  await w.provision('Add', 'User', 'ana3', person('ana'));
  assert.deepEqual(mails(w)[0]?.recipients, contacts.technicalNotificationMails);
});

test('the order "mail" shows them, newest first; an emptied tenant has none', async () => {
  const w = await world({}, contacts);
  await w.provision('Add', 'User', 'ana1', person('ana'));
  for (const name of ['two', 'three']) {
    await w.provision('Add', 'User', name, { ...person('ana'), displayName: name });
    await w.pass(1000);
  }
  assert.equal(carryOut(w.tenant, { kind: 'facts' }).mail, undefined);
  const shown = carryOut(w.tenant, { kind: 'mail' }).mail ?? [];
  assert.deepEqual(
    shown.map((mail) => /"(\w+)"/.exec(mail.text)?.[1]),
    ['three', 'two'],
  );
  w.tenant.reset();
  assert.deepEqual(carryOut(w.tenant, { kind: 'mail' }).mail, []);
});
