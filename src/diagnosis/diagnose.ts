/** Diagnosis: asks every detector, for one object or for everything. Reads only (law 8). */

import { absence } from './detectors/absence.ts';
import { detectors } from './detectors/all.ts';
import type { Detector, DiagnosisContext, Focus } from './diagnose-context.ts';
import { findObjects, searchObjects } from './find.ts';
import { bySeverity, type Finding, type FindingFacts, type Fix, makeFinding } from './findings/finding.ts';
import { withRecordedTime } from './findings/record.ts';
import type { FixAction } from './fix/action.ts';

export interface Diagnosis {
  readonly kind: 'diagnosis';
  /** What was asked for; absent for the whole system. */
  readonly reference?: string;
  /** One sentence. */
  readonly verdict: string;
  readonly findings: readonly Finding[];
  /** What could not be read, so that nothing is known of it; absent if everything could. */
  readonly unseen?: readonly string[];
}
/** The reference means several objects; nothing was looked at. */
export interface Ambiguous {
  readonly kind: 'ambiguous' | 'not-found';
  readonly reference: string;
  readonly verdict: string;
  readonly candidates: readonly { readonly reference: string; readonly name: string; readonly type: string }[];
}

/** The findings of the whole system. */
export async function diagnoseAll(context: DiagnosisContext): Promise<Diagnosis> {
  const findings = await detect(context);
  return toldOf(context, findings);
}

/** An answer that says what it does not know. */
function toldOf(context: DiagnosisContext, findings: readonly Finding[], reference?: string): Diagnosis {
  const unseen = context.live?.unseen?.() ?? [];
  const verdict = verdictOf(findings, reference);
  return {
    kind: 'diagnosis',
    ...(reference === undefined ? {} : { reference }),
    verdict: unseen.length === 0 ? verdict : `${verdict} Not everything could be read.`,
    findings,
    ...(unseen.length === 0 ? {} : { unseen }),
  };
}

/** The findings that concern one object, or why it is not here. */
export async function diagnoseObject(context: DiagnosisContext, reference: string): Promise<Diagnosis | Ambiguous> {
  const found = findObjects(context.store, reference);
  if (found.length > 1) {
    const candidates = found.flatMap((f) => {
      const hit = f.mv === null ? undefined : searchObjects(context.store, 'mv', `mv:${f.mv}`, 1)[0];
      const cs = f.cs[0] === undefined ? undefined : searchObjects(context.store, 'cs', `cs:${f.cs[0]}`, 1)[0];
      const one = hit ?? cs;
      return one ? [{ reference: cs?.dn ?? `${one.space}:${one.id}`, name: one.name, type: one.type }] : [];
    });
    return {
      kind: 'ambiguous',
      reference,
      verdict: `"${reference}" means ${found.length} objects; name one of them by its DN.`,
      candidates,
    };
  }
  if (found.length === 0 && reference.includes('=') && !isName(reference)) return notFound(context, reference);
  const focus: Focus = { reference, mv: found[0]?.mv ?? null, cs: new Set(found[0]?.cs ?? []) };
  const findings = await detect({ ...context, focus });
  if (found.length === 0 && findings.length === 0) return notFound(context, reference);
  return toldOf(context, findings, reference);
}

/** Only Active Directory can be written to; fixes of other directories are shown, and made by hand. */
function writable(context: DiagnosisContext, facts: FindingFacts): FindingFacts {
  if (!facts.fix) return facts;
  const closed = new Set(
    context.engine.all.filter((c) => c.settings.connector.type !== 'active-directory').map((c) => c.row.name),
  );
  const isClosed = (action: FixAction): boolean =>
    action.kind === 'sequence'
      ? action.actions.some(isClosed)
      : (action.kind === 'directory' || action.kind === 'directory-delete') && closed.has(action.connector);
  const fix = facts.fix.map((f): Fix => {
    if (!f.action || !isClosed(f.action)) return f;
    const { action: _, ...shown } = f;
    return { ...shown, applicable: false };
  });
  return { ...facts, fix };
}

/** Whether a text with `=` in it begins like a distinguished name (RFC 4514 s.3). */
const isName = (text: string): boolean => /^\s*(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)+)\s*=/i.test(text);

function notFound(context: DiagnosisContext, reference: string): Ambiguous {
  const near = searchObjects(context.store, 'mv', reference.slice(0, 3), 5);
  return {
    kind: 'not-found',
    reference,
    verdict: `Nothing here is called "${reference}".`,
    candidates: near.map((h) => ({ reference: `mv:${h.id}`, name: h.name, type: h.type })),
  };
}

/** What some detectors find; default all. */
export async function detect(context: DiagnosisContext, asked: readonly Detector[] = detectors): Promise<Finding[]> {
  const findings = new Map<string, Finding>();
  for (const detector of asked) {
    context.signal.throwIfAborted();
    for (const facts of await detector.detect(context)) {
      const finding = withRecordedTime(context.store, makeFinding(writable(context, facts), context.now));
      // Why an object is absent was told already, and with more detail, if another detector has the case.
      if (detector === absence && [...findings.values()].some((f) => f.code === finding.code)) continue;
      if (!findings.has(finding.id)) findings.set(finding.id, finding);
    }
  }
  return [...findings.values()].sort(bySeverity);
}

/** The answer in one sentence. */
export function verdictOf(findings: readonly Finding[], reference?: string): string {
  const what = reference === undefined ? '' : ` about ${reference}`;
  if (findings.length === 0)
    return reference === undefined ? 'Nothing is wrong.' : `Nothing is wrong with ${reference}.`;
  const count = (severity: string) => findings.filter((f) => f.severity === severity).length;
  const parts = [
    ['error', 'error'],
    ['warning', 'warning'],
    ['info', 'note'],
  ].flatMap(([severity, word]) => {
    const n = count(severity as string);
    return n === 0 ? [] : [`${n} ${word}${n === 1 ? '' : 's'}`];
  });
  const worst = findings[0] as Finding;
  return `${parts.join(', ')}${what}; first: ${worst.title.toLowerCase()}.`;
}
