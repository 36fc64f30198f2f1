/** A reporter for node's test runner that ends with one line of JSON: how many tests passed, failed and were skipped. */
interface ReporterEvent {
  readonly type: string;
  readonly data: { readonly counts?: Readonly<Record<string, number>>; readonly file?: string };
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

async function* report(events: AsyncIterable<ReporterEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    // One summary a file, and one without a file for the whole run, which is the last.
    if (type !== 'test:summary' || data.file !== undefined || data.counts === undefined) continue;
    const { passed = 0, failed = 0, cancelled = 0, skipped = 0, todo = 0 } = data.counts;
    const counts: TestCounts = { passed, failed: failed + cancelled, skipped: skipped + todo };
    yield `${JSON.stringify(counts)}\n`;
  }
}

// biome-ignore lint/style/noDefaultExport: node's test runner takes a reporter as a default export.
export default report;
