import assert from 'node:assert/strict';
import { it } from 'node:test';
import { errorCatalogue, errorCategories, quarantinedCode } from '../../entra/error-catalogue.ts';
import { dnKey } from '../../model/dn.ts';
import { openStore, type Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { errorPage, errorQuery, errorSummary } from './errors.ts';

/** A cloud connector with objects in error, each with its own run of the export. */
function report(store: Store) {
  const { id: connector } = store.records.connector('cloud', 'entra');
  const partition = store.records.partition(connector, 'default').id;
  let made = 0;
  const add = (): number => {
    const dn = `CN={${++made}}`;
    const row = { connector, partition, anchor: `User_${made}`, dn, object_type: 'user', attributes: '{}' };
    return Number(store.cs.insert(row, dnKey(dn)));
  };
  const fail = (cs: number, code: string, value?: string) => {
    const run = store.records.startRun(1, connector, 'export', 1000);
    const detail = JSON.stringify({ message: `${code} ${value ?? ''}`, ...(value === undefined ? {} : { value }) });
    store.records.setError(cs, 'export', code, detail, 1000 * run, run);
  };
  return { add, fail };
}
const byCategory = (store: Store): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const { category = 'none', objects } of errorSummary(store)) sums[category] = (sums[category] ?? 0) + objects;
  return sums;
};

it('every error of the cloud is in one of the seven sections of the report; nothing else is (entra-directory s.3.1)', () => {
  using store = openStore(':memory:');
  store.transaction(() => {
    const { add, fail } = report(store);
    for (const code of [...Object.keys(errorCatalogue), quarantinedCode]) fail(add(), code);
    fail(add(), 'permission-issue');
  });
  const sums = byCategory(store);
  assert.deepEqual(Object.keys(sums).sort(), [...errorCategories, 'none'].sort());
  assert.deepEqual(
    [sums['Duplicate attribute'], sums['Data mismatch'], sums['Existing admin role conflict'], sums.none],
    [2, 4, 1, 1],
  );
  const listed = (category: string) =>
    errorPage(store, {} as LoadedConfiguration, errorQuery.parse({ category, limit: 200 })).items;
  assert.deepEqual(
    Object.fromEntries(errorCategories.map((c) => [c, listed(c).length])),
    Object.fromEntries(errorCategories.map((c) => [c, sums[c]])),
    'each section can be listed by itself',
  );
  assert.ok(listed('Data mismatch').every((e) => e.category === 'Data mismatch'));
});

it('both objects of a pair are listed with the same text, each with its own name; what the next export heals is gone (s.2.3, 3.1)', () => {
  using store = openStore(':memory:');
  const config = {} as LoadedConfiguration;
  const list = () => errorPage(store, config, errorQuery.parse({})).items;
  store.transaction(() => {
    const { add, fail } = report(store);
    const [first, second] = [add(), add()];
    const value = 'smtp:bob@contoso.com';
    for (const cs of [first, second]) fail(cs, quarantinedCode, value);
    const [a, b] = list();
    assert.deepEqual([a?.code, a?.value, a?.message], [b?.code, b?.value, b?.message]);
    assert.deepEqual([a?.dn, b?.dn], ['CN={2}', 'CN={1}']);
    assert.deepEqual(byCategory(store), { 'Duplicate attribute': 2 });
    fail(first, 'LargeObject');
    assert.deepEqual(byCategory(store), { 'Duplicate attribute': 1, 'Large attribute': 1 }, 'of the latest run only');
    store.records.clearError(second, 'export');
    assert.deepEqual(byCategory(store), { 'Large attribute': 1 });
  });
});

it('a record says when, whose, which error, its detail, the object and its name (entra-directory s.3.2)', () => {
  using store = openStore(':memory:');
  store.transaction(() => {
    const { add, fail } = report(store);
    const cs = add();
    fail(cs, 'LargeObject', 'x');
    const [record] = errorPage(store, {} as LoadedConfiguration, errorQuery.parse({})).items;
    const { id, connector, dn, code, message, firstSeen, lastSeen, run, phase } = record!;
    assert.deepEqual(
      { id, connector, dn, code, message, firstSeen, lastSeen, run, phase },
      {
        id: cs,
        connector: 'cloud',
        dn: 'CN={1}',
        code: 'LargeObject',
        message: 'LargeObject x',
        firstSeen: '1970-01-01T00:00:01.000Z',
        lastSeen: '1970-01-01T00:00:01.000Z',
        run: 1,
        phase: 'export',
      },
    );
  });
});
