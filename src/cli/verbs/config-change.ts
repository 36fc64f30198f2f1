/** `causeway config set|apply|reload`: changes causeway.yaml, through the service if one runs. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'yaml';
import type { ConfigurationAnswer } from '../../service/changeover.ts';
import type { WrittenConfiguration } from '../../service/configuration/change.ts';
import { type ConfigurationEdit, configurationFile } from '../../service/configuration/change.ts';
import { type ConfigurationPlan, configurationPlan } from '../../service/facts/configuration-plan.ts';
import { type CliContext, CliError } from '../context.ts';
import { changeState, type ServiceCall } from '../engine-access.ts';
import { mark, plain } from '../output.ts';
import { findService, type ServiceClient } from '../service-client.ts';
import { diffText } from './config.ts';

interface ChangeArguments {
  readonly preview?: boolean;
  readonly reason?: string;
}

export function registerConfigChanges(config: Command, context: () => CliContext): void {
  const verb = (name: string, description: string) =>
    config
      .command(name)
      .description(description)
      .option('--preview', 'only tell what would be different')
      .option('--reason <text>', 'why, for the versions and the audit log');
  verb('set <path> <value>', 'change one setting, such as scheduler.interval 20m; lists are counted from 0').action(
    (path: string, value: string, options: ChangeArguments) =>
      changeConfiguration(context(), { kind: 'place', change: { path: pathOf(path), value: yamlOf(value) } }, options),
  );
  verb('unset <path>', 'take one setting out, so that its default is in force').action(
    (path: string, options: ChangeArguments) =>
      changeConfiguration(context(), { kind: 'place', change: { path: pathOf(path), value: null } }, options),
  );
  verb('apply <file>', 'put another causeway.yaml in the place of the one in use').action(
    (file: string, options: ChangeArguments) => {
      const cli = context();
      const { hash } = configurationFile(cli.config());
      return changeConfiguration(cli, { kind: 'text', text: textOf(file), expected: hash }, options);
    },
  );
  verb('reload', 'put causeway.yaml into force as it is; secrets and certificates are read again').action(
    (options: ChangeArguments) => changeConfiguration(context(), { kind: 'reload' }, options),
  );
}

async function changeConfiguration(cli: CliContext, edit: ConfigurationEdit, options: ChangeArguments): Promise<void> {
  const service = await findService(cli.config(), cli.actor.who);
  const isPreview = options.preview === true;
  const answer = service
    ? await throughService(service, edit, options.reason ?? '', isPreview)
    : await inProcess(cli, edit, options.reason ?? '', isPreview);
  cli.answer(answer, () => answerText(answer, service !== undefined));
}

type Answer = ConfigurationPlan & { readonly version: ConfigurationAnswer['version'] | null };

function throughService(
  service: ServiceClient,
  edit: ConfigurationEdit,
  reason: string,
  isPreview: boolean,
): Promise<Answer> {
  const { method, path, body } = callOf(edit, reason);
  return service.send(method, `${path}${isPreview ? '?preview=true' : ''}`, body);
}

function callOf(edit: ConfigurationEdit, reason: string): ServiceCall {
  switch (edit.kind) {
    case 'place':
      return { method: 'PATCH', path: '/configuration', body: { ...edit.change, reason } };
    case 'text':
      return { method: 'PUT', path: '/configuration/file', body: { text: edit.text, expected: edit.expected, reason } };
    case 'reload':
      return { method: 'POST', path: '/configuration/reload', body: { reason } };
  }
}

async function inProcess(
  cli: CliContext,
  edit: ConfigurationEdit,
  reason: string,
  isPreview: boolean,
): Promise<Answer> {
  const plan = planned(cli, edit);
  if (isPreview) return { ...plan, version: null };
  const written = await changeState(cli, { kind: 'change-configuration', edit, reason }, callOf(edit, reason));
  return { ...plan, needsRestart: [], version: (written as WrittenConfiguration).version };
}

function planned(cli: CliContext, edit: ConfigurationEdit): ConfigurationPlan {
  using reading = cli.reading();
  return configurationPlan(reading, cli.actor, edit);
}

function answerText({ changes, notes, version }: Answer, isRunning: boolean): string {
  return [
    diffText({ settings: [...changes], rules: [] }),
    ...notes.map((n) => `${mark('warning')} ${plain(n)}`),
    version === null
      ? 'Nothing was written.'
      : `${mark('ok')} Version ${version}${isRunning ? ' is in force.' : '; no service runs, the next command or start uses it.'}`,
  ].join('\n');
}

/** Keys with dots between; a name with a dot in it is given as JSON: ["connectors", 0, "name"]. */
function pathOf(text: string): (string | number)[] {
  if (text.startsWith('[')) {
    const path: unknown = yamlOf(text);
    if (Array.isArray(path) && path.every((p) => typeof p === 'string' || typeof p === 'number')) return path;
    throw new CliError(
      'bad-argument',
      `"${text}" is no path: a list of keys, such as ["connectors", 0, "partitions"].`,
    );
  }
  return text.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

/** A value as it would stand in the file. */
function yamlOf(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new CliError(
      'bad-argument',
      `"${text}" is no value of a YAML file: ${(error as Error).message.split('\n')[0]}`,
    );
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError('cannot-read-file', `${file} cannot be read (${code}).`);
  }
}
