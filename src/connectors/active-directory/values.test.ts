import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExtendedName, readerOf, readReference, ValueError } from './values.ts';

const read = (syntax: string, text: string | Buffer) => readerOf(syntax)?.read(Buffer.from(text as string));

test('values by syntax', () => {
  assert.equal(read('2.5.5.12', 'Zoë'), 'Zoë');
  assert.equal(read('2.5.5.9', '-2147483646'), -2147483646);
  assert.equal(read('2.5.5.16', '0'), 0);
  assert.equal(read('2.5.5.16', '9007199254740991'), 9007199254740991);
  assert.deepEqual(read('2.5.5.16', '9223372036854775807'), { int: '9223372036854775807' });
  assert.deepEqual(read('2.5.5.16', '-36288000000000'), -36288000000000);
  assert.deepEqual([read('2.5.5.8', 'TRUE'), read('2.5.5.8', 'FALSE')], [true, false]);
  assert.deepEqual(read('2.5.5.10', Buffer.from([0xff, 0, 1])), { base64: '/wAB' });
  assert.equal(read('2.5.5.11', '20261121070208.0Z'), '20261121070208.0Z');
  const inner = 'B:4:00FF:CN=x,DC=y';
  assert.equal(read('2.5.5.7', `B:4:00FF:<GUID=00000000-0000-0000-0000-000000000001>;CN=x,DC=y`), inner);
  assert.equal(readerOf('1.2.3'), undefined);
});

test('values that are none', () => {
  for (const text of ['', ' ', '1.5', 'x', '0x10', '99999999999999999999', '1234567890123456x']) {
    assert.throws(() => read('2.5.5.9', text), ValueError, text);
  }
  assert.throws(() => read('2.5.5.8', 'yes'), ValueError);
});

test('extended names', () => {
  const guid = '0DAF2A16-4262-42bd-9654-bb3243a8bcd1';
  const plain = { guid: guid.toLowerCase(), dn: 'CN=a;b<c>,DC=x' };
  assert.deepEqual(parseExtendedName(`<GUID=${guid}>;<SID=S-1-5-21-1>;CN=a;b<c>,DC=x`), plain);
  assert.deepEqual(parseExtendedName(`<GUID=${guid}>;CN=a;b<c>,DC=x`), plain);
  assert.deepEqual(parseExtendedName('CN=<GUID=1>;x'), { dn: 'CN=<GUID=1>;x' });
  assert.deepEqual(parseExtendedName('<GUID=12>;CN=x'), { dn: 'CN=x' });
  assert.deepEqual(parseExtendedName('<GUID='), { dn: '<GUID=' });
  assert.deepEqual(parseExtendedName(''), { dn: '' });
  assert.deepEqual(readReference(Buffer.from('CN=x,DC=y')), { dn: 'CN=x,DC=y' });
});
