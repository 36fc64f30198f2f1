/** A group of 3,000 members, read in every way and changed by one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Directory, Importer, startDirectory } from './directory.ts';

const SIZE = 3000;
let directory: Directory;
let group: string;
const contact = (i: number): string => `CN=contact${i},${directory.people}`;

before(async () => {
  directory = await startDirectory();
  const contacts = Array.from({ length: SIZE }, (_, i) => ({ dn: contact(i), attributes: { objectClass: 'contact' } }));
  await directory.samba.addObjects(contacts);
  const members = contacts.map(({ dn }) => dn);
  await directory.samba.addObjects([
    {
      dn: `CN=crowd,${directory.people}`,
      attributes: { objectClass: 'group', sAMAccountName: 'crowd', member: members },
    },
  ]);
  group = `CN=crowd,${directory.people}`;
});
after(() => directory?.[Symbol.asyncDispose]());

const ways = [{ fullImport: 'dirsync' }, { fullImport: 'search' }, { changeTracking: 'usn' }] as const;
for (const [i, way] of ways.entries()) {
  test(`all members, one added and one removed: ${JSON.stringify(way)}`, async () => {
    await using session = await directory.connector(way).open(new AbortController().signal);
    const importer = new Importer(session);
    await importer.full();
    const members = (): readonly string[] => importer.replica.get(importer.anchor(group))?.references.member ?? [];
    assert.equal(members().length, SIZE);
    const [gone, back] = [importer.anchor(contact(2 * i)), importer.anchor(contact(2 * i + 1))];
    await directory.change('delete', group, 'member', contact(2 * i), contact(2 * i + 1));
    await importer.delta();
    assert.equal(members().length, SIZE - 2);
    await directory.change('add', group, 'member', contact(2 * i + 1));
    const items = await importer.delta();
    assert.equal(members().length, SIZE - 1);
    assert.deepEqual([members().includes(gone), members().includes(back)], [false, true]);
    if (!('changeTracking' in way)) {
      // One change costs one reference and not the group.
      assert.ok(items.length === 1 && items[0]?.kind === 'change');
      assert.deepEqual(items[0].references.member, { added: [{ anchor: back, dn: contact(2 * i + 1) }], removed: [] });
    }
    await directory.change('add', group, 'member', contact(2 * i));
  });
}
