/** Findings for the console: of the whole system, or of one object, with the fixes that can be applied from here. */
import { z } from 'zod';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import { type Ambiguous, type Diagnosis, diagnoseAll, diagnoseObject } from '../../diagnosis/diagnose.ts';
import type { Finding, Fix } from '../../diagnosis/findings/finding.ts';
import type { FixAction } from '../../diagnosis/fix/action.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { makeConnectors } from '../engine/make-connectors.ts';
import type { ReadingState } from '../readings.ts';
import type { Role } from '../sign-in/roles.ts';
import { storeDiagnosis } from './copies.ts';
import { numberCursor } from './page.ts';
import { systemFacts } from './system-facts.ts';

/** Milliseconds after which a diagnosis is given up. */
const longest = 300_000;

/** Asks every detector, with live connections where that is the evidence. Reads only. */
export async function diagnosisFacts(state: ReadingState, reference?: string): Promise<Diagnosis | Ambiguous> {
  const signal = AbortSignal.timeout(longest);
  await using live = new LiveConnections(makeConnectors(state.config), signal);
  const engine = state.reading.engine(state.rules());
  const context = {
    engine,
    store: engine.store,
    now: Date.now(),
    facts: systemFacts(state.config, state.store),
    live,
    signal,
  };
  let told: Diagnosis | Ambiguous;
  try {
    told = reference === undefined ? await diagnoseAll(context) : await diagnoseObject(context, reference);
  } catch (error) {
    // A page that was damaged long ago is met only when it is read.
    told = storeDiagnosis(state.config, error, context.now);
  }
  const writable = writableOf(state.config);
  return told.kind === 'diagnosis' ? { ...told, findings: told.findings.map((f) => withRoles(f, writable)) } : told;
}

/** Of the directories only Active Directory can be written: other fixes are shown, to be done by hand. */
export const writableOf = ({ settings }: LoadedConfiguration): ReadonlySet<string> =>
  new Set(settings.connectors.filter((c) => c.type === 'active-directory').map((c) => c.name));

function canApply(action: FixAction, writable: ReadonlySet<string>): boolean {
  switch (action.kind) {
    case 'sequence':
      return action.actions.every((a) => canApply(a, writable));
    case 'directory':
    case 'directory-delete':
      return writable.has(action.connector);
    default:
      return true;
  }
}

/** Who may carry a fix out. */
export function roleOf(action: FixAction): Role {
  switch (action.kind) {
    case 'scheduler':
    case 'configuration':
      return 'admin';
    case 'approve-deletes':
      return 'approver';
    case 'sequence': {
      const roles = action.actions.map(roleOf);
      return roles.find((r) => r === 'admin') ?? roles.find((r) => r === 'approver') ?? 'operator';
    }
    default:
      return 'operator';
  }
}

/** A finding whose fixes say who may carry them out from here. */
export const withRoles = (finding: Finding, writable: ReadonlySet<string>): Finding => ({
  ...finding,
  fix: finding.fix.map((fix): Fix & { readonly needs?: Role } =>
    fix.applicable && fix.action
      ? { ...fix, applicable: canApply(fix.action, writable), needs: roleOf(fix.action) }
      : { ...fix, applicable: false },
  ),
});

export const diagnosisQuery = z.object({
  reference: z.string().max(2048).optional().describe('Only what concerns this object.'),
  cursor: z.string().max(16).optional().describe('Where the page begins: `next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(500).default(200).describe('Findings of the page.'),
  fresh: z.stringbool().default(false).describe('Look again, although nothing is known to have changed.'),
});
export const diagnosisSchema = z.looseObject({
  kind: z.enum(['diagnosis', 'ambiguous', 'not-found']),
  verdict: z.string(),
  findings: z
    .array(z.looseObject({ id: z.string(), code: z.string() }))
    .optional()
    .describe('Worst first.'),
  total: z.number().int().optional().describe('Findings of all pages.'),
  next: z.string().nullable().optional().describe('Cursor of the page after; null if this is the last.'),
});

/** One page of the findings; nothing is told twice, as long as the diagnosis is the same. */
export function diagnosisPage(
  told: Diagnosis | Ambiguous,
  { cursor, limit }: Pick<z.infer<typeof diagnosisQuery>, 'cursor' | 'limit'>,
): unknown {
  if (told.kind !== 'diagnosis') return told;
  const from = numberCursor(cursor, 0);
  const findings = told.findings.slice(from, from + limit);
  const next = from + limit < told.findings.length ? String(from + limit) : null;
  return { ...told, findings, total: told.findings.length, next };
}
