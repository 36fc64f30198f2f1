/** Password hash synchronization from a real domain controller to the token endpoint of the local tenant. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openReplication, type Replication } from '../../src/connectors/active-directory/replication/client.ts';
import { ReplicationError } from '../../src/connectors/active-directory/replication/errors.ts';
import { SyncClient } from '../../src/connectors/entra/sync-client.ts';
import { PasswordChannel } from '../../src/passwords/channel.ts';
import { createSyncPlaneTarget } from '../../src/passwords/cloud-target.ts';
import type { Eligibility, PasswordSettings } from '../../src/passwords/contract.ts';
import type { PasswordEvent } from '../../src/passwords/events.ts';
import { createMemoryStore } from '../../src/passwords/memory-store.ts';
import { createProcessSource, type ReplicationProcessSource } from '../../src/passwords/process-source.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { run } from '../support/child.ts';
import { RIGHTS, type Samba, startSamba } from '../support/samba.ts';
import { base, syncApp, syncCaller, tenantId, testTenant } from '../tenant/support.ts';

const people = {
  ana: 'Passw0rd!23',
  bjoern: 'Grüße-aus-Köln-日本語-42',
  carla: `${'Long.enough!9 '.repeat(14)}Tail`,
  dora: 'Must.Change!77',
};
const replicator = { user: 'svc-phs', password: 'Repl!cate.2026' };
let samba: Samba;

before(async () => {
  samba = await startSamba({ realm: 'PHS.EXAMPLE.COM', domain: 'PHS' });
  await samba.createAccount(replicator.user, replicator.password);
  await samba.grant(RIGHTS.replicatingDirectoryChanges, replicator.user);
  await samba.grant(RIGHTS.replicatingDirectoryChangesAll, replicator.user);
  await samba.addUsers(Object.entries(people).map(([name, password]) => ({ name, password })));
});
after(() => samba.stop());

const dnOf = (name: string): string => `CN=${name},CN=Users,${samba.baseDn}`;
const open = (who = replicator): Promise<Replication> =>
  openReplication({ host: samba.address, domain: samba.domain, ...who, namingContext: samba.baseDn });

/** sAMAccountName to NT hash, as the domain controller's own tool prints them. */
async function hashesOfTheServer(): Promise<Map<string, string>> {
  const text = await run('pdbedit', ['-L', '-w', '-s', `${samba.dir}/smb.conf`]);
  const rows = text.split('\n').map((line) => line.split(':'));
  return new Map(rows.filter((r) => r.length > 4).map((r) => [r[0]!, r[3]!.toLowerCase()]));
}
/** As an administrator sets it anew. */
const reset = (name: string, password: string): Promise<void> =>
  samba.ldapModify(
    `dn: ${dnOf(name)}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: ${Buffer.from(`"${password}"`, 'utf16le').toString('base64')}\n`,
  );
const replace = (name: string, attribute: string, value: string): Promise<void> =>
  samba.ldapModify(`dn: ${dnOf(name)}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n`);

async function readAll(replication: Replication, watermark?: string) {
  const hashes = new Map<string, string>();
  let last = '';
  for await (const page of replication.changes(samba.baseDn, watermark)) {
    for (const o of page.objects) if (o.ntHash) hashes.set(o.dn.split(',')[0]!.slice(3), o.ntHash.toString('hex'));
    last = page.watermark;
  }
  return { hashes, last };
}

test('hashes over the wire equal those the domain controller prints, of every account', async () => {
  const replication = await open();
  try {
    const { hashes, last } = await readAll(replication);
    const expected = await hashesOfTheServer();
    for (const name of [...Object.keys(people), 'Administrator', 'krbtgt', replicator.user]) {
      assert.equal(hashes.get(name), expected.get(name), name);
      assert.match(expected.get(name)!, /^[0-9a-f]{32}$/);
    }
    assert.equal((await readAll(replication, last)).hashes.size, 0);
    const single = await replication.single(dnOf('bjoern'));
    assert.equal(single!.ntHash!.toString('hex'), expected.get('bjoern'));
    const again = await replication.single(single!.objectGuid);
    assert.equal(again!.samAccountName, 'bjoern');
    assert.equal(await replication.single('11111111-2222-3333-4444-555555555555'), undefined);
  } finally {
    replication.close();
  }
});

