import { type Occasion, planRecalculation } from '../../entra/recalculation.ts';
import { cloudView, storeIndex } from '../cloud-object.ts';
import type { TenantContext } from '../context.ts';
import { ruleContext, ruleSettings } from '../rules.ts';
import { objectColumns, type StoredObject } from '../store/objects.ts';
import { propertyNumber } from '../store/properties.ts';
import { writeChanges } from './apply.ts';

/** Computes alias, sign-in name and addresses of a synced object anew. Returns whether anything changed. */
export function recalculate(context: TenantContext, stored: StoredObject, occasion: Occasion): boolean {
  const [index, settings, rules] = [storeIndex(context), ruleSettings(context), ruleContext(context)];
  const planned = planRecalculation(cloudView(stored), occasion, index, settings, rules);
  if (planned) writeChanges(context, stored, planned.changes);
  return planned !== undefined;
}

/** Every hour each withheld value is tried again (entra-directory s.2.3). Returns the number of objects that changed. */
export function healWithheldValues(context: TenantContext): number {
  return context.write(() => {
    let healed = 0;
    for (const kind of ['user', 'group', 'contact'] as const) {
      const property = propertyNumber(kind, 'provisioningErrorCategory') as number;
      for (const object of context.objects.byValue(property, 'PropertyConflict', -1)) {
        if (recalculate(context, object, 'healing')) healed += 1;
      }
    }
    return healed;
  });
}

/** After a domain came or went every sign-in name is computed anew (entra-directory s.2.4). */
export function recalculateEverybody(context: TenantContext): void {
  context.write(() => {
    for (let after = 0; ; ) {
      const page = context.objects.many(
        `SELECT ${objectColumns} FROM object o WHERE o.seq > ? AND o.sync = 1 AND o.deleted_at IS NULL ORDER BY o.seq LIMIT 1000`,
        after,
      );
      if (page.length === 0) return;
      for (const object of page) recalculate(context, object, 'domains');
      after = page.at(-1)!.seq;
    }
  });
}
