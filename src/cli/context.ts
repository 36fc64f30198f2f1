/** What every verb gets: where the configuration is, how to answer, how to end. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { Actor } from '../health/audit.ts';
import { LeaseError } from '../scheduler/lease.ts';
import {
  ConfigurationError,
  type LoadedConfiguration,
  loadConfiguration,
} from '../service/configuration/configuration.ts';
import { ThreadError } from '../service/error-note.ts';
import { openReading, type Reading } from '../service/reading.ts';
import { Refusal } from '../service/refusal.ts';
import { StoreError, storeErrorOf } from '../store/sqlite.ts';

export interface CliContext {
  readonly json: boolean;
  readonly config: () => LoadedConfiguration;
  /** The state for looking at; the caller disposes of it. */
  reading(): Reading;
  /** Who runs this command, for the audit log. */
  readonly actor: Actor;
  /** Prints one JSON document, or the text for people. */
  answer(document: unknown, text: () => string): void;
  /** Tells something on the side, on standard error; nothing with --json. */
  note(text: string): void;
}
/** Adds a verb to the program. */
export type Register = (program: Command, context: () => CliContext) => void;

/** Exit codes: 0 clean, 1 failed, 2 completed with object errors. */
export class CliError extends Error {
  readonly code: string;
  readonly exitCode: number;
  constructor(code: string, message: string, exitCode = 1) {
    super(message);
    this.name = 'CliError';
    this.code = code;
    this.exitCode = exitCode;
  }
}

export function createContext(options: { config: string; json: boolean }): CliContext {
  const config = () => loadConfiguration(options.config);
  return {
    json: options.json,
    config,
    reading: () => openReading(config()),
    actor: { who: userName(), how: 'command-line' },
    answer(document, text) {
      process.stdout.write(options.json ? `${JSON.stringify(document, undefined, 2)}\n` : `${text()}\n`);
    },
    note(text) {
      if (!options.json) process.stderr.write(`${text}\n`);
    },
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // Containers run with user numbers that have no name.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
    return `user ${process.getuid?.() ?? ''}`.trim();
  }
}

/** Tells an error as a sentence (or JSON) and returns the exit code. Unknown errors keep their stack: they are defects. */
export function tell(thrown: unknown, json: boolean): number {
  const error = storeErrorOf(thrown, 'the store');
  const known =
    error instanceof CliError ||
    error instanceof Refusal ||
    error instanceof ConfigurationError ||
    error instanceof LeaseError ||
    error instanceof StoreError ||
    (error instanceof ThreadError && !error.isDefect);
  const message = known
    ? (error as Error).message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  const code = known ? (error as { code: string }).code : 'unexpected-error';
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message } }, undefined, 2)}\n`);
  else process.stderr.write(`${message} [${code}]\n`);
  return error instanceof CliError ? error.exitCode : 1;
}
