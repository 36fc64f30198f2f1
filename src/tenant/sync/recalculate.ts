import { computeValues } from '../../entra/computed-values.ts';
import { changedProperties } from '../../entra/graph-form.ts';
import { provisioningErrorsOf } from '../../entra/objects.ts';
import { cloudView, storeIndex } from '../cloud-object.ts';
import type { TenantContext } from '../context.ts';
import { ruleContext, ruleSettings } from '../rules.ts';
import { objectColumns, type StoredObject } from '../store/objects.ts';
import { propertyNumber } from '../store/properties.ts';
import { writeChanges } from './apply.ts';

/** Why values are computed again: a licence came or went, withheld values are tried again, domains changed. */
export type Occasion = 'licence' | 'healing' | 'domains';

/** Computes alias, sign-in name and addresses of a synced object anew. Returns whether anything changed. */
export function recalculate(context: TenantContext, stored: StoredObject, occasion: Occasion): boolean {
  const target = cloudView(stored);
  if (target.onPremisesSyncEnabled !== true || target.cloudManaged === true || target.class === 'device') return false;
  const nameWithheld = provisioningErrorsOf(target).some((e) => e.propertyCausingError === 'UserPrincipalName');
  const computed = computeValues(
    {
      write: 'update',
      class: target.class,
      sourceAnchor: stored.anchor ?? '',
      self: stored.id,
      shadow: target.shadow,
      target,
      upnChanged: occasion === 'domains' || (occasion === 'healing' && nameWithheld),
      aliasChanged: false,
      ...(occasion === 'licence' ? {} : { occasion }),
    },
    storeIndex(context),
    ruleSettings(context),
    ruleContext(context),
    [],
  );
  if ('error' in computed) return false;
  const graph = changedProperties(stored.body, computed.values.graph);
  const { moera } = computed.values;
  const sameMoera = moera === undefined || moera === target.moera;
  if (Object.keys(graph).length === 0 && sameMoera) return false;
  writeChanges(context, stored, { shadow: {}, graph, ...(sameMoera ? {} : { moera }) });
  return true;
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
