/**
 * A change of `causeway.yaml`: checked completely before a byte is written, written as a whole, kept as a version. What
 * makes it effective is elsewhere (see changeover.ts).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import type { ConfigurationChange as PlaceChange } from '../../diagnosis/fix/action.ts';
import { editConfiguration } from '../../diagnosis/fix/configuration.ts';
import { FixError } from '../../diagnosis/fix/fix-error.ts';
import { type Actor, recordAudit } from '../../health/audit.ts';
import type { Store } from '../../store/store.ts';
import { makeChannels } from '../alerts/channels.ts';
import { makeConnectors } from '../engine/make-connectors.ts';
import { type SettingChange, settingChanges } from '../facts/configuration-diff.ts';
import { passwordConfigurations } from '../passwords/settings.ts';
import { Refusal } from '../refusal.ts';
import { ConfigurationError, type LoadedConfiguration, loadConfiguration, readSecret } from './configuration.ts';
import { connectedSchemas, type LoadedRuleSet, problemText, tryRuleSet } from './rule-set.ts';
import type { Configuration } from './schema.ts';
import { keepVersion } from './versions.ts';
import { replaceFile } from './write.ts';

/** Characters of a configuration. */
const longestText = 500_000;
const hashText = z.string().regex(/^[0-9a-f]{64}$/, 'must be the hash of a configuration file');
const reason = z.string().max(1000).default('');

export const placeEditSchema = z
  .strictObject({
    path: z
      .array(z.union([z.string().max(256), z.int().min(0)]))
      .min(1)
      .max(20)
      .describe('Keys and places down to what changes, such as ["connectors", 0, "partitions", 0, "include"].'),
    from: z
      .string()
      .max(2048)
      .optional()
      .describe('The entry of a list that goes; refused if it is not there any more.'),
    to: z.string().max(2048).optional().describe('The entry of a list that comes.'),
    value: z.json().optional().describe('Instead of both: what stands at the path then; null takes the key away.'),
    reason,
  })
  .refine((e) => (e.value !== undefined) !== (e.from !== undefined || e.to !== undefined), {
    message: 'give either "value", or "from" and "to"',
  });
export const textEditSchema = z.strictObject({
  text: z.string().max(longestText).describe('The whole file.'),
  expected: hashText.describe('Hash of the file that was looked at: refused if it is another one by now.'),
  reason,
});
/** Nothing to change in the file: it is to be put into force as it is. */
export const reloadSchema = z.strictObject({ reason });

export type ConfigurationEdit =
  | { readonly kind: 'place'; readonly change: Omit<PlaceChange, 'kind'> }
  | { readonly kind: 'text'; readonly text: string; readonly expected: string }
  | { readonly kind: 'reload' };

export interface ConfigurationChange {
  readonly kind: 'change-configuration';
  readonly edit: ConfigurationEdit;
  readonly reason: string;
}
/** What a change is about to do. */
export interface PlannedConfiguration {
  readonly before: string;
  readonly after: string;
  readonly config: LoadedConfiguration;
  readonly rules: LoadedRuleSet;
  /** Against the configuration in force. */
  readonly changes: readonly SettingChange[];
}
export interface WrittenConfiguration {
  readonly version: number;
  readonly changes: readonly SettingChange[];
  /** Text of the file before and after. */
  readonly before: string;
  readonly after: string;
}

export const hashOfText = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Parts that a running service cannot exchange under its own feet; they are effective after the next start. */
export const lastingParts = ['service.listen', 'service.tls', 'service.publicUrl'] as const;
export const needsRestart = (changes: readonly SettingChange[]): string[] =>
  lastingParts.filter((part) => changes.some((c) => c.path === part || c.path.startsWith(`${part}.`)));

