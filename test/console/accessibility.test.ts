/** axe finds no violation on any page, in both themes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { violationsOf } from './axe.ts';
import { prepare } from './sample-state.ts';
import { administrator, buildConsole, contoso, type Organization, openBrowser, visitor } from './stage.ts';

let browser: Browser;
let org: Organization;
let paths: readonly string[];

before(async () => {
  await buildConsole();
  [browser, org] = await Promise.all([openBrowser(), contoso()]);
  const found = await prepare(browser, org);
  paths = [
    '/',
    '/alerts',
    '/runs',
    `/runs/${found.run}?counter=disconnector-projected-flow`,
    '/objects',
    '/objects?space=cs',
    '/objects/mv:1',
    '/objects/mv:1?tab=attributes&attribute=displayName',
    '/objects/mv:1?tab=lineage',
    '/objects/mv:1?tab=history',
    '/objects/mv:1?tab=preview&station=metaverse',
    '/objects/events@contoso.com/',
    '/objects/nobody@nowhere.example/',
    '/issues',
    '/issues?category=Data+mismatch',
    `/issues/${found.finding}`,
    '/quality',
    '/rules',
    `/rules/${encodeURIComponent(found.rule)}/`,
    '/rules/drafts/capitals',
    '/plan',
    '/configuration',
    '/passwords',
    '/tenant',
    '/tenant?tab=domains',
    '/tenant?tab=switches',
    '/audit',
    '/settings',
    '/nowhere',
    '/runs?profile=export&troubled=true',
    `/runs/${found.run}/steps/1`,
    '/configuration?from=1',
    '/tenant?tab=groups',
    '/tenant?tab=bin',
    '/objects/mv:1?station=cloud',
  ];
});
after(async () => {
  await browser?.close();
  await org?.[Symbol.asyncDispose]();
});

/** What covers a page: dialogs, menus, lists; each is opened, looked at and left. */
const covers: readonly { readonly path: string; readonly open: (page: Page) => Promise<void> }[] = [
  { path: '/rules', open: (page) => page.getByRole('button', { name: 'New rule' }).click() },
  { path: '/plan', open: (page) => page.getByRole('button', { name: /^Approve \d+ deletes/ }).click() },
  {
    path: '/plan',
    async open(page) {
      await page.getByRole('button', { name: 'Predict what the cloud will answer' }).click();
      await page
        .getByRole('region', { name: 'Causes to look at before the export' })
        .getByRole('article')
        .first()
        .waitFor({ timeout: 30_000 });
    },
  },
  { path: '/rules/drafts/capitals', open: (page) => page.getByRole('button', { name: 'Publish…' }).click() },
  {
    path: '/objects/events@contoso.com/',
    open: (page) => page.getByRole('button', { name: 'Apply this fix…' }).click(),
  },
  {
    path: '/',
    async open(page) {
      await page.getByLabel(/^More about: An export/).click();
      await page.getByRole('button', { name: 'Mute…' }).click();
    },
  },
  {
    path: '/quality',
    open: (page) => page.getByRole('gridcell', { name: 'LookAlike' }).first().click(),
  },
  {
    path: '/alerts',
    open: (page) => page.getByRole('row').nth(1).click(),
  },
  {
    path: '/audit',
    open: (page) => page.getByRole('row').nth(1).click(),
  },
  {
    path: '/settings',
    async open(page) {
      await page.keyboard.press('/');
      await page.keyboard.type('ana');
      await page
        .getByRole('option', { name: /Ana Sousa/ })
        .first()
        .waitFor();
    },
  },
];

test('axe finds no violation on any page, in both themes', async () => {
  const ana = await administrator(browser, org.service);
  const all: string[] = [];
  for (const path of paths) {
    await ana.goto(path).catch((cause: Error) => {
      throw new Error(`${path} did not open`, { cause });
    });
    for (const violation of await violationsOf(ana.page)) all.push(`${path} ${violation}`);
  }
  assert.deepEqual(all, []);
  await ana.context.close();
});

test('nor in dialogs, menus and lists that cover a page, nor before the sign-in', async () => {
  const ana = await administrator(browser, org.service);
  const all: string[] = [];
  for (const cover of covers) {
    await ana.goto(cover.path);
    await cover.open(ana.page);
    for (const violation of await violationsOf(ana.page)) all.push(`${cover.path} opened ${violation}`);
  }
  const guest = await visitor(browser, org.service.url);
  await guest.page.goto('/');
  await guest.page.getByRole('heading').first().waitFor();
  for (const violation of await violationsOf(guest.page)) all.push(`sign-in ${violation}`);
  assert.deepEqual(all, []);
  await ana.context.close();
  await guest.context.close();
});
