/** Errors of single objects by their classic names: synchronization, discovery, export (sync-engine s.1.11). */
import type { Told } from './page.ts';

const classicOnly = 'A classic name that this product does not give.';
const look = 'causeway diagnose names the objects, the values and the fix.';
const extension = (what: string): Told => [
  what,
  `Code that somebody added to Entra Connect: ${what.toLowerCase()}. Causeway has no such extensions.`,
  'Express it as a sync rule.',
];

export const synchronizationErrors: Readonly<Record<string, Told>> = {
  'sync-rule-error-function-triggered': [
    'A rule refuses the object',
    'An expression called Error(); its text says why.',
    look,
  ],
  'rule-expression-error': [
    'An expression fails',
    'An expression could not be evaluated with the values of the object.',
    look,
  ],
  'rule-conflict': ['Two rules contradict each other', 'Several joining rules apply to one object.', look],
  'flow-does-not-settle': [
    'Rules feed on themselves',
    'What outbound rules write to an object changes what inbound rules read there, without end; nothing is written to it.',
    'Let the rule that reads use ImportedValue(), which sees only what an import confirmed, or take the attribute out of one of the rules.',
  ],
  'exported-change-not-reimported': [
    'An exported value did not come back',
    'What was written is not what the next import read. Here: export-not-confirmed.',
    look,
  ],
  'ambiguous-import-flow-from-multiple-connectors': [
    'Several objects claim one identity',
    'Two objects of one connector join the same identity.',
    look,
  ],
  'ambiguous-export-flow-to-single-valued-attribute': [
    'Several values for one place',
    'Rules give several values to an attribute that holds one.',
    'Let the rule choose one of them.',
  ],
  'flow-multi-values-to-single-value': [
    'Several values for one place',
    'A flow gives several values to an attribute that holds one.',
    'Use Item() or First() in the expression.',
  ],
  'cs-attribute-type-mismatch': [
    'A value of another type',
    'A value is not what the schema says of its attribute.',
    'Correct the value in the directory; if the schema changed, run a full import.',
  ],
  'mv-constraint-violation': [
    'A value too long for the metaverse',
    'An attribute by which is searched holds 448 characters.',
    look,
  ],
  'duplicate-source-anchor': ['One anchor, two identities', 'Two identities have the same source anchor.', look],
  'join-object-id-must-be-single-valued': [
    'A key with several values',
    'A join compares an attribute that has several values.',
    'Join on an attribute with one value.',
  ],
  'cannot-parse-object-id': ['No identifier', 'A value that should be an identifier is none.', 'Correct the value.'],
  'cannot-parse-dn-component': [
    'No part of a name',
    'A part of a distinguished name cannot be read.',
    'Correct the name.',
  ],
  'dn-index-out-of-bounds': [
    'No such part of the name',
    'An expression asks for a part that the distinguished name does not have.',
    'Let the expression allow for shorter names.',
  ],
  'connector-filter-rule-violation': [
    'A filter forbids the link',
    'The object is filtered and linked at the same time.',
    'Run a full synchronization.',
  ],
  'unsupported-container-delete': [
    'Containers are not deleted',
    'A rule would delete a container.',
    'Change the rule.',
  ],
  'unexported-container-rename': [
    'The container was not renamed yet',
    'A rename of the container is pending.',
    'Export it first.',
  ],
  'locking-error-needs-retry': ['Busy', 'Two parts of the engine wanted the same object.', 'It is tried again.'],
  'unique-index-violation': ['A key exists already', 'A value that must exist once exists already.', look],
  'encryption-key-lost': ['The key is lost', `${classicOnly} Secrets are never in the store of Causeway.`, 'Nothing.'],
  'missing-partition-for-run-step': [
    'No such partition',
    'A step names a partition that the connector does not have.',
    'Correct "partitions" of the connector.',
  ],
  'extension-dll-exception': extension('An extension failed'),
  'extension-dll-crash': extension('An extension crashed'),
  'extension-dll-timeout': extension('An extension took too long'),
  'extension-projection-object-type-not-set': extension('An extension chose no object type'),
  'extension-projection-invalid-object-type': extension('An extension chose an unknown object type'),
  'extension-join-resolution-invalid-object-type': extension('An extension joined another object type'),
  'extension-join-resolution-index-out-of-bounds': extension('An extension chose nobody'),
  'extension-provisioning-call-limit-reached': extension('An extension provisions without end'),
  'extension-deprovisioning-invalid-result': extension('An extension gave no valid answer'),
  'extension-entry-point-not-implemented': extension('An extension lacks a function'),
  'extension-unexpected-attribute-value': extension('An extension gave an unexpected value'),
  'unexpected-error': [
    'A defect',
    'The program met a state that it does not expect.',
    'Report it with a support bundle: causeway support-bundle',
  ],
};

