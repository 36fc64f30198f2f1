import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scrubber } from './log.ts';

test('a secret is taken out in every way it may be written', () => {
  const secret = 'p"a\\ss wörd&1';
  const clean = scrubber([secret]);
  for (const form of [
    secret,
    JSON.stringify({ secret }),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ]) {
    const text = clean(`before ${form} after`);
    assert.ok(text.includes('[secret]'), form);
    assert.match(text, /^before .*after$/);
  }
});

test('what is too short to be a secret stays', () => {
  assert.equal(scrubber(['corp', ''])('corp is a connector'), 'corp is a connector');
});
