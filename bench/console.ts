/**
 * The console in a real browser in front of a service with a whole population: first load and its bytes, search, the
 * object page, and frames while scrolling through every row. `node bench/console.ts [people] [groups]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { administrator, buildConsole, contoso, openBrowser, type Visitor } from '../test/console/stage.ts';
import { report } from './report.ts';
import { writePopulation } from './write-ldif.ts';

const people = Number(process.argv[2] ?? 95_000);
const groups = Number(process.argv[3] ?? Math.round(people / 19));
const trials = 7;
const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const worst = (values: readonly number[]): number => Math.max(...values);

/** Page side: resolves when something is so, asked every other millisecond. */
const until = (condition: string): string => `
  for (const begin = performance.now(); !(${condition}); await new Promise((r) => setTimeout(r, 2)))
    if (performance.now() - begin > 20000) throw new Error('nothing came of it');`;

/** Milliseconds from the begin of the navigation until `selector` is drawn, by the clock of the browser. */
async function opened(page: Page, path: string, selector: string): Promise<number> {
  await page.goto(path, { waitUntil: 'commit' });
  return page.evaluate<number>(`(async () => {
    ${until(`document.querySelector('${selector}') && !document.querySelector('.skeleton')`)}
    await new Promise((r) => requestAnimationFrame(r));
    return performance.now();
  })()`);
}

/** The same from a page of the console that is open already, until the lane is drawn. */
async function turned(page: Page, path: string): Promise<number> {
  await page.evaluate("history.pushState(null, '', '/settings')");
  await page.getByText('Guards and history').waitFor();
  return page.evaluate<number>(`(async () => {
    const begin = performance.now();
    history.pushState(null, '', ${JSON.stringify(path)});
    ${until("document.querySelectorAll('.lane-item').length > 0")}
    await new Promise((r) => requestAnimationFrame(r));
    return performance.now() - begin;
  })()`);
}

/** Overview with an empty cache: milliseconds until its numbers are drawn, and bytes on the wire. */
async function firstLoad(browser: Browser, ana: Visitor): Promise<{ ms: number; bytes: number }> {
  const context = await browser.newContext({
    baseURL: new URL(ana.page.url()).origin,
    viewport: { width: 1280, height: 860 },
  });
  await context.addCookies(await ana.context.cookies());
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  await wire.send('Network.enable');
  let bytes = 0;
  wire.on('Network.loadingFinished', (event) => {
    bytes += event.encodedDataLength;
  });
  const ms = await opened(page, '/', '.tile-number');
  await page.waitForTimeout(500);
  await context.close();
  return { ms, bytes };
}

/** Milliseconds from the last key until the hit is in the list. */
async function searched(page: Page, text: string): Promise<number> {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(text.slice(0, -1));
  await page.waitForTimeout(300);
  const hit = `[...document.querySelectorAll('.search-hit .second')].some((e) => e.textContent.startsWith(${JSON.stringify(text)}))`;
  await page.evaluate("addEventListener('keydown', () => { globalThis.begun = performance.now(); }, { once: true })");
  await page.keyboard.press(text.slice(-1));
  const ms = await page.evaluate<number>(`(async () => {
    ${until(hit)}
    return performance.now() - globalThis.begun;
  })()`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  return ms;
}

interface Frames {
  readonly rows: number;
  readonly gaps: readonly number[];
}
/** Scrolls a grid down by `step` pixels each frame until its end or for `ms`; what lay between the frames. */
const scrolled = (page: Page, step: number, ms: number): Promise<Frames> =>
  page.evaluate<Frames>(`(async () => {
    const area = document.querySelector('.grid-scroll');
    const gaps = [];
    const begin = performance.now();
    let last = await new Promise(requestAnimationFrame);
    let waited = 0;
    while (last - begin < ${ms} && waited < 120) {
      const before = area.scrollTop;
      area.scrollTop = before + ${step};
      waited = area.scrollTop === before ? waited + 1 : 0;
      const now = await new Promise(requestAnimationFrame);
      gaps.push(now - last);
      last = now;
    }
    return { rows: Math.round(area.scrollHeight / 32), gaps };
  })()`);

function frames(name: string, { rows, gaps }: Frames): void {
  const sorted = [...gaps].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  report(name, {
    rows,
    frames: gaps.length,
    'median ms': at(0.5),
    '99 % ms': at(0.99),
    'worst ms': worst(gaps),
    'over 50 ms': gaps.filter((g) => g > 50).length,
  });
}

await buildConsole();
writePopulation(join(folder, 'corp.ldif'), people, groups);
const browser = await openBrowser();
const begun = performance.now();
const org = await contoso((settings) => {
  const [first, , cloud] = settings.connectors as Record<string, unknown>[];
  settings.connectors = [{ ...first, path: join(folder, 'corp.ldif'), partitions: undefined }, cloud];
  settings.scheduler = { ...(settings.scheduler as object), staging: true };
});
try {
  report('console: the service with its population', {
    people,
    groups,
    'made in s': (performance.now() - begun) / 1000,
    'load of the machine': loadavg()[0] ?? 0,
  });
  const ana = await administrator(browser, org.service);
  const loads: { ms: number; bytes: number }[] = [];
  for (let i = 0; i < trials; i++) loads.push(await firstLoad(browser, ana));
  report('console: overview, empty cache', {
    'median ms': median(loads.map((l) => l.ms)),
    'worst ms': worst(loads.map((l) => l.ms)),
    'kB on the wire': worst(loads.map((l) => l.bytes)) / 1000,
  });
  const found = await ana.api<{ items: { reference: string; userPrincipalName?: string }[] }>(
    '/identities?q=a&limit=200',
  );
  const known = found.items.filter((i) => i.userPrincipalName).slice(0, 40);
  const searches: number[] = [];
  const answers: number[] = [];
  await ana.goto('/runs');
  for (const one of known.slice(0, trials * 2)) {
    searches.push(await searched(ana.page, one.userPrincipalName ?? ''));
    const begin = performance.now();
    await ana.api(`/identities?q=${encodeURIComponent(one.userPrincipalName?.slice(0, 5) ?? '')}&limit=8`);
    answers.push(performance.now() - begin);
  }
  report('console: search', {
    'last key to hit, median ms': median(searches),
    'last key to hit, worst ms': worst(searches),
    'answer of the service, median ms': median(answers),
    'answer of the service, worst ms': worst(answers),
  });
  const pages: number[] = [];
  for (const one of known.slice(0, trials * 2))
    pages.push(await opened(ana.page, `/objects/${one.reference}`, '.lane-item'));
  report('console: object page, loaded anew', { 'median ms': median(pages), 'worst ms': worst(pages) });
  const turns: number[] = [];
  for (const one of known.slice(trials * 2, trials * 4))
    turns.push(await turned(ana.page, `/objects/${one.reference}`));
  report('console: object page, from another page', { 'median ms': median(turns), 'worst ms': worst(turns) });
  await ana.goto('/objects');
  frames('console: scrolling while pages arrive', await scrolled(ana.page, 1600, 40_000));
  await ana.page.evaluate("document.querySelector('.grid-scroll').scrollTop = 0");
  frames('console: scrolling through all rows that are there', await scrolled(ana.page, 8000, 10_000));
  await ana.context.close();
} finally {
  await browser.close();
  await org[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}
