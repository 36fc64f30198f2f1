/**
 * A domain controller that costs little: its accounts are ready, and for a session it only encrypts them. It runs in a
 * process of its own, so that what is measured is the client and not a directory that happens to share its cores.
 *
 *     fork('bench/passwords-dc.ts', [users]); sends { port } when it listens
 */
import { createHash, randomBytes } from 'node:crypto';
import { drsOperation } from '../src/connectors/active-directory/replication/drs-bind.ts';
import { rc4 } from '../src/model/crypto/rc4.ts';
import { attid, encodeReply, protectHash, type SampleObject, sampleUser } from '../test/passwords/encode-reply.ts';
import { bindAnswer, startScriptedDc } from '../test/passwords/scripted-dc.ts';

const users = Number(process.argv[2] ?? 10_000);
const pageSize = 500;
const salt = Buffer.alloc(16, 7);
/** A session key that is only used to have the part of the protection that does not depend on the session. */
const anyKey = Buffer.alloc(16, 1);
const keyOf = (sessionKey: Buffer): Buffer => createHash('md5').update(sessionKey).update(salt).digest();

interface Prepared {
  readonly object: SampleObject;
  readonly secret: Buffer;
}
const accounts = Array.from({ length: users }, (_, i): Prepared => {
  const hash = randomBytes(16);
  const object = sampleUser(`user${i}`, 1000 + i, hash, anyKey);
  return { object, secret: rc4(keyOf(anyKey), protectHash(hash, 1000 + i, anyKey, salt).subarray(16)) };
});

/** A page as it is on the wire, and where in it the secrets are: only those differ from session to session. */
interface PreparedPage {
  readonly bytes: Buffer;
  readonly secrets: readonly { readonly at: number; readonly secret: Buffer }[];
}
const pages = Array.from({ length: Math.ceil(users / pageSize) }, (_, i): PreparedPage => {
  const at = i * pageSize;
  const part = accounts.slice(at, at + pageSize);
  const marks = part.map(() => randomBytes(20));
  const objects = part.map(({ object }, n) => ({
    ...object,
    attributes: object.attributes.map((a) =>
      a.id === attid.unicodePwd ? { ...a, values: [Buffer.concat([salt, marks[n]!])] } : a,
    ),
  }));
  const usn = BigInt(at + part.length);
  const bytes = encodeReply({ objects, more: at + pageSize < users, usnTo: [usn, 0n, usn] });
  return { bytes, secrets: part.map(({ secret }, n) => ({ at: bytes.indexOf(marks[n]!), secret })) };
});

function page(at: number, sessionKey: Buffer): Buffer {
  const key = keyOf(sessionKey);
  const { bytes, secrets } = pages[at / pageSize]!;
  const answer = Buffer.from(bytes);
  for (const { at: place, secret } of secrets) rc4(key, secret).copy(answer, place);
  return answer;
}

const positions = new Map<string, number>();
const dc = await startScriptedDc({
  fragment: 5800,
  answer: ({ operation, sessionKey }) => {
    if (operation !== drsOperation.getNcChanges) return bindAnswer();
    const session = sessionKey.toString('hex');
    const at = positions.get(session) ?? 0;
    positions.set(session, at + pageSize);
    return page(at, sessionKey);
  },
});
process.send?.({ port: dc.port });
process.on('disconnect', () => process.exit(0));
