/** The form of the tables: every row an expression, what it must give, and the values it runs on. */
import type { AttributeValue } from '../../../../src/model/value.ts';

/** What is expected beside plain values; `fails` is a part of the error's message. */
export const NULL = Symbol('null');
export const AUTHORITATIVE = Symbol('authoritative-null');
export const IGNORED = Symbol('ignore');
export interface Failure {
  readonly fails: RegExp;
  /** Of the error; default `rule-expression-error`. */
  readonly code?: string;
}
export type Expected = AttributeValue | typeof NULL | typeof AUTHORITATIVE | typeof IGNORED | Failure;

export const fails = (message: RegExp, code?: string): Failure => ({ fails: message, ...(code ? { code } : {}) });

export type Row = readonly [
  expression: string,
  expected: Expected,
  attributes?: Readonly<Record<string, AttributeValue>>,
];
export interface Table {
  /** Where the expectations come from: a section of shared/reference/sync-engine.md, or the decision they follow. */
  readonly source: string;
  readonly rows: readonly Row[];
}

export const table = (source: string, ...rows: readonly Row[]): Table => ({ source, rows });
export const bytes = (...values: readonly number[]) => ({ base64: Buffer.from(values).toString('base64') });
export const date = (text: string) => ({ date: text });
export const ref = (dn: string) => ({ dn });
export const int = (text: string) => ({ int: text });
