/** What usually leads to result codes of LDAP, sub-codes of a refused bind and AADSTS numbers (active-directory s.1.3). */
import type { Causes } from '../page.ts';

/** By result code. */
export const ldapCauses: Readonly<Record<number, Causes>> = {
  1: [
    'A request came before the sign-in, or after the server had forgotten it.',
    'The domain controller starts, stops or cannot use its database.',
  ],
  2: [
    'Something on the way, such as a proxy for LDAP, changes the messages.',
    'The server speaks an older version of LDAP, or does not know an extension.',
  ],
  3: [
    'The search covers a large container and reads an attribute that has no index.',
    'The domain controller is overloaded.',
  ],
  4: ['The server does not take paged searches, or limits the total of them.'],
  7: ['The server is no Active Directory, or this method is switched off there.'],
  8: [
    'A policy requires LDAP signing, and the connection is neither signed nor encrypted.',
    'A policy requires channel binding over TLS.',
  ],
  10: [
    'The base of the search or the object is in another domain of the forest.',
    'A write was sent to a read-only domain controller.',
  ],
  11: ['A search or a bind asks for more than the LDAP policy of the server allows.'],
  12: [
    'The server is not a domain controller, or is a very old one.',
    'The address leads to the global catalog, which does not have DirSync.',
  ],
  13: ['The server takes passwords over an encrypted connection only, and the address begins with ldap://.'],
  16: ['Somebody removed the value after the last import.', 'The last import is old, because imports failed since.'],
  17: [
    'The schema of the directory was not extended, for example for Exchange.',
    'The name of the attribute in a rule is misspelt.',
  ],
  18: ['A search compares an attribute in a way that its syntax does not have.'],
  19: [
    'The value is longer or larger than the schema allows.',
    'Another object of the forest has the sign-in name or service name.',
    'A password does not meet the policy.',
  ],
  20: ['Somebody, or another program, added the value after the last import.'],
  21: ['A rule gives text where the directory expects a number, a time or a name.'],
  32: [
    'The object or its container was moved, renamed or deleted.',
    'The account may not list the container.',
    'A name in the configuration is misspelt.',
  ],
  34: [
    'A comma, plus sign or other special character in the name is not escaped.',
    'A rule puts the name together of a value that is empty.',
  ],
  48: ['The account has no password, or the server does not take this method for it.'],
  49: [
    'The password was changed in the directory and not here.',
    'The account is locked, disabled or expired.',
    'The name of the account is misspelt or lacks its domain.',
  ],
  50: [
    'The right was never granted to the account.',
    'Inheritance is switched off on the object or its container.',
    'The object is a protected administrator (adminCount 1).',
  ],
  51: ['The domain controller works through many requests, for example after a bulk change.'],
  52: ['The domain controller is being restarted, updated or taken out of service.'],
  53: [
    'A password is set over a connection that is not encrypted, or does not meet the policy.',
    'The attribute is kept by the system and cannot be written.',
    'A search for changes starts where the server does not allow it.',
  ],
  64: [
    'The class of the object may not be made in that container.',
    'The name begins with another attribute than its class uses.',
  ],
  65: [
    'The object lacks a value that its class requires.',
    'A rule writes an attribute that belongs to another class.',
  ],
  66: ['A container, or an account with objects of its own such as devices, is to be deleted.'],
  67: ['A rule writes cn, or another attribute that is the first part of the name.'],
  68: [
    'Somebody made an object of this name meanwhile.',
    'The object is there and hidden from the account, or is out of scope.',
  ],
  80: ['The server met an inner error, which its own log explains.'],
};

/** By sub-code of LDAP 49. */
export const bindCauses: Readonly<Record<string, Causes>> = {
  '525': ['The name is misspelt, or lacks its domain.', 'The account was deleted, or belongs to another forest.'],
  '52e': [
    'The password was changed in the directory and not here.',
    'The reference to the password leads to another secret than was meant.',
    'The password has a character that the file or the shell changed.',
  ],
  '530': ['Logon hours were set for a whole container of accounts, and this one was not left out.'],
  '531': [
    'The account may sign in from listed computers only, and this one is not listed.',
    'The service moved to another machine.',
  ],
  '532': ['The account is under the policy of people, where passwords expire.'],
  '533': [
    'A clean-up of unused accounts disabled it.',
    'It was disabled when the account of the connector was replaced.',
  ],
  '568': ['The account is in more groups, nested ones counted, than fit into its token (about 1,000).'],
  '57': [
    'A policy refuses the kind of authentication that was tried.',
    'A name or password in a form that the server does not read was sent.',
  ],
  '701': ['The account was made with an end date, for example for a project.'],
  '773': ['The password was set by an administrator with "must change at next logon".'],
  '775': [
    'An old service or script tries the former password.',
    'The password was changed in the directory and not here, and every retry counted.',
  ],
  '80090346': [
    'A policy demands channel binding, and the bind carries none.',
    'Something on the way ends TLS, so that the two ends see different channels.',
  ],
};

/** By AADSTS number. */
export const tokenCauses: Readonly<Record<string, Causes>> = {
  '50034': ['The account was deleted.', 'The name is misspelt, or belongs to another tenant.'],
  '50053': ['Something goes on trying an old password.', 'The address of this machine was noticed for attacks.'],
  '50055': ['The account is under the policy of people, where passwords expire.'],
  '50057': ['A clean-up disabled the account.', 'The account is synchronized, and was disabled in the directory.'],
  '50076': ['The tenant requires a second factor of every user, and a program has none.'],
  '50079': ['Security defaults or a policy were turned on after the account was made.'],
  '50126': ['The password was changed and not written here.', 'The name is misspelt, or the account is federated.'],
  '53003': [
    'A policy for all applications covers this one, too.',
    'The policy allows named locations only, and the address of this machine changed.',
  ],
  '65001': [
    'The application was registered, and nobody granted admin consent.',
    'A permission was added later, and consent was not given again.',
  ],
  '70003': ['The token was asked for in a way that the endpoint does not have.'],
  '90002': [
    'The tenant id is misspelt.',
    'The tenant belongs to another cloud, for example that of a government.',
    'The tenant was deleted.',
  ],
  '500011': [
    'The address of the connector belongs to another cloud than the tenant.',
    'The tenant has no service principal of the resource.',
  ],
  '700016': [
    'The client id is that of another application, or of its object.',
    'The application is in another tenant.',
    'It was deleted.',
  ],
  '700024': ['The clock of this machine is wrong.', 'The assertion was made long before it was sent.'],
  '700027': [
    'The certificate was renewed here and not uploaded.',
    'The certificate at the application has expired or was removed.',
    'The private key belongs to another certificate.',
  ],
  '7000112': ['An administrator disabled the application.', 'The vendor or the cloud disabled it after abuse.'],
  '7000215': [
    'The id of the secret was entered instead of its value.',
    'The secret was replaced, and the old one stayed here.',
    'The reference leads to another secret than was meant.',
  ],
  '7000222': ['Nobody renewed the secret before the end that was chosen when it was made.'],
  '7000229': [
    'The application is registered in another tenant, and nobody consented in this one.',
    'Its service principal was deleted.',
  ],
  '1002012': ['"url" of the connector is not the root of a service that gives tokens.'],
};
