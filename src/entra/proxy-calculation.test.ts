import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AttributeValue } from '../model/value.ts';
import type { Licence } from './objects.ts';
import { calculateMailNickname, isExchangeRecipient, sanitiseAddresses, toNickname } from './proxy-calculation.ts';
import { planRecalculation } from './recalculation.ts';
import { add, addUser, anchor, set, settingsWith, type World, world } from './test-world.ts';

const sanitised = (values: string[], verifiedOnly = false) =>
  sanitiseAddresses(values, 'user', settingsWith(), verifiedOnly);

describe('values of proxyAddresses (entra-directory s.2.2)', () => {
  it('drops values without prefix, with white space or with invalid characters', () => {
    const { kept, dropped } = sanitised([
      'bob@contoso.com',
      'smtp:bo b@contoso.com',
      'smtp:bób@contoso.com',
      'smtp:bob@',
      'SMTP:ok@contoso.com',
    ]);
    assert.deepEqual(kept, ['SMTP:ok@contoso.com']);
    assert.deepEqual(
      dropped.map((d) => d.reason),
      ['no-prefix', 'invalid-address', 'invalid-address', 'invalid-address'],
    );
  });
  it('and that is no error of the object (entra-directory s.2.2)', () => {
    const proxyAddresses = ['bob@contoso.com', 'smtp:bo b@contoso.com', 'MSMAIL:X/Y', 'smtp:b@x.onmicrosoft.com'];
    const outcome = world().plan(addUser(1, { userPrincipalName: 'b@contoso.com', proxyAddresses }));
    assert.deepEqual([outcome.result.resultCode, outcome.result.quarantined], ['Success', undefined]);
    assert.deepEqual(outcome.changes.graph.proxyAddresses, []);
    assert.deepEqual(outcome.changes.shadow.proxyAddresses, proxyAddresses, 'as they were sent');
  });
  it('keeps SIP, X500, EUM and SPO and drops legacy protocols', () => {
    const living = [
      'SIP:bob@contoso.com',
      'X500:/o=Contoso/ou=First Group/cn=bob',
      'EUM:1234;phone-context=x',
      'SPO:SPO_1@SPO_2',
    ];
    const { kept, dropped } = sanitised([...living, 'MSMAIL:X/Y/Z', 'X400:c=us;a= ;p=Contoso', 'CCMAIL:bob at post']);
    assert.deepEqual(kept, living);
    assert.deepEqual(new Set(dropped.map((d) => d.reason)), new Set(['legacy-protocol']));
  });
  it('drops the suffixes of the cloud; contacts keep those of other tenants', () => {
    const values = [
      'smtp:a@contoso.onmicrosoft.com',
      'smtp:b@fabrikam.onmicrosoft.com',
      'smtp:c@x.microsoftonline.com',
    ];
    assert.deepEqual(sanitised(values).kept, []);
    assert.deepEqual(sanitiseAddresses(values, 'contact', settingsWith(), false).kept, values.slice(1));
  });
  it('drops domains that are not verified for Exchange recipients only', () => {
    const values = ['SMTP:a@contoso.com', 'smtp:a@pending.com', 'smtp:a@unknown.com'];
    assert.deepEqual(sanitised(values).kept, values);
    assert.deepEqual(sanitised(values, true).kept, ['SMTP:a@contoso.com']);
    const { w, id } = start({ userPrincipalName: 'a@contoso.com', proxyAddresses: values });
    assert.deepEqual(shown(w, id).proxyAddresses, values);
    license(w, id, 'exchange');
    assert.deepEqual(shown(w, id).proxyAddresses, ['SMTP:a@contoso.com', 'smtp:a@contoso.onmicrosoft.com']);
    const mail = start({ userPrincipalName: 'b@contoso.com', mail: 'b@pending.com' });
    assert.equal(shown(mail.w, mail.id).mail, 'b@pending.com');
    license(mail.w, mail.id, 'exchange');
    assert.equal(shown(mail.w, mail.id).mail, 'b@contoso.onmicrosoft.com');
  });
  it('has one primary at most, and one value for an address in two letter cases', () => {
    assert.deepEqual(sanitised(['smtp:A@contoso.com', 'SMTP:a@contoso.com', 'SMTP:b@contoso.com']).kept, [
      'SMTP:a@contoso.com',
      'smtp:b@contoso.com',
    ]);
  });
});

