/** Keeps account of the cases that the tests of one file saw, and of those they saw gone again after the cure. */
const seen = new Set<string>();
const healed = new Set<string>();

export const noteSeen = (code: string): void => void seen.add(code);
export const noteHealed = (code: string): void => void healed.add(code);

/**
 * Called once by every file of cases: what was found in it must also have been seen gone in it (casebook, opening paragraph).
 * It is asked when the process ends and everything is cleared away: a hook that fails would keep later ones from doing so.
 */
export function everyCaseHeals(): void {
  process.on('exit', () => {
    const left = [...seen].filter((code) => !healed.has(code));
    if (left.length === 0) return;
    process.stderr.write(`Found, and not seen gone after the cure by any test of this file: ${left.join(', ')}.\n`);
    process.exitCode = 1;
  });
}
