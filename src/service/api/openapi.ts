/** The OpenAPI 3.1 document of the API, made from the endpoints themselves. */
import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';

type Json = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
};

export function openApiDocument(endpoints: readonly Endpoint[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const e of endpoints) {
    paths[`/api/v1${e.path}`] = { ...paths[`/api/v1${e.path}`], [e.method]: operation(e) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Causeway',
      version,
      description:
        'Everything the console and the command line do. Lists come in pages: pass `next` of a page as `cursor`. Browsers sign in with a session cookie and send `x-csrf-token` (from /api/v1/session) with everything that changes something; programs on the same machine send the token of the state directory.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ session: [] }, { token: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'causeway-session' },
        token: { type: 'http', scheme: 'bearer' },
      },
      schemas: {
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'message'],
              properties: {
                code: { type: 'string' },
                message: { type: 'string', description: 'Whole sentences.' },
                facts: { type: 'object' },
              },
            },
          },
        },
      },
    },
  };
}

function operation(e: Endpoint): Json {
  const status = String(e.status ?? 200);
  const content =
    typeof e.answer === 'string'
      ? { [e.answer]: { schema: { type: 'string' } } }
      : { 'application/json': { schema: schemaOf(e.answer, 'output') } };
  return {
    operationId: operationId(e),
    tags: [e.group],
    summary: e.summary,
    'x-role': e.role,
    ...(e.params || e.query ? { parameters: [...parameters(e.params, 'path'), ...parameters(e.query, 'query')] } : {}),
    ...(e.body
      ? {
          requestBody: {
            required: true,
            content: { [e.fileType ?? 'application/json']: { schema: bodySchema(e) } },
          },
        }
      : {}),
    responses: {
      [status]: { description: status === '202' ? 'Accepted; work goes on.' : 'Done.', content },
      default: {
        description: 'Refused, with the reason.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

/** A file is JSON, too, but of a form of its own. */
const bodySchema = ({ body, file, fileType }: Endpoint): Json => {
  const schema = body ? schemaOf(body, 'input') : {};
  return file === undefined || fileType === 'text/csv'
    ? schema
    : { type: 'object', ...(schema.description ? { description: schema.description } : {}) };
};

/** `get /runs/{id}/objects` is getRunsIdObjects. */
export const operationId = (e: Pick<Endpoint, 'method' | 'path'>): string =>
  e.method + e.path.replace(/[/{}-]+(\w?)/g, (_, letter: string) => letter.toUpperCase());

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}