const inFile = 'Correct the entry; the message names the line.';
export const discoveryErrors: Readonly<Record<string, Told>> = {
  'not-confirmed-absent': [
    'Not found, and not known to be deleted',
    'A full import did not find the object, or a changed one cannot be read, and nothing proves its deletion: it is kept as it was.',
    'causeway diagnose names the container and the right that is missing.',
  ],
  'missing-change-type': ['No kind of change', 'A change does not say what it is.', inFile],
  'invalid-change-type': ['Not an entry', 'A change record stands where entries are expected.', inFile],
  'multi-valued-change-type': ['Several kinds of change', 'A change says twice what it is.', inFile],
  'need-full-object': ['Only a part', 'A change came of an object that is not known as a whole.', 'Run a full import.'],
  'missing-dn': ['No name', 'An entry has no distinguished name.', inFile],
  'dn-not-ldap-conformant': ['No name of LDAP', 'A name is not a distinguished name.', inFile],
  'invalid-dn': ['No valid name', 'A text is not a distinguished name.', inFile],
  'missing-anchor': ['No identifier', 'An object came without its objectGUID.', 'Let the account read objectGUID.'],
  'missing-anchor-component': [
    'No identifier',
    'An object has no objectGUID of 16 bytes.',
    'Add it, or let the account read it.',
  ],
  'multi-valued-anchor-component': [
    'Several identifiers',
    'The attribute of the identifier has several values.',
    'Keep one.',
  ],
  'anchor-too-long': [
    'The identifier is too long',
    'The value of the identifier has too many characters.',
    'Choose another attribute.',
  ],
  'duplicate-object': [
    'Twice the same',
    'Two entries have one identifier.',
    'Remove one of them; the message names both lines.',
  ],
  'missing-object-class': ['No class', 'An object came without its objectClass.', 'Let the account read objectClass.'],
  'missing-object-type': ['No type', 'It cannot be told what an object is.', 'Look at its objectClass.'],
  'unmappable-object-type': [
    'An unknown type',
    'The class of an object is none that is known.',
    'Take the class out of objectClasses.',
  ],
  'parse-error': ['Cannot be read', 'An entry has a form that cannot be read.', inFile],
  'read-error': [
    'Cannot be read',
    'Reading ended with an error.',
    'Run the import again; look at the way to the directory.',
  ],
  'staging-error': [
    'Cannot be kept',
    'An object could not be written to the connector space.',
    'Look at the store: causeway check',
  ],
  'invalid-modification-type': ['An unknown change', 'A change is neither add, delete nor replace.', inFile],
  'conflicting-modification-types': [
    'Changes that exclude each other',
    'An attribute is replaced and changed at once.',
    inFile,
  ],
  'multi-single-mismatch': [
    'Several values for one place',
    'An attribute that holds one value has several.',
    'Keep one of them.',
  ],
  'invalid-attribute-value': ['Not a valid value', 'A value is not what its attribute holds.', 'Correct the value.'],
  'invalid-base64-value': ['No base64', 'A value is marked as base64 and is none.', inFile],
  'invalid-numeric-value': ['No number', 'A value of a number is none.', 'Correct the value.'],
  'invalid-boolean-value': ['Neither true nor false', 'A value is neither TRUE nor FALSE.', 'Correct the value.'],
  'reference-value-not-ldap-conformant': [
    'A reference that is no name',
    'A reference is not a distinguished name.',
    'Correct the value.',
  ],
  'invalid-reference-value': ['A reference to nothing', 'A reference leads to no object.', 'Correct the value.'],
  'unsupported-value-type': [
    'An unknown kind of value',
    'The syntax of an attribute is not supported.',
    'Leave the attribute out of the rules.',
  ],
};

