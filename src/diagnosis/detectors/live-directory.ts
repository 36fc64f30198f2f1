/** What a running directory says of objects that the connector space holds, or does not hold. */
import { attributeOf } from '../../ldap/text.ts';
import type { LdapEntry } from '../../ldap/types.ts';
import { filetimeToMs, generalizedTimeToMs } from '../../model/filetime.ts';
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

/** When an account was made, and when somebody last signed in with it (epoch milliseconds), as the directory tells now. */
export async function readAccount(
  context: DiagnosisContext,
  row: CsRow | undefined,
): Promise<{ readonly created?: number; readonly lastSignIn?: number }> {
  if (!row) return {};
  const entry = await readRow(context, row, ['whenCreated', 'lastLogonTimestamp']);
  const made = textOf(entry, 'whenCreated');
  const created = made === undefined ? undefined : generalizedTimeToMs(made);
  const signedIn = textOf(entry, 'lastLogonTimestamp');
  const lastSignIn = signedIn !== undefined && /^[1-9]\d*$/.test(signedIn) ? filetimeToMs(BigInt(signedIn)) : undefined;
  return {
    ...(created === undefined ? {} : { created }),
    ...(lastSignIn === undefined ? {} : { lastSignIn }),
  };
}
