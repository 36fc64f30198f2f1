/** `causeway tenant`: the local tenant alone, and orders to the one of the configuration, whether it runs or not. */
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { durationMs } from '../../model/duration.ts';
import type { LoadedConfiguration } from '../../service/configuration/configuration.ts';
import { openTenant, tenantDirectory } from '../../service/open-tenant.ts';
import { startTenantThread } from '../../service/tenant-thread.ts';
import { carryOut, giveOrder, type TenantOrder, type TenantReport } from '../../tenant/administration.ts';
import type { TenantSeed } from '../../tenant/seed.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark } from '../output.ts';

export function registerTenant(program: Command, context: () => CliContext): void {
  const tenant = program.command('tenant').description('run the local tenant alone');
  tenant.action(() => serve(context()));
  const order =
    (make: (...args: string[]) => TenantOrder, done: (report: TenantReport) => string) =>
    (...args: unknown[]) =>
      give(context(), () => make(...(args as string[])), done);
  tenant
    .command('status')
    .description('domains, switches, clock and number of objects')
    .action(order(() => ({ kind: 'facts' }), describe));
  tenant
    .command('seed')
    .argument('<file>', 'JSON with users, groups, contacts, devices, apps')
    .description('add the objects of a seed to the tenant')
    .action(
      order(
        (file) => ({ kind: 'seed', seed: readSeed(file) }),
        (r) => `Seeded. ${describe(r)}`,
      ),
    );
  tenant
    .command('reset')
    .argument('[file]', 'seed to begin with again')
    .description('empty the tenant; its settings and apps stay')
    .action(
      order(
        (file) => (typeof file === 'string' ? { kind: 'reset', seed: readSeed(file) } : { kind: 'reset' }),
        (r) => `Emptied. ${describe(r)}`,
      ),
    );
  tenant
    .command('advance')
    .argument('<duration>', 'such as 1h or 30d')
    .description("move the tenant's clock forward and do what falls due: healing, recycle bin")
    .action(order((text) => ({ kind: 'advance', milliseconds: readDuration(text) }), describe));
  tenant
    .command('mail')
    .description('mails about conflicts that the tenant would have sent to its technical contacts')
    .action(order(() => ({ kind: 'mail' }), describeMail));
  tenant
    .command('set')
    .argument('<switches...>', 'such as throttling=S or readDelayMs=2000')
    .description('choose how the tenant behaves where the real one decides for itself')
    .action(order((pairs) => ({ kind: 'set', switches: readSwitches(pairs as unknown as string[]) }), describe));
}

async function serve(cli: CliContext): Promise<void> {
  const config = requireTenant(cli);
  const tenant = await startTenantThread(config.file);
  cli.answer(
    { url: tenant.url, tenantId: tenant.tenantId },
    () => `${mark('ok')} Tenant ${tenant.tenantId} answers at ${tenant.url}. Ctrl-C stops.`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  });
  await tenant.close();
}

/** To the tenant that runs, or else to its data, which is opened for the moment. */
async function give(cli: CliContext, make: () => TenantOrder, done: (report: TenantReport) => string): Promise<void> {
  const config = requireTenant(cli);
  const order = make();
  try {
    const report = (await giveOrder(tenantDirectory(config), order)) ?? carryOutHere(config, order);
    cli.answer(report, () => `${mark('ok')} ${done(report)}`);
  } catch (error) {
    if (error instanceof CliError || !(error instanceof Error)) throw error;
    throw new CliError('tenant-order-refused', error.message);
  }
}

function carryOutHere(config: LoadedConfiguration, order: TenantOrder): TenantReport {
  if (!existsSync(tenantDirectory(config)) && order.kind === 'facts')
    throw new CliError(
      'no-tenant-yet',
      'The tenant has not been made yet: it is made when it is first started, seeded or set.',
    );
  const tenant = openTenant(config);
  try {
    return carryOut(tenant, order);
  } finally {
    tenant.close();
  }
}

function requireTenant(cli: CliContext): LoadedConfiguration {
  const config = cli.config();
  if (config.settings.tenant) return config;
  throw new CliError(
    'no-tenant',
    `${config.file} has no "tenant" section. Add one: tenant: { listen: 127.0.0.1:8441, initialDomain: contoso.onmicrosoft.com }.`,
  );
}

function readSeed(file: string): TenantSeed {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TenantSeed;
  } catch (error) {
    throw new CliError('seed-unreadable', `The seed ${file} cannot be read: ${(error as Error).message}`);
  }
}

function readDuration(text: string): number {
  if (/^\d{1,9}(ms|s|m|h|d)$/.test(text)) return durationMs(text);
  throw new CliError('bad-duration', `'${text}' is not a duration; write 30s, 10m, 1h or 30d.`);
}

function readSwitches(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new CliError('bad-switch', `'${pair}' is not of the form name=value.`);
      const text = pair.slice(at + 1);
      const value =
        text === 'true' || text === 'false' ? text === 'true' : /^\d{1,15}$/.test(text) ? Number(text) : text;
      return [pair.slice(0, at), value];
    }),
  );
}

function describeMail(report: TenantReport): string {
  const mail = report.mail ?? [];
  if (mail.length === 0) return 'No mail was sent.';
  const texts = mail.map((m) => `${m.at} to ${m.recipients.join(', ')}: ${m.subject}\n${m.text}`);
  return `${mail.length} mail${mail.length === 1 ? '' : 's'}, newest first.\n\n${texts.join('\n')}`;
}

function describe(report: TenantReport): string {
  const counts = Object.entries(report.objects).map(([kind, n]) => `${n} ${kind}${n === 1 ? '' : 's'}`);
  return `Tenant ${report.tenantId} (${report.displayName}): ${counts.join(', ')}; its clock says ${report.now}, throttling is ${report.switches.throttling}.`;
}
