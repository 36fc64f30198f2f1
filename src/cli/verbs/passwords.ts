/** `causeway passwords status|sync|resync|check [REF]`: password hash synchronization. */
import type { Command } from 'commander';
import { acquireLease } from '../../scheduler/lease.ts';
import { openEngine, stateDirectory } from '../../service/engine/open-engine.ts';
import {
  type PasswordAnswer,
  type PasswordStatusFacts,
  passwordFacts,
  passwordUserFacts,
  passwordUsers,
} from '../../service/passwords/facts.ts';
import { type PasswordOrder, PasswordService } from '../../service/passwords/passwords.ts';
import { passwordConfigurations } from '../../service/passwords/settings.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, plain } from '../output.ts';
import { findService } from '../service-client.ts';
import { answerText, statusText, userText } from './passwords-text.ts';

export function registerPasswords(program: Command, context: () => CliContext): void {
  const passwords = program
    .command('passwords')
    .description('password hash synchronization: state, a cycle now, everything or one user again');
  passwords
    .command('status [reference]')
    .description('state of every domain; with a reference what became of the password of one user')
    .action((reference: string | undefined) => showStatus(context(), reference));
  passwords
    .command('sync [connector]')
    .description('a cycle now: what changed, and who is due')
    .action((connector: string | undefined) =>
      order(context(), '/passwords/sync', connector === undefined ? {} : { connector }, () => ({
        kind: 'sync',
        ...(connector === undefined ? {} : { connector }),
      })),
    );
  passwords
    .command('resync [reference]')
    .description('send again: one user, or everybody of a connector or domain, or everybody')
    .action((reference: string | undefined) => resync(context(), reference));
  passwords
    .command('check [connector]')
    .description('try every domain controller: there, signs in, grants both rights; sends nothing')
    .action((connector: string | undefined) =>
      order(context(), '/passwords/check', connector === undefined ? {} : { connector }, () => ({
        kind: 'check',
        ...(connector === undefined ? {} : { connector }),
      })),
    );
}

async function showStatus(cli: CliContext, reference: string | undefined): Promise<void> {
  using reading = cli.reading();
  if (reference === undefined) {
    const facts = passwordFacts(reading.store, reading.config);
    cli.answer(facts, () => statusText(facts, Date.now()));
    process.exitCode = isWell(facts) ? 0 : 1;
    return;
  }
  const users = await passwordUserFacts(reading.engine(), reading.config, reference);
  cli.answer({ users }, () => users.map(userText).join('\n\n'));
}

const isWell = (facts: PasswordStatusFacts): boolean =>
  facts.channels.every((c) => !c.lastError && c.domains.every((d) => !d.lastError));

/** A reference is a connector, a domain, or else a user. */
async function resync(cli: CliContext, reference: string | undefined): Promise<void> {
  const { actor } = cli;
  const whole = reference === undefined ? {} : scopeOf(cli, reference);
  if (whole) {
    await order(cli, '/passwords/resync', whole, () => ({ kind: 'resync', actor, ...whole }));
    return;
  }
  await order(cli, '/passwords/resync', { reference }, () => {
    using reading = cli.reading();
    return { kind: 'request', actor, users: passwordUsers(reading.store, reading.config, reference!) };
  });
  if (!cli.json) await showStatus(cli, reference);
}

function scopeOf(cli: CliContext, reference: string): { connector: string; namingContext?: string } | undefined {
  using reading = cli.reading();
  const wanted = reference.toLowerCase();
  for (const { connector, domains } of passwordFacts(reading.store, reading.config).channels) {
    if (connector.toLowerCase() === wanted) return { connector };
    const domain = domains.find((d) => [d.namingContext.toLowerCase(), dnsNameOf(d.namingContext)].includes(wanted));
    if (domain) return { connector, namingContext: domain.namingContext };
  }
  return undefined;
}

const dnsNameOf = (namingContext: string): string =>
  namingContext
    .toLowerCase()
    .replace(/^dc=/, '')
    .replaceAll(/,\s*dc=/g, '.');

/** Through the service if one runs, otherwise under the lease in this process. Exit 1 if anything failed. */
async function order(cli: CliContext, path: string, body: object, make: () => PasswordOrder): Promise<void> {
  const config = cli.config();
  if (passwordConfigurations(config).length === 0) {
    throw new CliError(
      'password-sync-disabled',
      `No connector of ${config.file} synchronizes passwords. Add "passwordHashSync: true" to the Active Directory connector.`,
    );
  }
  const service = await findService(config, cli.actor.who);
  const answer = service
    ? await service.send<{ channels: PasswordAnswer[] }>('POST', path, body)
    : { channels: await inProcess(cli, make()) };
  cli.answer(answer, () => answer.channels.map(answerText).join('\n'));
  if (answer.channels.some((c) => c.errors.length > 0)) process.exitCode = 1;
}

async function inProcess(cli: CliContext, wanted: PasswordOrder): Promise<PasswordAnswer[]> {
  const config = cli.config();
  using lease = acquireLease(stateDirectory(config), 'passwords');
  const env = openEngine(config, lease, {
    log: (level, message) => {
      if (level !== 'info') cli.note(`${mark(level === 'error' ? 'error' : 'warning')} ${plain(message)}`);
    },
    progress: () => {},
  });
  using _ = env.store;
  const service = new PasswordService(config, env);
  try {
    return await service.order(wanted);
  } finally {
    await service.stop();
  }
}
