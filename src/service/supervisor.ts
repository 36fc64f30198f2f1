/** Keeps a thread running: one that died is started again, with growing pauses, and the world is told. */
import { Refusal } from './refusal.ts';

export type PartState =
  | { readonly kind: 'running'; readonly since: number }
  | {
      readonly kind: 'down';
      /** Milliseconds since 1970. */
      readonly since: number;
      readonly reason: string;
      readonly attempt: number;
      readonly nextAttempt: number;
    }
  | { readonly kind: 'closed' };

export interface Supervised {
  /** Resolves when it is gone, with what it died of, if it was not told to end. */
  readonly ended: Promise<Error | undefined>;
  close(): Promise<void>;
}
export interface SupervisorOptions<T extends Supervised> {
  readonly start: () => Promise<T>;
  readonly now: () => number;
  /** Calls back after so many milliseconds; returns how to call it off. */
  readonly later: (ms: number, work: () => void) => () => void;
  /** Told of every change of state. */
  readonly changed: (state: PartState) => void;
}
/** How it is spoken of while it is not there. */
export interface PartWords {
  readonly code: string;
  /** With a capital letter, e.g. `The engine`. */
  readonly name: string;
  readonly meanwhile: string;
}

/** Milliseconds: doubling from the first to the longest. */
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** What ran for so long has recovered: the pauses start again. */
const healthyMs = 300_000;

/** Milliseconds to wait before this attempt, counted from 1. */
export const pauseBefore = (attempt: number): number => Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));

export class Supervisor<T extends Supervised> {
  readonly #options: SupervisorOptions<T>;
  readonly #words: PartWords;
  #thread: T | undefined;
  #state: PartState = { kind: 'closed' };
  #attempt = 0;
  #cancel: () => void = () => {};

  constructor(options: SupervisorOptions<T>, words: PartWords) {
    this.#options = options;
    this.#words = words;
  }

  get state(): PartState {
    return this.#state;
  }

  /** The first start. Rejects with what is wrong: then nothing is retried, because a person has to act. */
  async open(): Promise<void> {
    this.#take(await this.#options.start());
  }

  /** What is kept running. Throws a Refusal while it is not there. */
  get thread(): T {
    if (this.#thread) return this.#thread;
    const { code, name, meanwhile } = this.#words;
    const seconds =
      this.#state.kind === 'down' ? Math.max(1, Math.ceil((this.#state.nextAttempt - this.#options.now()) / 1000)) : 0;
    throw new Refusal(
      'unavailable',
      `${name} is not running; it is started again${seconds > 0 ? ` in ${seconds} s` : ''}. ${meanwhile}`,
      { code, ...(seconds > 0 ? { facts: { retryAfterSeconds: seconds } } : {}) },
    );
  }

  async close(): Promise<void> {
    this.#cancel();
    const thread = this.#thread;
    this.#thread = undefined;
    this.#set({ kind: 'closed' });
    await thread?.close();
  }

  /** After `close` and an `open` that was refused: tries again by itself, as after a crash. */
  keepTrying(error: Error): void {
    this.#fail(error);
  }

  #take(thread: T): void {
    this.#thread = thread;
    const since = this.#options.now();
    this.#set({ kind: 'running', since });
    void thread.ended.then((error) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      if (this.#options.now() - since >= healthyMs) this.#attempt = 0;
      this.#fail(error ?? new Error(`${this.#words.name} ended.`));
    });
  }

  #fail(error: Error): void {
    this.#attempt++;
    const pause = pauseBefore(this.#attempt);
    const now = this.#options.now();
    this.#set({ kind: 'down', since: now, reason: error.message, attempt: this.#attempt, nextAttempt: now + pause });
    this.#cancel = this.#options.later(pause, () => void this.#again());
  }

  async #again(): Promise<void> {
    try {
      const thread = await this.#options.start();
      if (this.#state.kind === 'closed') await thread.close();
      else this.#take(thread);
    } catch (error) {
      if (this.#state.kind !== 'closed') this.#fail(error as Error);
    }
  }

  #set(state: PartState): void {
    this.#state = state;
    this.#options.changed(state);
  }
}
