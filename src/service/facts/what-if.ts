/** What a draft would change for everybody: the whole population computed under both rule sets, without touching anything. */
import { z } from 'zod';
import { type ForkRequest, forkPopulation } from '../../diagnosis/fork/fork.ts';
import type { ForkResult } from '../../diagnosis/fork/model.ts';
import type { ForkSettings } from '../../diagnosis/fork/session.ts';
import type { Actor } from '../../health/audit.ts';
import { needsFullSync } from '../../sync/cycle.ts';
import { filesWith } from '../changes.ts';
import { type ConfigurationEdit, planConfiguration } from '../configuration/change.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { connectedSchemas, type LoadedRuleSet, problemText, tryRuleSet } from '../configuration/rule-set.ts';
import { describeConnectors } from '../engine/make-connectors.ts';
import { storeFile } from '../engine/open-engine.ts';
import { deletionThreshold } from '../engine/settings.ts';
import type { ReadingState } from '../readings.ts';
import { Refusal } from '../refusal.ts';

export const whatIfBody = z.strictObject({ draft: z.string().min(1).max(64).describe('Name of a draft.') });

/** Throws a Refusal if there is no such draft or its rules cannot be used. Takes seconds: a job. */
export async function whatIf(state: ReadingState, draft: string): Promise<ForkResult> {
  const { config, store } = state;
  const text = store.administration.draft(draft)?.text;
  if (text === undefined) throw new Refusal('not-found', `There is no draft "${draft}".`);
  const schemas = connectedSchemas(store, config);
  const after = tryRuleSet(config, { files: filesWith(config, draft, text), schemas });
  if (!after.ok) {
    throw new Refusal('rule-problems', after.problems.map(problemText).join('\n'), {
      facts: { problems: after.problems },
    });
  }
  return compared(state, { what: 'rules', from: 'the rules in force', to: `the draft ${draft}` }, [
    settingsOf(config, state.rules(), schemas),
    settingsOf(config, after, schemas),
  ]);
}

/** The same for a change of `causeway.yaml`. Throws a Refusal for one that cannot be made. */
export function configurationWhatIf(state: ReadingState, actor: Actor, edit: ConfigurationEdit): Promise<ForkResult> {
  const { config, store } = state;
  const planned = planConfiguration(state, actor, edit);
  return compared(state, { what: 'scope', from: 'the configuration in force', to: 'the changed configuration' }, [
    settingsOf(config, state.rules(), connectedSchemas(store, config)),
    settingsOf(planned.config, planned.rules, connectedSchemas(store, planned.config)),
  ]);
}

function compared(
  state: ReadingState,
  names: Pick<ForkRequest, 'what' | 'from' | 'to'>,
  [before, after]: readonly [ForkSettings, ForkSettings],
): Promise<ForkResult> {
  const { config, store } = state;
  return forkPopulation({
    ...names,
    store,
    file: storeFile(config),
    job: {
      before,
      after,
      roles: new Map(),
      isSynchronized: !needsFullSync(state.reading.engine(state.rules())),
      now: Date.now(),
    },
    deletionThreshold: deletionThreshold(store.records, config.settings.scheduler.deletionThreshold),
    approximations: [
      'Which groups and people hold roles in the cloud was not asked: changes of rights are not marked.',
    ],
    progress: (done, total) => state.progress(done, total),
  });
}

function settingsOf(
  config: LoadedConfiguration,
  loaded: Pick<LoadedRuleSet, 'rules' | 'schema'>,
  schemas: ReturnType<typeof connectedSchemas>,
): ForkSettings {
  return {
    rules: loaded.rules,
    schema: loaded.schema,
    connectedSchemas: schemas,
    connectors: describeConnectors(config).map((c) => ({
      name: c.connector.name,
      type: c.connector.type,
      objectTypes: c.objectTypes,
      partitions: c.partitions,
      ...(c.groupFilter === undefined ? {} : { groupFilter: c.groupFilter }),
    })),
  };
}
