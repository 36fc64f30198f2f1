import { randomBytes, randomInt } from 'node:crypto';
import {
  type Connector,
  ConnectorError,
  type ConnectorSession,
  type ExportForecast,
  type ExportWork,
  type ImportRequest,
} from '../contract.ts';
import { authorityOf, isMicrosofts, microsoft } from './graph-address.ts';
import { GraphClient, type GraphRequest, timerWait } from './graph-client.ts';
import { AdministratorList, type Administrators, type GraphCompany, readCompany } from './graph-company.ts';
import { type GraphCredential, tokenSource } from './graph-credentials.ts';
import { type Exporter, exportObjects } from './graph-export.ts';
import {
  type ExtensionDefinition,
  extensionsIn,
  extensionsNamed,
  readExtensions,
  wantedOf,
} from './graph-extensions.ts';
import { importObjects } from './graph-import.ts';
import { Fresh } from './graph-job.ts';
import { writesOfWork } from './graph-links.ts';
import { graphSchema, objectTypes } from './graph-names.ts';
import { obstaclesGone } from './graph-obstacles.ts';
import { type Forecast, publishedLimits, type QuotaLimits, QuotaPlanner } from './graph-quota.ts';
import { readBack, readObjects } from './graph-read.ts';
import { type Fetch, fetchTrusting } from './sync-transport.ts';

export type { GraphCredential } from './graph-credentials.ts';

