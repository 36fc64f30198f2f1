/** Signing in through the local tenant's own form, in a browser: authorize endpoint, password, code with PKCE, session. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { password, person, signInThroughTenant } from '../service/tenant-sign-in.ts';
import { createWorld, type RunningService, startWorld, type World } from '../service/world.ts';
import { buildConsole, openBrowser, visitor } from './stage.ts';

let browser: Browser;
let world: World;
let running: RunningService;

before(async () => {
  await buildConsole();
  world = await createWorld({ users: 2 });
  signInThroughTenant(
    world,
    { users: [person('Vera')], app: { appRoles: [{ value: 'Causeway.Viewers', members: ['vera@contoso.com'] }] } },
    { 'Causeway.Viewers': 'viewer' },
  );
  [browser, running] = await Promise.all([openBrowser(), startWorld(world)]);
});
after(async () => {
  await browser?.close();
  await running?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

test("a viewer signs in with her password on the tenant's form, and is refused a change", async () => {
  const { page, context, complaints } = await visitor(browser, running.service.url);
  await page.goto('/');
  await page.getByRole('link', { name: 'Sign in with your organization' }).click();
  const form = page.locator('form', { has: page.locator('input[name="password"]') });
  await form.waitFor();
  const asked = new URL(page.url());
  assert.notEqual(asked.origin, new URL(running.service.url).origin, 'the form is the tenant’s, not the service’s');
  assert.match(asked.pathname, /\/oauth2\/v2\.0\/authorize$/);
  assert.equal(asked.searchParams.get('code_challenge_method'), 'S256');

  const give = async (text: string) => {
    await form.locator('input[name="username"]').fill('vera@contoso.com');
    await form.locator('input[name="password"]').fill(text);
    await form.getByRole('button').click();
  };
  await give('wrong');
  await page.getByText(/AADSTS50126|incorrect/).waitFor();
  assert.equal(new URL(page.url()).origin, asked.origin);
  complaints.length = 0;
  await give(password);
  await page.getByRole('navigation', { name: 'Sections' }).waitFor();
  assert.equal(new URL(page.url()).origin, new URL(running.service.url).origin);

  const run = page.getByRole('button', { name: /Run delta now/ });
  await run.waitFor();
  assert.equal(await run.getAttribute('aria-disabled'), 'true');
  assert.match((await run.getAttribute('title')) ?? '', /Operator/);
  // The tenant's form has no icon; everything else that a browser dislikes counts.
  assert.deepEqual(
    complaints.filter((c) => !c.includes('/favicon.ico')),
    [],
  );
  const answer = await page.evaluate(async () => {
    const session = (await (await fetch('/api/v1/session')).json()) as { csrf: string; name: string; roles: string[] };
    const response = await fetch('/api/v1/cycles', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': session.csrf },
      body: '{}',
    });
    return { name: session.name, roles: session.roles, status: response.status, text: await response.text() };
  });
  assert.deepEqual([answer.name, answer.roles], ['vera@contoso.com', ['viewer']]);
  assert.equal(answer.status, 403);
  assert.match(answer.text, /operator/);
  assert.equal(running.service.store.records.runs(Number.MAX_SAFE_INTEGER, 1).length, 0, 'no run began');
  await context.close();
});
