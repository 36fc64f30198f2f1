/**
 * The main job's lab: real domain controllers, a local tenant, and an engine between them. What the tenant should hold
 * is worked out from an independent reading of the directory (`ldapsearch`), never from the engine's own store.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createActiveDirectoryConnector } from '../../src/connectors/active-directory/connector.ts';
import type { Connector } from '../../src/connectors/contract.ts';
import { createEntraGraphConnector } from '../../src/connectors/entra/graph.ts';
import { createEntraSyncConnector } from '../../src/connectors/entra/sync.ts';
import { dnKey } from '../../src/model/dn.ts';
import { guidText } from '../../src/model/guid.ts';
import { type LdifEntry, ldifBytes, ldifText, parseLdif } from '../../src/model/ldif.ts';
import { compileRuleSet } from '../../src/rules/compile.ts';
import { loadRules } from '../../src/rules/load.ts';
import { type OutOfBoxOptions, outOfBoxRules } from '../../src/rules/out-of-box/options.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { checkLaws } from '../../src/sync/check.ts';
import { createEngine, defaultLimits, type EngineEnvironment, type Limits } from '../../src/sync/context.ts';
import { type CycleResult, type Policy, runCycle } from '../../src/sync/cycle.ts';
import { createTenant, type Tenant } from '../../src/tenant/tenant.ts';
import type { Samba } from '../support/samba.ts';

/** Every scenario of the main job runs with both; what differs is asserted where it differs (docs/entra.md). */
export type Dialect = 'sync' | 'graph';
export const dialects: readonly Dialect[] = ['sync', 'graph'];
/** What an app of the dialect is granted. */
export const permissionsOf: Readonly<Record<Dialect, readonly string[]>> = {
  sync: ['ADSynchronization.ReadWrite.All', 'Directory.Read.All'],
  graph: [
    ...['User.ReadWrite.All', 'User-PasswordProfile.ReadWrite.All', 'Group.ReadWrite.All', 'Device.Read.All'],
    ...['OrgContact.Read.All', 'Organization.Read.All', 'RoleManagement.Read.Directory', 'Application.Read.All'],
  ],
};

const clientId = '00000000-0000-4000-8000-000000000001';
const run = promisify(execFile);

export interface LabOptions {
  /** Default `sync`. */
  readonly dialect?: Dialect;
  readonly scope?: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  readonly rules?: Partial<OutOfBoxOptions>;
  readonly limits?: Partial<Limits>;
  readonly storeFile?: string;
}

/** A person or group as an independent reader sees it. */
export interface Expected {
  readonly type: 'user' | 'group';
  readonly displayName: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
  readonly members: readonly string[];
  readonly manager: string | undefined;
}

export class Lab implements Disposable {
  readonly store: Store;
  readonly env: EngineEnvironment;
  readonly tenant: Tenant;
  readonly dialect: Dialect;
  readonly logged: string[] = [];
  readonly #dcs: readonly Samba[];
  readonly #options: LabOptions;
  #token = '';

