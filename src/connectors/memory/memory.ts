/**
 * A connected directory in memory: the worlds of the engine's tests, and a place to try rules without a server. It keeps
 * a change log like a real one, and can be told to misbehave.
 */
import { type Attributes, type AttributeValue, canonicalValues, type Value } from '../../model/value.ts';
import {
  type AttributeSchema,
  type Connector,
  ConnectorError,
  type ConnectorSession,
  type ExportRequest,
  type ExportResult,
  type HeldObstacle,
  type ImportBatch,
  type ImportedObject,
  type ImportItem,
  type ImportRequest,
} from '../contract.ts';

export interface MemoryObject {
  dn: string;
  objectType: string;
  attributes: Record<string, AttributeValue>;
  /** Anchors of the targets. */
  references: Record<string, string[]>;
}
/** What goes wrong; each is asked once per occasion. */
export interface MemoryFaults {
  /** Called before each import batch. */
  onImport?: (batch: number) => void;
  /** `lost`: no answer and nothing done; `done`: done but no answer. */
  onExport?: (request: ExportRequest) => ExportResult | 'lost' | 'done' | undefined;
  /** Whether what an earlier result told to be in the way is there no more. */
  isGone?: (obstacle: HeldObstacle) => boolean;
}

export class MemoryDirectory {
  readonly objects = new Map<string, MemoryObject>();
  readonly log: { seq: number; anchor: string }[] = [];
  readonly exports: ExportRequest[] = [];
  faults: MemoryFaults = {};
  #seq = 0;
  #created = 0;

  put(
    anchor: string,
    object: {
      dn: string;
      objectType: string;
      attributes?: Record<string, AttributeValue>;
      references?: Record<string, string[]>;
    },
  ): void {
    this.objects.set(anchor, { attributes: {}, references: {}, ...object });
    this.#note(anchor);
  }

  change(
    anchor: string,
    change: { dn?: string; attributes?: Record<string, AttributeValue | null>; references?: Record<string, string[]> },
  ): void {
    const object = this.objects.get(anchor);
    if (!object) throw new RangeError(`no object ${anchor}`);
    if (change.dn !== undefined) object.dn = change.dn;
    for (const [name, value] of Object.entries(change.attributes ?? {})) {
      if (value === null) delete object.attributes[name];
      else object.attributes[name] = value;
    }
    for (const [name, anchors] of Object.entries(change.references ?? {})) object.references[name] = anchors;
    this.#note(anchor);
  }

  remove(anchor: string): void {
    this.objects.delete(anchor);
    for (const [holder, object] of this.objects) {
      for (const [name, anchors] of Object.entries(object.references)) {
        if (!anchors.includes(anchor)) continue;
        object.references[name] = anchors.filter((a) => a !== anchor);
        this.#note(holder);
      }
    }
    this.#note(anchor);
  }

  get seq(): number {
    return this.#seq;
  }

  /** Carries out an export as a real target would. */
  apply(request: ExportRequest): ExportResult {
    const found = request.anchor ?? [...this.objects].find(([, o]) => o.dn === request.dn)?.[0];
    if (request.operation === 'delete') {
      if (found !== undefined && this.objects.has(found)) this.remove(found);
      return { id: request.id, outcome: 'success' };
    }
    if (request.operation === 'update' && (found === undefined || !this.objects.has(found))) {
      return {
        id: request.id,
        outcome: 'failure',
        error: { code: 'cd-missing-object', detail: `${request.dn} is not there.`, retry: 'next-cycle' },
      };
    }
    const anchor = found ?? `${request.objectType}_${++this.#created}`;
    if (!this.objects.has(anchor)) this.put(anchor, { dn: request.dn, objectType: request.objectType });
    const references: Record<string, string[]> = {};
    for (const [name, { added, removed }] of Object.entries(request.references)) {
      const gone = new Set(removed.map((t) => t.anchor));
      const now = (this.objects.get(anchor)?.references[name] ?? []).filter((a) => !gone.has(a));
      references[name] = [...new Set([...now, ...added.flatMap((t) => t.anchor ?? [])])];
    }
    this.change(anchor, { attributes: { ...request.attributes }, references });
    return { id: request.id, outcome: 'success', anchor };
  }

