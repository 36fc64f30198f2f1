/** What the staged objects themselves show: conflict objects, too many certificates. */
import { defaultLimits } from '../../entra/limits.ts';
import { dnKey } from '../../model/dn.ts';
import { valuesOf } from '../../model/value.ts';
import type { CsRow } from '../../store/connector-space.ts';
import { type Detector, type DiagnosisContext, sources } from '../diagnose-context.ts';
import type { FindingFacts } from '../findings/finding.ts';
import { attributesOf, nameOf, objectOf } from '../findings/object.ts';
import { directoryFix, powershell, powershellFix, removeFix } from '../fix/text.ts';
import { expiryFacts, surplusCertificates } from './value-fixes.ts';

export const objects: Detector = {
  name: 'objects',
  detect: (context) => [...conflictObjects(context), ...certificates(context)],
};

/** Objects of one detector run at most. */
const most = 200;

const conflictMark = (row: CsRow): boolean => /\\0ACNF:/i.test(row.dn);

/** With a focus only its own objects are looked at, one by one; otherwise one statement finds them all. */
function idsOf(
  context: DiagnosisContext,
  connector: number,
  isOne: (row: CsRow) => boolean,
  all: () => readonly number[],
): readonly number[] {
  if (!context.focus) return all();
  return [...context.focus.cs].filter((id) => {
    const row = context.store.cs.get(id);
    return row?.connector === connector && isOne(row);
  });
}

function conflictObjects(context: DiagnosisContext): FindingFacts[] {
  return sources(context).flatMap((connector) =>
    idsOf(context, connector.row.id, conflictMark, () =>
      context.store.diagnosis.conflictObjects(connector.row.id, most),
    ).flatMap((id) => {
      const row = context.store.cs.get(id);
      if (!row) return [];
      const twinDn = row.dn.replace(/\\0ACNF:[0-9a-f-]{36}/i, '');
      const twin = context.store.cs.byDn(connector.row.id, dnKey(twinDn)).find((r) => r.object_type !== null);
      const self = objectOf(context, row, 'source');
      return [
        {
          code: 'conflict-object' as const,
          root: row.anchor ?? row.dn,
          value: row.dn,
          summary: `${nameOf(self)} was made twice under one name, on two domain controllers at a time; ${row.dn} is what replication made of one of them.${twin ? ` Its twin is ${twin.dn}.` : ' Its twin is not in scope.'} The conflict object is not synchronized.`,
          objects: [self, ...(twin ? [objectOf(context, twin, 'holder')] : [])],
          affected: 1,
          evidence: [
            { source: `connector space of ${connector.row.name}`, fact: `the name has the mark CNF: (${row.dn})` },
          ],
          fix: [
            ...(twin
              ? [
                  removeFix(
                    `Delete the conflict object; ${nameOf(objectOf(context, twin, 'holder'))} stays`,
                    connector.row.name,
                    row.dn,
                    row.anchor,
                  ),
                ]
              : []),
            powershellFix(
              'Compare the two first (PowerShell)',
              'directory',
              `Get-ADObject -Identity ${powershell(row.anchor ?? row.dn)} -Properties *`,
            ),
          ],
        },
      ];
    }),
  );
}

/** The out-of-box rules send no certificate at all when there are too many, so the cloud never complains. */
function certificates(context: DiagnosisContext): FindingFacts[] {
  return sources(context).flatMap((connector) =>
    ['userCertificate', 'userSMIMECertificate'].flatMap((attribute) =>
      idsOf(
        context,
        connector.row.id,
        (row) => valuesOf(attributesOf(row)[attribute]).length > defaultLimits.certificates,
        () => context.store.diagnosis.longLists(connector.row.id, attribute, defaultLimits.certificates),
      ).flatMap((id) => {
        const row = context.store.cs.get(id);
        if (!row || !context.store.mv.link(id)) return [];
        const values = valuesOf(attributesOf(row)[attribute]);
        const n = values.length;
        const surplus = surplusCertificates(values, defaultLimits.certificates, context.now);
        const self = objectOf(context, row, 'source');
        return [
          {
            code: 'too-many-certificates' as const,
            root: [row.anchor ?? row.dn, attribute].join('|'),
            attribute,
            summary: `${nameOf(self)} has ${n} values of ${attribute}; the cloud takes ${defaultLimits.certificates}, so the rules send none of them.`,
            objects: [self],
            affected: 1,
            evidence: [
              { source: `connector space of ${connector.row.name}`, fact: `${attribute} of ${row.dn}: ${n} values` },
              { source: 'certificates', fact: expiryFacts(values, context.now) },
            ],
            fix: [
              directoryFix('Remove the certificates that have expired or expire first', connector.row.name, row.dn, [
                { operation: 'delete', attribute, values: surplus },
              ]),
            ],
          },
        ];
      }),
    ),
  );
}