describe('mailNickname (entra-directory s.2.4)', () => {
  const all = {
    alias: 'alias',
    proxyAddresses: ['smtp:second@contoso.com', 'SMTP:first@contoso.com'],
    mail: 'mail@contoso.com',
    userPrincipalName: 'upn@contoso.com',
  };
  it('takes the first of alias, primary address, mail, sign-in name, other address', () => {
    const { alias: _, ...noAlias } = all;
    assert.equal(calculateMailNickname(all), 'alias');
    assert.equal(calculateMailNickname(noAlias), 'first');
    assert.equal(calculateMailNickname({ ...noAlias, proxyAddresses: ['smtp:second@contoso.com'] }), 'mail');
    assert.equal(
      calculateMailNickname({
        userPrincipalName: all.userPrincipalName,
        proxyAddresses: all.proxyAddresses.slice(0, 1),
      }),
      'upn',
    );
    assert.equal(calculateMailNickname({ proxyAddresses: ['smtp:second@contoso.com'] }), 'second');
  });
  it('has only characters an alias may have, at most 64', () => {
    assert.equal(toNickname('.Åsa (Sales);x.'), 'saSalesx');
    assert.equal(toNickname('a'.repeat(80))?.length, 64);
    assert.equal(toNickname('@@'), undefined);
  });
  it('changes later only with the alias of the directory', () => {
    const w = world();
    const { id } = w.run(addUser(1, { mail: 'one@contoso.com', userPrincipalName: 'u@contoso.com' }));
    w.run(set('User', anchor(1), { mail: 'two@contoso.com' }));
    assert.equal(w.object(id).graph.mailNickname, 'one');
    w.run(set('User', anchor(1), { alias: 'three' }));
    assert.equal(w.object(id).graph.mailNickname, 'three');
    w.run(set('User', anchor(1), { alias: null }));
    assert.equal(w.object(id).graph.mailNickname, 'three');
  });
});

const shown = (w: World, id: string | undefined) => {
  const { mail, mailNickname, proxyAddresses, userPrincipalName } = w.object(id).graph;
  return { mail, mailNickname, proxyAddresses: proxyAddresses ?? [], userPrincipalName };
};
function license(w: World, id: string | undefined, licence: Licence): void {
  const object = w.change(id, { licence });
  const recalculation = planRecalculation(object, 'licence', w.index, w.settings, w.context);
  if (recalculation === undefined) return;
  const { graph, moera } = recalculation.changes;
  w.change(id, { graph: { ...object.graph, ...graph }, moera: moera ?? object.moera });
}
const start = (properties: Record<string, AttributeValue>, licence: Licence = 'none') => {
  const w = world();
  const { id } = w.run(addUser(1, properties));
  license(w, id, licence);
  return { w, id };
};

