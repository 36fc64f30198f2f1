/**
 * Everything that an administrator can change in the state. Carried out by whoever holds the lease: the engine's thread,
 * or a command in its own process. Each change is written down in the audit log together with what was there before.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Actor, type AuditEntry, recordAudit } from '../health/audit.ts';
import type { RuleFile } from '../rules/load.ts';
import { applyFieldChanges, type FieldChange } from '../scheduler/fields.ts';
import type { Store } from '../store/store.ts';
import { type AlertChange, applyAlertChange } from './alerts/alert-changes.ts';
import { type ConfigurationChange, writeConfiguration } from './configuration/change.ts';
import { type LoadedConfiguration, pathOf } from './configuration/configuration.ts';
import { connectedSchemas, problemText, ruleFiles, tryRuleSet, yamlFiles } from './configuration/rule-set.ts';
import { keepVersion, type VersionContent } from './configuration/versions.ts';
import { approvalOf, approve, withdrawApproval } from './engine/settings.ts';
import { deletePlan } from './facts/delete-plan.ts';
import { type DirectoryChanges, recordDirectoryChanges } from './precheck/record.ts';
import { Refusal } from './refusal.ts';

export type Change =
  | { readonly kind: 'set-scheduler'; readonly fields: readonly FieldChange[] }
  | { readonly kind: 'approve-deletes'; readonly connector: string; readonly hash: string }
  | { readonly kind: 'withdraw-approval'; readonly connector: string; readonly hash: string }
  | { readonly kind: 'save-draft'; readonly name: string; readonly text: string }
  | { readonly kind: 'remove-draft'; readonly name: string }
  | { readonly kind: 'publish-draft'; readonly name: string; readonly reason: string }
  | { readonly kind: 'restore-rules'; readonly version: number; readonly reason: string }
  | ConfigurationChange
  | DirectoryChanges
  | AlertChange
  /** Nothing but a line in the audit log, for what is done elsewhere. */
  | { readonly kind: 'note'; readonly entry: AuditEntry };

export interface ChangeSurroundings {
  readonly config: LoadedConfiguration;
  readonly store: Store;
  /** Milliseconds since 1970. */
  now(): number;
  /** Called after rule files were written. */
  rulesWritten(): void;
}

/** Carries a change out; returns plain JSON. Throws a Refusal, and then nothing was changed. */
export function applyChange(around: ChangeSurroundings, actor: Actor, change: Change): unknown {
  const { store } = around;
  const audit = (entry: AuditEntry) => recordAudit(store, around.now(), actor, entry);
  switch (change.kind) {
    case 'set-scheduler':
      return store.transaction(() => {
        const before = applyFieldChanges(store.records, change.fields);
        const after = Object.fromEntries(change.fields.map((c) => [c.field, c.value]));
        audit({ action: 'set-scheduler', before, after });
        return after;
      });
    case 'approve-deletes':
      return store.transaction(() => {
        const plan = requirePlan(around, change.connector, change.hash);
        approve(store, change.hash, actor.who, around.now());
        audit({
          action: 'approve-deletes',
          subject: change.connector,
          after: { hash: change.hash, deletes: plan.deletes },
        });
        return { connector: change.connector, hash: change.hash, deletes: plan.deletes };
      });
    case 'withdraw-approval':
      return store.transaction(() => {
        const before = approvalOf(store, change.hash);
        if (!before) throw new Refusal('not-found', `The plan ${change.hash} is not approved.`);
        withdrawApproval(store, change.hash);
        audit({ action: 'withdraw-approval', subject: change.connector, before: { hash: change.hash, ...before } });
        return { connector: change.connector, hash: change.hash };
      });
    case 'save-draft':
      return store.transaction(() => {
        checkName(change.name);
        const before = store.administration.draft(change.name)?.text;
        store.administration.saveDraft(change.name, around.now(), actor.who, change.text);
        audit({ action: 'save-draft', subject: change.name, before, after: change.text });
        return { name: change.name };
      });
    case 'remove-draft':
      return store.transaction(() => {
        const before = requireDraft(store, change.name);
        store.administration.removeDraft(change.name);
        audit({ action: 'remove-draft', subject: change.name, before });
        return { name: change.name };
      });
    case 'publish-draft':
      return publish(around, actor, change);
    case 'restore-rules':
      return restore(around, actor, change);
    case 'change-configuration':
      return writeConfiguration(around, actor, change);
    case 'directory-changed':
      store.transaction(() => recordDirectoryChanges(store, around.now(), actor, change));
      return {};
    case 'note':
      store.transaction(() => audit(change.entry));
      return {};
    default:
      return applyAlertChange(store, around.now(), actor, change);
  }
}

