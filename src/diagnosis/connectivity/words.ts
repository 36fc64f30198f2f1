/** What the refusals of sign-in mean in words: LDAP 49 with Active Directory's sub-codes, and AADSTS of the cloud. */

export interface Meaning {
  /** The end of a sentence. */
  readonly meaning: string;
  readonly remedy: string;
  /** What is done to the account itself: the rest of a PowerShell pipeline that begins with it. */
  readonly toAccount?: string;
}

/** Sub-codes of LDAP result 49 (active-directory s.1.3). */
const bindCodes: Readonly<Record<string, Meaning>> = {
  '525': { meaning: 'the account does not exist', remedy: 'Correct "bind.user".' },
  '52e': {
    meaning: 'the name or the password of the account is wrong',
    remedy: 'Correct "bind.user", or the password that "bind.password" refers to.',
  },
  '530': { meaning: 'the account may not sign in at this time of day', remedy: 'Extend its logon hours.' },
  '531': {
    meaning: 'the account may not sign in from this computer',
    remedy: 'Add this computer to its workstations, or lift that restriction.',
  },
  '532': {
    meaning: 'the password of the account has expired',
    remedy: 'Set a new password that never expires, and write it where "bind.password" refers to.',
    toAccount:
      'Set-ADUser -PasswordNeverExpires $true -PassThru | Set-ADAccountPassword -Reset -NewPassword (Read-Host -AsSecureString)',
  },
  '533': { meaning: 'the account is disabled', remedy: 'Enable it.', toAccount: 'Enable-ADAccount' },
  '568': { meaning: 'the account is in too many groups', remedy: 'Use an account of its own that is in few groups.' },
  '57': {
    meaning: 'the server rejects the parameters of the authentication',
    remedy: 'Use an ldaps:// address with a simple bind.',
  },
  '701': {
    meaning: 'the account has expired',
    remedy: 'Clear its expiry.',
    toAccount: 'Clear-ADAccountExpiration',
  },
  '773': {
    meaning: 'the password of the account must be changed before its first sign-in',
    remedy: 'Set a new password without "must change at next logon", and write it where "bind.password" refers to.',
    toAccount:
      'Set-ADUser -ChangePasswordAtLogon $false -PassThru | Set-ADAccountPassword -Reset -NewPassword (Read-Host -AsSecureString)',
  },
  '775': {
    meaning: 'the account is locked out',
    remedy: 'Find what tries a wrong password, then unlock it.',
    toAccount: 'Unlock-ADAccount',
  },
  '80090346': { meaning: 'the server requires channel binding', remedy: 'Use an ldaps:// address with a simple bind.' },
};
export const bindMeaning = (code: string): Meaning | undefined =>
  Object.hasOwn(bindCodes, code.toLowerCase()) ? bindCodes[code.toLowerCase()] : undefined;
export const bindCodeList: readonly string[] = Object.keys(bindCodes);

const renew = 'Make a new secret or certificate for the application, and write it where "credential" refers to.';
/** Errors of the token endpoint that a synchronization client meets (entra-directory s.5.13). */
const tokenCodes: Readonly<Record<string, Meaning>> = {
  '50034': {
    meaning: 'the account does not exist in the tenant',
    remedy: 'Use an account or application that exists there.',
  },
  '50053': { meaning: 'the account is locked after too many wrong attempts', remedy: 'Wait, and find who tries.' },
  '50055': { meaning: 'the password of the account has expired', remedy: 'Set a new password.' },
  '50057': { meaning: 'the account is disabled', remedy: 'Enable it.' },
  '50076': { meaning: 'multi-factor authentication is required', remedy: 'Use an application instead of a person.' },
  '50079': {
    meaning: 'multi-factor authentication has to be set up',
    remedy: 'Use an application instead of a person.',
  },
  '50126': { meaning: 'the name or the password is wrong', remedy: 'Correct the credential.' },
  '53003': {
    meaning: 'a conditional access policy blocks the sign-in',
    remedy: 'Exclude the application of the connector from the policy.',
  },
  '65001': {
    meaning: 'nobody consented to the permissions of the application',
    remedy: 'Let an administrator grant consent to the application.',
  },
  '70003': { meaning: 'the grant type is not supported', remedy: 'This is a defect; please report it.' },
  '90002': { meaning: 'there is no tenant with this id', remedy: 'Correct "tenantId".' },
  '500011': {
    meaning: 'the resource is not known in the tenant',
    remedy: 'Check "tenantId" and "url" of the connector.',
  },
  '700016': {
    meaning: 'there is no application with this client id in the tenant',
    remedy: 'Correct "clientId", or register the application.',
  },
  '700024': { meaning: 'the assertion is not valid at this time', remedy: 'Set the clock of this machine.' },
  '700027': {
    meaning: 'the signature of the assertion is not that of a registered certificate',
    remedy: 'Upload the certificate to the application.',
  },
  '7000112': { meaning: 'the application is disabled', remedy: 'Enable its service principal in the tenant.' },
  '7000215': {
    meaning: 'the client secret is wrong',
    remedy: 'Enter the value of the secret, not its id, where "credential" refers to.',
  },
  '7000222': { meaning: 'the client secret has expired', remedy: renew },
  '7000229': {
    meaning: 'the application has no service principal in the tenant',
    remedy: 'Let an administrator grant consent to the application.',
  },
  '1002012': { meaning: 'the scope is not one of a resource', remedy: 'Check "url" of the connector.' },
};
export const tokenMeaning = (code: string): Meaning | undefined =>
  Object.hasOwn(tokenCodes, code) ? tokenCodes[code] : undefined;
export const tokenCodeList: readonly string[] = Object.keys(tokenCodes);

/** The AADSTS number in a message. */
export const aadsts = (message: string): string | undefined => /AADSTS(\d{4,8})/.exec(message)?.[1];

/** Makers of proxies that open TLS connections, as their certificates name them. */
const interceptors =
  /zscaler|netskope|blue ?coat|symantec web|fortinet|fortigate|palo ?alto|forcepoint|websense|umbrella|mcafee web|skyhigh|sophos|checkpoint|check point|barracuda|watchguard|squid|mitmproxy|burp|charles proxy|fiddler/i;
export const interceptorOf = (names: readonly string[]): string | undefined =>
  names.map((n) => interceptors.exec(n)?.[0]).find((n) => n !== undefined);
