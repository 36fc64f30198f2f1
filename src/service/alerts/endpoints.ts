/** Alerts, recorded findings and the channels of notifications in the API. */
import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.ts';
import { pageOf } from '../facts/page.ts';
import { iso } from '../facts/runs.ts';
import { Refusal } from '../refusal.ts';
import {
  alertPage,
  alertQuery,
  findingPage,
  findingQuery,
  keptAlertSchema,
  keptFindingSchema,
  oneAlert,
} from './facts.ts';

const params = z.object({ id: z.coerce.number().int().min(1) });

const channelSchema = z.object({
  name: z.string(),
  type: z.enum(['webhook', 'file', 'stdout']),
  target: z.string().describe('Where it leads; of a web hook only the origin.'),
  severity: z.enum(['error', 'warning', 'info']),
  delivered: z.string().nullable().describe('When something last arrived, since the service started.'),
  failures: z.number().int().describe('Attempts that failed since then.'),
  reason: z.string().nullable(),
  nextAttempt: z.string().nullable(),
});

export const alertEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/alerts',
    group: 'Alerts',
    summary: 'What is wrong, and what was: alerts of the service and findings, newest first; kept for 90 days.',
    role: 'viewer',
    query: alertQuery,
    answer: pageOf(keptAlertSchema),
    handle: ({ context, query }) => alertPage(context.store, query, context.now()),
  }),
  endpoint({
    method: 'get',
    path: '/alerts/{id}',
    group: 'Alerts',
    summary: 'One alert.',
    role: 'viewer',
    params,
    answer: keptAlertSchema,
    handle: ({ context, params: { id } }) => oneAlert(context.store, id, context.now()),
  }),
  endpoint({
    method: 'post',
    path: '/alerts/{id}/acknowledgement',
    group: 'Alerts',
    summary: 'Says that somebody cares for it; it is not told again unless it gets worse or comes back.',
    role: 'operator',
    params,
    body: z.strictObject({ note: z.string().max(1000).default('') }),
    answer: keptAlertSchema,
    handle: async ({ context, actor, params: { id }, body }) => {
      await context.change(actor, { kind: 'acknowledge-alert', id, note: body.note });
      return oneAlert(context.store, id, context.now());
    },
  }),
  endpoint({
    method: 'delete',
    path: '/alerts/{id}/acknowledgement',
    group: 'Alerts',
    summary: 'Takes an acknowledgement back.',
    role: 'operator',
    params,
    answer: keptAlertSchema,
    handle: async ({ context, actor, params: { id } }) => {
      await context.change(actor, { kind: 'reopen-alert', id });
      return oneAlert(context.store, id, context.now());
    },
  }),
  endpoint({
    method: 'post',
    path: '/alerts/{id}/mute',
    group: 'Alerts',
    summary: 'Keeps quiet about this cause until an instant, also if it goes and comes back meanwhile.',
    role: 'operator',
    params,
    body: z.strictObject({
      until: z.iso.datetime().describe('At most a year from now.'),
      reason: z.string().trim().min(1, 'has to say why, for whoever wonders later').max(1000),
    }),
    answer: keptAlertSchema,
    handle: async ({ context, actor, params: { id }, body }) => {
      await context.change(actor, { kind: 'mute-alert', id, until: Date.parse(body.until), reason: body.reason });
      return oneAlert(context.store, id, context.now());
    },
  }),
  endpoint({
    method: 'delete',
    path: '/alerts/{id}/mute',
    group: 'Alerts',
    summary: 'Lets this cause be told again.',
    role: 'operator',
    params,
    answer: keptAlertSchema,
    handle: async ({ context, actor, params: { id } }) => {
      await context.change(actor, { kind: 'unmute-alert', id });
      return oneAlert(context.store, id, context.now());
    },
  }),
  endpoint({
    method: 'get',
    path: '/findings',
    group: 'Alerts',
    summary:
      'Findings as they were recorded: since when, and until when; newest first. GET /diagnosis has the evidence.',
    role: 'viewer',
    query: findingQuery,
    answer: pageOf(keptFindingSchema),
    handle: ({ context, query }) => findingPage(context.store, query),
  }),
  endpoint({
    method: 'get',
    path: '/notifications',
    group: 'Alerts',
    summary: 'The channels that are told of alerts, and whether they work.',
    role: 'viewer',
    answer: z.array(channelSchema),
    handle: ({ context }) =>
      context.channels.map((c) => {
        const { attempts, reason, next } = c.courier.failures;
        return {
          name: c.channel,
          type: c.type,
          target: c.target,
          severity: c.minimum,
          delivered: c.courier.delivered === undefined ? null : iso(c.courier.delivered),
          failures: attempts,
          reason: attempts === 0 ? null : reason,
          nextAttempt: attempts === 0 ? null : iso(next),
        };
      }),
  }),
  endpoint({
    method: 'post',
    path: '/notifications/{channel}/test',
    group: 'Alerts',
    summary: 'Sends a test message through a channel now.',
    role: 'admin',
    params: z.object({ channel: z.string().max(64) }),
    answer: z.object({ channel: z.string(), delivered: z.boolean(), reason: z.string().nullable() }),
    handle: async ({ context, actor, params: { channel: name } }) => {
      const channel = context.channels.find((c) => c.channel === name);
      if (!channel) {
        const names = context.channels.map((c) => c.channel).join(', ') || 'none';
        throw new Refusal(
          'not-found',
          `There is no channel "${name}". Channels: ${names}; they are in the configuration under "notifications".`,
        );
      }
      const delivered = await channel.courier.send(testMessage(context.url(), actor.who, context.now()), true);
      await context.change(actor, {
        kind: 'note',
        entry: { action: 'test-notification', subject: name, outcome: delivered ? 'done' : 'failed' },
      });
      return { channel: name, delivered, reason: delivered ? null : channel.courier.failures.reason };
    },
  }),
];

const testMessage = (service: string, who: string, now: number) => ({
  version: 1 as const,
  service,
  sent: iso(now),
  events: [
    {
      id: `test-${now}`,
      event: 'test' as const,
      alert: {
        id: 0,
        code: 'test',
        severity: 'info' as const,
        title: 'A test',
        summary: `${who} asked for this message. Nothing is wrong.`,
        subject: null,
        raised: iso(now),
        resolved: null,
        acknowledgedBy: null,
      },
    },
  ],
});
