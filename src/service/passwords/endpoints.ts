/** Password hash synchronization in the API. Nothing here ever sees a password in any form. */
import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.ts';
import {
  passwordAnswerSchema,
  passwordFacts,
  passwordStatusSchema,
  passwordUserSchema,
  passwordUsers,
} from './facts.ts';

const answer = z.object({ channels: z.array(passwordAnswerSchema) });
const connector = z.string().max(256).optional();
const reference = z.string().min(1).max(2048);

export const passwordEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/passwords',
    group: 'Passwords',
    summary: 'Password hash synchronization: state by connector and domain.',
    role: 'viewer',
    answer: passwordStatusSchema,
    handle: ({ context }) => passwordFacts(context.store, context.config),
  }),
  endpoint({
    method: 'get',
    path: '/passwords/users',
    group: 'Passwords',
    summary: 'What became of the password of one user, and where it stops.',
    role: 'viewer',
    query: z.object({ reference }),
    answer: z.object({ users: z.array(passwordUserSchema) }),
    handle: async ({ context, query }) => ({ users: await context.reader.ask('passwordUsers', query.reference) }),
  }),
  endpoint({
    method: 'post',
    path: '/passwords/sync',
    group: 'Passwords',
    summary: 'One cycle of password hash synchronization now.',
    role: 'operator',
    body: z.strictObject({ connector }),
    answer,
    handle: async ({ context, actor, body }) => ({
      channels: await context.supervisor.thread.passwords({
        kind: 'sync',
        actor,
        ...(body.connector === undefined ? {} : { connector: body.connector }),
      }),
    }),
  }),
  endpoint({
    method: 'post',
    path: '/passwords/resync',
    group: 'Passwords',
    summary: 'Sends the password of one user again, or those of everybody in a domain, in a connector, or everywhere.',
    role: 'operator',
    body: z.strictObject({
      connector,
      namingContext: z.string().max(2048).optional(),
      reference: reference.optional(),
    }),
    answer,
    handle: async ({ context, actor, body }) => {
      const { connector: name, namingContext } = body;
      const order =
        body.reference === undefined
          ? {
              kind: 'resync' as const,
              actor,
              ...(name === undefined ? {} : { connector: name }),
              ...(namingContext === undefined ? {} : { namingContext }),
            }
          : { kind: 'request' as const, actor, users: passwordUsers(context.store, context.config, body.reference) };
      return { channels: await context.supervisor.thread.passwords(order) };
    },
  }),
  endpoint({
    method: 'post',
    path: '/passwords/check',
    group: 'Passwords',
    summary: 'Tries every domain controller: there, signs in, grants both rights. Sends nothing.',
    role: 'operator',
    body: z.strictObject({ connector }),
    answer,
    handle: async ({ context, body }) => ({
      channels: await context.supervisor.thread.passwords({
        kind: 'check',
        ...(body.connector === undefined ? {} : { connector: body.connector }),
      }),
    }),
  }),
];
