import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributeNames, requestedAttributes, requestPrefixes } from './attributes.ts';
import { NdrError } from './ndr.ts';

test('the attributes asked for have the identifiers of the default table, ascending', () => {
  assert.deepEqual(
    requestedAttributes.map((id) => id.toString(16)),
    ['20030', '90008', '9005a', '90060', '90092', '90096', '900dd'],
  );
});

test('identifiers get their meaning from the table of the reply, not from the default', () => {
  const [deleted, general] = requestPrefixes;
  const names = attributeNames([
    { index: 9, bytes: deleted!.bytes },
    { index: 77, bytes: general!.bytes },
  ]);
  assert.equal(names.get(77 * 0x10000 + 90), 'unicodePwd');
  assert.equal(names.get(9 * 0x10000 + 48), 'isDeleted');
  assert.equal(names.get(0x9005a), undefined);
});

test('an index that does not fit an identifier is refused', () => {
  assert.throws(() => attributeNames([{ index: 0x10000, bytes: Buffer.alloc(0) }]), NdrError);
});
