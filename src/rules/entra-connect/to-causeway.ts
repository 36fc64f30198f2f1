/** An imported configuration as the `causeway.yaml` that does the same (architecture s.3.1). Pure. */
import { stringify } from 'yaml';
import type { ImportedConfiguration } from './configuration.ts';
import type { ImportedConnector, ImportedPartition, ImportedRunProfile } from './read-connector.ts';

export interface CausewayConfiguration {
  /** Text of the file, with a comment wherever somebody has to decide. */
  readonly yaml: string;
  readonly notes: readonly string[];
}

/** Classes that the connector reads as structure whether selected or not. */
const structural = new Set(['container', 'domainDNS', 'organizationalUnit']);
const builtInProfiles = ['Full Import', 'Full Synchronization', 'Delta Import', 'Delta Synchronization', 'Export'];

/** The configuration file, and what it cannot say. Passwords are never exported: the file names environment variables. */
export function toCauseway(
  configuration: Pick<ImportedConfiguration, 'connectors' | 'globalParameters' | 'options'>,
): CausewayConfiguration {
  const notes: string[] = [];
  const { connectors, globalParameters, options } = configuration;
  const document = {
    stateDirectory: './state',
    connectors: connectors.flatMap((connector) => connectorEntry(connector, globalParameters, notes)),
    sourceAnchor: options.sourceAnchor,
    rules: { outOfBox: false, directory: './rules' },
    scheduler: schedulerEntry(globalParameters),
  };
  for (const { name, runProfiles } of connectors) noteProfiles(name, runProfiles, notes);
  return { yaml: stringify(document, { lineWidth: 120 }), notes };
}

function connectorEntry(
  connector: ImportedConnector,
  parameters: Readonly<Record<string, string>>,
  notes: string[],
): unknown[] {
  const variable = connector.name
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
  if (connector.type === 'entra') {
    const tenant = connector.name.replace(/ - AAD$/, '');
    notes.push(
      `Fill in tenantId and clientId of ${tenant}, and put the secret of the app registration in ${variable}_SECRET.`,
    );
    return [
      {
        name: connector.name,
        type: 'entra',
        dialect: 'graph',
        url: 'https://graph.microsoft.com',
        tenantId: '00000000-0000-0000-0000-000000000000',
        clientId: '00000000-0000-0000-0000-000000000000',
        credential: { secret: { env: `${variable}_SECRET` } },
      },
    ];
  }
  if (connector.type === 'unknown') {
    notes.push(`Causeway has no connector for ${connector.name} (${connector.category}); set one up with this name.`);
    return [];
  }
  const domain =
    connector.partitions.find((p) => p.parameters['Domain.FQDN'])?.parameters['Domain.FQDN'] ?? connector.forest;
  notes.push(
    `Put the password of ${connector.account ?? 'the account that reads the forest'} in ${variable}_PASSWORD.`,
  );
  const selected = connector.partitions.filter((partition) => partition.selected);
  const classes = new Set(selected.flatMap((partition) => partition.objectClasses));
  return [
    {
      name: connector.name,
      type: 'active-directory',
      domain: domain ?? connector.name,
      bind: {
        user: connector.account ?? `svc-causeway@${domain ?? connector.name}`,
        password: { env: `${variable}_PASSWORD` },
      },
      partitions: selected.map(partitionEntry),
      objectClasses: [...classes].filter((name) => !structural.has(name)),
      passwordHashSync:
        connector.passwordHashSync ||
        parameters['Microsoft.OptionalFeature.PasswordHashSync']?.toLowerCase() === 'true',
    },
  ];
}

/** Both sides decide by the longest container. A whole partition that is excluded is what a list of inclusions means anyway. */
function partitionEntry({ name, include, exclude }: ImportedPartition): unknown {
  const same = (dn: string): boolean => dn.toLowerCase() === name.toLowerCase();
  const included = include.filter((dn) => !same(dn));
  const excluded = exclude.filter((dn) => !same(dn));
  const wholeIncluded = include.some(same) || !exclude.some(same);
  const inclusions = wholeIncluded ? (included.length > 0 ? [name, ...included] : []) : included;
  return {
    base: name,
    ...(inclusions.length > 0 ? { include: inclusions } : {}),
    ...(excluded.length > 0 ? { exclude: excluded } : {}),
  };
}

function schedulerEntry(parameters: Readonly<Record<string, string>>): unknown {
  const value = (name: string): string => parameters[`Microsoft.${name}`]?.toLowerCase() ?? '';
  const [hours = 0, minutes = 30] = (parameters['Microsoft.Synchronize.TimeInterval'] ?? '').split(':').map(Number);
  const total = hours * 60 + minutes;
  const limit = Number(value('OptionalFeature.ExportDeletionThresholdValue'));
  return {
    enabled: value('Synchronize.SynchronizationSchedule') !== 'false',
    interval: `${Number.isFinite(total) && total > 0 ? total : 30}m`,
    // As after every migration: nothing is exported before somebody has looked at what would be (operations s.3.8).
    staging: true,
    deletionThreshold: value('OptionalFeature.ExportDeletionThreshold') === 'false' ? 0 : limit > 0 ? limit : 500,
  };
}

function noteProfiles(connector: string, profiles: readonly ImportedRunProfile[], notes: string[]): void {
  const own = profiles.filter(({ name }) => !builtInProfiles.includes(name)).map(({ name }) => name);
  if (own.length > 0)
    notes.push(`${connector} has run profiles of its own (${own.join(', ')}); run their steps with "causeway run".`);
  for (const { name, steps } of profiles) {
    const limited = steps.find(({ objectLimit }) => objectLimit > 0);
    if (limited)
      notes.push(
        `The run profile ${name} of ${connector} stops after ${limited.objectLimit} objects; that limit is not taken over.`,
      );
  }
}
