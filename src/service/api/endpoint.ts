/** What one endpoint of the API is: enough to route, to check and to document it. */
import type { z } from 'zod';
import type { Actor } from '../../health/audit.ts';
import type { ServiceContext } from '../service-context.ts';
import type { Role } from '../sign-in/roles.ts';
import type { Session } from '../sign-in/session.ts';

export interface EndpointRequest<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly session: Session;
  readonly actor: Actor;
  readonly context: ServiceContext;
}
type Infer<T> = T extends z.ZodType ? z.output<T> : undefined;

export interface EndpointShape<
  P extends z.ZodType | undefined,
  Q extends z.ZodType | undefined,
  B extends z.ZodType | undefined,
> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below /api/v1, with parameters in braces. */
  readonly path: string;
  readonly group: string;
  /** One sentence. */
  readonly summary: string;
  /** Who may; everybody who is signed in has at least the role `viewer`. */
  readonly role: Role;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** The body is a whole file, given to the handler as text: at most so many bytes. Its schema is `z.string()`. */
  readonly file?: number;
  /** Default JSON. */
  readonly fileType?: 'application/json' | 'text/csv';
  /** Most bytes of a body of JSON; default 1 MB. */
  readonly longest?: number;
  /** A schema for JSON, or the type of a text. */
  readonly answer: z.ZodType | 'text/markdown' | 'text/plain' | 'text/csv';
  /** 202: accepted, work goes on. */
  readonly status?: 200 | 202;
  readonly handle: (request: EndpointRequest<Infer<P>, Infer<Q>, Infer<B>>) => unknown;
}
export type Endpoint = EndpointShape<z.ZodType | undefined, z.ZodType | undefined, z.ZodType | undefined>;

/** Types an endpoint by its schemas. */
export const endpoint = <
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  shape: EndpointShape<P, Q, B>,
): Endpoint => shape as unknown as Endpoint;
