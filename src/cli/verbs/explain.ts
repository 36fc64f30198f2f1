/** `causeway explain REF [--attribute NAME]`: why an object is or is not in the cloud, why a value is what it is. */
import type { Command } from 'commander';
import { explainText } from '../../diagnosis/explain/text.ts';
import type { TextStyle } from '../../diagnosis/lane.ts';
import type { LoadedRuleSet } from '../../service/configuration/rule-set.ts';
import { deletionThreshold, flagSetting, isApproved } from '../../service/engine/settings.ts';
import { explainNow } from '../../service/facts/explain.ts';
import type { Reading } from '../../service/reading.ts';
import type { Engine } from '../../sync/context.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, paint, plain } from '../output.ts';

interface ExplainArguments {
  readonly attribute?: string;
  readonly details?: boolean;
  readonly offline?: boolean;
}

export function registerExplain(program: Command, context: () => CliContext): void {
  program
    .command('explain <reference>')
    .description('why an object is or is not in the cloud; why a value is what it is')
    .option('--attribute <name>', 'explain this attribute')
    .option('--details', 'every rule and every fact')
    .option('--offline', 'ask neither the tenant nor directories about objects that were never imported')
    .action(async (reference: string, options: ExplainArguments) => {
      const cli = context();
      using reading = cli.reading();
      const asked = { reference, attribute: options.attribute };
      const told = await explainNow(engineToAsk(reading), reading.config, asked, options.offline ? 'nobody' : 'live');
      cli.answer(told, () => explainText(told, { style: terminalStyle, details: options.details === true }));
      process.exitCode = told.kind === 'not-found' || told.kind === 'ambiguous' ? 1 : 0;
    });
}

/** The engine as it would act now: with the switches, limits and approvals that are in the store. */
export function engineToAsk(reading: Reading, rules?: LoadedRuleSet): Engine {
  const { config, store } = reading;
  if (reading.isNew)
    throw new CliError(
      'no-state',
      'There is no state yet: nothing was ever synchronized. Run "causeway sync --policy initial" first.',
    );
  const { scheduler, limits } = config.settings;
  return {
    ...reading.engine(rules),
    staging: flagSetting(store.records, 'StagingModeEnabled', scheduler.staging),
    limits: { ...limits, deletionThreshold: deletionThreshold(store.records, scheduler.deletionThreshold) },
    isApproved: (hash) => isApproved(store, hash),
  };
}

export const terminalStyle: TextStyle = {
  plain,
  state: mark,
  strong: (text) => paint('bold', text),
  faint: (text) => paint('gray', text),
};
