import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  openReplication,
  type Replication,
  type ReplicationOptions,
} from '../../src/connectors/active-directory/replication/client.ts';
import { ReplicationError } from '../../src/connectors/active-directory/replication/errors.ts';
import { encodeWatermark } from '../../src/connectors/active-directory/replication/watermark.ts';
import { ntHash } from '../../src/model/crypto/md4.ts';
import { guidText } from '../../src/model/guid.ts';
import { encodeReply, type SampleReply, sampleInvocationId, sampleUser } from './encode-reply.ts';
import { type Answer, bindAnswer, type Call, type Script, startScriptedDc } from './scripted-dc.ts';

const namingContext = 'DC=corp,DC=example,DC=com';
const who = { host: '127.0.0.1', domain: 'CORP', user: 'svc', password: 'secret' };

/** Answers binds, and the replication calls one after the other from the list. */
function answers(...list: ((call: Call) => Answer)[]): Script['answer'] {
  let next = 0;
  return (call) => (call.operation === 0 ? bindAnswer() : (list[next++] ?? list.at(-1)!)(call));
}
const reply = (sample: SampleReply) => () => encodeReply(sample);

async function withDc<T>(
  script: Script,
  work: (replication: Replication) => Promise<T>,
  options: Partial<ReplicationOptions> = {},
): Promise<T> {
  await using dc = await startScriptedDc(script);
  const replication = await openReplication({ ...who, port: dc.port, namingContext, ...options });
  try {
    return await work(replication);
  } finally {
    replication.close();
  }
}
async function readAll(replication: Replication, watermark?: string) {
  const names: string[] = [];
  let last = '';
  for await (const page of replication.changes(namingContext, watermark)) {
    names.push(...page.objects.map((o) => `${o.samAccountName} ${o.ntHash?.toString('hex')}`));
    last = page.watermark;
  }
  return { names, last };
}
const fails = (reason: string, text: RegExp, retry?: string) => (error: unknown) => {
  assert.ok(error instanceof ReplicationError, String(error));
  assert.equal(error.reason, reason);
  assert.equal(
    error.code,
    reason === 'ad-permission-missing' ? 'password-sync-permission' : 'password-sync-dc-failure',
  );
  assert.match(`${error.message}\n${error.remedy}`, text);
  if (retry) assert.equal(error.retry, retry);
  return true;
};

test('pages are read to the end, over fragments of any size', async () => {
  for (const fragment of [1, 100, 5000]) {
    const script: Script = {
      fragment,
      answer: answers(
        ({ sessionKey }) =>
          encodeReply({
            objects: [sampleUser('ana', 1100, ntHash('one'), sessionKey)],
            more: true,
            usnTo: [10n, 0n, 0n],
          }),
        ({ sessionKey }) => encodeReply({ objects: [sampleUser('bo', 1101, ntHash('two'), sessionKey)] }),
      ),
    };
    const { names, last } = await withDc(script, (r) => readAll(r));
    assert.deepEqual(names, [`ana ${ntHash('one').toString('hex')}`, `bo ${ntHash('two').toString('hex')}`]);
    assert.equal(
      last,
      encodeWatermark({
        invocationId: sampleInvocationId,
        usn: [3947n, 0n, 3947n],
        cursors: [{ invocationId: sampleInvocationId, usn: 3947n }],
      }),
    );
  }
});

test('hashes are wiped when the iteration goes on', async () => {
  const kept: Buffer[] = [];
  await withDc(
    {
      answer: answers(({ sessionKey }) =>
        encodeReply({ objects: [sampleUser('ana', 1100, ntHash('one'), sessionKey)] }),
      ),
    },
    async (replication) => {
      for await (const page of replication.changes(namingContext)) kept.push(page.objects[0]!.ntHash!);
    },
  );
  assert.deepEqual(kept, [Buffer.alloc(16)]);
});

test('the watermark of another instance is not believed: its vector is sent instead', async () => {
  const asked: { invocationId: string; usn: bigint; cursors: boolean }[] = [];
  const script: Script = {
    answer: answers(({ parameters }) => {
      asked.push({
        invocationId: guidText(parameters.subarray(48, 64)),
        usn: parameters.readBigUInt64LE(72),
        cursors: parameters.readUInt32LE(96) !== 0,
      });
      return encodeReply({});
    }),
  };
  const foreign = 'aaaaaaaa-270b-45c0-8b3f-c0db7cc249a6';
  const cursors = [{ invocationId: foreign, usn: 5n }];
  await withDc(script, (r) => readAll(r, encodeWatermark({ invocationId: foreign, usn: [5n, 0n, 5n], cursors })));
  assert.deepEqual(asked, [
    { invocationId: foreign, usn: 5n, cursors: true },
    { invocationId: '00000000-0000-0000-0000-000000000000', usn: 0n, cursors: true },
  ]);
});

