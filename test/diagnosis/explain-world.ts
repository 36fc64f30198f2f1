/** Forests in memory, the complete out-of-box rules, and a tenant in the same process. No clock, no chance, no network. */
import assert from 'node:assert/strict';
import { createMemoryConnector, MemoryDirectory } from '../../src/connectors/memory/memory.ts';
import { readingEngine } from '../../src/diagnosis/explain/engine.ts';
import { syncPaths } from '../../src/entra/sync-protocol.ts';
import { guidBytes } from '../../src/model/guid.ts';
import { sidBytes } from '../../src/model/sid.ts';
import { type AttributeValue, binary } from '../../src/model/value.ts';
import { type CompiledRuleSet, compileRuleSet } from '../../src/rules/compile.ts';
import { loadRules } from '../../src/rules/load.ts';
import { outOfBoxRules } from '../../src/rules/out-of-box/options.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { checkLaws } from '../../src/sync/check.ts';
import {
  createEngine,
  defaultLimits,
  type Engine,
  type EngineEnvironment,
  type Limits,
} from '../../src/sync/context.ts';
import { type CycleResult, type Policy, runCycle } from '../../src/sync/cycle.ts';
import type { TenantSettings } from '../../src/tenant/config.ts';
import type { TenantSeed } from '../../src/tenant/seed.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { connectorTo, testTenant } from '../tenant/support.ts';

export const cloudName = 'contoso.onmicrosoft.com';
export const baseDn = 'DC=corp,DC=contoso,DC=com';
const domainSid = 'S-1-5-21-1004336348-1177238915-682003330';

const compiledBefore = new Map<string, CompiledRuleSet>();

/** The out-of-box rules with files of the administrator over them; compiled once for all worlds. */
export function rulesWith(forests: readonly string[], files: readonly string[] = []): CompiledRuleSet {
  const key = JSON.stringify([forests, files]);
  const made = compiledBefore.get(key) ?? compileWith(forests, files);
  compiledBefore.set(key, made);
  return made;
}

export function loadedRules(forests: readonly string[], files: readonly string[]) {
  const loaded = loadRules({
    outOfBox: outOfBoxRules(),
    connectors: [...forests.map((name) => ({ name, type: 'active-directory' })), { name: cloudName, type: 'entra' }],
    files: files.map((text, i) => ({ path: `rules/custom-${i}.yaml`, text })),
  });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded;
}

function compileWith(forests: readonly string[], files: readonly string[]): CompiledRuleSet {
  const loaded = loadedRules(forests, files);
  const compiled = compileRuleSet(loaded.rules, loaded.schema);
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.ruleSet;
}

export interface WorldOptions {
  readonly forests?: readonly string[];
  readonly rules?: readonly string[];
  readonly scope?: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  readonly objectTypes?: readonly string[];
  readonly seed?: TenantSeed;
  readonly settings?: Partial<TenantSettings>;
  readonly limits?: Partial<Limits>;
  readonly staging?: boolean;
  readonly file?: string;
  /** A tenant to use instead of a new one. */
  readonly tenant?: Tenant;
  /** Objects in one call of the sync plane; default what the tenant takes. */
  readonly batch?: number;
}
type Values = Record<string, AttributeValue | null>;

export class CloudWorld {
  readonly store: Store;
  readonly forests: ReadonlyMap<string, MemoryDirectory>;
  readonly tenant: Tenant;
  env: EngineEnvironment;
  clock = Date.UTC(2026, 0, 1);
  readonly approved = new Set<string>();
  readonly logged: string[] = [];
  #made = 0;

  constructor(options: WorldOptions = {}) {
    const names = options.forests ?? ['corp'];
    this.store = openStore(options.file ?? ':memory:');
    this.forests = new Map(names.map((name) => [name, new MemoryDirectory()]));
    this.tenant =
      options.tenant ??
      testTenant({
        ...(options.seed ? { seed: options.seed } : {}),
        ...(options.settings ? { settings: options.settings } : {}),
      });
    let guid = 0;
    this.env = {
      store: this.store,
      connectors: [
        ...[...this.forests].map(([name, directory]) => ({
          connector: createMemoryConnector({
            name,
            type: 'active-directory',
            directory,
            attributes: [],
            parameters: domainParameters(name),
          }),
          objectTypes: options.objectTypes ?? [],
          partitions: options.scope ? [{ name: 'memory', ...options.scope }] : [],
        })),
        {
          connector: connectorTo(this.tenant, { name: cloudName, ...batchesOf(this.tenant, options.batch) }),
          objectTypes: [],
          partitions: [],
        },
      ],
      ruleSet: rulesWith(names, options.rules),
      limits: { ...defaultLimits, ...options.limits },
      staging: options.staging ?? false,
      now: () => this.clock++,
      random: () => 0.5,
      guid: () => `guid-${++guid}`,
      sleep: async () => {},
      log: (level, message) => void this.logged.push(`${level}: ${message}`),
      progress: () => {},
      assertLease: () => {},
      isApproved: (hash) => this.approved.has(hash),
    };
  }

