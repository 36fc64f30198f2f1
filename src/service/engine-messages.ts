/** What the engine's thread and the service say to each other. */
import type { LeaseHolder } from '../scheduler/lease.ts';
import type { Progress } from '../sync/context.ts';
import type { CycleOptions, Profile } from '../sync/cycle.ts';

export interface EngineWorkerData {
  readonly configFile: string;
  readonly purpose: string;
  /** Where the service listens. */
  readonly url?: string;
  /** Watch the directories and tell about changes. */
  readonly watch: boolean;
}
export type EngineCommand =
  | { readonly kind: 'cycle'; readonly id: number; readonly options: CycleOptions }
  | { readonly kind: 'run'; readonly id: number; readonly connector: string | null; readonly profile: Profile }
  /** Stops what runs, in good order. */
  | { readonly kind: 'stop' }
  /** The same, and ends the thread. */
  | { readonly kind: 'close' };
export type EngineMessage =
  | { readonly kind: 'ready'; readonly holder: LeaseHolder }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'started'; readonly id: number }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
  | { readonly kind: 'change-seen' };
