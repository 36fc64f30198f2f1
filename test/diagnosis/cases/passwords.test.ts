/** Section F of the casebook: passwords on their way from a real domain controller to a running tenant, held up and freed. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { createEntraSyncConnector } from '../../../src/connectors/entra/sync.ts';
import type { Finding } from '../../../src/diagnosis/findings/finding.ts';
import type { LoadedConfiguration } from '../../../src/service/configuration/configuration.ts';
import { PasswordConnector } from '../../../src/service/passwords/connector.ts';
import type { PasswordConfiguration } from '../../../src/service/passwords/settings.ts';
import { RIGHTS, type Samba, startSamba } from '../../support/samba.ts';
import { Clinic } from './clinic.ts';
import { everyCaseHeals } from './proof.ts';
import { grant } from './remedies.ts';

everyCaseHeals();

const name = 'phs.example.com';
const replicator = { user: 'svc-phs', password: 'Repl!cate.2026' };
const minute = 60_000;
let dc: Samba;
let ward: Ward | undefined;
const ou = () => `OU=People,${dc.baseDn}`;
const dn = (user: string) => `CN=${user},${ou()}`;
const upn = (user: string) => `${user}@${name}`;
const user = (id: string, attributes: Record<string, string | number> = {}) => ({
  name: id,
  parent: ou(),
  password: `Erstes-${id}-2026!`,
  attributes: { userPrincipalName: upn(id), displayName: id, ...attributes },
});

before(async () => {
  dc = await startSamba({ realm: 'PHS.EXAMPLE.COM', domain: 'PHS' });
  await dc.createAccount(replicator.user, replicator.password);
  await dc.grant(RIGHTS.replicatingDirectoryChanges, replicator.user);
  await dc.grant(RIGHTS.replicatingDirectoryChangesAll, replicator.user);
  await dc.addObjects([{ dn: ou(), attributes: { objectClass: 'organizationalUnit' } }]);
  await dc.addUsers([user('ana'), user('emil')]);
  process.env.CLINIC_PHS = replicator.password;
});
after(() => dc.stop());
afterEach(async () => {
  await ward?.[Symbol.asyncDispose]();
  ward = undefined;
});

/** A clinic with the password channel of the service beside it. */
class Ward implements AsyncDisposable {
  readonly clinic: Clinic;
  #passwords: PasswordConnector;

  private constructor(clinic: Clinic) {
    this.clinic = clinic;
    this.#passwords = this.#configured({});
  }

  /** Everybody is in the cloud, and everybody's password. */
  static async open(): Promise<Ward> {
    const clinic = new Clinic([dc], { scope: { include: [ou()], exclude: [] } });
    const { tenantId } = clinic.tenant;
    const connector = createEntraSyncConnector({
      ...{ name: 'cloud', url: 'http://tenant.test', tenantId, secret: 'sesame' },
      clientId: '00000000-0000-4000-8000-000000000001',
      fetch: (r) => clinic.tenant.fetch(r),
      // Whoever is to wait for a busy tenant asks again at once.
      wait: async () => {},
    });
    const connectors = clinic.env.connectors.map((x) => (x.connector.name === 'cloud' ? { ...x, connector } : x));
    clinic.env = { ...clinic.env, connectors, now: () => Date.now() + clinic.clockMs };
    const channel = { connector: name, cloud: 'cloud', account: `PHS\\${replicator.user}`, hasOwnAccount: true };
    clinic.facts = {
      ...clinic.facts,
      passwords: { channels: [{ ...channel, domains: [dc.baseDn], state: 'on' }], off: [] },
    };
    ward = new Ward(clinic);
    await clinic.cycle('initial');
    await clinic.cycle();
    await ward.flow();
    assert.deepEqual(await clinic.findings(), []);
    return ward;
  }

