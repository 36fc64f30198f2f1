import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttemptLimiter } from './limiter.ts';
import { linkMs, SignInLinks } from './links.ts';
import { mayAct, roles } from './roles.ts';
import { Sealer, Sessions, sessionMs } from './session.ts';

test('an administrator may do everything, everybody may look, the others what they are called', () => {
  for (const needed of roles) {
    assert.equal(mayAct(['admin'], needed), true);
    assert.equal(mayAct([], needed), false);
    assert.equal(mayAct(['viewer'], needed), needed === 'viewer');
    assert.equal(mayAct(['operator', 'approver'], needed), ['viewer', 'operator', 'approver'].includes(needed));
  }
});

test('attempts are counted by address, and forgotten after a while', () => {
  let now = 0;
  const limiter = new AttemptLimiter(() => now, 3, 1000);
  for (let i = 0; i < 3; i++) {
    limiter.check('a');
    limiter.failed('a');
  }
  assert.throws(() => limiter.check('a'), /Try again in 1 s/);
  limiter.check('b');
  now = 1001;
  limiter.check('a');
  for (let i = 0; i < 3; i++) limiter.failed('a');
  limiter.succeeded('a');
  limiter.check('a');
});

test('a link is good once and for an hour', () => {
  let now = 0;
  const links = new SignInLinks(() => now);
  const code = links.make('ana');
  assert.equal(links.use('something else'), undefined);
  assert.equal(links.use(code), 'ana');
  assert.equal(links.use(code), undefined);
  const late = links.make('ana');
  now = linkMs + 1;
  assert.equal(links.use(late), undefined);
});

test('a session lasts twelve hours, not longer, and not under another key or for another purpose', async () => {
  let now = Date.UTC(2026, 0, 1);
  const key = new Uint8Array(32).fill(7);
  const sealer = new Sealer(key, () => now);
  const sessions = new Sessions(sealer, () => now);
  const { session, cookie } = await sessions.begin('ana', ['operator'], 'link');
  assert.deepEqual(await sessions.find(cookie), session);
  const other = new Sealer(new Uint8Array(32).fill(8), () => now);
  assert.equal(await new Sessions(other, () => now).find(cookie), undefined);
  assert.equal(await sealer.open('sign-in', cookie), undefined);
  now += sessionMs + 1000;
  assert.equal(await sessions.find(cookie), undefined);
});

test('a session that was ended is over', async () => {
  const sessions = new Sessions(new Sealer(new Uint8Array(32), Date.now), Date.now);
  const { session, cookie } = await sessions.begin('ana', ['admin'], 'link');
  sessions.end(session);
  assert.equal(await sessions.find(cookie), undefined);
});