/** An approval is good for the plan that was looked at and no other (law 5). */
function requirePlan({ store, config }: ChangeSurroundings, connector: string, hash: string) {
  const plan = deletePlan(store, config, connector);
  if (plan.deletes === 0) throw new Refusal('conflict', `Nothing would be deleted in ${connector}.`);
  if (plan.hash !== hash) {
    throw new Refusal(
      'conflict',
      `The deletes in ${connector} are not those that were looked at any more: now there are ${plan.deletes}. Look at them again and approve them as they are.`,
      { code: 'plan-changed', facts: { hash: plan.hash, deletes: plan.deletes } },
    );
  }
  return plan;
}

function checkName(name: string): void {
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/i.test(name)) {
    throw new Refusal(
      'bad-argument',
      `"${name}" cannot name a rule file: use letters, digits, "-" and "_", without ".yaml".`,
    );
  }
}

function requireDraft(store: Store, name: string): string {
  const draft = store.administration.draft(name);
  if (!draft) throw new Refusal('not-found', `There is no draft "${name}".`);
  return draft.text;
}

/** The folder that published rules are written to. */
function ruleFolder(config: LoadedConfiguration): string {
  const { directory } = config.settings.rules;
  if (directory === undefined) {
    throw new Refusal(
      'conflict',
      `${config.file} names no folder for rules, so nothing can be published. Add "directory: ./rules" under "rules" and start again.`,
    );
  }
  return pathOf(config, directory);
}

/** The files as they would be with one replaced or added; a file keeps the extension it has. */
export function filesWith(config: LoadedConfiguration, name: string, text: string): RuleFile[] {
  const { directory } = config.settings.rules;
  const folder = directory === undefined ? '' : pathOf(config, directory);
  const files = directory === undefined || !existsSync(folder) ? [] : ruleFiles(config);
  const isIt = (file: RuleFile) => basename(file.path).replace(/\.ya?ml$/, '') === name;
  const path = files.find(isIt)?.path ?? join(folder, `${name}.yaml`);
  return [...files.filter((f) => !isIt(f)), { path, text }].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function publish(
  around: ChangeSurroundings,
  actor: Actor,
  change: Extract<Change, { kind: 'publish-draft' }>,
): { version: number; file: string } {
  const { config, store } = around;
  const folder = ruleFolder(config);
  const text = requireDraft(store, change.name);
  const files = filesWith(config, change.name, text);
  const path = files.find((f) => f.text === text && basename(f.path).replace(/\.ya?ml$/, '') === change.name)!.path;
  requireRules(around, files);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  mkdirSync(folder, { recursive: true });
  writeWhole(path, text);
  around.rulesWritten();
  const version = store.transaction(() => {
    store.administration.removeDraft(change.name);
    recordAudit(store, around.now(), actor, { action: 'publish-rules', subject: basename(path), before, after: text });
    return keepVersion(around, actor.who, change.reason);
  });
  return { version, file: path };
}

function restore(
  around: ChangeSurroundings,
  actor: Actor,
  change: Extract<Change, { kind: 'restore-rules' }>,
): { version: number; files: string[] } {
  const { config, store } = around;
  const folder = ruleFolder(config);
  const row = store.administration.version(change.version);
  if (!row) throw new Refusal('not-found', `There is no configuration version ${change.version}.`);
  const content = JSON.parse(row.content) as VersionContent;
  const files = content.ruleFiles.map((f) => ({ path: join(folder, f.name), text: f.text }));
  requireRules(around, files);
  mkdirSync(folder, { recursive: true });
  const names = new Set(content.ruleFiles.map((f) => f.name));
  const before = yamlFiles(folder).map((path) => basename(path));
  for (const name of before) if (!names.has(name)) rmSync(join(folder, name));
  for (const file of files) writeWhole(file.path, file.text);
  around.rulesWritten();
  const version = store.transaction(() => {
    const after = { version: change.version, files: [...names] };
    recordAudit(store, around.now(), actor, { action: 'restore-rules', before: { files: before }, after });
    return keepVersion(around, actor.who, change.reason);
  });
  return { version, files: [...names] };
}

function requireRules({ config, store }: ChangeSurroundings, files: readonly RuleFile[]): void {
  const attempt = tryRuleSet(config, { files, schemas: connectedSchemas(store, config) });
  if (attempt.ok) return;
  throw new Refusal('rule-problems', attempt.problems.map(problemText).join('\n'), {
    facts: { problems: attempt.problems },
  });
}

/** Either the whole new file or the whole old one is there afterwards. */
function writeWhole(path: string, text: string): void {
  const beside = join(dirname(path), `.${basename(path)}.new`);
  writeFileSync(beside, text);
  renameSync(beside, path);
}