  #configured(settings: Partial<PasswordConfiguration>): PasswordConnector {
    const c = {
      connector: { name, type: 'active-directory', servers: [dc.ldapsUrl], partitions: [{ base: dc.baseDn }] },
      cloud: { name: 'cloud', type: 'entra', dialect: 'sync', url: 'http://tenant.test' },
      bind: { user: `PHS\\${replicator.user}`, password: { env: 'CLINIC_PHS' } },
      ...{ hasOwnAccount: true, excludeAdminCount: false, excludeCloudAdministrators: true },
      ...settings,
    };
    const config = { file: 'causeway.yaml', directory: '.' } as LoadedConfiguration;
    return new PasswordConnector(config, c as unknown as PasswordConfiguration, this.clinic.env, () => {});
  }

  /** Started again with another configuration. */
  async configure(settings: Partial<PasswordConfiguration>): Promise<void> {
    await this.#passwords.stop();
    this.#passwords = this.#configured(settings);
  }

  /** One cycle of the channel, after the engine moved on. */
  async flow(): Promise<void> {
    await this.#passwords.engineMoved({ exported: [], touched: [], lookAtAll: true });
    await this.#passwords.cycle();
  }
  /** `causeway passwords resync`, of one user or of all. */
  async resync(userName?: string): Promise<void> {
    const row = this.clinic.lab.store.db
      .prepare("SELECT anchor, dn FROM cs_object WHERE connector = 1 AND dn LIKE 'CN=' || ? || ',%'")
      .get(userName ?? '') as { anchor: string; dn: string } | undefined;
    await (row
      ? this.#passwords.request([{ connector: name, objectGuid: row.anchor, dn: row.dn }])
      : this.#passwords.resync());
  }

  /** The finding, after a cycle of the channel met what is wrong. */
  async sees(code: string, about = '', reference?: string): Promise<Finding> {
    await this.flow();
    return this.clinic.one(code, about, reference);
  }
  /** Gone after the cure, a cycle of the channel and one of the engine. */
  async isGone(code: string, about = '', reference?: string): Promise<void> {
    await this.flow();
    await this.clinic.gone(code, about, reference === undefined ? {} : { reference });
  }

  async signIn(id: string, password: string): Promise<boolean> {
    const app = { client_id: '00000000-0000-4000-8000-000000000001', client_secret: 'sesame' };
    const body = new URLSearchParams({ ...app, grant_type: 'password', username: upn(id), password, scope: 'openid' });
    const url = `http://tenant.test/${this.clinic.tenant.tenantId}/oauth2/v2.0/token`;
    return (await this.clinic.tenant.fetch(new Request(url, { method: 'POST', body }))).ok;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#passwords.stop();
    this.clinic[Symbol.dispose]();
  }
}

const text = (f: Finding) => f.evidence.map((e) => `${e.source}: ${e.fact}`).join('\n');
const feature = (w: Ward, enabled: boolean) => {
  const { company } = w.clinic.tenant;
  company.update({ features: { ...company.state.features, passwordSyncEnabled: enabled } });
};

test('password-sync-disabled in the tenant: the fix switches it on there through Graph', async () => {
  const w = await Ward.open();
  feature(w, false);
  const finding = await w.sees('password-sync-disabled');
  assert.match(finding.summary, /switched off in the tenant of cloud/);
  assert.match(
    finding.fix[0]?.text ?? '',
    /^PATCH https:\/\/graph\.microsoft\.com\/v1\.0\/directory\/onPremisesSynchronization\/[0-9a-f-]{36}\n/,
  );
  await w.clinic.heal(finding);
  assert.equal(w.clinic.tenant.company.state.features.passwordSyncEnabled, true);
  await w.isGone('password-sync-disabled');
  // Without the right to read the switch the request is shown whole, for somebody else to send.
  feature(w, false);
  w.clinic.tenant.registerApp({
    ...{ appId: '00000000-0000-4000-8000-000000000001', secret: 'sesame' },
    permissions: ['ADSynchronization.ReadWrite.All', 'Directory.Read.All'],
  });
  const shown = await w.clinic.one('password-sync-disabled');
  assert.match(shown.fix[0]?.text ?? '', /GET .*\n\nPATCH .*\{id of the answer before\}/s);
  assert.equal(shown.fix[0]?.applicable, false);
});

