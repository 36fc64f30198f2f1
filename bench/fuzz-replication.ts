/**
 * Mutation fuzzer over the parsers of the replication protocol.
 *
 *     node bench/fuzz-replication.ts [--inputs 1000000] [--seed 1]
 *
 * Every input is made from a valid message by a few changes. A parser may accept it or refuse it with its own error;
 * anything else, or more than 100 ms for one input, is a defect: the input is printed and the exit code is 1.
 */
import { parseArgs } from 'node:util';
import { readAccounts, wipeAccounts } from '../src/connectors/active-directory/replication/account.ts';
import { drsuapi, parseBindAnswer } from '../src/connectors/active-directory/replication/drs-bind.ts';
import { mapRequest, parseMapAnswer } from '../src/connectors/active-directory/replication/endpoint-mapper.ts';
import { NdrError, NdrWriter } from '../src/connectors/active-directory/replication/ndr.ts';
import { parseReply, replyStatus } from '../src/connectors/active-directory/replication/reply.ts';
import { FragmentReader } from '../src/connectors/active-directory/replication/rpc-framing.ts';
import {
  encodePdu,
  faultStatus,
  parseBindAck,
  parseHeader,
} from '../src/connectors/active-directory/replication/rpc-pdu.ts';
import { decryptPayload, SessionKeyError } from '../src/connectors/active-directory/replication/secrets.ts';
import { decodeWatermark, encodeWatermark } from '../src/connectors/active-directory/replication/watermark.ts';
import { ntHash } from '../src/model/crypto/md4.ts';
import { clientFlags, encodeAvPairs, NtlmMessageError, parseChallenge } from '../src/model/crypto/ntlm-messages.ts';
import {
  attid,
  encodeReply,
  int32,
  int64,
  protectHash,
  sampleInvocationId,
  sampleUser,
} from '../test/passwords/encode-reply.ts';
import { bindAnswer } from '../test/passwords/scripted-dc.ts';

const slowestAllowedMs = 100;
const sessionKey = Buffer.alloc(16, 0x5a);

interface Target {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  readonly parse: (input: Buffer) => void;
}

function users(count: number): ReturnType<typeof sampleUser>[] {
  return Array.from({ length: count }, (_, i) => sampleUser(`user ${i}`, 1000 + i, ntHash(`p${i}`), sessionKey));
}
const odd = {
  ...users(1)[0]!,
  dn: 'CN=ana\\0ADEL:c910929e,CN=Deleted Objects,DC=x',
  attributes: [
    { id: attid.isDeleted, values: [int32(1)] },
    { id: attid.unicodePwd, values: [] },
    { id: attid.pwdLastSet, values: [int64(0n), int64(1n)] },
    { id: attid.adminCount, values: [] },
  ],
};

function bindAck(): Buffer {
  const info = encodeAvPairs([
    { id: 2, value: Buffer.from('CORP', 'utf16le') },
    { id: 7, value: Buffer.alloc(8, 1) },
  ]);
  const token = Buffer.alloc(56 + info.length);
  token.write('NTLMSSP\0', 'latin1');
  token.writeUInt32LE(2, 8);
  token.writeUInt32LE(clientFlags, 20);
  token.writeUInt16LE(info.length, 40);
  token.writeUInt32LE(56, 44);
  token.set(info, 56);
  const body = new NdrWriter().u16(5840).u16(5840).u32(1).u16(4).bytes(Buffer.from('135\0')).align(4).u32(1);
  body.u16(0).u16(0).bytes(Buffer.alloc(20));
  const auth = { type: 10, level: 6, contextId: 0, tokenSize: token.length, padding: 0 };
  const { pdu } = encodePdu(12, 7, 1, body.finish(), auth);
  pdu.set(token, pdu.length - token.length);
  return pdu;
}

function mapAnswer(): Buffer {
  const tower = mapRequest(drsuapi).subarray(32, 32 + 75);
  const w = new NdrWriter().bytes(Buffer.alloc(20)).u32(1).u32(4).u32(0).u32(1).pointer(true);
  return w.u32(tower.length).u32(tower.length).bytes(tower).align(4).u32(0).finish();
}

const fragments = Buffer.concat([
  encodePdu(2, 1, 2, Buffer.alloc(40, 1)).pdu,
  encodePdu(2, 2, 2, Buffer.alloc(90, 2)).pdu,
  encodePdu(3, 3, 2, new NdrWriter().u32(0).u32(0).u32(5).u32(0).finish()).pdu,
]);

