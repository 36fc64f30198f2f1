/** What the configuration was, and when: settings and rules as one document for every change. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { SyncRule } from '../../rules/model.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from './configuration.ts';
import { connectedSchemas, type LoadedRuleSet, tryRuleSet } from './rule-set.ts';

/** Secrets are not in it: the configuration itself only says where they are. */
export interface VersionContent {
  readonly settings: unknown;
  readonly ruleFiles: readonly { readonly name: string; readonly text: string }[];
  /** All rules as they run, out-of-box ones included. */
  readonly rules: readonly SyncRule[];
  readonly rulesVersion: string;
}

/** The configuration as a document; the place of the files is left out, because it differs from machine to machine. */
export function versionContent(config: LoadedConfiguration, loaded: LoadedRuleSet): VersionContent {
  return {
    settings: config.settings,
    ruleFiles: loaded.files.map((f) => ({ name: basename(f.path), text: f.text })),
    rules: loaded.rules.map((rule) =>
      rule.origin ? { ...rule, origin: { ...rule.origin, file: basename(rule.origin.file) } } : rule,
    ),
    rulesVersion: loaded.ruleSet.version,
  };
}

/**
 * Keeps the configuration as it is now, unless it is the one kept last. Returns the number of the version. `known`: its
 * rules, if somebody compiled them already.
 */
export function keepVersion(
  around: { readonly config: LoadedConfiguration; readonly store: Store; now(): number },
  who: string,
  reason: string,
  known?: LoadedRuleSet,
): number {
  const { config, store } = around;
  const last = store.administration.lastVersion();
  const attempt = known
    ? { ok: true as const, ...known }
    : tryRuleSet(config, { schemas: connectedSchemas(store, config) });
  if (!attempt.ok) return last?.id ?? 0;
  const { rulesVersion, ...content } = versionContent(config, attempt);
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  if (last?.hash === hash) return last.id;
  return store.administration.addVersion(around.now(), who, reason, hash, JSON.stringify({ ...content, rulesVersion }));
}
