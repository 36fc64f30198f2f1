/** Reads password hashes from a domain controller by directory replication (MS-DRSR s.4.1.10). */
import { randomUUID } from 'node:crypto';
import { filetimeToMs } from '../../../model/filetime.ts';
import { isGuidText } from '../../../model/guid.ts';
import { type ReplicatedAccount, readAccounts, wipeAccounts } from './account.ts';
import { bindRequest, type DrsBinding, drsOperation, drsuapi, parseBindAnswer } from './drs-bind.ts';
import { findPort } from './endpoint-mapper.ts';
import { isKnownStatus, protocolError, ReplicationError, replicationStatusError } from './errors.ts';
import { type ChangesRequest, changesRequest } from './get-changes-request.ts';
import { NdrError } from './ndr.ts';
import { type ChangesReply, parseReply, replyStatus } from './reply.ts';
import { accountName, RpcConnection } from './rpc-connection.ts';
import { SessionKeyError } from './secrets.ts';
import { decodeWatermark, encodeWatermark, initialWatermark, type Watermark, zeroGuid, zeroUsn } from './watermark.ts';

export interface ReplicationOptions {
  /** Name or address of a writable domain controller. */
  readonly host: string;
  /** Of the replication interface; asked from the endpoint mapper if absent. */
  readonly port?: number;
  /** NetBIOS or DNS name of the domain; empty if `user` is a user principal name. */
  readonly domain: string;
  readonly user: string;
  readonly password: string;
  readonly signal?: AbortSignal;
  /** For messages about single objects; `changes` knows its own. */
  readonly namingContext?: string;
  readonly connectTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  /** Objects in one reply; default 500, Samba sends at most 1,000. */
  readonly pageSize?: number;
  /** Of the endpoint mapper; default 135. */
  readonly endpointMapperPort?: number;
}

export interface ReplicationPage {
  /** In the order of the server. Their hashes are wiped as soon as the iteration goes on. */
  readonly objects: readonly ReplicatedAccount[];
  /** JSON text to store together with what the objects caused, and to pass to the next `changes`. */
  readonly watermark: string;
  /** More pages follow now. */
  readonly more: boolean;
  /** Estimate of the objects in the naming context; 0 if unknown. */
  readonly estimatedTotal: number;
}

export interface Replication {
  readonly endpoint: string;
  /** Clock of this machine minus that of the domain controller; undefined if it did not say. */
  readonly clockSkewMs: number | undefined;
  /**
   * Accounts of the naming context that changed since the watermark, all without one. A watermark of another domain
   * controller, or of the time before this one was restored, serves through its up-to-dateness vector.
   */
  changes(namingContext: string, watermark?: string): AsyncGenerator<ReplicationPage>;
  /** One object as it is now, by GUID text or DN; undefined if there is none. The caller wipes its hash. */
  single(object: string): Promise<ReplicatedAccount | undefined>;
  close(): void;
}

const maxBytes = 4 * 1024 * 1024;
/** Pages without an object and without progress (a DC may send link values only) before it counts as a loop. */
const maxIdlePages = 10_000;

/** An authenticated connection. Errors are `ReplicationError`, or the reason of the signal. */
export async function openReplication(options: ReplicationOptions): Promise<Replication> {
  const mapper = { ...options, port: options.endpointMapperPort ?? 135 };
  const port = options.port ?? (await findPort(mapper, drsuapi));
  const identity = { domain: options.domain, user: options.user, password: options.password };
  const rpc = await RpcConnection.open({ ...options, port }, drsuapi, identity);
  try {
    return new Client(rpc, await bind(rpc, accountName(identity)), accountName(identity), options);
  } catch (error) {
    rpc.close();
    throw error instanceof NdrError ? protocolError(rpc.endpoint, error.message, error) : error;
  }
}

/** Binds again with the replication epoch of the server if that is another one, as after a rename of the domain. */
async function bind(rpc: RpcConnection, account: string): Promise<DrsBinding> {
  let binding = parseBindAnswer(await rpc.call(drsOperation.bind, bindRequest()));
  if (binding.status === 0 && binding.replicationEpoch !== 0) {
    binding = parseBindAnswer(await rpc.call(drsOperation.bind, bindRequest(binding.replicationEpoch)));
  }
  if (binding.status !== 0) {
    throw replicationStatusError(binding.status, { endpoint: rpc.endpoint, account, namingContext: 'the domain' });
  }
  if (binding.missing.length > 0) {
    throw protocolError(rpc.endpoint, `the domain controller lacks the extensions ${binding.missing.join(', ')}.`);
  }
  return binding;
}

class Client implements Replication {
  readonly endpoint: string;
  readonly clockSkewMs: number | undefined;
  readonly #rpc: RpcConnection;
  readonly #handle: Buffer;
  /** Of its own, because a server may keep the state of a cycle with the handle and lose it over another request. */
  #singleHandle: Promise<Buffer> | undefined;
  readonly #account: string;
  readonly #pageSize: number;
  readonly #destination = randomUUID();
  #namingContext: string;

