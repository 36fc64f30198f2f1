/** Everything that the endpoints of a running service work with. */
import type { Logger } from 'pino';
import type { Actor } from '../health/audit.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Store } from '../store/store.ts';
import type { Channel } from './alerts/channels.ts';
import type { AlertKeeper } from './alerts/keeper.ts';
import type { Changeover } from './changeover.ts';
import type { Change } from './changes.ts';
import type { LoadedConfiguration } from './configuration/configuration.ts';
import type { DiagnosisDesk } from './diagnosis-desk.ts';
import type { EngineSupervisor } from './engine/supervisor.ts';
import type { EventBus } from './event-bus.ts';
import type { StatusFacts } from './facts/status.ts';
import type { Jobs } from './jobs.ts';
import type { ReaderThread } from './reader-thread.ts';
import type { SignInLinks } from './sign-in/links.ts';
import type { OpenIdConnect } from './sign-in/openid-connect.ts';
import type { Sealer, Sessions } from './sign-in/session.ts';
import type { Supervisor } from './supervisor.ts';
import type { TenantThread } from './tenant-thread.ts';
import type { WorkQueue } from './work-queue.ts';

export interface ServiceContext {
  /** The configuration in force: ask for it every time. */
  readonly config: LoadedConfiguration;
  /** Read only: everything that writes goes through the engine's thread. */
  readonly store: Store;
  /** For questions that may take seconds. */
  readonly reader: ReaderThread;
  /** For lists, searches and object pages: never waits for the others. */
  readonly pages: ReaderThread;
  readonly desk: DiagnosisDesk;
  readonly jobs: Jobs;
  readonly queue: WorkQueue;
  readonly scheduler: Scheduler;
  readonly supervisor: EngineSupervisor;
  /** Undefined if none is configured. */
  readonly tenant: Supervisor<TenantThread> | undefined;
  readonly alerts: AlertKeeper;
  readonly channels: readonly Channel[];
  readonly bus: EventBus;
  readonly log: Logger;
  readonly sealer: Sealer;
  readonly sessions: Sessions;
  readonly links: SignInLinks;
  readonly openId: OpenIdConnect | undefined;
  /** What commands of this machine prove themselves with. */
  readonly token: string;
  readonly now: () => number;
  /** Address at which the service listens, without a slash at the end. */
  url(): string;
  status(): StatusFacts;
  /** The same, when what is held back is known for the state as it is now. */
  freshStatus(): Promise<StatusFacts>;
  /** Carries a change out in the engine's thread and tells everybody. Rejects with a Refusal. */
  change(actor: Actor, change: Change): Promise<unknown>;
  /** Changes the configuration and puts it into force. */
  readonly configuration: Changeover;
}
