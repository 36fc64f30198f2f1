/** Worlds: directories in memory, a small rule set, an engine over a store in memory. No clock, no chance, no network. */
import assert from 'node:assert/strict';
import type { AttributeSchema } from '../../src/connectors/contract.ts';
import { createMemoryConnector, MemoryDirectory } from '../../src/connectors/memory/memory.ts';
import { compileRuleSet } from '../../src/rules/compile.ts';
import { builtInMetaverseSchema } from '../../src/rules/metaverse-schema.ts';
import type { SyncRule } from '../../src/rules/model.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { checkLaws } from '../../src/sync/check.ts';
import { createEngine, defaultLimits, type EngineEnvironment, type Limits } from '../../src/sync/context.ts';
import { type CycleResult, type Policy, runCycle } from '../../src/sync/cycle.ts';

const text = (name: string): AttributeSchema => ({ name, type: 'string', multiValued: false });
const list = (name: string): AttributeSchema => ({ name, type: 'string', multiValued: true });
const reference = (name: string, multiValued = true): AttributeSchema => ({ name, type: 'reference', multiValued });
export const attributes: readonly AttributeSchema[] = [
  ...[
    'anchor',
    'sourceAnchor',
    'displayName',
    'mail',
    'title',
    'objectSid',
    'adminDescription',
    'department',
    'employeeID',
  ].map(text),
  list('proxyAddresses'),
  reference('member'),
  reference('manager', false),
];

const rule = (
  r: Partial<SyncRule> &
    Pick<SyncRule, 'name' | 'direction' | 'connector' | 'sourceObjectType' | 'targetObjectType' | 'precedence'>,
): SyncRule => ({
  id: r.name,
  linkType: 'Join',
  scope: [],
  join: [],
  flows: [],
  ...r,
});
const copy = (...names: string[]) => names.map((name) => ({ target: name, direct: name }));
const notOurs = [[{ attribute: 'adminDescription', operator: 'NOTSTARTSWITH' as const, value: 'User_' }]];

/** Users join over forests by employeeID; groups never do. The DN in the cloud is the source anchor. */
export function rulesFor(forests: readonly string[]): SyncRule[] {
  return [
    ...forests.flatMap((connector, i) => [
      rule({
        name: `In ${connector} user`,
        direction: 'inbound',
        connector,
        sourceObjectType: 'user',
        targetObjectType: 'person',
        linkType: 'Provision',
        precedence: 100 + i,
        scope: notOurs,
        join: [[{ cs: 'employeeID', mv: 'employeeID' }], [{ cs: 'anchor', mv: 'sourceAnchor' }]],
        flows: [
          { target: 'sourceAnchor', direct: 'anchor' },
          ...copy('displayName', 'mail', 'title', 'employeeID', 'proxyAddresses', 'manager'),
        ],
      }),
      rule({
        name: `In ${connector} group`,
        direction: 'inbound',
        connector,
        sourceObjectType: 'group',
        targetObjectType: 'group',
        linkType: 'Provision',
        precedence: 110 + i,
        join: [[{ cs: 'anchor', mv: 'sourceAnchor' }]],
        flows: [{ target: 'sourceAnchor', direct: 'anchor' }, ...copy('displayName', 'member')],
      }),
    ]),
    rule({
      name: 'In cloud user',
      direction: 'inbound',
      connector: 'cloud',
      sourceObjectType: 'user',
      targetObjectType: 'person',
      precedence: 120,
      join: [[{ cs: 'sourceAnchor', mv: 'sourceAnchor', caseSensitive: true }]],
    }),
    rule({
      name: 'In cloud group',
      direction: 'inbound',
      connector: 'cloud',
      sourceObjectType: 'group',
      targetObjectType: 'group',
      precedence: 121,
      join: [[{ cs: 'sourceAnchor', mv: 'sourceAnchor', caseSensitive: true }]],
    }),
    rule({
      name: 'Out cloud user',
      direction: 'outbound',
      connector: 'cloud',
      sourceObjectType: 'person',
      targetObjectType: 'user',
      linkType: 'Provision',
      precedence: 130,
      join: [[{ cs: 'sourceAnchor', mv: 'sourceAnchor', caseSensitive: true }]],
      scope: [[{ attribute: 'title', operator: 'NOTEQUAL', value: 'hidden' }]],
      flows: [
        { target: 'dn', direct: 'sourceAnchor' },
        ...copy('sourceAnchor', 'displayName', 'mail', 'title', 'proxyAddresses', 'manager'),
      ],
    }),
    rule({
      name: 'Out cloud group',
      direction: 'outbound',
      connector: 'cloud',
      sourceObjectType: 'group',
      targetObjectType: 'group',
      linkType: 'Provision',
      precedence: 131,
      join: [[{ cs: 'sourceAnchor', mv: 'sourceAnchor', caseSensitive: true }]],
      flows: [{ target: 'dn', direct: 'sourceAnchor' }, ...copy('sourceAnchor', 'displayName', 'member')],
    }),
  ];
}

