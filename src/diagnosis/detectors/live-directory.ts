/** What a running directory says of objects that the connector space holds, or does not hold. */
import { attributeOf } from '../../ldap/text.ts';
import type { LdapEntry } from '../../ldap/types.ts';
import { generalizedTimeToMs } from '../../model/filetime.ts';
import { isGuidText } from '../../model/guid.ts';
import type { CsRow } from '../../store/connector-space.ts';
import { connectorOf, type DiagnosisContext } from '../diagnose-context.ts';

const anything = { present: 'objectClass' } as const;

/** Some attributes of an object as they are now; undefined if it is not there, or nobody could be asked. */
export async function readRow(
  context: DiagnosisContext,
  row: CsRow,
  attributes: readonly string[],
): Promise<LdapEntry | undefined> {
  const connector = connectorOf(context, row);
  const directory = connector && (await context.live?.directory(connector.row.name));
  if (!directory) return undefined;
  const base = row.anchor !== null && isGuidText(row.anchor) ? `<GUID=${row.anchor}>` : row.dn;
  const [entry] = await directory.read({ base, scope: 'base', filter: anything, attributes, signal: context.signal });
  return entry;
}

export const textOf = (entry: LdapEntry | undefined, name: string): string | undefined =>
  entry ? attributeOf(entry, name)?.values[0]?.toString('utf8') : undefined;

/** When an object was made (epoch milliseconds); undefined if it cannot be found out. */
export async function whenCreated(context: DiagnosisContext, row: CsRow | undefined): Promise<number | undefined> {
  if (!row) return undefined;
  const value = textOf(await readRow(context, row, ['whenCreated']), 'whenCreated');
  return value === undefined ? undefined : generalizedTimeToMs(value);
}
