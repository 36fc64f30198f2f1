/**
 * One engine per state directory. The lock is an SQLite write lock on `engine.lock`, which the operating system gives
 * back the moment the process ends, however it ends; the lease beside it says who holds it, and fences: a holder that
 * was replaced, or whose clock says that its time is over, may not write any more (law 5).
 */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type FileLock, takeLock } from '../store/lock.ts';

export interface LeaseHolder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  /** `service` or the command that runs. */
  readonly purpose: string;
  readonly epoch: number;
  /** Where a service listens, so that commands go through it. */
  readonly url?: string;
}
export interface Lease extends Disposable {
  readonly holder: LeaseHolder;
  /** Tells others where to reach this engine, so that commands go through it. */
  announce(url: string): void;
  /** Throws a LeaseError when this process may not write any more. */
  assert(): void;
  /** Must be called at least every `leaseMs`; a process that was suspended for longer finds its lease over. */
  renew(): void;
}

export class LeaseError extends Error {
  readonly code: 'engine-already-running' | 'lease-over';
  readonly holder: LeaseHolder | undefined;
  constructor(code: LeaseError['code'], message: string, holder?: LeaseHolder) {
    super(message);
    this.name = 'LeaseError';
    this.code = code;
    this.holder = holder;
  }
}

/** Milliseconds between two marks of the note that others can see. */
const heartbeatMs = 4000;

/** Milliseconds a lease is good for without being renewed. */
export const leaseMs = 60_000;

/** Who holds the state directory, as far as the note beside the lock tells; the process may be gone. */
export function leaseHolder(stateDirectory: string): LeaseHolder | undefined {
  try {
    return JSON.parse(readFileSync(join(stateDirectory, 'engine.json'), 'utf8')) as LeaseHolder;
  } catch (error) {
    // A note that was cut off by a full disk says as much as one that is not there.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** When the holder of the lease was last heard of (epoch milliseconds); undefined without a note. */
export const leaseHeartbeat = (stateDirectory: string): number | undefined =>
  statSync(join(stateDirectory, 'engine.json'), { throwIfNoEntry: false })?.mtimeMs;

/** Takes the state directory for this process, or says who has it. The directory must exist. */
export function acquireLease(
  stateDirectory: string,
  purpose: string,
  options: { now?: () => number; url?: string } = {},
): Lease {
  const now = options.now ?? Date.now;
  const note = join(stateDirectory, 'engine.json');
  const lock = takeLock(join(stateDirectory, 'engine.lock'));
  if (!lock) throw alreadyRunning(stateDirectory);
  const holder: LeaseHolder = {
    pid: process.pid,
    host: hostname(),
    since: new Date(now()).toISOString(),
    purpose,
    epoch: lock.epoch,
    ...(options.url ? { url: options.url } : {}),
  };
  writeFileSync(note, JSON.stringify(holder), { mode: 0o600 });
  return hold(lock, holder, note, now);
}

function hold(lock: FileLock, holder: LeaseHolder, note: string, now: () => number): Lease {
  let renewed = now();
  let isOver = false;
  let marked = now();
  const mark = () => {
    if (Math.abs(renewed - marked) < heartbeatMs) return;
    marked = renewed;
    try {
      utimesSync(note, marked / 1000, marked / 1000);
    } catch (error) {
      // The note is only for others to read; whoever took it away does not end this engine.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  };
  return {
    holder,
    announce(url) {
      if (!isOver) writeFileSync(note, JSON.stringify({ ...holder, url }), { mode: 0o600 });
    },
    renew() {
      if (isOver || now() - renewed > leaseMs) return;
      renewed = now();
      mark();
    },
    assert() {
      if (!isOver && now() - renewed <= leaseMs) return;
      isOver = true;
      throw new LeaseError(
        'lease-over',
        'The lease of this engine is over: the process stood still for longer than it lasts. Nothing more is written; start it again.',
      );
    },
    [Symbol.dispose]() {
      isOver = true;
      lock[Symbol.dispose]();
      rmSync(note, { force: true });
    },
  };
}

function alreadyRunning(stateDirectory: string): LeaseError {
  const holder = leaseHolder(stateDirectory);
  const who = holder
    ? `${holder.purpose} (process ${holder.pid} on ${holder.host}, since ${holder.since})`
    : 'another process';
  return new LeaseError(
    'engine-already-running',
    `An engine already works on ${stateDirectory}: ${who}. Use it, or stop it first; two engines on one state would destroy it.`,
    holder,
  );
}
