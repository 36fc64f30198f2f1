import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { tempDirectory } from '../../../test/support/temp.ts';
import { consoleFiles } from './console-files.ts';
import type { Env } from './security.ts';

function appOf(folder: string) {
  const files = consoleFiles(folder);
  const app = new Hono<Env>();
  app.get('*', (c) => files.answer(c));
  const get = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers });
  return { files, get };
}

test('files are compressed as asked, hashed ones for ever, pages never', async () => {
  await using folder = tempDirectory('console');
  const script = 'export const x = 1;\n'.repeat(200);
  mkdirSync(join(folder.path, 'assets'));
  writeFileSync(join(folder.path, 'index.html'), '<!doctype html><title>Console</title>');
  writeFileSync(join(folder.path, 'assets', 'main-a1B2c3D4.js'), script);
  writeFileSync(join(folder.path, 'secret.env'), 'PASSWORD=1');
  const { get } = appOf(folder.path);
  const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer());
  const br = await get('/assets/main-a1B2c3D4.js', { 'accept-encoding': 'gzip, deflate, br' });
  assert.equal(br.headers.get('content-encoding'), 'br');
  assert.equal(brotliDecompressSync(await bytes(br)).toString(), script);
  assert.match(br.headers.get('cache-control') ?? '', /immutable/);
  const gz = await get('/assets/main-a1B2c3D4.js', { 'accept-encoding': 'gzip' });
  assert.equal(gunzipSync(await bytes(gz)).toString(), script);
  const plain = await get('/assets/main-a1B2c3D4.js');
  assert.equal(plain.headers.get('content-encoding'), null);
  const page = await get('/objects/mv%3A1?tab=why');
  assert.match(await page.text(), /<title>Console/);
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  const known = await get('/index.html', { 'if-none-match': page.headers.get('etag') ?? '' });
  assert.equal(known.status, 304);
  assert.equal((await get('/secret.env')).status, 404);
  assert.equal((await get('/assets/other.js')).status, 404);
});

test('a console that was not built says how to build it', async () => {
  const { files, get } = appOf('/nowhere/at/all');
  assert.equal(files.isBuilt, false);
  assert.match(await (await get('/')).text(), /npm run build --workspace console/);
});
