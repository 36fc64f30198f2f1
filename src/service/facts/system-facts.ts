/** What is true of the running system besides its store, for diagnosis. */
import { readFileSync, statfsSync, statSync } from 'node:fs';
import type { Endpoint, SystemFacts } from '../../diagnosis/diagnose-context.ts';
import { durationMs } from '../../model/duration.ts';
import type { Store } from '../../store/store.ts';
import { type LoadedConfiguration, pathOf } from '../configuration/configuration.ts';
import { stateDirectory, storeFile } from '../engine/open-engine.ts';
import { deletionThreshold, isApproved } from '../engine/settings.ts';
import { passwordSystemFacts } from '../passwords/facts.ts';
import { placesOf } from './explain.ts';
import { fieldsOf } from './status.ts';

export function systemFacts(config: LoadedConfiguration, store: Store): SystemFacts {
  const fields = fieldsOf(store, config, { nextStart: undefined, inProgress: false });
  const { settings } = config;
  const path = stateDirectory(config);
  const disk = statfsSync(path);
  return {
    staging: fields.StagingModeEnabled,
    passwords: passwordSystemFacts(store, config),
    deletionThreshold: deletionThreshold(store.records, settings.scheduler.deletionThreshold),
    isApproved: (hash) => isApproved(store, hash),
    sourceAnchor: settings.sourceAnchor,
    scheduler: {
      enabled: fields.SyncCycleEnabled,
      suspended: fields.SchedulerSuspended,
      intervalMs: durationMs(fields.CurrentlyEffectiveSyncCycleInterval),
    },
    engine: { state: 'running', detail: 'in this service' },
    disk: { path, freeBytes: disk.bavail * disk.bsize, storeBytes: sizeOf(storeFile(config)) },
    endpoints: endpointsOf(config),
    locate: placesOf(config),
    configurationFile: config.file,
    initialDomains: new Map(
      settings.connectors
        .filter((c) => c.type === 'entra')
        .map((c) => [c.name, settings.tenant?.initialDomain ?? c.name] as const),
    ),
  };
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

function endpointsOf(config: LoadedConfiguration): Endpoint[] {
  return config.settings.connectors.flatMap((c): Endpoint[] => {
    if (c.type === 'entra') return c.url === undefined ? [] : [{ connector: c.name, kind: 'cloud', urls: [c.url] }];
    if (c.type !== 'active-directory') return [];
    const ca = c.tls?.ca === undefined ? {} : { ca: readFileSync(pathOf(config, c.tls.ca), 'utf8') };
    const domain = c.domain === undefined ? {} : { domain: c.domain };
    return [
      {
        connector: c.name,
        kind: 'directory',
        urls: c.servers ?? [],
        ...domain,
        startTls: c.tls?.startTls === true,
        ...ca,
        user: c.bind.user,
      },
    ];
  });
}
