/** What diagnosis asks of a directory and of a tenant while they are running. */
import { ActiveDirectorySession } from '../../connectors/active-directory/session.ts';
import { ConnectorError, type ConnectorSession } from '../../connectors/contract.ts';
import type { EntraGraphSession } from '../../connectors/entra/graph.ts';
import type { EntraSyncSession } from '../../connectors/entra/sync.ts';
import type { CompanyConfiguration } from '../../entra/sync-protocol.ts';
import type { LdapEntry, SearchRequest } from '../../ldap/types.ts';
import type { EngineConnector } from '../../sync/context.ts';
import type { LiveAccess } from '../diagnose-context.ts';
import type { DirectoryChange, GraphCall } from '../fix/action.ts';

export interface LiveDirectory {
  readonly session: ActiveDirectorySession;
  readonly namingContexts: readonly string[];
  /** Entries as they are now. An object that is not there gives none. */
  read(request: SearchRequest): Promise<LdapEntry[]>;
  /** How many entries a search finds, up to its size limit. */
  count(request: SearchRequest): Promise<number>;
  /** One modify request. Throws an LdapError. */
  modify(dn: string, changes: readonly DirectoryChange[]): Promise<void>;
  /** Deletes one object. Throws an LdapError. */
  remove(dn: string, guid?: string): Promise<void>;
}
export interface GraphAnswer {
  readonly status: number;
  readonly body: unknown;
}
/** What is known of the tenant as a whole; by Graph less than by the sync plane. */
export type CompanyFacts = Pick<
  CompanyConfiguration,
  'tenantId' | 'initialDomain' | 'domains' | 'sourceAnchorAttribute' | 'groupMembers'
> & {
  /** Names as in Graph; absent is off. */
  readonly features: Readonly<Partial<Record<string, boolean>>>;
};
export interface LiveTenant {
  readonly company: CompanyFacts;
  /**
   * One call of Microsoft Graph as the connector's application; any status is an answer. What is refused is told as
   * unseen, unless the call is `optional`.
   */
  graph(call: GraphCall & { readonly optional?: boolean }): Promise<GraphAnswer>;
}

/**
 * Opens connectors when first asked and closes them in the end. What cannot be opened is not tried again. `attributes`: what
 * the rules read and write of a connector's directory.
 */
export class LiveConnections implements LiveAccess, AsyncDisposable {
  readonly #connectors: ReadonlyMap<string, EngineConnector['settings']['connector']>;
  readonly #signal: AbortSignal;
  readonly #attributes: (connector: string) => ReadonlySet<string> | undefined;
  readonly #sessions = new Map<string, Promise<ConnectorSession>>();
  readonly #unseen = new Map<string, string>();

  constructor(
    connectors: readonly { readonly connector: EngineConnector['settings']['connector'] }[],
    signal: AbortSignal,
    attributes: (connector: string) => ReadonlySet<string> | undefined = () => undefined,
  ) {
    this.#attributes = attributes;
    this.#connectors = new Map(connectors.map((c) => [c.connector.name, c.connector]));
    this.#signal = signal;
  }

  session(name: string): Promise<ConnectorSession> {
    const connector = this.#connectors.get(name);
    if (!connector) throw new TypeError(`no connector is called ${name}`);
    let session = this.#sessions.get(name);
    if (!session) {
      session = connector.open(this.#signal, this.#attributes(name));
      session.catch(() => undefined);
      this.#sessions.set(name, session);
    }
    return session;
  }

  async directory(name: string): Promise<LiveDirectory | undefined> {
    if (this.#connectors.get(name)?.type !== 'active-directory') return undefined;
    const session = await this.#opened(name);
    if (!(session instanceof ActiveDirectorySession)) return undefined;
    return {
      session,
      namingContexts: session.namingContexts,
      read: (request) => session.look(request),
      count: (request) => session.count(request),
      remove: (dn, guid) => session.remove(dn, guid),
      modify: (dn, changes) =>
        session.change(
          dn,
          changes.map((c) => ({
            ...c,
            values: c.values.map((v) => (typeof v === 'string' ? v : Buffer.from(v.base64, 'base64'))),
          })),
        ),
    };
  }

  async tenant(name: string): Promise<LiveTenant | undefined> {
    if (this.#connectors.get(name)?.type !== 'entra') return undefined;
    const session = (await this.#opened(name)) as EntraSyncSession | EntraGraphSession | undefined;
    if (!session || !('graph' in session)) return undefined;
    return {
      company: companyOf(session),
      graph: async (call) => {
        const answer = await session.graph(call.method, call.path, call.body, this.#signal);
        if (call.method === 'GET' && !call.optional) this.#note(name, call.path, answer);
        return answer;
      },
    };
  }

  /** What could not be read of a directory or a tenant, in words; the same refusal once. */
  unseen(): readonly string[] {
    return [...this.#unseen.values()];
  }

  #note(connector: string, path: string, { status, body }: GraphAnswer): void {
    // Not there, and not understood, are answers; refused, busy and silent are none.
    if (status !== 0 && status !== 401 && status !== 403 && status !== 429 && status < 500) return;
    if (status === 501) return;
    const plane =
      path
        .split('?')[0]
        ?.split('/')
        .slice(2, 4)
        .join('/')
        .replace(/\/[0-9a-f-]{36}$/i, '') ?? path;
    const told = (body as { error?: { message?: string } } | undefined)?.error?.message ?? '';
    const why = status === 0 ? 'gives no answer' : `answers ${status}`;
    const rights = status === 403 ? ' The application may lack the permission Directory.Read.All.' : '';
    this.#unseen.set(`${connector} ${plane} ${status}`, `${connector}: Graph ${why} to ${plane}: ${told}${rights}`);
  }

  /** A fresh look: what was open is closed, what failed is tried again. */
  async reset(): Promise<void> {
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    this.#unseen.clear();
    for (const session of open) {
      const opened = await session.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.reset();
  }

  async #opened(name: string): Promise<ConnectorSession | undefined> {
    try {
      return await this.session(name);
    } catch (error) {
      // The connectivity detector tells why; here it only means that nothing can be read live.
      if (error instanceof ConnectorError) return undefined;
      throw error;
    }
  }
}

function companyOf(session: EntraSyncSession | EntraGraphSession): CompanyFacts {
  const { company } = session;
  if (!('settings' in company)) return company;
  const { tenantId, initialDomain, settings } = company;
  return { tenantId, initialDomain, domains: company.domains, features: settings.features };
}
