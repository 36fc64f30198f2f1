/** Has everything diagnosed after cycles, so that findings are recorded and told without anybody asking. */
import type { Diagnosis } from '../../diagnosis/diagnose.ts';
import { caseOf, isCaseCode } from '../../diagnosis/findings/cases.ts';
import type { Finding } from '../../diagnosis/findings/finding.ts';
import type { SeenAlert } from '../../health/alert-book.ts';
import { findingKey } from './facts.ts';

export interface FindingWatchOptions {
  readonly diagnose: () => Promise<Diagnosis>;
  readonly failed: (error: Error) => void;
  readonly now: () => number;
  /** Calls back after so many milliseconds; returns how to call it off. */
  readonly later: (ms: number, work: () => void) => () => void;
}

/** Milliseconds between two diagnoses that nobody asked for; a long one waits in proportion to its length. */
const shortestPauseMs = 5 * 60_000;
const pauseFactor = 20;

/** Findings that the service's own alerts tell already, from its own view. */
const toldOtherwise: ReadonlySet<string> = new Set([
  'scheduler-disabled',
  'scheduler-suspended',
  'maintenance-window',
  'staging-mode',
  'cycle-stale',
  'service-down',
  'accidental-delete-threshold',
  'store-full',
  'run-failed',
  'password-sync-stalled',
]);

/** A way that is broken hides what is behind it: what was seen there before may still be so. */
export const isPartial = (findings: readonly Pick<Finding, 'code' | 'severity'>[]): boolean =>
  findings.some((f) => f.severity === 'error' && isCaseCode(f.code) && caseOf(f.code).section === 'E');

export class FindingWatch {
  readonly #options: FindingWatchOptions;
  #next = 0;
  #cancel: (() => void) | undefined;
  #isWorking = false;
  #isClosed = false;
  #known: { readonly seen: readonly SeenAlert[]; readonly isPartial: boolean } | undefined;

  constructor(options: FindingWatchOptions) {
    this.#options = options;
  }

  /** Something may have changed: a diagnosis follows, soon or when it is time. */
  soon(): void {
    if (this.#isClosed || this.#cancel || this.#isWorking) return;
    const wait = Math.max(0, this.#next - this.#options.now());
    this.#cancel = this.#options.later(wait, () => {
      this.#cancel = undefined;
      void this.#diagnose();
    });
  }

  /** What a diagnosis found, whoever asked for it. */
  found(diagnosis: Diagnosis): void {
    const seen = diagnosis.findings
      .filter((f) => f.severity !== 'info' && !toldOtherwise.has(f.code))
      .map(
        (f): SeenAlert => ({
          key: findingKey(f.id),
          kind: 'finding',
          code: f.code,
          severity: f.severity,
          title: f.title,
          summary: f.summary,
          since: Date.parse(f.firstSeen),
        }),
      );
    this.#known = { seen, isPartial: isPartial(diagnosis.findings) };
  }

  get seen(): readonly SeenAlert[] {
    return this.#known?.seen ?? [];
  }
  /** Nothing can be said of what is not seen. */
  get isBlind(): boolean {
    return this.#known === undefined || this.#known.isPartial;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #diagnose(): Promise<void> {
    const { diagnose, failed, now } = this.#options;
    const began = now();
    this.#isWorking = true;
    try {
      await diagnose();
    } catch (error) {
      if (!this.#isClosed) failed(error as Error);
    } finally {
      this.#isWorking = false;
      this.#next = now() + Math.max(shortestPauseMs, pauseFactor * (now() - began));
    }
  }
}
