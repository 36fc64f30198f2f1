/** The engine's own thread: opens the store, runs cycles when told, watches the directories for changes. */
import { parentPort, workerData } from 'node:worker_threads';
import { acquireLease } from '../scheduler/lease.ts';
import { runCycle, runProfile } from '../sync/cycle.ts';
import { ConfigurationError, loadConfiguration } from './configuration.ts';
import type { EngineCommand, EngineMessage, EngineWorkerData } from './engine-messages.ts';
import { openEngine, stateDirectory } from './open-engine.ts';
import { watchConnectors } from './watch.ts';

const port = parentPort;
if (!port) throw new TypeError('the engine worker runs in a thread of the service');
const post = (message: EngineMessage): void => port.postMessage(message);
const data = workerData as EngineWorkerData;

try {
  run();
} catch (error) {
  const code = (error as { code?: unknown }).code;
  post({
    kind: 'failed',
    code: typeof code === 'string' ? code : 'unexpected-error',
    message: error instanceof ConfigurationError ? error.message : String((error as Error).message ?? error),
  });
}

function run(): void {
  const config = loadConfiguration(data.configFile);
  const lease = acquireLease(stateDirectory(config), data.purpose, data.url ? { url: data.url } : {});
  let drawn = 0;
  const env = openEngine(config, lease, {
    log: (level, message, facts) => post({ kind: 'log', level, message, facts: facts ?? {} }),
    progress(progress) {
      const now = performance.now();
      if (now - drawn < 100 && progress.done !== progress.total) return;
      drawn = now;
      post({ kind: 'progress', progress });
    },
  });
  const renewal = setInterval(() => lease.renew(), 5000);
  let work: Promise<void> = Promise.resolve();
  let stop = new AbortController();
  const watching = new AbortController();
  const enqueue = (id: number, task: (signal: AbortSignal) => Promise<unknown>) => {
    work = work.then(async () => {
      stop = new AbortController();
      post({ kind: 'started', id });
      try {
        post({ kind: 'done', id, result: await task(stop.signal) });
      } catch (error) {
        post({ kind: 'error', id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      }
    });
  };
  port!.on('message', (command: EngineCommand) => {
    if (command.kind === 'cycle') enqueue(command.id, (signal) => runCycle(env, command.options, signal));
    else if (command.kind === 'run')
      enqueue(command.id, (signal) =>
        runProfile(env, command.profile, command.connector, { cycle: null, retryAll: true }, signal),
      );
    else if (command.kind === 'stop') stop.abort();
    else {
      stop.abort();
      watching.abort();
      void work.then(() => {
        clearInterval(renewal);
        env.store[Symbol.dispose]();
        lease[Symbol.dispose]();
        port!.close();
      });
    }
  });
  if (data.watch)
    watchConnectors(
      env.connectors,
      () => post({ kind: 'change-seen' }),
      (m) => post({ kind: 'log', level: 'info', message: m, facts: {} }),
      watching.signal,
    );
  post({ kind: 'ready', holder: lease.holder });
}