  constructor(rpc: RpcConnection, binding: DrsBinding, account: string, options: ReplicationOptions) {
    this.endpoint = rpc.endpoint;
    this.clockSkewMs = rpc.serverTime === undefined ? undefined : Date.now() - filetimeToMs(rpc.serverTime);
    this.#rpc = rpc;
    this.#handle = binding.handle;
    this.#account = account;
    this.#pageSize = options.pageSize ?? 500;
    this.#namingContext = options.namingContext ?? 'the domain';
  }

  async *changes(namingContext: string, watermark?: string): AsyncGenerator<ReplicationPage> {
    this.#namingContext = namingContext;
    let position = (watermark === undefined ? undefined : decodeWatermark(watermark)) ?? initialWatermark;
    for (let idle = 0; ; ) {
      const { reply, accounts } = await this.#get(this.#handle, { dn: namingContext }, position, false);
      try {
        if (isForeign(position, reply)) {
          position = { invocationId: zeroGuid, usn: zeroUsn, cursors: position.cursors };
          continue;
        }
        idle = accounts.length === 0 && sameUsn(position, reply) ? idle + 1 : 0;
        if (idle > maxIdlePages) throw protocolError(this.endpoint, 'it promises more data without end.');
        position = advance(position, reply);
        const { moreData: more, estimatedTotal } = reply;
        yield { objects: accounts, watermark: encodeWatermark(position), more, estimatedTotal };
        if (!more) return;
      } finally {
        wipeAccounts(accounts);
      }
    }
  }

  async single(object: string): Promise<ReplicatedAccount | undefined> {
    const target = isGuidText(object) ? { guid: object } : { dn: object };
    try {
      this.#singleHandle ??= bind(this.#rpc, this.#account).then((binding) => binding.handle);
      const { accounts } = await this.#get(await this.#singleHandle, target, initialWatermark, true);
      wipeAccounts(accounts.slice(1));
      return accounts[0];
    } catch (error) {
      if (error instanceof ReplicationError && error.status32 === unknownObject) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#rpc.close();
  }

  async #get(
    handle: Buffer,
    target: ChangesRequest['target'],
    from: Watermark,
    single: boolean,
  ): Promise<{ reply: ChangesReply; accounts: ReplicatedAccount[] }> {
    const request = changesRequest({
      handle,
      target,
      single,
      destination: this.#destination,
      invocationId: from.invocationId,
      usn: from.usn,
      cursors: from.cursors,
      maxObjects: single ? 1 : this.#pageSize,
      maxBytes,
    });
    const answer = await this.#rpc.call(drsOperation.getNcChanges, request);
    try {
      const status = replyStatus(answer);
      if (status !== 0) {
        // A number that means nothing, behind what is no answer either: the end of an answer that was cut.
        if (!isKnownStatus(status)) parseReply(answer);
        throw this.#statusError(status, single, target);
      }
      const reply = parseReply(answer);
      if (reply.error !== 0) throw this.#statusError(reply.error, single, target);
      if (single && reply.extendedResult !== 1) {
        throw new NdrError(`the read of one object ended with the result ${reply.extendedResult}.`);
      }
      return { reply, accounts: readAccounts(reply, this.#rpc.sessionKey) };
    } catch (error) {
      throw this.#inWords(error);
    } finally {
      answer.fill(0);
    }
  }

  #statusError(status: number, single: boolean, target: ChangesRequest['target']): ReplicationError {
    return replicationStatusError(status, {
      endpoint: this.endpoint,
      account: this.#account,
      namingContext: this.#namingContext,
      ...(single ? { single: 'dn' in target ? target.dn : target.guid } : {}),
    });
  }

  #inWords(error: unknown): unknown {
    if (error instanceof NdrError) return protocolError(this.endpoint, error.message, error);
    if (!(error instanceof SessionKeyError)) return error;
    return new ReplicationError(
      'wrong-session-key',
      `A password hash from ${this.endpoint} could not be decrypted: the session key does not fit.`,
      {
        endpoint: this.endpoint,
        retry: 'reconnect',
        remedy: 'The connection is dropped and made again. Nothing of the reply was used.',
        cause: error,
      },
    );
  }
}

/** ERROR_DS_DRA_BAD_DN: for a single object it says that the object is gone. */
const unknownObject = 8439;

/** Whether the USN vector was made by another instance of the directory than the one that answered. */
const isForeign = (position: Watermark, reply: ChangesReply): boolean =>
  position.usn.some((usn) => usn !== 0n) && position.invocationId !== reply.invocationId;

const sameUsn = (position: Watermark, reply: ChangesReply): boolean =>
  position.usn.every((usn, i) => usn === reply.usnTo[i]);

/** In the middle of a cycle the vector stays as it was: it only covers what the whole cycle has delivered. */
function advance(position: Watermark, reply: ChangesReply): Watermark {
  const cursors = reply.moreData ? position.cursors : reply.cursors;
  return { invocationId: reply.invocationId, usn: reply.usnTo, cursors };
}
