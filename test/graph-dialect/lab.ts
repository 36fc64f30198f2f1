/** The main job with both dialects: a directory in a file, an engine, a tenant. One lab a dialect, the same directory for both. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Connector } from '../../src/connectors/contract.ts';
import type { EntraGraphConfig } from '../../src/connectors/entra/graph.ts';
import { createLdifConnector } from '../../src/connectors/ldif/ldif.ts';
import { compileRuleSet } from '../../src/rules/compile.ts';
import { loadRules } from '../../src/rules/load.ts';
import { type OutOfBoxOptions, outOfBoxRules } from '../../src/rules/out-of-box/options.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { checkLaws } from '../../src/sync/check.ts';
import { createEngine, defaultLimits, type EngineEnvironment, type Progress } from '../../src/sync/context.ts';
import { type CycleResult, type Policy, runCycle } from '../../src/sync/cycle.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { type Call, caller, connectorTo, testTenant } from '../tenant/support.ts';
import { app, graphConnector, permissions } from './support.ts';

/** One request inside a batch. */
export interface BatchItem {
  readonly method: string;
  readonly url: string;
  readonly body?: Readonly<Record<string, unknown>>;
}
export type Dialect = 'sync' | 'graph';
export type Entry = Readonly<Record<string, string | readonly string[]>>;
const base = 'DC=contoso,DC=com';

/** Sixteen bytes that are always the same for a name. */
const guidOf = (name: string): string => createHash('md5').update(name).digest('base64');
const sidOf = (name: string): string => {
  const head = Buffer.from('010500000000000515000000', 'hex');
  return Buffer.concat([head, createHash('sha256').update(name).digest().subarray(0, 16)]).toString('base64');
};

