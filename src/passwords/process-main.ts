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
}

class ReplicationProcess {
  #credential: ReplicationCredential | undefined;
  #settings: ReplicationSettings = {};
  readonly #sessions = new Map<number, Open>();
  readonly #streams = new Map<number, AsyncIterator<PasswordPage>>();
  readonly #pages = new Map<number, PasswordPage>();
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
        const { session } = this.#session(request.session);
        const pages = session.changes(request.namingContext, request.watermark);
        this.#streams.set(++this.#last, pages[Symbol.asyncIterator]());
        return this.#last;
      }
      case 'next':
        return this.#next(request.stream);
      case 'single':
        return this.#hold(await this.#session(request.session).session.single(request.objectGuid));
      case 'transform':
        return this.#page(request.page).transform(request.objectGuids);
      case 'release':
        this.#pages.get(request.page)?.release();
        this.#pages.delete(request.page);
        return undefined;
      case 'close':
        return this.#close(request.session);
    }
  }

  async #open(host: string, namingContext: string): Promise<Answers['open']> {
    if (!this.#credential) throw new TypeError('the replication process has no credential yet');
    const abort = new AbortController();
    const options = { ...this.#settings, ...this.#credential, host, namingContext, signal: abort.signal };
    const session = await openDirectSession(options);
    this.#sessions.set(++this.#last, { session, abort });
    return { session: this.#last, endpoint: session.endpoint, clockSkewMs: session.clockSkewMs };
  }

  #session(id: number): Open {
    const open = this.#sessions.get(id);
    if (!open) throw new TypeError(`there is no session ${id}`);
    return open;
  }

  #page(id: number): PasswordPage {
    const page = this.#pages.get(id);
    if (!page) throw new TypeError(`there is no page ${id}`);
    return page;
  }

  async #next(stream: number): Promise<PageData | undefined> {
    const next = await this.#streams.get(stream)?.next();
    if (!next || next.done) this.#streams.delete(stream);
    return this.#hold(next?.done ? undefined : next?.value);
  }

  #hold(page: PasswordPage | undefined): PageData | undefined {
    if (!page) return undefined;
    this.#pages.set(++this.#last, page);
    const { accounts, watermark, more, estimatedTotal } = page;
    return { page: this.#last, accounts, watermark, more, estimatedTotal };
  }

  async #close(id: number): Promise<undefined> {
    const open = this.#sessions.get(id);
    this.#sessions.delete(id);
    for (const page of this.#pages.values()) page.release();
    this.#pages.clear();
    this.#streams.clear();
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
