/** Delivers the console: files read and compressed once, at the start. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Context } from 'hono';
import type { Env } from './security.ts';

interface ConsoleFile {
  readonly type: string;
  readonly etag: string;
  /** Has its own hash in its name, so that it never changes. */
  readonly isImmutable: boolean;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzip?: Uint8Array<ArrayBuffer>;
  readonly br?: Uint8Array<ArrayBuffer>;
}
export interface ConsoleFiles {
  readonly isBuilt: boolean;
  answer(c: Context<Env>): Response;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const compressible = /^(text\/|application\/json|image\/svg)/;
const smallest = 512;

/** The files of a folder such as console/dist; a folder that is not there gives a page that says how to build it. */
export function consoleFiles(folder: string): ConsoleFiles {
  const files = existsSync(folder) ? readAll(folder) : new Map<string, ConsoleFile>();
  const index = files.get('/index.html');
  return {
    isBuilt: index !== undefined,
    answer(c) {
      const file = files.get(c.req.path);
      if (file) return send(c, file);
      // Deep links are pages of the console; whatever has an extension is a file that is not there.
      if (/\.\w+$/.test(c.req.path)) return c.text('There is no such file.', 404);
      return index ? send(c, index) : c.html(notBuilt, 200, { 'cache-control': 'no-store' });
    },
  };
}

function readAll(folder: string): Map<string, ConsoleFile> {
  const files = new Map<string, ConsoleFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const plain = new Uint8Array(readFileSync(path));
    const address = `/${relative(folder, path).split(sep).join('/')}`;
    const isWorth = compressible.test(type) && plain.length >= smallest;
    files.set(address, {
      type,
      etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 27)}"`,
      isImmutable: /^\/assets\/.+-[\w-]{8,}\.\w+$/.test(address),
      plain,
      ...(isWorth
        ? {
            gzip: new Uint8Array(gzipSync(plain, { level: 9 })),
            br: new Uint8Array(
              brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
            ),
          }
        : {}),
    });
  }
  return files;
}

function send(c: Context<Env>, file: ConsoleFile): Response {
  c.header('content-type', file.type);
  c.header('etag', file.etag);
  c.header('vary', 'accept-encoding');
  c.header('cache-control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (c.req.header('if-none-match') === file.etag) return c.body(null, 304);
  const accepted = c.req.header('accept-encoding') ?? '';
  const encoding = (['br', 'gzip'] as const).find((e) => file[e] && new RegExp(`\\b${e}\\b`).test(accepted));
  if (encoding) c.header('content-encoding', encoding);
  return c.body(encoding ? file[encoding]! : file.plain);
}

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Causeway</title>
<h1>Causeway is running</h1>
<p>The console is not built here. Run <code>npm run build --workspace console</code> and start the service again.</p>
<p>The <a href="/api/v1/openapi.json">API</a> and the command line work without it.</p></html>`;
