/** `causeway tenant`: the local tenant alone. */
import type { Command } from 'commander';
import { startTenantThread } from '../../service/tenant-thread.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark } from '../output.ts';

export function registerTenant(program: Command, context: () => CliContext): void {
  program
    .command('tenant')
    .description('run the local tenant alone')
    .action(async () => {
      const cli = context();
      const config = cli.config();
      if (!config.settings.tenant)
        throw new CliError(
          'no-tenant',
          `${config.file} has no "tenant" section. Add one: tenant: { listen: 127.0.0.1:8441, initialDomain: contoso.onmicrosoft.com }.`,
        );
      const tenant = await startTenantThread(config.file);
      cli.answer(
        { url: tenant.url, tenantId: tenant.tenantId },
        () => `${mark('ok')} Tenant ${tenant.tenantId} answers at ${tenant.url}. Ctrl-C stops.`,
      );
      await new Promise<void>((resolve) => {
        process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
      });
      await tenant.close();
    });
}
