/** The HTTP API of the service. */
import { Hono } from 'hono';
import type { ServiceContext } from './service.ts';

/** Routes under /api/v1. Commands of this machine prove themselves with the token beside the state. */
export function createApi(context: ServiceContext, _token: string): Hono {
  const app = new Hono();
  app.get('/api/v1/status', (c) => c.json({ scheduler: context.fields(), tenant: context.tenantUrl ?? null }));
  return app;
}
