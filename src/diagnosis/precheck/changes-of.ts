/**
 * What a suggestion means for the directory: one modify request that names the value it expects. Windows and every other
 * server refuse the whole request if the value is not there any more (RFC 4511 s.4.6), so nothing is overwritten blindly.
 */
import type { DirectoryChange, LdapValue } from '../fix/action.ts';
import type { Action, Row } from './model.ts';

/** Attributes whose values are bytes, written in base64. */
export const binaryAttributes: ReadonlySet<string> = new Set([
  'userCertificate',
  'userSMIMECertificate',
  'mS-DS-ConsistencyGuid',
]);
const ldapValue = (attribute: string, text: string): LdapValue =>
  binaryAttributes.has(attribute) ? { base64: text } : text;

/** The changes of an action on one value; none for COMPLETE. An empty `value` is one that is missing. */
export function changesOf(attribute: string, value: string, update: string, action: Action): DirectoryChange[] {
  if (action === 'COMPLETE') return [];
  const taken =
    value === '' ? [] : [{ operation: 'delete' as const, attribute, values: [ldapValue(attribute, value)] }];
  if (action === 'REMOVE' || update === '') return taken;
  return [...taken, { operation: 'add' as const, attribute, values: [ldapValue(attribute, update)] }];
}

/** The changes that a row suggests; none if somebody has to decide. */
export function changesOfRow(row: Row): readonly DirectoryChange[] {
  if (row.changes) return row.changes;
  if (row.action === undefined || row.action === 'COMPLETE') return [];
  return changesOf(row.attribute, row.value, row.update ?? '', row.action);
}
