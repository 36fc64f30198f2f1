/** How notifications leave: to a web hook, a file, or standard output. Network, disk and clock are given. */
import { createHmac } from 'node:crypto';
import type { AlertRow } from '../store/alerts.ts';
import type { Notice } from './alert-book.ts';

/** What a receiver gets: JSON with stable keys. */
export interface Message {
  readonly version: 1;
  /** Address of the console. */
  readonly service: string;
  /** ISO instant. */
  readonly sent: string;
  readonly events: readonly MessageEvent[];
}
export interface MessageEvent {
  /** The same when it is sent again: whoever has it already may drop it. */
  readonly id: string;
  readonly event: Notice['kind'] | 'test';
  readonly alert: {
    readonly id: number;
    readonly code: string;
    readonly severity: AlertRow['severity'];
    readonly title: string;
    readonly summary: string;
    readonly subject: string | null;
    readonly raised: string;
    readonly resolved: string | null;
    readonly acknowledgedBy: string | null;
  };
}
/** Takes a message, or rejects with the reason in words. */
export type Sink = (message: Message) => Promise<void>;

const iso = (ms: number): string => new Date(ms).toISOString();

export function eventOf({ kind, alert }: Notice): MessageEvent {
  const { id, code, severity, title, summary, subject, raised, resolved, acknowledged } = alert;
  const who = acknowledged === null ? null : (JSON.parse(acknowledged) as { who: string }).who;
  return {
    id: `${id}-${kind}-${kind === 'resolved' ? resolved : severity}`,
    event: kind,
    alert: {
      id,
      code,
      severity,
      title,
      summary,
      subject,
      raised: iso(raised),
      resolved: resolved === null ? null : iso(resolved),
      acknowledgedBy: who,
    },
  };
}

/** Milliseconds that a receiver may take. */
const longestMs = 10_000;

export interface WebhookOptions {
  readonly url: string;
  /** Without one messages are not signed. */
  readonly secret?: string | undefined;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
}

/**
 * Posts messages. `x-causeway-signature: t=<seconds since 1970>,v1=<hex>` is the HMAC-SHA256 (RFC 2104) of the same seconds,
 * a full stop and the body: the receiver checks both, and that the time is not long ago.
 */
export const webhook =
  ({ url, secret, fetch, now }: WebhookOptions): Sink =>
  async (message) => {
    const body = JSON.stringify(message);
    const seconds = Math.floor(now() / 1000);
    const response = await fetch(url, {
      method: 'POST',
      body,
      // Whoever answers with another address does not get what is meant for this one.
      redirect: 'error',
      signal: AbortSignal.timeout(longestMs),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'causeway',
        ...(secret === undefined
          ? {}
          : { 'x-causeway-signature': `t=${seconds},v1=${signatureOf(secret, seconds, body)}` }),
      },
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the receiver answered ${response.status}.`);
  };

/** What a receiver computes to check a message. */
export const signatureOf = (secret: string, seconds: number, body: string): string =>
  createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');

/** One line of JSON for every event. */
export const lines =
  (write: (text: string) => void | Promise<void>): Sink =>
  async (message) => {
    const { events, ...about } = message;
    await write(events.map((e) => `${JSON.stringify({ ...about, ...e })}\n`).join(''));
  };

/** Milliseconds: doubling from the first pause to the longest. */
const firstPauseMs = 30_000;
const longestPauseMs = 3_600_000;
/** Events of one message. */
export const mostEvents = 50;

/** One channel: remembers how often it failed, and when it may be tried again. */
export class Courier {
  readonly name: string;
  readonly #sink: Sink;
  readonly #now: () => number;
  #attempts = 0;
  #next = 0;
  #reason = '';
  #delivered: number | undefined;

  constructor(name: string, sink: Sink, now: () => number) {
    this.name = name;
    this.#sink = sink;
    this.#now = now;
  }

  /** Failed attempts since it last worked. */
  get failures(): { readonly attempts: number; readonly reason: string; readonly next: number } {
    return { attempts: this.#attempts, reason: this.#reason, next: this.#next };
  }
  /** When something was last delivered, in milliseconds since 1970. */
  get delivered(): number | undefined {
    return this.#delivered;
  }

  /** Whether the message was taken. While it is too early after a failure nothing is tried, unless `isForced`. */
  async send(message: Message, isForced = false): Promise<boolean> {
    if (!isForced && this.#now() < this.#next) return false;
    try {
      await this.#sink(message);
    } catch (error) {
      this.#attempts++;
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#attempts - 1));
      this.#next = this.#now() + pause;
      this.#reason = reasonOf(error);
      return false;
    }
    this.#attempts = 0;
    this.#next = 0;
    this.#reason = '';
    this.#delivered = this.#now();
    return true;
  }
}

/** The innermost reason that there is: fetch itself only says that it failed. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause instanceof Error ? (cause as NodeJS.ErrnoException) : undefined;
  return inner ? `${inner.code ?? inner.message}.` : message;
}
