/** Result codes of LDAP in words (RFC 4511 s.4.1.9; active-directory s.1.3, 6). */
import type { Told } from './page.ts';

/** By number. */
export const ldapCodes: Readonly<Record<number, Told>> = {
  1: [
    'operationsError',
    'The server could not do it in this state; Active Directory says so before a sign-in, too.',
    'Check "bind" of the connector.',
  ],
  2: ['protocolError', 'The server does not understand the request.', 'Report it with a support bundle.'],
  3: [
    'timeLimitExceeded',
    'The search took longer than the server allows.',
    'It is tried again; raise MaxQueryDuration if it stays.',
  ],
  4: [
    'sizeLimitExceeded',
    'The search found more than the server gives at once.',
    'Nothing: searches are paged. Report it if you see it.',
  ],
  7: ['authMethodNotSupported', 'The server does not know this way to sign in.', 'Choose another "bind.method".'],
  8: ['strongerAuthRequired', 'The server wants TLS or signing.', 'Use an ldaps:// address.'],
  10: [
    'referral',
    'The server sends to another one: the naming context is not its own, or it is read-only.',
    'Name a server of that domain.',
  ],
  11: ['adminLimitExceeded', 'A limit of the server was reached.', 'Look at its LDAP policy.'],
  12: [
    'unavailableCriticalExtension',
    'The server does not know a control that is needed, for example DirSync.',
    'Check that it is a domain controller.',
  ],
  13: ['confidentialityRequired', 'The server wants TLS.', 'Use an ldaps:// address.'],
  16: [
    'noSuchAttribute',
    'The attribute or value to be removed is not there.',
    'Somebody was faster: run a cycle and look again.',
  ],
  17: [
    'undefinedAttributeType',
    'The schema does not have this attribute.',
    'Extend the schema, or take the flow out of the rules.',
  ],
  18: ['inappropriateMatching', 'The attribute cannot be compared in this way.', 'Report it with a support bundle.'],
  19: [
    'constraintViolation',
    'The value breaks a limit of the directory, or another object has it.',
    'Correct the value.',
  ],
  20: ['attributeOrValueExists', 'The value is there already.', 'Nothing.'],
  21: ['invalidAttributeSyntax', 'The value has not the form of its attribute.', 'Correct the value.'],
  32: [
    'noSuchObject',
    'The object is not there, or the account may not see it.',
    'Run a cycle; check the rights of the account.',
  ],
  34: ['invalidDNSyntax', 'The name is no distinguished name.', 'Correct it.'],
  48: ['inappropriateAuthentication', 'This account cannot sign in in this way.', 'Choose another "bind.method".'],
  49: [
    'invalidCredentials',
    'The account was refused; Active Directory says why in a sub-code.',
    'causeway diagnose tells the sub-code in words.',
  ],
  50: [
    'insufficientAccessRights',
    'The account may not do this.',
    'causeway diagnose shows the command that grants the right.',
  ],
  51: ['busy', 'The server is busy.', 'It is tried again.'],
  52: [
    'unavailable',
    'The server is about to stop, or starts.',
    'It is tried again, with another server if there is one.',
  ],
  53: [
    'unwillingToPerform',
    'The server refuses for a reason of its own, in the Windows error of the message.',
    'Look up the Windows error.',
  ],
  64: ['namingViolation', 'The name is not one that the container takes.', 'Correct the name.'],
  65: [
    'objectClassViolation',
    'The class of the object does not have the attribute, or needs another one.',
    'Change the rule.',
  ],
  66: ['notAllowedOnNonLeaf', 'The object has others below it.', 'Delete those first.'],
  67: ['notAllowedOnRDN', 'The attribute is part of the name.', 'Rename the object.'],
  68: ['entryAlreadyExists', 'There is an object of this name.', 'Choose another name.'],
  80: ['other', 'The server has no better code; the message has its own.', 'Look at the log of the server.'],
};
