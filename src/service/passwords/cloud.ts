/** The cloud's side of password hash synchronization: the way there, its switch, and who is an administrator. */
import { ConnectorError } from '../../connectors/contract.ts';
import type { EntraSyncSession } from '../../connectors/entra/sync.ts';
import { type CompanyConfiguration, syncPaths } from '../../entra/sync-protocol.ts';
import { createSyncPlaneTarget } from '../../passwords/cloud-target.ts';
import type { CredentialTarget } from '../../passwords/contract.ts';
import { CloudPasswordError } from '../../passwords/sender.ts';
import type { ConnectorSettings } from '../../sync/context.ts';

export interface PasswordCloudOptions {
  readonly connector: ConnectorSettings['connector'];
  /** For messages. */
  readonly endpoint: string;
  /** Throws when this process may not write any more (law 5). */
  readonly assertLease: () => void;
  readonly now: () => number;
  /** What is kept over a restart: ids of the administrators as JSON. */
  readonly remembered: { read(): string | undefined; write(text: string): void };
}

/** Milliseconds after which the roles are asked for again. */
const rolesFor = 600_000;
/** May read everything and change nothing: no administrator. */
const directoryReaders = '88d8e3e3-8f55-4a1e-953a-9b9898b8876b';
const feature = 'passwordSyncEnabled';
/** Principals with roles that are looked at, pages of a list that are read. */
const limits = { groups: 200, pages: 1000 } as const;

export class PasswordCloud {
  readonly target: CredentialTarget;
  readonly #options: PasswordCloudOptions;
  #session: Promise<EntraSyncSession> | undefined;
  #administrators: { readonly ids: ReadonlySet<string>; readonly until: number } | undefined;
  #failure: CloudPasswordError | undefined;

  constructor(options: PasswordCloudOptions) {
    this.#options = options;
    const { endpoint } = options;
    this.target = {
      endpoint,
      send: async (batch, signal) => {
        options.assertLease();
        const session = await this.#open(signal);
        if (batch.credentials.length === 0) await this.#requireFeature(session, signal);
        return createSyncPlaneTarget(session.client, endpoint).send(batch, signal);
      },
    };
  }

