/** A TCP connection that delivers DCE/RPC fragments and fails in the words of the casebook. */
import { createConnection, type Socket } from 'node:net';
import { protocolError, ReplicationError, type ReplicationReason } from './errors.ts';
import { NdrError } from './ndr.ts';
import { type Fragment, FragmentReader } from './rpc-framing.ts';

export interface TransportOptions {
  readonly host: string;
  readonly port: number;
  readonly signal?: AbortSignal;
  /** Milliseconds; default 5000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds without a byte while an answer is awaited; default 60000. */
  readonly idleTimeoutMs?: number;
}

/** Takes the fragments of one answer; says when it was the last. */
type Receiver = (fragment: Fragment) => boolean;

export class Transport {
  readonly endpoint: string;
  readonly #socket: Socket;
  readonly #framing = new FragmentReader();
  readonly #idleTimeoutMs: number;
  #failure: Error | undefined;
  #waiting: { receive: Receiver; resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket, endpoint: string, options: TransportOptions) {
    this.#socket = socket;
    this.endpoint = endpoint;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 60_000;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', (error) => this.fail(connectionError(endpoint, error)));
    socket.on('close', () => this.fail(lost(endpoint)));
    socket.on('timeout', () => this.#onTimeout());
    const { signal } = options;
    if (!signal) return;
    const onAbort = () => this.fail(abortReason(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('close', () => signal.removeEventListener('abort', onAbort));
  }

  static connect(options: TransportOptions): Promise<Transport> {
    const endpoint = `${options.host}:${options.port}`;
    if (options.signal?.aborted) return Promise.reject(abortReason(options.signal));
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host: options.host, port: options.port, noDelay: true });
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', onAbort);
        socket.removeAllListeners();
        finish();
      };
      const fail = (error: Error) =>
        settle(() => {
          socket.on('error', () => undefined);
          socket.destroy();
          reject(error);
        });
      const onAbort = () => fail(abortReason(options.signal!));
      const timer = setTimeout(
        () => fail(connectionError(endpoint, Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))),
        options.connectTimeoutMs ?? 5000,
      );
      options.signal?.addEventListener('abort', onAbort, { once: true });
      socket.once('error', (error) => fail(connectionError(endpoint, error)));
      socket.once('connect', () => settle(() => resolve(new Transport(socket, endpoint, options))));
    });
  }

  send(pdu: Buffer): void {
    if (this.#failure) throw this.#failure;
    this.#socket.write(pdu);
  }

  /** Resolves when the receiver has seen the last fragment of the answer. Only one answer can be awaited at a time. */
  receive(receive: Receiver): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#waiting) throw new TypeError('an answer is already awaited on this connection');
    this.#socket.setTimeout(this.#idleTimeoutMs);
    return new Promise((resolve, reject) => {
      this.#waiting = { receive, resolve, reject };
    });
  }

  /** Ends the connection; what is awaited fails with this error, and so does everything afterwards. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }

  close(): void {
    this.fail(lost(this.endpoint));
  }

  #onData(chunk: Buffer): void {
    try {
      for (const fragment of this.#framing.push(chunk)) this.#deliver(fragment);
    } catch (error) {
      if (error instanceof ReplicationError) this.fail(error);
      else if (error instanceof NdrError) this.fail(protocolError(this.endpoint, error.message, error));
      else this.fail(error as Error);
    }
  }

  #deliver(fragment: Fragment): void {
    if (!this.#waiting) throw new NdrError('it was sent without having been asked for.');
    if (!this.#waiting.receive(fragment)) return;
    this.#socket.setTimeout(0);
    this.#waiting.resolve();
    this.#waiting = undefined;
  }

  #onTimeout(): void {
    if (!this.#waiting) return;
    this.fail(
      new ReplicationError('no-answer', `${this.endpoint} did not answer within ${this.#idleTimeoutMs / 1000} s.`, {
        endpoint: this.endpoint,
        retry: 'reconnect',
        remedy: 'It is tried again; if it stays, check the load of the domain controller and the network.',
      }),
    );
  }
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

function lost(endpoint: string): ReplicationError {
  return new ReplicationError('connection-lost', `The connection to ${endpoint} was closed.`, {
    endpoint,
    retry: 'reconnect',
    remedy: 'It is made again; if it stays, check whether the domain controller restarts or a firewall cuts in.',
  });
}

const connectionReasons: Readonly<Record<string, { reason: ReplicationReason; what: string; remedy: string }>> = {
  ECONNREFUSED: {
    reason: 'connection-refused',
    what: 'refuses the connection',
    remedy: 'Check that the domain controller runs and that this is its name.',
  },
  ENOTFOUND: {
    reason: 'dns-failure',
    what: 'is not known to the name service',
    remedy: 'Correct the name of the domain controller, or the name server of this machine.',
  },
  EAI_AGAIN: {
    reason: 'dns-failure',
    what: 'could not be looked up because the name service did not answer',
    remedy: 'Check the name server of this machine.',
  },
};

function connectionError(endpoint: string, error: NodeJS.ErrnoException): ReplicationError {
  const blocked = ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(error.code ?? '');
  const known = blocked
    ? {
        reason: 'port-blocked' as const,
        what: 'cannot be reached',
        remedy: 'Open TCP 135 and the dynamic RPC ports (49152 to 65535) from here to the domain controller.',
      }
    : connectionReasons[error.code ?? ''];
  return new ReplicationError(
    known?.reason ?? 'connection-lost',
    `${endpoint} ${known?.what ?? 'cut the connection'} (${error.code ?? error.message}).`,
    {
      endpoint,
      retry: 'reconnect',
      remedy: known?.remedy ?? 'It is tried again; if it stays, check the network between here and there.',
      cause: error,
    },
  );
}
