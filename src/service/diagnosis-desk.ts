/** Where the API asks for diagnoses: in a thread of their own, and not twice for the same state. */
import type { Ambiguous, Diagnosis } from '../diagnosis/diagnose.ts';
import { createReader, type ReaderThread } from './reader-thread.ts';
import type { ServiceContext } from './service-context.ts';

export class DiagnosisDesk {
  readonly #context: ServiceContext;
  /** Its thread keeps no process alive and starts with the first question. */
  readonly #reader: ReaderThread;
  #whole: { readonly stamp: string; readonly answer: Promise<Diagnosis> } | undefined;

  constructor(context: ServiceContext) {
    this.#context = context;
    this.#reader = createReader(context.config.file);
  }

  /** The findings of the whole system; kept until something runs or is changed. */
  whole(): Promise<Diagnosis> {
    const stamp = this.#stamp();
    if (this.#whole?.stamp !== stamp) {
      const answer = this.#reader.ask('diagnosis') as Promise<Diagnosis>;
      const kept = { stamp, answer };
      this.#whole = kept;
      answer.catch(() => {
        if (this.#whole === kept) this.#whole = undefined;
      });
    }
    return this.#whole.answer;
  }

  object(reference: string): Promise<Diagnosis | Ambiguous> {
    return this.#reader.ask('diagnosis', reference);
  }

  forget(): void {
    this.#whole = undefined;
  }

  /** Changes with every run that begins or ends and with every line of the audit log. */
  #stamp(): string {
    const { records, administration } = this.#context.store;
    const [run] = records.runs(Number.MAX_SAFE_INTEGER, 1);
    return JSON.stringify([run?.id, run?.ended, administration.lastAudit()?.id]);
  }
}

const desks = new WeakMap<ServiceContext, DiagnosisDesk>();

/** The desk of a service. */
export function diagnosisDesk(context: ServiceContext): DiagnosisDesk {
  const desk = desks.get(context) ?? new DiagnosisDesk(context);
  desks.set(context, desk);
  return desk;
}
