/** Small parts that a service is put together from. */
import { existsSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { TrendFacts } from '../health/trend-alerts.ts';
import type { Channel } from './alerts/channels.ts';
import { type LoadedConfiguration, readSecret } from './configuration/configuration.ts';
import { OpenIdConnect } from './sign-in/openid-connect.ts';
import { type PartState, Supervisor } from './supervisor.ts';
import { startTenantThread, type TenantThread } from './tenant-thread.ts';

/** Calls back after so many milliseconds; returns how to call it off. */
export const later = (ms: number, work: () => void): (() => void) => {
  const timer = setTimeout(work, Math.min(ms, 2 ** 31 - 1));
  return () => clearTimeout(timer);
};
/** The same, for what keeps no process alive. */
export const laterIdly = (ms: number, work: () => void): (() => void) => {
  const timer = setTimeout(work, Math.min(ms, 2 ** 31 - 1)).unref();
  return () => clearTimeout(timer);
};

/** Resolves after so many milliseconds; keeps no process alive. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => void laterIdly(ms, resolve));

/** A value that is worked out at most once an hour. */
export function hourly<T>(work: () => T, now: () => number = Date.now): () => T {
  let known: { readonly at: number; readonly value: T } | undefined;
  return () => {
    if (!known || now() - known.at > 3_600_000) known = { at: now(), value: work() };
    return known.value;
  };
}

/** What is told when a part ended. */
export const endedText = (name: string, state: Extract<PartState, { kind: 'down' }>): string =>
  `${name} ended unexpectedly; it is started again in ${Math.max(1, Math.round((state.nextAttempt - state.since) / 1000))} s.`;

/** Bytes left where a folder is. */
export function freeBytes(folder: string): number | undefined {
  if (!existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Bytes that this process may have: of the machine, or of the container around it. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Sign-in with the provider of the configuration; undefined if it names none. */
export function openIdOf(config: LoadedConfiguration, publicUrl: string): OpenIdConnect | undefined {
  const { signIn } = config.settings.service;
  if (!signIn) return undefined;
  return new OpenIdConnect({
    issuer: signIn.issuer,
    clientId: signIn.clientId,
    ...(signIn.clientSecret
      ? { clientSecret: readSecret(config, signIn.clientSecret, 'client secret of the sign-in') }
      : {}),
    roles: signIn.roles,
    redirectUri: `${publicUrl}/sign-in/callback`,
  });
}

/** States of the threads that there are. */
export const statesOf = (
  parts: Readonly<Record<string, { readonly state: PartState } | undefined>>,
): Readonly<Record<string, PartState>> =>
  Object.fromEntries(Object.entries(parts).flatMap(([name, part]) => (part ? [[name, part.state]] : [])));

/** Channels that did not get through the last time. */
export const silentChannels = (channels: readonly Channel[]): TrendFacts['silent'] =>
  channels.flatMap(({ channel, courier: { failures } }) =>
    failures.attempts === 0 ? [] : [{ channel, attempts: failures.attempts, reason: failures.reason }],
  );

/** Keeps the local tenant running; `changed` is told its name and state. */
export function superviseTenant(
  config: LoadedConfiguration,
  changed: (name: string, state: PartState) => void,
): Supervisor<TenantThread> {
  const options = {
    start: () => startTenantThread(config.file),
    now: Date.now,
    later,
    changed: (state: PartState) => changed('The local tenant', state),
  };
  return new Supervisor(options, {
    code: 'tenant-down',
    name: 'The local tenant',
    meanwhile: 'Exports to it are tried again when it is back.',
  });
}
