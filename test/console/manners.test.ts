/** Who may what, hostile text, the keyboard, a lost connection, narrow windows. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { parseCsv } from '../../src/diagnosis/precheck/csv.ts';
import { loadConfiguration } from '../../src/service/configuration/configuration.ts';
import { startService } from '../../src/service/service.ts';
import { type OpenIdProvider, startProvider } from '../service/openid-provider.ts';
import { freePort } from '../support/loopback.ts';
import { waitFor } from '../support/wait.ts';
import { leaveAnEarlierAlert } from './sample-state.ts';
import {
  administrator,
  buildConsole,
  changeCloud,
  cloud,
  contoso,
  type Organization,
  openBrowser,
  visitor,
} from './stage.ts';

const providerSecret = 'the-secret-between-service-and-provider';
const hostile = '<img src=x onerror=alert(1)> & "Ana"';
let browser: Browser;
let org: Organization;
let provider: OpenIdProvider;

before(async () => {
  await buildConsole();
  provider = await startProvider('console', providerSecret);
  const port = await freePort();
  browser = await openBrowser();
  org = await contoso((settings) => {
    Object.assign(settings, {
      service: {
        listen: `127.0.0.1:${port}`,
        signIn: {
          issuer: provider.issuer,
          clientId: 'console',
          clientSecret: { env: 'CAUSEWAY_TEST_PROVIDER_SECRET' },
          roles: { 'vera@contoso.com': 'viewer' },
        },
      },
    });
    process.env.CAUSEWAY_TEST_PROVIDER_SECRET = providerSecret;
  });
});
after(async () => {
  await browser?.close();
  await org?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

test('a viewer signs in with the organization, sees everything, and is refused changes with the role it takes', async () => {
  provider.next = { sub: 'vera', preferred_username: 'vera@contoso.com', email: 'vera@contoso.com' };
  const vera = await visitor(browser, org.service.url);
  await vera.page.goto('/');
  await vera.page.getByRole('link', { name: 'Sign in with your organization' }).click();
  await vera.page.getByRole('navigation', { name: 'Sections' }).waitFor();
  const run = vera.page.getByRole('button', { name: /Run delta now/ });
  await run.waitFor();
  assert.equal(await run.getAttribute('aria-disabled'), 'true');
  assert.match((await run.getAttribute('title')) ?? '', /Operator/);
  const before = org.service.store.records.runs(Number.MAX_SAFE_INTEGER, 1)[0]?.id;
  await run.click({ force: true });
  assert.equal(org.service.store.records.runs(Number.MAX_SAFE_INTEGER, 1)[0]?.id, before);
  const answer = await vera.page.evaluate(async () => {
    const session = (await (await fetch('/api/v1/session')).json()) as { csrf: string };
    const response = await fetch('/api/v1/cycles', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': session.csrf },
      body: '{}',
    });
    return { status: response.status, text: await response.text() };
  });
  assert.equal(answer.status, 403);
  assert.match(answer.text, /operator/);
  await vera.goto('/settings');
  await vera.page.getByText('Cycles run by themselves').click({ force: true });
  assert.equal(await vera.page.getByRole('checkbox', { name: 'Cycles run by themselves' }).isDisabled(), true);
  await vera.context.close();
});

test('text from the directory never becomes markup', async () => {
  const file = org.path('corp.ldif');
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(/^displayName: Ana Sousa$/m, `displayName: ${hostile}`);
  assert.notEqual(changed, text);
  writeFileSync(file, changed);
  await org.service.cycle('delta');
  const ana = await administrator(browser, org.service);
  await ana.goto('/objects?q=ana.sousa@contoso.com');
  await ana.page.getByText(hostile).first().waitFor();
  await ana.page.getByText(hostile).first().click();
  await ana.page.waitForURL(/\/objects\/mv/);
  for (const tab of ['attributes', 'history', 'lineage', 'preview'])
    await ana.goto(`${new URL(ana.page.url()).pathname}?tab=${tab}`);
  await ana.goto('/tenant');
  await ana.page.getByText(hostile).first().waitFor();
  assert.equal(await ana.page.locator('img').count(), 0);
  assert.deepEqual(ana.complaints, []);
  await ana.context.close();
});

test('everything can be reached with the keyboard: search, results, grid, tabs', async () => {
  const ana = await administrator(browser, org.service);
  await ana.goto('/runs');
  await ana.page.keyboard.press('Control+k');
  assert.equal(await ana.page.evaluate("document.activeElement.getAttribute('role')"), 'combobox');
  await ana.page.keyboard.type('bettina');
  await ana.page
    .getByRole('option', { name: /Bettina/ })
    .first()
    .waitFor();
  await ana.page.keyboard.press('Escape');
  await ana.page.keyboard.press('Escape');
  await ana.page.goto('/runs');
  const rows = ana.page.getByRole('grid', { name: 'Runs' }).getByRole('row');
  await rows.nth(1).focus();
  await ana.page.keyboard.press('ArrowDown');
  await ana.page.keyboard.press('End');
  await ana.page.keyboard.press('Home');
  await ana.page.keyboard.press('ArrowDown');
  assert.equal(await ana.page.evaluate("document.activeElement.getAttribute('data-index')"), '1');
  await ana.page.keyboard.press('Enter');
  await ana.page.waitForURL(/\/runs\/\d+/);
  await ana.goto('/issues');
  await ana.page.getByRole('tab', { name: 'Causes' }).focus();
  await ana.page.keyboard.press('ArrowRight');
  await ana.page.waitForURL(/tab=objects/);
  await ana.context.close();
});

test('what others do is seen without a reload: runs, the audit log, a new draft', async () => {
  const [ana, ben] = [await administrator(browser, org.service), await administrator(browser, org.service)];
  await ana.goto('/runs');
  const grid = ana.page.getByRole('grid', { name: 'Runs' });
  const before = Number(await grid.getAttribute('aria-rowcount'));
  await org.service.cycle('delta');
  await waitFor('the new runs on the page', async () => {
    return Number(await grid.getAttribute('aria-rowcount')) > before;
  });
  await ana.goto('/rules');
  await ben.send('PUT', '/drafts/of-ben', { text: 'rules: []\n' });
  await ana.page.getByRole('link', { name: 'of-ben' }).waitFor();
  await ben.send('DELETE', '/drafts/of-ben', undefined);
  await ana.page.getByRole('link', { name: 'of-ben' }).waitFor({ state: 'detached' });
  await Promise.all([ana.context.close(), ben.context.close()]);
});

test('addresses that were sent to somebody lead to the same page: object and tab, step of a run, version of a rule', async () => {
  const ana = await administrator(browser, org.service);
  const [run] = org.service.store.records.runs(Number.MAX_SAFE_INTEGER, 1);
  const rules = await ana.api<{ id: string; name: string }[]>('/rules');
  await ana.goto('/objects/mv:1?tab=history');
  await ana.page.getByRole('tab', { name: 'History', selected: true }).waitFor();
  await ana.goto('/objects/ana.sousa@contoso.com/?tab=lineage');
  await ana.page.getByRole('tab', { name: 'Lineage', selected: true }).waitFor();
  await ana.goto(`/runs/${run?.id}/steps/1`);
  await ana.page.getByText('Its cycle').waitFor();
  await ana.goto(`/rules/${encodeURIComponent(`${rules[0]?.id}@1`)}/`);
  await ana.page.getByRole('heading', { name: rules[0]?.name ?? '', exact: true }).waitFor();
  assert.deepEqual(ana.complaints, []);
  await ana.context.close();
});

test('what was wrong and is over is listed, with who cared for it', async () => {
  const ana = await administrator(browser, org.service);
  await leaveAnEarlierAlert(ana);
  await ana.goto('/');
  await ana.page.getByRole('link', { name: 'Earlier alerts' }).click();
  await ana.page.waitForURL(/\/alerts$/);
  const { name } = await ana.api<{ name: string }>('/session');
  const row = ana.page.getByRole('grid', { name: 'Earlier alerts' }).getByRole('row', { name: /staging/i });
  await row.getByText(name).waitFor();
  await row.click();
  await ana.page.getByText(/: the move to the new server$/).waitFor();
  assert.deepEqual(ana.complaints, []);
  await ana.context.close();
});

test('the tenant is asked from the Why tab: what its administrators did is told in place', async () => {
  const users = await cloud<{ id: string; userPrincipalName: string }>(
    org,
    '/users?$filter=onPremisesSyncEnabled eq true',
  );
  const gone = users.at(-1);
  assert.ok(gone);
  await changeCloud(org, 'DELETE', `/users/${gone.id}`);
  const ana = await administrator(browser, org.service);
  await ana.goto(`/objects/${gone.userPrincipalName}/`);
  const before = await ana.verdict();
  assert.equal(await ana.page.getByText(/recycle bin/).count(), 0, 'what is stored does not know');
  await ana.page.getByRole('button', { name: 'Ask the tenant now' }).click();
  await ana.page
    .getByText(/recycle bin/)
    .first()
    .waitFor();
  await ana.page.getByText(/The tenant was asked/).waitFor();
  assert.notEqual(await ana.verdict(), before);
  assert.deepEqual(ana.complaints, []);
  await ana.context.close();
});

test('the grid of data quality: accepted, saved as a table, opened again', async () => {
  const ana = await administrator(browser, org.service);
  await ana.goto('/quality');
  await ana.page.getByRole('button', { name: 'Check everything' }).click();
  const box = ana.page.getByRole('checkbox', { name: /Accept for Siân Okonkwo: userPrincipalName/ });
  await box.check();
  const [download] = await Promise.all([
    ana.page.waitForEvent('download'),
    ana.page.getByRole('button', { name: 'Save CSV' }).click(),
  ]);
  const text = readFileSync(await download.path(), 'utf8');
  const records = parseCsv(text);
  const accepted = records.filter((r) => r.record.ACTION !== '');
  assert.deepEqual(
    accepted.map((r) => [r.record.ACTION, r.record.VALUE, r.record.UPDATE]),
    [['EDIT', 'sian okonkwo@contoso.com', 'sian.okonkwo@contoso.com']],
  );
  await ana.goto('/quality');
  assert.equal(await box.isChecked(), false);
  await ana.page
    .getByLabel('A table with decisions')
    .setInputFiles({ name: 'back.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await ana.page.getByText('1 value accepted').waitFor();
  assert.equal(await box.isChecked(), true);
  assert.deepEqual(ana.complaints, []);
  await ana.context.close();
});

test('below 700 px tables are cards and nothing is cut off sideways', async () => {
  const ana = await administrator(browser, org.service, { width: 390 });
  for (const path of [
    '/',
    '/runs',
    '/objects',
    '/objects/mv:1',
    '/objects/mv:1?tab=attributes',
    '/issues',
    '/issues?tab=objects',
    '/plan',
    '/rules',
    '/settings',
  ]) {
    await ana.goto(path);
    const main = "document.querySelector('.main')";
    const wide = (await ana.page.evaluate(`${main}.scrollWidth - ${main}.clientWidth`)) as number;
    assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
  }
  await ana.context.close();
});

test('a lost connection is told and recovers by itself', async () => {
  const ana = await administrator(browser, org.service);
  await ana.goto('/');
  await org.stop();
  await ana.page.getByRole('alert').getByText('The connection to the service is lost').waitFor();
  const again = await startService(loadConfiguration(org.configFile), { progress: () => {}, log: () => {} });
  try {
    await ana.page.getByRole('alert').waitFor({ state: 'detached', timeout: 30_000 });
    await ana.page.getByRole('link', { name: 'Runs' }).click();
    await ana.page.getByRole('grid', { name: 'Runs' }).waitFor();
  } finally {
    await ana.context.close();
    await again[Symbol.asyncDispose]();
  }
});
