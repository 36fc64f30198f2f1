/** The local tenant in a thread of its own, so that its work never holds up the service's API. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { TenantSeed } from '../tenant/seed.ts';
import { serveTenant } from '../tenant/serve.ts';
import { createTenant } from '../tenant/tenant.ts';
import { loadConfiguration, pathOf, readSecret } from './configuration.ts';

/** `url` is where the tenant answers. */
export type TenantMessage =
  | { readonly kind: 'ready'; readonly url: string; readonly tenantId: string }
  | { readonly kind: 'failed'; readonly message: string };

const post = (message: TenantMessage): void => parentPort?.postMessage(message);

try {
  const { configFile } = workerData as { configFile: string };
  const config = loadConfiguration(configFile);
  const section = config.settings.tenant;
  if (!section) throw new TypeError(`${configFile} has no "tenant" section.`);
  const { listen, tls, directory, seed, ...settings } = section;
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
  const tenant = createTenant({
    directory: directory ? pathOf(config, directory) : join(pathOf(config, config.settings.stateDirectory), 'tenant'),
    settings: {
      ...settings,
      ...(settings.tenantId === undefined && client?.type === 'entra' ? { tenantId: client.tenantId } : {}),
    },
    ...(seed ? { seed: JSON.parse(readFileSync(pathOf(config, seed), 'utf8')) as TenantSeed } : {}),
    apps,
  });
  const served = await serveTenant(tenant, {
    listen,
    ...(tls
      ? {
          tls: {
            certificate: readFileSync(pathOf(config, tls.certificate), 'utf8'),
            key: readFileSync(pathOf(config, tls.key), 'utf8'),
          },
        }
      : {}),
  });
  parentPort?.on('message', () => {
    void served.close().then(() => {
      tenant.close();
      parentPort?.close();
    });
  });
  post({ kind: 'ready', url: served.url, tenantId: tenant.tenantId });
} catch (error) {
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  post({
    kind: 'failed',
    message: taken
      ? `The tenant's address is taken: another program listens there. Stop it, or change "tenant.listen".`
      : `The local tenant cannot start: ${(error as Error).message}`,
  });
}
