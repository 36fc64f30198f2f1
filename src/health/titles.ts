/** Plain words for the classic strings of the run history (sync-engine s.1.9, s.1.10). */

const statuses: Readonly<Record<string, string>> = {
  success: 'Done',
  'in-progress': 'Under way',
  'completed-no-objects': 'Nothing to do',
  'completed-warnings': 'Done, with warnings',
  'completed-export-errors': 'Done, but some objects were refused',
  'completed-sync-errors': 'Done, but rules failed for some objects',
  'completed-discovery-errors': 'Some objects could not be read; nothing was concluded from absence',
  'completed-transient-objects': 'Done, but some references are unresolved',
  'stopped-error-limit': 'Stopped: too many objects failed',
  'stopped-deletion-threshold-exceeded': 'Stopped before anything was written: too many deletes',
  'stopped-database-disk-full': 'Stopped: the disk is full',
  'stopped-database-connection-lost': 'Stopped: the store could not be used',
  'stopped-connectivity': 'Stopped: the connection was lost',
  'stopped-server-down': 'Stopped: the server does not answer',
  'stopped-bad-server-credentials': 'Stopped: the credentials were refused',
  'stopped-unexpected-data': 'Stopped: the directory delivered something unexpected',
  'stopped-parsing-errors': 'Stopped: the data could not be read',
  'stopped-user-termination-from-wmi-or-ui': 'Stopped by an operator',
  'stopped-server-shutdown': 'Interrupted when the engine ended',
  'stopped-object-limit': 'Stopped: the object limit was reached',
  'stopped-out-of-memory': 'Stopped: out of memory',
  'stopped-server': 'Stopped by a defect',
  'stopped-source-collapse': 'Stopped before anything was staged: the source lost too many objects',
  'no-start-credentials': 'Not started: the credentials were refused',
  'no-start-connection': 'Not started: no connection',
  'no-start-ma-already-running': 'Not started: the connector is busy',
  'no-start-no-domain-controller': 'Not started: no domain controller was found',
  'no-start-bad-ma-configuration': 'Not started: the configuration is wrong',
  'no-start-partition-delete': 'Not started: a partition is gone',
  'no-start-partition-rename': 'Not started: a partition has another name',
};

/** The title of a run status. A status that has none is shown as it is, with spaces. */
export const statusTitle = (status: string): string =>
  (Object.hasOwn(statuses, status) ? statuses[status] : undefined) ?? status.replaceAll('-', ' ');

/** `ok`, `warning`, `error` or `running`: how bad a status is (sync-engine s.1.10, worst first). */
export function statusSeverity(status: string): 'ok' | 'warning' | 'error' | 'running' {
  if (status === 'in-progress') return 'running';
  if (/^(stopped|no-start)/.test(status)) return 'error';
  return /-(errors|warnings|objects)$/.test(status) && status !== 'completed-no-objects' ? 'warning' : 'ok';
}

export type CounterGroup = 'staging' | 'inbound' | 'outbound' | 'export' | 'confirm';
const counters: Readonly<Record<string, readonly [CounterGroup, string]>> = {
  'filtered-objects': ['staging', 'Out of scope'],
  'stage-no-change': ['staging', 'Unchanged'],
  'stage-add': ['staging', 'Adds'],
  'stage-update': ['staging', 'Updates'],
  'stage-rename': ['staging', 'Renames'],
  'stage-delete': ['staging', 'Deletes'],
  'stage-delete-add': ['staging', 'Delete adds'],
  'stage-failure': ['staging', 'Not readable'],
  'stage-kept': ['staging', 'Kept, deletion not proved'],
  'disconnector-filtered': ['inbound', 'Filtered disconnectors'],
  'disconnector-joined-no-flow': ['inbound', 'Joins without flow'],
  'disconnector-joined-flow': ['inbound', 'Joins'],
  'disconnector-projected-no-flow': ['inbound', 'Projections without flow'],
  'disconnector-projected-flow': ['inbound', 'Projections'],
  'disconnector-remains': ['inbound', 'Disconnectors'],
  'connector-filtered-remove-mv': ['inbound', 'Filtered connectors, identity removed'],
  'connector-filtered-leave-mv': ['inbound', 'Filtered connectors, identity kept'],
  'connector-flow': ['inbound', 'Connectors with flow updates'],
  'connector-no-flow': ['inbound', 'Connectors without flow updates'],
  'connector-delete-remove-mv': ['inbound', 'Deleted connectors, identity removed'],
  'connector-delete-leave-mv': ['inbound', 'Deleted connectors, identity kept'],
  'connector-delete-add-processed': ['inbound', 'Delete adds processed'],
  'flow-failure': ['inbound', 'Failures'],
  'provisioned-add-flow': ['outbound', 'Provisioning adds'],
  'provisioned-disconnect': ['outbound', 'Provisioning disconnects'],
  'export-attribute-flow': ['outbound', 'Export attribute flow'],
  'references-changed': ['outbound', 'References changed'],
  'export-add': ['export', 'Adds'],
  'export-update': ['export', 'Updates'],
  'export-rename': ['export', 'Renames'],
  'export-delete': ['export', 'Deletes'],
  'export-delete-add': ['export', 'Delete adds'],
  'export-failure': ['export', 'Refused'],
  'export-references': ['export', 'References'],
  'export-not-confirmed': ['confirm', 'Not confirmed'],
};

/** Group and label of a counter, as the Operations tab has them. */
export function counterTitle(name: string): { group: CounterGroup; title: string } {
  const known = Object.hasOwn(counters, name) ? counters[name] : undefined;
  return known ? { group: known[0], title: known[1] } : { group: 'staging', title: name.replaceAll('-', ' ') };
}

/** Counters that say that nothing happened: a run that has no others did nothing. */
const idle = new Set([
  'filtered-objects',
  'stage-no-change',
  'disconnector-filtered',
  'disconnector-remains',
  'connector-no-flow',
]);

/** Run statuses that are reached without doing anything: well, or with errors of earlier runs that still stand. */
const quiet: ReadonlySet<string> = new Set([
  'success',
  'completed-no-objects',
  'completed-sync-errors',
  'completed-export-errors',
]);

/** Whether a run changed nothing and met nothing new. */
export const didNothing = (run: {
  readonly status: string;
  readonly counters: Readonly<Record<string, number>>;
}): boolean => quiet.has(run.status) && Object.entries(run.counters).every(([name, n]) => n === 0 || idle.has(name));
