/** Whether the engine still lives: its thread tells every few seconds that it does, and its work tells how far it is. */
import type { Work } from '../work-queue.ts';
import type { EngineMessage } from './messages.ts';

export interface HungEngine {
  /** `silent`: its thread does not answer. `still`: it answers, but its work does not go on. */
  readonly kind: 'silent' | 'still';
  /** Milliseconds since it last did. */
  readonly forMs: number;
  /** What it was doing, as a part of a sentence. */
  readonly doing: string;
}

/** Milliseconds without a sign of life; long transactions take some, and after one minute its lease is over. */
const longestSilenceMs = 120_000;
/** Milliseconds without progress; whoever waits for a limit of the cloud tells that it does. */
const longestStillnessMs = 30 * 60_000;

export class EngineWatch {
  readonly #elapsed: () => number;
  #heard: number;
  #moved: number;

  /** `elapsed`: milliseconds of a clock that stands still while the machine sleeps. */
  constructor(elapsed: () => number = () => performance.now()) {
    this.#elapsed = elapsed;
    this.#heard = this.#moved = elapsed();
  }

  /** A thread was started. */
  began(): void {
    this.#heard = this.#moved = this.#elapsed();
  }

  heard(message: EngineMessage): void {
    this.#heard = this.#elapsed();
    if (message.kind === 'progress' || message.kind === 'started' || message.kind === 'done') this.#moved = this.#heard;
  }

  /** Undefined: all is well. `work`: what runs now. */
  look(work: Work | undefined): HungEngine | undefined {
    const now = this.#elapsed();
    const doing = work ? doingText(work) : 'nothing that was asked for';
    if (now - this.#heard > longestSilenceMs) return { kind: 'silent', forMs: now - this.#heard, doing };
    if (work && now - this.#moved > longestStillnessMs) return { kind: 'still', forMs: now - this.#moved, doing };
    return undefined;
  }
}

function doingText({ order, by, progress }: Work): string {
  const what =
    order.kind === 'cycle'
      ? `a ${order.policy} cycle`
      : order.kind === 'run'
        ? `${order.profile} of ${order.connector ?? 'all connectors'}`
        : 'a plan';
  const total = progress?.total === undefined ? '' : ` of ${progress.total}`;
  const where = progress ? `, ${progress.step} of ${progress.connector}, ${progress.done}${total}` : '';
  return `${what} for ${by}${where}`;
}
