/**
 * The error catalogue is complete, and docs/errors is what it says. `CAUSEWAY_UPDATE_SCHEMAS=1` writes the pages anew.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorPages } from '../../src/diagnosis/findings/errors/catalogue.ts';
import { exportCauses } from '../../src/diagnosis/findings/errors/causes/exports.ts';
import { discoveryCauses, synchronizationCauses } from '../../src/diagnosis/findings/errors/causes/objects.ts';
import { programCauses, selfEvident } from '../../src/diagnosis/findings/errors/causes/program.ts';
import { bindCauses, ldapCauses, tokenCauses } from '../../src/diagnosis/findings/errors/causes/sign-in.ts';
import { connectionCauses, statusCauses } from '../../src/diagnosis/findings/errors/causes/statuses.ts';
import { errorFiles, fileOf } from '../../src/diagnosis/findings/errors/markdown.ts';
import type { Causes, ErrorKind } from '../../src/diagnosis/findings/errors/page.ts';
import { statusTitle } from '../../src/health/titles.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'errors');
const asIs = (code: string): string => code;
const known = new Set(errorPages.map((p) => p.code));

test('every code that the program gives has a page', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).filter((f) => !f.endsWith('.test.ts'));
  const given = new Map<string, string>();
  for (const file of sources) {
    const text = readFileSync(join(root, file), 'utf8');
    const made =
      /new (?:CliError|Refusal|ConnectorError|StoreError|FixError|LeaseError|LdapError)\(\s*'([a-z][a-z-]*)'|new RunStopped\(\s*'([a-z-]+)',\s*'([a-z-]+)'|\bstatus: '((?:stopped|no-start)-[a-z-]+)'/g;
    for (const [, ...codes] of text.matchAll(made)) for (const code of codes) if (code) given.set(code, file);
  }
  assert.ok(given.size > 60, `${given.size} codes were found`);
  assert.deepEqual(
    [...given].filter(([code]) => !known.has(code)),
    [],
  );
});

test('every classic name of the reference has a page', () => {
  const path = join(root, '..', 'shared', 'reference', 'sync-engine.md');
  // The reference lies beside the project where it is made.
  if (!existsSync(path)) return;
  const text = readFileSync(path, 'utf8');
  const lists = text.slice(text.indexOf('### 1.10 Run status'), text.indexOf('## 2. Declarative'));
  const names = [...lists.matchAll(/`([a-z]+(?:-[a-z]+)+)(?:[:…]*)`/g)].map((m) => m[1]!);
  const properties = new Set(['error-code', 'error-literal', 'server-error-detail', 'retry-count', 'first-occurred']);
  const missing = [...new Set(names)].filter((n) => !known.has(n) && !properties.has(n));
  assert.deepEqual(missing, []);
  assert.ok(names.length > 100, `${names.length} names were read`);
});

test('titles of run statuses are those of the run history', () => {
  const pages = errorPages.filter((p) => p.kind === 'run-status' && p.given !== false);
  const differing = pages.filter((p) => {
    const title = statusTitle(p.code);
    return title !== p.title && title !== p.code.replaceAll('-', ' ');
  });
  assert.deepEqual(
    differing.map((p) => [p.code, p.title, statusTitle(p.code)]),
    [],
  );
});

test('every page says what happened and what to do', () => {
  for (const page of errorPages) {
    assert.match(page.meaning, /^\S.*[.!]$/s, `${page.code}: ${page.meaning}`);
    assert.match(page.remedy, /\S{3}/, page.code);
    assert.ok(page.title.length > 0 && !page.title.endsWith('.'), `${page.code}: ${page.title}`);
  }
  const files = [...new Set(errorPages.map((p) => p.code))].map((code) => fileOf(code).toLowerCase());
  assert.equal(new Set(files).size, files.length, 'no two files differ in letter case alone');
});

test('every page has one to four causes, unless its meaning is the cause', () => {
  for (const page of errorPages) {
    const isSelfEvident = page.kind === 'program' && selfEvident.has(page.code);
    const wanted = isSelfEvident ? page.causes.length === 0 : page.causes.length >= 1 && page.causes.length <= 4;
    assert.ok(wanted, `${page.kind} ${page.code} has ${page.causes.length} causes`);
    for (const cause of page.causes) assert.match(cause, /^\S.{8,}[^.]\.$/, `${page.code}: ${cause}`);
    assert.equal(new Set(page.causes).size, page.causes.length, page.code);
  }
  const program = new Set(errorPages.filter((p) => p.kind === 'program').map((p) => p.code));
  assert.deepEqual(
    [...selfEvident].filter((code) => !program.has(code)),
    [],
  );
});

test('no causes are kept for a code that has no page', () => {
  const tables: readonly (readonly [ErrorKind, Readonly<Record<string, Causes>>, (code: string) => string])[] = [
    ['run-status', statusCauses, asIs],
    ['connection', connectionCauses, asIs],
    ['synchronization', synchronizationCauses, asIs],
    ['discovery', discoveryCauses, asIs],
    ['export', exportCauses, asIs],
    ['ldap', ldapCauses, (code) => `LDAP ${code}`],
    ['ldap', bindCauses, (code) => `49/${code}`],
    ['sign-in', tokenCauses, (code) => `AADSTS${code}`],
    ['program', programCauses, asIs],
  ];
  for (const [kind, causes, codeOf] of tables) {
    const codes = new Set(errorPages.filter((p) => p.kind === kind).map((p) => p.code));
    const idle = Object.keys(causes).filter((key) => !codes.has(codeOf(key)));
    assert.deepEqual(idle, [], kind);
  }
});

test('every case says by which command it is shown, with words that the program knows', () => {
  const verbs = readdirSync(join(root, 'src', 'cli', 'verbs')).map((f) =>
    readFileSync(join(root, 'src', 'cli', 'verbs', f), 'utf8'),
  );
  const known = new Set(verbs.flatMap((text) => [...text.matchAll(/\.command\('([a-z-]+)/g)].map((m) => m[1])));
  for (const page of errorPages.filter((p) => p.kind === 'case')) {
    assert.ok(page.commands && page.commands.length > 0, page.code);
    for (const command of page.commands) {
      const [program, verb] = command.split(' ');
      assert.ok(program === 'causeway' && known.has(verb), `${page.code}: ${command}`);
    }
  }
});

test('every error of the cloud says its section, whether it is sent again, and its text', () => {
  const cloud = errorPages.filter((p) => p.kind === 'cloud');
  assert.ok(cloud.length > 20, `${cloud.length} errors of the cloud`);
  for (const { code, cloud: facts } of cloud) {
    assert.ok(facts?.category && facts.message, code);
    assert.match(facts.retried, /^[a-z].*\.$/, code);
  }
});

test('docs/errors has one page for each code, as the data says', () => {
  const wanted = errorFiles();
  if (process.env.CAUSEWAY_UPDATE_SCHEMAS === '1') {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of wanted) writeFileSync(join(folder, name), text);
  }
  assert.deepEqual(readdirSync(folder).sort(), [...wanted.keys()].sort());
  for (const [name, text] of wanted) assert.equal(readFileSync(join(folder, name), 'utf8'), text, name);
});
