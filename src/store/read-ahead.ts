/**
 * Rows of a range of numbers, read with one statement instead of one each. Good within one transaction, as long as
 * whoever writes such a row says so here.
 */
export class ReadAhead<Row> {
  #from = 1;
  #to = 0;
  readonly #rows = new Map<number, Row>();

  /** Whether it is known what there is for this number, even that there is nothing. */
  covers(id: number): boolean {
    return id >= this.#from && id <= this.#to;
  }

  get(id: number): Row | undefined {
    return this.#rows.get(id);
  }

  /** Takes over everything there is from one number to another; what was read before is forgotten. */
  fill(from: number, to: number): Map<number, Row> {
    this.#rows.clear();
    this.#from = from;
    this.#to = to;
    return this.#rows;
  }

  /** The row was written. */
  set(id: number, row: Row): void {
    if (this.covers(id)) this.#rows.set(id, row);
  }

  /** The row was removed. */
  delete(id: number): void {
    this.#rows.delete(id);
  }

  forget(): void {
    if (this.#to >= this.#from) this.fill(1, 0);
  }
}

/** Whether so few of the numbers in the range are not wanted that reading all of them is cheaper. */
export const isDense = (from: number, to: number, wanted: number): boolean => wanted > 50 && to - from < wanted * 3;
