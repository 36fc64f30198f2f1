/** Temporary directories that do not outlive the test process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempDirectory extends AsyncDisposable {
  readonly path: string;
  remove(): void;
}

const alive = new Set<string>();
process.on('exit', () => {
  for (const path of alive) removeTree(path);
});

const removeTree = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 });

/** A new empty directory; removed by `remove()`, `await using` or the end of the process. */
export function tempDirectory(name = 'test'): TempDirectory {
  const path = mkdtempSync(join(tmpdir(), `causeway-${name}-`));
  alive.add(path);
  const remove = (): void => {
    alive.delete(path);
    removeTree(path);
  };
  return { path, remove, [Symbol.asyncDispose]: async () => remove() };
}
