/** A small organization in a temporary folder: an LDIF directory, a local tenant, a configuration with free ports. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type LoadedConfiguration, loadConfiguration } from '../../src/service/configuration/configuration.ts';
import { type Service, type ServiceEvents, startService } from '../../src/service/service.ts';
import { freePort } from '../support/loopback.ts';
import { type TempDirectory, tempDirectory } from '../support/temp.ts';

// Threads start several times as fast, as they do in the program.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'causeway');

export const clientSecret = 'the-secret-of-the-test-client';

export interface World extends AsyncDisposable {
  readonly folder: TempDirectory;
  readonly configFile: string;
  path(name: string): string;
  read(name: string): string;
  write(name: string, text: string): void;
  config(): LoadedConfiguration;
  /** Changes the configuration file. */
  configure(change: (settings: Record<string, never>) => void): void;
}

export interface WorldOptions {
  readonly users?: number;
  readonly scheduler?: Readonly<Record<string, unknown>>;
}

/** LDIF text of people and one group with all of them. */
export function ldifOf(users: number, options: { readonly department?: string } = {}): string {
  const dn = (i: number) => `CN=User ${i},OU=People,DC=corp,DC=contoso,DC=com`;
  const guid = (kind: number, i: number) =>
    Buffer.from(`${kind.toString(16).padStart(8, '0')}${i.toString(16).padStart(24, '0')}`, 'hex').toString('base64');
  const people = Array.from({ length: users }, (_, n) => {
    const i = n + 1;
    return `dn: ${dn(i)}
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
objectGUID:: ${guid(1, i)}
objectSid:: ${Buffer.from(`010500000000000515000000aaaaaaaabbbbbbbbcccccccc${(1000 + i).toString(16).padStart(4, '0').match(/../g)!.reverse().join('')}0000`, 'hex').toString('base64')}
sAMAccountName: user${i}
userPrincipalName: user${i}@contoso.com
mail: user${i}@contoso.com
cn: User ${i}
displayName: User ${i}
givenName: User
sn: ${i}
department: ${options.department ?? 'Sales'}
userAccountControl: 512
`;
  });
  const group = `dn: CN=Everybody,OU=Groups,DC=corp,DC=contoso,DC=com
objectClass: top
objectClass: group
objectGUID:: ${guid(2, 1)}
objectSid:: ${Buffer.from('010500000000000515000000aaaaaaaabbbbbbbbccccccccf0f00000', 'hex').toString('base64')}
sAMAccountName: everybody
cn: Everybody
displayName: Everybody
mail: everybody@contoso.com
groupType: -2147483646
${Array.from({ length: users }, (_, n) => `member: ${dn(n + 1)}`).join('\n')}
`;
  return `version: 1\n\n${[...people, group].join('\n')}`;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const folder = tempDirectory('service');
  const tenantPort = await freePort();
  const path = (name: string) => join(folder.path, name);
  const configFile = path('causeway.yaml');
  const settings = {
    stateDirectory: './state',
    connectors: [
      { name: 'corp', type: 'ldif', path: './corp.ldif' },
      {
        name: 'cloud',
        type: 'entra',
        dialect: 'sync',
        url: `http://127.0.0.1:${tenantPort}`,
        tenantId: '11111111-2222-4333-8444-555555555555',
        clientId: '00000000-0000-4000-8000-000000000001',
        credential: { secret: { file: './client-secret' } },
      },
    ],
    rules: { outOfBox: true, directory: './rules' },
    scheduler: { enabled: false, interval: '30m', ...options.scheduler },
    service: { listen: '127.0.0.1:0' },
    tenant: {
      listen: `127.0.0.1:${tenantPort}`,
      initialDomain: 'contoso.onmicrosoft.com',
      verifiedDomains: ['contoso.com'],
    },
  };
  writeFileSync(configFile, stringify(settings));
  writeFileSync(path('client-secret'), clientSecret);
  writeFileSync(path('corp.ldif'), ldifOf(options.users ?? 6));
  mkdirSync(path('rules'));
  return {
    folder,
    configFile,
    path,
    read: (name) => readFileSync(path(name), 'utf8'),
    write: (name, text) => writeFileSync(path(name), text),
    config: () => loadConfiguration(configFile),
    configure(change) {
      const now = parse(readFileSync(configFile, 'utf8')) as Record<string, never>;
      change(now);
      writeFileSync(configFile, stringify(now));
    },
    [Symbol.asyncDispose]: async () => folder.remove(),
  };
}

export interface Told {
  readonly level: string;
  readonly message: string;
}
export interface RunningService extends AsyncDisposable {
  readonly service: Service;
  readonly told: Told[];
  readonly token: string;
  /** With the token of the state directory, unless headers say otherwise. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  get<T = Record<string, never>>(path: string): Promise<T>;
  send<T = Record<string, never>>(method: string, path: string, body?: unknown): Promise<T>;
}

/** Starts the service of a world in this process; the first cycle is the test's business. */
export async function startWorld(world: World, events: Partial<ServiceEvents> = {}): Promise<RunningService> {
  const told: Told[] = [];
  const service = await startService(world.config(), {
    progress: () => {},
    log: (level, message) => void told.push({ level, message }),
    ...events,
  });
  const token = world.read('state/service-token').trim();
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${service.url}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) },
    });
  const json = async <T>(response: Response): Promise<T> => {
    const body = (await response.json()) as T;
    if (response.status >= 400) throw new Error(`${response.status} ${JSON.stringify(body)}`);
    return body;
  };
  return {
    service,
    told,
    token,
    fetch: ask,
    get: async (path) => json(await ask(`/api/v1${path}`)),
    send: async (method, path, body) =>
      json(
        await ask(`/api/v1${path}`, {
          method,
          body: JSON.stringify(body ?? {}),
          headers: { 'content-type': 'application/json' },
        }),
      ),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
