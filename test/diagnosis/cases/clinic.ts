/** A lab in which things are broken on purpose: domain controllers, a running tenant, the engine, diagnosis and fixes. */
import assert from 'node:assert/strict';
import { parse, stringify } from 'yaml';
import { createEntraSyncConnector } from '../../../src/connectors/entra/sync.ts';
import { LiveConnections } from '../../../src/diagnosis/connectivity/live.ts';
import { type Ambiguous, type Diagnosis, diagnoseAll, diagnoseObject } from '../../../src/diagnosis/diagnose.ts';
import type { DiagnosisContext, SystemFacts } from '../../../src/diagnosis/diagnose-context.ts';
import { readingEngine } from '../../../src/diagnosis/explain/engine.ts';
import type { Finding } from '../../../src/diagnosis/findings/finding.ts';
import { editConfiguration } from '../../../src/diagnosis/fix/configuration.ts';
import { applyFix, chooseFix, type FixHost, type FixResult, findingsAbout } from '../../../src/diagnosis/fix/fix.ts';
import { planFindings } from '../../../src/diagnosis/plan/findings.ts';
import { readTenantImage, type TenantSource } from '../../../src/diagnosis/plan/image-tenant.ts';
import { makePlan } from '../../../src/diagnosis/plan/plan.ts';
import { compileRuleSet } from '../../../src/rules/compile.ts';
import { loadRules } from '../../../src/rules/load.ts';
import { type OutOfBoxOptions, outOfBoxRules } from '../../../src/rules/out-of-box/options.ts';
import type { EngineEnvironment } from '../../../src/sync/context.ts';
import { type CycleResult, type Policy, runCycle } from '../../../src/sync/cycle.ts';
import type { TenantSeed } from '../../../src/tenant/seed.ts';
import type { Tenant } from '../../../src/tenant/tenant.ts';
import { Lab, type LabOptions } from '../../main-job/lab.ts';
import type { Samba } from '../../support/samba.ts';
import { saysWhatItDoes } from './by-hand.ts';
import { noteHealed, noteSeen } from './proof.ts';

const appId = '00000000-0000-4000-8000-000000000001';
const permissions = [
  'ADSynchronization.ReadWrite.All',
  'Directory.Read.All',
  'User.ReadWrite.All',
  'Group.ReadWrite.All',
  'RoleManagement.ReadWrite.Directory',
  'OnPremDirectorySynchronization.ReadWrite.All',
  'User-OnPremisesSyncBehavior.ReadWrite.All',
];

export interface ClinicOptions extends LabOptions {
  readonly facts?: Partial<SystemFacts>;
  /** That of another clinic, to which two servers write then. */
  readonly tenant?: Tenant;
}

/** What the clinic reads of its configuration. */
interface Told {
  readonly connectors: readonly {
    readonly objectClasses?: readonly string[];
    readonly partitions?: readonly {
      readonly base: string;
      readonly include?: readonly string[];
      readonly exclude?: readonly string[];
    }[];
  }[];
  readonly sourceAnchor: string;
  readonly rules?: Partial<OutOfBoxOptions>;
  readonly limits?: { readonly collapseShare: number };
}

export class Clinic implements Disposable {
  readonly lab: Lab;
  env: EngineEnvironment;
  readonly dcs: readonly Samba[];
  facts: SystemFacts;
  clockMs = 0;
  #outOfBox: Partial<OutOfBoxOptions>;
  #rules = '';
  readonly approved = new Set<string>();
  readonly #tenant: Tenant | undefined;

  constructor(dcs: readonly Samba[], options: ClinicOptions = {}) {
    this.dcs = dcs;
    this.lab = new Lab(dcs, options);
    this.#tenant = options.tenant;
    this.env = { ...this.lab.env, isApproved: (hash) => this.approved.has(hash) };
    if (options.tenant) this.#reach(options.tenant);
    this.#outOfBox = options.rules ?? {};
    if (!options.tenant)
      this.lab.tenant.registerApp({ appId, secret: 'sesame', permissions, roles: ['Global Administrator'] });
    this.facts = {
      staging: false,
      deletionThreshold: options.limits?.deletionThreshold ?? 500,
      isApproved: (hash) => this.approved.has(hash),
      sourceAnchor: 'mS-DS-ConsistencyGuid',
      initialDomains: new Map([['cloud', 'contoso.onmicrosoft.com']]),
      ...options.facts,
    };
  }

