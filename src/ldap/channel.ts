/** One conversation with a server: messages out, messages in by their id, time limits, the end. */
import type { Socket } from 'node:net';
import { BerReader } from './ber-reader.ts';
import type { EntryQueue } from './entry-queue.ts';
import { LdapError, printable } from './errors.ts';
import { FrameReader } from './frames.ts';
import { abandonOperation, encodeMessage, OID, unbindOperation } from './requests.ts';
import { EntryReader, RESPONSE, readResult } from './responses.ts';
import { resultName } from './result-codes.ts';
import type { SecurityLayer } from './sasl-layer.ts';
import type { LdapControl } from './types.ts';

/** Something asked of the server. */
export interface Operation {
  /** For messages, a noun phrase: `the search below DC=…`. */
  readonly what: string;
  /** A response; the reader is at the protocol operation. Returns whether it was the last one. */
  receive(tag: number, reader: BerReader, bytes: number): boolean;
  fail(error: unknown): void;
  /** Where entries wait: if it is full, the server is not read until it is emptied. */
  readonly queue?: EntryQueue;
  /** Silence of the server is no fault. */
  readonly persistent?: boolean;
}

export interface ChannelSettings {
  readonly name: string;
  readonly idleTimeoutMs: number;
  readonly maxMessageBytes: number;
}

export class Channel {
  readonly name: string;
  readonly entries = new EntryReader();
  readonly #settings: ChannelSettings;
  readonly #operations = new Map<number, Operation>();
  #frames: FrameReader;
  #socket: Socket;
  #unlisten: () => void = () => undefined;
  #layer: SecurityLayer | undefined;
  #lastId = 0;
  #lastByteAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #paused = false;
  #failure: LdapError | undefined;

  constructor(socket: Socket, settings: ChannelSettings) {
    this.name = settings.name;
    this.#settings = settings;
    this.#frames = new FrameReader(settings.maxMessageBytes);
    this.#socket = socket;
    this.#listen(socket);
  }

  get closed(): boolean {
    return this.#failure !== undefined;
  }