/** The file as it is. Throws a Refusal if it cannot be read. */
export function configurationFile(config: LoadedConfiguration): { readonly text: string; readonly hash: string } {
  try {
    const text = readFileSync(config.file, 'utf8');
    return { text, hash: hashOfText(text) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Refusal('unavailable', `The configuration ${config.file} cannot be read (${code}).`);
  }
}

/**
 * What a change would make of the file: schema, references to secrets, rules, connectors and channels are tried. Throws a
 * Refusal with every problem, and for what the actor may not do; nothing is written.
 */
export function planConfiguration(
  around: { readonly config: LoadedConfiguration; readonly store: Store },
  actor: Actor,
  edit: ConfigurationEdit,
): PlannedConfiguration {
  const { config: inForce, store } = around;
  const { text: before, hash } = configurationFile(inForce);
  const after = textAfter(edit, before, hash);
  try {
    const config = loadConfiguration(inForce.file, () => after);
    requireSameState(inForce, config);
    // Against the file: what somebody with a right to write it put there by hand is no wish of whoever asks now.
    if (actor.how !== 'command-line')
      requireHarmless(
        loadConfiguration(inForce.file, () => before),
        config,
      );
    const rules = tryRuleSet(config, { schemas: connectedSchemas(store, config) });
    if (!rules.ok)
      throw new Refusal('rule-problems', rules.problems.map(problemText).join('\n'), {
        facts: { problems: rules.problems },
      });
    tryParts(config);
    return { before, after, config, rules, changes: settingChanges(inForce.settings, config.settings) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new Refusal('bad-argument', error.message, { code: error.code, facts: { problems: error.problems } });
  }
}

function textAfter(edit: ConfigurationEdit, before: string, hash: string): string {
  switch (edit.kind) {
    case 'reload':
      return before;
    case 'text':
      if (edit.expected === hash) return edit.text;
      throw new Refusal(
        'conflict',
        'The configuration file is not the one that was looked at any more. Look at it again and repeat the change on what it is now.',
        { code: 'configuration-changed', facts: { hash } },
      );
    case 'place':
      try {
        return editConfiguration(before, { kind: 'configuration', ...edit.change });
      } catch (error) {
        if (error instanceof FixError) throw new Refusal('conflict', error.message, { code: error.code });
        // The file cannot be read as YAML, or a key was asked for in something that has none.
        if (error instanceof Error && error.constructor === Error)
          throw new Refusal('bad-argument', `The change does not fit the file: ${error.message}.`);
        throw error;
      }
  }
}

function requireSameState(inForce: LoadedConfiguration, config: LoadedConfiguration): void {
  if (inForce.settings.stateDirectory === config.settings.stateDirectory) return;
  throw new Refusal(
    'conflict',
    `"stateDirectory" cannot be changed while the service runs: it keeps the state that it was started with. Stop the service, edit ${config.file}, move the state, and start it.`,
    { code: 'service-runs' },
  );
}

/**
 * Somebody in a browser may change what is synchronized, and how; not where secrets are read from, to whom they are sent,
 * which files are written, or who may sign in: with that an administrator of the console would become the user who runs
 * the service. Whoever can write the file anyway may do it on the command line of this machine.
 */
function requireHarmless(before: LoadedConfiguration, after: LoadedConfiguration): void {
  const [guarded] = settingChanges(guardedParts(before.settings), guardedParts(after.settings));
  if (!guarded) return;
  throw new Refusal(
    'forbidden',
    `"${guarded.path}" can only be changed on the machine of the service: it says where secrets are, where they are sent, which files are used or who may sign in. Use the command line there: causeway config apply FILE`,
    { code: 'only-on-the-machine', facts: { path: guarded.path } },
  );
}

function guardedParts(settings: Configuration): unknown {
  const { scheduler: _, limits: __, sourceAnchor: ___, rules, connectors, ...rest } = settings;
  return {
    ...rest,
    rules: { directory: rules.directory },
    connectors: connectors.map((c) => {
      if (c.type === 'entra') return c;
      const { partitions: ____, objectClasses: _____, groupFilter: ______, ...guarded } = c;
      return guarded;
    }),
  };
}

/** Makes everything that an engine and a service would make of it, and throws it away. Throws a ConfigurationError. */
function tryParts(config: LoadedConfiguration): void {
  makeConnectors(config);
  passwordConfigurations(config);
  makeChannels(config, { now: Date.now, fetch, print: () => {} });
  const secret = config.settings.service.signIn?.clientSecret;
  if (secret) readSecret(config, secret, 'client secret of the sign-in');
}

/** Writes the file, then the version and a line in the audit log. Throws a Refusal, and then nothing was changed. */
export function writeConfiguration(
  around: { readonly config: LoadedConfiguration; readonly store: Store; now(): number },
  actor: Actor,
  { edit, reason }: Pick<ConfigurationChange, 'edit' | 'reason'>,
): WrittenConfiguration {
  const { store } = around;
  const { before, after, config, rules, changes } = planConfiguration(around, actor, edit);
  if (after !== before) replaceFile(config.file, after);
  try {
    return store.transaction(() => {
      const side = (name: 'before' | 'after') => Object.fromEntries(changes.map((c) => [c.path, c[name] ?? null]));
      recordAudit(store, around.now(), actor, {
        action: 'change-configuration',
        subject: basename(config.file),
        before: { hash: hashOfText(before), settings: side('before') },
        after: { hash: hashOfText(after), settings: side('after'), ...(reason ? { reason } : {}) },
      });
      const version = keepVersion({ ...around, config }, actor.who, reason || 'the configuration was changed', rules);
      return { version, changes, before, after };
    });
  } catch (error) {
    if (after !== before) replaceFile(config.file, before);
    throw error;
  }
}
