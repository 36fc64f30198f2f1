/** What the engine's thread and the service say to each other. */
import type { Actor } from '../../health/audit.ts';
import type { LeaseHolder } from '../../scheduler/lease.ts';
import type { Progress } from '../../sync/context.ts';
import type { CycleOptions, Profile } from '../../sync/cycle.ts';
import type { Change } from '../changes.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import type { PasswordOrder } from '../passwords/passwords.ts';
import type { RefusalKind } from '../refusal.ts';
import type { PartState } from '../supervisor.ts';

export interface EngineWorkerData {
  /** The one in force, whatever the file says by now. */
  readonly config: LoadedConfiguration;
  readonly purpose: string;
  /** Watch the directories and tell about changes. */
  readonly watch: boolean;
}
export type EngineCommand =
  | { readonly kind: 'cycle'; readonly id: number; readonly options: CycleOptions }
  | { readonly kind: 'run'; readonly id: number; readonly connector: string | null; readonly profile: Profile }
  /** The text of a plan file. */
  | { readonly kind: 'plan'; readonly id: number; readonly plan: string; readonly approveDeletes: boolean }
  /** Carried out at once, between two pages of whatever runs. */
  | { readonly kind: 'change'; readonly id: number; readonly actor: Actor; readonly change: Change }
  /** Carried out at once, beside whatever runs. */
  | { readonly kind: 'passwords'; readonly id: number; readonly order: PasswordOrder }
  /** Where the service listens. */
  | { readonly kind: 'announce'; readonly url: string }
  /** Stops what runs, in good order. */
  | { readonly kind: 'stop' }
  /** The same, and ends the thread. */
  | { readonly kind: 'close' };

/** An error as it crosses the border between threads. */
export interface ErrorNote {
  readonly message: string;
  readonly code: string;
  /** Present if it is a refusal. */
  readonly kind?: RefusalKind;
  readonly facts?: Readonly<Record<string, unknown>>;
}
export type EngineMessage =
  | { readonly kind: 'ready'; readonly holder: LeaseHolder }
  | { readonly kind: 'failed'; readonly error: ErrorNote }
  | { readonly kind: 'started'; readonly id: number }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorNote }
  | { readonly kind: 'change-seen' }
  /** Every few seconds, whatever it does. */
  | { readonly kind: 'alive' }
  /** The process that reads passwords of a connector was started, ended, or is not needed any more. */
  | { readonly kind: 'password-process'; readonly connector: string; readonly state: PartState };
