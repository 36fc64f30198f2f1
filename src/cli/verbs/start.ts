/** `causeway start`: the service, with the local tenant if the configuration has one. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { loadConfiguration, pathOf } from '../../service/configuration/configuration.ts';
import { type Service, startService } from '../../service/service.ts';
import type { CycleResult } from '../../sync/cycle.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, ProgressLine, paint, plain } from '../output.ts';
import { maintenanceText } from './status.ts';
import { runText } from './sync.ts';

export function registerStart(program: Command, context: () => CliContext): void {
  program
    .command('start')
    .description('run the service: scheduler, API, console, and the local tenant if configured')
    .option('--example <name>', 'run a sample organization, for example contoso')
    .action(async (options: { example?: string }) => {
      const cli = context();
      const config = options.example === undefined ? cli.config() : exampleConfiguration(options.example);
      const progress = new ProgressLine();
      const service = await startService(config, {
        progress: (p) => progress.update(p),
        log: (level, message, { event }) => {
          if (level === 'info' && event !== undefined) return; // numbered events are for the log alone
          progress.finish();
          process.stderr.write(
            `${level === 'info' ? mark('none') : mark(level === 'warn' ? 'warning' : 'error')} ${plain(message)}\n`,
          );
        },
      });
      const stopped = new Promise<'stopped'>((resolve) => {
        process.once('SIGINT', () => resolve('stopped')).once('SIGTERM', () => resolve('stopped'));
      });
      try {
        await Promise.race([firstCycle(service, progress, options.example, cli.json), stopped]);
        await stopped;
      } finally {
        progress.finish();
        process.stderr.write('Stopping…\n');
        await service[Symbol.asyncDispose]();
      }
    });
}

/** Brings everything up to date, says where everything is, and lets the schedule begin. */
async function firstCycle(
  service: Service,
  progress: ProgressLine,
  example: string | undefined,
  json: boolean,
): Promise<void> {
  const { maintenance } = service.status();
  if (maintenance) {
    process.stderr.write(`${paint('bold', 'The first cycle waits until maintenance is over.')}\n`);
    tellWhere(service, example, json, { cycle: null, maintenance }, [maintenanceText(maintenance)]);
    service.begin({ isDue: true });
    return;
  }
  const isFirst = service.store.records.runs(Number.MAX_SAFE_INTEGER, 1).length === 0;
  process.stderr.write(
    `${paint('bold', isFirst ? 'First cycle: everything is read and brought to the cloud.' : 'A delta cycle picks up what changed meanwhile.')}\n`,
  );
  const work = await service.cycle(isFirst ? 'initial' : 'delta');
  progress.finish();
  const result = work.result as CycleResult | undefined;
  const told = result ? result.runs.map(runText) : [`${mark('error')} ${plain(work.error?.message ?? '')}`];
  tellWhere(service, example, json, { cycle: result ?? work.error }, told);
  service.begin();
}

/** Where everything is, after what there is to tell. */
function tellWhere(
  service: Service,
  example: string | undefined,
  json: boolean,
  facts: Readonly<Record<string, unknown>>,
  told: readonly string[],
): void {
  const signIn = service.signInLink();
  process.stdout.write(
    json
      ? `${JSON.stringify({ url: service.url, signIn, tenant: service.tenant?.url ?? null, ...facts }, undefined, 2)}\n`
      : `${told.join('\n')}\n\n${whereabouts(service, signIn, example)}\n`,
  );
}

function whereabouts(service: Service, signIn: string, example: string | undefined): string {
  const lines = [
    `${mark('ok')} Service   ${service.url}`,
    `${mark('ok')} ${service.hasConsole ? 'Console' : 'Sign in'}   ${signIn}`,
    `            (good for one sign-in within an hour; "causeway sign-in" makes another)`,
  ];
  if (service.tenant)
    lines.push(`${mark('ok')} Tenant    ${service.tenant.url}  (tenant id ${service.tenant.tenantId})`);
  if (example) {
    lines.push('', 'Try next, in another terminal:', ...tryNext(example).map((l) => `  ${l}`));
  }
  lines.push('', 'Ctrl-C stops.');
  return lines.join('\n');
}

const tryNext = (example: string): string[] => [
  `npm run -s causeway -- --config examples/${example}/causeway.yaml status`,
  `npm run -s causeway -- --config examples/${example}/causeway.yaml explain "Lars Nygård"`,
  `edit examples/${example}/corp.ldif and watch the cloud follow within seconds`,
];

/** The configuration of a sample; its client secret is made at the first start. */
function exampleConfiguration(name: string) {
  const file = fileURLToPath(new URL(`../../../examples/${name}/causeway.yaml`, import.meta.url));
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(file))
    throw new CliError('unknown-example', `There is no example "${name}". Examples: contoso.`);
  const config = loadConfiguration(file);
  for (const c of config.settings.connectors) {
    if (c.type !== 'entra' || !('secret' in c.credential) || !('file' in c.credential.secret)) continue;
    const path = pathOf(config, c.credential.secret.file);
    if (existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
  }
  return { ...config, directory: join(dirname(file)) };
}
