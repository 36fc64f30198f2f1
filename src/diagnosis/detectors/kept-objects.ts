/** Objects that a full import did not find and that are kept, because nothing proves that they were deleted. */
import { parentDn } from '../../model/dn.ts';
import {
  connectorOf,
  counted,
  type Detector,
  type DiagnosisContext,
  firstSeen,
  groupBy,
  lastSeen,
  type StoredError,
  storedErrors,
} from '../diagnose-context.ts';
import type { FindingFacts } from '../findings/finding.ts';
import { nameOf, objectOf } from '../findings/object.ts';
import { powershellFix, textFix } from '../fix/text.ts';

export const keptObjects: Detector = {
  name: 'kept-objects',
  detect(context) {
    const errors = storedErrors(context, 'import').filter((e) => e.code === 'not-confirmed-absent');
    return [...groupBy(errors, (e) => rootOf(context, e)).values()].map((group) => findingOf(context, group));
  },
};

/** A container that cannot be seen is one cause, however many objects it holds. */
function rootOf(context: DiagnosisContext, error: StoredError): string {
  const row = context.store.cs.get(error.cs);
  const connector = row && connectorOf(context, row)?.row.name;
  return [connector, error.code, error.facts.state ?? '', parentDn(row?.dn ?? '')?.toLowerCase()].join('|');
}

function findingOf(context: DiagnosisContext, group: readonly StoredError[]): FindingFacts {
  const first = group[0] as StoredError;
  const rows = group.flatMap((e) => context.store.cs.get(e.cs) ?? []);
  const objects = rows.slice(0, 20).map((row) => objectOf(context, row, 'source'));
  const container = parentDn(rows[0]?.dn ?? '') ?? '';
  const remedy = first.facts.remedy ?? '';
  const isHidden = first.facts.state === 'present';
  return {
    code: 'ad-permission-missing',
    title: isHidden ? 'Objects can no longer be read' : 'Deletions cannot be confirmed',
    severity: 'warning',
    root: rootOf(context, first),
    errorCode: first.code,
    summary: `The last full import did not find ${counted(group.length, 'object')} of "${container}", for example ${objects[0] ? nameOf(objects[0]) : 'one'}. ${isHidden ? 'They were not deleted: the account may not read them any more' : 'Whether they were deleted or only hidden cannot be seen'}, so they stay as they were, here and in the cloud.`,
    objects,
    affected: group.length,
    firstSeen: firstSeen(group),
    lastSeen: lastSeen(group),
    evidence: [{ source: 'full import', fact: first.message }],
    fix: isHidden
      ? [textFix('Give the account its rights back', 'directory', remedy)]
      : [powershellFix('Let deletions be seen', 'directory', remedy)],
  };
}