describe('worked scenarios of the proxy calculation (entra-directory s.2.4)', () => {
  it('no mail data: alias and sign-in name; with a licence the sign-in name becomes the address', () => {
    const { w, id } = start({ userPrincipalName: 'user1upn@contoso.com' });
    assert.deepEqual(shown(w, id), {
      mail: undefined,
      mailNickname: 'user1upn',
      proxyAddresses: [],
      userPrincipalName: 'user1upn@contoso.com',
    });
    license(w, id, 'exchange');
    assert.deepEqual(shown(w, id), {
      mail: 'user1upn@contoso.com',
      mailNickname: 'user1upn',
      proxyAddresses: ['SMTP:user1upn@contoso.com', 'smtp:user1upn@contoso.onmicrosoft.com'],
      userPrincipalName: 'user1upn@contoso.com',
    });
  });

  it('mail only: mail is the primary, with a licence sign-in name and routing address come along', () => {
    const { w, id } = start({ userPrincipalName: 'user2upn@contoso.com', mail: 'user2mail@contoso.com' });
    assert.deepEqual(shown(w, id), {
      mail: 'user2mail@contoso.com',
      mailNickname: 'user2mail',
      proxyAddresses: ['SMTP:user2mail@contoso.com'],
      userPrincipalName: 'user2upn@contoso.com',
    });
    license(w, id, 'exchange');
    assert.deepEqual(shown(w, id).proxyAddresses, [
      'SMTP:user2mail@contoso.com',
      'smtp:user2upn@contoso.com',
      'smtp:user2mail@contoso.onmicrosoft.com',
    ]);
  });

  it('addresses with values of the cloud, then another primary: routing address and alias stay', () => {
    const addresses = (n: string) => [
      `smtp:user3${n}3@fabrikam.microsoftonline.com`,
      `smtp:user3${n}2@contoso.onmicrosoft.com`,
      `SMTP:user3${n}1@contoso.com`,
    ];
    const { w, id } = start({ userPrincipalName: 'user3upn@contoso.com', proxyAddresses: addresses('pa') }, 'exchange');
    const rest = { mailNickname: 'user3pa1', userPrincipalName: 'user3upn@contoso.com' };
    const others = ['smtp:user3upn@contoso.com', 'smtp:user3pa1@contoso.onmicrosoft.com'];
    assert.deepEqual(shown(w, id), {
      ...rest,
      mail: 'user3pa1@contoso.com',
      proxyAddresses: ['SMTP:user3pa1@contoso.com', ...others],
    });
    w.run(set('User', anchor(1), { proxyAddresses: addresses('new') }));
    assert.deepEqual(shown(w, id), {
      ...rest,
      mail: 'user3new1@contoso.com',
      proxyAddresses: ['SMTP:user3new1@contoso.com', ...others],
    });
  });

  it('licence removed: the sign-in name goes, the routing address is promoted; a later secondary brings the name back', () => {
    const { w, id } = start({ userPrincipalName: 'user4upn@contoso.com' }, 'exchange');
    license(w, id, 'none');
    assert.deepEqual(shown(w, id).proxyAddresses, ['SMTP:user4upn@contoso.onmicrosoft.com']);
    assert.equal(shown(w, id).mail, 'user4upn@contoso.onmicrosoft.com');
    w.run(set('User', anchor(1), { proxyAddresses: ['smtp:user4new@contoso.com'] }));
    assert.deepEqual(shown(w, id).proxyAddresses, [
      'SMTP:user4upn@contoso.onmicrosoft.com',
      'smtp:user4new@contoso.com',
      'smtp:user4upn@contoso.com',
    ]);
  });

  it('alias changed: addresses stay as they are', () => {
    const { w, id } = start({ userPrincipalName: 'user5upn@contoso.com' }, 'exchange');
    const before = shown(w, id);
    w.run(set('User', anchor(1), { alias: 'user5new1' }));
    assert.deepEqual(shown(w, id), { ...before, mailNickname: 'user5new1' });
  });

  it('two users with one alias: the second routing address gets four digits', () => {
    const w = world();
    const ids = ['a', 'b'].map(
      (letter, i) => w.run(addUser(i + 1, { userPrincipalName: `user6${letter}@contoso.com`, alias: 'user6mnn' })).id,
    );
    for (const id of ids) license(w, id, 'exchange');
    assert.deepEqual(
      ids.map((id) => shown(w, id).mailNickname),
      ['user6mnn', 'user6mnn'],
    );
    assert.deepEqual(shown(w, ids[0]).proxyAddresses, [
      'SMTP:user6a@contoso.com',
      'smtp:user6mnn@contoso.onmicrosoft.com',
    ]);
    assert.deepEqual(shown(w, ids[1]).proxyAddresses, [
      'SMTP:user6b@contoso.com',
      'smtp:user6mnn0001@contoso.onmicrosoft.com',
    ]);
  });

  it('suffix not verified: sign-in name of the alias, evaluated again only when it is sent again', () => {
    const { w, id } = start({
      userPrincipalName: 'us3@pending.com',
      mail: 'us2@pending.com',
      proxyAddresses: ['SMTP:us1@pending.com'],
    });
    const upn = () => shown(w, id).userPrincipalName;
    assert.equal(shown(w, id).mailNickname, 'us1');
    assert.equal(upn(), 'us1@contoso.onmicrosoft.com');
    w.run(set('User', anchor(1), { alias: 'us4' }));
    assert.equal(upn(), 'us1@contoso.onmicrosoft.com');
    w.run(set('User', anchor(1), { userPrincipalName: 'us5@pending.com' }));
    assert.equal(upn(), 'us4@contoso.onmicrosoft.com');
    w.run(set('User', anchor(1), { proxyAddresses: ['SMTP:us6@pending.com'], mail: 'us7@pending.com' }));
    assert.equal(shown(w, id).mailNickname, 'us4');
    assert.equal(upn(), 'us4@contoso.onmicrosoft.com');
    w.run(set('User', anchor(1), { userPrincipalName: 'us5@contoso.com' }));
    assert.equal(upn(), 'us5@contoso.com');
  });

  it('a domain that is verified later, or removed, changes the names of all users without a synchronization', () => {
    const { w, id } = start({ userPrincipalName: 'us3@pending.com' });
    const change = () => planRecalculation(w.object(id), 'domains', w.index, w.settings, w.context)?.changes.graph;
    assert.equal(change(), undefined);
    w.settings = { ...w.settings, domain: (name) => ({ name, verified: true, authentication: 'Managed' }) };
    assert.deepEqual(change(), { userPrincipalName: 'us3@pending.com' });
    const object = w.object(id);
    w.change(id, { graph: { ...object.graph, userPrincipalName: 'us3@pending.com' } });
    assert.equal(change(), undefined, 'settled');
    w.settings = { ...w.settings, domain: () => undefined };
    assert.deepEqual(change(), { userPrincipalName: 'us3@contoso.onmicrosoft.com' });
  });
});

