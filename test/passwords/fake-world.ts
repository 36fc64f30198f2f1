/** A directory and a cloud in memory around a real channel, for tests of what the channel does and when. */

import { ReplicationError } from '../../src/connectors/active-directory/replication/errors.ts';
import type { Credential, CredentialBatch, CredentialResponse } from '../../src/entra/sync-protocol.ts';
import { type ChannelOptions, PasswordChannel } from '../../src/passwords/channel.ts';
import type {
  CredentialTarget,
  Eligibility,
  PasswordAccount,
  PasswordPage,
  PasswordSession,
  PasswordSettings,
  PasswordStateStore,
} from '../../src/passwords/contract.ts';
import type { PasswordEvent } from '../../src/passwords/events.ts';
import { createMemoryStore } from '../../src/passwords/memory-store.ts';

export const minute = 60_000;
export const dcLost = (): ReplicationError =>
  new ReplicationError('connection-lost', 'The connection was closed.', {
    endpoint: 'dc1',
    retry: 'reconnect',
    remedy: 'Wait.',
  });
export const namingContext = 'DC=corp,DC=example,DC=com';

interface Entry {
  readonly account: PasswordAccount & { readonly secret: string };
  readonly usn: number;
  readonly changed: 'all' | 'date' | 'other';
}

/** Directory with one update sequence number a write; the watermark is the last one seen. */
export class FakeDirectory {
  readonly #entries = new Map<string, Entry>();
  #usn = 0;
  pageSize = 500;
  opened = 0;
  singles = 0;
  /** Called before each page; may throw. */
  beforePage: (page: number) => void = () => undefined;
  released = 0;

  set(objectGuid: string, secret: string, more: Partial<PasswordAccount> = {}): void {
    const dn = `CN=${objectGuid},${namingContext}`;
    const changedAt = 1_000_000 + this.#usn;
    const account = {
      objectGuid,
      dn,
      deleted: false,
      mustChange: false,
      changedAt,
      ...more,
      password: 'present' as const,
      secret,
    };
    this.#entries.set(objectGuid, { account, usn: ++this.#usn, changed: 'all' });
  }
  demandChange(objectGuid: string, mustChange: boolean): void {
    const { account } = this.#entries.get(objectGuid)!;
    this.#entries.set(objectGuid, { account: { ...account, mustChange }, usn: ++this.#usn, changed: 'date' });
  }
  touch(objectGuid: string): void {
    const { account } = this.#entries.get(objectGuid)!;
    this.#entries.set(objectGuid, { account, usn: ++this.#usn, changed: 'other' });
  }
  remove(objectGuid: string): void {
    const { account } = this.#entries.get(objectGuid)!;
    this.#entries.set(objectGuid, { account: { ...account, deleted: true }, usn: ++this.#usn, changed: 'other' });
  }

  async open(): Promise<PasswordSession> {
    this.opened++;
    return {
      endpoint: 'dc1:49152',
      clockSkewMs: 3,
      changes: (_, watermark) => this.#changes(watermark === undefined ? 0 : Number(watermark)),
      single: async (objectGuid) => {
        this.singles++;
        const entry = this.#entries.get(objectGuid);
        return entry && this.#page([{ ...entry, changed: 'all' }], '', false);
      },
      close: async () => undefined,
    };
  }

  async *#changes(from: number): AsyncGenerator<PasswordPage> {
    const entries = [...this.#entries.values()].filter((e) => e.usn > from).sort((a, b) => a.usn - b.usn);
    for (let at = 0, n = 0; at === 0 || at < entries.length; at += this.pageSize) {
      this.beforePage(n++);
      const part = entries.slice(at, at + this.pageSize);
      const more = at + this.pageSize < entries.length;
      yield this.#page(part, String(part.at(-1)?.usn ?? Math.max(from, this.#usn)), more);
    }
  }

  #page(entries: readonly Entry[], watermark: string, more: boolean): PasswordPage {
    const byGuid = new Map(entries.map((e) => [e.account.objectGuid, e]));
    let open = true;
    return {
      accounts: entries.map(({ account: { secret: _, mustChange, ...account }, changed }) => ({
        ...account,
        password: changed === 'all' ? account.password : 'unchanged',
        ...(changed === 'other' || mustChange === undefined ? {} : { mustChange }),
      })),
      watermark,
      more,
      estimatedTotal: this.#entries.size,
      transform: async (guids) => {
        if (!open) throw new TypeError('the page was released');
        return guids.map((guid) => `hash of ${byGuid.get(guid)!.account.secret}`);
      },
      release: () => {
        open = false;
        this.released++;
      },
    };
  }
}

export class FakeCloud implements CredentialTarget {
  readonly endpoint = 'cloud';
  /** By source anchor. */
  readonly passwords = new Map<string, Credential>();
  readonly batches: number[] = [];
  heartbeats = 0;
  /** Error code for a user, or undefined to accept. */
  refuse: (credential: Credential) => string | undefined = () => undefined;
  /** Called before anything else; may throw. */
  before: (batch: CredentialBatch) => void | Promise<void> = () => undefined;

  async send(batch: CredentialBatch): Promise<CredentialResponse> {
    await this.before(batch);
    if (batch.credentials.length === 0) this.heartbeats++;
    else this.batches.push(batch.credentials.length);
    return {
      results: batch.credentials.map((credential) => {
        const { sourceAnchor } = credential;
        const errorCode = this.refuse(credential);
        if (errorCode) return { sourceAnchor, resultCode: 'Failure' as const, errorCode, errorDescription: 'refused' };
        this.passwords.set(sourceAnchor, credential);
        return { sourceAnchor, resultCode: 'Success' as const };
      }),
    };
  }
  hashOf = (sourceAnchor: string): string | undefined => this.passwords.get(sourceAnchor)?.hash;
}

export interface World {
  readonly directory: FakeDirectory;
  readonly cloud: FakeCloud;
  readonly channel: PasswordChannel;
  readonly store: PasswordStateStore;
  readonly events: PasswordEvent[];
  /** Eligibility by objectGUID; a user that is not in it is eligible with its GUID as the anchor. */
  readonly eligibility: Map<string, Eligibility>;
  settings: PasswordSettings;
  /** Milliseconds since 1970. */
  now: number;
  readonly ids: () => number[];
}

export function createWorld(options: Partial<ChannelOptions> = {}): World {
  const directory = new FakeDirectory();
  const cloud = new FakeCloud();
  const store = createMemoryStore();
  const events: PasswordEvent[] = [];
  const eligibility = new Map<string, Eligibility>();
  const world = {
    directory,
    cloud,
    store,
    events,
    eligibility,
    settings: { enabled: true, staging: false, ready: true } as PasswordSettings,
    now: 1_800_000_000_000,
    ids: () => events.map((e) => e.id),
  };
  const channel = new PasswordChannel({
    connector: 'corp',
    domains: [{ namingContext, servers: ['dc1'], open: () => directory.open() }],
    target: cloud,
    eligible: (guids) =>
      new Map(guids.map((guid) => [guid, eligibility.get(guid) ?? { eligible: true, sourceAnchor: guid }])),
    settings: () => world.settings,
    store,
    onEvent: (event) => events.push(event),
    now: () => world.now,
    ...options,
  });
  return Object.assign(world, { channel });
}
