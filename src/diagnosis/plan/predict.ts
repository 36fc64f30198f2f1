/**
 * What the next export will be answered: the stored pending exports, sent by the real exporter to a tenant that only predicts.
 * Same order, pages and batches as `sync/export.ts`: adds, changes, references, deletes. Nothing is written.
 */
import { parseDelta } from '../../connector-space/hologram.ts';
import type {
  ConnectorSession,
  ExportError,
  ExportRequest,
  ExportResult,
  ReferenceTarget,
} from '../../connectors/contract.ts';
import { exportObjects } from '../../connectors/entra/sync-export.ts';
import { sourceAnchorOfDn } from '../../connectors/entra/sync-names.ts';
import type { MakeReplica } from '../../entra/replica.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { ExportOperation, ExportRow, ReferenceExportRow } from '../../store/exports.ts';
import type { Edge } from '../../store/references.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import type { ExportJob } from '../../sync/export.ts';
import { requestOf } from '../../sync/export-request.ts';
import { dueBefore, putOff } from '../../sync/obstacles.ts';
import { SyncRun } from '../../sync/sync-run.ts';
import { breathe } from '../../sync/synchronize.ts';
import { isGraph, rehearse } from './graph.ts';
import type { TenantImage } from './image.ts';
import { nameOf } from './names.ts';
import { predictedTenant } from './tenant.ts';

export interface Predicted {
  readonly cs: number;
  readonly dn: string;
  /** What people call the object: its sign-in name, address or name, from the identity. */
  readonly name: string;
  readonly objectType: string;
  readonly operation: ExportOperation | 'reference';
  readonly code: string;
  readonly attribute?: string;
  readonly value?: string;
  readonly detail: string;
  /** As the cloud tells them: what is in conflict, and with whom. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The object that has the value. */
  readonly holder?: PredictedHolder;
}
export interface PredictedHolder {
  readonly id: string;
  /** `same-export`: made by this very export. `cloud`: an object that no identity stands behind. */
  readonly where?: 'same-export' | 'synchronized' | 'cloud';
  /** `user`, `group`, `contact` or `device`. */
  readonly type?: string;
  readonly cs?: number;
  readonly dn?: string;
  readonly name?: string;
}
export interface Prediction {
  readonly refusals: readonly Predicted[];
  /** Written, but not with all values: they will be set aside. */
  readonly withheld: readonly Predicted[];
  /** Not written at all, because the target has no place for such an object, or for such a reference. */
  readonly leftOut: readonly Predicted[];
  /** Matched to an object of the cloud that exists already, by anchor or by name. */
  readonly takeovers: readonly { readonly cs: number; readonly dn: string; readonly id: string; readonly by: string }[];
  /** Calls and changes that would leave. */
  readonly writes: number;
  /** References that wait for an object that will not be there. */
  readonly heldReferences: number;
  /** Sent before, answer unknown: the export asks the tenant about them first, so they are not predicted. */
  readonly unknown: number;
}
export interface PredictOptions {
  /** Also exports whose next attempt is not due yet. */
  readonly retryAll: boolean;
  /** Also what was refused for good; default as `retryAll`, because a plan that is executed sends it. */
  readonly retryRefused?: boolean;
  readonly signal: AbortSignal;
  readonly progress?: (done: number) => void;
  /** What stands for a tenant that is written to through Microsoft Graph; without it nobody can say what that answers. */
  readonly makeReplica?: MakeReplica;
}

const objectPage = 500;
const referencePage = 5000;
/** What is needed of a session here. */
type Exporter = Required<Pick<ConnectorSession, 'export'>>;

export async function predictExports(
  engine: Engine,
  target: EngineConnector,
  image: TenantImage,
  options: PredictOptions,
): Promise<Prediction> {
  return isGraph(target)
    ? await predictGraph(engine, target, image, options)
    : await predictSync(engine, target, image, options);
}

async function predictSync(
  engine: Engine,
  target: EngineConnector,
  image: TenantImage,
  options: PredictOptions,
): Promise<Prediction> {
  const tenant = predictedTenant(image, engine.now());
  const send: Exporter['export'] = (requests, signal) =>
    exportObjects(tenant.client, tenant.capabilities, requests, signal);
  const predictor = new Predictor(engine, target, { export: send }, options);
  tenant.onDecision = (_, outcome) => {
    if (outcome.decision === 'takeover' && outcome.target)
      predictor.takeovers.push({ id: outcome.target.id, by: outcome.result.match ?? '' });
  };
  await predictor.everything();
  return predictor.result(image);
}