test('small pages lead to the same end as large ones', async () => {
  const replication = await openReplication({ host: samba.address, domain: samba.domain, ...replicator, pageSize: 7 });
  try {
    const expected = await hashesOfTheServer();
    const { hashes, last } = await readAll(replication);
    for (const name of Object.keys(people)) assert.equal(hashes.get(name), expected.get(name));
    assert.equal((await readAll(replication, last)).hashes.size, 0);
  } finally {
    replication.close();
  }
});

test('a user principal name serves as well as a domain and a name', async () => {
  const replication = await open({
    user: `${replicator.user}@${samba.realm.toLowerCase()}`,
    password: replicator.password,
  });
  replication.close();
});

test('both rights are needed, and the message says so', async () => {
  const account = { user: 'svc-none', password: 'Nothing!2026' };
  await samba.createAccount(account.user, account.password);
  const attempt = async (): Promise<void> => {
    const replication = await open(account);
    try {
      await readAll(replication);
    } finally {
      replication.close();
    }
  };
  const refused = (error: unknown): true => {
    assert.ok(error instanceof ReplicationError, String(error));
    assert.equal(error.code, 'password-sync-permission');
    assert.match(error.message, /"Replicating Directory Changes" and "Replicating Directory Changes All"/);
    assert.match(
      error.remedy,
      /dsacls "DC=phs,DC=example,DC=com" \/G "PHS\\svc-none:CA;Replicating Directory Changes All"/,
    );
    return true;
  };
  await assert.rejects(attempt(), refused);
  await samba.grant(RIGHTS.replicatingDirectoryChanges, account.user);
  await assert.rejects(attempt(), refused);
  await samba.grant(RIGHTS.replicatingDirectoryChangesAll, account.user);
  await attempt();
  await samba.revoke(RIGHTS.replicatingDirectoryChanges, account.user);
  await assert.rejects(attempt(), refused);
});

test('a wrong password, a disabled account and an unknown one are refused sign-ins', async () => {
  const refused = { code: 'password-sync-dc-failure', reason: 'ad-bind-failed' };
  await assert.rejects(open({ ...replicator, password: 'wrong' }), refused);
  await assert.rejects(open({ user: 'nobody-knows', password: 'x' }), refused);
  await samba.createAccount('svc-off', 'Nothing!2026');
  await replace('svc-off', 'userAccountControl', '514');
  await assert.rejects(open({ user: 'svc-off', password: 'Nothing!2026' }), refused);
});

test('an account that expired, and one that was locked by wrong passwords, are refused sign-ins; both work again', async () => {
  const refused = { code: 'password-sync-dc-failure', reason: 'ad-bind-failed', retry: 'later' };
  const who = { user: 'svc-late', password: 'Nothing!2026' };
  await samba.createAccount(who.user, who.password);
  await samba.grant(RIGHTS.replicatingDirectoryChanges, who.user);
  await samba.grant(RIGHTS.replicatingDirectoryChangesAll, who.user);
  const works = async (): Promise<void> => (await open(who)).close();
  await works();
  await replace(who.user, 'accountExpires', '130000000000000000');
  await assert.rejects(open(who), refused);
  await replace(who.user, 'accountExpires', '0');
  await works();
  await samba.setDomainPolicy({ lockoutThreshold: 2, lockoutDuration: -18_000_000_000 });
  for (let i = 0; i < 3; i++) await assert.rejects(open({ ...who, password: 'wrong' }), refused);
  await assert.rejects(open(who), refused, 'the right password of a locked account');
  await replace(who.user, 'lockoutTime', '0');
  await works();
  await samba.setDomainPolicy({ lockoutThreshold: 0 });
});

