import { hostname } from 'node:os';
import {
  type Capabilities,
  type CompanyConfiguration,
  type FinalizeRequest,
  syncPaths,
} from '../../entra/sync-protocol.ts';
import {
  type Connector,
  ConnectorError,
  type ConnectorSession,
  type ExportRequest,
  type ImportRequest,
  type ReadBack,
} from '../contract.ts';
import { SyncClient } from './sync-client.ts';
import { exportObjects } from './sync-export.ts';
import { importObjects, type Reader, readByAnchors, readObjects, wholeObject } from './sync-import.ts';
import { sourceAnchorOfDn, syncType } from './sync-names.ts';
import { syncSchema } from './sync-schema.ts';
import { type Fetch, fetchTrusting } from './sync-transport.ts';

export interface EntraSyncConfig {
  readonly name: string;
  /** `http://127.0.0.1:8441` */
  readonly url: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly secret: string;
  /** Told to the tenant with every export; default the name of this machine. */
  readonly machineName?: string;
  /** Default: the platform's. A tenant in the same process gives its own. */
  readonly fetch?: Fetch;
  /** PEM text of the authority that signed the tenant's certificate. Not together with `fetch`. */
  readonly ca?: string;
  /** Milliseconds until a call without an answer counts as lost; default 120,000. */
  readonly timeoutMs?: number;
  /** Objects in one page of an import; default and maximum: what the tenant allows. */
  readonly pageSize?: number;
  /** Waits that long, in ms; default a timer. For tests. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** The connector to a tenant's sync plane (dialect `sync`). */
export function createEntraSyncConnector(config: EntraSyncConfig): Connector {
  return { name: config.name, type: 'entra', open: (signal) => openSession(config, signal) };
}

/** A session with what only this dialect has. */
export interface EntraSyncSession extends ConnectorSession {
  readonly company: CompanyConfiguration;
  readonly capabilities: Capabilities;
  /** For operations that are no import or export, such as credentials. */
  readonly client: SyncClient;
  /** One call of Microsoft Graph with the connector's own permissions; any status is an answer. */
  graph(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
}

async function openSession(config: EntraSyncConfig, signal: AbortSignal): Promise<EntraSyncSession> {
  const url = config.url.replace(/\/+$/, '');
  const client = new SyncClient({
    url,
    tenantId: config.tenantId,
    clientId: config.clientId,
    secret: config.secret,
    fetch: config.fetch ?? (config.ca === undefined ? (request) => fetch(request) : fetchTrusting(config.ca)),
    timeoutMs: config.timeoutMs ?? 120_000,
    ...(config.wait === undefined ? {} : { wait: config.wait }),
  });
  await client.signIn(signal);
  const capabilities = await get<Capabilities>(client, syncPaths.capabilities, url, signal);
  const company = await get<CompanyConfiguration>(client, syncPaths.company, url, signal);
  const schema = syncSchema();
  const pageSize = Math.min(config.pageSize ?? capabilities.maxReadBack, capabilities.maxReadBack);
  const reader: Reader = { client, schema, pageSize };
  return {
    schema,
    partitions: [{ name: company.tenantId }],
    server: new URL(url).host,
    company,
    capabilities,
    client,
    parameters: () => ({}),
    import: (request) => importObjects(reader, request),
    read: (anchors, request: ImportRequest) => readObjects(reader, anchors, request),
    export: (requests, abort) => exportObjects(client, capabilities, requests, abort),
    readBack: (requests, abort) => readBack(reader, requests, abort),
    graph: async (method, path, body, abort) => {
      // Reads may use every kind of filter (entra-directory s.5.8).
      const headers = method === 'GET' ? { ConsistencyLevel: 'eventual' } : {};
      const answer = await client.call<unknown>(method, path, body, abort, headers);
      switch (answer.kind) {
        case 'ok':
          return { status: 200, body: answer.value };
        case 'refused':
          return { status: answer.status, body: { error: { code: answer.code, message: answer.message } } };
        case 'lost':
        case 'unreachable':
          return { status: 0, body: { error: { code: answer.kind, message: answer.detail } } };
      }
    },
    async finalizeExport({ attempted, succeeded }, abort) {
      const totals: FinalizeRequest = {
        totalExported: attempted,
        successfulExportCount: succeeded,
        clientMachineName: config.machineName ?? hostname(),
      };
      const answer = await client.call<undefined>('POST', syncPaths.finalize, totals, abort);
      if (answer.kind !== 'ok') throw refused(url, answer.kind === 'refused' ? answer.message : answer.detail);
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function get<T>(client: SyncClient, path: string, url: string, signal: AbortSignal): Promise<T> {
  const answer = await client.call<T>('GET', path, undefined, signal);
  if (answer.kind === 'ok') return answer.value;
  if (answer.kind === 'refused' && answer.status === 403) {
    throw new ConnectorError('failed-permission', `${url}: ${answer.message}`, {
      status: 'no-start-credentials',
      remedy: 'Give the app registration of the connector the role of a synchronization client.',
    });
  }
  if (answer.kind === 'refused' && (answer.status === 429 || answer.status === 503)) {
    const isThrottled = answer.status === 429;
    throw new ConnectorError(
      isThrottled ? 'cloud-throttled' : 'cloud-unavailable',
      `${url} asks for patience (HTTP ${answer.status}): ${answer.message}`,
      {
        status: 'no-start-connection',
        remedy: 'Nothing to do if it passes: the next cycle goes on where this one stopped.',
      },
    );
  }
  throw refused(url, answer.kind === 'refused' ? answer.message : answer.detail);
}

const refused = (url: string, detail: string): ConnectorError =>
  new ConnectorError('failed-connection', `${url} did not answer as a sync plane does: ${detail}`, {
    status: 'no-start-connection',
    remedy: 'Check the url of the connector: it must be the address of a local tenant.',
  });

/** What the tenant holds of the objects now, by cloud anchor where it is known, otherwise by source anchor. */
async function readBack(reader: Reader, requests: readonly ExportRequest[], signal: AbortSignal): Promise<ReadBack[]> {
  const anchors = requests.map((request) => {
    if (request.anchor !== undefined) return { cloudAnchor: request.anchor };
    return {
      objectType: syncType(request.objectType) ?? 'User',
      sourceAnchor: sourceAnchorOfDn(request.dn) ?? request.dn,
    } as const;
  });
  const found = await readByAnchors(reader, anchors, signal);
  const byCloud = new Map(found.map((o) => [o.cloudAnchor, o]));
  const bySource = new Map(found.map((o) => [`${o.objectType} ${o.sourceAnchor}`, o]));
  const everything = { has: () => true };
  return requests.map((request, index) => {
    const anchor = anchors[index]!;
    const object =
      'cloudAnchor' in anchor
        ? byCloud.get(anchor.cloudAnchor)
        : bySource.get(`${anchor.objectType} ${anchor.sourceAnchor}`);
    return object ? { id: request.id, object: wholeObject(reader.schema, everything, object) } : { id: request.id };
  });
}
