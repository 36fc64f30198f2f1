/** Pages in front of a real domain controller: passwords (states, one person, sending again), values mended in the directory. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { waitFor } from '../support/wait.ts';
import { violationsOf } from './axe.ts';
import { type PasswordLab, startPasswordLab, unseen, upnOf } from './password-lab.ts';
import { auditOf, buildConsole, openBrowser, type Visitor } from './stage.ts';

let browser: Browser;
let lab: PasswordLab;
/** The link of the first start is good for one sign-in. */
let ana: Visitor;

before(async () => {
  await buildConsole();
  // One after the other: a lab that does not start leaves a browser that can be closed.
  browser = await openBrowser();
  lab = await startPasswordLab();
  ana = await lab.administrator(browser);
});
after(async () => {
  await browser?.close();
  await lab?.[Symbol.asyncDispose]();
});

test('passwords flow: the page says so, answers about one person, sends again, diagnoses, and axe is content', async () => {
  const { page } = ana;
  await ana.goto('/passwords');
  assert.equal(await ana.verdict(), 'Passwords flow to the cloud.');
  await page.getByText('svc-phs@phs.example.com').waitFor();
  await page
    .getByRole('region', { name: 'DC=phs,DC=example,DC=com' })
    .getByText(/^Not imported, so nothing is sent: \d accounts/)
    .waitFor();
  await page.getByLabel('Who').fill(upnOf('carla'));
  await page.getByRole('button', { name: 'Look', exact: true }).click();
  const carla = page.getByRole('region', { name: /^CN=carla,/ });
  await carla.getByText('Synchronized').first().waitFor();
  const sent = await carla.getByRole('listitem').count();
  assert.ok(sent > 0);
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByText('The password is read and sent again.').waitFor();
  const parts = (await page.evaluate(
    "fetch('/api/v1/status').then((r) => r.json()).then((s) => s.parts.map((p) => p.name + ' ' + p.state))",
  )) as string[];
  assert.ok(parts.includes('passwords running'), parts.join());
  await page.getByRole('button', { name: 'Diagnose' }).click();
  await page.getByText('Every domain controller answers and grants both rights.').waitFor();
  assert.deepEqual(await violationsOf(page), []);
  const [line] = await auditOf(ana, 'resync-password');
  assert.match(line?.subject ?? '', /^CN=carla,/);
  assert.deepEqual(ana.complaints, []);
});

test('a value is mended in the directory from the page: looked at, written, in the audit log, taken back', async () => {
  const { page } = ana;
  await ana.goto('/quality');
  await page.getByRole('button', { name: 'Check everything' }).click();
  await page.getByRole('checkbox', { name: /^Accept for Emil.*: displayName/ }).check();
  await page.getByRole('button', { name: 'Apply 1 value…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change 1 value in the directories' });
  await dialog.getByText('A value that somebody changed meanwhile stays as it is.').waitFor();
  assert.deepEqual(await violationsOf(page), []);
  assert.equal(await lab.valueOf('emil', 'displayName'), Buffer.from(unseen).toString('base64'), 'nothing yet');
  await dialog.getByRole('button', { name: 'Write 1 value' }).click();
  await dialog.getByText(/1 value written\..*delta import of .*: success/).waitFor();
  assert.equal(await lab.valueOf('emil', 'displayName'), 'Emil Ek');
  const [line] = await auditOf(ana, 'change-directory');
  assert.match(line?.subject ?? '', /CN=emil,/);
  await dialog.getByRole('button', { name: 'Take it back' }).click();
  await waitFor('the value of before', async () => (await lab.valueOf('emil', 'displayName')) !== 'Emil Ek');
  assert.deepEqual(await violationsOf(page), []);
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByRole('button', { name: 'Apply 1 value…' }).waitFor({ state: 'detached' });
  assert.deepEqual(ana.complaints, []);
});