/** Throws a TypeError without `makeReplica`. */
async function predictGraph(
  engine: Engine,
  target: EngineConnector,
  image: TenantImage,
  options: PredictOptions,
): Promise<Prediction> {
  const { makeReplica, signal } = options;
  if (!makeReplica) throw new TypeError('What Microsoft Graph answers cannot be predicted without a replica.');
  await using rehearsal = await rehearse(engine, target, image, makeReplica, signal);
  const predictor = new Predictor(engine, target, exporterOf(rehearsal.session), options);
  predictor.onTaken = (request, id) => {
    const object = image.index.byId(id);
    if (!object) return;
    const isHard = object.immutableId !== undefined && object.immutableId === sourceAnchorOfDn(request.dn);
    predictor.takeovers.push({ id, by: isHard ? 'hard' : 'soft' });
  };
  await predictor.everything();
  return { ...predictor.result(image), writes: rehearsal.writes() };
}

function exporterOf(session: ConnectorSession): Exporter {
  if (!session.export) throw new TypeError('The session cannot export.');
  return { export: session.export };
}

class Predictor {
  readonly takeovers: { readonly id: string; readonly by: string }[] = [];
  /** Told of every object that gets the id of an object of the target. */
  onTaken: ((request: ExportRequest, id: string) => void) | undefined;
  readonly #engine: Engine;
  readonly #target: EngineConnector;
  readonly #session: Exporter;
  readonly #options: PredictOptions;
  readonly #job: Pick<ExportJob, 'run' | 'dueBefore'>;
  readonly #refusals: Predicted[] = [];
  readonly #withheld: Predicted[] = [];
  readonly #leftOut: Predicted[] = [];
  /** Anchors that objects will get. */
  readonly #anchors = new Map<number, string>();
  readonly #byAnchor = new Map<string, number>();
  /** Objects that will not be there. Filled after the adds are done. */
  readonly #anchorless = new Set<number>();
  #writes = 0;
  #held = 0;

  constructor(engine: Engine, target: EngineConnector, session: Exporter, options: PredictOptions) {
    this.#engine = engine;
    this.#target = target;
    this.#session = session;
    this.#options = options;
    const due = dueBefore({ retryRefused: options.retryAll, ...options }, engine.now());
    // Never started and never ended: it only carries the engine, and counts nothing.
    const run = new SyncRun(engine, 0, { bulk: false });
    this.#job = { run, dueBefore: due };
  }

  /** In the order of the export. */
  async everything(): Promise<void> {
    await this.objects('add');
    await this.objects('update');
    await this.references();
    await this.objects('delete');
  }

