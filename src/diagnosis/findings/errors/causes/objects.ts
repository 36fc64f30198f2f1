/** What usually leads to errors of single objects in synchronization and in reading (sync-engine s.1.11). */
import type { Causes } from '../page.ts';

const foreignCode: Causes = ['Code that was added to the other product has a defect, or met data it does not expect.'];
const byHand: Causes = ['The file was edited by hand, or a program that writes it has a defect.'];
const severalValues: Causes = [
  'A rule reads an attribute with many values into one with a single value.',
  'Objects of several directories give one value each.',
];
const badName: Causes = [
  'A special character in the name is not escaped.',
  'The attribute holds something else than a name, for example a mail address.',
];
const defect: Causes = ['A defect of the program.'];
const hidden: Causes = ['The account may not read the attribute on this object.', 'A directory file leaves it out.'];

export const synchronizationCauses: Readonly<Record<string, Causes>> = {
  'sync-rule-error-function-triggered': [
    'The rule is meant to stop objects whose values it cannot use.',
    'A value that the rule relies on is missing or occurs twice.',
  ],
  'rule-expression-error': [
    'A value that the expression relies on is absent.',
    'A value is of another type than the function expects.',
    'An index is out of range, because a text or list is shorter than expected.',
  ],
  'rule-conflict': [
    'A rule was copied, and both copies are in force for the same objects.',
    'The scopes of two joining rules overlap.',
  ],
  'exported-change-not-reimported': [
    'Somebody, or another program, changes the value in the target.',
    'The target writes the value in a form of its own.',
    'The cloud set the value aside because another object has it.',
  ],
  'ambiguous-import-flow-from-multiple-connectors': [
    'An account was copied with the value that joins.',
    'The join compares an attribute that is not unique.',
  ],
  'flow-does-not-settle': [
    'An expression adds to the value that it reads, such as [description] & "+".',
    'Two rules turn one value into the other, back and forth.',
  ],
  'ambiguous-export-flow-to-single-valued-attribute': severalValues,
  'flow-multi-values-to-single-value': severalValues,
  'cs-attribute-type-mismatch': [
    'The schema of the directory was changed after it was last read.',
    'A directory file gives text where a number or a name belongs.',
  ],
  'mv-constraint-violation': [
    'An attribute for notes flows into one that is used for searching.',
    'A rule puts several values together.',
  ],
  'duplicate-source-anchor': [
    'A migration tool copied mS-DS-ConsistencyGuid to a second account.',
    'The anchor comes from an attribute that is not unique.',
  ],
  'join-object-id-must-be-single-valued': ['The join names an attribute with several values, such as proxyAddresses.'],
  'cannot-parse-object-id': ['The attribute was written by hand or by a tool in another form.'],
  'cannot-parse-dn-component': badName,
  'dn-index-out-of-bounds': ['The object lies higher in the tree than the rule expects.'],
  'connector-filter-rule-violation': ['A filter was changed after the object had been linked.'],
  'unsupported-container-delete': ['A rule takes the last object out of a container and its container with it.'],
  'unexported-container-rename': ['The container was renamed by a rule, and its export failed or is still to come.'],
  'locking-error-needs-retry': ['Two steps worked on the same object at the same time.'],
  'unique-index-violation': [
    'Two objects have the same identifier or name.',
    'An object was deleted and made again within one import.',
  ],
  'encryption-key-lost': ['In Entra Connect the database was moved without the key that protects it.'],
  'missing-partition-for-run-step': [
    'A partition was taken out of the configuration, and a run still names it.',
    'Its name is misspelt.',
  ],
  'extension-dll-exception': foreignCode,
  'extension-dll-crash': foreignCode,
  'extension-dll-timeout': ['The added code waits for another system that does not answer in time.'],
  'extension-projection-object-type-not-set': foreignCode,
  'extension-projection-invalid-object-type': foreignCode,
  'extension-join-resolution-invalid-object-type': foreignCode,
  'extension-join-resolution-index-out-of-bounds': foreignCode,
  'extension-provisioning-call-limit-reached': ['The added code makes and removes the same object in turns.'],
  'extension-deprovisioning-invalid-result': foreignCode,
  'extension-entry-point-not-implemented': ['The added code was made for another version of the product.'],
  'extension-unexpected-attribute-value': foreignCode,
  'unexpected-error': defect,
};

export const discoveryCauses: Readonly<Record<string, Causes>> = {
  'not-confirmed-absent': [
    'An access list hides the object or its container.',
    'The account may not see deleted objects.',
  ],
  'missing-change-type': byHand,
  'invalid-change-type': ['A file of changes was given where a file of entries is expected.'],
  'multi-valued-change-type': byHand,
  'need-full-object': [
    'The object was moved into the selection from a container that is not selected.',
    'An earlier import could not read it.',
  ],
  'missing-dn': byHand,
  'dn-not-ldap-conformant': badName,
  'invalid-dn': badName,
  'missing-anchor': hidden,
  'missing-anchor-component': hidden,
  'multi-valued-anchor-component': [
    'Another attribute than objectGUID was chosen as the identifier.',
    'The file names the identifier twice in one entry.',
  ],
  'anchor-too-long': ['An attribute of free text was chosen as the identifier.'],
  'duplicate-object': [
    'Two files were put together, and both have the entry.',
    'An entry was copied with its identifier.',
  ],
  'missing-object-class': hidden,
  'missing-object-type': [
    'The account may not read objectClass.',
    'The object has only abstract or auxiliary classes.',
  ],
  'unmappable-object-type': [
    'objectClasses of the connector names a class that the rules do not know.',
    'The schema of the directory was extended with a class of its own.',
  ],
  'parse-error': [
    'The file was edited by hand, or written in another encoding.',
    'The file was read while another program was still writing it.',
  ],
  'read-error': ['The connection broke in the middle of the import.', 'The file or its disk cannot be read.'],
  'staging-error': ['The disk is full.', 'Another process locks the store.'],
  'invalid-modification-type': byHand,
  'conflicting-modification-types': byHand,
  'multi-single-mismatch': [
    'The file repeats an attribute that holds one value.',
    'The schema of the directory was changed after it was last read.',
  ],
  'invalid-attribute-value': [
    'The value was written by a tool that does not check it.',
    'The schema of the directory was changed after the value was written.',
  ],
  'invalid-base64-value': ['A line of the file was cut off or folded wrongly.', 'Plain text stands after two colons.'],
  'invalid-numeric-value': [
    'The number is written with separators, a unit or a decimal point.',
    'It is greater than 64 bits hold.',
  ],
  'invalid-boolean-value': ['The value is written as yes, no, 0 or 1.'],
  'reference-value-not-ldap-conformant': badName,
  'invalid-reference-value': [
    'The object that is referred to was deleted or renamed.',
    'The file leaves that object out.',
  ],
  'unsupported-value-type': [
    'The attribute has a rare syntax, such as that of an access list or of a name with a binary part.',
  ],
};