test('password-sync-stalled: the last heartbeat and the last change seen, until the service runs again', async () => {
  const w = await Ward.open();
  w.clinic.clockMs = 70 * minute;
  const finding = await w.clinic.one('password-sync-stalled');
  assert.match(
    text(finding),
    /last heartbeat: \d{4}-.*\nlast batch: \d{4}-.*\nlast change seen in the directory: \d{4}-/s,
  );
  assert.match(finding.fix[0]?.text ?? '', /^causeway start$/);
  await w.isGone('password-sync-stalled');
});

test('password-sync-permission: each of the two rights that may be lost comes back with the command that is shown', async () => {
  const w = await Ward.open();
  for (const right of [RIGHTS.replicatingDirectoryChangesAll, RIGHTS.replicatingDirectoryChanges]) {
    await dc.revoke(right, replicator.user);
    const finding = await w.sees('password-sync-permission');
    assert.match(finding.summary, /"Replicating Directory Changes" and "Replicating Directory Changes All"/);
    assert.match(text(finding), new RegExp(`endpoint: ${dc.address}`));
    await grant(dc, finding.fix[0]?.text ?? '');
    await w.isGone('password-sync-permission');
  }
});

test('password-sync-dc-failure: which server, which error; over when it is started again', async () => {
  const w = await Ward.open();
  await dc.down('kill');
  const finding = await w.sees('password-sync-dc-failure');
  assert.equal(finding.errorCode, 'connection-refused');
  assert.match(text(finding), new RegExp(`endpoint: ${dc.address}:\\d+`));
  assert.match(text(finding), /last good cycle: \d{4}-/);
  await dc.up();
  await w.isGone('password-sync-dc-failure');
});

test('password-sync-cloud-failure: which endpoint, which error; over when the cloud answers again', async () => {
  const w = await Ward.open();
  w.clinic.tenant.setSwitches({ syncPlaneBusyUntil: new Date(Date.now() + 60 * minute).toISOString() });
  w.clinic.clockMs = 31 * minute;
  const finding = await w.sees('password-sync-cloud-failure');
  assert.match(text(finding), /Passwords cannot be sent to http:\/\/tenant\.test: ServerBusy/);
  w.clinic.tenant.advance(90 * minute);
  await w.isGone('password-sync-cloud-failure');
});

test('password-not-synced: must be changed at the next logon, until the mark is taken away as it is shown', async () => {
  const w = await Ward.open();
  await dc.ldapModify(`dn: ${dn('ana')}\nchangetype: modify\nreplace: pwdLastSet\npwdLastSet: 0\n`);
  const finding = await w.sees('password-not-synced', 'ana@');
  assert.deepEqual([finding.errorCode, finding.affected], ['must-change-at-next-logon', 1]);
  const record = finding.fix.find((f) => f.language === 'ldif');
  await dc.ldapModify(`${record?.text}\n\n`);
  await w.isGone('password-not-synced', 'ana@');
  assert.ok(await w.signIn('ana', 'Erstes-ana-2026!'));
});

test('password-not-synced: protected by a role or by adminCount, until the configuration says otherwise', async () => {
  const w = await Ward.open();
  const emil = await w.clinic.user(upn('emil'));
  const roles = await w.clinic.lab.graph<{ id: string; displayName: string }>(
    '/roleManagement/directory/roleDefinitions',
  );
  const role = roles.find((r) => r.displayName === 'User Administrator');
  const assigned = await w.clinic.graph('POST', '/v1.0/roleManagement/directory/roleAssignments', {
    ...{ principalId: emil?.id, roleDefinitionId: role?.id, directoryScopeId: '/' },
  });
  assert.equal(assigned, 200);
  await w.configure({});
  await w.resync('emil');
  const held = await w.clinic.one('password-not-synced', 'emil@');
  assert.equal(held.errorCode, 'protected-cloud-role');
  assert.match(held.fix[1]?.text ?? '', /passwordHashSync: \{ excludeCloudAdministrators: false \}/);
  assert.match(held.fix[2]?.text ?? '', /^causeway passwords resync emil@/);
  await w.configure({ excludeCloudAdministrators: false });
  await w.resync('emil');
  await w.isGone('password-not-synced', 'emil@');

  await dc.ldapModify(`dn: ${dn('ana')}\nchangetype: modify\nreplace: adminCount\nadminCount: 1\n`);
  await w.configure({ excludeAdminCount: true });
  await w.resync('ana');
  const kept = await w.clinic.one('password-not-synced', 'ana@');
  assert.equal(kept.errorCode, 'protected-admin-count');
  assert.match(kept.fix[0]?.text ?? '', /passwordHashSync: \{ excludeAdminCount: false \}/);
  await w.configure({ excludeAdminCount: false });
  await w.resync('ana');
  await w.isGone('password-not-synced', 'ana@');
  await dc.ldapModify(`dn: ${dn('ana')}\nchangetype: modify\ndelete: adminCount\n`);
});

