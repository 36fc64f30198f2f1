/** The channels of the configuration, ready to send. */
import { appendFile } from 'node:fs/promises';
import type { Audience, Severity } from '../../health/alert-book.ts';
import { Courier, lines, type Sink, webhook } from '../../health/delivery.ts';
import { durationMs } from '../../model/duration.ts';
import { type LoadedConfiguration, pathOf, readSecret } from '../configuration/configuration.ts';
import type { ChannelConfiguration } from '../configuration/schema.ts';

export interface Channel extends Audience {
  readonly type: ChannelConfiguration['type'];
  /** Where it leads, without anything secret. */
  readonly target: string;
  readonly courier: Courier;
}
export interface ChannelSurroundings {
  readonly now: () => number;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly print: (text: string) => void;
}

/** Throws a ConfigurationError for a secret that is not there. */
export function makeChannels(config: LoadedConfiguration, around: ChannelSurroundings): Channel[] {
  return config.settings.notifications.channels.map((c) => {
    const { sink, target } = sinkOf(config, c, around);
    return {
      channel: c.name,
      type: c.type,
      target,
      minimum: c.severity as Severity,
      ...(c.remind === undefined ? {} : { remindMs: durationMs(c.remind) }),
      courier: new Courier(c.name, sink, around.now),
    };
  });
}

function sinkOf(
  config: LoadedConfiguration,
  c: ChannelConfiguration,
  around: ChannelSurroundings,
): { sink: Sink; target: string } {
  switch (c.type) {
    case 'webhook': {
      const url = typeof c.url === 'string' ? c.url : readSecret(config, c.url, `address of the channel ${c.name}`);
      const secret = c.secret ? readSecret(config, c.secret, `secret of the channel ${c.name}`) : undefined;
      // Many services carry their secret in the path.
      const target = URL.canParse(url) ? new URL(url).origin : 'an address that is none';
      return { sink: webhook({ url, secret, fetch: around.fetch, now: around.now }), target };
    }
    case 'file': {
      const path = pathOf(config, c.path);
      return { sink: lines((text) => appendFile(path, text, { mode: 0o600 })), target: path };
    }
    case 'stdout':
      return { sink: lines(around.print), target: 'standard output' };
  }
}
