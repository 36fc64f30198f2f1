/** Suggestions as LDIF change records, for `ldapmodify` or `ldifde`. Each names the value that it expects to find. */
import { ldifOf } from '../fix/text.ts';
import { changesOfRow } from './changes-of.ts';
import { isAtLeast } from './csv.ts';
import type { Confidence, Row } from './model.ts';

/** The record of a row; empty if nothing is suggested, or nothing that sure. */
export function ldifOfRow(row: Row, least: Confidence): string {
  const changes = changesOfRow(row);
  if (changes.length === 0 || !isAtLeast(row.confidence, least)) return '';
  // Nothing of a directory may end a comment and begin a record.
  const comment = `${row.code}: ${row.reason}`.replace(/[^\x20-\x7e]/g, '?');
  return `# ${comment}\n${ldifOf(row.object.dn, changes)}\n\n`;
}
