/** Waiting until a domain controller has something new. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DomainController } from './locator.ts';
import { readHighestUsn } from './root-dse.ts';

export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;
export const realSleep: Sleep = async (ms, signal) => {
  await delay(ms, undefined, { signal });
};

/**
 * Resolves with the newest numbers when one of the servers committed a change after the number given for it. The number is asked for again and
 * again: measured on Samba that takes 0.3 ms and shows every change at once, deletions included, where the change
 * notification control takes up to 5 s and hides deletions (active-directory s.5).
 * On Windows a sign-in moves the number too, which costs one empty delta import.
 */
export async function waitForUsn(
  servers: ReadonlyMap<DomainController, bigint>,
  intervalMs: number,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<ReadonlyMap<DomainController, bigint>> {
  for (;;) {
    signal.throwIfAborted();
    const numbers = await Promise.all(
      [...servers.keys()].map(async (dc) => [dc, await readHighestUsn(dc.connection)] as const),
    );
    if (numbers.some(([dc, number]) => number > (servers.get(dc) ?? 0n))) return new Map(numbers);
    await sleep(intervalMs, signal);
  }
}
