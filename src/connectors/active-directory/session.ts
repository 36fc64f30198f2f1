/** An open connector: the domain controllers it talks to and what it can do with them. */
import { LdapError } from '../../ldap/errors.ts';
import type { LdapEntry, ModifyChange, SearchRequest } from '../../ldap/types.ts';
import { dnKey, isAtOrBelow } from '../../model/dn.ts';
import {
  type Absence,
  ConnectorError,
  type ConnectorSchema,
  type ConnectorSession,
  type ExportRequest,
  type ExportResult,
  type ImportBatch,
  type ImportedDelete,
  type ImportedObject,
  type ImportRequest,
  type Partition,
  type ReadBack,
} from '../contract.ts';
import { findAbsences } from './absence.ts';
import { type Sleep, waitForUsn } from './change-hint.ts';
import type { ActiveDirectoryConfig } from './config.ts';
import { type DirSyncJob, readWhole } from './dirsync.ts';
import { configurationError, toConnectorError } from './errors.ts';
import { exportChanges, readBack } from './export.ts';
import { importPartition } from './import.ts';
import { type DomainController, locate, type Network } from './locator.ts';
import { type AdPartition, domainOfDn } from './partitions.ts';
import { readObjects } from './read-objects.ts';
import { checkRights, type RightCheck } from './rights.ts';
import type { AdSchema } from './schema.ts';
import { makeSelection } from './selection.ts';
import { decodeWatermark } from './watermark.ts';

export interface Environment extends Network {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: Sleep;
}
export interface OpenPartition {
  readonly dc: DomainController;
  readonly partition: AdPartition;
}
/** More than Kerberos forgives is an outage; this much is worth a word (active-directory s.1.2). */
const SKEW_MS = 120_000;

export class ActiveDirectorySession implements ConnectorSession {
  readonly schema: ConnectorSchema;
  readonly partitions: readonly Partition[];
  readonly #config: ActiveDirectoryConfig;
  readonly #environment: Environment;
  readonly #adSchema: AdSchema;
  readonly #open: Map<string, OpenPartition>;
  /** Every connection that was opened, also those that were given up for a preferred server. */
  readonly #connections: Set<DomainController>;
  /** By server, the last change that was there when an import looked. */
  readonly #seen = new Map<DomainController, bigint>();
  readonly #skewMs: number;
  /** What was said already: a session may import every second. */
  readonly #warned = new Set<string>();
  readonly #used: (partition: Partition, url: string) => void;