test('password-not-synced: no password in the directory, no identity, refused because the user is gone from the cloud', async () => {
  const w = await Ward.open();
  const { clinic } = w;
  const { password: _, ...bo } = user('bo', { userAccountControl: 544 });
  await dc.addUsers([bo]);
  await clinic.cycle();
  await clinic.cycle();
  await w.resync('bo');
  const none = await clinic.one('password-not-synced', '', upn('bo'));
  assert.equal(none.errorCode, 'no-password');
  assert.match(none.fix[0]?.text ?? '', /Set-ADAccountPassword -Reset/);
  const quoted = Buffer.from('"Neu.Gesetzt-9!"', 'utf16le').toString('base64');
  await dc.ldapModify(`dn: ${dn('bo')}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: ${quoted}\n`);
  await w.isGone('password-not-synced', '', upn('bo'));

  await dc.ldapModify(`dn: ${dn('bo')}\nchangetype: modify\nreplace: adminDescription\nadminDescription: User_kept\n`);
  await clinic.cycle();
  const out = await clinic.one('password-not-synced', '', dn('bo'));
  assert.equal(out.errorCode, 'not-joined');
  assert.match(out.fix[0]?.text ?? '', /^causeway explain /);
  await dc.ldapModify(`dn: ${dn('bo')}\nchangetype: modify\ndelete: adminDescription\n`);
  await clinic.cycle();
  await w.isGone('password-not-synced', '', dn('bo'));

  const ana = await clinic.user(upn('ana'));
  assert.equal(await clinic.graph('DELETE', `/v1.0/users/${ana?.id}`), 200);
  await w.resync('ana');
  const refused = await clinic.one('password-not-synced', 'ana@');
  assert.equal(refused.errorCode, 'refused-by-cloud');
  assert.match(refused.fix[0]?.text ?? '', new RegExp(`^causeway passwords resync ${upn('ana')}$`));
  // A cycle makes the user again; then what is shown is done.
  await clinic.cycle();
  await clinic.cycle();
  await w.resync('ana');
  await w.isGone('password-not-synced', 'ana@');
  assert.ok(await w.signIn('ana', 'Erstes-ana-2026!'));
});

test('password-not-synced: not exported yet, and an account that is disabled; until that is over', async () => {
  const w = await Ward.open();
  const { clinic } = w;
  clinic.stage(true);
  await dc.addUsers([user('dan'), user('eva')]);
  await dc.ldapModify(`dn: ${dn('eva')}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n`);
  await clinic.cycle();
  const waiting = await clinic.one('password-not-synced', '', upn('dan'));
  assert.equal(waiting.errorCode, 'not-exported');
  assert.equal(waiting.fix[0]?.text, `causeway diagnose ${upn('dan')}`);
  clinic.stage(false);
  await clinic.cycle();
  await clinic.cycle();
  await w.isGone('password-not-synced', '', upn('dan'));
  assert.ok(await w.signIn('dan', 'Erstes-dan-2026!'));

  const disabled = await clinic.one('password-not-synced', '', upn('eva'));
  assert.equal(disabled.errorCode, 'no-password-rule');
  assert.match(disabled.fix[0]?.text ?? '', /^causeway explain eva@/);
  await dc.ldapModify(`dn: ${dn('eva')}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 512\n`);
  await clinic.cycle();
  await clinic.cycle();
  await w.isGone('password-not-synced', '', upn('eva'));
  assert.ok(await w.signIn('eva', 'Erstes-eva-2026!'));
});
