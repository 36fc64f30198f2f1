/** Keeps when findings were seen first and last. For whoever may write the store: diagnosis itself only reads (law 8). */
import type { Store } from '../../store/store.ts';
import type { Finding } from './finding.ts';

/** Days that a finding which is gone is remembered. */
const rememberedDays = 90;

/** What is kept of a finding. */
export type KeptFinding = Pick<Finding, 'id' | 'code' | 'severity' | 'title' | 'affected' | 'firstSeen'>;

/**
 * Writes down a diagnosis of the whole system made at `now` (epoch ms). What is not in it is gone, unless it `isPartial`:
 * a directory or cloud that could not be asked says nothing about what was seen there before.
 */
export function recordFindings(store: Store, found: readonly KeptFinding[], now: number, isPartial = false): void {
  store.transaction(() => {
    for (const f of found) store.findings.seen(f, Math.min(now, Date.parse(f.firstSeen)), now);
    if (!isPartial) store.findings.closeUnseen(now);
    store.findings.purge(now - rememberedDays * 86_400_000);
  });
}

/** The finding with the time it was first recorded, if that was earlier than what it knows itself. */
export function withRecordedTime(store: Store, finding: Finding): Finding {
  const known = store.findings.get(finding.id);
  if (!known || known.gone !== null || known.first_seen >= Date.parse(finding.firstSeen)) return finding;
  return { ...finding, firstSeen: new Date(known.first_seen).toISOString() };
}