/** Writes to the users of the forest `ad`. */
export const outToDirectory = (flows: SyncRule['flows'], scope: SyncRule['scope'] = []): SyncRule =>
  rule({
    name: 'Out ad user',
    direction: 'outbound',
    connector: 'ad',
    sourceObjectType: 'person',
    targetObjectType: 'user',
    precedence: 150,
    scope,
    flows,
  });

export class World {
  readonly store: Store;
  readonly forests: ReadonlyMap<string, MemoryDirectory>;
  readonly cloud = new MemoryDirectory();
  readonly logged: string[] = [];
  readonly env: EngineEnvironment;
  clock = Date.UTC(2026, 0, 1);
  lease = true;
  approved = new Set<string>();

  constructor(
    options: {
      forests?: readonly string[];
      file?: string;
      rules?: readonly SyncRule[];
      limits?: Partial<Limits>;
      scope?: { include: string[]; exclude: string[] };
      staging?: boolean;
      /** Few objects a page, so that small worlds have several; 0: as in real life. */
      pageSize?: number;
      groupFilter?: string;
      from?: World;
      /** Default: that of `from`. */
      cloud?: MemoryDirectory;
    } = {},
  ) {
    const names = options.forests ?? ['ad'];
    this.store = openStore(options.file ?? ':memory:');
    this.forests = options.from?.forests ?? new Map(names.map((n) => [n, new MemoryDirectory()]));
    if (options.from) this.cloud = options.cloud ?? options.from.cloud;
    const compiled = compileRuleSet(options.rules ?? rulesFor(names), builtInMetaverseSchema);
    assert.ok(compiled.ok, JSON.stringify(compiled));
    let guid = 0;
    this.env = {
      store: this.store,
      connectors: [
        ...[...this.forests].map(([name, directory]) => ({
          connector: createMemoryConnector({ name, type: 'active-directory', directory, attributes }),
          objectTypes: ['user', 'group'],
          ...(options.groupFilter ? { groupFilter: options.groupFilter } : {}),
          partitions: options.scope ? [{ name: 'memory', ...options.scope }] : [],
        })),
        {
          connector: createMemoryConnector({ name: 'cloud', type: 'entra', directory: this.cloud, attributes }),
          objectTypes: ['user', 'group'],
          partitions: [],
        },
      ],
      ruleSet: compiled.ruleSet,
      limits: { ...defaultLimits, ...options.limits },
      staging: options.staging ?? false,
      ...(options.pageSize === 0 ? {} : { pages: { read: options.pageSize ?? 5, transaction: 8 } }),
      now: () => this.clock++,
      random: () => 0.5,
      guid: () => `guid-${++guid}`,
      sleep: async () => {},
      log: (level, message) => void this.logged.push(`${level}: ${message}`),
      progress: () => {},
      assertLease: () => assert.ok(this.lease, 'lease lost'),
      isApproved: (hash) => this.approved.has(hash),
    };
  }

