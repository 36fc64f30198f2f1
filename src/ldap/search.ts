/** A search under way: one request, or one for each page. */
import type { BerReader } from './ber-reader.ts';
import type { Channel, Operation } from './channel.ts';
import { nextPageCookie, pagedResults } from './controls.ts';
import { EntryQueue } from './entry-queue.ts';
import { LdapError, resultError } from './errors.ts';
import { searchOperation } from './requests.ts';
import { RESPONSE, readIntermediate, readReference, readResult } from './responses.ts';
import type { LdapEntry, LdapResult, SearchRequest, SearchStream } from './types.ts';

/** References of one search that are kept; they are never followed, so more would only cost memory. */
const MAX_REFERENCES = 1000;

export class Search implements SearchStream {
  readonly result: Promise<LdapResult>;
  readonly references: string[] = [];
  readonly #channel: Channel;
  readonly #request: SearchRequest;
  readonly #pageSize: number | undefined;
  readonly #queue = new EntryQueue();
  readonly #what: string;
  #resolve: (result: LdapResult) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #body: Buffer = Buffer.alloc(0);
  #id = 0;

  constructor(channel: Channel, request: SearchRequest, pageSize?: number) {
    this.#channel = channel;
    this.#request = request;
    this.#pageSize = pageSize;
    this.#what = `the search below "${request.base}"`;
    this.#queue.onDrain = () => channel.regulate();
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever only iterates gets the error there.
    this.result.catch(() => undefined);
    try {
      request.signal?.throwIfAborted();
      this.#body = searchOperation(request);
    } catch (error) {
      this.#fail(error);
      return;
    }
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#start(undefined);
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly LdapEntry[], undefined> {
    return {
      next: async () => {
        const batch = await this.#queue.next();
        return batch === undefined ? { done: true, value: undefined } : { done: false, value: batch };
      },
      return: async () => {
        this.#cancel(new LdapError('refused', `The consumer left ${this.#what}.`));
        return { done: true, value: undefined };
      },
    };
  }

  #start(cookie: Buffer | undefined): void {
    const operation: Operation = {
      what: this.#what,
      queue: this.#queue,
      persistent: this.#request.persistent ?? false,
      receive: (tag, reader, bytes) => this.#receive(tag, reader, bytes),
      fail: (error) => this.#fail(error),
    };
    const own = this.#request.controls ?? [];
    const controls = this.#pageSize === undefined ? own : [...own, pagedResults(this.#pageSize, cookie)];
    this.#id = this.#channel.start(operation, this.#body, controls);
  }

  #receive(tag: number, reader: BerReader, bytes: number): boolean {
    if (tag === RESPONSE.searchEntry) {
      this.#queue.push(this.#channel.entries.read(reader), bytes);
      return false;
    }
    if (tag === RESPONSE.searchReference) {
      const uris = readReference(reader);
      if (this.references.length < MAX_REFERENCES) this.references.push(...uris);
      return false;
    }
    if (tag === RESPONSE.intermediate) {
      const { oid, value } = readIntermediate(reader);
      this.#request.onIntermediate?.(oid, value);
      return false;
    }
    this.#onResult(tag, readResult(reader, tag));
    return true;
  }

  #onResult(tag: number, result: LdapResult): void {
    const server = this.#channel.name;
    if (result.code !== 0) {
      this.#fail(resultError(this.#what, server, result));
      return;
    }
    if (tag !== RESPONSE.searchDone) {
      this.#fail(new LdapError('protocol-error', `${server} answered ${this.#what} with something else.`));
      return;
    }
    const cookie = this.#pageSize === undefined ? undefined : nextPageCookie(result.controls);
    if (cookie !== undefined) {
      // The next page is asked for at once: the server works on it while the consumer has this one.
      this.#start(cookie);
      return;
    }
    this.#settle();
    this.#queue.end();
    this.#resolve(result);
  }

  #fail(error: unknown): void {
    this.#settle();
    this.#queue.end(error);
    this.#reject(error);
  }

  readonly #onAbort = (): void => this.#cancel(this.#request.signal?.reason);

  #cancel(reason: unknown): void {
    if (this.#id !== 0) this.#channel.abandon(this.#id);
    this.#queue.clear();
    this.#fail(reason);
  }

  #settle(): void {
    this.#id = 0;
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
  }
}
