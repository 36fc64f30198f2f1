/** Keeps an engine running: one that died is started again, with growing pauses, and the world is told. */

import { Refusal } from '../refusal.ts';
import type { EngineThread } from './thread.ts';

export type EngineState =
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

export interface SupervisorOptions {
  readonly start: () => Promise<EngineThread>;
  readonly now: () => number;
  /** Calls back after so many milliseconds; returns how to call it off. */
  readonly later: (ms: number, work: () => void) => () => void;
  /** Told of every change of state. */
  readonly changed: (state: EngineState) => void;
}

/** Milliseconds: doubling from the first to the longest. */
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** An engine that ran for so long has recovered: the pauses start again. */
const healthyMs = 300_000;

export class EngineSupervisor {
  readonly #options: SupervisorOptions;
  #thread: EngineThread | undefined;
  #state: EngineState = { kind: 'closed' };
  #attempt = 0;
  #cancel: () => void = () => {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** The first start. Rejects with what is wrong: then nothing is retried, because a person has to act. */
  async open(): Promise<void> {
    this.#take(await this.#options.start());
  }

  /** The engine. Throws a Refusal while there is none. */
  get thread(): EngineThread {
    if (this.#thread) return this.#thread;
    const seconds = this.#state.kind === 'down' ? Math.ceil((this.#state.nextAttempt - this.#options.now()) / 1000) : 0;
    throw new Refusal(
      'unavailable',
      `The engine is not running; it is started again${seconds > 0 ? ` in ${seconds} s` : ''}. Everything that can only be read is still shown.`,
      { code: 'engine-down' },
    );
  }

  async close(): Promise<void> {
    this.#cancel();
    const thread = this.#thread;
    this.#thread = undefined;
    this.#set({ kind: 'closed' });
    await thread?.close();
  }

  #take(thread: EngineThread): void {
    this.#thread = thread;
    const since = this.#options.now();
    this.#set({ kind: 'running', since });
    void thread.ended.then((error) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      if (this.#options.now() - since >= healthyMs) this.#attempt = 0;
      this.#fail(error ?? new Error('The engine ended.'));
    });
  }

  #fail(error: Error): void {
    this.#attempt++;
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#attempt - 1));
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

  #set(state: EngineState): void {
    this.#state = state;
    this.#options.changed(state);
  }
}
