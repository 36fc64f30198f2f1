import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeChange } from './dirsync-decoder.ts';
import { base, entryOf, extended, guid, guidValue, selectionOf, type Values } from './test-helpers.ts';

const selection = selectionOf();
const decode = (values: Values, cn = 'ana', n = 7) => decodeChange(entryOf(extended(n, cn), values), selection);
const target = (n: number, cn: string) => ({ anchor: guid(n), dn: `CN=${cn},${base}` });
const user = ['top', 'person', 'organizationalPerson', 'user'];

describe('changes of attributes', () => {
  test('new values, a cleared attribute, and nothing about the rest', () => {
    assert.deepEqual(
      decode({ mail: ['a@b.c'], userAccountControl: [], objectGUID: [guidValue(7)], instanceType: ['4'] }),
      {
        kind: 'item',
        item: {
          kind: 'change',
          anchor: guid(7),
          dn: `CN=ana,${base}`,
          attributes: { mail: 'a@b.c', userAccountControl: null },
          references: {},
        },
      },
    );
  });

  test('a multi-valued attribute comes with all its values, sorted', () => {
    const decoded = decode({ proxyAddresses: ['smtp:b', 'SMTP:a', 'smtp:b'] });
    assert.ok(decoded.kind === 'item' && decoded.item.kind === 'change');
    assert.deepEqual(decoded.item.attributes, { proxyAddresses: ['SMTP:a', 'smtp:b'] });
  });

  test('a rename is told by the name: the naming attribute follows', () => {
    const decoded = decode({ name: ['Ana, Lu'] }, 'Ana\\, Lu');
    assert.ok(decoded.kind === 'item' && decoded.item.kind === 'change');
    assert.deepEqual(decoded.item.attributes, { cn: 'Ana, Lu' });
    const unit = decodeChange(entryOf(`<GUID=${guid(8)}>;OU=New,${base}`, { name: ['New'] }), selection);
    assert.ok(unit.kind === 'item' && unit.item.kind === 'change');
    assert.deepEqual(unit.item.attributes, { ou: ['New'] });
  });

  test('a value that violates the schema is an error of this object', () => {
    const decoded = decode({ userAccountControl: ['many'] });
    assert.ok(decoded.kind === 'item' && decoded.item.kind === 'error');
    assert.deepEqual(
      [decoded.item.code, decoded.item.attribute, decoded.item.anchor],
      ['cs-attribute-type-mismatch', 'userAccountControl', guid(7)],
    );
  });
});

describe('changes of links', () => {
  const references = (values: Values) => {
    const decoded = decode(values);
    assert.ok(decoded.kind === 'item' && decoded.item.kind === 'change', JSON.stringify(decoded));
    return decoded.item.references;
  };
  const ina = extended(1, 'ina');
  const ove = extended(2, 'ove');

  test('added, removed, and both', () => {
    assert.deepEqual(references({ 'member;range=1-1': [ina] }), { member: { added: [target(1, 'ina')], removed: [] } });
    assert.deepEqual(references({ 'member;range=0-0': [ove] }), { member: { added: [], removed: [target(2, 'ove')] } });
    assert.deepEqual(references({ 'member;range=1-1': [ina], 'member;range=0-0': [ove] }), {
      member: { added: [target(1, 'ina')], removed: [target(2, 'ove')] },
    });
  });

  test('an empty base attribute beside a list says nothing', () => {
    assert.deepEqual(references({ member: [], 'member;range=1-1': [ina] }), {
      member: { added: [target(1, 'ina')], removed: [] },
    });
  });

  test('without an option all values are there, none if there are none', () => {
    assert.deepEqual(references({ seeAlso: [ina, ove] }), { seeAlso: { all: [target(1, 'ina'), target(2, 'ove')] } });
    assert.deepEqual(references({ member: [] }), { member: { all: [] } });
  });

  test('a piece of a large attribute has to be read', () => {
    assert.deepEqual(decode({ 'member;range=0-1499': [ina] }), { kind: 'read', anchor: guid(7) });
  });
});