  constructor(dcs: readonly Samba[], options: LabOptions = {}) {
    this.#dcs = dcs;
    this.#options = options;
    this.dialect = options.dialect ?? 'sync';
    this.tenant = createTenant({
      settings: {
        initialDomain: 'contoso.onmicrosoft.com',
        verifiedDomains: dcs.map((d) => d.realm.toLowerCase()),
        dirSyncEnabled: this.dialect === 'sync',
      },
      apps: [{ appId: clientId, secret: 'sesame', permissions: [...permissionsOf[this.dialect]] }],
      report: (error) => assert.fail(error as Error),
    });
    this.store = openStore(options.storeFile ?? ':memory:');
    const names = [
      ...dcs.map((d) => ({ name: d.realm.toLowerCase(), type: 'active-directory' })),
      { name: 'cloud', type: 'entra' },
    ];
    const loaded = loadRules({ outOfBox: outOfBoxRules(options.rules), connectors: names });
    assert.ok(loaded.ok);
    const compiled = compileRuleSet(loaded.rules, loaded.schema);
    assert.ok(compiled.ok);
    this.env = {
      store: this.store,
      connectors: [
        ...dcs.map((dc) => ({
          connector: createActiveDirectoryConnector({
            name: dc.realm.toLowerCase(),
            servers: [dc.ldapsUrl],
            bind: { user: dc.adminUser, password: dc.adminPassword },
            tls: { ca: dc.caPem },
          }),
          objectTypes: ['user', 'inetOrgPerson', 'group', 'contact', 'computer', 'foreignSecurityPrincipal'],
          partitions: options.scope ? [{ name: dc.baseDn, ...options.scope }] : [],
        })),
        {
          connector: this.#cloudConnector(),
          objectTypes: [],
          partitions: [],
        },
      ],
      ruleSet: compiled.ruleSet,
      limits: { ...defaultLimits, ...options.limits },
      staging: false,
      now: Date.now,
      random: Math.random,
      guid: () => crypto.randomUUID(),
      sleep: async () => {},
      log: (level, message) => void this.logged.push(`${level}: ${message}`),
      progress: () => {},
      assertLease: () => {},
      isApproved: () => false,
    };
  }

