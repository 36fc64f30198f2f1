/** When an export will be over, asked of the target before anything leaves and told with every step. */
import { parseAttributes, parseDelta } from '../connector-space/hologram.ts';
import type { AttributeSchema, ConnectorSession, ExportWork } from '../connectors/contract.ts';
import type { AttributeValue } from '../model/value.ts';
import type { Engine } from './context.ts';
import { heldAttributes } from './views.ts';

/** Objects that are sent together. */
export const batchSize = 500;

const steps = ['add', 'update', 'references', 'delete'] as const;
/** The steps of an export, in their order. */
export type ExportStep = (typeof steps)[number];

export class Forecaster {
  readonly #session: ConnectorSession;
  readonly #work: ExportWork;
  readonly #references: number;

  constructor(session: ConnectorSession, work: ExportWork) {
    this.#session = session;
    this.#work = work;
    this.#references = work.addedReferences.reduce((n, [size, objects]) => n + size * objects, work.removedReferences);
  }

  /** Epoch ms at which all steps will be over if so much of this one is done; undefined if the target cannot say. */
  finishesAt(step: ExportStep, done: number): number | undefined {
    return this.#session.forecastExport?.(this.#left(step, done)).finishesAt;
  }

  #left(step: ExportStep, done: number): ExportWork {
    const at = steps.indexOf(step);
    const of = (name: 'add' | 'update' | 'delete') =>
      Math.max(0, steps.indexOf(name) < at ? 0 : this.#work[name] - (name === step ? done : 0));
    const isOver = steps.indexOf('references') < at;
    // References come object by object, so what is left is told by its share.
    const share = isOver ? 0 : step === 'references' ? 1 - Math.min(1, done / Math.max(1, this.#references)) : 1;
    return {
      add: of('add'),
      update: of('update'),
      delete: of('delete'),
      addedReferences: this.#work.addedReferences.map(([size, objects]) => [size, objects * share] as const),
      removedReferences: this.#work.removedReferences * share,
      more: ((this.#work.more ?? 0) * (of('add') + of('update'))) / Math.max(1, this.#work.add + this.#work.update),
    };
  }
}

/** What is due at an instant (epoch ms), with the writes that exchanges take, and values that travel apart. */
export function workOf(
  engine: Engine,
  connector: number,
  { attributes }: Pick<ConnectorSession['schema'], 'attributes'>,
  due: number,
): ExportWork {
  const work = engine.store.exports.work(connector, due);
  const named = (is: (a: AttributeSchema) => boolean | undefined) =>
    [...attributes.values()].filter(is).map((a) => a.name);
  const [exchanged, apart] = [named((a) => a.exchanged), named((a) => a.apart)];
  if (exchanged.length + apart.length === 0) return work;
  const alone = apart.reduce((sum, name) => sum + engine.store.exports.dueWith(connector, due, name), 0);
  const exchanges = exchanged.length === 0 ? 0 : exchangeWrites(engine, connector, exchanged, due);
  return { ...work, more: exchanges + alone };
}

/** Whoever has what another one of the same batch wants lets go of it first; other values of all these are written apart. */
function exchangeWrites({ store }: Engine, connector: number, names: readonly string[], due: number): number {
  let writes = 0;
  for (let after = 0; ; ) {
    const rows = store.exports.page(connector, 'update', after, due, batchSize);
    const last = rows.at(-1);
    if (!last) return writes;
    const asking = rows.flatMap((row) => {
      const asked = parseDelta(row.attributes);
      const own = names.filter((name) => Object.hasOwn(asked, name));
      if (own.length === 0) return [];
      const held = heldAttributes(store, row.cs, parseAttributes(store.cs.get(row.cs)?.attributes ?? null));
      const isMixed = Object.keys(asked).length > own.length;
      return [{ cs: row.cs, wants: keysIn(asked, own), has: keysIn(held, own), isMixed }];
    });
    const holders = new Map(asking.flatMap(({ cs, has }) => has.map((key) => [key, cs] as const)));
    const givers = new Set<number>();
    const members = new Set<number>();
    for (const { cs, wants } of asking)
      for (const holder of wants.flatMap((key) => holders.get(key) ?? [])) {
        if (holder === cs) continue;
        givers.add(holder);
        members.add(holder).add(cs);
      }
    writes += givers.size + asking.filter(({ cs, isMixed }) => isMixed && members.has(cs)).length;
    after = last.cs;
  }
}

const keysIn = (values: Readonly<Record<string, AttributeValue | null>>, names: readonly string[]): string[] =>
  names.flatMap((name) => {
    const value = values[name];
    return typeof value === 'string' ? [value.toLowerCase()] : [];
  });
