/** The Passwords page in front of a real domain controller: states, one person, sending again, diagnosis, axe. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { violationsOf } from './axe.ts';
import { type PasswordLab, startPasswordLab, upnOf } from './password-lab.ts';
import { auditOf, buildConsole, openBrowser } from './stage.ts';

let browser: Browser;
let lab: PasswordLab;

before(async () => {
  await buildConsole();
  [browser, lab] = await Promise.all([openBrowser(), startPasswordLab()]);
});
after(async () => {
  await browser?.close();
  await lab?.[Symbol.asyncDispose]();
});

test('passwords flow: the page says so, answers about one person, sends again, diagnoses, and axe is content', async () => {
  const ana = await lab.administrator(browser);
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
  await page.getByRole('button', { name: 'Diagnose' }).click();
  await page.getByText('Every domain controller answers and grants both rights.').waitFor();
  assert.deepEqual(await violationsOf(page), []);
  const [line] = await auditOf(ana, 'resync-password');
  assert.match(line?.subject ?? '', /^CN=carla,/);
  assert.deepEqual(ana.complaints, []);
  await ana.context.close();
});
