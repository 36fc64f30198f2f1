/** When an export will be over, asked of the target before anything leaves and told with every step. */
import type { ConnectorSession, ExportWork } from '../connectors/contract.ts';

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
    };
  }
}
