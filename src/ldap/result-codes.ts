/** Result codes (RFC 4511 s.4.1.9) and what Active Directory adds to them in the diagnostic message. */
const NAMES: Readonly<Record<number, string>> = {
  0: 'success',
  1: 'operationsError',
  2: 'protocolError',
  3: 'timeLimitExceeded',
  4: 'sizeLimitExceeded',
  5: 'compareFalse',
  6: 'compareTrue',
  7: 'authMethodNotSupported',
  8: 'strongerAuthRequired',
  10: 'referral',
  11: 'adminLimitExceeded',
  12: 'unavailableCriticalExtension',
  13: 'confidentialityRequired',
  14: 'saslBindInProgress',
  16: 'noSuchAttribute',
  17: 'undefinedAttributeType',
  18: 'inappropriateMatching',
  19: 'constraintViolation',
  20: 'attributeOrValueExists',
  21: 'invalidAttributeSyntax',
  32: 'noSuchObject',
  33: 'aliasProblem',
  34: 'invalidDNSyntax',
  36: 'aliasDereferencingProblem',
  48: 'inappropriateAuthentication',
  49: 'invalidCredentials',
  50: 'insufficientAccessRights',
  51: 'busy',
  52: 'unavailable',
  53: 'unwillingToPerform',
  54: 'loopDetect',
  64: 'namingViolation',
  65: 'objectClassViolation',
  66: 'notAllowedOnNonLeaf',
  67: 'notAllowedOnRDN',
  68: 'entryAlreadyExists',
  69: 'objectClassModsProhibited',
  71: 'affectsMultipleDSAs',
  80: 'other',
  118: 'canceled',
  119: 'noSuchOperation',
  120: 'tooLate',
  121: 'cannotCancel',
  122: 'assertionFailed',
  4096: 'e-syncRefreshRequired',
};
export const resultName = (code: number): string => NAMES[code] ?? `resultCode${code}`;

/** What a refused bind means, by the `data` of the diagnostic message (active-directory s.1.3). */
const AD_BIND_REASONS: Readonly<Record<string, string>> = {
  '525': 'the user does not exist',
  '52e': 'the user name or the password is wrong',
  '530': 'the account may not sign in at this time of day',
  '531': 'the account may not sign in from this computer',
  '532': 'the password has expired',
  '533': 'the account is disabled',
  '568': 'the account is in too many groups',
  '57': 'the server rejects the parameters of the authentication',
  '701': 'the account has expired',
  '773': 'the password must be changed before the first sign-in',
  '775': 'the account is locked out',
  '80090346': 'the server requires channel binding',
};

export interface AdDetail {
  /** `data` of the message in lower-case hexadecimal digits, e.g. `52e`. */
  readonly code?: string;
  /** The Windows or Kerberos error in front of it, 8 hexadecimal digits. */
  readonly windowsCode?: string;
}

/** What Active Directory hides in a diagnostic message; empty for other servers. */
export function adDetail(message: string): AdDetail {
  const windowsCode = /^([0-9a-f]{8})\b/i.exec(message)?.[1]?.toUpperCase();
  const code = /\bdata ([0-9a-f]{1,8})\b/i.exec(message)?.[1]?.toLowerCase();
  return { ...(code === undefined ? {} : { code }), ...(windowsCode === undefined ? {} : { windowsCode }) };
}

/** Why a bind was refused, as the end of a sentence; undefined if the server did not say. */
export function adBindReason(detail: AdDetail): string | undefined {
  return AD_BIND_REASONS[detail.windowsCode ?? ''] ?? AD_BIND_REASONS[detail.code ?? ''];
}
