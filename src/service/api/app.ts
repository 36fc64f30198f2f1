/** The HTTP side of the service: API, sign-in, console. */
import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { toldOf } from '../error-note.ts';
import { programVersion } from '../program-version.ts';
import { JsonText } from '../reader-thread.ts';
import { Refusal } from '../refusal.ts';
import type { ServiceContext } from '../service-context.ts';
import { AttemptLimiter } from '../sign-in/limiter.ts';
import { mayAct } from '../sign-in/roles.ts';
import { sendBody } from './body.ts';
import type { ConsoleFiles } from './console-files.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { eventStream } from './events.ts';
import { openApiDocument } from './openapi.ts';
import {
  actorOf,
  type Env,
  type Reach,
  requireHost,
  requireOwnPage,
  requireRole,
  requireSession,
  securityHeaders,
  sessionOf,
} from './security.ts';
import { signInRoutes } from './sign-in-routes.ts';
import { readInput } from './words.ts';

export interface AppOptions extends Reach {
  readonly console: ConsoleFiles;
}
/** Bytes of a request's body. */
const longestBody = 1_000_000;

export function createApp(context: ServiceContext, options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  // Each by itself: a program with an old token does not lock out whoever has a good link.
  const tokens = new AttemptLimiter(context.now);
  const headers = Object.entries(securityHeaders(options.isSecure));
  const session = (c: Context<Env>) => sessionOf(c, context, tokens, options.isSecure);
  app.use('*', async (c, next) => {
    for (const [name, value] of headers) c.header(name, value);
    requireHost(c, options);
    await next();
  });
  app.onError((error, c) => answerError(error, c, context));
  const document = JSON.stringify(openApiDocument(endpoints, programVersion()));
  app.get('/api/v1/openapi.json', (c) => sendBody(c, document, 'application/json', 200));
  app.get('/api/v1/events', async (c) => {
    const who = requireSession(await session(c));
    return eventStream(context.bus, c.req.raw.signal, () => context.sessions.isGood(who));
  });
  for (const e of endpoints) {
    app.on(e.method.toUpperCase(), `/api/v1${e.path.replace(/\{(\w+)\}/g, ':$1')}`, async (c) => {
      const who = requireSession(await session(c));
      return answer(e, c, context, who);
    });
  }
  signInRoutes(app, context, { ...options, session });
  app.all('/api/*', () => {
    throw new Refusal('not-found', 'The API has nothing at this path. /api/v1/openapi.json lists what there is.');
  });
  app.get('*', (c) => options.console.answer(c));
  return app;
}

async function answer(
  e: Endpoint,
  c: Context<Env>,
  context: ServiceContext,
  session: Awaited<ReturnType<typeof requireSession>>,
): Promise<Response> {
  const actor = actorOf(session);
  const isChange = e.method !== 'get';
  if (isChange) requireOwnPage(c, session);
  if (!mayAct(session.roles, e.role)) {
    context.log.warn({ who: session.name, path: e.path, needed: e.role }, 'A request was refused');
    if (isChange) await noteRefusal(context, actor, e, c);
    requireRole(session, e.role, e.summary);
  }
  const result = await e.handle({
    params: read(e.params, c.req.param(), 'The path'),
    query: read(e.query, c.req.query(), 'The address'),
    body: e.body ? read(e.body, await bodyOf(c, e), 'The body') : undefined,
    session,
    actor,
    context,
  } as never);
  if (typeof e.answer === 'string') return sendBody(c, String(result), e.answer, 200);
  const text = result instanceof JsonText ? result.text : JSON.stringify(result);
  return sendBody(c, text, 'application/json', e.status ?? 200);
}

/** Who tried what she may not is written down too; if the engine is down the log has it. */
async function noteRefusal(
  context: ServiceContext,
  actor: ReturnType<typeof actorOf>,
  e: Endpoint,
  c: Context<Env>,
): Promise<void> {
  const entry = { action: `${e.method} ${e.path}`, subject: c.req.path, outcome: 'forbidden' };
  try {
    await context.change(actor, { kind: 'note', entry });
  } catch (error) {
    context.log.error({ ...entry, who: actor.who, reason: (error as Error).message }, 'A refusal could not be audited');
  }
}

async function bodyOf(
  c: Context<Env>,
  { file, fileType = 'application/json', longest = longestBody }: Endpoint,
): Promise<unknown> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  const text = await textOf(c, file ?? longest);
  if (text === '') return file === undefined ? {} : '';
  if (type !== fileType)
    throw new Refusal(
      'bad-argument',
      `The body has to be ${fileType === 'text/csv' ? 'CSV' : 'JSON'}, with the header "content-type: ${fileType}".`,
    );
  if (file !== undefined) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal('bad-argument', `The body is not JSON: ${(error as Error).message}.`);
  }
}

/** The body as text; not read any further when it is longer than that, whatever its length is said to be. */
async function textOf(c: Context<Env>, longest: number): Promise<string> {
  const tooLarge = () => new Refusal('too-large', `The body is longer than ${longest / 1000} kB.`);
  if (Number(c.req.header('content-length') ?? 0) > longest) throw tooLarge();
  const { body } = c.req.raw;
  if (!body) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > longest) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function read(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (!schema) return undefined;
  const input = readInput(schema, value, where);
  if (input.ok) return input.value;
  throw new Refusal('bad-argument', input.problems.map((p) => p.message).join(' '), {
    facts: { issues: input.problems },
  });
}

function answerError(error: Error, c: Context<Env>, context: ServiceContext): Response {
  if (error instanceof Refusal) {
    const retry = error.facts.retryAfterSeconds;
    if (typeof retry === 'number') c.header('retry-after', String(retry));
    return c.json(
      {
        error: {
          code: error.code,
          message: error.message,
          ...(Object.keys(error.facts).length > 0 ? { facts: error.facts } : {}),
        },
      },
      error.status as ContentfulStatusCode,
    );
  }
  const told = toldOf(error);
  if (told) return c.json({ error: { code: told.code, message: told.message } }, 503);
  const id = crypto.randomUUID();
  context.log.error(
    { id, method: c.req.method, path: c.req.path, error: error.stack ?? error.message },
    'A request failed',
  );
  const message = `This is a defect of Causeway; please report it with a support bundle. The log of the service has the details under ${id}.`;
  return c.json({ error: { code: 'unexpected-error', message } }, 500);
}
