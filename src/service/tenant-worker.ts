/** The local tenant in a thread of its own, so that its work never holds up the service's API. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { takeOrders } from '../tenant/administration.ts';
import type { CompanyState } from '../tenant/company.ts';
import { serveTenant } from '../tenant/serve.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { loadConfiguration, pathOf } from './configuration/configuration.ts';
import type { ErrorNote } from './engine/messages.ts';
import { noteOf } from './error-note.ts';
import { openTenant, requireSection, tenantDirectory } from './open-tenant.ts';

/** What the tenant is like right now. */
export interface TenantFacts extends CompanyState {
  /** ISO instant of the tenant's own clock. */
  readonly now: string;
}
export type TenantQuestion =
  | { readonly kind: 'facts'; readonly id: number }
  | { readonly kind: 'set-switches'; readonly id: number; readonly switches: Readonly<Record<string, unknown>> }
  | { readonly kind: 'advance'; readonly id: number; readonly milliseconds: number }
  | { readonly kind: 'graph'; readonly id: number; readonly path: string }
  | { readonly kind: 'close'; readonly id: number };
/** `url` is where the tenant answers. */
export type TenantMessage =
  | { readonly kind: 'ready'; readonly url: string; readonly tenantId: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorNote };

const post = (message: TenantMessage): void => parentPort?.postMessage(message);

/** The service's own way in: an app that may only read, with a secret that nobody else ever has. */
const console = {
  appId: 'ca05e3a7-0000-4000-8000-000000000001',
  displayName: 'Causeway console (this process only)',
  secret: randomBytes(32).toString('base64url'),
  permissions: ['Directory.Read.All', 'User.Read.All', 'Group.Read.All'],
};

try {
  const { configFile } = workerData as { configFile: string };
  const config = loadConfiguration(configFile);
  const tenant = openTenant(config, [console]);
  const { listen, tls } = requireSection(config);
  const served = await serveTenant(tenant, {
    listen,
    ...(tls
      ? {
          tls: {
            certificate: readFileSync(pathOf(config, tls.certificate), 'utf8'),
            key: readFileSync(pathOf(config, tls.key), 'utf8'),
          },
        }
      : {}),
  });
  const orders = await takeOrders(tenant, tenantDirectory(config));
  const graph = graphReader(tenant, served.url);
  parentPort?.on('message', (question: TenantQuestion) => {
    if (question.kind === 'close') {
      void Promise.all([served.close(), orders.close()]).then(() => {
        tenant.close();
        parentPort?.close();
      });
      return;
    }
    void answer(tenant, graph, question)
      .then((answer) => post({ kind: 'answer', id: question.id, answer }))
      .catch((error: unknown) => post({ kind: 'error', id: question.id, error: noteOf(error) }));
  });
  post({ kind: 'ready', url: served.url, tenantId: tenant.tenantId });
} catch (error) {
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  post({
    kind: 'failed',
    message: taken
      ? `The tenant's address is taken: another program listens there. Stop it, or change "tenant.listen".`
      : `The local tenant cannot start: ${(error as Error).message}`,
  });
}

type GraphReader = (path: string) => Promise<{ status: number; body: unknown }>;

async function answer(
  tenant: Tenant,
  graph: GraphReader,
  question: Exclude<TenantQuestion, { kind: 'close' }>,
): Promise<unknown> {
  if (question.kind === 'graph') return graph(question.path);
  if (question.kind === 'set-switches') tenant.setSwitches(question.switches);
  if (question.kind === 'advance') tenant.advance(question.milliseconds);
  return { ...tenant.company.state, now: new Date(tenant.now()).toISOString() } satisfies TenantFacts;
}

/** Reads through the Graph plane as any client would, with a token that is asked for when the last one is nearly over. */
function graphReader(tenant: Tenant, origin: string): GraphReader {
  let token = { text: '', until: 0 };
  const renew = async (): Promise<string> => {
    if (Date.now() < token.until) return token.text;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: console.appId,
      client_secret: console.secret,
      scope: `${origin}/.default`,
    });
    const url = `${origin}/${tenant.tenantId}/oauth2/v2.0/token`;
    const response = await tenant.fetch(new Request(url, { method: 'POST', body: form }));
    const body = (await response.json()) as { access_token?: string; expires_in?: number; error_description?: string };
    if (body.access_token === undefined)
      throw new Error(`The local tenant gave no token: ${body.error_description ?? response.status}`);
    token = { text: body.access_token, until: Date.now() + ((body.expires_in ?? 3600) - 60) * 500 };
    return token.text;
  };
  return async (path) => {
    const headers = { authorization: `Bearer ${await renew()}`, consistencylevel: 'eventual' };
    const response = await tenant.fetch(new Request(`${origin}${path}`, { headers }));
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  };
}
