/** Section F of the casebook: what diagnosis says of password hash synchronization. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicationStatusError } from '../../src/connectors/active-directory/replication/errors.ts';
import { type PasswordSystemFacts, passwords } from '../../src/diagnosis/detectors/passwords.ts';
import type { DiagnosisContext } from '../../src/diagnosis/diagnose-context.ts';
import { type Finding, makeFinding } from '../../src/diagnosis/findings/finding.ts';
import type {
  ChannelState,
  DomainState,
  PasswordReason,
  PasswordStatus,
  QueuedUser,
} from '../../src/passwords/contract.ts';
import { createSqlStore } from '../../src/passwords/sql-store.ts';
import { createEngine } from '../../src/sync/context.ts';
import { rulesFor, World } from '../engine/world.ts';

const now = Date.UTC(2026, 0, 2, 12);
const minute = 60_000;
const nc = 'DC=ad';
const channel = {
  connector: 'ad',
  cloud: 'cloud',
  account: 'CORP\\svc-phs',
  hasOwnAccount: true,
  domains: [nc],
  state: 'on' as const,
};
const rules = rulesFor(['ad']).map((r) => (r.name.endsWith(' user') ? { ...r, passwordSync: true } : r));
const healthy: ChannelState & DomainState = { lastHeartbeatAt: now - 10 * minute, lastCycleAt: now - minute };

interface Sick {
  readonly state?: Partial<ChannelState>;
  readonly domain?: Partial<DomainState>;
  readonly queue?: readonly QueuedUser[];
  readonly facts?: Partial<PasswordSystemFacts>;
  readonly channelState?: 'on' | 'staging' | 'not-ready';
  /** Feature of the tenant, asked live. */
  readonly tenantSays?: boolean;
  /** Name of a user to look at. */
  readonly focus?: string;
}

/** A world with ana in the cloud and hidden out of scope, and the findings about its passwords. */
async function findings(sick: Sick): Promise<Finding[]> {
  const world = new World({ rules });
  world.user('ana');
  world.user('hidden', { title: 'hidden' });
  await world.cycle('initial');
  const state = createSqlStore(world.store);
  await state.writeChannel('ad', { lastHeartbeatAt: healthy.lastHeartbeatAt!, ...sick.state });
  await state.writeDomain('ad', nc, {
    state: { watermark: '1', lastCycleAt: healthy.lastCycleAt!, ...sick.domain },
    enqueue: sick.queue ?? [],
    results: (sick.queue ?? []).map(({ objectGuid, dn, status, reason }) => ({
      ...{ objectGuid, dn, status, reason, at: now - 5 * minute, errorCode: 'X1', detail: 'as the cloud says' },
    })),
  });
  const engine = createEngine(world.env);
  const row = engine.byId.size > 0 && sick.focus ? world.store.cs.byAnchor(1, sick.focus) : undefined;
  const context: DiagnosisContext = {
    engine,
    store: world.store,
    now,
    signal: new AbortController().signal,
    facts: {
      staging: false,
      deletionThreshold: 500,
      passwords: { channels: [{ ...channel, state: sick.channelState ?? 'on' }], off: [], ...sick.facts },
    },
    ...(row ? { focus: { reference: sick.focus!, mv: null, cs: new Set([row.id]) } } : {}),
    ...(sick.tenantSays === undefined ? {} : { live: tenantThatSays(sick.tenantSays) }),
  };
  return (await passwords.detect(context)).map((facts) => makeFinding(facts, now));
}
const tenantThatSays = (on: boolean): NonNullable<DiagnosisContext['live']> =>
  ({
    tenant: async () => ({
      company: { displayName: 'Contoso', features: { passwordSyncEnabled: on } },
      graph: async () => ({ status: 403, body: {} }),
    }),
  }) as unknown as NonNullable<DiagnosisContext['live']>;
const queued = (objectGuid: string, status: PasswordStatus, reason: PasswordReason): QueuedUser => ({
  objectGuid,
  dn: `CN=${objectGuid},${nc}`,
  kind: 'retry',
  status,
  reason,
  attempt: 3,
  nextAttemptAt: now + minute,
});
const codes = (list: readonly Finding[]): string[] => list.map((f) => f.code);
const evidence = (f: Finding): string => f.evidence.map((e) => `${e.source}: ${e.fact}`).join('\n');

test('a healthy channel has no finding; neither has one in staging mode or before the first export', async () => {
  assert.deepEqual(await findings({}), []);
  const old = { state: { lastHeartbeatAt: 0 }, domain: { lastCycleAt: 0 } };
  assert.deepEqual(await findings({ ...old, channelState: 'staging' }), []);
  assert.deepEqual(await findings({ ...old, channelState: 'not-ready' }), []);
  assert.deepEqual(await findings({ tenantSays: true }), []);
});

test('password-sync-disabled: here, where another connector has it on', async () => {
  const [finding, ...rest] = await findings({ facts: { off: ['fabrikam'] } });
  assert.deepEqual([finding!.code, finding!.severity, rest], ['password-sync-disabled', 'info', []]);
  assert.match(finding!.fix[0]!.text, /name: fabrikam\n {4}passwordHashSync: true/);
  const { action } = finding!.fix[0]!;
  assert.ok(action?.kind === 'configuration');
  assert.deepEqual([action.path.at(-1), action.value], ['passwordHashSync', true]);
  assert.deepEqual(codes(await findings({ facts: { channels: [], off: ['fabrikam'] } })), []);
});

