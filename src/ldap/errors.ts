/** What can go wrong between us and a directory server. */
import { adBindReason, adDetail, resultName } from './result-codes.ts';
import type { LdapResult } from './types.ts';

/** The classes an administrator acts on. All but the first four mean that the connection is gone. */
export type LdapErrorReason =
  /** The server answered with a result code; `code` says which. */
  | 'result'
  | 'invalid-credentials'
  /** Result 8 (or 13): the server demands TLS or a sealed bind. */
  | 'ad-signing-required'
  /** The caller's own doing: aborted, refused before anything was sent. */
  | 'refused'
  | 'dns-failure'
  | 'connection-refused'
  /** Nothing answers, or there is no way to the host. */
  | 'port-blocked'
  | 'tls-untrusted'
  | 'tls-failed'
  | 'connection-lost'
  | 'idle-timeout'
  | 'protocol-error'
  | 'closed';

/** One certificate of the chain a server showed. */
export interface SeenCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly validTo: string;
  readonly fingerprint256: string;
}

export class LdapError extends Error {
  override readonly name = 'LdapError';
  readonly reason: LdapErrorReason;
  /** LDAP result code; -1 if the server gave none. */
  readonly code: number;
  /** RFC 4511 name of the code, e.g. `invalidCredentials`; the reason if there is no code. */
  readonly codeName: string;
  /** Active Directory's sub-code, e.g. `52e`. */
  readonly adCode?: string;
  /** The Windows error in front of the diagnostic message, e.g. `00002071`. */
  readonly windowsCode?: string;
  readonly result?: LdapResult;
  /** Leaf first, for `tls-untrusted`. */
  readonly chain?: readonly SeenCertificate[];

  constructor(
    reason: LdapErrorReason,
    message: string,
    facts: { readonly result?: LdapResult; readonly chain?: readonly SeenCertificate[]; readonly cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.reason = reason;
    this.code = facts.result?.code ?? -1;
    this.codeName = facts.result ? resultName(facts.result.code) : reason;
    if (facts.result) {
      const { code, windowsCode } = adDetail(facts.result.message);
      this.result = facts.result;
      if (code !== undefined) this.adCode = code;
      if (windowsCode !== undefined) this.windowsCode = windowsCode;
    }
    if (facts.chain) this.chain = facts.chain;
  }
}

/** The error for a result that is not success. `what` is the operation as a noun phrase: `the search below DC=…`. */
export function resultError(what: string, server: string, result: LdapResult): LdapError {
  const said = result.message === '' ? '' : ` The server says: ${printable(result.message)}`;
  const referral = result.referrals.length === 0 ? '' : ` It refers to ${result.referrals.slice(0, 3).join(', ')}.`;
  const matched = result.code === 32 && result.matchedDn !== '' ? ` It knows ${printable(result.matchedDn)}.` : '';
  const head = `${server} refused ${what}: ${resultName(result.code)} (${result.code}).`;
  return new LdapError('result', `${head}${matched}${referral}${said}`, { result });
}

/** The error for a refused bind, with the reason Active Directory gives and the way out. */
export function bindError(user: string, server: string, result: LdapResult): LdapError {
  const said = result.message === '' ? '' : ` (${printable(result.message)})`;
  if (result.code === 8 || result.code === 13) {
    return new LdapError(
      'ad-signing-required',
      `${server} requires signing or TLS for the bind of ${user}: use an ldaps:// address, StartTLS or a sealed NTLM bind${said}.`,
      { result },
    );
  }
  if (result.code !== 49) return resultError(`the bind of ${user}`, server, result);
  const why = adBindReason(adDetail(result.message)) ?? 'the user name or the password is wrong';
  return new LdapError('invalid-credentials', `${server} does not accept ${user}: ${why}${said}.`, { result });
}

/** Text of a server for an error message: bounded, without control characters. */
export const printable = (text: string): string =>
  text
    .slice(0, 500)
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim();
