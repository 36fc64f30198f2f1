/** What goes wrong while an expression runs. */
import type { RuleErrorDetail } from '../evaluation.ts';

/** Thrown inside of a running expression; `CompiledExpression.evaluate` turns it into data. */
export class ExpressionError extends Error {
  readonly code: 'rule-expression-error' | 'sync-rule-error-function-triggered';
  /** Filled in by the compiled expression. */
  detail: RuleErrorDetail | undefined;
  constructor(message: string, code: ExpressionError['code'] = 'rule-expression-error') {
    super(message);
    this.name = 'ExpressionError';
    this.code = code;
  }
}
