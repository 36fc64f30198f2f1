/**
 * What bad input gets (docs/passwords.md has the same rows): a classified error with the code of its case, and nobody is
 * skipped. The domain controller goes wrong in the middle, behind a page that arrived; then it is well again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ntHash } from '../../src/model/crypto/md4.ts';
import { PasswordChannel } from '../../src/passwords/channel.ts';
import type { ChannelError, CredentialTarget } from '../../src/passwords/contract.ts';
import { openDirectSession } from '../../src/passwords/direct-session.ts';
import { createMemoryStore } from '../../src/passwords/memory-store.ts';
import { transformHash } from '../../src/passwords/transformation.ts';
import { attid, encodeReply, type SampleObject, type SampleReply, sampleUser } from './encode-reply.ts';
import { type Answer, bindAnswer, type Call, type Script, startScriptedDc } from './scripted-dc.ts';

const namingContext = 'DC=corp,DC=example,DC=com';
const pages = [
  ['ana', 'bo'],
  ['cid', 'dora'],
  ['eva', 'finn'],
];
const everybody = pages.flat();
const ridOf = (name: string): number => 1100 + everybody.indexOf(name);
const guidOf = (name: string): string => `c910929e-801c-43df-92f1-${ridOf(name).toString(16).padStart(12, '0')}`;

/** The reply behind a change number, as a domain controller in order gives it. */
function replyAt(page: number, sessionKey: Buffer, more: Partial<SampleReply> = {}): SampleReply {
  const objects = (pages[page] ?? []).map((name) => sampleUser(name, ridOf(name), ntHash(name), sessionKey));
  const usn = BigInt(Math.min(page + 1, pages.length));
  return { objects, more: page < pages.length - 1, usnTo: [usn, 0n, usn], ...more };
}
/** Where the client says that it stands. */
const positionIn = ({ parameters }: Call): number => Number(parameters.readBigUInt64LE(72));

interface Row {
  readonly code: ChannelError['code'];
  readonly reason: string;
  /** What the second page is answered with. */
  readonly answer?: (call: Call, sound: SampleReply) => Answer;
  readonly onTheWire?: NonNullable<Script['onTheWire']>;
  readonly idleTimeoutMs?: number;
  /** The password that the domain controller knows while it is wrong. */
  readonly password?: string;
  /** Users that arrive before it goes wrong; by default those of the first page. */
  readonly arrived?: number;
}
const failure = 'password-sync-dc-failure';
const changed = (bytes: Buffer, at: number): Buffer => {
  bytes[at]! ^= 0x55;
  return bytes;
};
const rows: Readonly<Record<string, Row>> = {
  'truncated data': {
    code: failure,
    reason: 'protocol',
    answer: (_, sound) => encodeReply(sound).subarray(0, 300),
  },
  'a count beyond what can follow': {
    code: failure,
    reason: 'protocol',
    answer: (_, sound) => encodeReply({ ...sound, announcedObjects: 0xffff_ffff }),
  },
  'an oversized answer': {
    code: failure,
    reason: 'protocol',
    answer: () => Buffer.alloc((64 << 20) + 5000),
  },
  'contradictory counts': {
    code: failure,
    reason: 'protocol',
    answer: (_, sound) => encodeReply({ ...sound, announcedObjects: 1 }),
  },
  'a changed fragment': {
    code: failure,
    reason: 'protocol',
    onTheWire: (fragment) => [changed(fragment, 40)],
  },
  'a replayed fragment': {
    code: failure,
    reason: 'protocol',
    onTheWire: (fragment) => [fragment, fragment],
    // The first of the two is sound, so that its page counts; the second is noticed by the call after it.
    arrived: 4,
  },
  'a wrong session key': {
    code: failure,
    reason: 'wrong-session-key',
    answer: () => encodeReply(replyAt(1, Buffer.alloc(16, 3))),
  },
  'a domain controller that goes away': { code: failure, reason: 'connection-lost', answer: () => 'cut' },
  'a domain controller that falls silent': {
    code: failure,
    reason: 'no-answer',
    answer: () => 'silence',
    idleTimeoutMs: 200,
  },
  'a locked or expired account': { code: failure, reason: 'ad-bind-failed', password: 'another', arrived: 0 },
  'a missing right': {
    code: 'password-sync-permission',
    reason: 'ad-permission-missing',
    answer: () => encodeReply({ status: 8453 }),
  },
  'a read-only domain controller': {
    code: failure,
    reason: 'read-only-dc',
    answer: () => encodeReply({ status: 8465 }),
  },
  'an error nobody knows': { code: failure, reason: 'dc-status', answer: () => encodeReply({ status: 4711 }) },
  'a fault of the call': { code: failure, reason: 'dc-status', answer: () => ({ fault: 5 }) },
};

