import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guidBytes } from '../../model/guid.ts';
import { sidBytes } from '../../model/sid.ts';
import { hasExtendedRight } from './security-descriptor.ts';

const RIGHT = '1131f6ad-9c07-11d1-f79f-00c04fc2dcd2';
const OTHER = '1131f6aa-9c07-11d1-f79f-00c04fc2dcd2';
const account = 'S-1-5-21-1-2-3-1104';
const group = 'S-1-5-21-1-2-3-512';

interface Ace {
  type: number;
  flags?: number;
  mask?: number;
  right?: string;
  inherited?: string;
  sid?: string;
}
function ace({ type, flags = 0, mask = 0x100, right, inherited, sid = account }: Ace): Buffer {
  const parts: Buffer[] = [Buffer.alloc(8)];
  if (type >= 5) {
    const objectFlags = Buffer.alloc(4);
    objectFlags.writeUInt32LE((right ? 1 : 0) | (inherited ? 2 : 0));
    parts.push(objectFlags);
    for (const guid of [right, inherited]) if (guid) parts.push(guidBytes(guid) as Buffer);
  }
  parts.push(sidBytes(sid) as Buffer);
  const bytes = Buffer.concat(parts);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt8(flags, 1);
  bytes.writeUInt16LE(bytes.length, 2);
  bytes.writeUInt32LE(mask, 4);
  return bytes;
}
function descriptor(...aces: Ace[]): Buffer {
  const list = Buffer.concat(aces.map(ace));
  const head = Buffer.alloc(28);
  head.writeUInt8(1, 0);
  head.writeUInt16LE(0x8004, 2);
  head.writeUInt32LE(20, 16);
  head.writeUInt8(4, 20);
  head.writeUInt16LE(8 + list.length, 22);
  head.writeUInt16LE(aces.length, 24);
  return Buffer.concat([head, list]);
}
const has = (...aces: Ace[]) => hasExtendedRight(descriptor(...aces), new Set([account, group]), RIGHT);

test('rights by entry, the first one that applies decides', () => {
  assert.equal(has(), false);
  assert.equal(has({ type: 5, right: RIGHT }), true);
  assert.equal(has({ type: 5, right: OTHER }), false);
  assert.equal(has({ type: 5 }), true);
  assert.equal(has({ type: 0, sid: group }), true);
  assert.equal(has({ type: 0, mask: 0x1000_0000 }), true);
  assert.equal(has({ type: 0, mask: 0x10 }), false);
  assert.equal(has({ type: 5, right: RIGHT, sid: 'S-1-1-0' }), false);
  assert.equal(has({ type: 5, right: RIGHT, flags: 8 }), false);
  assert.equal(has({ type: 5, right: RIGHT, inherited: OTHER }), true);
  assert.equal(has({ type: 6, right: RIGHT, sid: group }, { type: 5, right: RIGHT }), false);
  assert.equal(has({ type: 1, sid: group }, { type: 5, right: RIGHT }), false);
  assert.equal(has({ type: 5, right: RIGHT }, { type: 1, sid: group }), true);
});

test('no list at all lets everybody, broken bytes say nothing', () => {
  const none = descriptor();
  none.writeUInt32LE(0, 16);
  assert.equal(hasExtendedRight(none, new Set(), RIGHT), true);
  const whole = descriptor({ type: 5, right: RIGHT }, { type: 0 });
  for (let length = 0; length < whole.length; length++) {
    const cut = hasExtendedRight(whole.subarray(0, length), new Set([account]), RIGHT);
    assert.ok(cut === undefined || cut === true || cut === false);
    if (length < 28) assert.equal(cut, undefined);
  }
});
