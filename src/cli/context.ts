/** What every verb gets: where the configuration is, how to answer, how to end. */
import { LeaseError } from '../scheduler/lease.ts';
import { ConfigurationError, type LoadedConfiguration, loadConfiguration } from '../service/configuration.ts';
import { StoreError } from '../store/sqlite.ts';

export interface CliContext {
  readonly json: boolean;
  readonly config: () => LoadedConfiguration;
  /** Prints one JSON document, or the text for people. */
  answer(document: unknown, text: () => string): void;
  note(text: string): void;
}

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
  return {
    json: options.json,
    config: () => loadConfiguration(options.config),
    answer(document, text) {
      process.stdout.write(options.json ? `${JSON.stringify(document, undefined, 2)}\n` : `${text()}\n`);
    },
    note(text) {
      if (!options.json) process.stderr.write(`${text}\n`);
    },
  };
}

/** Tells an error as a sentence (or JSON) and returns the exit code. Unknown errors keep their stack: they are defects. */
export function tell(error: unknown, json: boolean): number {
  const known =
    error instanceof CliError ||
    error instanceof ConfigurationError ||
    error instanceof LeaseError ||
    error instanceof StoreError;
  const message = known
    ? (error as Error).message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  const code = known ? (error as { code: string }).code : 'unexpected-error';
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message } }, undefined, 2)}\n`);
  else process.stderr.write(`${message}\n`);
  return error instanceof CliError ? error.exitCode : 1;
}
