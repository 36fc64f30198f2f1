/** `causeway explain REF [--attribute NAME]`: why an object is or is not in the cloud, why a value is what it is. */
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { LineCounter, parseDocument } from 'yaml';
import { explain } from '../../diagnosis/explain.ts';
import { readingEngine } from '../../diagnosis/explain-engine.ts';
import type { LiveObject, Lookup } from '../../diagnosis/explain-model.ts';
import { explainText } from '../../diagnosis/explain-text.ts';
import type { TextStyle } from '../../diagnosis/lane.ts';
import type { LoadedConfiguration } from '../../service/configuration.ts';
import { makeConnectors } from '../../service/make-connectors.ts';
import { storeFile } from '../../service/open-engine.ts';
import { buildRuleSet } from '../../service/rule-set.ts';
import { openStore } from '../../store/store.ts';
import { type ConnectorSettings, defaultLimits, type EngineEnvironment } from '../../sync/context.ts';
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
    .option('--offline', 'do not ask directories about objects that were never imported')
    .action(async (reference: string, options: ExplainArguments) => {
      const cli = context();
      const config = cli.config();
      using env = openReading(config);
      const told = await explain(readingEngine(env), reference, {
        ...(options.attribute === undefined ? {} : { attribute: options.attribute }),
        ...(options.offline ? {} : { lookup: liveLookup(env.connectors) }),
        locate: placeFinder(config),
      });
      cli.answer(told, () => explainText(told, { style: terminalStyle, details: options.details === true }));
      process.exitCode = told.kind === 'not-found' || told.kind === 'ambiguous' ? 1 : 0;
    });
}

export const terminalStyle: TextStyle = {
  plain,
  state: mark,
  strong: (text) => paint('bold', text),
  faint: (text) => paint('gray', text),
};

/** The environment of an engine that reads: no lease, a store opened for reading only. Close it afterwards. */
export function openReading(config: LoadedConfiguration): EngineEnvironment & Disposable {
  const file = storeFile(config);
  if (!existsSync(file))
    throw new CliError('no-state', `There is no state in ${file} yet. Run "causeway sync --policy initial" first.`);
  const ruleSet = buildRuleSet(config);
  const connectors = makeConnectors(config);
  const store = openStore(file, { readOnly: true });
  const { scheduler, limits } = config.settings;
  const staging = store.records.setting('StagingModeEnabled');
  return {
    store,
    connectors,
    ruleSet,
    limits: { ...defaultLimits, ...limits, deletionThreshold: scheduler.deletionThreshold },
    staging: staging === undefined ? scheduler.staging : staging === 'true',
    now: Date.now,
    random: Math.random,
    guid: () => crypto.randomUUID(),
    sleep: () => Promise.resolve(),
    log: () => {},
    progress: () => {},
    assertLease: () => {
      throw new CliError('read-only', 'This command only reads.');
    },
    isApproved: (hash) => store.records.setting(`approved:${hash}`) !== undefined,
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

/** Milliseconds that a directory may take to say whether it has an object. */
const lookupMs = 5000;

/** Asks the directory itself by DN; a directory that cannot be asked is no error, the answer then says so. */
function liveLookup(connectors: readonly ConnectorSettings[]): Lookup {
  return async (name, dn, types) => {
    const connector = connectors.find((c) => c.connector.name === name)?.connector;
    if (!connector) return undefined;
    const signal = AbortSignal.timeout(lookupMs);
    try {
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
