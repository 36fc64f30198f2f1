/** Errors on their way from one thread to another, where only plain data arrives. */
import { LeaseError } from '../scheduler/lease.ts';
import { StoreError, storeErrorOf } from '../store/sqlite.ts';
import { ConfigurationError } from './configuration/configuration.ts';
import type { ErrorNote } from './engine/messages.ts';
import { Refusal } from './refusal.ts';

/** Refused for a reason that was told in whole sentences; anything else is a defect. */
export class ThreadError extends Error {
  readonly code: string;
  /** A defect of the program; the message has the stack. */
  readonly isDefect: boolean;
  constructor(note: ErrorNote) {
    super(note.message);
    this.name = 'ThreadError';
    this.code = note.code;
    this.isDefect = note.code === 'unexpected-error';
  }
}

export function noteOf(thrown: unknown): ErrorNote {
  const error = storeErrorOf(thrown, 'the store');
  if (error instanceof Refusal)
    return { message: error.message, code: error.code, kind: error.kind, facts: error.facts };
  if (error instanceof ConfigurationError || error instanceof LeaseError || error instanceof StoreError)
    return { message: error.message, code: error.code };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message, code: 'unexpected-error' };
}

/** What the store or another thread told in whole sentences: nothing is wrong with the program. */
export function toldOf(thrown: unknown): StoreError | ThreadError | undefined {
  const error = storeErrorOf(thrown, 'the store');
  if (error instanceof StoreError) return error;
  return error instanceof ThreadError && !error.isDefect ? error : undefined;
}

export const errorOf = (note: ErrorNote): Error =>
  note.kind
    ? new Refusal(note.kind, note.message, { code: note.code, facts: { ...note.facts } })
    : new ThreadError(note);
