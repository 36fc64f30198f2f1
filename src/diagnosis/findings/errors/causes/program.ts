/**
 * What usually leads to codes of commands, the API and connectors. A code that only says what is wrong with what was
 * typed or asked for has none: there the meaning is the cause. Those are listed, so that no other page can lack causes.
 */
import type { Causes } from '../page.ts';
import { connectionCauses, statusCauses } from './statuses.ts';

const hasMeaningOnly: readonly string[] = [
  'bad-argument',
  'bad-case',
  'bad-case-file',
  'bad-cursor',
  'bad-duration',
  'bad-export',
  'bad-scope',
  'bad-switch',
  'file-exists',
  'no-cases',
  'no-scope',
  'no-such-file',
  'no-such-folder',
  'no-tenant',
  'not-signed-in',
  'nothing-to-approve',
  'nothing-to-back-up',
  'unknown-example',
];
/** Codes of bad input, whose meaning is their cause. */
export const selfEvident: ReadonlySet<string> = new Set(hasMeaningOnly);

const threadEnded: Causes = ['The machine had no memory left.', 'A defect; the log has the last words.'];
const threadRefused: Causes = [
  'The machine has no memory for it.',
  'The installation is damaged, so that a file of the program is missing.',
];
const misspelt: Causes = ['The name is misspelt.', 'It was removed or renamed meanwhile.'];
const configured: Causes = [
  'A key is misspelt or indented wrongly.',
  'A value has the wrong type.',
  'A variable or file that a setting refers to is missing.',
];
const lost = connectionCauses['dropped-connection']!;