test('a request with a vector of 2,000 domain controllers is sent in fragments', async () => {
  let size = 0;
  const cursors = Array.from({ length: 2000 }, (_, i) => ({
    invocationId: `516c09df-270b-45c0-8b3f-${i.toString(16).padStart(12, '0')}`,
    usn: BigInt(i),
  }));
  const script: Script = {
    answer: answers(({ parameters }) => {
      size = parameters.length;
      return encodeReply({});
    }),
  };
  await withDc(script, (r) =>
    readAll(r, encodeWatermark({ invocationId: sampleInvocationId, usn: [0n, 0n, 0n], cursors })),
  );
  assert.ok(size > 48_000, `${size} bytes arrived`);
});

test('missing rights name both of them and the command', async () => {
  const script = { answer: answers(reply({ status: 8453 })) };
  await assert.rejects(
    withDc(script, (r) => readAll(r)),
    fails('ad-permission-missing', /Replicating Directory Changes All/),
  );
  await assert.rejects(
    withDc(script, (r) => readAll(r)),
    fails(
      'ad-permission-missing',
      /dsacls "DC=corp,DC=example,DC=com" \/G "CORP\\svc:CA;Replicating Directory Changes"/,
    ),
  );
});

test('a read-only domain controller, a busy one, and one that is unknown to us', async () => {
  const failing = (sample: SampleReply) => withDc({ answer: answers(reply(sample)) }, (r) => readAll(r));
  await assert.rejects(failing({ status: 8465 }), fails('read-only-dc', /RODC/, 'reconnect'));
  await assert.rejects(failing({ status: 8438 }), fails('dc-status', /busy/, 'later'));
  await assert.rejects(
    failing({ error: 8456 }),
    fails('dc-status', /outbound replication is switched off/, 'reconnect'),
  );
  await assert.rejects(failing({ status: 4711 }), fails('dc-status', /error 4711/, 'later'));
});

test('a wrong password shows as a refused sign-in', async () => {
  await assert.rejects(
    withDc({ answer: answers(reply({})) }, (r) => readAll(r), { password: 'wrong' }),
    fails('ad-bind-failed', /refused the sign-in of CORP\\svc .* locked, expired or disabled/s, 'later'),
  );
});

test('a fault in the middle is one of the domain controller, not of the sign-in', async () => {
  await assert.rejects(
    withDc({ answer: answers(() => ({ fault: 5 })) }, (r) => readAll(r)),
    fails('dc-status', /0x5/),
  );
});

test('a wrong session key uses nothing of the reply', async () => {
  const objects = [sampleUser('ana', 1100, ntHash('x'), Buffer.alloc(16, 3))];
  const script = { answer: answers(reply({ objects })) };
  await assert.rejects(
    withDc(script, (r) => readAll(r)),
    fails('wrong-session-key', /session key/, 'reconnect'),
  );
});

const onWire = (onTheWire: NonNullable<Script['onTheWire']>) =>
  withDc(
    {
      onTheWire: (fragment, index) => (index === 0 ? [fragment] : onTheWire(fragment, index)),
      fragment: 200,
      answer: answers(({ sessionKey }) => encodeReply({ objects: [sampleUser('ana', 1100, ntHash('x'), sessionKey)] })),
    },
    (r) => readAll(r),
  );

