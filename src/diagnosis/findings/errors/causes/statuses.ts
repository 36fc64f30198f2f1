/** What usually leads to each status of a run and each result of a connection (sync-engine s.1.9 and 1.10). */
import type { Causes } from '../page.ts';

const stopped: Causes = ['Somebody used causeway stop, or the button of the console.'];
const lost: Causes = [
  'A firewall or load balancer on the way ends connections that are idle or old.',
  'The server was restarted in the middle of the work.',
  'The network was interrupted.',
];
const refused: Causes = [
  'The password was changed or expired, and the configuration refers to the old one.',
  'The account is locked or disabled.',
  'The secret or certificate of the application has expired.',
];
const noWay: Causes = [
  'A firewall does not let the port through.',
  'The name cannot be resolved, or the server is not running.',
  'The certificate of the server is not trusted here.',
];
const foreignCode: Causes = [
  'Code that somebody added to another product has a defect, or met data it does not expect.',
];
const deadlock: Causes = ['Two runs of the other product wrote the same rows at the same time.'];
const defect: Causes = ['A defect of the program.'];

export const statusCauses: Readonly<Record<string, Causes>> = {
  success: ['Nothing was in the way.'],
  'in-progress': ['The step has begun and not ended.'],
  'completed-no-objects': ['Nothing changed since the last export.'],
  'completed-warnings': [
    'Somebody else writes to the same objects.',
    'The directory changes values by itself.',
    'The cloud set a value aside because another object has it.',
  ],
  'completed-export-errors': [
    'Another object has the value already.',
    'A value is not valid, or is too long.',
    'The account lacks a right on the object.',
  ],
  'completed-sync-errors': ['An expression does not allow for an absent value.', 'Two objects claim one identity.'],
  'completed-discovery-errors': [
    'The account may not read an object or attribute.',
    'A value is against the schema.',
    'A line of a directory file is damaged.',
  ],
  'completed-transient-objects': [
    'The object that is referred to is in a container that is not selected.',
    'It was made after the import had passed its place, so that the next import brings it.',
    'The account may not see it.',
  ],
  'completed-skipped-already-completed': ['The engine ended after the step was done and before the cycle was.'],
  'completing-obsoletion': ['The engine was ended in the last phase of an import.'],
  'completing-referential-updates': ['The engine was ended while references were brought up to date.'],
  'completing-recomputation': ['The engine was ended while identities were computed again.'],
  'stopped-error-limit': [
    'A rule was changed and fails for everybody.',
    'An attribute that the rules need is not read any more.',
    'The cloud refuses everything, for example because synchronization is off in the tenant.',
  ],
  'stopped-deletion-threshold-exceeded': [
    'A container was renamed, moved or taken out of the selection.',
    'A filter was added or changed.',
    'Objects were really deleted in the directory.',
  ],
  'stopped-source-collapse': [
    'The account lost the right to see the objects.',
    'The file was cut off while it was written or copied.',
    'The connection leads to another server or an empty copy.',
  ],
  'stopped-database-disk-full': [
    'Logs or backups on the same disk grew.',
    'A first full import needs more room than was planned.',
  ],
  'stopped-database-connection-lost': [
    'Another process locks the database, for example a backup program.',
    'The disk or network share under it failed.',
    'The file was moved or deleted while the engine ran.',
  ],
  'stopped-connectivity': lost,
  'stopped-server-down': [
    'The domain controller is being restarted, or was switched off.',
    'The server is so busy that it does not answer in time.',
  ],
  'stopped-bad-server-credentials': [
    'The password was changed, or the account locked, while the step ran.',
    'The secret or certificate expired in the middle of a long export.',
  ],
  'stopped-unexpected-data': [
    'Something on the way, such as a proxy, answers in place of the server.',
    'The server is not the kind that the connector expects.',
  ],
  'stopped-parsing-errors': [
    'The file was edited by hand, or written in another format.',
    'The file was read while another program was still writing it.',
  ],
  'stopped-user-termination-from-wmi-or-ui': stopped,
  'stopped-server-shutdown': [
    'The service was stopped or the machine restarted, for example for an update.',
    'The process was ended from outside.',
  ],
  'stopped-object-limit': ['The run profile has a limit, and it was reached; that is no error.'],
  'stopped-out-of-memory': [
    'The machine or the container has less memory than so many objects need.',
    'Another program on the machine took it.',
  ],
  'stopped-server': defect,
  'stopped-password-sync': [
    'The account lacks a right of replication.',
    'The domain controller or the cloud cannot be reached.',
  ],
  'no-start-credentials': refused,
  'no-start-connection': noWay,
  'no-start-ma-already-running': ['A cycle of the schedule is under way.', 'Somebody else started a run by hand.'],
  'no-start-no-domain-controller': [
    'The machines under "servers" were replaced, and the list was not.',
    'The network to them is down.',
    'DNS no longer gives the records by which they are found.',
  ],
  'no-start-bad-ma-configuration': [
    'A setting was edited and does not fit the directory.',
    'The directory was changed, for example another naming context or functional level.',
  ],
  'no-start-partition-delete': [
    'The domain was taken out of the forest.',
    'The domain was built again under the same name, so that its identifier is another one.',
  ],
  'no-start-partition-rename': ['The domain was renamed.'],
  'no-start-ma-delete': ['The connector was taken out of the configuration while a run was waiting.'],
  'no-start-server-shutdown': ['The service was stopped at the moment the step was to begin.'],
  'no-start-unknown': ['Something failed before the step could say what.'],

  'stopped-extension-dll-exception': foreignCode,
  'stopped-extensible-extension-error': foreignCode,
  'stopped-entry-point-not-implemented': foreignCode,
  'stopped-deadlocked': deadlock,
  'sql-deadlock': deadlock,
  'call-failure': [
    'The engine of the other product was restarting, or was busy with another call.',
    'The caller may not use it.',
  ],
  'connection-failure': [
    'The service is not running.',
    'The call was made on another machine than the one of the engine.',
  ],
};

export const connectionCauses: Readonly<Record<string, Causes>> = {
  'failed-connection': noWay,
  'dropped-connection': lost,
  'failed-authentication': refused,
  'failed-permission': [
    'The right was never granted, or was granted on another container.',
    'The account was replaced, and the new one lacks the right.',
    'The object does not inherit the rights of its container.',
  ],
  'failed-search': [
    'The account lacks the right to replicate changes.',
    'The base of the search is not there, or is hidden from the account.',
  ],
  'warning-no-watermark': [
    'The account lacks the right to replicate changes.',
    'The server is not the kind that keeps one.',
  ],
};
