/** Keeps account of the cases that the tests of one file saw, and of those they saw gone again after the cure. */
import assert from 'node:assert/strict';
import { after } from 'node:test';

const seen = new Set<string>();
const healed = new Set<string>();

export const noteSeen = (code: string): void => void seen.add(code);
export const noteHealed = (code: string): void => void healed.add(code);

/** Called once by every file of cases: what was found in it must also have been seen gone in it (casebook, opening paragraph). */
export function everyCaseHeals(): void {
  after(() => {
    assert.deepEqual(
      [...seen].filter((code) => !healed.has(code)),
      [],
      'these cases were found, and no test of this file saw them gone after their cure',
    );
  });
}