describe('rules of the proxy calculation (entra-directory s.2.4)', () => {
  it('step 2: addresses mask mail, either masks the sign-in name', () => {
    const { w, id } = start(
      { userPrincipalName: 'u@contoso.com', mail: 'm@contoso.com', proxyAddresses: ['smtp:p@contoso.com'] },
      'exchange',
    );
    assert.equal(shown(w, id).mail, 'm@contoso.onmicrosoft.com');
    assert.ok(!(shown(w, id).proxyAddresses as string[]).includes('smtp:m@contoso.com'));
  });
  it('step 4: a remote or shared mailbox counts as licensed (sync-engine s.4.6)', () => {
    assert.equal(isExchangeRecipient({ msExchRemoteRecipientType: 4 }, 'none'), true);
    assert.equal(isExchangeRecipient({ cloudMSExchRecipientDisplayType: 1073741824 }, undefined), true);
    assert.equal(isExchangeRecipient({ cloudMSExchRecipientDisplayType: 6 }, undefined), false);
    const { w, id } = start({ userPrincipalName: 'u@contoso.com', msExchRemoteRecipientType: 1 });
    assert.equal(shown(w, id).mail, 'u@contoso.com');
  });
  it('step 5: only secondary values make the routing address primary', () => {
    const { w, id } = start({ userPrincipalName: 'u@contoso.com', proxyAddresses: ['smtp:p@contoso.com'] });
    assert.deepEqual(shown(w, id).proxyAddresses, [
      'SMTP:u@contoso.onmicrosoft.com',
      'smtp:p@contoso.com',
      'smtp:u@contoso.com',
    ]);
  });
  it('a new sign-in name of a licensed user becomes an address', () => {
    const { w, id } = start({ userPrincipalName: 'u@contoso.com', mail: 'm@contoso.com' }, 'exchange');
    w.run(set('User', anchor(1), { userPrincipalName: 'v@contoso.com' }));
    assert.ok((shown(w, id).proxyAddresses as string[]).includes('smtp:v@contoso.com'));
  });
  it('a user who comes back finds the routing address taken and gets another one', () => {
    const w = world();
    const { id } = w.run(
      addUser(1, { userPrincipalName: 'a@contoso.com', alias: 'cook', proxyAddresses: ['smtp:x@contoso.com'] }),
    );
    w.run({ ...addUser(1, {}), operation: 'Delete', properties: {} });
    w.run(addUser(2, { userPrincipalName: 'b@contoso.com', alias: 'cook', proxyAddresses: ['smtp:y@contoso.com'] }));
    w.run(addUser(1, { userPrincipalName: 'a@contoso.com', alias: 'cook', proxyAddresses: ['smtp:x@contoso.com'] }));
    assert.equal(shown(w, id).mail, 'cook0001@contoso.onmicrosoft.com');
  });
  it('groups and contacts keep what was sent; mail is the primary where there is no address', () => {
    const w = world();
    const group = w.run(add('Group', anchor(1), { mail: 'g@contoso.com', securityEnabled: false })).id;
    assert.deepEqual(w.object(group).graph.proxyAddresses, ['SMTP:g@contoso.com']);
    assert.equal(w.object(group).graph.mailEnabled, true);
    const contact = w.run(add('Contact', anchor(2), { proxyAddresses: ['SMTP:c@elsewhere.org'] })).id;
    assert.equal(w.object(contact).graph.mail, 'c@elsewhere.org');
  });
});