const targets: readonly Target[] = [
  {
    name: 'reply',
    seeds: [
      encodeReply({ objects: users(3) }),
      encodeReply({ objects: [odd, ...users(1)], more: true }),
      encodeReply({
        version: 9,
        cursors: Array.from({ length: 5 }, (_, i) => [sampleInvocationId, BigInt(i)] as const),
      }),
      encodeReply({ status: 8453 }),
    ],
    parse: (input) => {
      replyStatus(input);
      wipeAccounts(readAccounts(parseReply(input), sessionKey));
    },
  },
  {
    name: 'fragments',
    seeds: [fragments],
    parse: (input) => {
      const reader = new FragmentReader();
      const cut = input.length >> 1;
      for (const { header, pdu } of [...reader.push(input.subarray(0, cut)), ...reader.push(input.subarray(cut))]) {
        if (header.type === 3) faultStatus(pdu.subarray(16));
      }
    },
  },
  {
    name: 'bind acknowledgement and challenge',
    seeds: [bindAck()],
    parse: (input) => {
      const header = parseHeader(input);
      if (header.size <= input.length) parseChallenge(parseBindAck(input.subarray(0, header.size), header).token);
    },
  },
  {
    name: 'challenge',
    seeds: [parseBindAck(bindAck(), parseHeader(bindAck())).token],
    parse: (input) => void parseChallenge(input),
  },
  { name: 'DRSBind', seeds: [bindAnswer(), bindAnswer({ epoch: 3 })], parse: (input) => void parseBindAnswer(input) },
  { name: 'endpoint mapper', seeds: [mapAnswer()], parse: (input) => void parseMapAnswer(input) },
  {
    name: 'secret',
    seeds: [protectHash(ntHash('x'), 1000, sessionKey)],
    parse: (input) => void decryptPayload(sessionKey, input),
  },
  {
    name: 'watermark',
    seeds: [
      Buffer.from(
        encodeWatermark({
          invocationId: sampleInvocationId,
          usn: [1n, 0n, 2n],
          cursors: [{ invocationId: sampleInvocationId, usn: 2n }],
        }),
      ),
    ],
    parse: (input) => void decodeWatermark(input.toString('latin1')),
  },
];

/** Small, fast and repeatable (mulberry32). */
function generator(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

const interesting = [
  0, 1, 2, 3, 4, 7, 8, 16, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
];

function mutate(seeds: readonly Buffer[], random: (limit: number) => number): Buffer {
  let data = Buffer.from(seeds[random(seeds.length)]!);
  for (let changes = 1 + random(4); changes > 0 && data.length > 0; changes--) {
    const at = random(data.length);
    switch (random(7)) {
      case 0:
        data[at]! ^= 1 << random(8);
        break;
      case 1:
        data[at] = random(256);
        break;
      case 2:
      case 3: {
        const aligned = at & ~3;
        if (aligned + 4 <= data.length) data.writeUInt32LE(interesting[random(interesting.length)]!, aligned);
        break;
      }
      case 4:
        data = data.subarray(0, at);
        break;
      case 5:
        data = Buffer.concat([data.subarray(0, at), data.subarray(Math.min(data.length, at + 1 + random(32)))]);
        break;
      default: {
        const other = seeds[random(seeds.length)]!;
        const from = random(other.length);
        data = Buffer.concat([data.subarray(0, at), other.subarray(from, from + 1 + random(64)), data.subarray(at)]);
      }
    }
  }
  return data;
}

const isRefusal = (error: unknown): boolean =>
  error instanceof NdrError || error instanceof NtlmMessageError || error instanceof SessionKeyError;

/** A busy machine makes single measurements long: the best of three is what the parser needs. */
function fastest(target: Target, input: Buffer): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const before = performance.now();
      try {
        target.parse(Buffer.from(input));
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
      return performance.now() - before;
    }),
  );
}

function fuzz(inputs: number, seed: number): boolean {
  const random = generator(seed);
  const counts = targets.map(() => ({ accepted: 0, refused: 0 }));
  let slowestMs = 0;
  const start = performance.now();
  for (let n = 0; n < inputs; n++) {
    const which = random(targets.length);
    const target = targets[which]!;
    const input = mutate(target.seeds, random);
    const before = performance.now();
    let failure: unknown;
    try {
      target.parse(Buffer.from(input));
      counts[which]!.accepted++;
    } catch (error) {
      if (isRefusal(error)) counts[which]!.refused++;
      else failure = error;
    }
    const took = performance.now() - before;
    slowestMs = Math.max(slowestMs, took);
    if (failure === undefined && (took <= slowestAllowedMs || fastest(target, input) <= slowestAllowedMs)) continue;
    console.error(
      `Defect in "${target.name}" at input ${n} of seed ${seed} after ${took.toFixed(1)} ms:`,
      failure ?? 'too slow',
    );
    console.error(input.toString('hex'));
    return false;
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${inputs} inputs, seed ${seed}, ${seconds.toFixed(1)} s, ${Math.round(inputs / seconds)} inputs/s, slowest ${slowestMs.toFixed(2)} ms`,
  );
  targets.forEach((target, i) => {
    console.log(`  ${target.name}: ${counts[i]!.accepted} accepted, ${counts[i]!.refused} refused`);
  });
  return true;
}

const { values } = parseArgs({ options: { inputs: { type: 'string' }, seed: { type: 'string' } } });
process.exitCode = fuzz(Number(values.inputs ?? 1_000_000), Number(values.seed ?? 1)) ? 0 : 1;
