/**
 * Every case of the casebook is built in a test, seen, cured, and seen gone in the same file; or it has a row with the reason
 * why it cannot exist here. The table in docs/casebook.md says where, and who carries the cure out.
 * `CAUSEWAY_UPDATE_SCHEMAS=1` writes the table anew. That what was seen is really seen gone, the files themselves find out
 * when they run (`cases/proof.ts`).
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { type CaseCode, casebook } from '../../src/diagnosis/findings/cases.ts';

const root = join(import.meta.dirname, '..', '..');
const page = join(root, 'docs', 'casebook.md');
const reference = join(root, '..', 'shared', 'reference', 'casebook.md');
const codes = Object.keys(casebook) as CaseCode[];

/** What a person does who carries the cure out; the tests do the same, by what the finding shows. */
const byHand: Readonly<Partial<Record<CaseCode, string>>> = {
  'quarantined-attribute': 'nobody: it heals by itself within an hour',
  'group-too-large': 'the change records of the finding, or another way to split it',
  'domain-not-in-scope': 'the connector, as the finding writes it',
  'no-anchor': 'the values, as the finding proposes them; before the first export `fix --apply`',
  'no-account-enabled': 'the grant, with its command',
  'rule-conflict': 'one of the two rules, as the finding writes it',
  'two-active-servers': 'the other one is stopped where it runs',
  'both-engines-one-object': 'the other engine is stopped where it runs',
  'service-down': 'the service is started',
  'store-corrupt': 'the commands of the finding: the last copy, or a full import',
  'store-full': 'room on the disk, then `fix --apply`',
  'configuration-outdated': 'the newer version is started, or the copy of before is put back',
  'staging-drift': 'one of the two configurations is made like the other',
  'dns-failure': 'the name, or the record in DNS',
  'port-blocked': 'the firewall lets it through',
  'connection-refused': 'the server is started',
  'tls-untrusted': 'the authority is named in the configuration',
  'tls-intercepted': 'the proxy lets this connection through',
  'proxy-auth-required': 'the proxy lets this machine through',
  'clock-skew': 'the clock of the machine is set',
  'ad-bind-failed': 'the commands of the finding for the account, or its password in the secret that is referred to',
  'ad-signing-required': 'the address, as the finding writes it; `fix --apply` writes it into the configuration',
  'ad-permission-missing': 'the grant, with its command: an account cannot give itself rights',
  'cloud-auth-failed': 'a new secret, the right id, or consent, as the code says',
  'cloud-throttled': 'nobody: it passes by itself',
  'cloud-unavailable': 'nobody: it passes by itself',
  'no-domain-controller': 'one of those that were tried is started',
  'password-sync-stalled': 'the service is started',
  'password-sync-permission': 'the grant, with its commands',
  'password-sync-dc-failure': 'the domain controller, or the way to it',
  'password-sync-cloud-failure': 'the cloud, or the way to it',
  'password-not-synced': 'what the finding shows for the step where it stopped, then `causeway passwords resync`',
  'export-error': 'the rule, as the finding writes it',
};