  #note(anchor: string): void {
    this.log.push({ seq: ++this.#seq, anchor });
  }
}

export interface MemoryConnectorOptions {
  readonly name: string;
  /** The part it plays, for example `active-directory` or `entra`. */
  readonly type: string;
  readonly directory: MemoryDirectory;
  readonly attributes: readonly AttributeSchema[];
  readonly parameters?: Readonly<Record<string, string>>;
  readonly batchSize?: number;
}

const partition = { name: 'memory' };

export function createMemoryConnector(options: MemoryConnectorOptions): Connector {
  return { name: options.name, type: options.type, open: async () => new MemorySession(options) };
}

class MemorySession implements ConnectorSession {
  readonly schema;
  readonly partitions = [partition];
  readonly server = 'memory';
  readonly #options: MemoryConnectorOptions;

  constructor(options: MemoryConnectorOptions) {
    this.#options = options;
    this.schema = {
      objectTypes: [...new Set([...options.directory.objects.values()].map((o) => o.objectType))],
      attributes: new Map(options.attributes.map((a) => [a.name, a])),
    };
  }

  parameters(): Readonly<Record<string, string>> {
    return this.#options.parameters ?? {};
  }

  async *import(request: ImportRequest): AsyncIterable<ImportBatch> {
    const { directory, batchSize = 100 } = this.#options;
    const until = directory.seq;
    const items =
      request.mode === 'full'
        ? [...directory.objects].map(([anchor, o]) => this.#whole(anchor, o))
        : this.#changes(request, until);
    for (let i = 0, batch = 0; i < items.length; i += batchSize, batch++) {
      directory.faults.onImport?.(batch);
      yield { items: items.slice(i, i + batchSize) };
    }
    directory.faults.onImport?.(-1);
    yield { items: [], watermark: JSON.stringify({ seq: until }) };
  }

  #changes(request: ImportRequest, until: number): ImportItem[] {
    const from = (JSON.parse(request.watermark ?? '{}') as { seq?: number }).seq;
    if (from === undefined || from > until) {
      throw new ConnectorError('full-import-required', 'The watermark is not of this directory.', {
        status: 'stopped-unexpected-data',
        remedy: 'Run a full import.',
      });
    }
    const changed = new Set(this.#options.directory.log.filter((l) => l.seq > from).map((l) => l.anchor));
    return [...changed].map((anchor) => {
      const object = this.#options.directory.objects.get(anchor);
      return object ? this.#whole(anchor, object) : { kind: 'delete', anchor };
    });
  }

  #whole(anchor: string, object: MemoryObject): ImportedObject {
    const attributes: Record<string, AttributeValue> = {};
    for (const [name, value] of Object.entries(object.attributes)) {
      attributes[name] = Array.isArray(value) ? canonicalValues(value as readonly Value[]) : value;
    }
    const references = Object.fromEntries(
      Object.entries(object.references).map(([name, anchors]) => [
        name,
        anchors.map((a) => ({ anchor: a, dn: this.#options.directory.objects.get(a)?.dn ?? `CN=${a}` })),
      ]),
    );
    return {
      kind: 'object',
      anchor,
      dn: object.dn,
      objectType: object.objectType,
      attributes: attributes as Attributes,
      references,
    };
  }

  async export(requests: readonly ExportRequest[]): Promise<readonly ExportResult[]> {
    const { directory } = this.#options;
    return requests.map((request) => {
      const fault = directory.faults.onExport?.(request);
      if (fault !== undefined && typeof fault === 'object') return fault;
      if (fault === 'lost')
        return { id: request.id, outcome: 'unknown', detail: 'the connection broke before the request arrived' };
      directory.exports.push(request);
      const result = directory.apply(request);
      return fault === 'done'
        ? { id: request.id, outcome: 'unknown', detail: 'the connection broke before the answer came' }
        : result;
    });
  }

  async readBack(requests: readonly ExportRequest[]) {
    return requests.map((request) => {
      const found = [...this.#options.directory.objects].find(([anchor, o]) =>
        request.anchor === undefined ? o.dn === request.dn : anchor === request.anchor,
      );
      return found ? { id: request.id, object: this.#whole(found[0], found[1]) } : { id: request.id };
    });
  }

  async obstaclesGone(obstacles: readonly HeldObstacle[]): Promise<ReadonlySet<number>> {
    const { isGone } = this.#options.directory.faults;
    return new Set(obstacles.filter((o) => isGone?.(o) === true).map((o) => o.id));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
