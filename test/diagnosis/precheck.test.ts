/** `causeway precheck` as an administrator uses it: on a real domain controller, through the command line and a table. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { group, person } from '../../bench/population.ts';
import { precheckCodes } from '../../src/diagnosis/precheck/cases.ts';
import { csvColumns, csvHeader, csvLine, parseCsv } from '../../src/diagnosis/precheck/csv.ts';
import type { PrecheckFinding } from '../../src/diagnosis/precheck/findings.ts';
import { actions, errorNames, type PrecheckObject } from '../../src/diagnosis/precheck/model.ts';
import { precheck } from '../../src/diagnosis/precheck/precheck.ts';
import { memoryIndex } from '../../src/entra/memory-index.ts';
import { freshSettings } from '../../src/entra/settings.ts';
import { loadConfiguration } from '../../src/service/configuration/configuration.ts';
import { startService } from '../../src/service/service.ts';
import { openStore } from '../../src/store/store.ts';
import { type Samba, startSamba } from '../support/samba.ts';
import { tempDirectory } from '../support/temp.ts';
import { waitFor } from '../support/wait.ts';

const causeway = join(import.meta.dirname, '..', '..', 'bin', 'causeway.js');
const folder = tempDirectory('precheck');
const table = join(folder.path, 'precheck.csv');
let dc: Samba;

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
const cli = (...args: readonly string[]): Promise<Answer> =>
  new Promise((resolve) => {
    const command = [causeway, '--config', join(folder.path, 'causeway.yaml'), ...args];
    execFile(process.execPath, command, { env: { ...process.env, AD_PASSWORD: dc.adminPassword } }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

/** Findings by code, with the names of their objects. */
async function findings(): Promise<Record<string, string[]>> {
  const { out, err } = await cli('--json', 'precheck', '--offline');
  const document = JSON.parse(out) as { findings?: PrecheckFinding[] };
  assert.ok(document.findings, `${out}${err}`);
  const found: Record<string, string[]> = {};
  for (const f of document.findings) {
    const names = f.rows.map((r) => /^CN=([^,]*)/.exec(r.dn)?.[1] ?? r.dn);
    found[f.code] = [...new Set([...(found[f.code] ?? []), ...names])].sort();
  }
  return found;
}
const valuesOf = async (name: string, attribute: string): Promise<string[]> => {
  const text = await dc.ldbsearch('-b', `CN=${name},CN=Users,${dc.baseDn}`, '-s', 'base', attribute);
  return text
    .split('\n')
    .filter((l) => l.startsWith(`${attribute}: `))
    .map((l) => l.slice(attribute.length + 2))
    .sort();
};

before(async () => {
  dc = await startSamba({ extendedSchema: true });
  const user = (name: string, attributes: Record<string, string | string[]>) => ({
    name,
    attributes: { displayName: name, ...attributes },
  });
  await dc.addUsers([
    user('ana', {
      userPrincipalName: 'ana@contoso.com',
      mail: 'ana@contoso.com',
      mailNickname: 'ana',
      proxyAddresses: ['SMTP:ana@contoso.com', 'smtp:team@contoso.com'],
    }),
    user('ben', {
      userPrincipalName: 'ben@contoso.com',
      mail: 'ben@contoso.com',
      proxyAddresses: ['SMTP:ben@contoso.com', 'smtp:Team@contoso.com'],
    }),
    user('cleo', { userPrincipalName: 'cleo x@contoso.com', mail: 'cleo@contoso.com' }),
    user('dan', { userPrincipalName: 'dan@contoso.com', displayName: 'Dan\u200b Ek' }),
    user('eva', { userPrincipalName: 'eva@contoso.com', proxyAddresses: ['smtp:e va@contoso.com'] }),
    user('fine', { userPrincipalName: 'fine@contoso.com', mail: 'fine@contoso.com' }),
  ]);
  mkdirSync(join(folder.path, 'state'));
  writeFileSync(join(folder.path, 'ca.pem'), dc.caPem);
  writeFileSync(
    join(folder.path, 'causeway.yaml'),
    `connectors:
  - name: corp
    type: active-directory
    servers: ["${dc.ldapsUrl}"]
    bind: { user: "${dc.adminUser}", password: { env: AD_PASSWORD } }
    tls: { ca: ./ca.pem }
`,
  );
});
after(async () => {
  await dc?.[Symbol.asyncDispose]();
  folder.remove();
});

test('before anything was imported it says so', async () => {
  const { code, err } = await cli('precheck');
  assert.equal(code, 1);
  assert.match(err, /Nothing was imported yet.*causeway sync/);
});

