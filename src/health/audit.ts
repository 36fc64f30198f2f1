/**
 * The audit log: who changed what, from what to what. Every row carries the hash of the row before it, so that a row
 * that was changed or taken out afterwards is found.
 */
import { createHash } from 'node:crypto';
import type { AuditRow } from '../store/administration.ts';
import type { Store } from '../store/store.ts';

/** Who acts, and through what. */
export interface Actor {
  readonly who: string;
  readonly how: 'command-line' | 'console' | 'api' | 'service';
}
export interface AuditEntry {
  readonly action: string;
  readonly subject?: string | undefined;
  /** Plain JSON without secrets; undefined: nothing to tell. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** `done`, or the code of the refusal. Default `done`. */
  readonly outcome?: string | undefined;
}

/** The hash that the first row names as the one before it. */
export const chainStart = '0'.repeat(64);

const hashOf = (row: Omit<AuditRow, 'hash'>): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        row.previous,
        row.id,
        row.time,
        row.who,
        row.how,
        row.action,
        row.subject,
        row.before,
        row.after,
        row.outcome,
      ]),
    )
    .digest('hex');

/** Appends to the log. The caller holds the lease: two writers would break the chain. `time` in milliseconds since 1970. */
export function recordAudit(store: Store, time: number, actor: Actor, entry: AuditEntry): void {
  const last = store.administration.lastAudit();
  const text = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  const row = {
    id: (last?.id ?? 0) + 1,
    time,
    who: actor.who,
    how: actor.how,
    action: entry.action,
    subject: entry.subject ?? null,
    before: text(entry.before),
    after: text(entry.after),
    outcome: entry.outcome ?? 'done',
    previous: last?.hash ?? chainStart,
  };
  store.administration.addAudit({ ...row, hash: hashOf(row) });
}

export interface ChainCheck {
  readonly rows: number;
  /** The first row that is not what it was; absent if the chain holds. */
  readonly brokenAt?: number;
}

/** Walks the whole log. A row at the end that was taken out cannot be seen by the chain alone. */
export function checkAuditChain(store: Store): ChainCheck {
  let previous = chainStart;
  let rows = 0;
  for (let after = 0; ; ) {
    const page = store.administration.auditAfter(after, 500);
    for (const row of page) {
      if (row.id !== rows + 1 || row.previous !== previous || hashOf(row) !== row.hash)
        return { rows, brokenAt: row.id };
      previous = row.hash;
      rows++;
    }
    const last = page.at(-1);
    if (!last) return { rows };
    after = last.id;
  }
}