test('password-sync-disabled: in the tenant, as a batch told or as the tenant says now', async () => {
  const lastError = { code: 'password-sync-disabled', message: 'off', remedy: 'on', at: now - minute };
  for (const sick of [{ state: { lastError } }, { domain: { lastError } }, { tenantSays: false }]) {
    const [finding, ...rest] = await findings(sick);
    assert.deepEqual([finding!.code, finding!.severity, rest], ['password-sync-disabled', 'error', []]);
    assert.match(finding!.summary, /switched off in the tenant of cloud/);
    assert.match(finding!.fix[0]!.text, /PATCH [^\n]*onPremisesSynchronization.*"passwordSyncEnabled": true/s);
  }
});

test('password-sync-stalled: with the last heartbeat and the last change seen', async () => {
  const lastChangeAt = now - 300 * minute;
  const late = await findings({ state: { lastHeartbeatAt: now - 66 * minute }, domain: { lastChangeAt } });
  assert.deepEqual([codes(late), late[0]!.severity], [['password-sync-stalled'], 'warning']);
  assert.match(evidence(late[0]!), /last heartbeat: 2026-01-02T10:54:00/);
  assert.match(evidence(late[0]!), /last change seen in the directory: 2026-01-02T07:00:00/);
  const lost = await findings({ state: { lastHeartbeatAt: now - 181 * minute } });
  assert.equal(lost[0]!.severity, 'error');
  assert.deepEqual(codes(await findings({ domain: { lastCycleAt: now - 16 * minute } })), ['password-sync-stalled']);
});

test('password-sync-permission: both rights and the command that grants them', async () => {
  const { code, message, remedy, endpoint } = replicationStatusError(8453, {
    endpoint: 'dc1:49152',
    account: 'CORP\\svc-phs',
    namingContext: nc,
  });
  const lastError = { code, reason: 'ad-permission-missing', message, remedy, endpoint, at: now - minute };
  const [finding, ...rest] = await findings({ domain: { lastError } });
  assert.deepEqual([finding!.code, rest], ['password-sync-permission', []]);
  assert.match(finding!.summary, /"Replicating Directory Changes" and "Replicating Directory Changes All"/);
  assert.deepEqual(finding!.fix[0]!.text.split('\n'), [
    'dsacls "DC=ad" /G "CORP\\svc-phs:CA;Replicating Directory Changes"',
    'dsacls "DC=ad" /G "CORP\\svc-phs:CA;Replicating Directory Changes All"',
  ]);
  assert.match(evidence(finding!), /endpoint: dc1:49152/);
});

test('password-sync-dc-failure and password-sync-cloud-failure: endpoint and error', async () => {
  const dc = {
    code: 'password-sync-dc-failure',
    reason: 'connection-refused',
    message: 'dc1:135 refuses the connection.',
    remedy: 'Open TCP 135.',
    endpoint: 'dc1:135',
    at: now - minute,
  };
  const [first, ...none] = await findings({ domain: { lastError: dc } });
  assert.deepEqual([first!.code, first!.errorCode, none], ['password-sync-dc-failure', 'connection-refused', []]);
  assert.match(evidence(first!), /dc1:135/);
  assert.equal(first!.fix[0]!.text, 'Open TCP 135.');
  const cloud = { code: 'password-sync-cloud-failure', message: 'https://x: 503', remedy: 'Wait.', at: now - minute };
  // The domain's cycle ended for the same reason: it is told once.
  const both = await findings({ state: { lastError: cloud }, domain: { lastError: cloud } });
  assert.deepEqual(codes(both), ['password-sync-cloud-failure']);
  assert.match(evidence(both[0]!), /https:\/\/x: 503/);
});

test('password-not-synced: users that are held up, by step, with both names', async () => {
  const list = await findings({
    queue: [
      queued('ana', 'Error', 'refused-by-cloud'),
      queued('bob', 'FilteredByTarget', 'must-change-at-next-logon'),
      queued('eve', 'FilteredByTarget', 'must-change-at-next-logon'),
      { ...queued('out', 'SourceConnectorNotPresent', 'not-imported'), kind: 'waiting' },
    ],
  });
  assert.deepEqual(
    list.map((f) => [f.code, f.errorCode, f.severity, f.affected]),
    [
      ['password-not-synced', 'must-change-at-next-logon', 'warning', 2],
      ['password-not-synced', 'refused-by-cloud', 'error', 1],
    ],
  );
  assert.match(evidence(list[1]!), /Error \(refused-by-cloud\), X1: as the cloud says/);
  assert.ok(list[1]!.fix.some((f) => f.text.startsWith('causeway passwords resync')));
});

const everyStep: readonly [PasswordStatus, PasswordReason][] = [
  ['FilteredByTarget', 'must-change-at-next-logon'],
  ['FilteredByTarget', 'protected-cloud-role'],
  ['FilteredByTarget', 'protected-admin-count'],
  ['Error', 'refused-by-cloud'],
  ['Error', 'unreadable'],
  ['RetryRequestedByTarget', 'retry-requested'],
  ['MissingAttribute', 'no-password'],
  ['Unknown', 'requested'],
];
for (const [status, reason] of everyStep) {
  test(`password-not-synced: asked about a user who stopped at ${reason}`, async () => {
    const [finding, ...rest] = await findings({ focus: 'ana', queue: [queued('ana', status, reason)] });
    assert.deepEqual([finding!.code, finding!.errorCode, rest], ['password-not-synced', reason, []]);
    assert.match(evidence(finding!), new RegExp(`${status} \\(${reason}\\)`));
    assert.ok(finding!.fix.length > 0 && finding!.fix.every((f) => f.text.length > 0));
  });
}

test('password-not-synced: asked about a user whom the rules keep out, and about one who is well', async () => {
  const [finding] = await findings({ focus: 'hidden' });
  assert.deepEqual([finding!.code, finding!.errorCode], ['password-not-synced', 'not-in-scope']);
  assert.match(finding!.fix[0]!.text, /^causeway explain /);
  assert.deepEqual(await findings({ focus: 'ana' }), []);
});
