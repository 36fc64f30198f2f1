/**
 * A directory in an LDIF file (RFC 2849, content records). For the sample organization, for tests, and for directories
 * that are delivered as files. Read only. An unchanged file is an empty delta; a changed one is read whole, and the
 * engine finds what differs.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { DiscoveryError, ImportedObject } from '../../model/change.ts';
import { parseDn } from '../../model/dn.ts';
import { LdifError, LdifReader, type LdifRecord } from '../../model/ldif.ts';
import {
  type Connector,
  ConnectorError,
  type ConnectorSession,
  type ImportBatch,
  type ImportRequest,
  type Partition,
} from '../contract.ts';
import { knownAttributes, objectTypes } from './attributes.ts';
import { readEntry } from './entry.ts';

export interface LdifConnectorConfig {
  readonly name: string;
  readonly path: string;
  /** Naming contexts; default: the `dc` components of the first entry. */
  readonly bases?: readonly string[];
  /** `%parameters%`; default: derived from the naming context. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Milliseconds between looks at the file while waiting for a change; default 200. */
  readonly pollMs?: number;
}

const batchSize = 500;

export function createLdifConnector(config: LdifConnectorConfig): Connector {
  return { name: config.name, type: 'ldif', open: () => openSession(config) };
}

async function openSession(config: LdifConnectorConfig): Promise<ConnectorSession> {
  const bases = config.bases && config.bases.length > 0 ? config.bases : [await findBase(config)];
  return new LdifSession(config, bases);
}

/** The file, record by record; its own errors in words. */
async function* records(config: LdifConnectorConfig): AsyncGenerator<LdifRecord[]> {
  const reader = new LdifReader();
  try {
    for await (const chunk of createReadStream(config.path, { highWaterMark: 1 << 18 }))
      yield reader.push(chunk as Buffer);
    yield reader.end();
  } catch (error) {
    throw translate(error, config);
  }
}

function translate(error: unknown, config: LdifConnectorConfig): unknown {
  if (error instanceof LdifError) {
    return new ConnectorError('malformed-ldif', `${config.path}: ${error.message}`, {
      status: 'stopped-parsing-errors',
      remedy: 'Repair the line and synchronize again. Nothing was concluded from the part that was read.',
      cause: error,
    });
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new ConnectorError('cannot-read-file', `The directory file ${config.path} cannot be read (${code}).`, {
    status: 'no-start-connection',
    remedy: 'Check the path in the configuration and the permissions of the file.',
    cause: error,
  });
}

async function findBase(config: LdifConnectorConfig): Promise<string> {
  for await (const batch of records(config)) {
    for (const record of batch) {
      const parts = parseDn(record.dn) ?? [];
      const domain = parts.filter((p) => p.type.toLowerCase() === 'dc');
      if (domain.length > 0) return domain.map((p) => `DC=${p.value}`).join(',');
      if (parts.length > 0) return `${parts.at(-1)!.type}=${parts.at(-1)!.value}`;
    }
  }
  throw new ConnectorError('empty-file', `The directory file ${config.path} has no entries.`, {
    status: 'no-start-bad-ma-configuration',
    remedy: 'Put entries into the file, or name its naming context under "partitions".',
  });
}

class LdifSession implements ConnectorSession {
  readonly schema;
  readonly partitions: readonly Partition[];
  readonly server: string;
  readonly #config: LdifConnectorConfig;

  constructor(config: LdifConnectorConfig, bases: readonly string[]) {
    this.#config = config;
    this.server = config.path;
    this.partitions = bases.map((name) => ({ name }));
    this.schema = { objectTypes, attributes: new Map([...knownAttributes.values()].map((a) => [a.name, a])) };
  }

  parameters(partition: Partition): Readonly<Record<string, string>> {
    const labels = (parseDn(partition.name) ?? []).filter((p) => p.type.toLowerCase() === 'dc').map((p) => p.value);
    const fqdn = labels.join('.');
    const netbios = (labels[0] ?? '').toUpperCase();
    return {
      'Domain.FQDN': fqdn,
      'Domain.Netbios': netbios,
      'Domain.LDAP': partition.name,
      'Forest.FQDN': fqdn,
      'Forest.Netbios': netbios,
      'Forest.LDAP': partition.name,
      ...this.#config.parameters,
    };
  }

  async *import(request: ImportRequest): AsyncIterable<ImportBatch> {
    const before = await fingerprint(this.#config);
    if (request.mode === 'delta') {
      if (request.watermark !== before) {
        throw new ConnectorError('full-import-required', `The file ${this.#config.path} changed.`, {
          status: 'success',
          remedy: 'Nothing to do: it is read whole.',
        });
      }
      yield { items: [], watermark: before };
      return;
    }
    const lines = new Map<string, number>();
    let items: (ImportedObject | DiscoveryError)[] = [];
    for await (const batch of records(this.#config)) {
      for (const record of batch) {
        const item = readEntry(record, request, lines);
        if (item) items.push(item);
      }
      for (; items.length >= batchSize; items = items.slice(batchSize)) yield { items: items.slice(0, batchSize) };
    }
    if ((await fingerprint(this.#config)) !== before) {
      throw new ConnectorError('file-changed', `The file ${this.#config.path} was changed while it was being read.`, {
        status: 'stopped-unexpected-data',
        remedy: 'The next cycle reads it again. Nothing was concluded from this reading.',
      });
    }
    yield { items, watermark: before };
  }

  async waitForChange(signal: AbortSignal): Promise<void> {
    const before = await fingerprint(this.#config);
    // Editors replace files in many ways that watchers miss; looking at the time stamp never does.
    while (!signal.aborted) {
      await delay(this.#config.pollMs ?? 200, undefined, { signal });
      if ((await fingerprint(this.#config)) !== before) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Text that changes when the file does: size, times and, because both can lie, the file's identity. */
async function fingerprint(config: LdifConnectorConfig): Promise<string> {
  try {
    const s = await stat(config.path, { bigint: true });
    return createHash('sha256').update(`${s.size} ${s.mtimeNs} ${s.ctimeNs} ${s.ino}`).digest('hex').slice(0, 32);
  } catch (error) {
    throw translate(error, config);
  }
}
