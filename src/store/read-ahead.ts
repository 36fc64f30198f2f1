/**
 * Rows of ranges of numbers, read with one statement a range instead of one a row. Good within one transaction, as long
 * as whoever writes such a row says so here.
 */
export class ReadAhead<Row> {
  readonly #ranges: { readonly from: number; readonly to: number }[] = [];
  readonly #rows = new Map<number, Row>();

  /** Whether it is known what there is for this number, even that there is nothing. */
  covers(id: number): boolean {
    for (const { from, to } of this.#ranges) if (id >= from && id <= to) return true;
    return false;
  }

  get(id: number): Row | undefined {
    return this.#rows.get(id);
  }

  /** Everything there is from one number to another is put into the map that this gives. */
  fill(from: number, to: number): Map<number, Row> {
    this.#ranges.push({ from, to });
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
    if (this.#ranges.length === 0) return;
    this.#ranges.length = 0;
    this.#rows.clear();
  }
}

/**
 * From where to where to read for these numbers, which are in order; undefined if so many others lie between them that
 * asking for each is cheaper.
 */
export function denseRange(ids: readonly number[]): { readonly from: number; readonly to: number } | undefined {
  const [from, to] = [ids[0] ?? 0, ids.at(-1) ?? 0];
  return ids.length > 3 && to - from < ids.length * 3 ? { from, to } : undefined;
}