  get tenant(): Tenant {
    return this.#tenant ?? this.lab.tenant;
  }
  #reach(tenant: Tenant): void {
    const connector = createEntraSyncConnector({
      ...{ name: 'cloud', url: 'http://tenant.test', tenantId: tenant.tenantId, clientId: appId, secret: 'sesame' },
      fetch: (r) => tenant.fetch(r),
    });
    const connectors = this.env.connectors.map((c) => (c.connector.name === 'cloud' ? { ...c, connector } : c));
    this.env = { ...this.env, connectors };
  }
  seed(seed: TenantSeed): void {
    this.tenant.seed(seed);
  }

  /** The out-of-box rules with a rule file over them, from the next cycle on. */
  useRules(text: string, outOfBox: Partial<OutOfBoxOptions> = this.#outOfBox): void {
    this.#rules = text;
    this.#outOfBox = outOfBox;
    const connectors = this.env.connectors.map((c) => ({ name: c.connector.name, type: c.connector.type }));
    const files = text === '' ? [] : [{ path: 'rules/test.yaml', text }];
    const loaded = loadRules({ outOfBox: outOfBoxRules(outOfBox), files, connectors });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const compiled = compileRuleSet(loaded.rules, loaded.schema);
    assert.ok(compiled.ok, JSON.stringify(compiled));
    this.env = { ...this.env, ruleSet: compiled.ruleSet };
  }

  /** The text of the rule file. */
  get rules(): string {
    return this.#rules;
  }

  cycle(policy: Policy = 'delta'): Promise<CycleResult> {
    return runCycle(this.env, { policy, retryAll: true }, new AbortController().signal);
  }

  async diagnose(reference?: string): Promise<Diagnosis | Ambiguous> {
    const signal = new AbortController().signal;
    await using live = new LiveConnections(this.env.connectors, signal);
    const context = this.#context(live, signal);
    return await (reference === undefined ? diagnoseAll(context) : diagnoseObject(context, reference));
  }

  #context(live: LiveConnections, signal: AbortSignal): DiagnosisContext {
    const engine = readingEngine(this.env);
    const now = Date.now() + this.clockMs;
    return { engine, store: engine.store, now, facts: this.facts, live, signal };
  }

  /** What "causeway plan" says of the next export, after reading the tenant. */
  async planned(): Promise<readonly Finding[]> {
    const signal = new AbortController().signal;
    await using live = new LiveConnections(this.env.connectors, signal);
    const context = this.#context(live, signal);
    const session = (await live.session('cloud')) as unknown as TenantSource;
    const images = new Map([['cloud', await readTenantImage(session, context.now, signal)]]);
    return await planFindings(context, await makePlan(context.engine, { images, signal }));
  }

  /** Everything that is found. */
  async findings(reference?: string): Promise<readonly Finding[]> {
    const result = await this.diagnose(reference);
    assert.equal(result.kind, 'diagnosis', JSON.stringify(result));
    return (result as Diagnosis).findings;
  }

  /** The one finding of a case that concerns some text (a name, a value); everything is shown if it is not there. */
  async one(code: string, about = '', reference?: string): Promise<Finding> {
    const findings = await this.findings(reference);
    const matching = findings.filter((f) => f.code === code && JSON.stringify(f).includes(about));
    assert.equal(
      matching.length,
      1,
      `${code} about "${about}": ${matching.length} of ${findings.length}\n${findings.map((f) => `${f.code}: ${f.summary}`).join('\n')}`,
    );
    noteSeen(code);
    return matching[0] as Finding;
  }

  /**
   * The cure was carried out by hand, as the finding says: one delta cycle later (unless there is nothing to run, as with
   * connections) the finding is gone.
   */
  async gone(code: string, about = '', options: { reference?: string; cycle?: boolean } = {}): Promise<void> {
    if (options.cycle !== false) await this.cycle();
    const left = (await this.findings(options.reference)).filter(
      (f) => f.code === code && JSON.stringify(f).includes(about),
    );
    assert.deepEqual(left, [], `${code} about "${about}" is still there`);
    noteHealed(code);
  }

  /** `reference`: the finding is one of the diagnosis of this object. */
  async apply(finding: Finding, number?: number, reference?: string): Promise<FixResult> {
    const signal = new AbortController().signal;
    await using live = new LiveConnections(this.env.connectors, signal);
    const host: FixHost = {
      live,
      cycle: async (policy) => (await this.cycle(policy)).outcome,
      journal: (kind, detail) =>
        this.lab.store.records.journal(Date.now(), null, kind, null, null, JSON.stringify(detail)),
      diagnose: () =>
        reference === undefined ? this.findings() : findingsAbout((name) => this.diagnose(name), reference, finding),
      setScheduler: (field, value) => {
        const on = value === 'true';
        const scheduler = this.facts.scheduler ?? { enabled: true, suspended: false, intervalMs: 1_800_000 };
        if (field === 'StagingModeEnabled') this.stage(on);
        else if (field === 'CustomizedSyncCycleInterval')
          this.facts = { ...this.facts, scheduler: { ...scheduler, intervalMs: Number.parseInt(value, 10) * 60_000 } };
        else if (field === 'SyncCycleEnabled') this.facts = { ...this.facts, scheduler: { ...scheduler, enabled: on } };
        else this.facts = { ...this.facts, scheduler: { ...scheduler, suspended: on } };
      },
      editConfiguration: (change) => this.configure(editConfiguration(this.configuration(), change)),
      approveDeletes: (_, hash) => void this.approved.add(hash),
    };
    const fix = chooseFix(finding, number);
    saysWhatItDoes(fix);
    return await applyFix(host, finding, fix);
  }

  /** Applies a fix; one delta cycle later the finding must be gone. */
  async heal(finding: Finding, number?: number, reference?: string): Promise<void> {
    const before = this.journal('fix-applied');
    const result = await this.apply(finding, number, reference);
    assert.ok(result.isGone, `${finding.code} is still there: ${JSON.stringify(result.now, undefined, 1)}`);
    assert.equal(this.journal('fix-applied'), before + 1, 'it is written down');
    noteHealed(finding.code);
  }

  /** Entries of a kind in the journal. */
  journal(kind: string): number {
    return this.lab.store.records.journalPage(Number.MAX_SAFE_INTEGER, 10_000).filter((j) => j.kind === kind).length;
  }

  /** The configuration that this clinic runs on, as `causeway.yaml` has it. */
  configuration(): string {
    const { userJoin } = this.#outOfBox;
    return stringify({
      connectors: this.env.connectors.map(({ connector, objectTypes, partitions }) => ({
        name: connector.name,
        type: connector.type,
        ...(connector.type === 'entra' ? {} : { objectClasses: objectTypes }),
        ...(partitions.length === 0
          ? {}
          : { partitions: partitions.map(({ name, include, exclude }) => ({ base: name, include, exclude })) }),
      })),
      sourceAnchor: this.facts.sourceAnchor,
      ...(userJoin === undefined ? {} : { rules: { userJoin } }),
      limits: { collapseShare: this.env.limits.collapseShare },
    });
  }

  /** From now on it runs on this configuration. */
  configure(text: string): void {
    const told = parse(text) as Told;
    const connectors = this.env.connectors.map((c, i) => ({
      ...c,
      objectTypes: told.connectors[i]?.objectClasses ?? [],
      partitions: (told.connectors[i]?.partitions ?? []).map(({ base, include, exclude }) => ({
        ...{ name: base, include: include ?? [], exclude: exclude ?? [] },
      })),
    }));
    this.env = { ...this.env, connectors, limits: { ...this.env.limits, ...told.limits } };
    const { sourceAnchor } = this.facts;
    this.facts = { ...this.facts, sourceAnchor: told.sourceAnchor };
    if (told.sourceAnchor !== sourceAnchor || told.rules?.userJoin !== this.#outOfBox.userJoin)
      this.useRules(this.#rules, { ...this.#outOfBox, sourceAnchor: told.sourceAnchor, ...told.rules });
  }

  /** A container more. */
  select(path: readonly (string | number)[], from: string | undefined, to: string | undefined): void {
    const change = { kind: 'configuration' as const, path, ...(from ? { from } : {}), ...(to ? { to } : {}) };
    this.configure(editConfiguration(this.configuration(), change));
  }

  stage(staging: boolean): void {
    this.env = { ...this.env, staging };
    this.facts = { ...this.facts, staging };
  }

  user(upn: string): Promise<Record<string, unknown> | undefined> {
    return this.lab
      .graph<Record<string, unknown>>(
        '/users?$select=id,displayName,userPrincipalName,mail,proxyAddresses,onPremisesImmutableId,onPremisesSyncEnabled,jobTitle&$top=900',
      )
      .then((all) => all.find((u) => String(u.userPrincipalName).toLowerCase() === upn.toLowerCase()));
  }

  /** The status of one call of Graph as the connector's application. */
  async graph(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<number> {
    await using live = new LiveConnections(this.env.connectors, new AbortController().signal);
    const answer = await (await live.tenant('cloud'))?.graph({ method, path, body });
    return answer?.status ?? 0;
  }

  [Symbol.dispose](): void {
    this.lab[Symbol.dispose]();
  }
}