  /** `used` is told when a partition is imported from another server than it was opened with. */
  constructor(
    config: ActiveDirectoryConfig,
    environment: Environment,
    schema: AdSchema,
    opened: readonly OpenPartition[],
    used: (partition: Partition, url: string) => void = () => undefined,
  ) {
    this.#used = used;
    this.#config = config;
    this.#environment = environment;
    this.#adSchema = schema;
    this.schema = schema.connector;
    this.partitions = opened.map(({ partition }) => ({ name: partition.name }));
    this.#open = new Map(opened.map((o) => [dnKey(o.partition.name), o] as const));
    this.#connections = new Set(opened.map(({ dc }) => dc));
    for (const dc of this.#connections) this.#seen.set(dc, dc.rootDse.highestCommittedUsn);
    const time = opened[0]?.dc.rootDse.currentTimeMs;
    this.#skewMs = time === undefined ? 0 : environment.now() - time;
  }

  get server(): string {
    return [...new Set([...this.#open.values()].map(({ dc }) => dc.rootDse.dnsHostName || dc.url))].join(', ');
  }

  /** Naming contexts of the servers, configured as partitions or not. */
  get namingContexts(): readonly string[] {
    return [...new Set([...this.#open.values()].flatMap(({ dc }) => dc.rootDse.namingContexts))];
  }

  /** Naming contexts that hold no identities. */
  get technicalContexts(): readonly string[] {
    return [...this.#open.values()].flatMap(({ dc }) => [
      dc.rootDse.configurationNamingContext,
      dc.rootDse.schemaNamingContext,
    ]);
  }

  /** Milliseconds by which the clock of this machine is ahead of the server's. */
  get clockSkewMs(): number {
    return this.#skewMs;
  }

  /** Entries as they are now, for diagnosis; none if the base is not there. Throws an LdapError. */
  async look(request: SearchRequest): Promise<LdapEntry[]> {
    try {
      return await this.#serverForLook(request.base).connection.searchAll(request);
    } catch (error) {
      // No such object, or a base in a naming context that another server holds.
      if (error instanceof LdapError && (error.code === 32 || error.code === 10)) return [];
      throw error;
    }
  }

  /** Servers that the directory names for an object that it does not hold; none if it names none. Throws an LdapError. */
  async referrals(base: string): Promise<readonly string[]> {
    try {
      const request = { base, scope: 'base', filter: { present: 'objectClass' }, attributes: ['1.1'] } as const;
      await this.#serverForLook(base).connection.searchAll(request);
      return [];
    } catch (error) {
      if (!(error instanceof LdapError && (error.code === 32 || error.code === 10))) throw error;
      return error.result?.referrals ?? [];
    }
  }

  /** How many entries a search finds; its size limit if there are more. Throws an LdapError. */
  async count(request: SearchRequest): Promise<number> {
    let found = 0;
    try {
      for await (const entries of this.#serverForLook(request.base).connection.search(request)) found += entries.length;
    } catch (error) {
      // Result 4: more than the limit, as was to be expected.
      if (!(error instanceof LdapError && (error.code === 4 || error.code === 32))) throw error;
      if (error.code === 4) return request.sizeLimit ?? found;
    }
    return found;
  }

  /** One change that an administrator ordered. Throws an LdapError, or a ConnectorError for a DN of another domain. */
  async change(dn: string, changes: readonly ModifyChange[]): Promise<void> {
    await this.#serverOf(dn).connection.modify(dn, changes);
  }

  /** Deletes one object, by its GUID where that is known. Throws like `change`. */
  async remove(dn: string, guid?: string): Promise<void> {
    await this.#serverOf(dn).connection.delete(guid === undefined ? dn : `<GUID=${guid}>`);
  }

  /** Address of the server of a partition. */
  urlOf(partition: Partition): string {
    return this.#opened(partition).dc.url;
  }

  parameters(partition: Partition): Readonly<Record<string, string>> {
    return this.#opened(partition).partition.parameters;
  }

  async *import(asked: ImportRequest): AsyncGenerator<ImportBatch> {
    const request = { ...asked, warn: (code: string, detail: string) => this.#warnOnce(asked, code, detail) };
    try {
      const { dc, partition } = await this.#preferLast(request);
      if (Math.abs(this.#skewMs) > SKEW_MS) {
        const seconds = Math.round(Math.abs(this.#skewMs) / 1000);
        const way = this.#skewMs > 0 ? 'ahead of' : 'behind';
        request.warn('clock-skew', `The clock of this machine is ${seconds} s ${way} that of ${this.server}.`);
      }
      if (this.#config.allowClearTextPassword && this.#config.bind.method !== 'ntlm' && !dc.url.startsWith('ldaps:')) {
        request.warn(
          'clear-text-password',
          `"allowClearTextPassword" is on: whoever sees the network between here and ${this.server} can read the password of ${this.#config.bind.user}. Use ldaps://, StartTLS or "bind: { method: ntlm }".`,
        );
      }
      yield* importPartition(
        {
          config: this.#config,
          dc,
          partition,
          schema: this.#adSchema,
          now: this.#environment.now,
          looked: (usn) => this.#seen.set(dc, usn),
        },
        request,
      );
    } catch (error) {
      throw request.signal.aborted ? error : toConnectorError(error, 'run');
    }
  }

  async read(
    anchors: readonly string[],
    request: ImportRequest,
  ): Promise<readonly (ImportedObject | ImportedDelete)[]> {
    const { dc, partition } = this.#opened(request.partition);
    const selection = makeSelection(this.#adSchema, request);
    const job = { dc, partition, selection, signal: request.signal };
    try {
      const isDirSync = decodeWatermark(request.watermark)?.mode === 'dirsync';
      const results = isDirSync
        ? await readWhole(job, anchors)
        : await readObjects(dc.connection, anchors, selection, request.signal);
      const missing = results.flatMap((result) => (result.kind === 'missing' ? [result.anchor] : []));
      const read = results.flatMap((result) => {
        if (result.kind === 'object' || result.kind === 'delete') return [result];
        if (result.kind === 'error') request.warn(result.code, result.detail);
        return [];
      });
      return [...read, ...(await this.#deletesOf(missing, job, request))];
    } catch (error) {
      throw request.signal.aborted ? error : toConnectorError(error, 'run');
    }
  }

  async confirmAbsent(anchors: readonly string[], request: ImportRequest): Promise<readonly Absence[]> {
    const { dc, partition } = this.#opened(request.partition);
    const selection = makeSelection(this.#adSchema, request);
    try {
      return await findAbsences({ dc, partition, selection, signal: request.signal }, anchors, this.#config.bind.user);
    } catch (error) {
      throw request.signal.aborted ? error : toConnectorError(error, 'run');
    }
  }

  async #deletesOf(anchors: readonly string[], job: DirSyncJob, request: ImportRequest): Promise<ImportedDelete[]> {
    const answers = anchors.length === 0 ? [] : await findAbsences(job, anchors, this.#config.bind.user);
    return answers.flatMap(({ anchor, state, detail }) => {
      if (state === 'gone') return [{ kind: 'delete' as const, anchor }];
      request.warn('not-confirmed-absent', `${anchor} changed and cannot be read. ${detail}`);
      return [];
    });
  }

  async export(requests: readonly ExportRequest[], signal: AbortSignal): Promise<readonly ExportResult[]> {
    return exportChanges(requests, { schema: this.#adSchema, connectionOf: (dn) => this.#serverOf(dn), signal });
  }

  async readBack(requests: readonly ExportRequest[], signal: AbortSignal): Promise<readonly ReadBack[]> {
    try {
      return await readBack(requests, { schema: this.#adSchema, connectionOf: (dn) => this.#serverOf(dn), signal });
    } catch (error) {
      throw signal.aborted ? error : toConnectorError(error, 'run');
    }
  }

  async waitForChange(signal: AbortSignal): Promise<void> {
    const servers = new Map([...this.#open.values()].map(({ dc }) => [dc, this.#seen.get(dc) ?? 0n] as const));
    try {
      const { pollIntervalMs = 500 } = this.#config;
      const numbers = await waitForUsn(servers, pollIntervalMs, this.#environment.sleep, signal);
      // Told once: whoever waits on a session that never imports would otherwise be told again and again.
      for (const [dc, number] of numbers) this.#seen.set(dc, number);
    } catch (error) {
      throw signal.aborted ? error : toConnectorError(error, 'run');
    }
  }

  /** What the account may do in every partition, for diagnosis. Changes nothing. */
  async preflight(signal: AbortSignal): Promise<readonly RightCheck[]> {
    const results: RightCheck[] = [];
    try {
      for (const opened of this.#open.values()) {
        results.push(...(await checkRights({ ...opened, schema: this.#adSchema, config: this.#config, signal })));
      }
      return results;
    } catch (error) {
      throw signal.aborted ? error : toConnectorError(error, 'run');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#connections].map((dc) => dc.connection.close()));
  }

  #warnOnce(request: ImportRequest, code: string, detail: string): void {
    if (this.#warned.has(detail)) return;
    this.#warned.add(detail);
    request.warn(code, detail);
  }

  #opened(partition: Partition): OpenPartition {
    const found = this.#open.get(dnKey(partition.name));
    if (found) return found;
    throw new ConnectorError('partition-missing', `The connector has no partition "${partition.name}".`, {
      status: 'no-start-partition-delete',
      remedy: `Use one of: ${this.partitions.map((p) => p.name).join('; ')}.`,
    });
  }

  /** A cookie serves best on the server that made it, and a number of changes nowhere else: that one is preferred. */
  async #preferLast(request: ImportRequest): Promise<OpenPartition> {
    const opened = this.#opened(request.partition);
    const last = decodeWatermark(request.watermark);
    if (!last || last.url === opened.dc.url) return opened;
    const domain = domainOfDn(opened.partition.base);
    const wanted = {
      partition: opened.partition.base,
      prefer: last.url,
      ...(domain === undefined ? {} : { domain }),
    };
    const dc = await locate(this.#config, this.#environment, wanted, request.signal);
    if (dc.url !== last.url) {
      await dc.connection.close();
      return opened;
    }
    this.#connections.add(dc);
    const now = { dc, partition: opened.partition };
    this.#open.set(dnKey(opened.partition.name), now);
    this.#used(request.partition, dc.url);
    return now;
  }

  /** By `<GUID=…>` or from outside the partitions any server may know. */
  #serverForLook(base: string): DomainController {
    const key = dnKey(base);
    const holder = [...this.#open.values()].find(({ partition }) => isAtOrBelow(key, dnKey(partition.base)));
    return (holder ?? ([...this.#open.values()][0] as OpenPartition)).dc;
  }

  /** The server that holds an object, by the partition its DN is in. */
  #serverOf(dn: string): DomainController {
    const key = dnKey(dn);
    const holders = [...this.#open.values()]
      .filter(({ partition }) => isAtOrBelow(key, dnKey(partition.base)))
      .sort((a, b) => b.partition.base.length - a.partition.base.length);
    const holder = holders[0]?.dc;
    if (holder) return holder;
    throw configurationError(`"${dn}" is in none of the partitions of the connector.`, 'Add its partition.');
  }
}
