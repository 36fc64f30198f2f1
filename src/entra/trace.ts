/** One step of a decision, for people who ask why (entra-directory s.1.2). */
export interface TraceStep {
  /** Number of the rule in the reference, e.g. `1.2 step 2.3`. */
  readonly rule: string;
  readonly outcome: 'yes' | 'no' | 'skipped' | 'refused' | 'done';
  /** One plain sentence with the names and values it is about. */
  readonly detail: string;
}
export type Trace = TraceStep[];

export const note = (trace: Trace, rule: string, outcome: TraceStep['outcome'], detail: string): void => {
  trace.push({ rule, outcome, detail });
};
