import assert from 'node:assert/strict';
import { it } from 'node:test';
import { tenantLimits } from '../../entra/limits.ts';
import { dnKey } from '../../model/dn.ts';
import { type AttributeValue, canonicalText } from '../../model/value.ts';
import { openStore } from '../../store/store.ts';
import type { Row } from './model.ts';
import { precheck } from './precheck.ts';
import { storeSource } from './store-source.ts';
import { options } from './test-world.ts';

const security = -2147483646;
const distribution = 2;
const limit = tenantLimits.sharePointMemberships;

/** What precheck says of memberships in a directory where ana is in a chain of so many groups, and bo in the last. */
function rowsOf(chain: number, typeOf: (number: number) => number): Row[] {
  using store = openStore(':memory:');
  const { id: connector } = store.records.connector('corp', 'active-directory');
  const partition = store.records.partition(connector, 'DC=corp').id;
  const insert = (cn: string, object_type: string, attributes: Record<string, AttributeValue>) => {
    const dn = `CN=${cn},DC=corp`;
    const row = { connector, partition, anchor: cn, dn, object_type, attributes: canonicalText({ cn, ...attributes }) };
    return Number(store.cs.insert(row, dnKey(dn)));
  };
  return store.transaction(() => {
    const member = store.attributes.id('member');
    const [ana, bo] = ['ana', 'bo'].map((name) => insert(name, 'user', { displayName: name, sAMAccountName: name }));
    const groups = Array.from({ length: chain }, (_, i) => insert(`g${i}`, 'group', { groupType: typeOf(i) }));
    const add = (group: number, target: number) => store.references.add({ cs: group, attribute: member, target });
    add(groups[0]!, ana!);
    add(groups.at(-1)!, bo!);
    for (let i = 1; i < chain; i++) add(groups[i]!, groups[i - 1]!);
    const rows: Row[] = [];
    precheck(storeSource(store), options({ offline: true }), (row) => rows.push(row));
    return rows.filter((row) => row.code === 'too-many-memberships');
  });
}

it('warns of a user in more security groups than SharePoint looks at, direct and nested (entra-directory s.4.3)', () => {
  const [row, ...others] = rowsOf(limit + 1, () => security);
  assert.equal(others.length, 0, 'bo is in one group');
  assert.deepEqual([row?.object.dn, row?.value, row?.errorCode], ['CN=ana,DC=corp', `${limit + 1} groups`, undefined]);
});
it('says nothing at the limit, nor of distribution lists', () => {
  assert.equal(rowsOf(limit, () => security).length, 0);
  assert.equal(rowsOf(limit + 2, (i) => (i < 2 ? distribution : security)).length, 0);
});
