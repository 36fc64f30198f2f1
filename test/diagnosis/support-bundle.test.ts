/** The support bundle: planted secrets and names are nowhere in it, one value has one word, and it reads without the product. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sidBytes } from '../../src/model/sid.ts';
import { tempDirectory } from '../support/temp.ts';

const causeway = join(import.meta.dirname, '..', '..', 'bin', 'causeway.js');
const folder = tempDirectory('bundle');
const secrets = { file: 'fileSecret+/=0815 plan"ted', env: 'envSecret~4711-planted' };
const person = {
  cn: 'Zelda Zimmermann',
  displayName: 'Zelda Zimmermann',
  sAMAccountName: 'zzimmermann',
  userPrincipalName: 'zelda.zimmermann@contoso.com',
  mail: 'zelda.zimmermann@contoso.com',
  title: 'Quartermaster',
  telephoneNumber: '+49 30 1234567',
};

const cli = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const command = [causeway, '--config', join(folder.path, 'causeway.yaml'), ...args];
    const env = { ...process.env, PLANTED: secrets.env };
    execFile(process.execPath, command, { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

/** Files of a tar archive by name (POSIX ustar, as `tar.ts` writes it). */
function untar(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const text = (from: number, length: number) =>
      archive.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    files.set(text(0, 100), archive.toString('utf8', at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

const sid = (n: number): string => sidBytes(`S-1-5-21-1-2-3-${1000 + n}`)!.toString('base64');
const guid = (n: number): string => Buffer.alloc(16, n).toString('base64');

before(async () => {
  mkdirSync(join(folder.path, 'state'));
  writeFileSync(join(folder.path, 'client-secret'), secrets.file);
  const entry = (dn: string, values: Readonly<Record<string, string>>) =>
    `dn: ${dn}\nobjectClass: top\nobjectClass: user\n${Object.entries(values)
      .map(([k, v]) => `${k}${/^object(GUID|Sid)$/.test(k) ? '::' : ':'} ${v}\n`)
      .join('')}`;
  const twin = { ...person, cn: 'Zelda Two', sAMAccountName: 'ztwo' };
  writeFileSync(
    join(folder.path, 'corp.ldif'),
    `version: 1\n\n${entry('CN=Zelda Zimmermann,OU=Secret Lab,DC=corp,DC=contoso,DC=com', { ...person, objectGUID: guid(1), objectSid: sid(1) })}\n${entry('CN=Zelda Two,OU=Secret Lab,DC=corp,DC=contoso,DC=com', { ...twin, objectGUID: guid(2), objectSid: sid(2) })}`,
  );
  writeFileSync(
    join(folder.path, 'causeway.yaml'),
    `connectors:
  - { name: corp.contoso.com, type: ldif, path: ./corp.ldif }
  - { name: other, type: active-directory, servers: ["ldaps://127.0.0.1:1"], bind: { user: svc, password: { env: PLANTED } } }
  - { name: contoso.onmicrosoft.com, type: entra, dialect: sync, url: "http://127.0.0.1:1", tenantId: 11111111-2222-3333-4444-555555555555, clientId: 00000000-0000-0000-0000-000000000001, credential: { secret: { file: ./client-secret } } }
`,
  );
  writeFileSync(
    join(folder.path, 'state', 'causeway.log'),
    `${JSON.stringify({ level: 40, time: '2026-01-01T00:00:00.000Z', msg: `refused ${person.displayName} (${person.mail}) with ${secrets.env} and ${secrets.file}` })}\n`,
  );
  const imported = await cli('run', 'corp.contoso.com', 'full-import');
  assert.equal(imported.code, 0, `${imported.out}${imported.err}`);
  const sync = await cli('run', 'corp.contoso.com', 'full-sync');
  assert.ok(sync.code === 0 || sync.code === 2, sync.err);
});
after(() => folder.remove());

async function bundle(...args: readonly string[]): Promise<Map<string, string>> {
  const file = join(folder.path, 'bundle.tar.gz');
  const made = await cli('support-bundle', '--output', file, ...args);
  assert.equal(made.code, 0, made.err);
  return untar(gunzipSync(readFileSync(file)));
}

test('no secret and no value of anybody is in it, and it says what each file is', async () => {
  const files = await bundle('--object', 'CN=Zelda Zimmermann,OU=Secret Lab,DC=corp,DC=contoso,DC=com');
  const planted = [
    ...Object.values(secrets).flatMap((s) => [s, JSON.stringify(s).slice(1, -1), Buffer.from(s).toString('base64')]),
    ...['zimmermann', 'zelda', 'quartermaster', '1234567', 'secret lab', 'ztwo'],
  ];
  for (const [name, text] of files)
    for (const value of planted) assert.ok(!text.toLowerCase().includes(value.toLowerCase()), `"${value}" in ${name}`);
  for (const name of [
    'status.json',
    'runs.json',
    'errors.json',
    'findings.json',
    'object-1.json',
    'causeway.log',
    'configuration.md',
  ])
    assert.match(files.get('README.txt') ?? '', new RegExp(`^${name.replace('.', '\\.')} `, 'm'));
  // Readable: codes, rules, connectors and times stay.
  assert.match(files.get('object-1.json') ?? '', /"connector": "corp\.contoso\.com"/);
  assert.match(files.get('runs.json') ?? '', /full-import/);
});

test('the same value has the same word in every file, and another one in the next bundle', async () => {
  const reference = 'CN=Zelda Zimmermann,OU=Secret Lab,DC=corp,DC=contoso,DC=com';
  const wordIn = (files: Map<string, string>, name: string, pattern: RegExp) =>
    pattern.exec(files.get(name) ?? '')?.[1];
  const files = await bundle('--object', reference);
  const inObject = wordIn(files, 'object-1.json', /CN=(x[0-9a-f]{10}),OU/);
  assert.ok(inObject);
  assert.equal(wordIn(files, 'causeway.log', /refused (x[0-9a-f]{10}) /), inObject);
  assert.notEqual(wordIn(await bundle('--object', reference), 'object-1.json', /CN=(x[0-9a-f]{10}),OU/), inObject);
});

test('with --names values stay, secrets do not', async () => {
  const files = await bundle('--names', '--object', 'CN=Zelda Zimmermann,OU=Secret Lab,DC=corp,DC=contoso,DC=com');
  const whole = [...files.values()].join('\n');
  assert.ok(whole.includes('Zelda Zimmermann'));
  for (const secret of Object.values(secrets)) assert.ok(!whole.includes(secret));
});
