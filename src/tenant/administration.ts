/** Seeding, resetting and setting of a tenant from outside its process: one order at a time, over loopback. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import type { CompanyState } from './company.ts';
import { tenantSettingsSchema } from './config.ts';
import { type TenantSeed, tenantSeedSchema } from './seed.ts';
import type { TenantMail } from './store/mails.ts';
import type { Tenant } from './tenant.ts';

/** What can be asked of a tenant. `reset` empties it and then seeds it; `advance` is in ms. */
const orderSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('facts') }),
  z.strictObject({ kind: z.literal('seed'), seed: tenantSeedSchema }),
  z.strictObject({ kind: z.literal('reset'), seed: tenantSeedSchema.optional() }),
  z.strictObject({ kind: z.literal('advance'), milliseconds: z.number().min(0) }),
  z.strictObject({ kind: z.literal('mail') }),
  z.strictObject({ kind: z.literal('set'), switches: tenantSettingsSchema.shape.switches.unwrap() }),
]);
export type TenantOrder = z.infer<typeof orderSchema>;

/** The tenant after an order. */
export interface TenantReport extends CompanyState {
  /** ISO instant of the tenant's own clock. */
  readonly now: string;
  /** Live objects by class. */
  readonly objects: Readonly<Record<string, number>>;
  /** Mails about conflicts, newest first; only in the answer to the order `mail`. */
  readonly mail?: readonly TenantMail[];
}

const newestMails = 100;

/** Carries out an order. Throws an Error that says what is wrong with it; then nothing has changed. */
export function carryOut(tenant: Tenant, order: unknown): TenantReport {
  const parsed = orderSchema.safeParse(order);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { data } = parsed;
  if (data.kind === 'seed') tenant.seed(data.seed);
  else if (data.kind === 'reset') tenant.reset(data.seed as TenantSeed | undefined);
  else if (data.kind === 'advance') tenant.advance(data.milliseconds);
  else if (data.kind === 'set') tenant.setSwitches(data.switches as Parameters<Tenant['setSwitches']>[0]);
  return {
    ...tenant.company.state,
    now: new Date(tenant.now()).toISOString(),
    objects: tenant.objectCounts(),
    ...(data.kind === 'mail' ? { mail: tenant.mails(newestMails) } : {}),
  };
}

/** Where a running tenant takes orders, in a file that only its owner can read. */
interface Post {
  readonly port: number;
  readonly token: string;
}
const postFile = (directory: string): string => join(directory, 'running.json');
const maxOrder = 64 * 1024 * 1024;

/** Takes orders for the tenant in this directory until it is closed. */
export async function takeOrders(tenant: Tenant, directory: string): Promise<{ close(): Promise<void> }> {
  const token = randomBytes(32).toString('base64url');
  const isOwner = (header = '') => {
    const [a, b] = [Buffer.from(header), Buffer.from(`Bearer ${token}`)];
    return a.length === b.length && timingSafeEqual(a, b);
  };
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
    if (!isOwner(request.headers.authorization))
      return answer(401, { message: 'The token is not the one of running.json.' });
    try {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of request) {
        size += (chunk as Buffer).length;
        if (size > maxOrder) return answer(413, { message: `An order has at most ${maxOrder} bytes.` });
        chunks.push(chunk as Buffer);
      }
      return answer(200, carryOut(tenant, JSON.parse(Buffer.concat(chunks).toString('utf8'))));
    } catch (error) {
      return answer(400, { message: (error as Error).message });
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  writeFileSync(postFile(directory), JSON.stringify({ port, token } satisfies Post), { mode: 0o600 });
  return {
    close: () =>
      new Promise((resolve, reject) => {
        rmSync(postFile(directory), { force: true });
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

/** Gives the order to the tenant that runs on this directory; undefined if none does. Rejects with what the tenant says. */
export async function giveOrder(directory: string, order: TenantOrder): Promise<TenantReport | undefined> {
  let post: Post;
  try {
    post = JSON.parse(readFileSync(postFile(directory), 'utf8')) as Post;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${post.port}/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${post.token}` },
      body: JSON.stringify(order),
    });
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code;
    if (cause === 'ECONNREFUSED') return undefined; // it ended without saying so
    throw error;
  }
  if (response.status === 401) return undefined; // another program has the port now
  const body = (await response.json()) as TenantReport & { message?: string };
  if (!response.ok) throw new Error(body.message ?? `The tenant answered ${response.status}.`);
  return body;
}