/** A channel from the domain controller to a tenant that holds the people, through the replication process. */
async function createChannel(settings: Partial<PasswordSettings> = {}) {
  const tenant = testTenant({ settings: { features: { passwordSyncEnabled: true } } });
  const eligibility = new Map<string, Eligibility>();
  const anchors = new Map<string, string>();
  const replication = await open();
  for (const name of Object.keys(people)) {
    const account = await replication.single(dnOf(name));
    if (!account) continue; // deleted by a test before
    account.ntHash!.fill(0);
    anchors.set(name, account.objectGuid);
    eligibility.set(account.objectGuid, { eligible: true, sourceAnchor: anchorOf(account.objectGuid) });
  }
  replication.close();
  await provision(tenant, anchors);
  const client = new SyncClient({
    url: base,
    tenantId,
    clientId: syncApp.appId,
    secret: syncApp.secret,
    timeoutMs: 5000,
    fetch: (request) => tenant.fetch(request),
  });
  const events: PasswordEvent[] = [];
  const source = createProcessSource({ credential: () => ({ domain: samba.domain, ...replicator }) });
  const store = createMemoryStore();
  const domain = {
    namingContext: samba.baseDn,
    servers: [samba.address],
    open: (server: string, signal: AbortSignal) => source.open(server, samba.baseDn, signal),
  };
  const channel = new PasswordChannel({
    connector: 'phs',
    domains: [domain],
    target: createSyncPlaneTarget(client, base),
    eligible: (guids) => new Map(guids.flatMap((g) => (eligibility.has(g) ? [[g, eligibility.get(g)!]] : []))),
    settings: () => ({ enabled: true, staging: false, ready: true, ...settings }),
    store,
    onEvent: (event) => events.push(event),
  });
  return { tenant, channel, source, events, anchors, eligibility };
}
const anchorOf = (objectGuid: string): string => Buffer.from(objectGuid).toString('base64').slice(0, 24);
const upn = (name: string): string => `${name}@contoso.com`;

