/** What is true of the running system besides its store, for diagnosis. */
import { readFileSync, statfsSync, statSync } from 'node:fs';
import type { Endpoint, SystemFacts } from '../../diagnosis/diagnose-context.ts';
import { durationMs } from '../../model/duration.ts';
import { type LeaseHolder, leaseHolder } from '../../scheduler/lease.ts';
import { heldMs, windowAt } from '../../scheduler/maintenance.ts';
import type { Store } from '../../store/store.ts';
import { type LoadedConfiguration, pathOf } from '../configuration/configuration.ts';
import type { EntraConfiguration } from '../configuration/schema.ts';
import { stateDirectory, storeFile } from '../engine/open-engine.ts';
import { deletionThreshold, isApproved } from '../engine/settings.ts';
import { passwordSystemFacts } from '../passwords/facts.ts';
import { expiryOf } from './expiries.ts';
import { placesOf } from './explain.ts';
import { fieldsOf } from './status.ts';

export function systemFacts(config: LoadedConfiguration, store: Store): SystemFacts {
  const fields = fieldsOf(store, config, { now: Date.now(), nextStart: undefined, inProgress: false });
  const { settings } = config;
  const { maintenance } = settings.scheduler;
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
      maintenance: {
        windows: maintenance,
        openAt: (now) => windowAt(maintenance, now),
        heldMs: (from, to) => heldMs(maintenance, from, to),
      },
    },
    engine: { state: 'running', detail: holderOf(path) },
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

/** The holder of a lease in words. */
export const holderText = (h: LeaseHolder): string => `${h.purpose} (process ${h.pid} on ${h.host}, since ${h.since})`;

function holderOf(stateDirectory: string): string {
  const holder = leaseHolder(stateDirectory);
  return holder ? holderText(holder) : 'in this service';
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
    if (c.type === 'entra') return [cloudEndpoint(config, c)];
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

/** Microsoft's own addresses of a tenant that is named by no other. */
const microsoft = ['https://login.microsoftonline.com', 'https://graph.microsoft.com'];

function cloudEndpoint(config: LoadedConfiguration, c: EntraConfiguration): Endpoint {
  const certificate = 'certificate' in c.credential ? c.credential.certificate : undefined;
  const ends = certificate === undefined ? undefined : expiryOf('', pathOf(config, certificate))[0]?.expires;
  return {
    connector: c.name,
    kind: 'cloud',
    urls: c.url === undefined ? microsoft : [c.url],
    ...(c.tls?.ca === undefined ? {} : { ca: readFileSync(pathOf(config, c.tls.ca), 'utf8') }),
    application: {
      clientId: c.clientId,
      tenantId: c.tenantId,
      credential: credentialText(c.credential),
      ...(ends === undefined ? {} : { expires: ends }),
    },
  };
}

function credentialText(credential: EntraConfiguration['credential']): string {
  if ('certificate' in credential) return `the certificate in ${credential.certificate}`;
  if ('federatedToken' in credential) return `the federated token in ${credential.federatedToken}`;
  if ('managedIdentity' in credential) return 'the managed identity of this machine';
  const { secret } = credential;
  return 'file' in secret ? `the secret in ${secret.file}` : `the secret in the environment variable ${secret.env}`;
}
