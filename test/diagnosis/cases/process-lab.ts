/** A tenant, `causeway start` and the command line as processes of their own, between a real domain controller and the test. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnosis } from '../../../src/diagnosis/diagnose.ts';
import type { Finding } from '../../../src/diagnosis/findings/finding.ts';
import type { FixResult } from '../../../src/diagnosis/fix/fix.ts';
import { causeway, type Ended } from '../../cli/command.ts';
import { run, type ServerProcess, startServer } from '../../support/child.ts';
import { freePort } from '../../support/loopback.ts';
import type { Samba } from '../../support/samba.ts';
import { tempDirectory } from '../../support/temp.ts';
import { waitFor } from '../../support/wait.ts';
import { noteHealed, noteSeen } from './proof.ts';

const program = join(import.meta.dirname, '../../../bin/causeway.js');

export class ProcessLab implements AsyncDisposable {
  readonly #temp = tempDirectory('processes');
  readonly #env: NodeJS.ProcessEnv;
  #tenant: ServerProcess | undefined;
  #service: ServerProcess | undefined;

  private constructor(dc: Samba) {
    this.#env = { AD_PASSWORD: dc.adminPassword, CLIENT_SECRET: 'the-secret-of-the-engine', NO_COLOR: '1' };
  }

  /** The tenant runs; the service does not yet. */
  static async create(dc: Samba, include: string): Promise<ProcessLab> {
    const lab = new ProcessLab(dc);
    const port = await freePort();
    const settings = (state: string) => `stateDirectory: ./${state}
connectors:
  - name: corp
    type: active-directory
    servers: [${dc.ldapsUrl}]
    bind: { user: ${dc.adminUser}, password: { env: AD_PASSWORD } }
    tls: { ca: ${dc.caFile} }
    partitions:
      - base: ${dc.baseDn}
        include:
          - ${include}
  - name: cloud
    type: entra
    url: http://127.0.0.1:${port}
    tenantId: 11111111-2222-3333-4444-555555555555
    clientId: 00000000-0000-4000-8000-000000000001
    credential: { secret: { env: CLIENT_SECRET } }
limits: { collapseShare: 1 }
scheduler: { interval: 30m }
service: { listen: 127.0.0.1:0 }
`;
    writeFileSync(lab.file, settings('state'));
    writeFileSync(
      lab.path('tenant.yaml'),
      `${settings('tenant')}tenant:
  listen: 127.0.0.1:${port}
  initialDomain: contoso.onmicrosoft.com
  verifiedDomains: [${dc.realm.toLowerCase()}]
`,
    );
    // What a finding shows is run as it stands: "causeway" is a command then.
    writeFileSync(lab.path('causeway'), `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`);
    chmodSync(lab.path('causeway'), 0o755);
    lab.#tenant = await lab.#start(['--config', lab.path('tenant.yaml'), '--json', 'tenant'], '"tenantId"');
    return lab;
  }

  path(name: string): string {
    return join(this.#temp.path, name);
  }
  get file(): string {
    return this.path('causeway.yaml');
  }
  get store(): string {
    return this.path('state/causeway.db');
  }

  async #start(args: readonly string[], sign: string): Promise<ServerProcess> {
    const env: NodeJS.ProcessEnv = { ...process.env, ...this.#env };
    delete env.NODE_TEST_CONTEXT;
    const server = startServer(process.execPath, [program, ...args], { env });
    const started = () => {
      if (server.exited) throw new Error(`${args.join(' ')} ended: ${server.output()}`);
      return server.output().includes(sign);
    };
    await waitFor(args.join(' '), started, { timeoutMs: 60_000 });
    return server;
  }

  /** Resolves after the first cycle. */
  async startService(): Promise<void> {
    this.#service = await this.#start(['--config', this.file, '--json', 'start'], '"signIn"');
  }
  stopService = async (): Promise<void> => this.#service?.stop();
  killService = async (): Promise<void> => this.#service?.kill();
  get servicePid(): number {
    return this.#service?.pid ?? -1;
  }

  /** One command as a process of its own. */
  command(...args: string[]): Promise<Ended> {
    return causeway(['--config', this.file, '--json', ...args], { env: this.#env });
  }
  async tenant(...args: string[]): Promise<Ended> {
    return causeway(['--config', this.path('tenant.yaml'), '--json', 'tenant', ...args], { env: this.#env });
  }

  /** Lines that a finding shows for a shell. */
  shell(text: string): Promise<string> {
    const PATH = `${this.#temp.path}:${process.env.PATH}`;
    return run('sh', ['-e', '-c', text], { env: { ...process.env, ...this.#env, PATH } });
  }

  async findings(reference?: string): Promise<readonly Finding[]> {
    const told = await this.command('diagnose', ...(reference === undefined ? [] : [reference]));
    const diagnosis = told.json<Diagnosis>();
    if (diagnosis.kind !== 'diagnosis') throw new Error(told.out);
    return diagnosis.findings;
  }

  /** The one finding of a case, as a command tells it. */
  async one(code: string, reference?: string): Promise<Finding> {
    return (await this.several([code], reference))[0] as Finding;
  }
  /** The one finding of each case, as one command tells them. */
  async several(codes: readonly string[], reference?: string): Promise<readonly Finding[]> {
    const findings = await this.findings(reference);
    return codes.map((code) => {
      const [only, ...rest] = findings.filter((f) => f.code === code);
      if (!only || rest.length > 0) throw new Error(`${code}: ${JSON.stringify(findings, undefined, 1)}`);
      noteSeen(code);
      return only;
    });
  }

  /** The fix is carried out by another command, which says whether the finding is gone. */
  async heal(finding: Finding, options: { number?: number; reference?: string } = {}): Promise<FixResult> {
    const { number, reference } = options;
    const ended = await this.command(
      ...['fix', finding.id, '--apply'],
      ...(number === undefined ? [] : ['--number', String(number)]),
      ...(reference === undefined ? [] : ['--for', reference]),
    );
    const result = ended.json<FixResult>();
    if (ended.code !== 0 || !result.isGone) throw new Error(`${finding.code}: ${ended.out}${ended.err}`);
    noteHealed(finding.code);
    return result;
  }

  /** The cure was carried out by hand. */
  async gone(code: string): Promise<void> {
    const left = (await this.findings()).filter((f) => f.code === code);
    if (left.length > 0) throw new Error(`${code} is still there: ${JSON.stringify(left, undefined, 1)}`);
    noteHealed(code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopService();
    await this.#tenant?.stop();
    this.#temp.remove();
  }
}
