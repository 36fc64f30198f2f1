/**
 * The replication process: the only one that knows the credential that may read password hashes, and the only one that
 * ever holds one. It answers its parent and ends with it.
 */
import { ReplicationError } from '../connectors/active-directory/replication/errors.ts';
import type { PasswordPage, PasswordSession } from './contract.ts';
import { openDirectSession } from './direct-session.ts';
import type {
  AnswerMessage,
  Answers,
  Failure,
  PageData,
  ReplicationCredential,
  ReplicationSettings,
  Request,
  RequestMessage,
} from './process-protocol.ts';

interface Open {
  readonly session: PasswordSession;
  readonly abort: AbortController;
  readonly streams: Map<number, AsyncIterator<PasswordPage>>;
  readonly pages: Map<number, PasswordPage>;
}

class ReplicationProcess {
  #credential: ReplicationCredential | undefined;
  #settings: ReplicationSettings = {};
  readonly #sessions = new Map<number, Open>();
  #last = 0;

  async handle(request: Request): Promise<Answers[Request['op']]> {
    switch (request.op) {
      case 'configure':
        this.#credential = request.credential;
        this.#settings = request.settings;
        return undefined;
      case 'open':
        return this.#open(request.server, request.namingContext);
      case 'changes': {
        const { session, streams } = this.#session(request.session);
        const pages = session.changes(request.namingContext, request.watermark);
        streams.set(++this.#last, pages[Symbol.asyncIterator]());
        return this.#last;
      }
      case 'next':
        return this.#next(this.#session(request.session), request.stream);
      case 'single': {
        const open = this.#session(request.session);
        return this.#hold(open, await open.session.single(request.objectGuid));
      }
      case 'transform':
        return this.#page(request.session, request.page).transform(request.objectGuids);
      case 'release': {
        const pages = this.#sessions.get(request.session)?.pages;
        pages?.get(request.page)?.release();
        pages?.delete(request.page);
        return undefined;
      }
      case 'close':
        return this.#close(request.session);
    }
  }

  async #open(host: string, namingContext: string): Promise<Answers['open']> {
    if (!this.#credential) throw new TypeError('the replication process has no credential yet');
    const abort = new AbortController();
    const options = { ...this.#settings, ...this.#credential, host, namingContext, signal: abort.signal };
    const session = await openDirectSession(options);
    this.#sessions.set(++this.#last, { session, abort, streams: new Map(), pages: new Map() });
    return { session: this.#last, endpoint: session.endpoint, clockSkewMs: session.clockSkewMs };
  }

  #session(id: number): Open {
    const open = this.#sessions.get(id);
    if (!open) throw new TypeError(`there is no session ${id}`);
    return open;
  }

  #page(session: number, id: number): PasswordPage {
    const page = this.#session(session).pages.get(id);
    if (!page) throw new TypeError(`there is no page ${id}`);
    return page;
  }

  async #next(open: Open, stream: number): Promise<PageData | undefined> {
    const next = await open.streams.get(stream)?.next();
    if (!next || next.done) open.streams.delete(stream);
    return this.#hold(open, next?.done ? undefined : next?.value);
  }

  #hold(open: Open, page: PasswordPage | undefined): PageData | undefined {
    if (!page) return undefined;
    open.pages.set(++this.#last, page);
    const { accounts, watermark, more, estimatedTotal } = page;
    return { page: this.#last, accounts, watermark, more, estimatedTotal };
  }

  async #close(id: number): Promise<undefined> {
    const open = this.#sessions.get(id);
    this.#sessions.delete(id);
    for (const page of open?.pages.values() ?? []) page.release();
    open?.abort.abort(new Error('The session was closed.'));
    await open?.session.close();
    return undefined;
  }
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ReplicationError)) return { message };
  const { reason, remedy, retry, endpoint, status32 } = error;
  return { message, replication: { reason, remedy, retry, endpoint, ...(status32 === undefined ? {} : { status32 }) } };
}

const self = new ReplicationProcess();
const reply = (answer: AnswerMessage): void => {
  process.send?.(answer, undefined, undefined, () => undefined);
};
process.on('message', ({ id, ...request }: RequestMessage) => {
  self.handle(request).then(
    (value) => reply({ id, value }),
    (error: unknown) => reply({ id, failure: failureOf(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