  /** Whether the holder of this cloud anchor administers the cloud. Throws while nobody could ever be asked. */
  isAdministrator(cloudAnchor: string): boolean {
    if (!this.#administrators) throw this.#failure ?? new TypeError('the administrators were not asked for');
    return this.#administrators.ids.has(cloudAnchor.replace(/^User_/i, '').toLowerCase());
  }

  /** Asks for the administrators if that was not done lately. What was known before holds while they cannot be asked for. */
  async refreshAdministrators(signal: AbortSignal): Promise<void> {
    const { now, remembered } = this.#options;
    if (this.#administrators && this.#administrators.until > now()) return;
    try {
      const ids = await this.#readAdministrators(await this.#open(signal), signal);
      const text = JSON.stringify([...ids].sort());
      if (remembered.read() !== text) remembered.write(text);
      this.#administrators = { ids, until: now() + rolesFor };
    } catch (cause) {
      if (!(cause instanceof ConnectorError)) throw cause;
      this.#failure = this.#rolesUnknown(cause);
      const before = remembered.read();
      if (before !== undefined && !this.#administrators)
        this.#administrators = { ids: new Set(JSON.parse(before) as string[]), until: 0 };
    }
  }

  /** Whether the tenant never had the feature: it cannot be switched off again. */
  async needsActivation(signal: AbortSignal): Promise<boolean> {
    return (await this.#open(signal)).company.features[feature] !== true;
  }

  /** Switches the feature on in the tenant. Throws a CloudPasswordError if that is refused. */
  async activate(signal: AbortSignal): Promise<void> {
    const session = await this.#open(signal);
    this.#options.assertLease();
    const body = { features: { [feature]: true } };
    const answer = await session.client.call<CompanyConfiguration>('PATCH', syncPaths.company, body, signal);
    if (answer.kind === 'ok') return;
    const detail = answer.kind === 'refused' ? answer.message : answer.detail;
    throw this.#switchedOff(`It could not be switched on: ${detail}`);
  }

  async #requireFeature(session: EntraSyncSession, signal: AbortSignal): Promise<void> {
    const answer = await session.client.call<CompanyConfiguration>('GET', syncPaths.company, undefined, signal);
    if (answer.kind === 'ok' && answer.value.features[feature] !== true) throw this.#switchedOff('');
  }

  #switchedOff(detail: string): CloudPasswordError {
    return new CloudPasswordError(
      'password-sync-disabled',
      `Password hash synchronization is switched off in the tenant at ${this.#options.endpoint}. ${detail}`.trim(),
      `Switch the feature ${feature} on in the tenant; the changes made in the meantime are sent then.`,
    );
  }

  #rolesUnknown(cause: ConnectorError): CloudPasswordError {
    return new CloudPasswordError(
      'password-sync-cloud-failure',
      `Who holds an administrator role in the cloud cannot be read (${cause.message}), so no password is sent: those of administrators must stay here.`,
      'Give the app of the cloud connector the permission RoleManagement.Read.Directory or Directory.Read.All, or set passwordHashSync: { excludeCloudAdministrators: false }.',
      cause,
    );
  }

  /** One session, opened when first needed and again after that failed. The client renews its token itself. */
  #open(signal: AbortSignal): Promise<EntraSyncSession> {
    this.#session ??= this.#options.connector.open(signal).then(
      (session) => {
        if (!('client' in session)) throw new TypeError('passwords are sent through the sync plane only');
        return session as EntraSyncSession;
      },
      (error: unknown) => {
        this.#session = undefined;
        throw error;
      },
    );
    return this.#session;
  }

  /** Object ids of everybody who holds, or may activate, a role that changes something; through groups as well. */
  async #readAdministrators(session: EntraSyncSession, signal: AbortSignal): Promise<Set<string>> {
    const base = '/v1.0/roleManagement/directory';
    const held = await this.#list(session, `${base}/roleAssignments`, signal);
    const eligible = await this.#list(session, `${base}/roleEligibilityScheduleInstances`, signal, [400, 404, 501]);
    const isAdministrative = (a: Item) => String(a.roleDefinitionId).toLowerCase() !== directoryReaders;
    const principals = new Set(
      [...held, ...eligible].filter(isAdministrative).map((a) => String(a.principalId).toLowerCase()),
    );
    const ids = new Set(principals);
    for (const id of [...principals].slice(0, limits.groups)) {
      if (!/^[0-9a-f-]{36}$/.test(id)) continue;
      const members = await this.#list(session, `/v1.0/groups/${id}/transitiveMembers?$select=id`, signal, [404]);
      for (const member of members) ids.add(String(member.id).toLowerCase());
    }
    return ids;
  }

  /** All pages of a list; none for one of the statuses that mean that there is no such thing. */
  async #list(
    session: EntraSyncSession,
    path: string,
    signal: AbortSignal,
    absent: readonly number[] = [],
  ): Promise<Item[]> {
    const items: Item[] = [];
    let next: string | undefined = path;
    for (let page = 0; next !== undefined && page < limits.pages; page++) {
      const { status, body }: { status: number; body: unknown } = await session.graph('GET', next, undefined, signal);
      if (absent.includes(status)) return items;
      if (status !== 200) throw graphRefusal(path, status, body);
      const { value, '@odata.nextLink': link } = body as { value?: Item[]; '@odata.nextLink'?: string };
      items.push(...(value ?? []));
      // Only ever on the same server: the rest of the address is what it was before.
      next = link?.replace(/^https?:\/\/[^/]+/, '');
    }
    return items;
  }
}

type Item = Readonly<Record<string, unknown>>;

function graphRefusal(path: string, status: number, body: unknown): ConnectorError {
  const { error } = (body ?? {}) as { error?: { code?: string; message?: string } };
  const told = error?.message ?? `status ${status}`;
  return new ConnectorError('failed-permission', `${path.split('?')[0]}: ${told}`, {
    status: 'stopped-password-sync',
    remedy: 'Check the permissions of the app of the cloud connector.',
  });
}
