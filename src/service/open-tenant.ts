/** The local tenant as the configuration describes it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppSeed } from '../tenant/apps.ts';
import type { TenantSeed } from '../tenant/seed.ts';
import { createTenant, type Tenant } from '../tenant/tenant.ts';
import { type LoadedConfiguration, pathOf, readSecret } from './configuration/configuration.ts';

/** The folder of the tenant's data. */
export function tenantDirectory(config: LoadedConfiguration): string {
  const { directory } = requireSection(config);
  return directory ? pathOf(config, directory) : join(pathOf(config, config.settings.stateDirectory), 'tenant');
}

/** The `tenant` section of the configuration. Throws a TypeError if there is none. */
export function requireSection(config: LoadedConfiguration) {
  const section = config.settings.tenant;
  if (!section) throw new TypeError(`${config.file} has no "tenant" section.`);
  return section;
}

/** Opens the tenant of the configuration in its directory, with the app of the connector that points to it. */
export function openTenant(config: LoadedConfiguration, others: readonly AppSeed[] = []): Tenant {
  const { listen: _, tls: __, directory: ___, seed, ...settings } = requireSection(config);
  const client = config.settings.connectors.find((c) => c.type === 'entra' && 'secret' in c.credential);
  const apps =
    client?.type === 'entra' && 'secret' in client.credential
      ? [
          {
            appId: client.clientId,
            displayName: 'Causeway',
            secret: readSecret(config, client.credential.secret, `client secret of ${client.name}`),
            permissions: [
              'ADSynchronization.ReadWrite.All',
              'Directory.Read.All',
              'Directory.ReadWrite.All',
              'User.ReadWrite.All',
              'Group.ReadWrite.All',
            ],
          },
        ]
      : [];
  return createTenant({
    directory: tenantDirectory(config),
    settings: {
      ...settings,
      ...(settings.tenantId === undefined && client?.type === 'entra' ? { tenantId: client.tenantId } : {}),
    },
    ...(seed ? { seed: JSON.parse(readFileSync(pathOf(config, seed), 'utf8')) as TenantSeed } : {}),
    apps: [...apps, ...others],
  });
}
