/** What a change of the configuration would do, before it is made. */
import { z } from 'zod';
import { containerScope, structuralTypes } from '../../connector-space/scope.ts';
import type { Actor } from '../../health/audit.ts';
import { dnKey } from '../../model/dn.ts';
import type { Store } from '../../store/store.ts';
import type { ConnectorSettings } from '../../sync/context.ts';
import { type ConfigurationEdit, hashOfText, needsRestart, planConfiguration } from '../configuration/change.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { describeConnectors } from '../engine/make-connectors.ts';
import { deletionThreshold } from '../engine/settings.ts';
import type { ReadingState } from '../readings.ts';
import { settingChangeSchema } from './configuration-diff.ts';

export const configurationPlanSchema = z.object({
  changes: z.array(settingChangeSchema).describe('Against the configuration in force.'),
  hash: z.string().describe('Of the file as it will be.'),
  needsRestart: z.array(z.string()).describe('Settings that are effective after the next start of the service.'),
  leaving: z
    .array(z.object({ connector: z.string(), objects: z.number().int() }))
    .describe('Objects that were imported and are outside of the new selection of containers and types.'),
  notes: z.array(z.string()),
});
export type ConfigurationPlan = z.infer<typeof configurationPlanSchema>;

/** Throws a Refusal for a change that cannot be made. Reads only. */
export function configurationPlan(
  state: Pick<ReadingState, 'config' | 'store'>,
  actor: Actor,
  edit: ConfigurationEdit,
): ConfigurationPlan {
  const planned = planConfiguration(state, actor, edit);
  const leaving = leavingObjects(state.store, state.config, planned.config);
  const restart = needsRestart(planned.changes);
  return {
    changes: [...planned.changes],
    hash: hashOfText(planned.after),
    needsRestart: restart,
    leaving,
    notes: notesOf(state, planned.config, leaving, restart),
  };
}

function notesOf(
  { store, config }: Pick<ReadingState, 'config' | 'store'>,
  other: LoadedConfiguration,
  leaving: ConfigurationPlan['leaving'],
  restart: readonly string[],
): string[] {
  const threshold = deletionThreshold(store.records, other.settings.scheduler.deletionThreshold);
  const guard =
    threshold === 0
      ? 'The guard against too many deletes is switched off.'
      : `An export with more than ${threshold} deletes is held back until somebody approves it.`;
  const left = leaving.map(
    ({ connector, objects }) =>
      `${objects} ${objects === 1 ? 'object' : 'objects'} of ${connector} would leave the selection; what they gave to the cloud is taken away with the next cycles. ${guard}`,
  );
  const names = new Set(other.settings.connectors.map((c) => c.name));
  const gone = config.settings.connectors.filter((c) => !names.has(c.name)).map((c) => c.name);
  return [
    ...left,
    ...gone.map((name) => `${name} is not imported and not exported to any more; what was imported from it stays.`),
    ...restart.map((part) => `"${part}" is effective after the next start of the service.`),
  ];
}

/** How many imported objects of each connector the other configuration does not select. Groups of a filter are not asked. */
function leavingObjects(
  store: Store,
  before: LoadedConfiguration,
  after: LoadedConfiguration,
): { connector: string; objects: number }[] {
  const others = new Map(describeConnectors(after).map((c) => [c.connector.name, c]));
  return describeConnectors(before).flatMap((c) => {
    const other = others.get(c.connector.name);
    const row = store.records.connectors().find((r) => r.name === c.connector.name);
    if (!other || !row || selectionOf(c) === selectionOf(other)) return [];
    const [stays, stayed] = [selects(store, row.id, other), selects(store, row.id, c)];
    let objects = 0;
    for (const object of objectsOf(store, row.id))
      if (stayed(object.type, object.partition, object.key) && !stays(object.type, object.partition, object.key))
        objects++;
    return objects === 0 ? [] : [{ connector: c.connector.name, objects }];
  });
}

const selectionOf = ({ objectTypes, partitions }: ConnectorSettings): string =>
  JSON.stringify([objectTypes, partitions]);

type Selects = (type: string, partition: number | null, key: string) => boolean;

function selects(store: Store, connector: number, { objectTypes, partitions }: ConnectorSettings): Selects {
  const types = new Set(objectTypes.map((t) => t.toLowerCase()));
  const scopes = new Map(
    partitions.map((p) => [
      p.name.toLowerCase(),
      containerScope({ base: p.name, include: p.include, exclude: p.exclude }),
    ]),
  );
  const names = new Map(store.records.partitions(connector).map((p) => [p.id, p.name.toLowerCase()]));
  return (type, partition, key) =>
    (types.size === 0 || types.has(type.toLowerCase())) &&
    (scopes.get(names.get(partition ?? -1) ?? '')?.includes(key) ?? true);
}

function* objectsOf(
  { cs }: Store,
  connector: number,
): Generator<{ readonly type: string; readonly partition: number | null; readonly key: string }> {
  for (const type of cs.types(connector)) {
    if (structuralTypes.has(type)) continue;
    for (let after = 0; ; ) {
      const rows = cs.page(connector, type, after, 1000);
      const last = rows.at(-1);
      if (!last) break;
      // What was never imported, or is gone already, cannot leave.
      for (const row of rows)
        if (row.attributes !== null && cs.pending(row.id)?.kind !== 'delete')
          yield { type, partition: row.partition, key: dnKey(row.dn) };
      after = last.id;
    }
  }
}