test('the mistakes of the directory are found, and nothing else', async () => {
  const imported = await cli('run', 'corp', 'full-import');
  assert.equal(imported.code, 0, imported.err);
  assert.deepEqual(await findings(), {
    'duplicate-proxy-address': ['ana', 'ben'],
    'invalid-upn': ['cleo'],
    'invalid-characters': ['dan'],
    'invalid-proxy-address': ['eva'],
  });
});

test('a table out, edited, and back in: the directory changes, and nothing that changed meanwhile', async () => {
  const written = await cli('precheck', '--offline', '--format', 'csv', '--accept', 'medium', '--out', table);
  assert.equal(written.code, 2, written.err);
  const rows = parseCsv(readFileSync(table, 'utf8')).map((r) => r.record);
  assert.deepEqual(
    rows
      .filter((r) => r.ACTION !== '')
      .map((r) => [r.COMMONNAME, r.ATTRIBUTE, r.ACTION, r.UPDATE])
      .sort(),
    [
      ['ana', 'proxyAddresses', 'COMPLETE', ''],
      ['ben', 'proxyAddresses', 'REMOVE', ''],
      ['cleo', 'userPrincipalName', 'EDIT', 'cleo@contoso.com'],
      ['dan', 'displayName', 'EDIT', 'Dan Ek'],
      ['eva', 'proxyAddresses', 'EDIT', 'smtp:eva@contoso.com'],
    ],
  );
  // Somebody corrects Dan by hand before the table comes back.
  await dc.ldapModify(
    `dn: CN=dan,CN=Users,${dc.baseDn}\nchangetype: modify\nreplace: displayName\ndisplayName: Daniel Ek\n`,
  );
  const applied = await cli('--json', 'precheck', '--apply', table);
  assert.equal(applied.code, 2, applied.err);
  const { results, recorded, followUp } = JSON.parse(applied.out) as {
    results: { dn: string; outcome: string; detail: string }[];
    recorded: boolean;
    followUp: { ran: { what: string; outcome: string }[]; gone: number; still: unknown[] };
  };
  const outcomes = Object.fromEntries(results.map((r) => [/^CN=([^,]*)/.exec(r.dn)?.[1], r.outcome]));
  assert.deepEqual(outcomes, { ben: 'applied', cleo: 'applied', dan: 'changed-meanwhile', eva: 'applied' });
  assert.deepEqual(await valuesOf('ben', 'proxyAddresses'), ['SMTP:ben@contoso.com']);
  assert.deepEqual(await valuesOf('cleo', 'userPrincipalName'), ['cleo@contoso.com']);
  assert.deepEqual(await valuesOf('dan', 'displayName'), ['Daniel Ek']);
  assert.deepEqual(await valuesOf('eva', 'proxyAddresses'), ['smtp:eva@contoso.com']);
  assert.equal(recorded, true);
  assert.deepEqual(followUp, { ran: [{ what: 'delta import of corp', outcome: 'success' }], gone: 3, still: [] });
});

test('who changed what, from what to what, is in the audit log and in the history of the object', async () => {
  using store = openStore(join(folder.path, 'state', 'causeway.db'), { readOnly: true });
  const rows = store.administration.auditPage({ before: Number.MAX_SAFE_INTEGER, limit: 100 });
  const changes = rows.filter((r) => r.action === 'change-directory');
  assert.deepEqual(changes.map((r) => [/CN=(\w+)/.exec(r.subject ?? '')?.[1], r.before, r.after]).sort(), [
    ['ben', '{"proxyAddresses":"smtp:Team@contoso.com"}', '{"proxyAddresses":null}'],
    ['cleo', '{"userPrincipalName":"cleo x@contoso.com"}', '{"userPrincipalName":"cleo@contoso.com"}'],
    ['eva', '{"proxyAddresses":"smtp:e va@contoso.com"}', '{"proxyAddresses":"smtp:eva@contoso.com"}'],
  ]);
  assert.equal(rows.filter((r) => r.action === 'precheck-apply').length, 1);
  const history = await cli('history', `CN=cleo,CN=Users,${dc.baseDn}`);
  assert.match(history.out, /was changed in the directory by an administrator/);
  assert.match(history.out, /- "?cleo x@contoso\.com"? {2}\+ "?cleo@contoso\.com"?/);
});

test('nothing is wrong any more', async () => {
  assert.deepEqual(await findings(), {});
  assert.equal((await cli('precheck', '--offline')).code, 0);
});

