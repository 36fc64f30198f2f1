/**
 * What a plan depends on, as hashes: a plan may be executed only while they are the same (architecture, law 5). What moved is
 * named, object by object.
 */
import { createHash } from 'node:crypto';
import type { ExportOperation, ExportRow, ReferenceExportRow } from '../../store/exports.ts';
import type { Edge } from '../../store/references.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';

export interface PlannedObject {
  readonly cs: number;
  readonly dn: string;
  readonly operation: ExportOperation;
  /** Of what is to be written. */
  readonly hash: string;
}
export interface PlannedTarget {
  /** Of everything that is pending there. */
  readonly pending: string;
  readonly objects: readonly PlannedObject[];
  readonly references: { readonly count: number; readonly hash: string };
}
export interface PlanInputs {
  /** Version of the rule set. */
  readonly rules: string;
  /** By connector and partition: the watermark of the last import, hashed. */
  readonly watermarks: Readonly<Record<string, string>>;
  readonly targets: Readonly<Record<string, PlannedTarget>>;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const short = (text: string): string => hashOf(text).slice(0, 16);

/** The inputs as they are now. Reads all that is pending, unless what was collected of the targets is given. */
export function planInputs(engine: Engine, collected?: ReadonlyMap<string, PlannedTarget>): PlanInputs {
  const watermarks: [string, string][] = [];
  for (const c of engine.all)
    for (const p of engine.store.records.partitions(c.row.id))
      watermarks.push([`${c.row.name} ${p.name}`, p.watermark === null ? 'none' : short(p.watermark)]);
  return {
    rules: engine.ruleSet.version,
    watermarks: Object.fromEntries(watermarks),
    targets: Object.fromEntries(
      engine.all
        .map((c) => [c.row.name, collected?.get(c.row.name) ?? plannedTarget(engine, c)] as const)
        .filter(([, t]) => !isEmpty(t)),
    ),
  };
}

const isEmpty = (t: PlannedTarget): boolean => t.objects.length === 0 && t.references.count === 0;

/** The inputs of one target, put together while its pending exports are walked through. */
export class TargetInputs {
  readonly #objects: PlannedObject[] = [];
  readonly #hash = createHash('sha256');
  readonly #references = createHash('sha256');
  #count = 0;

  object(row: ExportRow, dn: string): void {
    const object = { cs: row.cs, dn, operation: row.operation, hash: short(`${row.state} ${row.attributes}`) };
    this.#objects.push(object);
    this.#hash.update(`${JSON.stringify([object.cs, object.dn, object.operation, object.hash])}\n`);
  }

  references(rows: readonly ReferenceExportRow[]): void {
    this.#count += rows.length;
    this.#references.update(rows.map((r) => `${r.cs} ${r.attribute} ${r.target} ${r.change}\n`).join(''));
  }

  /** Ends the collection. */
  take(): PlannedTarget {
    const references = { count: this.#count, hash: this.#references.digest('hex').slice(0, 16) };
    const pending = this.#hash.update(JSON.stringify(references)).digest('hex');
    return { pending, objects: this.#objects, references };
  }
}

function plannedTarget(engine: Engine, target: EngineConnector): PlannedTarget {
  const inputs = new TargetInputs();
  for (const rows of pendingPages(engine, target)) {
    const objects = engine.store.cs.many(rows.map((row) => row.cs));
    for (const row of rows) inputs.object(row, objects.get(row.cs)?.dn ?? '');
  }
  for (const rows of pendingReferences(engine, target)) inputs.references(rows);
  return inputs.take();
}

/** Everything pending for one connector in the order of the export; sent and unanswered ones included. */
export function* pendingRows(engine: Engine, target: EngineConnector): Generator<ExportRow> {
  for (const rows of pendingPages(engine, target)) yield* rows;
}

/** The same, a page at a time; the objects of a page in order of their numbers. */
export function* pendingPages(engine: Engine, target: EngineConnector): Generator<readonly ExportRow[]> {
  const { exports } = engine.store;
  for (const operation of ['add', 'update', 'delete'] as const) {
    for (let after = 0; ; ) {
      const rows = exports.page(target.row.id, operation, after, Number.MAX_SAFE_INTEGER, 1000);
      if (rows.length === 0) break;
      yield rows;
      after = rows.at(-1)!.cs;
    }
  }
  for (let after = 0; ; ) {
    const rows = exports.escrowed(target.row.id, after, 1000);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)!.cs;
  }
}

/** Reference changes that are pending for one connector, put off ones included: a page at a time, object by object. */
export function* pendingReferences(engine: Engine, target: EngineConnector): Generator<readonly ReferenceExportRow[]> {
  for (let after: Edge = { cs: 0, attribute: 0, target: 0 }; ; ) {
    const rows = engine.store.exports.referencePage(target.row.id, after, 5000, true);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)!;
  }
}

/** What changed between two states of the inputs, as sentences; none if a plan still holds. */
export function movedInputs(planned: PlanInputs, now: PlanInputs): string[] {
  const moved: string[] = [];
  if (planned.rules !== now.rules)
    moved.push(`The rules are others (version ${planned.rules.slice(0, 12)} then, ${now.rules.slice(0, 12)} now).`);
  for (const name of namesOf(planned.watermarks, now.watermarks))
    if (planned.watermarks[name] !== now.watermarks[name]) moved.push(`There was an import of ${name} since.`);
  for (const name of namesOf(planned.targets, now.targets)) {
    const [a, b] = [planned.targets[name], now.targets[name]];
    if (a?.pending !== b?.pending) moved.push(...movedTarget(name, a, b));
  }
  return moved;
}

const namesOf = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();

function movedTarget(name: string, planned: PlannedTarget | undefined, now: PlannedTarget | undefined): string[] {
  const before = new Map((planned?.objects ?? []).map((o) => [o.cs, o]));
  const after = new Map((now?.objects ?? []).map((o) => [o.cs, o]));
  const gone = [...before.values()].filter((o) => !after.has(o.cs));
  const came = [...after.values()].filter((o) => !before.has(o.cs));
  const changed = [...after.values()].filter((o) => {
    const was = before.get(o.cs);
    return was !== undefined && (was.hash !== o.hash || was.operation !== o.operation || was.dn !== o.dn);
  });
  const told = (objects: readonly PlannedObject[], what: string) =>
    objects.length === 0
      ? []
      : [
          `${name}: ${objects.length} pending ${what}, for example ${objects
            .slice(0, 3)
            .map((o) => `${o.operation} ${o.dn}`)
            .join('; ')}.`,
        ];
  const [had, has] = [planned?.references, now?.references];
  return [
    ...told(gone, 'exports are not pending any more'),
    ...told(came, 'exports are new'),
    ...told(changed, 'exports changed'),
    ...(had?.hash === has?.hash && had?.count === has?.count
      ? []
      : [`${name}: the pending reference changes are others (${had?.count ?? 0} then, ${has?.count ?? 0} now).`]),
  ];
}
