/** What bad input gets of the verbs that predict and explain: a sentence with the place, the nearest candidates, exit code 1. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sidBytes } from '../../src/model/sid.ts';
import { tempDirectory } from '../support/temp.ts';

const causeway = join(import.meta.dirname, '..', '..', 'bin', 'causeway.js');
const folder = tempDirectory('plan-cli');
const path = (name: string): string => join(folder.path, name);
const base = 'DC=corp,DC=contoso,DC=com';

const cli = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const command = [causeway, '--config', path('causeway.yaml'), ...args];
    execFile(process.execPath, command, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
/** Runs a command that must be refused, and returns what it says on standard error. */
async function refused(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await cli(...args);
  assert.equal(code, 1, `${out}${err}`);
  assert.ok(!/\n\s+at /.test(err), `a stack instead of a sentence: ${err}`);
  return err;
}

before(async () => {
  const person = (name: string, n: number) =>
    `dn: CN=${name},OU=Staff,${base}\nobjectClass: top\nobjectClass: user\ncn: ${name}\ndisplayName: ${name}\n` +
    `sAMAccountName: p${n}\nuserPrincipalName: ${name.toLowerCase().replace(' ', '.')}@contoso.com\nuserAccountControl: 512\n` +
    `objectGUID:: ${Buffer.alloc(16, n).toString('base64')}\nobjectSid:: ${sidBytes(`S-1-5-21-1-2-3-${1000 + n}`)!.toString('base64')}\n`;
  writeFileSync(path('corp.ldif'), `version: 1\n\n${person('Ana Sousa', 1)}\n${person('Ben Ek', 2)}`);
  writeFileSync(path('secret'), 'not-used-at-all');
  writeFileSync(
    path('causeway.yaml'),
    `connectors:
  - { name: corp, type: ldif, path: ./corp.ldif, partitions: [{ base: "${base}" }] }
  - { name: contoso.onmicrosoft.com, type: entra, dialect: sync, url: "http://127.0.0.1:1", tenantId: 11111111-2222-3333-4444-555555555555, clientId: 00000000-0000-0000-0000-000000000001, credential: { secret: { file: ./secret } } }
`,
  );
  for (const profile of ['full-import', 'full-sync']) {
    const done = await cli('run', 'corp', profile);
    assert.equal(done.code, 0, `${done.out}${done.err}`);
  }
});
after(() => folder.remove());

test('a scope file: syntax, form, unknown connector and partition, each with the line', async () => {
  const scope = (text: string) => {
    writeFileSync(path('scope.yaml'), text);
    return refused('plan', '--offline', '--scope', path('scope.yaml'));
  };
  assert.match(await scope('connectors:\n  - name: ['), /scope\.yaml:2: /);
  assert.match(
    await scope('connectors:\n  - name: corp\n    partitions: [{ base: 7 }]\n'),
    /scope\.yaml:3: connectors\.0\.partitions\.0\.base: /,
  );
  assert.match(await scope('connectors:\n  - name: nope\n'), /"nope"\. Connectors: corp/);
  const elsewhere = await scope('connectors:\n  - name: corp\n    partitions: [{ base: "DC=else" }]\n');
  assert.match(elsewhere, /"DC=else" of corp, of which nothing was ever imported\. Partitions: DC=corp/);
  assert.match(await refused('plan', '--scope', path('none.yaml')), /cannot be read \(ENOENT\)/);
});

test('a rule directory: file and line', async () => {
  mkdirSync(path('rules'), { recursive: true });
  writeFileSync(path('rules/a.yaml'), 'rules:\n  - name: X\n    connecter: corp\n');
  const told = await refused('plan', '--offline', '--rules', path('rules'));
  assert.match(told, /a\.yaml:3: rule "X": There is no key "connecter" here\. Did you mean "connector"\?/);
  assert.match(await refused('plan', '--offline', '--rules', path('nowhere')), /does not exist/);
  assert.match(await refused('plan', '--offline', '--rules', path('causeway.yaml')), /as rules \(it is no folder\)/);
  mkdirSync(path('odd/folder.yaml'), { recursive: true });
  assert.match(await refused('plan', '--offline', '--rules', path('odd')), /folder\.yaml cannot .* \(it is a folder\)/);
  rmSync(path('odd/folder.yaml'), { recursive: true });
  symlinkSync('loop.yaml', path('odd/loop.yaml'));
  assert.match(await refused('plan', '--offline', '--rules', path('odd')), /loop\.yaml cannot be read .*ELOOP/);
  rmSync(path('odd/loop.yaml'));
  writeFileSync(path('odd/bytes.yaml'), Buffer.from([0xff, 0xfe, 0x72, 0]));
  assert.match(await refused('plan', '--offline', '--rules', path('odd')), /bytes\.yaml is no rule file/);
});

test('a plan file: cut off, changed by hand, missing', async () => {
  const made = await cli('plan', '--offline', '--out', path('plan.json'));
  assert.equal(made.code, 0, made.err);
  const text = readFileSync(path('plan.json'), 'utf8');
  const run = (content: string) => {
    writeFileSync(path('bad.json'), content);
    return refused('sync', '--plan', path('bad.json'));
  };
  assert.match(await run(text.slice(0, 300)), /bad\.json is not a plan: it is cut off, after line \d+\./);
  assert.match(await run(text.replace('"plan":', 'plan:')), /bad\.json is not a plan: line 2, column 2 is not JSON/);
  assert.match(await run('\u0000\u0001'), /bad\.json is not a plan: line 1, column 1 is not JSON/);
  assert.match(await run(''), /bad\.json is not a plan: it is empty/);
  assert.match(await run('{}'), /bad\.json is not a plan: it has no "seal"/);
  assert.match(await run(text.replace('"causewayPlan": 1', '"causewayPlan": 2')), /made by a newer Causeway/);
  assert.match(await run(text.replace('"causewayPlan": 1', '"causewayPlan": 0')), /"plan\.causewayPlan" is not what/);
  assert.match(await refused('sync', '--plan', path('rules')), /cannot be read \(EISDIR\)/);
  assert.match(await run(text.replace(/"hash": "[0-9a-f]{4}/, '"hash": "0000')), /content does not fit its seal/);
  assert.match(await refused('sync', '--plan', path('none.json')), /cannot be read \(ENOENT\)/);
});

test('a reference that means nothing: the nearest, in every verb', async () => {
  mkdirSync(path('none'), { recursive: true });
  for (const args of [
    ['history', 'ana souza'],
    ['plan', '--offline', '--rules', path('none'), '--object', 'ana souza'],
  ])
    assert.match(
      await refused(...args),
      /Nothing is known as "ana souza"\. Did you mean:\n\s+mv:\d+ {2}person Ana Sousa/,
    );
  const explained = await cli('explain', '--offline', 'ana*)(uid=*');
  assert.equal(explained.code, 1);
  assert.match(explained.out, /Did you mean:\n\s+mv:\d+ {2}person Ana Sousa/);
  assert.match(await refused('history', 'Ana Sousa', '--at', 'yesterday'), /--at is a time/);
});

test('the state at a time, and before there was any', async () => {
  const now = await cli('--json', 'history', 'Ana Sousa', '--at', new Date(Date.now() + 1000).toISOString());
  assert.equal((JSON.parse(now.out) as { exists: boolean }).exists, true, now.out);
  const then = await cli('--json', 'history', 'Ana Sousa', '--at', '2020-01-31');
  assert.equal((JSON.parse(then.out) as { exists: boolean }).exists, false);
});
