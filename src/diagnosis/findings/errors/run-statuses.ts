/** How a run can end, in words (sync-engine s.1.10), and how a connection can (s.1.9). */
import type { Told } from './page.ts';

export const runStatuses: Readonly<Record<string, Told>> = {
  success: ['Done', 'The step did everything it had to do.', 'Nothing.'],
  'in-progress': ['Under way', 'The step is running now.', 'Wait, or stop it: causeway stop'],
  'completed-no-objects': ['Nothing to do', 'There was nothing to export.', 'Nothing.'],
  'completed-warnings': [
    'Done, with warnings',
    'Something is not as expected, most often a value that was exported and came back otherwise.',
    'Look at what was not confirmed: causeway diagnose',
  ],
  'completed-export-errors': [
    'Done, but some objects were refused',
    'The directory or the cloud refused some of the changes; the others are written.',
    'causeway diagnose names each cause with its fix.',
  ],
  'completed-sync-errors': [
    'Done, but rules failed for some objects',
    'Some objects keep their pending import because a rule or a join failed for them; the others went through.',
    'causeway diagnose names the rule, the expression and the values.',
  ],
  'completed-discovery-errors': [
    'Some objects could not be read; nothing was concluded from absence',
    'The import met objects it could not read. So nothing was taken as deleted, and the same is read again next time.',
    'causeway diagnose names the objects; correct them or let the account read them.',
  ],
  'completed-transient-objects': [
    'Done, but some references are unresolved',
    'Some references lead to objects that were not delivered.',
    'Run a full import; then causeway diagnose tells what is missing.',
  ],
  'completed-skipped-already-completed': [
    'Left out, because it was done before',
    'A step that had been finished before an interruption was not repeated.',
    'Nothing.',
  ],
  'completing-obsoletion': [
    'Interrupted while looking for what is gone',
    'The import was read, and was still looking for objects that are gone when it ended.',
    'Run the import again.',
  ],
  'completing-referential-updates': [
    'Interrupted while following references',
    'The step had still to bring references up to date.',
    'Run it again.',
  ],
  'completing-recomputation': [
    'Interrupted while computing again',
    'The step had still to compute identities again.',
    'Run a full synchronization.',
  ],
  'stopped-error-limit': [
    'Stopped: too many objects failed',
    'More than 5,000 objects failed, so that the cause is rather a rule or the configuration than the data.',
    'Repair the cause that causeway diagnose names first, then run a full synchronization.',
  ],
  'stopped-deletion-threshold-exceeded': [
    'Stopped before anything was written: too many deletes',
    'More objects would be deleted than the limit allows; therefore nothing at all is exported.',
    'causeway diagnose tells where the objects went. Repair the cause, or approve exactly these deletes.',
  ],
  'stopped-source-collapse': [
    'Stopped before anything was staged: the source lost too many objects',
    'A full import found far fewer objects than are known. It is taken for a fault and nothing is staged.',
    'Check the account, the selection and the directory. If the objects really went, raise limits.collapseShare for one run.',
  ],
  'stopped-database-disk-full': [
    'Stopped: the disk is full',
    'The store could not grow. Everything that was committed is kept.',
    'Make room and start the cycle again.',
  ],
  'stopped-database-connection-lost': [
    'Stopped: the store could not be used',
    'The store was locked, damaged or gone.',
    'causeway diagnose tells which; a damaged store can be rebuilt by a full import.',
  ],
  'stopped-connectivity': [
    'Stopped: the connection was lost',
    'The connection to the directory or the cloud broke and did not come back.',
    'causeway diagnose walks the way hop by hop.',
  ],
  'stopped-server-down': [
    'Stopped: the server does not answer',
    'The server stopped answering.',
    'Start it, or name another one under "servers".',
  ],
  'stopped-bad-server-credentials': [
    'Stopped: the credentials were refused',
    'The account was refused in the middle of a run.',
    'causeway diagnose tells the sub-code in words.',
  ],
  'stopped-unexpected-data': [
    'Stopped: the directory delivered something unexpected',
    'What came is not what the protocol or the schema allows.',
    'Run a full import; if it stays, report it with a support bundle.',
  ],
  'stopped-parsing-errors': [
    'Stopped: the data could not be read',
    'The file or the answer has a form that cannot be read.',
    'The message names the line; correct it.',
  ],
  'stopped-user-termination-from-wmi-or-ui': [
    'Stopped by an operator',
    'Somebody stopped the run. What was pending stays pending.',
    'Nothing; the next cycle goes on.',
  ],
  'stopped-server-shutdown': [
    'Interrupted when the engine ended',
    'The engine ended while the step ran. The next cycle resolves what was under way.',
    'Nothing, if it was intended; otherwise look at the log of the service.',
  ],
  'stopped-object-limit': [
    'Stopped: the object limit was reached',
    'The step was to take so many objects only.',
    'Nothing.',
  ],
  'stopped-out-of-memory': [
    'Stopped: out of memory',
    'The process had no memory left.',
    'Give it more memory (600 MB for 100,000 objects, 1.5 GB for a million).',
  ],
  'stopped-server': [
    'Stopped by a defect',
    'The program met a state it does not expect.',
    'Report it with a support bundle: causeway support-bundle',
  ],
  'stopped-password-sync': [
    'Password synchronization stopped',
    'The password channel could not go on.',
    'causeway passwords status tells why.',
  ],
  'no-start-credentials': [
    'Not started: the credentials were refused',
    'The directory or the cloud refuses the account.',
    'causeway diagnose tells the sub-code or the AADSTS code in words.',
  ],
  'no-start-connection': [
    'Not started: no connection',
    'No connection could be made.',
    'causeway diagnose walks the way hop by hop.',
  ],
  'no-start-ma-already-running': [
    'Not started: the connector is busy',
    'Another run of the connector is under way.',
    'Wait for it: causeway status',
  ],
  'no-start-no-domain-controller': [
    'Not started: no domain controller was found',
    'None of the domain controllers can be used.',
    'causeway diagnose lists those that were tried.',
  ],
  'no-start-bad-ma-configuration': [
    'Not started: the configuration is wrong',
    'A setting of the connector contradicts what the directory is.',
    'The message names the setting in causeway.yaml.',
  ],
  'no-start-partition-delete': [
    'Not started: a partition is gone',
    'A naming context of the configuration is not in the directory any more.',
    'Correct "partitions" of the connector.',
  ],
  'no-start-partition-rename': [
    'Not started: a partition has another name',
    'A naming context was renamed.',
    'Correct "partitions" of the connector.',
  ],
  'no-start-ma-delete': ['Not started: the connector is gone', 'The connector was removed.', 'Nothing.'],
  'no-start-server-shutdown': ['Not started: the engine was ending', 'The engine was about to end.', 'Start it again.'],
  'no-start-unknown': [
    'Not started',
    'The step could not start, and no reason is known.',
    'Look at the log of the service.',
  ],
};

