/** Kills in a world: the process ends at one chosen moment, and another one opens the same files. */
import { rmSync } from 'node:fs';
import { World } from './world.ts';

export class Killed extends Error {
  constructor() {
    super('killed');
    this.name = 'Killed';
  }
}

export type Moment = 'before-commit' | 'after-commit' | 'before-export' | 'after-export';
export const moments: readonly Moment[] = ['before-commit', 'after-commit', 'before-export', 'after-export'];

/**
 * Runs a cycle that dies the nth time that it comes to a moment. True if it came that far. What was not committed is lost
 * with the process, and so are answers of the target that nobody heard.
 */
export async function killedCycle(world: World, moment: Moment, nth: number): Promise<boolean> {
  let seen = 0;
  let isDead = false;
  const { db } = world.store;
  // A closed store takes nothing from what the dead process would still do.
  const die = () => {
    isDead = true;
    db.close();
  };
  const reach = (now: Moment): void => {
    if (!isDead && now === moment && ++seen === nth) die();
    if (isDead) throw new Killed();
  };
  const execute = db.exec.bind(db);
  db.exec = (sql: string) => {
    if (sql === 'COMMIT') reach('before-commit');
    execute(sql);
    if (sql === 'COMMIT') reach('after-commit');
  };
  world.cloud.faults = {
    onExport: () => {
      reach('before-export');
      if (moment !== 'after-export' || ++seen !== nth) return undefined;
      die();
      return 'done';
    },
  };
  try {
    await world.cycle();
  } catch (error) {
    if (!isDead) throw error;
  } finally {
    world.cloud.faults = {};
    db.exec = execute;
  }
  return isDead;
}

/** The next process: another engine over the files that the dead one left. */
export function reopened(world: World, file: string, options: ConstructorParameters<typeof World>[0] = {}): World {
  if (world.store.db.isOpen) world.store[Symbol.dispose]();
  const next = new World({ ...options, file, from: world });
  next.clock = world.clock;
  next.store.records.closeInterrupted(next.clock);
  return next;
}

export function removeStore(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}
