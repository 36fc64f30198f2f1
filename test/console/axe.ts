/** axe in a page of the console, in both themes. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { waitFor } from '../support/wait.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe has against the page as it is; in the dark theme only what a colour can break is looked at again. */
export async function violationsOf(page: Page): Promise<string[]> {
  // Through the debugger, because the page allows no inline script.
  await page.evaluate(`${axe}; undefined`);
  const run = async (options: string) =>
    (await page.evaluate(`axe.run(${options}).then((r) => r.violations)`)) as Violation[];
  const light = await run('');
  const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  const before = await ground();
  await page.evaluate("document.documentElement.dataset.theme = 'dark'");
  await waitFor('the dark theme', async () => (await ground()) !== before);
  // A colour that changes is a transition, however short: until it ends the old text stands on the new ground.
  await waitFor('the end of the change of colours', () =>
    page.evaluate<boolean>('!document.getAnimations().some((a) => a instanceof CSSTransition)'),
  );
  const dark = await run("{ runOnly: ['color-contrast', 'link-in-text-block'] }");
  await page.evaluate('delete document.documentElement.dataset.theme');
  return [...light, ...dark].flatMap((v) =>
    v.nodes.map((n) => `${v.id}: ${v.help}\n  ${n.html.slice(0, 240)}\n  ${n.failureSummary ?? ''}`),
  );
}
