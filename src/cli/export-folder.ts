/** Our configuration as the folder of XML files that Entra Connect tools read. */
import { createHash } from 'node:crypto';
import { exportConfiguration } from '../rules/entra-connect/export.ts';
import type { ImportedConnector, ImportedPartition } from '../rules/entra-connect/read-connector.ts';
import type { LoadedConfiguration } from '../service/configuration/configuration.ts';
import type { LoadedRuleSet } from '../service/configuration/rule-set.ts';
import type { ConnectorConfiguration } from '../service/configuration/schema.ts';

/** The Entra connector has this identity in every installation (operations s.5.4). */
const cloudId = '{b891884f-051e-4a83-95af-2544101c9083}';

/** Path to XML text. Passwords and watermarks are no part of a configuration. */
export function exportFolder(config: LoadedConfiguration, loaded: LoadedRuleSet): Map<string, string> {
  const { settings } = config;
  return exportConfiguration({
    rules: loaded.rules,
    metaverseSchema: loaded.schema,
    connectors: settings.connectors.map((c) => exportedConnector(c, loaded)),
    globalParameters: {
      'Microsoft.SynchronizationOption.AnchorAttribute': settings.sourceAnchor,
      'Microsoft.Synchronize.SynchronizationPolicy': 'Delta',
      'Microsoft.Synchronize.SynchronizationSchedule': String(settings.scheduler.enabled),
      'Microsoft.Synchronize.StagingMode': String(settings.scheduler.staging),
    },
  });
}

function exportedConnector(c: ConnectorConfiguration, { ruleSet }: LoadedRuleSet): ImportedConnector {
  const isCloud = c.type === 'entra';
  const step = (partition: string) => ({ partition, objectLimit: 0, batchSize: 100 });
  const partitions = isCloud ? [] : (c.partitions ?? []).map((p) => partitionOf(c, p));
  return {
    id: isCloud ? cloudId : guidOf(c.name),
    name: c.name,
    type: isCloud ? 'entra' : 'active-directory',
    category: isCloud ? 'Extensible2' : 'AD',
    ...(c.type === 'active-directory' ? { forest: c.domain ?? c.name, account: c.bind.user } : {}),
    passwordHashSync: c.type === 'active-directory' && c.passwordHashSync === true,
    partitions,
    attributes: [...ruleSet.readAttributes(c.name)].sort(),
    runProfiles: [
      { name: 'Full Import', steps: [{ ...step('default'), type: 'full-import', stageOnly: true }] },
      { name: 'Full Synchronization', steps: [{ ...step('default'), type: 'full-sync' }] },
      { name: 'Delta Import', steps: [{ ...step('default'), type: 'delta-import', stageOnly: true }] },
      { name: 'Delta Synchronization', steps: [{ ...step('default'), type: 'delta-sync' }] },
      { name: 'Export', steps: [{ ...step('default'), type: 'export' }] },
    ],
    parameters: {},
  };
}

function partitionOf(
  c: Exclude<ConnectorConfiguration, { type: 'entra' }>,
  p: { base: string; include?: string[] | undefined; exclude?: string[] | undefined },
): ImportedPartition {
  return {
    name: p.base,
    id: guidOf(`${c.name}\n${p.base}`),
    selected: true,
    objectClasses: c.objectClasses ?? [],
    include: p.include ?? [p.base],
    exclude: p.exclude ?? [],
    parameters: {},
  };
}

/** The same name always gets the same identity. */
function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `{${[hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')}}`;
}