describe('what became of an object', () => {
  test('deleted: by its flag or by where it lies, whatever else is said of it', () => {
    const expected = { kind: 'item', item: { kind: 'delete', anchor: guid(7) } };
    assert.deepEqual(decode({ isDeleted: ['TRUE'], mail: [] }), expected);
    const dn = `<GUID=${guid(7)}>;CN=ana\\0ADEL:${guid(7)},CN=Deleted Objects,${base}`;
    assert.deepEqual(decodeChange(entryOf(dn, { mail: [] }), selection), expected);
    assert.deepEqual(
      decode({ isDeleted: ['TRUE'], isRecycled: ['TRUE'], objectClass: user, whenCreated: ['x'] }),
      expected,
    );
  });

  test('a conflicting object is not a deleted one', () => {
    const decoded = decode({ mail: ['x'] }, `ana\\0ACNF:${guid(3)}`);
    assert.ok(decoded.kind === 'item' && decoded.item.kind === 'change');
  });

  test('restored', () => {
    assert.deepEqual(decode({ isDeleted: [], isRecycled: [], name: ['ana'] }), { kind: 'restored', anchor: guid(7) });
    assert.deepEqual(decode({ isDeleted: [], whenCreated: ['x'], objectClass: user }), {
      kind: 'restored',
      anchor: guid(7),
    });
  });

  test('created: whole, with its links', () => {
    const values = {
      ...{
        whenCreated: ['20261121112305.0Z'],
        objectClass: user,
        name: ['ana'],
        userAccountControl: ['512'],
        mail: [],
      },
      ...{ 'manager;range=1-1': [extended(2, 'ove')], 'member;range=0-0': [extended(1, 'ina')] },
    };
    assert.deepEqual(decode(values), {
      kind: 'item',
      item: {
        kind: 'object',
        anchor: guid(7),
        dn: `CN=ana,${base}`,
        objectType: 'user',
        attributes: { cn: 'ana', userAccountControl: 512 },
        references: { manager: [target(2, 'ove')] },
      },
    });
  });

  test('created of a type nobody wants', () => {
    const only = selectionOf(['mail'], ['user']);
    const entry = entryOf(extended(7, 'pc'), { whenCreated: ['x'], objectClass: [...user, 'computer'] });
    assert.deepEqual(decodeChange(entry, only), { kind: 'nothing' });
  });

  test('its classes changed', () => {
    const decoded = decode({ objectClass: [...user, 'inetOrgPerson'] });
    assert.ok(decoded.kind === 'item' && decoded.item.kind === 'change');
    assert.equal(decoded.item.objectType, 'inetOrgPerson');
  });

  test('without extended names the objectGUID is the anchor; without both it is an error', () => {
    const entry = entryOf(`CN=ana,${base}`, { objectGUID: [guidValue(7)], mail: ['x'] });
    const decoded = decodeChange(entry, selection);
    assert.ok(decoded.kind === 'item' && decoded.item.anchor === guid(7));
    const error = decodeChange(entryOf(`CN=ana,${base}`, { mail: ['x'] }), selection);
    assert.ok(error.kind === 'item' && error.item.kind === 'error');
    assert.equal(error.item.code, 'missing-anchor');
  });
});

test('whatever a server sends, the decoder returns something', () => {
  const names = [
    'mail',
    'member',
    'objectClass',
    'isDeleted',
    'whenCreated',
    'name',
    'objectGUID',
    'userAccountControl',
  ];
  const key = fc.tuple(
    fc.constantFrom(...names),
    fc.constantFrom('', ';range=1-1', ';range=0-0', ';range=0-1499', ';range=5-*', ';binary'),
  );
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('TRUE', 'user', '512', `<GUID=${guid(1)}>;CN=x`, '<GUID=', '<<<;>'),
  );
  const values = fc.dictionary(
    key.map((k) => k.join('')),
    fc.array(value, { maxLength: 3 }),
    { maxKeys: 6 },
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constant(extended(7, 'ana'))), values, (dn, v) => {
      const decoded = decodeChange(entryOf(dn, v), selection);
      assert.ok(['item', 'read', 'restored', 'nothing'].includes(decoded.kind));
    }),
  );
});