export const programCauses: Readonly<Record<string, Causes>> = {
  'bad-configuration': [
    'Two settings of the connector exclude each other.',
    'A setting was copied from a connector of another kind.',
  ],
  'invalid-configuration': configured,
  'configuration-error': configured,
  'configuration-not-found': ['The command was started in another folder.', 'The configuration was not made yet.'],
  'clear-text-password': ['The key was set for a test without certificates, and stayed.'],
  cancelled: ['Somebody pressed Ctrl+C, or closed the page or the connection.'],
  'cannot-read-file': [
    'The path is misspelt or begins at another folder.',
    'The service runs as a user who may not read it.',
  ],
  'file-changed': ['The program that writes the file was not done yet.'],
  'empty-file': [
    'The program that writes the file failed, or had just begun.',
    'The disk was full when it was written.',
  ],
  'malformed-ldif': [
    'The file was edited by hand.',
    'A value with special characters or several lines was written without base64.',
  ],
  'no-service': ['The service was not started, or has ended.', 'It runs with another configuration than the command.'],
  'no-state': ['No cycle has run yet.', 'The configuration names another folder of state than the service uses.'],
  'not-approved': ['Whoever was asked did not confirm.'],
  'seed-unreadable': ['The file was edited by hand.', 'It has a member that the tenant does not know.'],
  'tenant-order-refused': [
    'The local tenant is in a state in which the order makes no sense.',
    'A value of the order is not valid.',
  ],
  'unknown-finding': [
    'The cause was repaired, and the finding went with it.',
    'The finding is only told for one object.',
  ],
  'unknown-object': ['The name is misspelt.', 'The object is in no container that is read, or was not imported yet.'],
  'ambiguous-reference': ['People in several directories have the same name.'],
  'unknown-connector': misspelt,
  'unknown-rule': misspelt,
  'ambiguous-rule': ['Rules of several connectors have one name.'],
  'fix-refused': [
    'The account of the connector lacks the right to write.',
    'The object was changed after the diagnosis.',
    'The change breaks a rule of the directory or the cloud.',
  ],
  'not-applicable': [
    'It takes a decision of a person, or a tool of another system.',
    'The directory is a file, and is edited where it is made.',
  ],
  'service-runs': ['"stateDirectory" was changed in the configuration of a service that runs.'],
  'configuration-changed': ['Somebody edited the file, or another change was made first.'],
  'configuration-taken-back': ['An address of the new configuration is taken.', 'A file was gone before it was read.'],
  'configuration-not-writable': ['The file is mounted for reading only.', 'The file belongs to another user.'],
  'only-on-the-machine': ['Somebody in the console changed a server, an account, a path or the sign-in.'],
  'change-under-way': ['Two people changed the configuration at once.'],
  'plan-runs': ['The configuration is changed while a plan is exported.'],
  'unknown-value': ['The table is of an earlier check.', 'Lines were added to the table by hand.'],
  'engine-hung': ['A server took a connection and does not answer.', 'A defect of the program.'],
  'ad-permission-missing': [
    'The right was never granted at the root of the domain.',
    'Inheritance is switched off on the object or its container.',
    'The account was replaced, and the new one lacks the right.',
  ],
  'dropped-connection': lost,
  'connection-lost': lost,
  'failed-authentication': connectionCauses['failed-authentication']!,
  'invalid-credentials': connectionCauses['failed-authentication']!,
  'failed-connection': connectionCauses['failed-connection']!,
  'failed-permission': connectionCauses['failed-permission']!,
  'full-import-required': [
    'The mark is too old, because no import ran for a long time.',
    'Another domain controller answers, or this one was restored.',
    'A container was moved into the selection.',
  ],
  'no-domain-controller': statusCauses['no-start-no-domain-controller']!,
  'partition-missing': statusCauses['no-start-partition-delete']!,
  'server-not-synchronized': [
    'The domain controller was started or promoted a short time ago.',
    'Its replication fails.',
  ],
  'source-collapse': statusCauses['stopped-source-collapse']!,
  'error-limit': statusCauses['stopped-error-limit']!,
  'deletion-threshold': statusCauses['stopped-deletion-threshold-exceeded']!,
  'idle-timeout': [
    'The server is overloaded.',
    'A firewall on the way dropped the connection without telling either side.',
  ],
  'protocol-error': [
    'The port belongs to another service.',
    'TLS is spoken on one side only: ldap:// and ldaps:// are mixed up.',
  ],
  'tls-failed': [
    'The certificate is not trusted here, has expired, or is for another name.',
    'The server offers old versions of TLS only.',
    'The domain controller has no certificate.',
  ],
  refused: [
    'A sign-in without encryption was asked for.',
    'The address in the configuration is no address of a directory.',
    'A large group was edited while its members were read, or may not be read.',
  ],
  result: ['The account lacks a right.', 'The object or value is not what the server expects.'],
  closed: ['The server or a firewall ended it while nothing was asked.', 'The run was stopped.'],
  conflict: ['A run or another change is under way.', 'Somebody else changed the same thing meanwhile.'],
  forbidden: ['The person has a role that may look and not change.'],
  'not-found': ['The name or number is misspelt.', 'It was removed, for example an old run.'],
  'too-large': ['A file or a list was sent whole, where a part was meant.'],
  'too-many-requests': [
    'Wrong credentials were tried too often at the sign-in.',
    'A script or many open pages ask more than is taken at once.',
  ],
  'too-many-jobs': ['Several people or scripts ask for plans and explanations at once.'],
  unavailable: ['The service starts or ends.', 'A part of it ended and is being started again.'],
  'wrong-host': [
    'The console was opened by an address or name that is not configured.',
    'A proxy before the service changes the host name.',
  ],
  'cross-site': ['A link or form of another site led here.', 'A proxy before the service changes the origin.'],
  'sign-in-failed': [
    'The person broke the sign-in off, or is not allowed to use the application.',
    'The client id, secret or address of return is not what the provider has.',
    'It took too long, so that the attempt had expired.',
  ],
  'provider-unavailable': ['The address of the provider is misspelt.', 'A firewall or proxy stops the way to it.'],
  'no-role': [
    'The person is in no group, or has no application role, that gives one.',
    'The provider does not send the claim that the configuration reads.',
  ],
  'rule-problems': ['A rule file was edited by hand.', 'A rule names an attribute or function that does not exist.'],
  'engine-already-running': ['The service runs on this machine.', 'A command of another window is still at work.'],
  'lease-over': [
    'The machine slept, or was stopped for a while, and did not renew it.',
    'The disk was so slow that it could not be renewed in time.',
  ],
  'engine-ended': threadEnded,
  'engine-down': threadRefused,
  'reader-ended': threadEnded,
  'reader-down': threadRefused,
  'tenant-down': threadEnded,
  'tenant-not-started': ['Its port is taken by another program.', 'Its seed or its state cannot be read.'],
  'tenant-not-readable': [
    'The credentials were refused.',
    'The application may not read users or settings of the tenant.',
    'The tenant cannot be reached.',
  ],
  'address-taken': ['The service runs already.', 'Another program uses the port.'],
  'address-not-usable': [
    'The configuration was copied from another machine.',
    'The address of this machine was changed.',
  ],
  'plan-damaged': ['The file was edited.', 'It was copied or written in part only.'],
  'plan-moved': ['A cycle ran after the plan was made.', 'The directory, the rules or the configuration were changed.'],
  'plan-changed': ['A cycle ran, and other objects are to be deleted now.'],
  'work-failed': ['The store, a connector or a file that the work needs cannot be used.'],
  'store-error': [
    'The disk is full or fails.',
    'The service runs as a user who may not write there.',
    'The file is damaged.',
  ],
  'store-locked': ['The service is writing.', 'A backup or antivirus program has the file open.'],
  'store-newer': ['An older version of the program was installed, or a copy of another machine was put back.'],
  'store-older': ['The program was upgraded, and no cycle has run since.'],
  'discovery-errors': [
    'The account may not read an object or attribute.',
    'A value is against the schema.',
    'A line of a directory file is damaged.',
  ],
  stopped: statusCauses['stopped-user-termination-from-wmi-or-ui']!,
  'partition-recreated': ['A test domain was built again.', 'The name now leads to another forest.'],
  'engine-elsewhere': [
    'The state lies on a share that another machine uses.',
    'The service was moved to another machine.',
  ],
  'service-refused': [
    'The command runs as another user than the service.',
    'The state was copied, and the token of the service in it is another one.',
  ],
  'no-plan': ['No plan was made yet.', 'The path of the plan file is misspelt.'],
  'no-tenant-yet': ['The local tenant was neither started nor seeded since the section was written.'],
};