export interface EntraGraphConfig {
  readonly name: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly credential: GraphCredential;
  /** Which of `user`, `group` and `device` are imported; default all. */
  readonly objectTypes?: readonly string[];
  /** Default `https://graph.microsoft.com`. */
  readonly url?: string;
  /** Where tokens come from; default Microsoft's for Microsoft's Graph, otherwise the url. */
  readonly authority?: string;
  /** For whom tokens are made out; default the url if it is Microsoft's, otherwise `https://graph.microsoft.com`. */
  readonly resource?: string;
  /** Default: the platform's. A tenant in the same process gives its own. */
  readonly fetch?: Fetch;
  /** PEM text of the authority that signed the service's certificate. Not together with `fetch`. */
  readonly ca?: string;
  /** Milliseconds until a call without an answer counts as lost; default 120,000. */
  readonly timeoutMs?: number;
  /** What the service allows; default the published limits. */
  readonly limits?: Partial<QuotaLimits>;
  /** Most batches that travel at a time; default 8. */
  readonly concurrency?: number;
  /** Milliseconds since 1970; default the machine's clock. */
  readonly now?: () => number;
  /** Waits that long, in ms; default a timer. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Source of random bytes; default the machine's. */
  readonly random?: (count: number) => Uint8Array;
  /** Who holds administrator roles, if that is known already; default asked of the tenant. */
  readonly administrators?: Administrators;
  /** Directory extensions that the tenant defines, if that is known already; default asked of the tenant. */
  readonly extensions?: readonly ExtensionDefinition[];
  /** Where a managed identity is looked for; default the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A session with what only this dialect has. */
export interface EntraGraphSession extends ConnectorSession {
  readonly company: GraphCompany;
  /** When so many writes will be done, if they begin now. */
  forecast(writes: number): Forecast;
  readonly quota: QuotaPlanner;
  /** Directory extensions that the rules name and the tenant defines. */
  readonly extensions: readonly ExtensionDefinition[];
  /** Whether devices are imported; otherwise the app need not be allowed to read them. */
  readonly readsDevices: boolean;
  /** Who holds administrator roles, or may activate one, by object id; members of groups that do included. */
  administrators(signal: AbortSignal): Promise<Administrators>;
  /** One call with the connector's own permissions, version in the path (`/v1.0/…`); any status is an answer, 0 is none. */
  graph(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** The connector to a real tenant (dialect `graph`). Throws a ConnectorError for addresses that would leak credentials. */
export function createEntraGraphConnector(config: EntraGraphConfig): Connector {
  return {
    name: config.name,
    type: 'entra',
    dialect: 'graph',
    open: (signal, attributes) => openSession(config, signal, extensionsIn(attributes)),
    forecastExport: (work) => graphForecast(config, work),
  };
}

async function openSession(
  config: EntraGraphConfig,
  signal: AbortSignal,
  named: readonly string[],
): Promise<EntraGraphSession> {
  const client = clientOf(config);
  const now = config.now ?? Date.now;
  const classes = config.objectTypes ?? objectTypes;
  const readsDevices = classes.includes('device');
  const question = {
    client,
    token: client.token,
    clientId: config.clientId,
    readsDevices,
    readsExtensions: named.length > 0,
  };
  const company = await readCompany(question, signal);
  const extensions = config.extensions
    ? extensionsNamed(named, config.extensions)
    : await readExtensions(client, named, config.clientId, signal);
  const schema = graphSchema(extensions);
  const random = config.random ?? ((count: number) => randomBytes(count));
  const exporter: Exporter = {
    client,
    company,
    fresh: new Fresh(now),
    extensions,
    administrators: new AdministratorList(client, now, config.administrators),
    digits: (count) => Array.from({ length: count }, () => digit(config.random)).join(''),
    // Four classes of characters, whatever the random part holds.
    password: () => `Aa1!${Buffer.from(random(24)).toString('base64url')}`,
  };
  return {
    schema: { ...schema, objectTypes: classes },
    extensions: [...extensions.values()],
    partitions: [{ name: company.tenantId }],
    server: new URL(client.url).host,
    company,
    quota: client.quota,
    readsDevices,
    administrators: (abort) => exporter.administrators.read(abort),
    forecast: (writes) => client.quota.forecast(writes),
    forecastExport: (work) => client.quota.forecast(writesOfWork(work)),
    parameters: () => ({}),
    import(request: ImportRequest) {
      if (company.hasOtherEngine) warnAboutOtherEngine(request);
      return importObjects(client, { ...request, attributes: wantedOf(request.attributes, extensions) });
    },
    read: (anchors, request) =>
      readObjects(client, anchors, { ...request, attributes: wantedOf(request.attributes, extensions) }),
    export: (requests, abort) => exportObjects(exporter, requests, abort),
    readBack: (requests, abort) => readBack(client, requests, wantedOf(schema.attributes, extensions), abort),
    obstaclesGone: (obstacles, abort) => obstaclesGone(exporter, obstacles, abort),
    graph: (method, path, body, abort) => callOnce(client, { method, path, body }, abort),
    async [Symbol.asyncDispose]() {},
  };
}

async function callOnce(
  client: GraphClient,
  call: Pick<GraphRequest, 'method' | 'path' | 'body'>,
  signal: AbortSignal,
): Promise<{ status: number; body: unknown }> {
  const [, version, path] = /^\/(v1\.0|beta)(\/.*)$/.exec(call.path) ?? [];
  if (path === undefined) throw new TypeError(`${call.path} is no path of Microsoft Graph`);
  // Reads may use every kind of filter (entra-directory s.5.8).
  const headers: Record<string, string> = call.method === 'GET' ? { ConsistencyLevel: 'eventual' } : {};
  const request = { ...call, path, version: version === 'beta' ? 'beta' : 'v1.0', headers, once: true } as const;
  const answer = await client.call(request, signal);
  switch (answer.kind) {
    case 'ok':
      return { status: answer.status, body: answer.body };
    case 'refused':
      return { status: answer.status, body: { error: { code: answer.code, message: answer.message } } };
    default:
      return { status: 0, body: { error: { code: answer.kind, message: answer.detail } } };
  }
}

const digit = (random: EntraGraphConfig['random']): number => (random ? (random(1)[0] as number) % 10 : randomInt(10));

function warnAboutOtherEngine(request: ImportRequest): void {
  request.warn(
    'another-engine-synchronizes',
    'Directory synchronization of the tenant is on (organization.onPremisesSyncEnabled): another engine may write to the same people. Causeway leaves alone what that engine masters.',
  );
}

function clientOf(config: EntraGraphConfig): GraphClient {
  const url = (config.url ?? microsoft).replace(/\/+$/, '');
  const authority = (config.authority ?? authorityOf(url)).replace(/\/+$/, '');
  if (config.fetch === undefined) for (const address of [url, authority]) refuseUnsafe(address);
  const fetch: Fetch =
    config.fetch ?? (config.ca === undefined ? (request) => globalThis.fetch(request) : fetchTrusting(config.ca));
  const now = config.now ?? Date.now;
  const tokens = tokenSource({
    tenantId: config.tenantId,
    clientId: config.clientId,
    credential: config.credential,
    authority,
    resource: config.resource ?? (isMicrosofts(url) ? url : microsoft),
    // The identity endpoint of the machine is no TLS service, so it must not be asked for our authority's certificate.
    fetch: 'managedIdentity' in config.credential ? (config.fetch ?? ((r) => globalThis.fetch(r))) : fetch,
    now,
    environment: config.environment ?? process.env,
  });
  const { concurrency, timeoutMs = 120_000 } = config;
  const quota = plannerOf(config);
  return new GraphClient({ url, tokens, quota, fetch, timeoutMs, now, ...(concurrency ? { concurrency } : {}) });
}

/** How long an export takes with a quota that nobody has used yet. */
export const graphForecast = (
  config: Pick<EntraGraphConfig, 'limits' | 'now' | 'wait'>,
  work: ExportWork,
): ExportForecast => plannerOf(config).forecast(writesOfWork(work));

const plannerOf = ({
  limits,
  now = Date.now,
  wait = timerWait,
}: Pick<EntraGraphConfig, 'limits' | 'now' | 'wait'>): QuotaPlanner =>
  new QuotaPlanner({ limits: { ...publishedLimits, ...limits }, now, wait });

/** Plain HTTP only to a tenant on this very machine: a token or secret on the wire is a token given away. */
function refuseUnsafe(address: string): void {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return;
  throw new ConnectorError('failed-connection', `${address} is not protected by TLS.`, {
    status: 'no-start-connection',
    remedy: 'Use an address that begins with https://.',
  });
}
