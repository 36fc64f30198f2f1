/** Where the API asks for diagnoses: in a thread of their own, and not twice for the same state. */
import type { Ambiguous, Diagnosis } from '../diagnosis/diagnose.ts';
import { createReader, type ReaderThread } from './reader-thread.ts';
import type { ServiceContext } from './service-context.ts';

export class DiagnosisDesk {
  readonly #reader: ReaderThread;
  #whole: Promise<Diagnosis> | undefined;

  constructor(context: ServiceContext) {
    this.#reader = createReader(context.config.file);
    // Whatever was done or changed makes the answer old.
    context.bus.listen(({ type, data }) => {
      const isOver = type === 'work' && /done|failed/.test((data as { state?: string }).state ?? '');
      if (isOver || type === 'state') this.forget();
    });
  }

  /** The findings of the whole system; kept until something happens. */
  whole(): Promise<Diagnosis> {
    if (!this.#whole) {
      const asked = this.#reader.ask('diagnosis') as Promise<Diagnosis>;
      this.#whole = asked;
      asked.catch(() => {
        if (this.#whole === asked) this.#whole = undefined;
      });
    }
    return this.#whole;
  }

  object(reference: string): Promise<Diagnosis | Ambiguous> {
    return this.#reader.ask('diagnosis', reference);
  }

  forget(): void {
    this.#whole = undefined;
  }
}

const desks = new WeakMap<ServiceContext, DiagnosisDesk>();

/** The desk of a service. */
export function diagnosisDesk(context: ServiceContext): DiagnosisDesk {
  const desk = desks.get(context) ?? new DiagnosisDesk(context);
  desks.set(context, desk);
  return desk;
}