for (const [what, row] of Object.entries(rows)) {
  test(`${what}: told as ${row.reason}, and nobody is skipped`, async () => {
    const world = { isWell: false, page: 0 };
    const sound = (call: Call): Answer => encodeReply(replyAt(positionIn(call), call.sessionKey));
    await using dc = await startScriptedDc({
      fragment: 5000,
      get password() {
        return world.isWell ? 'secret' : (row.password ?? 'secret');
      },
      answer: (call) => {
        if (call.operation === 0) return bindAnswer();
        world.page = positionIn(call);
        const isBad = !world.isWell && world.page === 1 && row.answer !== undefined;
        return isBad ? (row.answer as NonNullable<Row['answer']>)(call, replyAt(1, call.sessionKey)) : sound(call);
      },
      onTheWire: (fragment, index) =>
        !world.isWell && world.page === 1 && row.onTheWire ? row.onTheWire(fragment, index) : [fragment],
    });
    const { channel, received } = channelTo(dc.port, row.idleTimeoutMs);

    const { errors } = await channel.cycle();
    assert.deepEqual(
      errors.map(({ code, reason }) => [code, reason]),
      [[row.code, row.reason]],
      JSON.stringify(errors),
    );
    assert.ok((errors[0]?.message.length ?? 0) > 20 && (errors[0]?.remedy.length ?? 0) > 20);
    const status = await channel.status();
    assert.equal(status.domains[0]?.lastError?.code, row.code);
    assert.deepEqual([...received.keys()].sort(), everybody.slice(0, row.arrived ?? 2).map(guidOf));

    world.isWell = true;
    assert.deepEqual((await channel.cycle()).errors, []);
    assert.deepEqual([...received.keys()].sort(), everybody.map(guidOf));
    for (const name of everybody) assert.equal(received.get(guidOf(name)), await transformed(name, received), name);
    const after = await channel.status();
    assert.deepEqual(after.domains[0]?.queue, { waiting: 0, retry: 0, requested: 0 });
  });
}

test('one password that cannot be read is an error of that user, who is tried again; the others arrive', async () => {
  const answer = (call: Call): Answer => {
    if (call.operation === 0) return bindAnswer();
    const sound = replyAt(positionIn(call), call.sessionKey);

    return encodeReply({
      ...sound,
      objects: (sound.objects ?? []).map((o) => (o.dn.startsWith('CN=cid') ? odd(o) : o)),
    });
  };
  await using dc = await startScriptedDc({ answer });
  const { channel, received } = channelTo(dc.port);
  assert.deepEqual((await channel.cycle()).errors, []);
  assert.deepEqual([...received.keys()].sort(), everybody.filter((name) => name !== 'cid').map(guidOf));
  const [result] = await channel.history(guidOf('cid'));
  assert.deepEqual([result?.status, result?.reason], ['Error', 'unreadable']);
  assert.equal((await channel.status()).domains[0]?.queue.retry, 1);
});

/** With a protected value of a size that no password hash has. */
const odd = (object: SampleObject): SampleObject => ({
  ...object,
  attributes: object.attributes.map((a) => (a.id === attid.unicodePwd ? { ...a, values: [Buffer.alloc(7)] } : a)),
});

test('a clock that is an hour off is told with the domain and holds up nobody', async () => {
  const clock = (BigInt(Date.now() - 3_600_000) + 11_644_473_600_000n) * 10_000n;
  const answer = (call: Call): Answer =>
    call.operation === 0 ? bindAnswer() : encodeReply(replyAt(positionIn(call), call.sessionKey));
  await using dc = await startScriptedDc({ clock, answer });
  const { channel, received } = channelTo(dc.port);
  assert.deepEqual((await channel.cycle()).errors, []);
  assert.equal(received.size, everybody.length);
  const skew = (await channel.status()).domains[0]?.clockSkewMs ?? 0;
  assert.ok(Math.abs(skew - 3_600_000) < 60_000, `${skew}`);
});

/** The transformed hash of a user with the salt that was chosen. */
async function transformed(name: string, received: ReadonlyMap<string, string>): Promise<string> {
  const salt = /^v1;PPH1_MD4,([0-9a-f]{20}),/.exec(received.get(guidOf(name)) ?? '')?.[1] ?? '';
  return transformHash(ntHash(name), Buffer.from(salt, 'hex'));
}

function channelTo(port: number, idleTimeoutMs = 10_000) {
  const received = new Map<string, string>();
  const target: CredentialTarget = {
    endpoint: 'memory',
    send: async ({ credentials }) => {
      for (const { sourceAnchor, hash } of credentials) received.set(sourceAnchor, hash);
      return { results: credentials.map(({ sourceAnchor }) => ({ sourceAnchor, resultCode: 'Success' as const })) };
    },
  };
  const who = { host: '127.0.0.1', port, domain: 'CORP', user: 'svc', password: 'secret', namingContext };
  const channel = new PasswordChannel({
    connector: 'corp',
    domains: [
      {
        namingContext,
        servers: ['dc1'],
        open: (_, signal) => openDirectSession({ ...who, signal, idleTimeoutMs }),
      },
    ],
    target,
    eligible: (guids) => new Map(guids.map((g) => [g, { eligible: true as const, sourceAnchor: g }])),
    settings: () => ({ enabled: true, staging: false, ready: true }),
    store: createMemoryStore(),
    onEvent: () => undefined,
  });
  return { channel, received };
}
