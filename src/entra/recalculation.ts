/**
 * What the cloud computes anew without the directory sending anything: values that became free, licences, domains
 * (entra-directory s.2.3 and 2.4). Pure; the tenant decides when.
 */
import { isUnchanged, type ObjectChanges } from './changes.ts';
import { type ComputedValues, type ComputeRequest, computeValues } from './computed-values.ts';
import { changedProperties } from './graph-form.ts';
import { type CloudObject, type DirectoryIndex, type ProvisioningError, provisioningErrorsOf } from './objects.ts';
import type { QuarantinedValue } from './quarantine.ts';
import type { RuleContext, RuleSettings } from './settings.ts';
import type { Trace, TraceStep } from './trace.ts';

export interface Recalculation {
  readonly changes: ObjectChanges;
  /** What is set aside afterwards. */
  readonly quarantined: readonly QuarantinedValue[];
  /** What was set aside before and is applied now. */
  readonly healed: readonly ProvisioningError[];
  readonly trace: readonly TraceStep[];
}

/** Why values are computed again: a licence came or went, what was set aside is tried again, domains changed. */
export type Occasion = NonNullable<ComputeRequest['occasion']>;

/**
 * Alias, sign-in name and addresses of a synchronized object as they are after the occasion; undefined if nothing
 * changes. `object` is the new state, with its licence. The hourly task of the cloud asks for every object that has
 * `onPremisesProvisioningErrors`; after a domain came or went every object is asked for.
 */
export function planRecalculation(
  object: CloudObject,
  occasion: Occasion,
  index: DirectoryIndex,
  settings: RuleSettings,
  context: RuleContext,
): Recalculation | undefined {
  if (object.deleted || object.class === 'device') return undefined;
  if (object.onPremisesSyncEnabled !== true || object.cloudManaged === true) return undefined;
  if (occasion === 'healing' && provisioningErrorsOf(object).length === 0) return undefined;
  const trace: Trace = [];
  const computed = computeValues(
    {
      write: 'update',
      class: object.class,
      sourceAnchor: object.immutableId ?? '',
      self: object.id,
      shadow: object.shadow,
      target: object,
      upnChanged: false,
      aliasChanged: false,
      occasion,
    },
    index,
    settings,
    context,
    trace,
  );
  if ('error' in computed) return undefined;
  const changes = changesOf(object, computed.values);
  if (isUnchanged(changes)) return undefined;
  const rest = computed.values.graph.onPremisesProvisioningErrors as readonly ProvisioningError[];
  const healed = provisioningErrorsOf(object).filter((e) => !rest.some((r) => sameRecord(r, e)));
  return { changes, quarantined: computed.values.quarantined, healed, trace };
}

const sameRecord = (a: ProvisioningError, b: ProvisioningError): boolean =>
  a.propertyCausingError === b.propertyCausingError && a.value.toLowerCase() === b.value.toLowerCase();

function changesOf(object: CloudObject, values: ComputedValues): ObjectChanges {
  const moera = values.moera === undefined || values.moera === object.moera ? {} : { moera: values.moera };
  return { ...moera, shadow: {}, graph: changedProperties(object.graph, values.graph) };
}
