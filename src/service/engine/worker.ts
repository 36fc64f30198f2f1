/** The engine's own thread: opens the store, runs cycles when told, watches the directories for changes. */
import { parentPort, workerData } from 'node:worker_threads';
import { acquireLease, type Lease } from '../../scheduler/lease.ts';
import { type CycleOptions, runCycle, runProfile } from '../../sync/cycle.ts';
import { applyChange } from '../changes.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { keepVersion } from '../configuration/versions.ts';
import { noteOf } from '../error-note.ts';
import { executePlan } from '../execute-plan.ts';
import { PasswordService } from '../passwords/passwords.ts';
import { Upkeep } from '../upkeep.ts';
import { watchConnectors } from '../watch.ts';
import type { EngineCommand, EngineMessage, EngineWorkerData } from './messages.ts';
import { type OpenEngine, openEngine, stateDirectory } from './open-engine.ts';

const port = parentPort;
if (!port) throw new TypeError('the engine worker runs in a thread of the service');
const post = (message: EngineMessage): void => port.postMessage(message);
const data = workerData as EngineWorkerData;
/** Milliseconds between two reports of progress. */
const progressMs = 100;

class EngineWorker {
  readonly #config: LoadedConfiguration;
  readonly #lease: Lease;
  readonly #env: OpenEngine;
  readonly #upkeep: Upkeep;
  readonly #passwords: PasswordService;
  readonly #watching = new AbortController();
  readonly #renewal: NodeJS.Timeout;
  #work: Promise<void> = Promise.resolve();
  #stop = new AbortController();
  #isClosing = false;

  constructor(config: LoadedConfiguration, lease: Lease) {
    this.#config = config;
    this.#lease = lease;
    let told = 0;
    this.#env = openEngine(config, lease, {
      log: (level, message, facts) => post({ kind: 'log', level, message, facts: facts ?? {} }),
      progress(progress) {
        const now = performance.now();
        if (now - told < progressMs && progress.done !== progress.total) return;
        told = now;
        post({ kind: 'progress', progress });
      },
    });
    this.#upkeep = new Upkeep(config, this.#env.store);
    this.#passwords = new PasswordService(config, this.#env, (connector, state) =>
      post({ kind: 'password-process', connector, state }),
    );
    this.#renewal = setInterval(() => {
      lease.renew();
      post({ kind: 'alive' });
    }, 5000);
    keepVersion({ config, store: this.#env.store, now: Date.now }, 'Causeway', 'as found when the engine started');
  }

  begin(): void {
    port!.on('message', (command: EngineCommand) => this.#obey(command));
    post({ kind: 'ready', holder: this.#lease.holder });
    if (!data.watch) return;
    watchConnectors(
      this.#env.connectors,
      () => {
        this.#passwords.changeSeen();
        post({ kind: 'change-seen' });
      },
      (message) => post({ kind: 'log', level: 'info', message, facts: {} }),
      this.#watching.signal,
    );
  }

  #obey(command: EngineCommand): void {
    switch (command.kind) {
      case 'cycle':
        this.#enqueue(command.id, (signal) => this.#cycle(command.options, signal));
        break;
      case 'run':
        this.#enqueue(command.id, async (signal) => {
          const options = { cycle: null, retryAll: true, retryRefused: true };
          const result = await runProfile(this.#env, command.profile, command.connector, options, signal);
          await this.#passwords.afterRuns([result]);
          return result;
        });
        break;
      case 'plan':
        this.#enqueue(command.id, async (signal) => {
          const result = await executePlan(this.#env, command.plan, command.approveDeletes, signal);
          await this.#passwords.afterRuns(result.runs);
          return result;
        });
        break;
      case 'change':
        this.#answer(command.id, () => applyChange(this.#surroundings(), command.actor, command.change));
        break;
      case 'passwords':
        void this.#answerLater(command.id, this.#passwords.order(command.order));
        break;
      case 'announce':
        this.#lease.announce(command.url);
        // The service is up, and with it the local tenant if there is one.
        this.#passwords.start();
        break;
      case 'stop':
        this.#stop.abort();
        break;
      case 'close':
        this.#close();
        break;
    }
  }

  #surroundings() {
    const rules = this.#env.rules;
    return { config: this.#config, store: this.#env.store, now: Date.now, rulesWritten: () => rules.refresh() };
  }

  async #cycle(options: CycleOptions, signal: AbortSignal): Promise<unknown> {
    const version = this.#env.ruleSet.version;
    this.#env.rules.refresh();
    if (this.#env.ruleSet.version !== version)
      keepVersion(this.#surroundings(), 'Causeway', 'rule files were changed outside of Causeway');
    const result = await runCycle(this.#env, options, signal);
    await this.#passwords.afterRuns(result.runs);
    this.#upkeep.afterCycle(result, options.policy, Date.now());
    return result;
  }

  #enqueue(id: number, task: (signal: AbortSignal) => Promise<unknown>): void {
    this.#work = this.#work.then(async () => {
      this.#stop = new AbortController();
      if (this.#isClosing) this.#stop.abort();
      post({ kind: 'started', id });
      try {
        post({ kind: 'done', id, result: await task(this.#stop.signal) });
      } catch (error) {
        post({ kind: 'error', id, error: noteOf(error) });
      }
    });
  }

  #answer(id: number, work: () => unknown): void {
    try {
      post({ kind: 'done', id, result: work() });
    } catch (error) {
      post({ kind: 'error', id, error: noteOf(error) });
    }
  }

  async #answerLater(id: number, work: Promise<unknown>): Promise<void> {
    try {
      post({ kind: 'done', id, result: await work });
    } catch (error) {
      post({ kind: 'error', id, error: noteOf(error) });
    }
  }

  #close(): void {
    this.#isClosing = true;
    this.#stop.abort();
    this.#watching.abort();
    void Promise.all([this.#work, this.#passwords.stop()]).then(() => {
      clearInterval(this.#renewal);
      this.#env.store[Symbol.dispose]();
      this.#lease[Symbol.dispose]();
      port!.close();
    });
  }
}

try {
  const { config } = data;
  const lease = acquireLease(stateDirectory(config), data.purpose);
  try {
    new EngineWorker(config, lease).begin();
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
} catch (error) {
  post({ kind: 'failed', error: noteOf(error) });
}
