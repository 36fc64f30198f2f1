/** Sends a text, compressed if it is worth it. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context } from 'hono';
import type { Env } from './security.ts';

const compress = promisify(gzip);
/** Characters from which compressing pays. */
const worthCompressing = 2048;

export async function sendBody(c: Context<Env>, text: string, type: string, status: 200 | 202): Promise<Response> {
  c.header('content-type', `${type}; charset=utf-8`);
  c.header('cache-control', 'no-store');
  c.header('vary', 'accept-encoding');
  if (text.length < worthCompressing || !/\bgzip\b/.test(c.req.header('accept-encoding') ?? ''))
    return c.body(text, status);
  c.header('content-encoding', 'gzip');
  // The first level: lists compress well anyway, and the answer should not wait.
  return c.body(new Uint8Array(await compress(text, { level: 1 })), status);
}
