/** axe finds no violation on any page, in both themes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { administrator, buildConsole, contoso, type Organization, openBrowser, visitor } from './stage.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser: Browser;
let org: Organization;
let paths: readonly string[];

before(async () => {
  await buildConsole();
  [browser, org] = await Promise.all([openBrowser(), contoso()]);
  const ana = await administrator(browser, org.service);
  const found = await ana.page.evaluate(async () => {
    const get = async (path: string) => (await fetch(`/api/v1${path}`)).json();
    const { csrf } = (await get('/session')) as { csrf: string };
    const send = (method: string, path: string, body: unknown) =>
      fetch(`/api/v1${path}`, {
        method,
        headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
        body: JSON.stringify(body),
      });
    await send('PUT', '/drafts/capitals', { text: 'rules:\n  - name: Unfinished\n    direction: inbound\n' });
    await send('POST', '/precheck', {});
    const findings = ((await get('/diagnosis')) as { findings: { id: string; code: string }[] }).findings;
    const rules = (await get('/rules')) as { id: string }[];
    const runs = (await get('/runs?profile=full-sync')) as { items: { id: number }[] };
    return {
      finding: findings.find((f) => f.code === 'cloud-only-owner')?.id,
      rule: rules[4]?.id ?? '',
      run: runs.items[0]?.id,
    };
  });
  await ana.context.close();
  paths = [
    '/',
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
    '/issues?tab=objects',
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
  ];
});
after(async () => {
  await browser?.close();
  await org?.[Symbol.asyncDispose]();
});

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Everything that axe has against the page as it is. */
async function violationsOf(page: Page): Promise<string[]> {
  // Through the debugger, because the page allows no inline script.
  await page.evaluate(`${axe}; undefined`);
  const found = (await page.evaluate('axe.run().then((r) => r.violations)')) as Violation[];
  return found.flatMap((v) =>
    v.nodes.map((n) => `${v.id}: ${v.help}\n  ${n.html.slice(0, 240)}\n  ${n.failureSummary ?? ''}`),
  );
}

for (const theme of ['light', 'dark'] as const) {
  test(`no violation on any page in the ${theme} theme`, async () => {
    const ana = await administrator(browser, org.service, { theme });
    const all: string[] = [];
    for (const path of paths) {
      await ana.goto(path).catch((cause: Error) => {
        throw new Error(`${path} did not open`, { cause });
      });
      for (const violation of await violationsOf(ana.page)) all.push(`${path} ${violation}`);
    }
    const guest = await visitor(browser, org.service.url, { theme });
    await guest.page.goto('/');
    await guest.page.getByRole('heading').first().waitFor();
    for (const violation of await violationsOf(guest.page)) all.push(`sign-in ${violation}`);
    assert.deepEqual(all, []);
    await ana.context.close();
    await guest.context.close();
  });
}
