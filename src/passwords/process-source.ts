/** The service's side of the replication process. Knows the credential only while it hands it over. */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { extname, join } from 'node:path';
import {
  ReplicationError,
  type ReplicationReason,
  type ReplicationRetry,
} from '../connectors/active-directory/replication/errors.ts';
import type { PasswordPage, PasswordSession } from './contract.ts';
import type {
  AnswerMessage,
  Answers,
  Failure,
  PageData,
  ReplicationCredential,
  ReplicationSettings,
  Request,
} from './process-protocol.ts';

export interface ReplicationProcessOptions {
  /** Fetches the credential when a process starts; it is passed on over the channel and forgotten. */
  readonly credential: () => ReplicationCredential | Promise<ReplicationCredential>;
  readonly settings?: ReplicationSettings;
  /** Operating system user to run as (needs the right to switch). */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** Told when the process runs, and when it is gone. */
  readonly changed?: (state: ProcessState) => void;
}
/** `closed`: it was told to end. */
export type ProcessState =
  | { readonly kind: 'running' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'gone'; readonly detail: string };

/** Opens sessions in a process of their own, which is started when first needed and again after it died. */
export interface ReplicationProcessSource {
  open(server: string, namingContext: string, signal: AbortSignal): Promise<PasswordSession>;
  /** Process id while it runs. */
  readonly pid: number | undefined;
  close(): Promise<void>;
}

export function createProcessSource(options: ReplicationProcessOptions): ReplicationProcessSource {
  let current: Promise<Peer> | undefined;
  let peer: Peer | undefined;
  let isClosing = false;
  const start = async (): Promise<Peer> => {
    isClosing = false;
    const started = new Peer(options.runAs);
    peer = started;
    void started.exited.then((detail) => {
      options.changed?.(isClosing ? { kind: 'closed' } : { kind: 'gone', detail });
      if (peer === started) {
        peer = undefined;
        current = undefined;
      }
    });
    await started.ask({ op: 'configure', credential: await options.credential(), settings: options.settings ?? {} });
    options.changed?.({ kind: 'running' });
    return started;
  };
  const running = (): Promise<Peer> => {
    current ??= start().catch((error: unknown) => {
      current = undefined;
      peer?.end();
      throw error;
    });
    return current;
  };
  return {
    get pid() {
      return peer?.pid;
    },
    open: async (server, namingContext, signal) => openSession(await running(), server, namingContext, signal),
    close: async () => {
      const ending = peer;
      isClosing = true;
      ending?.end();
      await ending?.exited;
    },
  };
}

async function openSession(
  peer: Peer,
  server: string,
  namingContext: string,
  signal: AbortSignal,
): Promise<PasswordSession> {
  signal.throwIfAborted();
  const { session, endpoint, clockSkewMs } = await peer.ask({ op: 'open', server, namingContext });
  const close = async (): Promise<void> => {
    signal.removeEventListener('abort', onAbort);
    if (peer.alive) await peer.ask({ op: 'close', session });
  };
  // What is under way fails in the process as soon as the session is closed there.
  const onAbort = (): void => void close().catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    endpoint,
    clockSkewMs,
    changes: (nc, watermark) => readPages(peer, session, nc, watermark),
    single: async (objectGuid) => pageOf(peer, session, await peer.ask({ op: 'single', session, objectGuid })),
    close,
  };
}

async function* readPages(
  peer: Peer,
  session: number,
  namingContext: string,
  watermark?: string,
): AsyncGenerator<PasswordPage> {
  const from = watermark === undefined ? {} : { watermark };
  const stream = await peer.ask({ op: 'changes', session, namingContext, ...from });
  for (;;) {
    const page = pageOf(peer, session, await peer.ask({ op: 'next', session, stream }));
    if (!page) return;
    yield page;
  }
}

function pageOf(peer: Peer, session: number, data: PageData | undefined): PasswordPage | undefined {
  if (!data) return undefined;
  const { page, ...rest } = data;
  return {
    ...rest,
    transform: (objectGuids) => peer.ask({ op: 'transform', session, page, objectGuids }),
    release: () => {
      // A process that is gone holds nothing any more.
      if (peer.alive) peer.ask({ op: 'release', session, page }).catch(() => undefined);
    },
  };
}

/** The running process. Its environment holds nothing of ours, and it may neither write files nor start programs. */
class Peer {
  /** Resolves with how it ended. */
  readonly exited: Promise<string>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #last = 0;
  #alive = true;

  constructor(runAs?: { readonly uid: number; readonly gid: number }) {
    const main = join(import.meta.dirname, `process-main${extname(import.meta.filename)}`);
    this.#child = fork(main, [], {
      execArgv: ['--permission', '--allow-fs-read=*', '--disable-warning=ExperimentalWarning'],
      // Some threads more than cores: none idles while the event loop fetches its result.
      env: { UV_THREADPOOL_SIZE: String(availableParallelism() + 2) },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      ...(runAs ?? {}),
    });
    this.#child.on('message', (message) => this.#settle(message as AnswerMessage));
    this.exited = new Promise((resolve) => {
      const onEnd = (detail: string) => {
        this.#fail(detail);
        resolve(detail);
      };
      this.#child.once('exit', (code, signal) => onEnd(`it ended with ${signal ?? `code ${code}`}`));
      this.#child.once('error', (error) => onEnd(error.message));
    });
  }

  get pid(): number | undefined {
    return this.#alive ? this.#child.pid : undefined;
  }
  get alive(): boolean {
    return this.#alive;
  }

  ask<R extends Request>(request: R): Promise<Answers[R['op']]> {
    if (!this.#alive) return Promise.reject(processError('it is not running'));
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, ...request }, (error) => {
        if (error) this.#fail(error.message);
      });
    });
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
    else this.#child.kill('SIGKILL');
  }

  #settle(answer: AnswerMessage): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('failure' in answer) waiting?.reject(errorOf(answer.failure));
    else waiting?.resolve(answer.value as never);
  }

  #fail(detail: string): void {
    this.#alive = false;
    for (const { reject } of this.#waiting.values()) reject(processError(detail));
    this.#waiting.clear();
  }
}

function errorOf({ message, replication }: Failure): Error {
  if (!replication) return new Error(message);
  const { reason, retry, ...rest } = replication;
  return new ReplicationError(reason as ReplicationReason, message, { ...rest, retry: retry as ReplicationRetry });
}

const processError = (detail: string): ReplicationError =>
  new ReplicationError('connection-lost', `The replication process is gone: ${detail}.`, {
    endpoint: 'replication process',
    retry: 'later',
    remedy: 'It is started again in the next cycle; if it stays, look at the log of the service.',
  });