  get engine(): Engine {
    return readingEngine(this.env);
  }

  forest(name?: string): MemoryDirectory {
    return name === undefined ? [...this.forests.values()][0]! : this.forests.get(name)!;
  }

  /** A person with what every account has; a null takes an attribute away. Returns the DN. */
  user(
    name: string,
    values: Values = {},
    options: { ou?: string; forest?: string; sid?: number; manager?: string } = {},
  ): string {
    const number = ++this.#made;
    const anchor = anchorOf(number);
    const attributes: Values = {
      objectGUID: binary(guidBytes(anchor)!),
      objectSid: binary(sidBytes(`${domainSid}-${options.sid ?? 1000 + number}`)!),
      sAMAccountName: name,
      userPrincipalName: `${name}@contoso.com`,
      cn: name,
      displayName: `${name[0]?.toUpperCase()}${name.slice(1)}`,
      userAccountControl: 512,
      ...values,
    };
    const dn = `CN=${name},OU=${options.ou ?? 'People'},${baseDn}`;
    this.forest(options.forest).put(anchor, {
      dn,
      objectType: 'user',
      attributes: present(attributes),
      references: options.manager
        ? { manager: [options.manager === name ? anchor : this.anchorNamed(options.manager)] }
        : {},
    });
    return dn;
  }

  group(name: string, member: readonly string[], values: Values = {}): string {
    const number = ++this.#made;
    const anchor = anchorOf(number);
    const dn = `CN=${name},OU=Groups,${baseDn}`;
    this.forest().put(anchor, {
      dn,
      objectType: 'group',
      attributes: present({
        objectGUID: binary(guidBytes(anchor)!),
        objectSid: binary(sidBytes(`${domainSid}-${1000 + number}`)!),
        sAMAccountName: name,
        cn: name,
        displayName: name,
        groupType: -2147483646,
        ...values,
      }),
      references: { member: member.map((m) => this.anchorNamed(m)) },
    });
    return dn;
  }

  /** Anchor of the object with this cn. */
  anchorNamed(name: string): string {
    for (const directory of this.forests.values())
      for (const [anchor, object] of directory.objects) if (object.attributes.cn === name) return anchor;
    throw new RangeError(`no object ${name}`);
  }

  change(name: string, values: Values): void {
    this.forest().change(this.anchorNamed(name), { attributes: values });
  }

  async cycle(policy: Policy = 'delta'): Promise<CycleResult> {
    const result = await runCycle(this.env, { policy, retryAll: true }, new AbortController().signal);
    assert.deepEqual(checkLaws(createEngine(this.env)), []);
    return result;
  }

  /** The same environment with other rules. */
  useRules(files: readonly string[]): void {
    this.env = { ...this.env, ruleSet: rulesWith([...this.forests.keys()], files) };
  }
}

/** A tenant that says it takes no more objects in one call. */
const batchesOf = (tenant: Tenant, batch: number | undefined): { fetch?: Tenant['fetch'] } =>
  batch === undefined
    ? {}
    : {
        fetch: async (request) => {
          const answer = await tenant.fetch(request);
          if (!request.url.endsWith(syncPaths.capabilities)) return answer;
          return Response.json({ ...((await answer.json()) as object), maxObjects: batch });
        },
      };

export const anchorOf = (number: number): string => `00000001-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

const present = (values: Values): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(values).filter((e): e is [string, AttributeValue] => e[1] !== null));

const domainParameters = (name: string): Record<string, string> => ({
  'Domain.FQDN': `${name}.contoso.com`,
  'Domain.Netbios': name.toUpperCase(),
  'Forest.FQDN': `${name}.contoso.com`,
  'Forest.Netbios': name.toUpperCase(),
  'Domain.LDAP': baseDn,
  'Forest.LDAP': baseDn,
});
