/**
 * What will be wrong, before anything is exported, in the words of the casebook: the refusals that are predicted, with both
 * sides and the fix, and what the state shows already. The same detectors tell it after the export, under the same ids.
 */

import { anchors } from '../detectors/anchors.ts';
import { cloudState } from '../detectors/cloud-state.ts';
import { conflicts } from '../detectors/conflicts.ts';
import { deletes } from '../detectors/deletes.ts';
import { domains } from '../detectors/domains.ts';
import { hardMatch } from '../detectors/hard-match.ts';
import { identities } from '../detectors/identities.ts';
import { largeGroups } from '../detectors/large-groups.ts';
import { objects } from '../detectors/objects.ts';
import { syncErrors } from '../detectors/sync-errors.ts';
import { values } from '../detectors/values.ts';
import { detect } from '../diagnose.ts';
import type { Detector, DiagnosisContext, StoredError } from '../diagnose-context.ts';
import { type CaseCode, caseOf } from '../findings/cases.ts';
import type { Finding } from '../findings/finding.ts';
import type { Plan } from './model.ts';
import type { Predicted } from './predict.ts';
import { takeovers } from './takeovers.ts';

const asked: readonly Detector[] = [
  ...[
    anchors,
    conflicts,
    values,
    hardMatch,
    syncErrors,
    identities,
    objects,
    largeGroups,
    domains,
    cloudState,
    deletes,
  ],
];

/** Cases of other sections, and those of section C that the export would carry out. */
const others: ReadonlySet<string> = new Set([
  'rule-error',
  'rule-conflict',
  'ou-renamed',
  'accidental-delete-threshold',
]);
/** Seen in state alone: nothing that an export does or does not do. */
const notOfExport: ReadonlySet<string> = new Set(['missing-usage-location', 'quarantined-attribute', 'ambiguous-join']);

/** Predicted refusals that are told by their cause; there may be as many as there are objects. */
const mostRefusals = 1000;

/** The findings of a plan, worst first. `context` without a focus; without live connections less is known of holders. */
export async function planFindings(context: DiagnosisContext, plan: Plan): Promise<Finding[]> {
  const predicted = plan.connectors.flatMap(({ prediction }) =>
    prediction
      ? [
          ...prediction.refusals.slice(0, mostRefusals).map((p) => storedAs(context, p, 'error')),
          ...prediction.withheld.slice(0, mostRefusals).map((p) => storedAs(context, p, 'warning')),
        ]
      : [],
  );
  const found = await detect({ ...context, predicted }, [...asked, takeovers(plan)]);
  return found.filter((f) => isOfPlan(f.code as CaseCode)).map((f) => ({ ...f, predicted: true }));
}

function isOfPlan(code: CaseCode): boolean {
  const { section } = caseOf(code);
  return others.has(code) || ((section === 'A' || section === 'B') && !notOfExport.has(code));
}

/** A prediction as the export will write it down. */
function storedAs(context: DiagnosisContext, p: Predicted, severity: 'error' | 'warning'): StoredError {
  return {
    cs: p.cs,
    phase: 'export',
    code: p.code,
    message: p.detail,
    severity,
    ...(p.attribute === undefined ? {} : { attribute: p.attribute }),
    ...(p.value === undefined ? {} : { value: p.value }),
    ...(p.holder?.cs === undefined ? {} : { holder: p.holder.cs }),
    facts: p.facts ?? {},
    firstSeen: context.now,
    lastSeen: context.now,
    count: 1,
  };
}
