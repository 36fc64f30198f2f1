/** Whether a domain controller lets this channel read passwords. */
import type { ChannelError, PasswordDomain } from './contract.ts';
import { channelError } from './domain-cycle.ts';

/** `error` is absent if passwords can be read from there. */
export interface ServerCheck {
  readonly namingContext: string;
  readonly server: string;
  readonly clockSkewMs?: number;
  readonly error?: ChannelError;
}

/** Never throws: what went wrong is in the answer. */
export async function checkServer(
  { namingContext, open }: PasswordDomain,
  server: string,
  now: () => number,
  signal: AbortSignal,
): Promise<ServerCheck> {
  try {
    const session = await open(server, signal);
    try {
      // The head of the domain is asked for with the very attributes that need both rights.
      (await session.single(namingContext))?.release();
      const skew = session.clockSkewMs === undefined ? {} : { clockSkewMs: session.clockSkewMs };
      return { namingContext, server, ...skew };
    } finally {
      await session.close();
    }
  } catch (error) {
    return { namingContext, server, error: channelError(error, now()) };
  }
}
