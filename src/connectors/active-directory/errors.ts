/** What goes wrong with a domain controller, in the words of the casebook (sections D and E), each with a way out. */
import { LdapError } from '../../ldap/errors.ts';
import { ConnectorError } from '../contract.ts';

/** When it happened: a run that never started and one that stopped have other statuses (sync-engine s.1.10). */
export type Phase = 'start' | 'run';

const CONNECTIVITY = { start: 'no-start-connection', run: 'stopped-connectivity' } as const;
const CREDENTIALS = { start: 'no-start-credentials', run: 'stopped-bad-server-credentials' } as const;

export function fullImportRequired(reason: string): ConnectorError {
  return new ConnectorError('full-import-required', reason, {
    status: 'stopped-unexpected-data',
    remedy: 'Run a full import; the engine does so by itself in its next cycle.',
  });
}

/** A full import that is due although nothing is wrong. */
export function fullImportDue(reason: string): ConnectorError {
  return new ConnectorError('full-import-required', reason, {
    status: 'success',
    remedy: 'Nothing to do: a full import follows.',
  });
}

export function configurationError(message: string, remedy: string): ConnectorError {
  return new ConnectorError('bad-configuration', message, { status: 'no-start-bad-ma-configuration', remedy });
}

/** The account may not do what it was asked for. */
export function permissionError(phase: Phase, message: string, remedy: string, cause?: unknown): ConnectorError {
  return new ConnectorError('ad-permission-missing', message, { status: CONNECTIVITY[phase], remedy, cause });
}

/** The ConnectorError for whatever came out of the LDAP layer; what is none of its errors is thrown on unchanged. */
export function toConnectorError(error: unknown, phase: Phase): unknown {
  if (!(error instanceof LdapError)) return error;
  const make = (code: string, status: string, remedy: string): ConnectorError =>
    new ConnectorError(code, error.message, { status, remedy, cause: error });
  switch (error.reason) {
    case 'invalid-credentials':
      return make('ad-bind-failed', CREDENTIALS[phase], credentialsRemedy(error.adCode));
    case 'ad-signing-required':
      return make(
        error.reason,
        CONNECTIVITY[phase],
        'Use an ldaps:// address, or "tls: { startTls: true }", or "bind: { method: ntlm }" on port 389.',
      );
    case 'dns-failure':
      return make(
        error.reason,
        CONNECTIVITY[phase],
        'Check the name of the server and the DNS servers of this machine.',
      );
    case 'connection-refused':
    case 'port-blocked':
      return make(
        error.reason,
        CONNECTIVITY[phase],
        'Check that the domain controller runs and that firewalls let this machine reach the port.',
      );
    case 'tls-untrusted':
      return make(
        error.reason,
        CONNECTIVITY[phase],
        'If the certificates shown are those of your domain, name the file of their authority as "tls: { ca: … }".',
      );
    case 'tls-failed':
      return make(error.reason, CONNECTIVITY[phase], 'Check that the domain controller has a certificate for LDAPS.');
    case 'connection-lost':
    case 'idle-timeout':
    case 'closed':
    case 'protocol-error':
      return make(
        error.reason === 'closed' ? 'connection-lost' : error.reason,
        'stopped-connectivity',
        'Nothing to do if it happens once: the next run goes on. Otherwise look at the domain controller and the network.',
      );
    case 'refused':
      return make('bad-configuration', 'no-start-bad-ma-configuration', 'Correct the connector in causeway.yaml.');
    case 'result':
      return resultError(error, phase, make);
  }
}

type Make = (code: string, status: string, remedy: string) => ConnectorError;

function resultError(error: LdapError, phase: Phase, make: Make): ConnectorError {
  switch (error.code) {
    case 50:
      return make(
        'ad-permission-missing',
        CONNECTIVITY[phase],
        'Give the account the right to read the partition and "Replicating Directory Changes" on it.',
      );
    case 10:
    case 32:
      return make(
        'partition-missing',
        'no-start-partition-delete',
        'Correct "partitions" in causeway.yaml: the base must be a naming context that the domain controller holds.',
      );
    case 3:
    case 4:
    case 11:
      return make(
        'limit-exceeded',
        'stopped-server-down',
        'The server cut the answer short, so nothing was concluded from it. Raise its limits or set "fullImport: dirsync".',
      );
    case 51:
    case 52:
      return make('server-busy', 'stopped-server-down', 'Nothing to do if it happens once: the next run tries again.');
    default:
      return make(
        'ldap-error',
        'stopped-server-down',
        'Look up the result code and what the domain controller says in the message.',
      );
  }
}

/** What to do about a refused bind, by the sub-code of result 49 (active-directory s.1.3). */
function credentialsRemedy(adCode: string | undefined): string {
  switch (adCode) {
    case '532':
    case '773':
      return 'Give the account a new password, write it where "bind.password" refers to, and let it never expire.';
    case '533':
      return 'Enable the account, or use another one.';
    case '701':
      return 'Extend the account beyond its expiry date, or use another one.';
    case '775':
      return 'Unlock the account, after whatever tries a wrong password for it was found.';
    case '530':
    case '531':
      return 'Let the account sign in at any hour and from this machine.';
    default:
      return 'Correct "bind.user" or the password that "bind.password" refers to.';
  }
}

/** No domain controller could be used. `tried` has one entry a server. */
export function noDomainController(
  what: string,
  tried: readonly { readonly url: string; readonly error: unknown }[],
): ConnectorError {
  const list = tried.map(({ url, error }) => `${url} (${error instanceof Error ? error.message : String(error)})`);
  return new ConnectorError('no-domain-controller', `${what}: ${list.join('; ')}`, {
    status: 'no-start-no-domain-controller',
    remedy: 'Bring one of these domain controllers back, or name one that is reachable under "servers".',
    cause: tried[0]?.error,
  });
}
