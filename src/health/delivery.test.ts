import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Courier, type Message, webhook } from './delivery.ts';

const message: Message = { version: 1, service: 'http://127.0.0.1:8440', sent: '2026-01-01T00:00:00.000Z', events: [] };
const at = Date.parse('2026-01-01T00:00:00Z');

test('a message is signed with its time, and goes to no other address', async () => {
  const calls: { url: string; init: RequestInit }[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    calls.push({ url, init });
    return new Response(null, { status: 204 });
  };
  await webhook({ url: 'https://hook.example/x', secret: 'the key', fetch, now: () => at })(message);
  const { url, init } = calls[0]!;
  assert.equal(url, 'https://hook.example/x');
  assert.equal(init.redirect, 'error');
  const headers = init.headers as Record<string, string>;
  const seconds = at / 1000;
  const expected = createHmac('sha256', 'the key').update(`${seconds}.${init.body}`).digest('hex');
  assert.equal(headers['x-causeway-signature'], `t=${seconds},v1=${expected}`);
  assert.deepEqual(JSON.parse(String(init.body)), message);
});

test('pauses after failures double up to an hour; what works again is tried at once', async () => {
  let now = 0;
  let fails = true;
  let tried = 0;
  const courier = new Courier(
    'hook',
    async () => {
      tried++;
      if (fails) throw new Error('the receiver answered 500.');
    },
    () => now,
  );
  const pauses: number[] = [];
  for (let i = 0; i < 10; i++) {
    assert.equal(await courier.send(message), false);
    pauses.push((courier.failures.next - now) / 1000);
    now = courier.failures.next - 1;
    assert.equal(await courier.send(message), false);
    assert.equal(tried, i + 1, 'too early');
    now++;
  }
  assert.deepEqual(pauses, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
  assert.equal(courier.failures.reason, 'the receiver answered 500.');
  fails = false;
  assert.equal(await courier.send(message), true);
  assert.deepEqual(courier.failures, { attempts: 0, reason: '', next: 0 });
  assert.equal(courier.delivered, now);
});
