/** A browser in front of a really running service: its console built, its tenant up, somebody signed in. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { parse, stringify } from 'yaml';
import { loadConfiguration } from '../../src/service/configuration/configuration.ts';
import { type Service, startService } from '../../src/service/service.ts';
import { freePort } from '../support/loopback.ts';
import { tempDirectory } from '../support/temp.ts';
import { waitFor } from '../support/wait.ts';

const clientSecret = 'the-secret-of-the-test-client';
const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Builds the console if a source is newer than what was built. Safe to call from several processes at once. */
export async function buildConsole(): Promise<void> {
  const lock = join(tmpdir(), 'causeway-console-build.lock');
  await waitFor('the other build of the console', () => makeLock(lock), { timeoutMs: 120_000, intervalMs: 100 });
  try {
    if (isBuilt()) return;
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    await run(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: join(root, 'console') });
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** A lock older than two minutes was left by a process that died. */
function makeLock(lock: string): boolean {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > 120_000) rmSync(lock, { recursive: true, force: true });
  mkdirSync(lock);
  return true;
}

function isBuilt(): boolean {
  const index = join(root, 'console', 'dist', 'index.html');
  if (!existsSync(index)) return false;
  const built = statSync(index).mtimeMs;
  const sources = globSync('{src/**/*,public/*,index.html,vite.config.ts,package.json}', {
    cwd: join(root, 'console'),
  });
  return sources.every((name) => statSync(join(root, 'console', name)).mtimeMs <= built);
}

export async function openBrowser(): Promise<Browser> {
  const executablePath = browsers.find((path) => existsSync(path));
  if (!executablePath) throw new Error('Chromium is missing. Install it with: sudo apt-get install chromium');
  return chromium.launch({ executablePath, args: flags });
}

export interface Organization extends AsyncDisposable {
  readonly service: Service;
  readonly configFile: string;
  path(name: string): string;
  /** Stops the service; what it wrote stays. */
  stop(): Promise<void>;
}

/** The sample organization with ports and a state of its own, synchronized once. `change` edits its configuration. */
export async function contoso(change: (settings: Record<string, unknown>) => void = () => {}): Promise<Organization> {
  const folder = tempDirectory('console');
  const path = (name: string) => join(folder.path, name);
  cpSync(join(root, 'examples', 'contoso'), folder.path, {
    recursive: true,
    filter: (source) => !source.endsWith('/state'),
  });
  mkdirSync(path('rules'));
  const tenantPort = await freePort();
  const settings = parse(readFileSync(path('causeway.yaml'), 'utf8')) as {
    connectors: { type: string; url?: string; credential?: unknown }[];
  } & Record<string, unknown>;
  for (const c of settings.connectors) {
    if (c.type !== 'entra') continue;
    c.url = `http://127.0.0.1:${tenantPort}`;
    c.credential = { secret: { file: './client-secret' } };
  }
  settings.rules = { outOfBox: true, directory: './rules' };
  settings.service = { listen: '127.0.0.1:0' };
  settings.scheduler = { enabled: false, interval: '30m' };
  settings.tenant = { ...(settings.tenant as object), listen: `127.0.0.1:${tenantPort}` };
  change(settings);
  writeFileSync(path('causeway.yaml'), stringify(settings));
  writeFileSync(path('client-secret'), clientSecret);
  const service = await startService(loadConfiguration(path('causeway.yaml')), { progress: () => {}, log: () => {} });
  await service.cycle('initial');
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopped ??= Promise.resolve(service[Symbol.asyncDispose]());
    await stopped;
  };
  return {
    service,
    stop,
    configFile: path('causeway.yaml'),
    path,
    async [Symbol.asyncDispose]() {
      await stop();
      folder.remove();
    },
  };
}

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained about: scripts, blocked resources, defects. */
  readonly complaints: string[];
  /** Opens an address of the console and waits until it has said its sentence. */
  goto(path: string): Promise<void>;
  /** The sentence on top of the page. */
  verdict(): Promise<string>;
  /** An answer of the API, asked with the session of this person. */
  api<T>(path: string): Promise<T>;
  /** A change through the API; resolves with the status. */
  send(method: string, path: string, body: unknown): Promise<number>;
}

export interface VisitorOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
}

/** A person with a browser of her own who is not signed in yet. */
export async function visitor(browser: Browser, url: string, options: VisitorOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: 860 },
    colorScheme: options.theme ?? 'light',
    reducedMotion: 'reduce',
    baseURL: url,
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => void complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog said: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const verdict = () => page.locator('.verdict').first().innerText();
  return {
    page,
    context,
    complaints,
    verdict,
    api: <T>(path: string) => page.evaluate(async (p) => (await fetch(`/api/v1${p}`)).json(), path) as Promise<T>,
    send: (method, path, body) =>
      page.evaluate(
        async ([m, p, b]) => {
          const { csrf } = (await (await fetch('/api/v1/session')).json()) as { csrf: string };
          const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf };
          return (await fetch(`/api/v1${p}`, { method: m, headers, ...(b === '' ? {} : { body: b }) })).status;
        },
        [method, path, body === undefined ? '' : JSON.stringify(body)] as const,
      ),
    async goto(path) {
      await page.goto(path);
      await page.locator('.verdict, .empty').first().waitFor();
      const skeletons = page.locator('.skeleton');
      await waitFor(`${path} to be there`, async () => (await skeletons.count()) === 0);
    },
  };
}

/** Values that the tenant's Graph answers with; what is really in the cloud. */
export async function cloud<T>(org: Organization, path: string): Promise<T[]> {
  const { tenant } = org.service;
  if (!tenant) throw new Error('This organization has no tenant of its own.');
  const answer = await tenant.graph(`/v1.0${path}`);
  const { value } = answer.body as { value?: T[] };
  if (answer.status !== 200 || !value) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return value;
}

/** A change that an administrator of the cloud makes, past the service. Rejects unless the tenant says yes. */
export async function changeCloud(org: Organization, method: string, path: string): Promise<void> {
  const { connectors } = parse(readFileSync(org.configFile, 'utf8')) as {
    connectors: { type: string; url: string; tenantId: string; clientId: string }[];
  };
  const entra = connectors.find((c) => c.type === 'entra');
  if (!entra) throw new Error('This organization has no connector to a tenant.');
  const form = { grant_type: 'client_credentials', client_id: entra.clientId, client_secret: clientSecret };
  const body = new URLSearchParams({ ...form, scope: 'https://graph.microsoft.com/.default' });
  const token = await fetch(`${entra.url}/${entra.tenantId}/oauth2/v2.0/token`, { method: 'POST', body });
  const { access_token } = (await token.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  const answer = await fetch(`${entra.url}/v1.0${path}`, { method, headers });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}

/** The newest lines of the audit log with this action or about this subject. */
export const auditOf = async (person: Visitor, word: string): Promise<AuditLine[]> =>
  (await person.api<{ items: AuditLine[] }>('/audit?limit=100')).items.filter(
    (line) => line.action === word || line.subject === word,
  );
export interface AuditLine {
  readonly who: string;
  readonly action: string;
  readonly subject: string | null;
  readonly outcome: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The local administrator, signed in with a one-time link. */
export async function administrator(
  browser: Browser,
  service: Service,
  options: VisitorOptions = {},
): Promise<Visitor> {
  const person = await visitor(browser, service.url, options);
  await person.page.goto(service.signInLink());
  await person.page.locator('.verdict').first().waitFor();
  return person;
}
