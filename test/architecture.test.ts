/** The house keeps its plan (docs/architecture.md): directions of imports, no barrels, no default exports, no long files. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');
/** From the bottom of the house to the top: a room may use what stands before it. */
const ROOMS = [
  ...['model', 'rules', 'entra', 'store', 'connector-space', 'metaverse', 'ldap', 'connectors', 'sync', 'passwords'],
  ...['diagnosis', 'scheduler', 'health', 'tenant', 'service', 'cli'],
];
/** Rooms that may use less than what stands before them. */
const ONLY: Readonly<Record<string, readonly string[]>> = { model: [], tenant: ['entra', 'model'] };
const MAX_LINES = 400;

interface Import {
  readonly line: number;
  readonly specifier: string;
}
interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const files: SourceFile[] = globSync('{src,test,bench,scripts}/**/*.ts', { cwd: ROOT })
  // This file is full of examples of what it looks for.
  .filter((path) => !path.split(sep).includes('node_modules') && path !== join('test', 'architecture.test.ts'))
  .sort()
  .map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    return { path: path.split(sep).join('/'), text, imports: importsOf(text) };
  });

/** Every `from '…'`, `import '…'` and `import('…')` at the beginning of a statement or expression. */
function importsOf(text: string): Import[] {
  const pattern = /(?:^(?:import|export)\b[^'"`;]*?\bfrom\s*|^import\s*|\bimport\(\s*)(['"])([^'"\n]+)\1/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    specifier: match[2] as string,
  }));
}

const roomOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];

function target(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return relative(ROOT, join(ROOT, dirname(file.path), specifier))
    .split(sep)
    .join('/');
}

/** Fails with one line for each violation. */
function assertNone(violations: readonly string[]): void {
  assert.equal(violations.join('\n'), '');
}

test('the import reader sees every form of import', () => {
  const text = `import a from './a.ts';
import { b,
  c } from "./b.ts";
import './c.ts';
export { d } from './d.ts';
const e = await import('./e.ts');
import type { F } from 'node:fs';
// import nothing from here`;
  assert.deepEqual(
    importsOf(text).map((i) => [i.line, i.specifier]),
    [
      [1, './a.ts'],
      [2, './b.ts'],
      [4, './c.ts'],
      [5, './d.ts'],
      [6, './e.ts'],
      [7, 'node:fs'],
    ],
  );
  assert.ok(files.length > 20);
});

test('a room imports only rooms below it', () => {
  const violations = files.flatMap((file) => {
    const room = roomOf(file.path);
    if (room === undefined) return [];
    if (!ROOMS.includes(room)) return [`src/${room}/ is no room of the house`];
    return file.imports.flatMap(({ line, specifier }) => {
      const to = target(file, specifier);
      if (to === undefined) return [];
      const other = roomOf(to);
      const where = `${file.path}:${line}`;
      // Tests beside the code may use what the tests share.
      if (other === undefined) {
        const shared = file.path.endsWith('.test.ts') && to.startsWith('test/support/');
        return shared ? [] : [`${where} leaves src/ for ${to}`];
      }
      if (other === room) return [];
      const allowed = ONLY[room] ?? ROOMS.slice(0, ROOMS.indexOf(room));
      return allowed.includes(other) ? [] : [`${where}: ${room} may not use ${other} (${specifier})`];
    });
  });
  assertNone(violations);
});

test('pure rooms do no input or output', () => {
  const forbidden =
    /^(?:node:)?(?:fs|fs\/promises|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|sqlite)$/;
  // The rules that come with the program are files beside its code, read once.
  const exempt = ['src/rules/out-of-box/base-files.ts'];
  const violations = files
    .filter((f) => ['model', 'rules', 'entra'].includes(roomOf(f.path) ?? '') && !f.path.endsWith('.test.ts'))
    .filter((f) => !exempt.includes(f.path))
    .flatMap((f) =>
      f.imports.filter((i) => forbidden.test(i.specifier)).map((i) => `${f.path}:${i.line} ${i.specifier}`),
    );
  assertNone(violations);
});

test('only the store speaks to SQLite', () => {
  // The spool of an import is scratch space that ends with its run, not state.
  const exempt = ['src/sync/import-spool.ts'];
  const violations = files
    .filter((f) => !['store', 'tenant', undefined].includes(roomOf(f.path)) && !f.path.endsWith('.test.ts'))
    .filter((f) => !exempt.includes(f.path))
    .flatMap((f) => f.imports.filter((i) => i.specifier === 'node:sqlite').map((i) => `${f.path}:${i.line}`));
  assertNone(violations);
});

test('relative imports name their file with its extension, and it exists', () => {
  const violations = files.flatMap((file) =>
    file.imports.flatMap(({ line, specifier }) => {
      const to = target(file, specifier);
      if (to === undefined) return [];
      if (!/\.(?:ts|js|json|sql)$/.test(to)) return [`${file.path}:${line} ${specifier} has no extension`];
      return existsSync(join(ROOT, to)) ? [] : [`${file.path}:${line} ${specifier} does not exist`];
    }),
  );
  assertNone(violations);
});

test('there are no barrels', () => {
  const reExport = /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\s+['"][^'"]+['"];?/gm;
  const violations = files.filter((file) => {
    const code = file.text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
    const isOnlyReExports = code.trim() !== '' && code.replace(reExport, '').trim() === '';
    return isOnlyReExports || /^export\s+\*/m.test(code) || file.path.endsWith('/index.ts');
  });
  assertNone(violations.map((f) => f.path));
});

test('there are no default exports', () => {
  // Node's test runner takes a reporter as a default export.
  const exempt = ['scripts/count-reporter.ts'];
  const violations = files.filter((f) => !exempt.includes(f.path) && /^export default\b/m.test(f.text));
  assertNone(violations.map((f) => f.path));
});

test(`no file is longer than ${MAX_LINES} lines`, () => {
  const violations = files
    .map((f) => ({ path: f.path, lines: f.text.split('\n').length - 1 }))
    .filter((f) => f.lines > MAX_LINES)
    .map((f) => `${f.path} has ${f.lines} lines`);
  assertNone(violations);
});

test('files have kebab-case names', () => {
  const name = /^[a-z0-9]+(?:[-.][a-z0-9]+)*\.ts$/;
  assertNone(files.map((f) => f.path).filter((path) => !name.test(path.split('/').at(-1) ?? '')));
});

test('nothing in the source names the machine it was written on', () => {
  const machine = new RegExp(['/work', '/(?:main|shared)'].join(''));
  assertNone(files.filter((f) => machine.test(f.text)).map((f) => f.path));
});
