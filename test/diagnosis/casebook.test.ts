/**
 * Every case of the casebook has a test that builds it, or a row with the reason why it cannot exist here; the table in
 * docs/casebook.md says which. `CAUSEWAY_UPDATE_SCHEMAS=1` writes the table anew.
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

/** What no change from here can cure: the finding says what to do, or the cause goes by itself. */
const byHand: Readonly<Partial<Record<CaseCode, string>>> = {
  'quarantined-attribute': 'heals by itself within an hour',
  'group-too-large': 'the change records of the finding, or another way to split it',
  'domain-not-in-scope': 'the connector, as the finding writes it',
  'no-anchor': 'the values, as the finding proposes them; before the first export `fix --apply`',
  'no-account-enabled': 'the grant, with its command',
  'rule-conflict': 'one of the two rules, as the finding writes it',
  'two-active-servers': 'one of the two is stopped where it runs',
  'both-engines-one-object': 'the other engine is stopped where it runs',
  'service-down': 'the service is started',
  'store-corrupt': 'a copy, or a full import',
  'store-full': 'room on the disk',
  'configuration-outdated': 'the other version is started',
  'dns-failure': 'outside of this product',
  'port-blocked': 'outside of this product',
  'connection-refused': 'outside of this product',
  'tls-untrusted': 'the authority is named in the configuration',
  'tls-intercepted': 'outside of this product',
  'proxy-auth-required': 'outside of this product',
  'clock-skew': 'the clock of the machine',
  'ad-bind-failed': 'the account, or its password in the secret that is referred to',
  'ad-signing-required': 'another address in the configuration',
  'ad-permission-missing': 'the grant, with its command: an account cannot give itself rights',
  'cloud-auth-failed': 'a new secret, or consent',
  'cloud-throttled': 'passes by itself',
  'cloud-unavailable': 'passes by itself',
  'no-domain-controller': 'outside of this product',
  'password-sync-disabled': 'the switch here, or in the tenant',
  'password-sync-stalled': 'the service is started',
  'password-sync-permission': 'the grant, with its command',
  'password-sync-dc-failure': 'outside of this product',
  'password-sync-cloud-failure': 'outside of this product',
  'password-not-synced': 'depends on the step where it stopped; the finding names it',
  'staging-drift': 'one of the two configurations',
  'export-error': 'the rule, as the finding writes it',
};

interface Block {
  readonly file: string;
  readonly title: string;
  readonly body: string;
}
/** The tests of the cases, one by one. */
const blocks: readonly Block[] = globSync('{diagnosis/cases/*.test.ts,passwords/diagnosis.test.ts}', {
  cwd: join(root, 'test'),
}).flatMap((path) => {
  const [, ...parts] = readFileSync(join(root, 'test', path), 'utf8').split(/\n {0,2}test\(/);
  return parts.map((body) => ({ file: path, title: body.split('\n', 1)[0] ?? '', body }));
});
const asserts = (code: string, { body }: Block): boolean => new RegExp(`['|(]${code}['|)$]`).test(body);
const isApplied = (code: string): boolean =>
  !(code in byHand) && blocks.some((b) => asserts(code, b) && /\.(heal|apply)\(/.test(b.body));

const text = (): string => readFileSync(page, 'utf8');
const impossible = (): string[] =>
  [...(text().split('## Cases that cannot exist here')[1] ?? '').matchAll(/^\| `([a-z-]+)` \| \S/gm)].map((m) => m[1]!);

test('every case has a test that builds it', () => {
  const missing = codes.filter((code) => !blocks.some((b) => asserts(code, b)));
  assert.deepEqual(missing, []);
});

test('every case is healed by its fix in its test, or it is said why nobody can do that from here', () => {
  const open = codes.filter((code) => !isApplied(code) && !(code in byHand));
  assert.deepEqual(open, []);
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
    const files = [...new Set(blocks.filter((b) => asserts(code, b)).map((b) => basename(b.file, '.test.ts')))];
    const cure = byHand[code] ?? (isApplied(code) ? '`fix --apply`' : '');
    return `| ${casebook[code].section} | \`${code}\` | ${files.join(', ')} | ${cure} |`;
  });
  const table = ['| | Case | Built in | Cure |', '|---|---|---|---|', ...rows].join('\n');
  const [before, after] = text().split(/<!-- cases -->[\s\S]*<!-- end of cases -->/);
  assert.ok(before !== undefined && after !== undefined, 'docs/casebook.md has the marks of the table');
  const wanted = `${before}<!-- cases -->\n\n${table}\n\n<!-- end of cases -->${after}`;
  if (process.env.CAUSEWAY_UPDATE_SCHEMAS === '1') writeFileSync(page, wanted);
  assert.equal(text(), wanted);
});
