/** `causeway start` as a process of its own between a real domain controller and its local tenant, and the command line. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type ServerProcess, startServer } from '../support/child.ts';
import type { Samba } from '../support/samba.ts';
import { tempDirectory } from '../support/temp.ts';
import { waitFor } from '../support/wait.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const tenantId = '11111111-2222-3333-4444-555555555555';
const client = { id: '00000000-0000-0000-0000-000000000001', secret: 'the-secret-of-the-engine' };
export const replicator = { user: 'svc-phs', password: 'Repl!cate.2026' };

export interface ServiceLabOptions {
  /** YAML lines below `passwordHashSync:`; default the account `replicator`. */
  readonly passwordHashSync?: string;
  /** YAML of the section `scheduler`. */
  readonly scheduler?: string;
  /** YAML of the tenant's features. */
  readonly features?: string;
}
export interface CommandResult {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any;
}

/** Free at this moment; the configuration must name the tenant's address before it starts. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class ServiceLab implements AsyncDisposable {
  readonly #temp = tempDirectory('password-service');
  readonly #samba: Samba;
  readonly #options: ServiceLabOptions;
  readonly #port: number;
  #service: ServerProcess | undefined;

  private constructor(samba: Samba, options: ServiceLabOptions, port: number) {
    this.#samba = samba;
    this.#options = options;
    this.#port = port;
    this.configure(options);
  }

  /** A configuration for this domain; nothing runs yet. */
  static async create(samba: Samba, options: ServiceLabOptions = {}): Promise<ServiceLab> {
    return new ServiceLab(samba, options, await freePort());
  }

  get stateDirectory(): string {
    return join(this.#temp.path, 'state');
  }

  configure(options: ServiceLabOptions): void {
    const s = this.#samba;
    const phs =
      options.passwordHashSync ??
      this.#options.passwordHashSync ??
      `{ bind: { user: ${replicator.user}@${s.realm.toLowerCase()}, password: { env: PHS_PASSWORD } } }`;
    const features = options.features ?? this.#options.features;
    writeFileSync(
      join(this.#temp.path, 'causeway.yaml'),
      `stateDirectory: ./state
connectors:
  - name: corp
    type: active-directory
    servers: [${s.ldapsUrl}]
    bind: { user: ${s.adminUser}, password: { env: AD_PASSWORD } }
    tls: { ca: ${s.caFile} }
    partitions:
      - base: ${s.baseDn}
        include: ["OU=People,${s.baseDn}"]
    passwordHashSync: ${phs}
  - name: cloud
    type: entra
    url: http://127.0.0.1:${this.#port}
    tenantId: ${tenantId}
    clientId: ${client.id}
    credential: { secret: { env: CLIENT_SECRET } }
sourceAnchor: objectGUID
limits: { collapseShare: 1 }
scheduler: ${options.scheduler ?? this.#options.scheduler ?? '{ interval: 30m }'}
service: { listen: 127.0.0.1:0 }
tenant:
  listen: 127.0.0.1:${this.#port}
  initialDomain: contoso.onmicrosoft.com
  verifiedDomains: [${s.realm.toLowerCase()}]
${features === undefined ? '' : `  features: ${features}\n`}`,
    );
  }

  get #env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      AD_PASSWORD: this.#samba.adminPassword,
      PHS_PASSWORD: replicator.password,
      CLIENT_SECRET: client.secret,
    };
  }

  /** Starts the service; resolves after its first cycle. */
  async start(): Promise<void> {
    const args = [main, '--config', join(this.#temp.path, 'causeway.yaml'), '--json', 'start'];
    const service = startServer(process.execPath, args, { env: this.#env });
    this.#service = service;
    await waitFor(
      'the first cycle of the service',
      () => {
        if (service.exited) throw new Error(`The service ended: ${service.output()}`);
        return service.output().includes('"signIn"');
      },
      { timeoutMs: 30_000 },
    );
  }
  async stop(): Promise<void> {
    await this.#service?.stop();
  }
  async kill(): Promise<void> {
    await this.#service?.kill();
  }
  output(): string {
    return this.#service?.output() ?? '';
  }
  get pid(): number {
    return this.#service?.pid ?? -1;
  }

  /** One command with `--json`, beside the service or without it. */
  async command(...args: string[]): Promise<CommandResult> {
    const { execFile } = await import('node:child_process');
    const argv = [main, '--config', join(this.#temp.path, 'causeway.yaml'), '--json', ...args];
    return new Promise((resolve, reject) => {
      execFile(process.execPath, argv, { env: this.#env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        try {
          resolve({ code, json: JSON.parse(stdout) });
        } catch {
          reject(new Error(`causeway ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`));
        }
      });
    });
  }

  /** `ok`, or the AADSTS number of the refusal. */
  async signIn(upn: string, password: string): Promise<string> {
    const form = { grant_type: 'password', username: upn, password, scope: 'openid' };
    const body = new URLSearchParams({ ...form, client_id: client.id, client_secret: client.secret });
    const url = `http://127.0.0.1:${this.#port}/${tenantId}/oauth2/v2.0/token`;
    const response = await fetch(url, { method: 'POST', body });
    const answer = (await response.json()) as { error_description?: string };
    return response.ok ? 'ok' : (/AADSTS\d+/.exec(answer.error_description ?? '')?.[0] ?? 'refused');
  }

  /** Waits until signing in ends so; returns the milliseconds it took. */
  async until(upn: string, password: string, outcome: string, timeoutMs = 20_000): Promise<number> {
    const start = performance.now();
    let last = '';
    await waitFor(
      `${upn} to get ${outcome}`,
      async () => {
        last = await this.signIn(upn, password);
        return last === outcome;
      },
      { timeoutMs, intervalMs: 25 },
    ).catch((error: Error) => {
      throw new Error(`${error.message} The last answer was ${last}.`, { cause: error });
    });
    return performance.now() - start;
  }

  /** A call of Graph with the permissions of the connector's app. */
  async graph(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const base = `http://127.0.0.1:${this.#port}`;
    const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret };
    const asked = new URLSearchParams({ ...form, scope: 'https://graph.microsoft.com/.default' });
    const token = await fetch(`${base}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body: asked });
    const { access_token } = (await token.json()) as { access_token: string };
    const response = await fetch(`${base}/v1.0${path}`, {
      method,
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#temp.remove();
  }
}
