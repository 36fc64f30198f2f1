/** `causeway plan`: what the next export would do. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConnectorError } from '../../connectors/contract.ts';
import type { EntraSyncSession } from '../../connectors/entra/sync.ts';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import type { Finding } from '../../diagnosis/findings/finding.ts';
import { writePlanFile } from '../../diagnosis/plan/file.ts';
import { planFindings } from '../../diagnosis/plan/findings.ts';
import { imageOfConnectorSpace, type TenantImage } from '../../diagnosis/plan/image.ts';
import { readTenantImage, TenantReadError } from '../../diagnosis/plan/image-tenant.ts';
import type { Plan } from '../../diagnosis/plan/model.ts';
import { makePlan } from '../../diagnosis/plan/plan.ts';
import { planText } from '../../diagnosis/plan/text.ts';
import { ConfigurationError, type LoadedConfiguration } from '../../service/configuration/configuration.ts';
import { makeConnectors } from '../../service/engine/make-connectors.ts';
import type { Reading } from '../../service/reading.ts';
import type { Engine } from '../../sync/context.ts';
import { createReplica } from '../../tenant/replica.ts';
import type { CliContext } from '../context.ts';
import { mark, ProgressLine, plain } from '../output.ts';
import { contextOf } from './diagnose.ts';
import { engineToAsk, terminalStyle } from './explain.ts';
import { planFork } from './plan-fork.ts';

interface PlanArguments {
  readonly out?: string;
  readonly offline?: boolean;
  readonly refresh?: boolean;
  readonly details?: boolean;
  readonly due?: boolean;
  readonly rules?: string;
  readonly scope?: string;
  readonly object?: string;
}

export function registerPlan(program: Command, context: () => CliContext): void {
  program
    .command('plan')
    .description('what the next export would do, with the refusals that the cloud will give')
    .option('--out <file>', 'write a plan file for "causeway sync --plan"')
    .option('--offline', 'do not read the tenant: predict from what was imported')
    .option('--due', 'leave out failed exports whose next attempt is not due yet')
    .option('--refresh', 'say what brings the plan up to date')
    .option('--details', 'every sample')
    .option('--rules <directory>', 'what these rules instead of those in force would change over everybody')
    .option('--scope <file>', 'the same for another scope: "connectors" with their partitions and objectClasses')
    .option('--object <reference>', 'with --rules or --scope: one object, value by value')
    .action(async (options: PlanArguments) => {
      const cli = context();
      if (options.rules !== undefined || options.scope !== undefined) return planFork(cli, options);
      using reading = cli.reading();
      const plan = await planOf(cli, reading, options);
      if (options.out !== undefined) writeFileSync(options.out, writePlanFile(plan), { mode: 0o600 });
      const told = { ...plan, findings: await findingsOf(reading, plan, options.offline === true) };
      cli.answer(told, () => planText(told, { style: terminalStyle, details: options.details === true }));
      if (options.out !== undefined)
        cli.note(`The plan is in ${options.out}. Run exactly it with: causeway sync --plan ${options.out}`);
      if (options.refresh) cli.note(refreshText(plan));
    });
}

async function planOf(cli: CliContext, reading: Reading, options: PlanArguments): Promise<Plan> {
  const engine = engineToAsk(reading);
  const images = options.offline ? undefined : await readImages(cli, reading.config, engine);
  const progress = new ProgressLine();
  const plan = await makePlan(engine, {
    retryAll: options.due !== true,
    makeReplica: createReplica,
    ...(images ? { images } : {}),
    progress: (step, done) => {
      if (!cli.json) progress.update({ connector: 'plan', step, done });
    },
  });
  progress.finish();
  return plan;
}

/** What "causeway plan" tells by its causes. */
export async function plannedFindings(cli: CliContext): Promise<readonly Finding[]> {
  using reading = cli.reading();
  return await findingsOf(reading, await planOf(cli, reading, {}), false);
}

/** What will be wrong by its causes. Without live connections both sides are told as far as they were imported. */
async function findingsOf(reading: Reading, plan: Plan, offline: boolean): Promise<readonly Finding[]> {
  const signal = AbortSignal.timeout(readMs);
  const connectors = offline ? undefined : connectorsToAsk(reading.config);
  await using live = connectors && new LiveConnections(connectors, signal);
  return await planFindings(contextOf(reading.config, reading, live, signal), plan);
}

/** Undefined if a secret is missing: that was said when the tenant was to be read. */
function connectorsToAsk(config: LoadedConfiguration): ReturnType<typeof makeConnectors> | undefined {
  try {
    return makeConnectors(config);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return undefined;
  }
}

/** A plan never writes, so bringing it up to date is a cycle of its own. */
const refreshText = (plan: Plan): string =>
  plan.staging
    ? 'To bring the plan up to date run "causeway sync": in staging mode it imports and synchronizes, and exports nothing. Then plan again.'
    : 'A plan only reads what is pending. To bring it up to date without exporting, switch the staging mode on ("causeway scheduler set StagingModeEnabled=true"), run "causeway sync", plan again, and switch it off.';

/** Milliseconds that reading a tenant may take. */
const readMs = 120_000;

/** Reads the tenants of all clouds; one that cannot be read is planned from its connector space, and the plan says so. */
export async function readImages(
  cli: CliContext,
  config: LoadedConfiguration,
  engine: Engine,
): Promise<ReadonlyMap<string, TenantImage>> {
  const images = new Map<string, TenantImage>();
  const signal = AbortSignal.timeout(readMs);
  for (const target of engine.all.filter((c) => c.settings.connector.type === 'entra')) {
    const name = target.row.name;
    try {
      const connector = makeConnectors(config).find((c) => c.connector.name === name)?.connector;
      await using session = await connector?.open(signal, engine.ruleSet.readAttributes(name));
      if (!isSyncSession(session)) continue;
      try {
        images.set(name, await readTenantImage(session, Date.now(), signal));
      } catch (error) {
        if (!(error instanceof TenantReadError)) throw error;
        cli.note(`${mark('warning')} ${plain(error.message)} Refusals are predicted from what was imported.`);
        images.set(name, imageOfConnectorSpace(engine, target, session.company));
      }
    } catch (error) {
      if (!(error instanceof ConnectorError) && !(error instanceof ConfigurationError)) throw error;
      cli.note(`${mark('warning')} ${plain(error.message)} Refusals are predicted from what was imported.`);
    }
  }
  return images;
}

export const isSyncSession = (session: unknown): session is EntraSyncSession =>
  typeof session === 'object' && session !== null && 'company' in session && 'graph' in session;