test('the undo table takes everything back, and can be undone itself', async () => {
  const state = join(folder.path, 'state', 'precheck');
  const [undo = ''] = readdirSync(state);
  const back = await cli('precheck', '--apply', join(state, undo));
  assert.equal(back.code, 0, back.err);
  assert.deepEqual(await valuesOf('ben', 'proxyAddresses'), ['SMTP:ben@contoso.com', 'smtp:Team@contoso.com']);
  assert.deepEqual(await valuesOf('cleo', 'userPrincipalName'), ['cleo x@contoso.com']);
  assert.equal(readdirSync(state).length, 2);
});

test('LDIF for the real ldapmodify: it changes what is suggested, and nothing that was changed before', async () => {
  await cli('run', 'corp', 'delta-import');
  const ldif = join(folder.path, 'precheck.ldif');
  const written = await cli('precheck', '--offline', '--format', 'ldif', '--accept', 'medium', '--out', ldif);
  assert.equal(written.code, 2, written.err);
  assert.match(readFileSync(ldif, 'utf8'), /changetype: modify/);
  const modify = () =>
    new Promise<{ code: number; err: string }>((resolve) => {
      const arguments_ = ['-H', dc.ldapsUrl, '-x', '-D', dc.adminUser, '-w', dc.adminPassword, '-c', '-f', ldif];
      const env = { ...process.env, LDAPTLS_CACERT: join(folder.path, 'ca.pem') };
      execFile('ldapmodify', arguments_, { env }, (error, _, err) =>
        resolve({ code: error ? Number(error.code) : 0, err }),
      );
    });
  const first = await modify();
  assert.equal(first.code, 0, first.err);
  assert.deepEqual(await valuesOf('ben', 'proxyAddresses'), ['SMTP:ben@contoso.com']);
  assert.deepEqual(await valuesOf('cleo', 'userPrincipalName'), ['cleo@contoso.com']);
  assert.deepEqual(await valuesOf('eva', 'proxyAddresses'), ['smtp:eva@contoso.com']);
  // The values that the records expect are gone: the directory refuses each of them.
  const again = await modify();
  assert.equal(again.code, 16, again.err);
  assert.deepEqual(await valuesOf('cleo', 'userPrincipalName'), ['cleo@contoso.com']);
  await cli('run', 'corp', 'delta-import');
  assert.deepEqual(await findings(), {});
});

test('bad tables and answers of the directory are told with their line', async () => {
  writeFileSync(table, 'DISTINGUISHEDNAME,ATTRIBUTE,VALUE,UPDATE,ACTION\n"CN=x",unicodePwd,a,b,EDIT\n');
  const refused = await cli('precheck', '--apply', table);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /Line 2: "unicodePwd" is no attribute.*Nothing was changed/);
  const dn = `CN=fine,CN=Users,${dc.baseDn}`;
  const record = { DISTINGUISHEDNAME: dn, ATTRIBUTE: 'sAMAccountName', VALUE: 'fine', UPDATE: 'ana', ACTION: 'EDIT' };
  const line = csvLine(csvColumns.map((c) => (record as Partial<Record<string, string>>)[c] ?? ''));
  writeFileSync(table, csvHeader() + line);
  const answer = await cli('precheck', '--apply', table);
  assert.equal(answer.code, 2, answer.err);
  assert.match(answer.err, /line 2: .*sAMAccountName: refused/);
  assert.deepEqual(await valuesOf('fine', 'sAMAccountName'), ['fine']);
});

