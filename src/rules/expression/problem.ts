/** What is wrong with the text of an expression, as data. */

export interface ExpressionProblem {
  /** Stable name, e.g. `unknown-function`; the list is in docs/expressions.md. */
  readonly code: string;
  /** One whole sentence or two; does not repeat the position. */
  readonly message: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** Offset and length in UTF-16 units. */
  readonly start: number;
  readonly length: number;
  /** The name that was probably meant. */
  readonly suggestion?: string;
}

/** How much an expression may be; beyond it the text is refused, so that nothing later can run out of stack. */
export const limits = {
  /** Characters of text. The longest real expression has about 1,500. */
  textLength: 65_536,
  /** Levels of nesting, parentheses, calls and chained operators together. */
  depth: 400,
  /** Problems reported for one expression. */
  problems: 20,
} as const;

/** The problem with its line and column worked out from the text. */
export function problemAt(
  text: string,
  code: string,
  message: string,
  start: number,
  end: number,
  suggestion?: string,
): ExpressionProblem {
  const before = text.slice(0, start);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    code,
    message,
    line: before.split('\n').length,
    column: start - lineStart + 1,
    start,
    length: Math.max(0, end - start),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** Carries one problem out of the lexer and parser. */
export class ExpressionSyntaxError extends Error {
  readonly code: string;
  readonly start: number;
  readonly end: number;
  readonly suggestion: string | undefined;
  constructor(code: string, message: string, start: number, end: number, suggestion?: string) {
    super(message);
    this.code = code;
    this.start = start;
    this.end = end;
    this.suggestion = suggestion;
  }
}
