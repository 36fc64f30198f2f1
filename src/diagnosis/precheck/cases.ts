/** Cases that only a check of the data can find, besides those of the casebook. */

import { caseOf, isCaseCode } from '../findings/cases.ts';
import type { Severity } from '../findings/finding.ts';

const own: Readonly<Record<string, { readonly severity: Severity; readonly title: string }>> = {
  'missing-value': { severity: 'warning', title: 'A value is missing' },
  'mail-target-mismatch': { severity: 'warning', title: 'A contact forwards elsewhere than to its mail address' },
  'look-alike-name': { severity: 'warning', title: 'A name looks like that of somebody else' },
  'expired-certificate': { severity: 'info', title: 'Certificates have expired' },
  'invalid-certificate': { severity: 'warning', title: 'A certificate cannot be read' },
  'too-many-memberships': { severity: 'warning', title: 'A user is in more groups than SharePoint looks at' },
  'invalid-anchor': { severity: 'error', title: 'The source anchor is not valid' },
};

/** Title and usual severity of a code. */
export const precheckCase = (code: string): { readonly severity: Severity; readonly title: string } =>
  isCaseCode(code) ? caseOf(code) : (own[code] ?? { severity: 'warning', title: code });

export const precheckCodes: readonly string[] = Object.keys(own);