/** A directory that is changed by name and written as LDIF. */
export class Directory {
  readonly #entries = new Map<string, Entry>();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }
  user(name: string, values: Entry = {}): void {
    this.#entries.set(name, {
      objectClass: ['top', 'person', 'organizationalPerson', 'user'],
      cn: name,
      displayName: `User ${name}`,
      userPrincipalName: `${name}@contoso.com`,
      userAccountControl: '512',
      ...values,
    });
  }
  group(name: string, members: readonly string[], values: Entry = {}): void {
    const member = members.map((m) => this.dn(m));
    this.#entries.set(name, {
      objectClass: ['top', 'group'],
      cn: name,
      groupType: '-2147483646',
      ...(member.length > 0 ? { member } : {}),
      ...values,
    });
  }
  change(name: string, values: Record<string, string | readonly string[] | undefined>): void {
    const changed = Object.entries({ ...this.#entries.get(name), ...values }).filter(([, v]) => v !== undefined);
    this.#entries.set(name, Object.fromEntries(changed) as Entry);
  }
  members(name: string, members: readonly string[]): void {
    this.change(name, { member: members.length > 0 ? members.map((m) => this.dn(m)) : undefined });
  }
  take(name: string): Entry {
    const entry = this.#entries.get(name);
    assert.ok(entry);
    this.#entries.delete(name);
    return entry;
  }
  put(name: string, entry: Entry): void {
    this.#entries.set(name, entry);
  }
  /** The DN by the cn, so that a change of it is a rename. */
  dn(name: string): string {
    return `CN=${this.#entries.get(name)?.cn ?? name},OU=Staff,${base}`;
  }
  save(): void {
    const lines = ['version: 1', ''];
    const object = (dn: string, values: Entry, guid: string, sid?: string) => {
      lines.push(`dn: ${dn}`);
      for (const [name, value] of Object.entries(values))
        for (const one of [value].flat()) lines.push(`${name}: ${one}`);
      lines.push(`objectGUID:: ${guid}`, ...(sid ? [`objectSid:: ${sid}`] : []), '');
    };
    object(base, { objectClass: ['top', 'domain', 'domainDNS'], dc: 'contoso' }, guidOf(base));
    object(`OU=Staff,${base}`, { objectClass: ['top', 'organizationalUnit'], ou: 'Staff' }, guidOf('the container'));
    for (const [name, entry] of this.#entries)
      object(this.dn(name), { sAMAccountName: name, ...entry }, guidOf(name), sidOf(name));
    writeFileSync(this.#path, lines.join('\n'));
  }
}

/** The source anchor that the rules make of an object of the directory. */
export const anchorOfName = guidOf;

export class DialectLab implements Disposable {
  readonly store: Store = openStore(':memory:');
  readonly tenant: Tenant;
  readonly env: EngineEnvironment;
  readonly dialect: Dialect;
  readonly logged: string[] = [];
  /** Writes that the connector of the dialect `graph` sent since they were looked at last: method and path. */
  readonly writes: string[] = [];
  /** What a batch becomes on its way to the tenant; one that never comes back is a process that was killed. */
  tamper: (batch: readonly BatchItem[]) => readonly BatchItem[] | Promise<readonly BatchItem[]> = (batch) => batch;
  graph!: Call;

  readonly progress: Progress[] = [];

  /** `url`: where the tenant is reached over the network instead of in this process. */
  constructor(
    dialect: Dialect,
    path: string,
    seed?: TenantSeed,
    config: Pick<EntraGraphConfig, 'url' | 'limits'> & { readonly rules?: Partial<OutOfBoxOptions> } = {},
  ) {
    this.dialect = dialect;
    this.tenant = testTenant({ settings: { dirSyncEnabled: dialect === 'sync' }, ...(seed ? { seed } : {}) });
    this.tenant.registerApp({ ...app, displayName: 'Causeway', permissions });
    const { url, rules, ...graphOnly } = config;
    const over = url === undefined ? {} : { url, fetch: (request: Request) => fetch(request) };
    const cloud: Connector =
      dialect === 'sync'
        ? connectorTo(this.tenant, { name: 'cloud', ...over })
        : graphConnector(this.tenant, { name: 'cloud', fetch: (r) => this.#watched(r), ...over, ...graphOnly });
    const types = [
      { name: 'corp', type: 'active-directory' },
      { name: 'cloud', type: 'entra' },
    ];
    const loaded = loadRules({ outOfBox: outOfBoxRules({ sourceAnchor: 'objectGUID', ...rules }), connectors: types });
    assert.ok(loaded.ok);
    const compiled = compileRuleSet(loaded.rules, loaded.schema);
    assert.ok(compiled.ok);
    this.env = {
      store: this.store,
      connectors: [
        {
          connector: createLdifConnector({ name: 'corp', path }),
          objectTypes: ['user', 'inetOrgPerson', 'group', 'contact', 'computer'],
          partitions: [],
        },
        { connector: cloud, objectTypes: [], partitions: [] },
      ],
      ruleSet: compiled.ruleSet,
      limits: defaultLimits,
      staging: false,
      now: () => this.tenant.now(),
      random: Math.random,
      guid: () => crypto.randomUUID(),
      sleep: async () => {},
      log: (level, message) => void this.logged.push(`${level}: ${message}`),
      progress: (progress) => void this.progress.push(progress),
      assertLease: () => {},
      isApproved: () => false,
    };
  }

  async #watched(request: Request): Promise<Response> {
    if (request.url.endsWith('/$batch')) {
      const { requests } = (await request.clone().json()) as { requests: readonly BatchItem[] };
      const sent = await this.tamper(requests);
      this.writes.push(...requests.filter((r) => r.method !== 'GET').map((r) => `${r.method} ${r.url}`));
      if (sent !== requests) {
        const { url, method, headers } = request;
        return this.tenant.fetch(new Request(url, { method, headers, body: JSON.stringify({ requests: sent }) }));
      }
    }
    return this.tenant.fetch(request);
  }

  async open(): Promise<this> {
    this.graph = await caller(this.tenant);
    return this;
  }

  cycle(policy: Policy = 'delta'): Promise<CycleResult> {
    return runCycle(this.env, { policy, retryAll: true }, new AbortController().signal);
  }

  /** Cycles without an error until nothing moves any more; the last one exports nothing, and the laws hold. */
  async settle(): Promise<void> {
    let result: CycleResult | undefined;
    for (let i = 0; i < 3; i++) {
      result = await this.cycle();
      const facts = [result.runs, this.store.records.errors(5), this.logged.slice(-5)];
      assert.equal(result.outcome, 'clean', `${this.dialect}: ${JSON.stringify(facts, undefined, 1)}`);
    }
    const exports = result?.runs.filter((r) => r.profile === 'export').map((r) => r.status) ?? [];
    assert.ok(
      exports.every((s) => s === 'completed-no-objects'),
      `${this.dialect}: ${JSON.stringify([result?.runs, this.store.records.errors(5), this.writes])}`,
    );
    assert.deepEqual(checkLaws(createEngine(this.env)), [], this.dialect);
  }

  /** What would be sent by a next export: nothing after `settle`. */
  pending(): number {
    const { exports, cs } = this.store;
    const { id } = createEngine(this.env).all.find((c) => c.row.name === 'cloud')?.row ?? { id: 0 };
    const objects = (['add', 'update', 'delete'] as const).flatMap((operation) =>
      exports.page(id, operation, 0, Number.MAX_SAFE_INTEGER - 1, 1000),
    );
    assert.ok(objects.every((row) => cs.get(row.cs)));
    return objects.length + exports.referencePage(id, { cs: 0, attribute: 0, target: 0 }, 1000).length;
  }

  /** Codes of what is reported of objects, by DN. */
  errors(): string[] {
    return this.store.records
      .errors(100)
      .map((e) => e.code)
      .sort();
  }

  /** Users and groups that carry a source anchor, by display name, with the names of who they refer to. */
  async cloud(properties = ''): Promise<Record<string, unknown>> {
    const extra = properties === '' ? '' : `,${properties}`;
    const select =
      'id,displayName,userPrincipalName,mail,jobTitle,department,accountEnabled,businessPhones,onPremisesImmutableId';
    const users = (
      await this.graph('GET', `/users?$top=999&$select=${select}${extra}&$expand=manager($select=displayName)`)
    ).body.value as Record<string, unknown>[];
    const groups = (await this.graph('GET', '/groups?$top=999&$select=id,displayName,securityEnabled')).body
      .value as Record<string, unknown>[];
    const state: Record<string, unknown> = {};
    for (const { id: _, manager, ...user } of users) {
      state[String(user.displayName)] = {
        ...user,
        manager: (manager as { displayName?: string } | undefined)?.displayName ?? null,
      };
    }
    for (const { id, ...group } of groups) {
      const members = (await this.graph('GET', `/groups/${id}/members?$select=displayName`)).body.value as {
        displayName: string;
      }[];
      state[String(group.displayName)] = { ...group, members: members.map((m) => m.displayName).sort() };
    }
    return state;
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
    this.tenant.close();
  }
}
