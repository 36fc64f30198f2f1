/** Where the API asks for diagnoses: in a thread of their own, and not twice for the same state. */
import type { Ambiguous, Diagnosis } from '../diagnosis/diagnose.ts';
import type { Finding } from '../diagnosis/findings/finding.ts';
import type { Store } from '../store/store.ts';
import type { LoadedConfiguration } from './configuration/configuration.ts';
import { createReader, type ReaderThread } from './reader-thread.ts';
import type { PartState } from './supervisor.ts';

export interface DiagnosisDeskOptions {
  /** The one in force. */
  readonly config: () => LoadedConfiguration;
  readonly store: Store;
  /** Told of every new diagnosis of the whole system, and when its work began (epoch milliseconds). */
  readonly found: (diagnosis: Diagnosis, at: number) => void;
  readonly changed: (state: PartState) => void;
  readonly now: () => number;
}

export class DiagnosisDesk {
  readonly #options: DiagnosisDeskOptions;
  /** Its thread keeps no process alive and starts with the first question. */
  readonly #reader: ReaderThread;
  #whole: { readonly stamp: string; readonly answer: Promise<Diagnosis> } | undefined;

  constructor(options: DiagnosisDeskOptions) {
    this.#options = options;
    this.#reader = createReader(options.config, { changed: options.changed, now: options.now });
  }

  get state(): PartState {
    return this.#reader.state;
  }

  /** The findings of the whole system; kept until something runs or is changed. */
  whole(): Promise<Diagnosis> {
    const stamp = this.#stamp();
    if (this.#whole?.stamp !== stamp) {
      const at = this.#options.now();
      const answer = this.#reader.ask('diagnosis') as Promise<Diagnosis>;
      const kept = { stamp, answer };
      this.#whole = kept;
      answer.then(
        (diagnosis) => this.#options.found(diagnosis, at),
        () => {
          if (this.#whole === kept) this.#whole = undefined;
        },
      );
    }
    return this.#whole.answer;
  }

  object(reference: string): Promise<Diagnosis | Ambiguous> {
    return this.#reader.ask('diagnosis', reference);
  }

  /** What only the plan tells: computed anew, with the tenant as it is now. */
  planned(): Promise<readonly Finding[]> {
    return this.#reader.ask('plannedFindings');
  }

  forget(): void {
    this.#whole = undefined;
  }

  /** Another configuration is in force: what is asked from now on is asked under it. */
  renew(): void {
    this.forget();
    this.#reader.renew();
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  /** Changes with every run that begins or ends and with every line of the audit log. */
  #stamp(): string {
    const { records, administration } = this.#options.store;
    const [run] = records.runs(Number.MAX_SAFE_INTEGER, 1);
    return JSON.stringify([run?.id, run?.ended, administration.lastAudit()?.id]);
  }
}
