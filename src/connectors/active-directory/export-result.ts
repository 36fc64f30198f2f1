/** What a refused change means (active-directory s.6), as the engine and the administrator know it. */
import type { LdapError } from '../../ldap/errors.ts';
import type { ExportError } from '../contract.ts';

/** Windows errors of a reference to something that is not there: no such user, invalid name reference (Samba). */
const NO_SUCH_TARGET = new Set(['00000525', '000020B5']);

/** The error of one object. `attribute` is the one that was written, if it was only one. */
export function exportError(error: LdapError, attribute?: string): ExportError {
  const make = (code: string, retry: ExportError['retry'], advice: string): ExportError => ({
    code,
    detail: `${error.message} ${advice}`,
    retry,
    ...(attribute === undefined ? {} : { attribute }),
    ...(error.windowsCode === undefined ? {} : { facts: { windowsError: error.windowsCode } }),
  });
  if (NO_SUCH_TARGET.has(error.windowsCode ?? '')) {
    return make('dn-attributes-failure', 'next-cycle', 'The object referred to was moved or deleted.');
  }
  switch (error.code) {
    case 50:
      return make(
        'permission-issue',
        'next-cycle',
        'Give the account the right to write the attribute on this object.',
      );
    case 32:
      return make('cd-missing-object', 'next-cycle', 'The object was deleted; the next import shows it.');
    case 19:
      return make('constraint-violation', 'never', 'Correct the value.');
    case 16:
    case 20:
    case 65:
    case 17:
      return make('schema-violation', 'never', 'The schema of the forest does not allow this.');
    case 21:
      return make('syntax-violation', 'never', 'Correct the value.');
    case 68:
      return make('constraint-violation', 'never', 'Another object holds the value already.');
    case 51:
    case 52:
      return make('server-busy', 'backoff', 'It is tried again.');
    case 10:
      return make('read-only-server', 'next-cycle', 'The server takes no writes: name a writable domain controller.');
    case 53:
      return make('unwilling-to-perform', 'next-cycle', 'The domain controller refuses it for a reason of its own.');
    default:
      return make('ldap-error', 'next-cycle', 'Look up the result code.');
  }
}