interface Block {
  readonly file: string;
  readonly body: string;
}
/** The files of cases with their tests, one by one. */
const files = globSync('diagnosis/cases/*.test.ts', { cwd: join(root, 'test') }).map((path) => {
  const text = readFileSync(join(root, 'test', path), 'utf8');
  const [, ...parts] = text.split(/\n {0,2}test\(/);
  const file = basename(path, '.test.ts');
  return { file, text, blocks: parts.map((body): Block => ({ file, body })) };
});
const blocks = files.flatMap((f) => f.blocks);

/** The calls that look for a finding of this case and fail without it. */
const seesIt = (code: string, { body }: Block): boolean =>
  new RegExp(
    `\\b(?:one|sees)\\(\\s*'${code}'|\\bseveral\\(\\[[^\\]]*'${code}'|findings\\([^)]*\\)\\)\\.find\\(\\(f\\) => f\\.code === '${code}'`,
  ).test(body);
/** The call that carries the fix of a finding of this case out, and fails unless it is gone then. */
function appliesIt(code: string, { body }: Block): boolean {
  if (new RegExp(`\\bheal\\(\\s*await [\\w.]+\\(\\s*'${code}'`).test(body)) return true;
  const found = `(?:await [\\w.]+\\(|\\(await [\\w.]+findings\\([^)]*\\)\\)\\.find\\(\\(f\\) => f\\.code === )\\s*'${code}'`;
  const names = [...body.matchAll(new RegExp(`(?:const|let) (\\w+) =\\s+${found}`, 'g'))].map((m) => m[1]);
  return names.some((name) =>
    new RegExp(
      `\\bheal\\(\\s*${name}\\b|for \\(const (\\w+) of \\[[^\\]]*\\b${name}\\b[^\\]]*\\]\\)\\s*(?:\\{\\s*)?await \\w+\\.heal\\(\\1\\b`,
    ).test(body),
  );
}
/** The call that fails unless the case is gone after a cure by hand. */
const seesItGone = (code: string, { body }: Block): boolean =>
  new RegExp(`\\b(?:gone|isGone)\\(\\s*'${code}'`).test(body);
const isApplied = (code: string): boolean => blocks.some((b) => seesIt(code, b) && appliesIt(code, b));

const text = (): string => readFileSync(page, 'utf8');
const impossible = (): string[] =>
  [...(text().split('## Cases that cannot exist here')[1] ?? '').matchAll(/^\| `([a-z-]+)` \| \S/gm)].map((m) => m[1]!);

test('every case is built and seen in a test, and seen gone after its cure in a test of the same file', () => {
  const open = codes.filter(
    (code) =>
      !files.some(
        (f) => f.blocks.some((b) => seesIt(code, b)) && f.blocks.some((b) => appliesIt(code, b) || seesItGone(code, b)),
      ),
  );
  assert.deepEqual(open, []);
});

test('every file of cases keeps account of what it saw and saw gone, and leaves no test out', () => {
  const seeing = files.filter((f) => codes.some((code) => f.blocks.some((b) => seesIt(code, b))));
  assert.ok(seeing.length > 5);
  for (const { file, text } of seeing) {
    assert.ok(/^everyCaseHeals\(\);$/m.test(text), `${file} calls everyCaseHeals()`);
    assert.ok(!/\b(?:test|t|it|describe)\.(?:skip|todo|only)\(|\{ (?:skip|todo|only)\b/.test(text), file);
  }
});

test('who carries the cure out is known of every case', () => {
  assert.deepEqual(
    codes.filter((code) => !isApplied(code) && !(code in byHand)),
    [],
  );
  assert.deepEqual(
    Object.keys(byHand).filter((code) => !(code in casebook)),
    [],
  );
});

test('the catalogue has every case of the reference that is not said to be impossible', () => {
  // The reference lies beside the project where it is made; its headings are kept in the page for everybody else.
  if (!existsSync(reference)) return;
  const sections = readFileSync(reference, 'utf8')
    .split(/^## (?=[A-G]\.)/m)
    .slice(1, 7);
  const wanted = sections.flatMap((s) =>
    [...s.matchAll(/^\| ((?:`[a-z-]+`(?: \([^)]*\))?(?:, )?)+) \|/gm)].flatMap((m) =>
      [...m[1]!.matchAll(/`([a-z-]+)`/g)].map((c) => c[1]!),
    ),
  );
  assert.ok(wanted.length > 80, `${wanted.length} cases were read`);
  const known = new Set<string>([...codes, ...impossible()]);
  assert.deepEqual(
    wanted.filter((code) => !known.has(code)),
    [],
  );
  assert.deepEqual(
    impossible().filter((code) => code in casebook),
    [],
    'what can be found is not impossible',
  );
});

test('the page says of every case where it is built and how it heals', () => {
  const rows = codes.map((code) => {
    const built = [...new Set(blocks.filter((b) => seesIt(code, b)).map((b) => b.file))].sort();
    const person = byHand[code];
    const applied = isApplied(code) && !person?.includes('fix --apply');
    const cure = [...(applied ? ['`fix --apply`'] : []), ...(person === undefined ? [] : [person])].join('; or ');
    return `| ${casebook[code].section} | \`${code}\` | ${built.join(', ')} | ${cure} |`;
  });
  const table = ['| | Case | Built in | Cure |', '|---|---|---|---|', ...rows].join('\n');
  const [before, after] = text().split(/<!-- cases -->[\s\S]*<!-- end of cases -->/);
  assert.ok(before !== undefined && after !== undefined, 'docs/casebook.md has the marks of the table');
  const wanted = `${before}<!-- cases -->\n\n${table}\n\n<!-- end of cases -->${after}`;
  if (process.env.CAUSEWAY_UPDATE_SCHEMAS === '1') writeFileSync(page, wanted);
  assert.equal(text(), wanted);
});