  async objects(operation: ExportOperation): Promise<void> {
    const { exports } = this.#engine.store;
    for (let after = 0; ; ) {
      this.#options.signal.throwIfAborted();
      const rows = exports.page(this.#target.row.id, operation, after, this.#job.dueBefore, objectPage);
      if (rows.length === 0) return;
      const objects = operation === 'add' ? this.#engine.store.cs.many(rows.map((row) => row.cs)) : undefined;
      const requests = rows.map((row) => this.#requestOf(row, objects?.get(row.cs)));
      this.#writes += requests.length;
      const results = await this.#session.export(requests, this.#options.signal);
      requests.forEach((request, i) => void this.#settle(request, results[i]!));
      after = rows.at(-1)!.cs;
      this.#options.progress?.(this.#writes);
      await breathe();
    }
  }

  /** As the export makes it. An object that was never anywhere holds nothing, so nothing is asked about it. */
  #requestOf(row: ExportRow, cs: CsRow | undefined): ExportRequest {
    if (!cs || cs.anchor !== null || cs.attributes !== null) return requestOf(this.#job, row);
    const { id, dn, object_type: objectType } = cs;
    const attributes = parseDelta(row.attributes);
    const { operation, attempt } = row;
    return { id, operation, dn, objectType: objectType ?? '', attributes, before: {}, references: {}, attempt };
  }

  #settle(request: ExportRequest, result: ExportResult): void {
    if (result.outcome === 'failure') this.#refusals.push(this.#told(request, request.operation, result.error));
    if (result.outcome !== 'success' || request.operation === 'delete') return;
    const isNew = request.anchor === undefined;
    if (isNew && result.anchor !== undefined && !this.#take(request, result.anchor)) return;
    const [told, more] = result.leftOut ? [this.#leftOut, []] : [this.#withheld, this.#standing(request)];
    for (const warning of [...(result.warnings ?? []), ...more])
      told.push(this.#told(request, request.operation, warning));
  }

  /** What stood in the way of attributes that are not written now still does, and is told again. */
  #standing({ id, attributes }: ExportRequest): ExportError[] {
    return this.#engine.store.obstacles
      .of(id)
      .filter((o) => o.attribute !== '' && !Object.hasOwn(attributes, o.attribute))
      .map((o) => JSON.parse(o.told) as ExportError);
  }

  /** False if the anchor belongs to another object already: two objects claim one. */
  #take(request: ExportRequest, anchor: string): boolean {
    const { cs } = this.#engine.store;
    const other = this.#byAnchor.get(anchor) ?? cs.idByAnchor(this.#target.row.id, anchor);
    if (other !== undefined && other !== request.id) {
      const detail = `The target matches this object to ${anchor}, which already belongs to ${cs.get(other)?.dn ?? ''}.`;
      this.#refusals.push(this.#told(request, request.operation, { code: 'duplicate-anchor', detail, retry: 'never' }));
      return false;
    }
    this.#anchors.set(request.id, anchor);
    this.#byAnchor.set(anchor, request.id);
    this.onTaken?.(request, anchor.slice(anchor.indexOf('_') + 1));
    return true;
  }

  #told(
    request: Pick<ExportRequest, 'id' | 'dn' | 'objectType'>,
    operation: Predicted['operation'],
    error: ExportError,
  ): Predicted {
    const holder = error.facts?.ObjectIdInConflict;
    return {
      cs: request.id,
      dn: request.dn,
      name: nameOf(this.#engine, request.id),
      objectType: request.objectType,
      operation,
      code: error.code,
      ...(error.attribute === undefined ? {} : { attribute: error.attribute }),
      ...(error.value === undefined ? {} : { value: error.value }),
      detail: error.detail.replace(/ Tracking Id: \S+$/, ''),
      ...(error.facts === undefined ? {} : { facts: error.facts }),
      ...(holder === undefined ? {} : { holder: { id: holder } }),
    };
  }

  async references(): Promise<void> {
    const all = this.#job.dueBefore >= putOff;
    for (let after: Edge = { cs: 0, attribute: 0, target: 0 }; ; ) {
      this.#options.signal.throwIfAborted();
      const rows = this.#engine.store.exports.referencePage(this.#target.row.id, after, referencePage, all);
      if (rows.length === 0) return;
      after = rows.at(-1)!;
      const groups = new Map<number, ReferenceExportRow[]>();
      for (const row of rows) {
        if (this.#anchorOf(row.cs) === undefined || this.#anchorOf(row.target) === undefined) this.#held++;
        else {
          const group = groups.get(row.cs);
          if (group) group.push(row);
          else groups.set(row.cs, [row]);
        }
      }
      await this.#sendReferences([...groups.values()], this.#engine.store.cs.many([...groups.keys()]));
      await breathe();
    }
  }

  /** The anchor that an object has or will have by then; looked up once, because a group asks for everybody. */
  #anchorOf(cs: number): string | undefined {
    const known = this.#anchors.get(cs);
    if (known !== undefined || this.#anchorless.has(cs)) return known;
    const anchor = this.#engine.store.cs.get(cs)?.anchor ?? undefined;
    if (anchor === undefined) this.#anchorless.add(cs);
    else this.#anchors.set(cs, anchor);
    return anchor;
  }

  /** A refusal of several changes is split until the one that is refused stands alone, as the export does it. */
  async #sendReferences(groups: readonly ReferenceExportRow[][], holders: ReadonlyMap<number, CsRow>): Promise<void> {
    if (groups.length === 0) return;
    this.#writes += groups.length;
    const results = await this.#session.export(
      groups.map((rows, i) => this.#referenceRequest(i, rows, holders.get(rows[0]!.cs)!)),
      this.#options.signal,
    );
    const halves: ReferenceExportRow[][] = [];
    groups.forEach((rows, i) => {
      const result = results[i]!;
      const isTaken = result.outcome === 'success' && !result.leftOut;
      if (isTaken || result.outcome === 'unknown') return;
      if (rows.length > 1) halves.push(rows.slice(0, rows.length >> 1), rows.slice(rows.length >> 1));
      else if (result.outcome === 'failure') this.#refusals.push(this.#ofReference(rows[0]!, result.error));
      else for (const warning of result.warnings ?? []) this.#leftOut.push(this.#ofReference(rows[0]!, warning));
    });
    await this.#sendReferences(halves, holders);
  }

  #ofReference(row: ReferenceExportRow, error: ExportError): Predicted {
    const { cs, attributes } = this.#engine.store;
    const holder = cs.get(row.cs)!;
    const told = this.#told({ id: row.cs, dn: holder.dn, objectType: holder.object_type ?? '' }, 'reference', error);
    return { ...told, attribute: attributes.name(row.attribute), value: cs.get(row.target)?.dn ?? '' };
  }

  #referenceRequest(id: number, rows: readonly ReferenceExportRow[], row: CsRow): ExportRequest {
    const { attributes } = this.#engine.store;
    const references: Record<string, { added: ReferenceTarget[]; removed: ReferenceTarget[] }> = {};
    for (const edge of rows) {
      const name = attributes.name(edge.attribute);
      references[name] ??= { added: [], removed: [] };
      // Known by its anchor, so nobody looks at the name.
      const target = { anchor: this.#anchorOf(edge.target)!, dn: '' };
      references[name][edge.change === 1 ? 'added' : 'removed'].push(target);
    }
    const anchor = this.#anchorOf(row.id)!;
    const what = { id, operation: 'update', anchor, dn: row.dn, objectType: row.object_type ?? '' } as const;
    return { ...what, attributes: {}, before: {}, references, attempt: 0 };
  }

  result(image: TenantImage): Prediction {
    const { store } = this.#engine;
    const named = (p: Predicted): Predicted => (p.holder ? { ...p, holder: this.#holder(p.holder.id, image) } : p);
    const escrowed = store.exports.escrowed(this.#target.row.id, 0, 1_000_000).length;
    return {
      refusals: this.#refusals.map(named),
      withheld: this.#withheld.map(named),
      leftOut: this.#leftOut,
      takeovers: this.takeovers.flatMap(({ id, by }) => {
        const cs = ['User', 'Group', 'Contact', 'Device']
          .map((t) => this.#byAnchor.get(`${t}_${id}`))
          .find((c) => c !== undefined);
        return cs === undefined ? [] : [{ cs, dn: store.cs.get(cs)?.dn ?? '', id, by }];
      }),
      writes: this.#writes,
      heldReferences: this.#held,
      unknown: escrowed,
    };
  }

  /** Who has the value: by what the tenant calls it, or which of the objects that are about to be made it will be. */
  #holder(id: string, image: TenantImage): PredictedHolder {
    const { store } = this.#engine;
    const object = image.index.byId(id);
    const { userPrincipalName, mail, displayName } = object?.graph ?? {};
    const cloudName = [userPrincipalName, mail, displayName].find((n) => typeof n === 'string' && n !== '');
    for (const type of ['User', 'Group', 'Contact', 'Device']) {
      const anchor = `${type}_${id}`;
      const made = this.#byAnchor.get(anchor);
      const cs = made ?? store.cs.idByAnchor(this.#target.row.id, anchor);
      const row = cs === undefined ? undefined : store.cs.get(cs);
      if (!row) continue;
      const where = made !== undefined ? 'same-export' : store.mv.link(row.id) ? 'synchronized' : 'cloud';
      const name = nameOf(this.#engine, row.id) || String(cloudName ?? '');
      return { id, where, type: type.toLowerCase(), cs: row.id, dn: row.dn, ...named(name) };
    }
    return { id, where: 'cloud', ...(object ? { type: object.class } : {}), ...named(String(cloudName ?? '')) };
  }
}

const named = (name: string): { name?: string } => (name === '' ? {} : { name });
