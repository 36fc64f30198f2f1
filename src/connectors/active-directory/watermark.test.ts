import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkWatermark, decodeWatermark, encodeWatermark, type Present, type Watermark } from './watermark.ts';

const watermark: Watermark = {
  mode: 'dirsync',
  cookie: 'TVNEUw==',
  partition: 'p',
  url: 'ldaps://dc1',
  dnsHostName: 'dc1',
  dsServiceName: 'CN=NTDS Settings,CN=DC1',
  invocationId: 'i',
  time: '2026-01-01T00:00:00.000Z',
  covers: '9007199254740990',
  usn: '9007199254740993',
  selection: 's',
};
const present: Present = {
  dnsHostName: 'dc1',
  dsServiceName: 'cn=ntds settings,cn=dc1',
  invocationId: 'i',
  highestUsn: 9007199254740993n,
  nowMs: Date.parse('2026-01-02T00:00:00Z'),
  selection: 's',
  tombstoneLifetimeDays: 60,
};

test('a watermark is what it was', () => {
  assert.deepEqual(decodeWatermark(encodeWatermark(watermark)), { version: 1, ...watermark });
  const { cookie: _, ...rest } = watermark;
  assert.equal(decodeWatermark(JSON.stringify({ version: 1, ...rest })), undefined);
  assert.equal(decodeWatermark(JSON.stringify({ ...watermark, version: 2 })), undefined);
  assert.equal(decodeWatermark(JSON.stringify({ version: 1, ...watermark, usn: '-1' })), undefined);
  for (const text of [undefined, '', '{', '[]', 'null', '7', '"x"']) assert.equal(decodeWatermark(text), undefined);
});

test('what still serves, and what does not', () => {
  assert.deepEqual(checkWatermark(watermark, present), []);
  const warns = (change: Partial<Present>) => checkWatermark(watermark, { ...present, ...change }).map((w) => w.code);
  assert.deepEqual(warns({ invocationId: 'j', highestUsn: 0n }), ['domain-controller-restored']);
  assert.deepEqual(warns({ invocationId: 'j', dsServiceName: 'CN=DC2' }), ['domain-controller-changed']);
  const refuses = (change: Partial<Present>, reason: RegExp) =>
    assert.throws(() => checkWatermark(watermark, { ...present, ...change }), reason);
  refuses({ highestUsn: 9007199254740992n }, /rolled back/);
  refuses({ selection: 't' }, /changed since/);
  refuses({ nowMs: Date.parse('2026-03-02T00:00:00Z') }, /60 days old/);
  refuses({ nowMs: Number.NaN }, /days old/);
});
