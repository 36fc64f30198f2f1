/** What is to be written for one group: Graph writes security groups and Microsoft 365 groups only (entra-directory s.5.3). */
import { createHash } from 'node:crypto';
import { ruleError } from '../../entra/errors.ts';
import type { ExportError, ExportRequest } from '../contract.ts';
import type { GraphRequest } from './graph-client.ts';
import { errorOfRule } from './graph-errors.ts';
import { bodyOf } from './graph-names.ts';
import { aliasFrom, unwritable } from './graph-user.ts';

export type GroupPlan =
  | { readonly write: GraphRequest; readonly warnings: readonly ExportError[] }
  /** Nobody but Exchange makes such a group. */
  | { readonly leftOut: string }
  | { readonly refused: ExportError };

/** The group made, or found again under its unique name: repeating it does no harm, so a lost answer can be asked for. */
export function planNewGroup(request: ExportRequest, sourceAnchor: string): GroupPlan {
  const { displayName, mail, securityEnabled } = request.attributes;
  if (securityEnabled !== true) return { leftOut: 'a distribution list' };
  if (typeof mail === 'string') return { leftOut: 'a mail-enabled security group' };
  if (typeof displayName !== 'string')
    return {
      refused: errorOfRule(ruleError('DataValidationFailed', { attribute: 'displayName', reason: 'It is required.' })),
    };
  const body = {
    ...bodyOf('group', request.attributes),
    mailEnabled: false,
    mailNickname: aliasOfGroup(displayName, sourceAnchor),
  };
  const key = encodeURIComponent(sourceAnchor.replaceAll("'", "''"));
  return {
    write: {
      method: 'PATCH',
      path: `/groups(uniqueName='${key}')`,
      headers: { Prefer: 'create-if-missing' },
      body,
    },
    warnings: unwritable('group', request.attributes),
  };
}

/** Aliases of groups have to differ, and no directory keeps one for a group without mail. */
const aliasOfGroup = (displayName: string, sourceAnchor: string): string =>
  `${aliasFrom(displayName).slice(0, 50)}-${createHash('sha256').update(sourceAnchor).digest('hex').slice(0, 8)}`;

/** What changes on a group that the engine holds. */
export const planGroupUpdate = (
  request: ExportRequest,
): { readonly body: Record<string, unknown>; readonly warnings: readonly ExportError[] } => ({
  body: bodyOf('group', request.attributes),
  warnings: unwritable('group', request.attributes),
});
