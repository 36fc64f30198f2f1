/** Waiting for something outside of this process. Everything inside of it is awaited, never polled. */
import { setTimeout as delay } from 'node:timers/promises';

/**
 * The first value of `probe` that is neither false nor undefined; an exception counts as "not yet".
 * Rejects after `timeoutMs` (default 15 s) with a sentence that names `what` and the last exception.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | false | undefined> | T | false | undefined,
  options: { readonly timeoutMs?: number; readonly intervalMs?: number } = {},
): Promise<T> {
  const { timeoutMs = 15_000, intervalMs = 20 } = options;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== false && value !== undefined) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`, last === undefined ? {} : { cause: last });
    }
    await delay(intervalMs);
  }
}
