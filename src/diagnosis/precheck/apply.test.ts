import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LdapError } from '../../ldap/errors.ts';
import type { DirectoryChange } from '../fix/action.ts';
import { type ApplyResult, applyChanges, planApply, type WritableDirectory } from './apply.ts';
import { CsvError, type CsvRecord, csvColumns } from './csv.ts';

const record = (values: Partial<CsvRecord>): CsvRecord =>
  ({
    ...Object.fromEntries(csvColumns.map((name) => [name, ''])),
    CONNECTOR: 'corp',
    ATTRIBUTE: 'proxyAddresses',
    DISTINGUISHEDNAME: 'CN=Ana',
    ...values,
  }) as CsvRecord;
const plan = (...records: readonly Partial<CsvRecord>[]) =>
  planApply(
    records.map((values, i) => ({ line: i + 2, record: record(values) })),
    ['corp', 'file'],
  );

/** A directory of one object whose modify is atomic and minds what it expects, as a real one does. */
function directoryOf(values: string[], guid = 'g1') {
  const state = { values, changes: [] as (readonly DirectoryChange[])[] };
  const directory: WritableDirectory = {
    read: async (dn) => (dn === 'CN=Ana' ? { objectGuid: guid, values: [...state.values] } : undefined),
    modify: async (_, changes) => {
      const next = [...state.values];
      for (const { operation, values: list } of changes) {
        for (const value of list as string[]) {
          const at = next.indexOf(value);
          const code = operation === 'delete' ? (at < 0 ? 16 : 0) : at >= 0 ? 20 : 0;
          if (code !== 0)
            throw new LdapError('result', 'refused', {
              result: { code, message: '', matchedDn: '', referrals: [], controls: [] },
            });
          if (operation === 'delete') next.splice(at, 1);
          else next.push(value);
        }
      }
      state.values = next;
      state.changes.push(changes);
    },
  };
  return { state, directory };
}

async function run(
  changes: ReturnType<typeof plan>,
  directory: WritableDirectory,
): Promise<{ results: ApplyResult[]; undo: CsvRecord[] }> {
  const undo: CsvRecord[] = [];
  const results: ApplyResult[] = [];
  const host = {
    directory: async (name: string) => (name === 'corp' ? directory : undefined),
    remember: (line: CsvRecord) => void undo.push(line),
    signal: new AbortController().signal,
  };
  for await (const result of applyChanges(changes, host)) results.push(result);
  return { results, undo };
}
const outcomes = (results: readonly ApplyResult[]) => results.map((r) => r.outcome);

test('EDIT, REMOVE and COMPLETE do what they do in IdFix, each in one request', async () => {
  const { state, directory } = directoryOf(['SMTP:ana@contoso.com', 'smtp:a b@contoso.com', 'smtp:old@contoso.com']);
  const { results } = await run(
    plan(
      { VALUE: 'smtp:a b@contoso.com', UPDATE: 'smtp:ab@contoso.com', ACTION: 'edit' },
      { VALUE: 'smtp:old@contoso.com', ACTION: 'REMOVE' },
      { VALUE: 'SMTP:ana@contoso.com', UPDATE: 'x', ACTION: 'COMPLETE' },
      { VALUE: 'SMTP:ana@contoso.com', UPDATE: 'x', ACTION: '' },
      { VALUE: '', UPDATE: 'smtp:new@contoso.com', ACTION: 'EDIT' },
    ),
    directory,
  );
  assert.deepEqual(outcomes(results), ['applied', 'applied', 'applied']);
  assert.deepEqual(state.values.sort(), ['SMTP:ana@contoso.com', 'smtp:ab@contoso.com', 'smtp:new@contoso.com']);
  assert.deepEqual(
    state.changes[0]?.map((c) => c.operation),
    ['delete', 'add'],
    'never a moment without the value',
  );
});