async function provision(tenant: Tenant, anchors: ReadonlyMap<string, string>): Promise<void> {
  const call = await syncCaller(tenant);
  const objects = [...anchors].map(([name, guid]) => ({
    operation: 'Add',
    objectType: 'User',
    sourceAnchor: anchorOf(guid),
    properties: { userPrincipalName: upn(name), displayName: name, accountEnabled: true },
  }));
  const { body } = await call('POST', '/sync/v1/provision', { objects });
  assert.deepEqual(new Set(body.results.map((r: { resultCode: string }) => r.resultCode)), new Set(['Success']));
}
async function change(
  tenant: Tenant,
  guid: string,
  operation: 'Set' | 'Delete',
  properties: object = {},
): Promise<void> {
  const call = await syncCaller(tenant);
  const object = { operation, objectType: 'User', sourceAnchor: anchorOf(guid), properties };
  const { body } = await call('POST', '/sync/v1/provision', { objects: [object] });
  assert.equal(body.results[0].resultCode, 'Success', JSON.stringify(body));
}
/** `ok`, or the AADSTS number of the refusal. */
async function signIn(tenant: Tenant, name: string, password: string): Promise<string> {
  const form = { grant_type: 'password', username: upn(name), password, scope: 'openid' };
  const body = new URLSearchParams({ ...form, client_id: syncApp.appId, client_secret: syncApp.secret });
  const response = await tenant.fetch(new Request(`${base}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body }));
  const answer = (await response.json()) as { error_description?: string };
  return response.ok ? 'ok' : (/AADSTS\d+/.exec(answer.error_description ?? '')?.[0] ?? 'refused');
}
async function end(world: {
  channel: PasswordChannel;
  source: ReplicationProcessSource;
  tenant: Tenant;
}): Promise<void> {
  await world.channel.stop();
  await world.source.close();
  world.tenant.close();
}

test('set, change, reset, must change, disable, move and delete end in the right sign-in results', async () => {
  const world = await createChannel();
  const { tenant, channel, anchors } = world;
  const cycle = async (): Promise<void> => assert.deepEqual(await channel.cycle(), { errors: [] });
  try {
    assert.equal(await signIn(tenant, 'ana', people.ana), 'AADSTS50126');
    await cycle();
    for (const [name, password] of Object.entries(people)) {
      assert.equal(await signIn(tenant, name, password), 'ok', name);
      assert.equal(await signIn(tenant, name, `${password}x`), 'AADSTS50126', name);
    }
    await reset('ana', 'Another.One!9');
    await cycle();
    assert.equal(await signIn(tenant, 'ana', people.ana), 'AADSTS50126');
    assert.equal(await signIn(tenant, 'ana', 'Another.One!9'), 'ok');
    await samba.sambaTool('user', 'setpassword', 'ana', '--newpassword=Übergang.2026!');
    await cycle();
    assert.equal(await signIn(tenant, 'ana', 'Übergang.2026!'), 'ok');

    await replace('dora', 'pwdLastSet', '0');
    await cycle();
    const [held] = await channel.history(anchors.get('dora')!);
    assert.deepEqual([held!.status, held!.reason], ['FilteredByTarget', 'must-change-at-next-logon']);
    await replace('dora', 'pwdLastSet', '-1');
    await cycle();
    assert.equal((await channel.history(anchors.get('dora')!))[0]!.status, 'Success');

    const sent = world.events.filter((e) => e.name === 'batchEnded').length;
    await replace('bjoern', 'userAccountControl', '514');
    await samba.ldapModify(
      `dn: ${dnOf('carla')}\nchangetype: modrdn\nnewrdn: CN=carla\ndeleteoldrdn: 1\nnewsuperior: CN=Computers,${samba.baseDn}\n`,
    );
    await cycle();
    assert.equal(
      world.events.filter((e) => e.name === 'batchEnded').length,
      sent,
      'neither is a change of the password',
    );
    await change(tenant, anchors.get('bjoern')!, 'Set', { accountEnabled: false });
    assert.equal(await signIn(tenant, 'bjoern', people.bjoern), 'AADSTS50057');
    assert.equal(await signIn(tenant, 'carla', people.carla), 'ok');

    await samba.ldapModify(`dn: CN=carla,CN=Computers,${samba.baseDn}\nchangetype: delete\n`);
    await cycle();
    await change(tenant, anchors.get('carla')!, 'Delete');
    assert.notEqual(await signIn(tenant, 'carla', people.carla), 'ok');
  } finally {
    await end(world);
  }
});

test('the replication process knows its credential from nobody but its parent, and may do nothing else', async () => {
  const world = await createChannel();
  try {
    await world.channel.cycle();
    const [check] = await world.channel.check();
    assert.equal(check!.error, undefined);
    const pid = world.source.pid!;
    const told = (await run('cat', [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])).replaceAll('\0', ' ');
    assert.match(told, /--permission .*process-main\.ts/);
    assert.doesNotMatch(told, /Repl!cate|svc-phs|PATH=/);
    assert.doesNotMatch(JSON.stringify([world.events, await world.channel.status()]), /Repl!cate|PPH1/);
    // A process that dies is replaced in the next cycle.
    process.kill(pid, 'SIGKILL');
    for (const deadline = performance.now() + 5000; world.source.pid === pid && performance.now() < deadline; )
      await delay(5);
    assert.deepEqual(await world.channel.cycle(), { errors: [] });
    assert.notEqual(world.source.pid, pid);
  } finally {
    await end(world);
  }
});

test('a domain controller that is killed in the middle is told about, and nothing is lost', async () => {
  const world = await createChannel();
  const { channel, tenant } = world;
  try {
    await channel.cycle();
    await reset('ana', 'While.Down!1');
    const replication = await open();
    const pages = replication.changes(samba.baseDn);
    await pages.next();
    await samba.down('kill');
    await assert.rejects(replication.single(dnOf('ana')), { code: 'password-sync-dc-failure', retry: 'reconnect' });
    const { errors } = await channel.cycle();
    assert.equal(errors[0]!.code, 'password-sync-dc-failure');
    assert.equal(errors[0]!.reason, 'connection-refused');
    assert.match(errors[0]!.message, new RegExp(`${samba.address}:135 refuses the connection`));
    assert.equal(world.events.filter((e) => e.id === 611).length, 1);
    await samba.up();
    assert.deepEqual(await channel.cycle(), { errors: [] });
    assert.equal(await signIn(tenant, 'ana', 'While.Down!1'), 'ok');
    assert.equal((await channel.status()).domains[0]!.lastError, undefined);
  } finally {
    await end(world);
  }
});

test('a changed password works in the cloud within five seconds when the channel is told', async () => {
  const world = await createChannel();
  const { channel, tenant } = world;
  try {
    await channel.cycle();
    channel.start();
    await reset('ana', 'Quick.Change!5');
    const start = performance.now();
    channel.trigger();
    while ((await signIn(tenant, 'ana', 'Quick.Change!5')) !== 'ok') {
      assert.ok(performance.now() - start < 5000, 'it took more than five seconds');
      await delay(20);
    }
  } finally {
    await end(world);
  }
});
