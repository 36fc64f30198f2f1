/** A fix that was not carried out, or not to the end; the message says what was done. */
export class FixError extends Error {
  readonly code: 'not-applicable' | 'fix-refused' | 'unknown-finding';
  constructor(code: FixError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'FixError';
    this.code = code;
  }
}