test('what changed meanwhile is not overwritten', async () => {
  const { state, directory } = directoryOf(['SMTP:someone.else@contoso.com']);
  const changes = plan({ VALUE: 'SMTP:ana@contoso.com', UPDATE: 'SMTP:anna@contoso.com', ACTION: 'EDIT' });
  const { results, undo } = await run(changes, directory);
  assert.deepEqual(outcomes(results), ['changed-meanwhile']);
  assert.match(results[0]?.detail ?? '', /someone\.else/);
  assert.deepEqual([undo, state.changes], [[], []]);
});

test('somebody who is faster than the look before: the directory itself refuses', async () => {
  const { state, directory } = directoryOf(['a']);
  const racing: WritableDirectory = {
    ...directory,
    read: async (dn, attribute) => {
      const seen = await directory.read(dn, attribute);
      state.values = ['b'];
      return seen;
    },
  };
  const { results } = await run(plan({ VALUE: 'a', UPDATE: 'c', ACTION: 'EDIT' }), racing);
  assert.deepEqual([outcomes(results), state.values], [['changed-meanwhile'], ['b']]);
});

test('the same table a second time does nothing; its undo table takes everything back', async () => {
  const start = ['SMTP:ana@contoso.com', 'smtp:old@contoso.com'];
  const { state, directory } = directoryOf([...start]);
  const changes = plan(
    { VALUE: 'SMTP:ana@contoso.com', UPDATE: 'SMTP:anna@contoso.com', ACTION: 'EDIT', OBJECTGUID: 'G1' },
    { VALUE: 'smtp:old@contoso.com', ACTION: 'REMOVE' },
    { UPDATE: 'smtp:new@contoso.com', ACTION: 'EDIT' },
  );
  const { undo } = await run(changes, directory);
  const again = await run(changes, directory);
  assert.deepEqual(outcomes(again.results), ['already-so', 'already-so', 'already-so']);
  const back = await run(plan(...undo), directory);
  assert.deepEqual(outcomes(back.results), ['applied', 'applied', 'applied']);
  assert.deepEqual(state.values.sort(), start.sort());
});

test('another object of the name, no object, a directory that cannot be written', async () => {
  const { directory } = directoryOf(['a'], 'g2');
  const { results } = await run(
    plan(
      { VALUE: 'a', UPDATE: 'b', ACTION: 'EDIT', OBJECTGUID: 'g1' },
      { VALUE: 'a', UPDATE: 'b', ACTION: 'EDIT', DISTINGUISHEDNAME: 'CN=Nobody' },
      { VALUE: 'a', UPDATE: 'b', ACTION: 'EDIT', CONNECTOR: 'file' },
    ),
    directory,
  );
  assert.deepEqual(outcomes(results), ['changed-meanwhile', 'not-found', 'not-writable']);
});

test('a table that cannot be understood changes nothing at all', () => {
  for (const [values, message] of [
    [{ VALUE: 'a', ACTION: 'DELETE' }, /Line 2: "DELETE" is no action/],
    [{ VALUE: 'a', UPDATE: 'b', ACTION: 'EDIT', ATTRIBUTE: 'unicodePwd' }, /"unicodePwd" is no attribute/],
    [{ VALUE: 'a', UPDATE: 'b', ACTION: 'EDIT', ATTRIBUTE: 'servicePrincipalName' }, /no attribute/],
    [{ VALUE: 'a', UPDATE: 'b', ACTION: 'EDIT', CONNECTOR: 'corpo' }, /no directory "corpo"/],
    [{ VALUE: 'a', UPDATE: 'b', ACTION: 'EDIT', DISTINGUISHEDNAME: '' }, /distinguished name/],
    [{ ACTION: 'EDIT' }, /neither/],
  ] as const) {
    assert.throws(
      () => plan(values),
      (e) => e instanceof CsvError && message.test(e.message),
      JSON.stringify(values),
    );
  }
});

test('bytes are written as bytes', () => {
  const [change] = plan({ ATTRIBUTE: 'MS-DS-consistencyguid', VALUE: 'AQID', ACTION: 'REMOVE' });
  assert.deepEqual(change?.changes, [
    { operation: 'delete', attribute: 'mS-DS-ConsistencyGuid', values: [{ base64: 'AQID' }] },
  ]);
});