test('a changed, replayed, left out or exchanged fragment ends the connection', async () => {
  const change = (fragment: Buffer): Buffer[] => {
    fragment[40]! ^= 1;
    return [fragment];
  };
  await assert.rejects(onWire(change), fails('protocol', /signature/, 'reconnect'));
  await assert.rejects(
    onWire((f) => [f, f]),
    fails('protocol', /signature|repeated/),
  );
  await assert.rejects(
    onWire((f, i) => (i === 2 ? [] : [f])),
    fails('protocol', /signature/),
  );
  const flags = (fragment: Buffer): Buffer[] => {
    fragment[3] = 3;
    return [fragment];
  };
  await assert.rejects(
    onWire((f, i) => (i === 1 ? flags(f) : [f])),
    fails('protocol', /signature/),
  );
  await assert.rejects(
    onWire((f, i) => (i === 2 ? [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n')] : [f])),
    fails('protocol', /version 5/),
  );
});

test('a connection that is cut, or that falls silent', async () => {
  await assert.rejects(
    withDc({ answer: answers(() => 'cut') }, (r) => readAll(r)),
    fails('connection-lost', /closed/, 'reconnect'),
  );
  await assert.rejects(
    withDc({ answer: answers(() => 'silence') }, (r) => readAll(r), { idleTimeoutMs: 30 }),
    fails('no-answer', /did not answer within 0.03 s/, 'reconnect'),
  );
});

test('an answer of another size than the protocol allows', async () => {
  const truncated = answers(({ sessionKey }) =>
    encodeReply({ objects: [sampleUser('a', 1100, ntHash('x'), sessionKey)] }).subarray(0, 200),
  );
  await assert.rejects(
    withDc({ answer: truncated }, (r) => readAll(r)),
    /./,
  );
  await assert.rejects(
    withDc({ answer: () => Buffer.alloc(3) }, (r) => readAll(r)),
    fails('protocol', /ends inside/),
  );
});

test('nobody listens, and nobody knows the name', async () => {
  const dc = await startScriptedDc({ answer: answers(reply({})) });
  await dc[Symbol.asyncDispose]();
  await assert.rejects(
    openReplication({ ...who, port: dc.port }),
    fails('connection-refused', /refuses the connection/, 'reconnect'),
  );
  await assert.rejects(
    openReplication({ ...who, host: 'dc1.invalid', port: 1 }),
    fails('dns-failure', /name/, 'reconnect'),
  );
});

test('a server without what a sealed session needs is refused', async () => {
  const weak = (ack: Buffer): Buffer => {
    const at = ack.indexOf('NTLMSSP');
    ack.writeUInt32LE((ack.readUInt32LE(at + 20) & ~0x20000000) >>> 0, at + 20);
    return ack;
  };
  await assert.rejects(
    withDc({ answer: answers(reply({})), onBind: weak }, (r) => readAll(r)),
    fails('ad-bind-failed', /key128/),
  );
  const unsignedHeaders = (ack: Buffer): Buffer => {
    ack[3] = 3;
    return ack;
  };
  await assert.rejects(
    withDc({ answer: answers(reply({})), onBind: unsignedHeaders }, (r) => readAll(r)),
    fails('protocol', /sign the headers/),
  );
  const plain = () => bindAnswer({ flags: 0x05080401 });
  await assert.rejects(
    withDc({ answer: plain }, (r) => readAll(r)),
    fails('protocol', /strongEncryption/),
  );
});

test('after a rename of the domain the replication epoch of the server is used', async () => {
  const epochs: number[] = [];
  const script: Script = {
    answer: ({ operation, parameters }) => {
      if (operation !== 0) return encodeReply({});
      epochs.push(parameters.readUInt32LE(parameters.length - 4));
      return bindAnswer({ epoch: 3 });
    },
  };
  await withDc(script, (r) => readAll(r));
  assert.deepEqual(epochs, [0, 3]);
});

test('the skew of the clocks is told', async () => {
  const clock = (BigInt(Date.now()) + 11_644_473_600_000n - 600_000n) * 10_000n;
  const skew = await withDc({ answer: answers(reply({})), clock }, async (r) => r.clockSkewMs);
  assert.ok(skew !== undefined && Math.abs(skew - 600_000) < 10_000, `${skew}`);
});

test('an abort ends what is under way with its reason', async () => {
  const abort = new AbortController();
  const script: Script = {
    answer: answers(() => {
      abort.abort(new Error('enough'));
      return 'silence';
    }),
  };
  await assert.rejects(
    withDc(script, (r) => readAll(r), { signal: abort.signal }),
    /enough/,
  );
});

test('an object that is gone is nothing, one that fails is an error', async () => {
  const read = (sample: SampleReply) => withDc({ answer: answers(reply(sample)) }, (r) => r.single('CN=x,DC=corp'));
  assert.equal(await read({ status: 8439 }), undefined);
  assert.equal(await read({}), undefined);
  await assert.rejects(read({ extendedResult: 5 }), fails('protocol', /result 5/));
});

test('a server that promises more without end is left', { timeout: 60_000 }, async () => {
  const script = { answer: answers(reply({ more: true, usnTo: [0n, 0n, 0n] })) };
  await assert.rejects(
    withDc(script, (r) => readAll(r)),
    fails('protocol', /without end/),
  );
});