  /** Sends a request; answers go to the operation. Returns the message id, 0 if the connection is gone (the operation was told). */
  start(operation: Operation, body: Buffer, controls: readonly LdapControl[] = []): number {
    if (this.#failure) {
      operation.fail(this.#failure);
      return 0;
    }
    const id = this.#newId();
    if (!this.#impatient()) this.#lastByteAt = performance.now();
    this.#operations.set(id, operation);
    this.#send(encodeMessage(id, body, controls));
    this.#watch();
    this.regulate();
    return id;
  }

  /** Request and single response, whatever its result code. `expected` is the tag of the response. */
  request(what: string, expected: number, body: Buffer, controls?: readonly LdapControl[]) {
    return new Promise<ReturnType<typeof readResult>>((resolve, reject) => {
      const receive = (tag: number, reader: BerReader): boolean => {
        if (tag === RESPONSE.intermediate) return false;
        const result = readResult(reader, tag);
        // Samba answers an unknown critical control with an extended response (active-directory s.2.1).
        if (tag === expected || result.code !== 0) resolve(result);
        else reject(new LdapError('protocol-error', `${this.name} answered ${what} with something else.`));
        return true;
      };
      this.start({ what, receive, fail: reject }, body, controls);
    });
  }

  /** Tells the server to forget an operation; its answers are ignored from now on (RFC 4511 s.4.11). */
  abandon(id: number): void {
    if (!this.#operations.delete(id) || this.#failure) return;
    this.#send(encodeMessage(this.#newId(), abandonOperation(id)));
    this.regulate();
  }

  /** Reads or rests, as the queues demand. It rests only if everything under way waits for its consumer. */
  regulate(): void {
    let full = false;
    let waiting = false;
    for (const operation of this.#operations.values()) {
      if (operation.queue?.isFull) full = true;
      else if (!operation.persistent) waiting = true;
    }
    const pause = full && !waiting;
    if (pause === this.#paused || this.#failure) return;
    this.#paused = pause;
    if (pause) this.#socket.pause();
    else {
      this.#lastByteAt = performance.now();
      this.#socket.resume();
    }
  }

  /** From now on everything travels through the layer. Nothing may be under way. */
  secure(layer: SecurityLayer): void {
    this.#assertQuiet();
    this.#layer = layer;
  }

  /** Gives the socket away for a TLS handshake. Nothing may be under way. */
  detach(): Socket {
    this.#assertQuiet();
    this.#unlisten();
    this.#socket.pause();
    return this.#socket;
  }

  attach(socket: Socket): void {
    this.#socket = socket;
    this.#frames = new FrameReader(this.#settings.maxMessageBytes);
    this.#listen(socket);
  }

  /** Says goodbye and closes; what is under way fails with reason `closed`. */
  async close(): Promise<void> {
    if (this.#failure === undefined) {
      this.#send(encodeMessage(this.#newId(), unbindOperation()));
      this.fail(new LdapError('closed', `The connection to ${this.name} was closed.`), 'end');
    }
    if (this.#socket.closed || this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const patience = setTimeout(() => this.#socket.destroy(), 1000);
      this.#socket.once('close', () => {
        clearTimeout(patience);
        resolve();
      });
    });
  }

  /** The connection is over. Every operation under way gets the error, and every later one. */
  fail(error: LdapError, how: 'end' | 'destroy' = 'destroy'): void {
    if (this.#failure) return;
    this.#failure = error;
    clearTimeout(this.#timer);
    if (this.#paused) this.#socket.resume();
    if (how === 'end') this.#socket.end();
    else this.#socket.destroy();
    this.#layer?.end();
    const operations = [...this.#operations.values()];
    this.#operations.clear();
    for (const operation of operations) operation.fail(error);
  }

  #listen(socket: Socket): void {
    let cause: Error | undefined;
    const onData = (chunk: Buffer): void => this.#receive(chunk);
    const onError = (error: Error): void => {
      cause = error;
    };
    const onClose = (): void => {
      const lost = `The connection to ${this.name} was lost${cause ? ` (${cause.message})` : ''}`;
      const waiting = [...this.#operations.values()].map((o) => o.what);
      const during = waiting.length === 0 ? '' : ` during ${waiting.slice(0, 3).join(', ')}`;
      this.fail(new LdapError('connection-lost', `${lost}${during}.`, cause ? { cause } : {}));
    };
    socket.on('data', onData).on('error', onError).on('close', onClose);
    this.#unlisten = () => socket.off('data', onData).off('error', onError).off('close', onClose);
    if (socket.destroyed) onClose();
  }

  #receive(chunk: Buffer): void {
    if (this.#failure) return;
    this.#lastByteAt = performance.now();
    try {
      if (this.#layer) this.#layer.unwrap(chunk, (plain) => this.#frames.push(plain, this.#onMessage));
      else this.#frames.push(chunk, this.#onMessage);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.fail(new LdapError('protocol-error', `${this.name} breaks the protocol: ${why}`, { cause: error }));
      return;
    }
    let full = false;
    for (const { queue } of this.#operations.values()) {
      queue?.flush();
      full ||= queue?.isFull ?? false;
    }
    if (full) this.regulate();
  }

  readonly #onMessage = (buffer: Buffer, from: number, to: number): void => {
    if (this.#failure) return;
    const reader = new BerReader(buffer, from, to);
    reader.enter(0x30);
    const id = reader.integer();
    const operation = this.#operations.get(id);
    if (operation === undefined) {
      if (id === 0) this.#onNotice(reader);
      return;
    }
    if (!operation.receive(reader.peek(), reader, to - from)) return;
    this.#operations.delete(id);
    if (this.#paused) this.regulate();
  };

  /** Unsolicited notification (RFC 4511 s.4.4): the only one there is says that the server hangs up. */
  #onNotice(reader: BerReader): void {
    if (reader.peek() !== RESPONSE.extended) return;
    const result = readResult(reader, RESPONSE.extended);
    if (result.oid !== OID.noticeOfDisconnection && result.code === 0) return;
    const said = result.message === '' ? '' : `: ${printable(result.message)}`;
    const text = `${this.name} ended the connection with ${resultName(result.code)} (${result.code})${said}.`;
    this.fail(new LdapError('connection-lost', text, { result }));
  }

  #send(message: Buffer): void {
    this.#socket.write(this.#layer ? this.#layer.wrap(message) : message);
  }

  #newId(): number {
    do {
      this.#lastId = this.#lastId >= 0x7fff_ffff ? 1 : this.#lastId + 1;
    } while (this.#operations.has(this.#lastId));
    return this.#lastId;
  }

  #assertQuiet(): void {
    if (this.#operations.size > 0 || this.#frames.isPartial) {
      // Bytes behind the answer to StartTLS could have been put there by somebody in between.
      throw new LdapError('protocol-error', `${this.name} sent something before the secured connection began.`);
    }
  }

  /** What is waiting for an answer that should come soon. */
  #impatient(): Operation | undefined {
    for (const operation of this.#operations.values()) if (!operation.persistent) return operation;
    return undefined;
  }

  /** One timer per connection, set anew only when it fires: arriving bytes cost nothing. */
  #watch(): void {
    if (this.#timer !== undefined || this.#failure || !this.#impatient()) return;
    const left = this.#lastByteAt + this.#settings.idleTimeoutMs - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#paused) this.#lastByteAt = performance.now();
        // If this process was busy, bytes may lie in the socket: they are read before the second look.
        if (this.#isSilent()) setImmediate(() => (this.#isSilent() ? this.#giveUp() : this.#watch()));
        else this.#watch();
      },
      Math.max(left, 1),
    );
  }

  #isSilent(): boolean {
    return performance.now() - this.#lastByteAt >= this.#settings.idleTimeoutMs;
  }

  #giveUp(): void {
    const what = this.#impatient()?.what;
    if (what === undefined) return;
    const silence = `sent nothing for ${this.#settings.idleTimeoutMs} ms during ${what}`;
    this.fail(new LdapError('idle-timeout', `${this.name} ${silence}; the connection was given up.`));
  }
}
