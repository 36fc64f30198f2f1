/** What usually leads to errors of single objects in an export (sync-engine s.1.11; active-directory s.6). */
import type { Causes } from '../page.ts';

const defect: Causes = ['A defect of the program.'];

export const exportCauses: Readonly<Record<string, Causes>> = {
  'cd-missing-object': ['Somebody deleted or moved the object after the last import.', 'The account may not see it.'],
  'cd-existing-object': [
    'Somebody made the object by hand after the last import.',
    'It is there already, outside of what is selected.',
  ],
  'cd-error': [
    'The value is not one that the target takes.',
    'A right is missing.',
    'The object is protected by the target.',
  ],
  'cd-connection-error': [
    'The connection broke between the request and its answer.',
    'The target is busy or is being restarted.',
  ],
  'ldap-error': [
    'The account lacks a right on the object.',
    'The value breaks the schema or a limit of the directory.',
  ],
  'not-exported': [
    'The run was stopped, or the connection broke, before it was its turn.',
    'Something that it depends on was refused.',
  ],
  'not-offered-by-target': [
    'A rule writes an attribute that this kind of target does not have.',
    'A rule writes a directory extension that nobody has defined in the tenant.',
  ],
  'not-predicted': [
    'Somebody changed the object in the target between the plan and the export.',
    'The target has a check of its own that is not known here.',
  ],
  'duplicate-anchor': [
    'Two objects of the directory match one object in the target.',
    'The anchor or the address of an account was copied to another one.',
  ],
  'ambiguous-update': ['Two objects of the target have the key by which the object is found.'],
  'permission-issue': [
    'The right to write this attribute was never granted.',
    'Inheritance is switched off on the object or its container.',
    'The object is a protected administrator (adminCount 1).',
  ],
  'dn-attributes-failure': ['Somebody moved, renamed or deleted the object while the cycle was running.'],
  'non-existent-parent': [
    'The container was renamed or deleted.',
    'A rule makes the name of the container of a value that is misspelt.',
  ],
  'schema-violation': [
    'The schema was not extended, for example for Exchange.',
    'A rule writes an attribute that belongs to another class.',
    'A required value is missing.',
  ],
  'constraint-violation': [
    'The value is longer or larger than the schema allows.',
    'Another object of the forest has the value.',
  ],
  'syntax-violation': [
    'A rule gives text where the directory expects a number, a time or a name.',
    'The value is longer than the attribute holds.',
  ],
  'server-busy': ['The domain controller works through many requests, for example after a bulk change.'],
  'read-only-server': ['A read-only domain controller of a branch is named under "servers", or was found there.'],
  'unwilling-to-perform': [
    'A password does not meet the policy, or the connection is not encrypted.',
    'The attribute is kept by the system.',
    'The delete or move is not allowed for a built-in or protected object.',
  ],
  'changed-in-directory': ['An administrator or another program writes the same attribute.'],
  'source-anchor-protected': [
    'A rule gives another or an empty value for an account that has an anchor already.',
    'The attribute that the anchor comes from was changed in the configuration.',
  ],
  'modify-naming-attribute': ['A rule writes cn, or another attribute that is the first part of the name.'],
  'invalid-dn': [
    'A value that the rule makes the name of has a character that is not escaped.',
    'That value is empty.',
  ],
  'invalid-attribute-value': [
    'The value has a form that the target does not take.',
    'The value in the source was typed by hand and is wrong.',
  ],
  'password-policy-violation': [
    'The password is too short or too simple, or was used before.',
    'The policy allows a change only once a day.',
  ],
  'password-set-disallowed': [
    'The right to reset passwords was not granted on the container.',
    'The object is a protected administrator (adminCount 1).',
  ],
  'kerberos-time-skew': [
    'This machine takes its time from nowhere, or from the host of its virtual machine.',
    'It was resumed from a snapshot.',
  ],
  'kerberos-no-logon-server': [
    'The domain controllers cannot be reached.',
    'DNS no longer gives the records by which they are found.',
  ],
  'encryption-not-enabled': ['A password is written, and the address begins with ldap://.'],
  'encryption-key-lost': ['In Entra Connect the database was moved without the key that protects it.'],
  'missing-anchor-component': ['No rule gives the value, or the attribute that it reads is empty.'],
  'anchor-too-long': ['An attribute of free text was chosen as the source anchor.'],
  'code-page-conversion': ['Another product wrote to a system that has no Unicode.'],
  'locking-error-needs-retry': ['Somebody changed the object at the same moment.'],
  'missing-provisioning-attribute': [
    'The attribute that the rule reads is empty in the source.',
    'No rule gives the value.',
  ],
  'invalid-provisioning-attribute-value': ['A rule makes the value of a source that was filled wrongly.'],
  'user-principal-name-not-verified': [
    'The forest has an internal name such as .local, which nobody can verify.',
    'The domain was not added to the tenant, or not verified yet.',
  ],
  'unexpected-error': defect,
};
