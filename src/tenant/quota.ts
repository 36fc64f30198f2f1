import { quotaUsed, tenantLimits } from '../entra/limits.ts';
import type { TenantContext } from './context.ts';
import type { Kind } from './store/properties.ts';

const counted: readonly Kind[] = ['user', 'group', 'contact', 'device'];
const purgedMs = tenantLimits.purgedObjectsCountDays * 24 * 3600 * 1000;

/** Objects that count towards the tenant's quota: the recycle bin fully, what was purged lately a quarter (entra-directory s.4.3). */
export function objectsCounted(context: TenantContext): number {
  const { objects, db, clock } = context;
  const live = counted.reduce((sum, kind) => sum + objects.count(kind), 0);
  const binned = counted.reduce((sum, kind) => sum + objects.count(kind, true), 0);
  const kinds = counted.map((kind) => `'${kind}'`).join(', ');
  const { n } = db
    .sql(`SELECT count(*) AS n FROM tombstone WHERE at > ? AND kind IN (${kinds})`)
    .get(clock.now() - purgedMs) as { n: number };
  return quotaUsed(live, binned, n);
}