  #cloudConnector(): Connector {
    const { tenantId } = this.tenant;
    const config = { name: 'cloud', url: 'http://tenant.test', tenantId, clientId };
    const fetch = (request: Request) => this.tenant.fetch(request);
    if (this.dialect === 'sync') return createEntraSyncConnector({ ...config, secret: 'sesame', fetch });
    // The tenant does not throttle either: nobody should wait here for the quota of 3,000 writes.
    const unlimited = { limit: 1e9, seconds: 1 };
    const limits = { writes: unlimited, units: unlimited };
    return createEntraGraphConnector({ ...config, credential: { secret: 'sesame' }, fetch, limits });
  }

  /** One cycle without an error; afterwards the laws hold. */
  async cycle(policy: Policy = 'delta'): Promise<CycleResult> {
    const result = await runCycle(this.env, { policy, retryAll: true }, new AbortController().signal);
    assert.equal(
      result.outcome,
      'clean',
      JSON.stringify(
        [
          result.runs.filter((r) => r.error || /errors/.test(r.status)),
          this.store.records.errors(3),
          this.logged.slice(-5),
        ],
        undefined,
        1,
      ),
    );
    assert.deepEqual(checkLaws(createEngine(this.env)), []);
    return result;
  }

  /** Cycles until nothing moves any more; the last one must have exported nothing. */
  async settle(): Promise<void> {
    await this.cycle();
    await this.cycle();
    const result = await this.cycle();
    const exported = result.runs.filter((r) => r.profile === 'export').map((r) => r.status);
    assert.ok(
      exported.every((s) => s === 'completed-no-objects'),
      JSON.stringify(result.runs),
    );
  }

  /** The tenant, read through Graph, equals what the directory says. */
  async compare(): Promise<void> {
    assert.deepEqual(await this.cloud(), await this.expected());
  }

  async graph<T>(path: string): Promise<T[]> {
    if (this.#token === '') {
      const answer = await this.tenant.fetch(
        new Request(`http://tenant.test/${this.tenant.tenantId}/oauth2/v2.0/token`, {
          method: 'POST',
          body: new URLSearchParams({
            client_id: clientId,
            client_secret: 'sesame',
            grant_type: 'client_credentials',
            scope: 'https://graph.microsoft.com/.default',
          }),
        }),
      );
      this.#token = ((await answer.json()) as { access_token: string }).access_token;
    }
    const items: T[] = [];
    for (let url: string | undefined = `http://tenant.test/v1.0${path}`; url !== undefined; ) {
      const answer: Response = await this.tenant.fetch(
        new Request(url, { headers: { authorization: `Bearer ${this.#token}` } }),
      );
      const page = (await answer.json()) as { value?: T[]; '@odata.nextLink'?: string; error?: unknown };
      assert.equal(answer.status, 200, JSON.stringify(page));
      items.push(...(page.value ?? [page as T]));
      url = page['@odata.nextLink'];
    }
    return items;
  }

  /** Defines directory extensions of an app, as the administrator who owns it. */
  async define(application: string, definitions: readonly object[]): Promise<void> {
    const { tenant } = this;
    const secret = 'sesame';
    tenant.registerApp({ appId: application, secret, permissions: ['Application.ReadWrite.All'] });
    const body = { client_id: application, client_secret: secret, grant_type: 'client_credentials' };
    const token = await tenant.fetch(
      new Request(`http://tenant.test/${tenant.tenantId}/oauth2/v2.0/token`, {
        method: 'POST',
        body: new URLSearchParams({ ...body, scope: 'https://graph.microsoft.com/.default' }),
      }),
    );
    const { access_token } = (await token.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
    const url = `http://tenant.test/v1.0/applications(appId='${application}')/extensionProperties`;
    for (const definition of definitions) {
      const request = new Request(url, { method: 'POST', headers, body: JSON.stringify(definition) });
      const answer = await tenant.fetch(request);
      assert.equal(answer.status, 201, await answer.text());
    }
  }

  async cloud(): Promise<Record<string, Expected>> {
    type User = Record<string, string> & { id: string; onPremisesImmutableId: string };
    const users = await this.graph<User>(
      '/users?$select=id,displayName,givenName,surname,jobTitle,department,mail,userPrincipalName,accountEnabled,onPremisesImmutableId&$top=500',
    );
    const groups = await this.graph<Record<string, string> & { id: string }>(
      '/groups?$select=id,displayName,securityEnabled,mailEnabled&$top=500',
    );
    const names = new Map([
      ...users.map((u) => [u.id, u.onPremisesImmutableId] as const),
      ...groups.map((g) => [g.id, g.displayName!] as const),
    ]);
    const state: Record<string, Expected> = {};
    for (const u of users) {
      const manager = await this.managerOf(u.id);
      state[u.onPremisesImmutableId] = {
        type: 'user',
        displayName: u.displayName,
        values: present({
          givenName: u.givenName,
          surname: u.surname,
          jobTitle: u.jobTitle,
          department: u.department,
          mail: u.mail,
          userPrincipalName: u.userPrincipalName,
          accountEnabled: u.accountEnabled,
          anchor: u.onPremisesImmutableId,
        }),
        members: [],
        manager: manager === undefined ? undefined : names.get(manager),
      };
    }
    for (const g of groups) {
      const members = await this.graph<{ id: string }>(`/groups/${g.id}/members?$select=id&$top=999`);
      state[g.displayName!] = {
        type: 'group',
        displayName: g.displayName,
        values: present({ securityEnabled: g.securityEnabled }),
        members: members.map((m) => names.get(m.id) ?? m.id).sort(),
        manager: undefined,
      };
    }
    return state;
  }

  async managerOf(id: string): Promise<string | undefined> {
    const answer = await this.tenant.fetch(
      new Request(`http://tenant.test/v1.0/users/${id}/manager?$select=id`, {
        headers: { authorization: `Bearer ${this.#token}` },
      }),
    );
    return answer.status === 404 ? undefined : ((await answer.json()) as { id: string }).id;
  }

  /** Reads every directory with `ldapsearch` and applies the documented default filters by hand. */
  async expected(): Promise<Record<string, Expected>> {
    const entries = (await Promise.all(this.#dcs.map((dc) => ldapsearch(dc)))).flat();
    const { scope } = this.#options;
    const kept = entries.filter((e) => isSynchronized(e) && (scope === undefined || inScope(e.dn, scope)));
    const names = new Map(kept.map((e) => [dnKey(e.dn), nameOf(e)]));
    const state: Record<string, Expected> = {};
    for (const e of kept) {
      const one = (name: string) => text(e, name)[0];
      const isGroup = text(e, 'objectClass').includes('group');
      state[nameOf(e)] = {
        type: isGroup ? 'group' : 'user',
        displayName: one('displayName') ?? one('cn'),
        values: isGroup
          ? { securityEnabled: (Number(one('groupType')) & 0x80000000) !== 0 }
          : present({
              givenName: one('givenName'),
              surname: one('sn'),
              jobTitle: one('title'),
              department: one('department'),
              mail: one('mail'),
              userPrincipalName: one('userPrincipalName'),
              accountEnabled: (Number(one('userAccountControl')) & 2) === 0,
              anchor: anchorOf(e),
            }),
        members: isGroup
          ? text(e, 'member')
              .flatMap((dn) => names.get(dnKey(dn)) ?? [])
              .sort()
          : [],
        manager: isGroup || one('manager') === undefined ? undefined : names.get(dnKey(one('manager')!)),
      };
    }
    return state;
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
    this.tenant.close();
  }
}

const present = (o: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== null));
const values = (e: LdifEntry, name: string) =>
  e.attributes.filter((a) => a.name.toLowerCase() === name.toLowerCase()).flatMap((a) => a.values);
const text = (e: LdifEntry, name: string): string[] => values(e, name).map(ldifText);
const bytes = (e: LdifEntry, name: string): Buffer | undefined => values(e, name).map(ldifBytes)[0];
const anchorOf = (e: LdifEntry): string =>
  (bytes(e, 'mS-DS-ConsistencyGuid') ?? bytes(e, 'objectGUID'))!.toString('base64');
/** Users by their source anchor, which both dialects show. */
const nameOf = (e: LdifEntry): string =>
  text(e, 'objectClass').includes('group') ? (text(e, 'displayName')[0] ?? text(e, 'cn')[0]!) : anchorOf(e);

export const guidOf = (e: LdifEntry): string => guidText(bytes(e, 'objectGUID')!);

/** The conditions of sync-engine s.4.3 that objects of a plain domain can meet. */
function isSynchronized(e: LdifEntry): boolean {
  const classes = text(e, 'objectClass');
  if (
    classes.includes('computer') ||
    classes.includes('contact') ||
    (!classes.includes('user') && !classes.includes('group'))
  )
    return false;
  if (text(e, 'isCriticalSystemObject')[0] === 'TRUE' || text(e, 'sAMAccountName').length === 0) return false;
  return !e.dn.includes('CN=Deleted Objects') && !/^(AAD_|MSOL_)/.test(text(e, 'sAMAccountName')[0] ?? '');
}

function inScope(dn: string, scope: NonNullable<LabOptions['scope']>): boolean {
  const longest = (list: readonly string[]) =>
    Math.max(-1, ...list.filter((b) => dn.toLowerCase().endsWith(b.toLowerCase())).map((b) => b.length));
  return longest(scope.include) > longest(scope.exclude);
}

export async function ldapsearch(
  dc: Samba,
  filter = '(|(objectClass=user)(objectClass=group))',
  base = dc.baseDn,
): Promise<LdifEntry[]> {
  const { stdout } = await run(
    'ldapsearch',
    [
      '-LLL',
      '-o',
      'ldif-wrap=no',
      '-x',
      '-H',
      dc.ldapsUrl,
      '-D',
      dc.adminDn,
      '-w',
      dc.adminPassword,
      '-b',
      base,
      '-E',
      'pr=500/noprompt',
      filter,
      'objectClass',
      'objectGUID',
      'sAMAccountName',
      'cn',
      'displayName',
      'givenName',
      'sn',
      'title',
      'department',
      'mail',
      'userPrincipalName',
      'userAccountControl',
      'manager',
      'member',
      'groupType',
      'isCriticalSystemObject',
      'mS-DS-ConsistencyGuid',
    ],
    { env: { ...process.env, LDAPTLS_CACERT: dc.caFile }, maxBuffer: 1 << 28 },
  );
  // Referrals come as comments and "ref:" records, which are no entries.
  return parseLdif(stdout.replace(/^ref: .*$/gm, '').replace(/^# .*$/gm, '')).filter((r) => r.kind === 'entry');
}
