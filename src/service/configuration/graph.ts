/** What `causeway.yaml` says of a connector of the dialect `graph` besides the keys of every connector to Entra ID. */
import { z } from 'zod';
import type { ExportForecast, ExportWork } from '../../connectors/contract.ts';
import { type EntraGraphConfig, graphForecast } from '../../connectors/entra/graph.ts';

/** Keys of the dialect `graph`; defaults are the published limits for one app in one tenant (entra-directory s.5.12). */
export const graphKeys = {
  quota: z
    .strictObject({
      writes: z.int().min(1).default(3000).describe('Writes in one window.'),
      writeSeconds: z.int().min(1).default(150).describe('Length of the window of writes.'),
      units: z.int().min(20).default(3500).describe('Resource units in one window.'),
      unitSeconds: z.int().min(1).default(10).describe('Length of the window of resource units.'),
      concurrency: z.int().min(1).max(16).default(8).describe('Most batches that travel at the same time.'),
    })
    .optional()
    .describe(
      'Dialect "graph": how much of the limits of Microsoft Graph this connector may use. Lower it where other programs write with the same app.',
    ),
};

interface GraphSettings {
  readonly quota?: z.infer<typeof graphKeys.quota>;
}

/** The options of the connector that follow. Devices are read only if rules want them, which takes a permission. */
export const graphOptions = (
  { quota }: GraphSettings,
  readsDevices: boolean,
): Pick<EntraGraphConfig, 'concurrency' | 'limits' | 'objectTypes'> => ({
  objectTypes: readsDevices ? ['user', 'group', 'device'] : ['user', 'group'],
  ...(quota === undefined
    ? {}
    : {
        concurrency: quota.concurrency,
        limits: {
          writes: { limit: quota.writes, seconds: quota.writeSeconds },
          units: { limit: quota.units, seconds: quota.unitSeconds },
        },
      }),
});

/** How long an export takes, for whoever only reads the configuration. */
export const forecastOf =
  (c: GraphSettings) =>
  (work: ExportWork): ExportForecast =>
    graphForecast(graphOptions(c, false), work);