/** Statuses of other products for the same things. */
export const classicStatuses: Readonly<Record<string, Told>> = {
  'stopped-extension-dll-exception': [
    'An extension failed',
    'Code that somebody added to a connector of Entra Connect failed. Causeway has no such extensions.',
    'Express it as a sync rule.',
  ],
  'stopped-extensible-extension-error': [
    'An extension failed',
    'A connector made by somebody else reported an error. Causeway has no such extensions.',
    'Look at that connector.',
  ],
  'stopped-entry-point-not-implemented': [
    'An extension has no such function',
    'A connector made by somebody else lacks a function. Causeway has no such extensions.',
    'Look at that connector.',
  ],
  'stopped-deadlocked': [
    'The database was locked by two at once',
    'SQL Server ended one of two that waited for each other. The store of Causeway has one writer.',
    'Start the run again.',
  ],
  'sql-deadlock': [
    'The database was locked by two at once',
    'The call itself met two transactions that waited for each other. The store of Causeway has one writer.',
    'Start the run again.',
  ],
  'call-failure': [
    'The call failed',
    'The management call itself failed, for the reason behind the colon.',
    'Call again; then look at the log.',
  ],
  'connection-failure': [
    'The engine cannot be reached',
    'The management call found no engine.',
    'Start the service: causeway start',
  ],
};

export const connectionResults: Readonly<Record<string, Told>> = {
  'failed-connection': [
    'No connection',
    'The server could not be reached, or is not what was expected.',
    'causeway diagnose walks the way hop by hop.',
  ],
  'dropped-connection': [
    'The connection broke',
    'The connection ended in the middle of the work.',
    'Look at firewalls with a short idle time; causeway diagnose.',
  ],
  'failed-authentication': [
    'Sign-in refused',
    'The account was refused.',
    'causeway diagnose tells the sub-code in words.',
  ],
  'failed-permission': [
    'A right is missing',
    'The account signed in, but may not do what it has to.',
    'The message names the permission; grant it.',
  ],
  'failed-search': [
    'A search was refused',
    'The directory refused a search, for example replication access (LDAP 8453).',
    'Grant "Replicating Directory Changes": causeway diagnose shows the command.',
  ],
  'warning-no-watermark': [
    'No place to go on from',
    'The directory gave no watermark, so that the next import reads everything.',
    'Nothing; if it stays so, look at the rights of the account.',
  ],
};

export interface StatusWords {
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
}
/** What a run status means; undefined for one that is not known. */
export function runStatus(status: string): StatusWords | undefined {
  const told = Object.hasOwn(runStatuses, status) ? runStatuses[status] : undefined;
  return told && { title: told[0], meaning: told[1], remedy: told[2] };
}
