/** `causeway explain REF [--attribute NAME]`: why an object is or is not in the cloud, why a value is what it is. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { LineCounter, parseDocument } from 'yaml';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import { explain } from '../../diagnosis/explain/explain.ts';
import type { LiveObject, Lookup } from '../../diagnosis/explain/model.ts';
import { explainText } from '../../diagnosis/explain/text.ts';
import type { TextStyle } from '../../diagnosis/lane.ts';
import type { TenantImage } from '../../diagnosis/plan/image.ts';
import { type ConcernedObject, readObjectImage } from '../../diagnosis/plan/image-object.ts';
import type { LoadedConfiguration } from '../../service/configuration/configuration.ts';
import type { LoadedRuleSet } from '../../service/configuration/rule-set.ts';
import { makeConnectors } from '../../service/engine/make-connectors.ts';
import { deletionThreshold, flagSetting, isApproved } from '../../service/engine/settings.ts';
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
      await using live = new LiveConnections(makeConnectors(reading.config), AbortSignal.timeout(tenantMs));
      const told = await explain(engineToAsk(reading), reference, {
        ...(options.attribute === undefined ? {} : { attribute: options.attribute }),
        ...(options.offline ? {} : { lookup: liveLookup(reading.config), readTenant: tenantReader(live) }),
        locate: placeFinder(reading.config),
      });
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

/** Milliseconds that the tenant may take to say what it has of one object. */
const tenantMs = 15_000;

/** What the tenant has of one object; a tenant that cannot be asked is no error, the answer then tells what was stored. */
const tenantReader =
  (live: LiveConnections) =>
  async (connector: string, asked: ConcernedObject): Promise<TenantImage | undefined> => {
    const tenant = await live.tenant(connector);
    return tenant && readObjectImage(tenant, asked, Date.now());
  };

/** Milliseconds that a directory may take to say whether it has an object. */
const lookupMs = 5000;

/** Asks the directory itself by DN; a directory that cannot be asked is no error, the answer then says so. */
function liveLookup(config: LoadedConfiguration): Lookup {
  return async (name, dn, types) => {
    const signal = AbortSignal.timeout(lookupMs);
    try {
      const connector = makeConnectors(config).find((c) => c.connector.name === name)?.connector;
      if (!connector) return undefined;
      await using session = await connector.open(signal);
      if (!session.readBack) return undefined;
      let known: LiveObject | null = null;
      for (const objectType of types.length > 0 ? types : session.schema.objectTypes) {
        const asked = {
          id: 0,
          operation: 'update',
          dn,
          objectType,
          attributes: {},
          before: {},
          references: {},
          attempt: 0,
        } as const;
        const [answer] = await session.readBack([asked], signal);
        if (answer?.object) known = { connector: name, dn: answer.object.dn, objectType: answer.object.objectType };
        if (known) break;
      }
      return known;
    } catch (error) {
      if (error instanceof TypeError) throw error;
      return undefined; // the explanation then says that the directory was not asked
    }
  };
}

/** Finds the line of the configuration file in which a setting stands. */
function placeFinder(config: LoadedConfiguration): (path: readonly (string | number)[]) => string | undefined {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(config.file, 'utf8'), { lineCounter: lines });
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return `${config.file}:${lines.linePos(node.range[0]).line}`;
    }
    return undefined;
  };
}