  get ad(): MemoryDirectory {
    return [...this.forests.values()][0]!;
  }

  user(
    anchor: string,
    attrs: Record<string, string | string[]> = {},
    options: { ou?: string; manager?: string; forest?: string } = {},
  ): void {
    this.forest(options.forest).put(anchor, {
      dn: `CN=${anchor},OU=${options.ou ?? 'People'},DC=x`,
      objectType: 'user',
      attributes: { anchor, displayName: `User ${anchor}`, ...attrs },
      references: options.manager ? { manager: [options.manager] } : {},
    });
  }

  group(anchor: string, member: string[], options: { ou?: string; forest?: string } = {}): void {
    this.forest(options.forest).put(anchor, {
      dn: `CN=${anchor},OU=${options.ou ?? 'Groups'},DC=x`,
      objectType: 'group',
      attributes: { anchor, displayName: `Group ${anchor}` },
      references: { member },
    });
  }

  forest(name?: string): MemoryDirectory {
    return name === undefined ? this.ad : this.forests.get(name)!;
  }

  /** One cycle; afterwards the laws hold. */
  async cycle(policy: Policy = 'delta'): Promise<CycleResult> {
    const result = await runCycle(this.env, { policy, retryAll: true }, new AbortController().signal);
    this.checkLaws();
    return result;
  }

  /** One cycle under other rules; afterwards the laws hold under these. */
  async cycleUnder(rules: readonly SyncRule[], policy: Policy = 'initial'): Promise<CycleResult> {
    const compiled = compileRuleSet(rules, builtInMetaverseSchema);
    assert.ok(compiled.ok, JSON.stringify(compiled));
    const env = { ...this.env, ruleSet: compiled.ruleSet };
    const result = await runCycle(env, { policy, retryAll: true }, new AbortController().signal);
    assert.deepEqual(checkLaws(createEngine(env)), []);
    return result;
  }

  checkLaws(): void {
    assert.deepEqual(checkLaws(createEngine(this.env)), []);
  }

  /** What the cloud holds, by source anchor, references as source anchors. */
  cloudState(): Record<string, unknown> {
    const anchorOf = (a: string) => String(this.cloud.objects.get(a)?.attributes.sourceAnchor ?? a);
    const entries = [...this.cloud.objects.values()].map((o) => [
      String(o.attributes.sourceAnchor),
      {
        type: o.objectType,
        ...sorted(o.attributes),
        ...Object.fromEntries(
          Object.entries(o.references)
            .filter(([, v]) => v.length > 0)
            .sort()
            .map(([n, v]) => [n, v.map(anchorOf).sort()]),
        ),
      },
    ]);
    return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
  }

  /** What an independent reading of the forests says the cloud should hold (one forest, no joins). */
  expectedState(): Record<string, unknown> {
    const visible = (o: { objectType: string; attributes: Record<string, unknown> }) =>
      o.objectType === 'group' ||
      (o.attributes.title !== 'hidden' && !String(o.attributes.adminDescription ?? '').startsWith('User_'));
    const kept = [...this.ad.objects].filter(([, o]) => visible(o));
    const anchors = new Set(kept.map(([a]) => a));
    const names = ['displayName', 'mail', 'title', 'proxyAddresses'];
    return Object.fromEntries(
      kept
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([anchor, o]) => {
          const values = Object.fromEntries(
            Object.entries(o.attributes).filter(
              ([n]) => names.includes(n) && (o.objectType === 'user' || n === 'displayName'),
            ),
          );
          const refs = Object.fromEntries(
            Object.entries(o.references)
              .map(([n, v]) => [n, v.filter((a) => anchors.has(a)).sort()])
              .filter(([, v]) => v!.length > 0),
          );
          return [anchor, { type: o.objectType, ...sorted({ ...values, sourceAnchor: anchor }), ...refs }];
        }),
    );
  }
}

const sorted = (o: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(o)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([n, v]) => [n, Array.isArray(v) ? [...v].sort() : v]),
  );
