/** The log of the service: structured lines in a file of the state directory, without secrets. */
import { existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { destination, type Logger, pino } from 'pino';
import { type LoadedConfiguration, readSecret } from './configuration/configuration.ts';
import type { SecretReference } from './configuration/schema.ts';

export interface ServiceLog extends Disposable {
  readonly log: Logger;
  readonly file: string;
  /** The secrets of another configuration are kept out, too. */
  use(config: LoadedConfiguration): void;
}

/** Bytes from which a log begins anew; one old log is kept. */
const longestBytes = 20 * 1024 * 1024;
/** Shorter texts are no secrets but would make words unreadable. */
const shortestSecret = 6;

/** Opens `causeway.log` of the state directory. */
export function openLog(config: LoadedConfiguration, stateDirectory: string): ServiceLog {
  const file = join(stateDirectory, 'causeway.log');
  let bytes = existsSync(file) ? statSync(file).size : 0;
  const target = destination({ dest: file, append: true, sync: true, mode: 0o600 });
  const secrets = new Set(secretsOf(config));
  let scrub = scrubber([...secrets]);
  const log = pino(
    {
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: {
        streamWrite(line) {
          bytes += line.length;
          if (bytes > longestBytes) {
            bytes = line.length;
            renameSync(file, `${file}.1`);
            target.reopen();
          }
          return scrub(line);
        },
      },
    },
    target,
  );
  return {
    log,
    file,
    use(other) {
      for (const secret of secretsOf(other)) secrets.add(secret);
      scrub = scrubber([...secrets]);
    },
    [Symbol.dispose]: () => target.end(),
  };
}

/** A function that takes secrets out of text, in whatever way JSON writes them. */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(
    secrets
      .filter((s) => s.length >= shortestSecret)
      .flatMap((s) => [s, JSON.stringify(s).slice(1, -1), encodeURIComponent(s), Buffer.from(s).toString('base64')]),
  );
  return (text) => {
    let clean = text;
    for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, '[secret]');
    return clean;
  };
}

/** The secrets that the configuration refers to, as far as they can be read. */
export function secretsOf(config: LoadedConfiguration): string[] {
  const references: SecretReference[] = [];
  for (const c of config.settings.connectors) {
    if (c.type === 'active-directory') {
      references.push(c.bind.password);
      if (typeof c.passwordHashSync === 'object' && c.passwordHashSync.bind)
        references.push(c.passwordHashSync.bind.password);
    }
    if (c.type === 'entra' && 'secret' in c.credential) references.push(c.credential.secret);
  }
  const signIn = config.settings.service.signIn?.clientSecret;
  if (signIn) references.push(signIn);
  for (const c of config.settings.notifications.channels) {
    if (c.type !== 'webhook') continue;
    if (c.secret) references.push(c.secret);
    if (typeof c.url !== 'string') references.push(c.url);
  }
  return references.flatMap((reference) => {
    try {
      return [readSecret(config, reference, 'secret')];
    } catch {
      // Whoever needs the secret tells that it is missing; a secret that nobody has cannot leak.
      return [];
    }
  });
}
