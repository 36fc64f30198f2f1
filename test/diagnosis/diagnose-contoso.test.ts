/** The mistakes of the sample organization are all found, under the codes that its README names. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Diagnosis } from '../../src/diagnosis/diagnose.ts';
import type { Finding } from '../../src/diagnosis/findings/finding.ts';
import { startTenantThread, type TenantThread } from '../../src/service/tenant-thread.ts';
import { causeway } from '../cli/command.ts';
import { freePort } from '../support/loopback.ts';
import { tempDirectory } from '../support/temp.ts';

const sample = join(import.meta.dirname, '..', '..', 'examples', 'contoso');
const folder = tempDirectory('contoso-diagnosis');
const home = join(folder.path, 'contoso');
const config = join(home, 'causeway.yaml');
let tenant: TenantThread | undefined;
let findings: readonly Finding[];

before(async () => {
  cpSync(sample, home, { recursive: true, filter: (source) => !source.endsWith('state') });
  const yaml = readFileSync(config, 'utf8');
  const [service, cloud] = [await freePort(), await freePort()];
  writeFileSync(
    config,
    yaml.replaceAll('127.0.0.1:8440', `127.0.0.1:${service}`).replaceAll('127.0.0.1:8441', `127.0.0.1:${cloud}`),
  );
  mkdirSync(join(home, 'state'));
  writeFileSync(join(home, 'state', 'client-secret'), 'the secret of the sample');
  tenant = await startTenantThread(config);
  for (const policy of ['initial', 'delta']) await causeway(['--config', config, 'sync', '--policy', policy]);
  findings = (await causeway(['--config', config, '--json', 'diagnose'])).json<Diagnosis>().findings;
});
after(async () => {
  await tenant?.close();
  folder.remove();
});

/** Case and somebody who must be named by it. */
const mistakes: readonly (readonly [code: string, who: string])[] = [
  ['duplicate-proxy-address', 'Bettina Krüger'],
  ['stale-proxy-address', 'Tomás Novák'],
  ['duplicate-upn', 'Marco Rossi'],
  ['invalid-soft-match', 'Lars Nygård'],
  ['anchor-changed-recreated', 'Nadia Karim'],
  ['existing-admin-role-conflict', 'Olga Petrova'],
  ['object-type-mismatch', 'Events Desk'],
  ['object-type-mismatch', 'Press Office'],
  ['invalid-upn', 'Siân Okonkwo'],
  ['invalid-mail', 'Jürgen Weiß'],
  ['value-too-long', 'Hanna Lindqvist'],
  ['duplicate-source-anchor', 'Keiko Mori-Admin'],
  ['ambiguous-join', 'Chiara Conti'],
  ['unroutable-upn-suffix', 'contoso.local'],
  ['too-many-certificates', 'Farid Haddad'],
  ['conflict-object', 'Lena Vogel'],
  ['linked-mailbox-without-account', 'Front Desk'],
  ['unresolved-reference', 'Omar Saleh'],
  ['unresolved-reference', 'svc-backup'],
  ['duplicate-person', 'Ingrid Dahl'],
];
for (const [code, who] of mistakes) {
  test(`${code}: ${who}`, () => {
    const found = findings.filter((f) => f.code === code && JSON.stringify(f).includes(who));
    const about = findings.filter((f) => JSON.stringify(f).includes(who)).map((f) => `${f.code}: ${f.summary}`);
    assert.equal(found.length, 1, about.join('\n') || 'nothing is said of it');
  });
}

test('the casebook walks through every mistake', () => {
  const rows = readFileSync(join(sample, '..', '..', 'docs', 'casebook.md'), 'utf8').split('\n');
  const missing = mistakes.filter(([code, who]) => !rows.some((r) => r.includes(who) && r.includes(`\`${code}\``)));
  assert.deepEqual(missing, []);
});

test('nothing is told that is no mistake', () => {
  const known = new Set(mistakes.map(([code]) => code));
  const others = findings.filter((f) => !known.has(f.code as never)).map((f) => `${f.code}: ${f.summary}`);
  assert.deepEqual(others, []);
});
