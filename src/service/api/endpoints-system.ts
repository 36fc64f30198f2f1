/** Jobs, the local tenant, sign-in links, metrics. */
import { z } from 'zod';
import { metricsText } from '../../health/metrics.ts';
import { durationMs } from '../../model/duration.ts';
import { tenantSettingsSchema } from '../../tenant/config.ts';
import type { ReadingName } from '../readings.ts';
import { Refusal } from '../refusal.ts';
import type { ServiceContext } from '../service-context.ts';
import { linkMs } from '../sign-in/links.ts';
import type { TenantThread } from '../tenant-thread.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { jobId, jobSchema } from './job-schema.ts';

/** Questions that may be started as jobs; the name in the API to the reading that answers. */
const jobNames = { check: 'laws' } as const satisfies Record<string, ReadingName>;
type JobName = keyof typeof jobNames;

function requireTenant(context: ServiceContext): TenantThread {
  if (context.tenant) return context.tenant.thread;
  throw new Refusal('not-found', 'This service runs no local tenant; add a "tenant" section to the configuration.', {
    code: 'no-tenant',
  });
}

const tenantSchema = z.looseObject({
  url: z.string(),
  tenantId: z.string(),
  displayName: z.string(),
  now: z.string().describe("The tenant's own clock."),
  domains: z.array(z.looseObject({ name: z.string(), verified: z.boolean(), authentication: z.string() })),
  features: z.record(z.string(), z.boolean()),
  switches: z.looseObject({}),
  deletionThreshold: z.number(),
});
const switchesSchema = tenantSettingsSchema.shape.switches.unwrap();
/** What the console may read of the tenant through Graph. */
const graphPaths =
  /^\/(v1\.0|beta)\/(users|groups|contacts|devices|directoryObjects|organization|domains|directory|directoryRoles|applications|servicePrincipals)(\/|\?|$)/;

/** The path as it will be asked for, after whatever `%2e%2e` and the like make of it. Throws a Refusal for other planes. */
function readablePath(given: string): string {
  const base = 'http://tenant.invalid';
  const url = given.startsWith('/') && URL.canParse(given, base) ? new URL(given, base) : undefined;
  const path = url?.origin === base ? url.pathname + url.search : '';
  if (graphPaths.test(path)) return path;
  throw new Refusal(
    'bad-argument',
    `path has to be one of Microsoft Graph, such as /v1.0/users, not "${given.slice(0, 100)}".`,
  );
}

export const systemEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/jobs',
    group: 'Jobs',
    summary: 'Long questions under way and lately answered, newest first.',
    role: 'viewer',
    answer: z.array(jobSchema),
    handle: ({ context }) => context.jobs.list(),
  }),
  endpoint({
    method: 'post',
    path: '/jobs',
    group: 'Jobs',
    summary: 'Starts a long question. `check`: whether what is stored keeps the laws.',
    role: 'operator',
    body: z.strictObject({ job: z.enum(Object.keys(jobNames) as [JobName, ...JobName[]]) }),
    answer: jobSchema,
    status: 202,
    handle: ({ context, actor, body }) => context.jobs.start(jobNames[body.job], [], actor.who),
  }),
  endpoint({
    method: 'get',
    path: '/jobs/{id}',
    group: 'Jobs',
    summary: 'One job, with its answer when it is done.',
    role: 'viewer',
    params: jobId,
    answer: jobSchema,
    handle: ({ context, params }) => context.jobs.get(params.id),
  }),
  endpoint({
    method: 'delete',
    path: '/jobs/{id}',
    group: 'Jobs',
    summary: 'Calls a job off.',
    role: 'operator',
    params: jobId,
    answer: jobSchema,
    handle: ({ context, params }) => context.jobs.cancel(params.id),
  }),
  endpoint({
    method: 'get',
    path: '/tenant',
    group: 'Tenant',
    summary: 'The local tenant: domains, features, switches, clock.',
    role: 'viewer',
    answer: tenantSchema,
    handle: async ({ context }) => {
      const tenant = requireTenant(context);
      return { url: tenant.url, ...(await tenant.facts()) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/tenant/graph',
    group: 'Tenant',
    summary: "Reads objects of the local tenant as Microsoft Graph gives them; errors are Graph's own.",
    role: 'viewer',
    query: z.object({ path: z.string().max(4000).describe('For example /v1.0/users?$top=50') }),
    answer: z.looseObject({}),
    handle: async ({ context, query }) => {
      const { status, body } = await requireTenant(context).graph(readablePath(query.path));
      if (status < 400) return body;
      const { code, message } = (body as { error?: { code?: string; message?: string } } | null)?.error ?? {};
      throw new Refusal(
        status === 404 ? 'not-found' : 'bad-argument',
        message ?? `The tenant answered ${status}.`,
        code === undefined ? {} : { code },
      );
    },
  }),
  endpoint({
    method: 'patch',
    path: '/tenant/switches',
    group: 'Tenant',
    summary: 'Chooses how the local tenant behaves where the real one decides for itself.',
    role: 'admin',
    body: switchesSchema,
    answer: tenantSchema,
    handle: async ({ context, actor, body }) => {
      const tenant = requireTenant(context);
      const before = (await tenant.facts()).switches;
      const facts = await tenant.setSwitches(body);
      await context.change(actor, {
        kind: 'note',
        entry: { action: 'set-tenant-switches', before, after: facts.switches },
      });
      return { url: tenant.url, ...facts };
    },
  }),
  endpoint({
    method: 'post',
    path: '/tenant/clock',
    group: 'Tenant',
    summary: "Moves the local tenant's clock forward: what falls due meanwhile (healing, recycle bin) is done.",
    role: 'admin',
    body: z.strictObject({ forward: z.string().describe('A duration such as 1h or 31d.') }),
    answer: tenantSchema,
    handle: async ({ context, actor, body }) => {
      const tenant = requireTenant(context);
      let ms: number;
      try {
        ms = durationMs(body.forward);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new Refusal('bad-argument', `forward: ${error.message}, such as 1h or 31d.`);
      }
      const facts = await tenant.advance(ms);
      await context.change(actor, {
        kind: 'note',
        entry: { action: 'move-tenant-clock', after: { forward: body.forward } },
      });
      return { url: tenant.url, ...facts };
    },
  }),
  endpoint({
    method: 'post',
    path: '/sign-in-links',
    group: 'Session',
    summary: 'Makes a one-time link with which a person signs in as an administrator.',
    role: 'admin',
    body: z.strictObject({ name: z.string().min(1).max(256).default('administrator') }),
    answer: z.object({ path: z.string(), expires: z.string() }),
    handle: async ({ context, actor, body }) => {
      const code = context.links.make(body.name);
      await context.change(actor, { kind: 'note', entry: { action: 'make-sign-in-link', subject: body.name } });
      return { path: `/sign-in/link?code=${code}`, expires: new Date(context.now() + linkMs).toISOString() };
    },
  }),
  endpoint({
    method: 'get',
    path: '/metrics',
    group: 'Status',
    summary: 'Counters and gauges in the text format of Prometheus.',
    role: 'viewer',
    answer: 'text/plain',
    handle: ({ context }) => metricsText(context.status(), process.memoryUsage().rss),
  }),
];
