/**
 * Makes the pictures of docs/console.md anew: `node test/console/pictures.ts [folder] [name…]`. The sample organization,
 * a real browser, both themes; nothing is drawn by hand.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPasswordLab, upnOf } from './password-lab.ts';
import { withPalette } from './png.ts';
import { prepare } from './sample-state.ts';
import { administrator, buildConsole, contoso, openBrowser, type Visitor, visitor } from './stage.ts';

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** What is done on the page before the picture is taken. */
  readonly act?: (person: Visitor) => Promise<void>;
}

const folder = process.argv[2] ?? join(import.meta.dirname, '..', '..', 'docs', 'console');
const wanted = new Set(process.argv.slice(3));
mkdirSync(folder, { recursive: true });
await buildConsole();
const [browser, org] = await Promise.all([openBrowser(), contoso()]);
try {
  const found = await prepare(browser, org);
  const pictures: Picture[] = [
    { name: 'overview', path: '/', height: 1160 },
    { name: 'overview-dark', path: '/', theme: 'dark' },
    {
      name: 'alerts',
      path: '/alerts',
      act: ({ page }) => page.getByRole('row').nth(1).click(),
    },
    { name: 'runs', path: '/runs' },
    { name: 'run', path: `/runs/${found.run}` },
    { name: 'run-objects', path: `/runs/${found.run}?counter=disconnector-projected-flow` },
    { name: 'objects', path: '/objects' },
    { name: 'objects-space', path: '/objects?space=cs', theme: 'dark' },
    { name: 'object-why', path: '/objects/events@contoso.com/', height: 1160 },
    { name: 'object-attributes', path: `/objects/${found.person}?tab=attributes&attribute=displayName` },
    { name: 'object-lineage', path: `/objects/${found.person}?tab=lineage`, theme: 'dark' },
    { name: 'object-history', path: `/objects/${found.person}?tab=history` },
    { name: 'object-preview', path: `/objects/${found.person}?tab=preview` },
    { name: 'object-absent', path: '/objects/nobody@nowhere.example/' },
    { name: 'issues', path: '/issues' },
    { name: 'issues-objects', path: '/issues?tab=objects' },
    { name: 'issue', path: `/issues/${found.finding}`, height: 1000 },
    { name: 'quality', path: '/quality' },
    { name: 'rules', path: '/rules' },
    { name: 'rule', path: `/rules/${encodeURIComponent(found.rule)}/` },
    { name: 'draft', path: '/rules/drafts/capitals', height: 1200 },
    {
      name: 'what-if',
      path: '/rules/drafts/capitals',
      theme: 'dark',
      height: 1200,
      async act({ page }) {
        await page.getByRole('button', { name: 'Evaluate impact on everybody' }).click();
        await page.locator('.verdict', { hasText: 'would change' }).waitFor();
      },
    },
    {
      name: 'publish',
      path: '/rules/drafts/capitals',
      act: ({ page }) => page.getByRole('button', { name: 'Publish…' }).click(),
    },
    { name: 'plan', path: '/plan' },
    {
      name: 'plan-causes',
      path: '/plan',
      height: 1400,
      async act({ page }) {
        await page.getByRole('button', { name: 'Predict what the cloud will answer' }).click();
        const causes = page.getByRole('region', { name: 'Causes to look at before the export' });
        await causes.getByRole('article').first().waitFor({ timeout: 30_000 });
        await causes.scrollIntoViewIfNeeded();
      },
    },
    { name: 'configuration', path: '/configuration?from=1' },
    { name: 'tenant', path: '/tenant' },
    { name: 'tenant-domains', path: '/tenant?tab=domains' },
    { name: 'tenant-switches', path: '/tenant?tab=switches', theme: 'dark' },
    { name: 'tenant-bin', path: '/tenant?tab=bin' },
    { name: 'audit', path: '/audit' },
    { name: 'settings', path: '/settings', height: 1100 },
    {
      name: 'search',
      path: '/runs',
      theme: 'dark',
      async act({ page }) {
        await page.keyboard.press('/');
        await page.keyboard.type('krüger');
        await page
          .getByRole('option', { name: /Krüger/ })
          .first()
          .waitFor();
      },
    },
    { name: 'narrow', path: '/', width: 400, height: 860 },
    { name: 'narrow-object', path: '/objects/events@contoso.com/', width: 400, height: 860 },
  ];
  for (const theme of ['light', 'dark'] as const) {
    const person = await administrator(browser, org.service, { theme });
    for (const picture of pictures) {
      if ((picture.theme ?? 'light') !== theme) continue;
      if (wanted.size > 0 && !wanted.has(picture.name)) continue;
      await person.page.setViewportSize({ width: picture.width ?? 1280, height: picture.height ?? 800 });
      await person.goto(picture.path);
      await picture.act?.(person);
      await person.page.waitForLoadState('networkidle').catch(() => undefined);
      writeFileSync(join(folder, `${picture.name}.png`), withPalette(await person.page.screenshot()));
      process.stdout.write(`${picture.name}\n`);
    }
    for (const complaint of person.complaints) process.stdout.write(`the browser complains: ${complaint}\n`);
    await person.context.close();
  }
  if (wanted.size === 0 || wanted.has('passwords')) {
    await using lab = await startPasswordLab();
    const person = await lab.administrator(browser);
    await person.goto('/passwords');
    await person.page.getByLabel('Who').fill(upnOf('carla'));
    await person.page.getByRole('button', { name: 'Look', exact: true }).click();
    await person.page.getByRole('region', { name: /^CN=carla,/ }).waitFor();
    writeFileSync(join(folder, 'passwords.png'), withPalette(await person.page.screenshot()));
    await person.context.close();
  }
  if (wanted.size === 0 || wanted.has('sign-in')) {
    const guest = await visitor(browser, org.service.url);
    await guest.page.goto('/');
    await guest.page.getByRole('heading').first().waitFor();
    writeFileSync(join(folder, 'sign-in.png'), withPalette(await guest.page.screenshot()));
    await guest.context.close();
  }
} finally {
  await browser.close();
  await org[Symbol.asyncDispose]();
}
