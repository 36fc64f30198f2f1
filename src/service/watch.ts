/** Watching the directories: a hint that a delta cycle is worth while. The schedule stays the real mechanism. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectorSettings } from '../sync/context.ts';

/** Milliseconds until a broken watch is tried again. */
const retryMs = 15_000;

/** Calls back whenever a connected directory says that something may have changed. Returns at once. */
export function watchConnectors(
  connectors: readonly ConnectorSettings[],
  changed: () => void,
  note: (message: string) => void,
  signal: AbortSignal,
): void {
  for (const { connector } of connectors) {
    if (connector.type !== 'entra') void watchOne(connector, changed, note, signal);
  }
}

async function watchOne(
  connector: ConnectorSettings['connector'],
  changed: () => void,
  note: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await using session = await connector.open(signal);
      if (!session.waitForChange) return;
      while (!signal.aborted) {
        await session.waitForChange(signal);
        if (!signal.aborted) changed();
      }
    } catch (error) {
      if (signal.aborted) return;
      note(
        `Changes in ${connector.name} cannot be watched for now (${(error as Error).message}); the schedule goes on.`,
      );
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