export const exportErrors: Readonly<Record<string, Told>> = {
  'cd-missing-object': [
    'The object is gone',
    'The object to be changed is not in the target.',
    'The next import shows it; nothing is to be done.',
  ],
  'cd-existing-object': ['The object is there already', 'The object to be made exists.', 'The next import shows it.'],
  'cd-error': ['Refused by the target', 'The target refused the change for a reason of its own.', look],
  'cd-connection-error': ['No answer', 'The target did not answer to this change.', 'It is tried again.'],
  'ldap-error': [
    'Refused by the directory',
    'The directory refused the change; the message has its result code.',
    'Look up the result code.',
  ],
  'not-exported': ['Not sent', 'The change did not leave, for the reason in the message.', 'It is tried again.'],
  'not-offered-by-target': [
    'No place in the target',
    'The target has no place for something that was asked; the rest is written.',
    'Nothing, or take the flow out of the rules. A directory extension can be defined: the message says how.',
  ],
  'not-predicted': [
    'Not foreseen',
    'An export had another outcome than its plan said.',
    'Report it with the plan file.',
  ],
  'duplicate-anchor': ['One identifier, two objects', 'The target gave an identifier that is known already.', look],
  'ambiguous-update': ['Several objects meant', 'The change fits several objects of the target.', look],
  'permission-issue': [
    'A right is missing',
    'The account may not write the attribute on this object.',
    'causeway diagnose shows the command that grants it.',
  ],
  'dn-attributes-failure': [
    'A reference was moved meanwhile',
    'The object that is referred to was moved, renamed or deleted.',
    'Run a cycle.',
  ],
  'non-existent-parent': [
    'No such container',
    'The container of the new object does not exist.',
    'Make it, or correct the rule.',
  ],
  'schema-violation': ['Against the schema', 'The schema of the directory does not allow this.', 'Change the rule.'],
  'constraint-violation': [
    'Not a value that is taken',
    'The value breaks a limit of the directory.',
    'Correct the value.',
  ],
  'syntax-violation': [
    'Not the right form',
    'The value has not the form of its attribute, or is longer than it may be.',
    'Correct the value.',
  ],
  'server-busy': ['The server is busy', 'The domain controller takes no change now.', 'It is tried again.'],
  'read-only-server': [
    'A server that takes no writes',
    'The domain controller is read-only.',
    'Name a writable one under "servers".',
  ],
  'unwilling-to-perform': [
    'The server does not want to',
    'The domain controller refuses for a reason of its own.',
    'The message has the Windows error.',
  ],
  'changed-in-directory': [
    'Somebody changed it meanwhile',
    'The attribute is not what the last import read, so that it is not overwritten and nothing of the change is written.',
    'Nothing: the next import brings the change, and the rules decide again.',
  ],
  'source-anchor-protected': [
    'The anchor is kept',
    'The source anchor is written once and never replaced or cleared.',
    'Clear it in the directory, if it is really wrong.',
  ],
  'modify-naming-attribute': [
    'The name is no attribute',
    'An attribute that is part of the name cannot be changed alone.',
    'Rename the object.',
  ],
  'invalid-dn': ['No valid name', 'The name of the new object is no distinguished name.', 'Correct the rule.'],
  'invalid-attribute-value': ['Not a valid value', 'The target does not take the value.', 'Correct it.'],
  'password-policy-violation': [
    'Against the password policy',
    'The password does not meet the policy.',
    'Choose another one.',
  ],
  'password-set-disallowed': [
    'Passwords may not be set',
    'The account may not set passwords.',
    'Grant the right, or leave it.',
  ],
  'kerberos-time-skew': [
    'The clocks differ',
    'More than 5 minutes lie between this machine and the domain controller.',
    'Set the clock.',
  ],
  'kerberos-no-logon-server': ['No domain controller', 'No domain controller answers for Kerberos.', look],
  'encryption-not-enabled': ['Not encrypted', 'The change needs an encrypted connection.', 'Use an ldaps:// address.'],
  'encryption-key-lost': ['The key is lost', `${classicOnly} Secrets are never in the store of Causeway.`, 'Nothing.'],
  'missing-anchor-component': ['No identifier', 'The new object has no value for its identifier.', 'Correct the rule.'],
  'anchor-too-long': [
    'The identifier is too long',
    'The source anchor has more than 60 characters.',
    'Choose another attribute.',
  ],
  'code-page-conversion': ['Characters of another kind', classicOnly, 'Nothing; all text is Unicode here.'],
  'locking-error-needs-retry': ['Busy', 'The object is being changed by somebody else.', 'It is tried again.'],
  'missing-provisioning-attribute': [
    'A value is missing',
    'The new object lacks a value that it must have.',
    'Let a rule give it.',
  ],
  'invalid-provisioning-attribute-value': [
    'Not a valid value',
    'The new object has a value that is not taken.',
    'Correct it.',
  ],
  'user-principal-name-not-verified': [
    'The domain is not verified',
    'The sign-in name is in a domain that the tenant has not verified, so that another one was written.',
    'Verify the domain, or move the name.',
  ],
  'unexpected-error': [
    'A defect',
    'The program met a state that it does not expect.',
    'Report it with a support bundle: causeway support-bundle',
  ],
};