test('beside a running service it is the service that writes, and writes down; it can be called off, and taken back', async () => {
  process.env.AD_PASSWORD = dc.adminPassword;
  const parts = readFileSync(join(folder.path, 'causeway.yaml'), 'utf8');
  writeFileSync(
    join(folder.path, 'causeway.yaml'),
    `${parts}service: { listen: 127.0.0.1:0 }\nscheduler: { enabled: false }\n`,
  );
  const service = await startService(loadConfiguration(join(folder.path, 'causeway.yaml')), {
    progress: () => {},
    log: () => {},
  });
  const ask = async <T>(method: string, path: string, body?: string, type = 'application/json'): Promise<T> => {
    const headers = { authorization: `Bearer ${service.context.token}`, 'content-type': type };
    const response = await fetch(`${service.url}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    assert.ok(response.ok, text);
    return (response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as T;
  };
  type Job = { id: number; state: string; answer: { results: { outcome: string }[]; undo: string; left: number } };
  const ended = (id: number) =>
    waitFor('the job', async () => {
      const job = await ask<Job>('GET', `/jobs/${id}`);
      return job.state !== 'running' && job;
    });
  try {
    const change = (name: string, value: string, update: string) => ({
      DISTINGUISHEDNAME: `CN=${name},CN=Users,${dc.baseDn}`,
      ATTRIBUTE: 'displayName',
      VALUE: value,
      UPDATE: update,
      ACTION: 'EDIT',
    });
    const tableOf = (...records: Readonly<Record<string, string>>[]) =>
      csvHeader() + records.map((r) => csvLine(csvColumns.map((c) => r[c] ?? ''))).join('');
    writeFileSync(table, tableOf(change('fine', 'fine', '=Fine'), change('eva', 'nobody', 'Eva')));
    const applied = await cli('--json', 'precheck', '--apply', table);
    assert.equal(applied.code, 2, applied.err);
    const answer = JSON.parse(applied.out) as Job['answer'] & { recorded: boolean; followUp: { ran: unknown[] } };
    assert.deepEqual(
      answer.results.map((r) => r.outcome),
      ['applied', 'changed-meanwhile'],
    );
    assert.deepEqual([answer.recorded, answer.followUp.ran.length], [true, 1]);
    assert.deepEqual(await valuesOf('fine', 'displayName'), ['=Fine']);
    const audit = await ask<{
      items: { action: string; subject: string; before: unknown; after: unknown; how: string }[];
    }>('GET', '/audit?action=change-directory&limit=1');
    assert.deepEqual(
      audit.items.map(({ subject, before, after, how }) => [subject, before, after, how]),
      [[`corp: CN=fine,CN=Users,${dc.baseDn}`, { displayName: 'fine' }, { displayName: '=Fine' }, 'command-line']],
    );
    const undo = await ask<string>('GET', `/precheck/undo/${basename(answer.undo)}`);
    assert.match(undo, /"'=Fine","fine"/);
    const back = await ask<Job>('POST', '/precheck/apply?table=undo', undo, 'text/csv');
    assert.deepEqual([(await ended(back.id)).state, await valuesOf('fine', 'displayName')], ['done', ['fine']]);

    const long = tableOf(
      ...Array.from({ length: 400 }, (_, i) => change(i === 0 ? 'fine' : `nobody${i}`, 'fine', 'Late')),
    );
    const started = await ask<Job>('POST', '/precheck/apply', long, 'text/csv');
    await ask('DELETE', `/jobs/${started.id}`);
    const off = await ended(started.id);
    assert.equal(off.state, 'cancelled');
    assert.equal(off.answer.results.length + off.answer.left, 400);
    assert.ok(off.answer.left > 0);
  } finally {
    await service[Symbol.asyncDispose]();
  }
});

test('a healthy company of 2,000 people and 100 groups yields nothing, by either rule set', () => {
  const objects: PrecheckObject[] = [];
  const add = (dn: string, anchor: string, type: string, attributes: PrecheckObject['attributes']) => {
    const id = objects.length + 1;
    objects.push({ id, identity: id, connector: 'corp', dn, anchor, type, attributes });
  };
  for (let i = 0; i < 2000; i++) {
    const { dn, anchor, attributes } = person(i, 2000);
    add(dn, anchor, 'user', { ...attributes, msExchRecipientTypeDetails: 1 });
  }
  for (let i = 0; i < 100; i++) {
    const { dn, anchor, attributes } = group(i, 2000, 5);
    const mail = `group${i}@contoso.com`;
    add(dn, anchor, 'group', { ...attributes, mail, mailNickname: `group${i}`, proxyAddresses: [`SMTP:${mail}`] });
  }
  const settings = freshSettings('contoso.onmicrosoft.com', [
    { name: 'contoso.com', verified: true, authentication: 'Managed' },
  ]);
  const image = { source: 'tenant', readAt: '', settings, index: memoryIndex(), limits: [] } as const;
  for (const rules of ['multi-tenant', 'dedicated'] as const) {
    const rows: unknown[] = [];
    precheck(
      { objects: () => objects, object: (id) => objects[id - 1] },
      { rules, now: Date.UTC(2026, 0, 1), image },
      (row) => rows.push([row.object.dn, row.code, row.attribute, row.value]),
    );
    assert.deepEqual(rows, []);
  }
});

test('the documentation knows every name, column, action and code', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'precheck.md'), 'utf8');
  for (const word of [...errorNames, ...csvColumns, ...actions, ...precheckCodes]) {
    assert.ok(text.includes(`\`${word}\``), `docs/precheck.md does not mention ${word}`);
  }
});
