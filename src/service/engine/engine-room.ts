/** The engine with its queue and its schedule: they only make sense together. */
import { durationMs } from '../../model/duration.ts';
import type { SchedulerFields } from '../../scheduler/fields.ts';
import { Scheduler } from '../../scheduler/scheduler.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { later } from '../service-parts.ts';
import type { PartState } from '../supervisor.ts';
import { type Work, WorkQueue } from '../work-queue.ts';
import { EngineWatch } from './engine-watch.ts';
import type { EngineMessage } from './messages.ts';
import { EngineSupervisor } from './supervisor.ts';
import { startEngineThread } from './thread.ts';

export interface EngineRoom {
  readonly supervisor: EngineSupervisor;
  readonly queue: WorkQueue;
  readonly scheduler: Scheduler;
  readonly watch: EngineWatch;
}
export interface EngineRoomHooks {
  readonly fields: () => SchedulerFields;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, facts: Readonly<Record<string, unknown>>) => void;
  readonly engineChanged: (state: PartState) => void;
  readonly workChanged: (work: Work) => void;
  /** The process that reads the passwords of a connector came or went. */
  readonly passwordProcess: (connector: string, state: PartState) => void;
  /** Nothing runs or waits any more. */
  readonly idle: () => void;
}

/** Below this interval, in milliseconds, failed exports wait for their time instead of being tried in every cycle. */
const continuousMs = 60_000;

/** Nothing runs yet: `supervisor.open()` starts the engine, `scheduler.begin()` the schedule. `config`: the one in force. */
export function makeEngineRoom(config: () => LoadedConfiguration, hooks: EngineRoomHooks): EngineRoom {
  const watch = new EngineWatch();
  const hear = (message: EngineMessage) => {
    watch.heard(message);
    if (message.kind === 'password-process') hooks.passwordProcess(message.connector, message.state);
    if (message.kind === 'progress') queue.progress(message.progress);
    if (message.kind === 'log') hooks.log(message.level, message.message, message.facts);
    if (message.kind === 'change-seen') scheduler.changeSeen();
  };
  const supervisor: EngineSupervisor = new EngineSupervisor({
    start: () => {
      const inForce = config();
      const { enabled } = inForce.settings.scheduler;
      watch.began();
      return startEngineThread({ config: inForce, purpose: 'service', watch: enabled }, hear);
    },
    now: Date.now,
    later,
    changed: (state) => hooks.engineChanged(state),
  });
  const queue: WorkQueue = new WorkQueue({
    engine: () => supervisor.thread,
    now: Date.now,
    changed(work) {
      if (work.state === 'running' && !work.progress && work.order.kind === 'cycle') scheduler.started();
      hooks.workChanged(work);
    },
    idle() {
      scheduler.ended();
      hooks.idle();
    },
  });
  const scheduler: Scheduler = new Scheduler({
    fields: hooks.fields,
    windows: () => config().settings.scheduler.maintenance,
    isBusy: () => queue.isBusy,
    cycle(policy) {
      const retryAll = durationMs(hooks.fields().CurrentlyEffectiveSyncCycleInterval) >= continuousMs;
      queue.add({ kind: 'cycle', policy, retryAll }, 'scheduler', 'schedule');
    },
    now: Date.now,
    later,
  });
  return { supervisor, queue, scheduler, watch };
}
