/** What one synchronization run carries along: counters, errors, and whether it is a mass run. */
import type { DiscoveryError } from '../model/change.ts';
import type { RuleError } from '../rules/compiled.ts';
import type { RuleErrorDetail } from '../rules/evaluation.ts';
import type { ErrorPhase } from '../store/records.ts';
import type { Engine } from './context.ts';
import { Counters } from './counters.ts';

/** Something wrong with one object; the run goes on. */
export interface ObjectError {
  readonly code: string;
  readonly message: string;
  readonly attribute?: string;
  readonly rule?: string;
  readonly value?: string;
  readonly position?: RuleErrorDetail['position'];
  readonly inputs?: RuleErrorDetail['inputs'];
  readonly facts?: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly nextAttempt?: number;
}

/** What a failed flow tells: rule, flow, position and input values. */
export const ruleErrorFacts = (e: RuleError): ObjectError => ({
  code: e.code,
  message: e.message,
  attribute: e.attribute,
  rule: e.rule.rule.name,
  ...(e.position ? { position: e.position } : {}),
  ...(e.inputs ? { inputs: e.inputs } : {}),
});

/** Code of the error of an object whose rules feed on themselves (`feedback.ts`). */
export const doesNotSettle = 'flow-does-not-settle';

/** Ends a run; `status` is the classic string. */
export class RunStopped extends Error {
  readonly status: string;
  readonly code: string;
  readonly remedy: string;
  constructor(status: string, code: string, message: string, remedy: string) {
    super(message);
    this.name = 'RunStopped';
    this.status = status;
    this.code = code;
    this.remedy = remedy;
  }
}

export class SyncRun {
  readonly id: number;
  readonly counters: Counters;
  readonly engine: Engine;
  /** Everything is computed again, so nothing needs to be marked for it. */
  readonly isFull: boolean;
  /** So much changes that references are computed for whole connectors at the end. */
  readonly bulk: boolean;
  readonly discoveryErrors: DiscoveryError[] = [];
  exportErrors = 0;
  /** Objects that are about to hold something else since inbound flows looked at them (`feedback.ts`). */
  readonly echoes = new Set<number>();
  /** Objects that get nothing in this run because their rules never come to an end, with the attributes concerned. */
  readonly unsettled = new Map<number, readonly string[]>();
  /** Objects of which earlier runs said so, and those among them whose flows succeeded in this run. */
  readonly neverSettled: ReadonlySet<number>;
  readonly recovering = new Set<number>();
  #isFirstPass = true;
  #anyErrors: boolean;
  readonly #exporting = new Map<number, boolean>();
  readonly #empty = new Map<number, boolean>();
  #errors = 0;

  constructor(engine: Engine, id: number, mode: { readonly bulk: boolean; readonly isFull?: boolean }) {
    this.engine = engine;
    this.id = id;
    this.bulk = mode.bulk;
    this.isFull = mode.isFull ?? false;
    this.counters = new Counters(engine.store, id);
    this.#anyErrors = engine.store.records.anyError();
    const failed = this.#anyErrors ? engine.store.records.errorsOfPhase('sync') : [];
    this.neverSettled = new Set(failed.flatMap((e) => (e.code === doesNotSettle ? e.cs : [])));
  }

  get errors(): number {
    return this.#errors;
  }

  /** Whether anything is pending or unconfirmed in a connector; asked once a page, not once an object. */
  isExporting(connector: number): boolean {
    let known = this.#exporting.get(connector);
    if (known === undefined) {
      known = this.engine.store.exports.anything(connector);
      this.#exporting.set(connector, known);
    }
    return known;
  }

  /** Whether a connector held nothing when the run began: then nothing can be joined there. */
  heldNothing(connector: number): boolean {
    let known = this.#empty.get(connector);
    if (known === undefined) {
      known = !this.engine.store.cs.anyImported(connector);
      this.#empty.set(connector, known);
    }
    return known;
  }

  /** The outbound side of an identity has to be computed again. Survives a kill. */
  markDirty(mv: number): void {
    if (!this.isFull || !this.#isFirstPass) this.engine.store.mv.markDirty(mv);
  }

  /** Everything was computed once; from now on only what is marked is. */
  endFirstPass(): void {
    this.#isFirstPass = false;
  }

  /** From now on something is pending there. */
  markExporting(connector: number): void {
    this.#exporting.set(connector, true);
  }

  /** The object is well again in this phase. Whether rules settle there is known only when all have flowed. */
  clearError(cs: number, phase: ErrorPhase): void {
    if (!this.#anyErrors) return;
    if (phase === 'sync' && this.neverSettled.has(cs)) this.recovering.add(cs);
    else this.engine.store.records.clearError(cs, phase);
  }

  /** The same, if this is what was wrong with it. */
  clearErrorOf(cs: number, phase: ErrorPhase, code: string): void {
    if (!this.#anyErrors) return;
    const { records } = this.engine.store;
    if (records.errorsOf(cs).some((e) => e.phase === phase && e.code === code)) records.clearError(cs, phase);
  }

  fail(cs: number, phase: ErrorPhase, error: ObjectError): void {
    this.#errors++;
    this.#anyErrors = true;
    const { code, ...detail } = error;
    this.engine.store.records.setError(cs, phase, code, JSON.stringify(detail), this.engine.now(), this.id);
    this.counters.add('flow-failure', cs, { code });
    if (this.#errors > this.engine.limits.errorLimit) {
      throw new RunStopped(
        'stopped-error-limit',
        'error-limit',
        `More than ${this.engine.limits.errorLimit} objects failed; the run stopped so that the cause is looked at first.`,
        'Look at the errors of this run: so many objects usually share one cause, such as a rule that was changed.',
      );
    }
  }

  /** An export that did not stick: a warning, because it is sent again. */
  notConfirmed(cs: number, warning: ObjectError): void {
    const { code, ...detail } = warning;
    this.engine.store.records.setError(cs, 'confirm', code, JSON.stringify(detail), this.engine.now(), this.id);
    this.counters.add('export-not-confirmed', cs, { code });
  }

  journal(kind: string, cs: number | null, mv: number | null, detail: Readonly<Record<string, unknown>>): void {
    this.engine.store.records.journal(this.engine.now(), this.id, kind, cs, mv, JSON.stringify(detail));
  }
}
