/** What diagnosis finds (architecture s.3.3): plain JSON with stable keys, the same for people, scripts and the console. */
import { createHash } from 'node:crypto';
import type { FixAction } from '../fix/action.ts';
import { type CaseCode, caseOf } from './cases.ts';

export type Severity = 'error' | 'warning' | 'info';
export type Role = 'incoming' | 'holder' | 'source' | 'target' | 'container' | 'rule' | 'connector';

export interface FindingObject {
  readonly role: Role;
  readonly connector?: string;
  readonly dn?: string;
  readonly userPrincipalName?: string;
  readonly displayName?: string;
  readonly sourceAnchor?: string;
  readonly cloudId?: string;
  readonly objectType?: string;
  /** Name of a rule, for the role `rule`. */
  readonly name?: string;
  /** What tells whether this side should keep the value, e.g. `account: disabled`. */
  readonly facts?: Readonly<Record<string, string>>;
}
export interface Evidence {
  /** Where it was read. */
  readonly source: string;
  readonly fact: string;
}
export interface Fix {
  readonly title: string;
  readonly where: 'directory' | 'cloud' | 'configuration';
  readonly language: 'ldif' | 'powershell' | 'graph' | 'causeway' | 'text';
  /** Exact, with real names. */
  readonly text: string;
  /** `causeway fix --apply` can carry it out. */
  readonly applicable: boolean;
  /** What is carried out. */
  readonly action?: FixAction;
}
export interface Finding {
  /** The same for the same cause, whenever and wherever it is looked for. */
  readonly id: string;
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  readonly summary: string;
  readonly predicted: boolean;
  readonly errorCode?: string;
  readonly attribute?: string;
  readonly value?: string;
  readonly objects: readonly FindingObject[];
  /** How many objects suffer from it; `objects` names both sides and some of the others. */
  readonly affected: number;
  readonly evidence: readonly Evidence[];
  readonly fix: readonly Fix[];
  /** ISO instants. */
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** What a detector says; the rest follows from the case and the clock. */
export interface FindingFacts {
  readonly code: CaseCode;
  /** What the cause is, as text that does not change from day to day: with the code it makes the id. */
  readonly root: string;
  readonly summary: string;
  /** Default: that of the case. */
  readonly severity?: Severity;
  readonly title?: string;
  readonly predicted?: boolean;
  readonly errorCode?: string | undefined;
  readonly attribute?: string | undefined;
  readonly value?: string | undefined;
  readonly objects?: readonly FindingObject[];
  readonly affected?: number;
  readonly evidence?: readonly Evidence[];
  readonly fix?: readonly Fix[];
  /** Epoch milliseconds; default now. */
  readonly firstSeen?: number;
  readonly lastSeen?: number;
}

/** Objects named in one finding; the others are only counted. */
export const namedObjects = 20;

export const findingId = (code: string, root: string): string =>
  createHash('sha256').update(`${code}\0${root}`).digest('hex').slice(0, 12);

/** A finding of these facts as seen at an instant (epoch milliseconds). */
export function makeFinding(facts: FindingFacts, now: number): Finding {
  const known = caseOf(facts.code);
  const objects = facts.objects ?? [];
  return {
    id: findingId(facts.code, facts.root),
    code: facts.code,
    severity: facts.severity ?? known.severity,
    title: facts.title ?? known.title,
    summary: facts.summary,
    predicted: facts.predicted ?? false,
    ...(facts.errorCode === undefined ? {} : { errorCode: facts.errorCode }),
    ...(facts.attribute === undefined ? {} : { attribute: facts.attribute }),
    ...(facts.value === undefined ? {} : { value: facts.value }),
    objects: objects.slice(0, namedObjects),
    affected: facts.affected ?? objects.length,
    evidence: facts.evidence ?? [],
    fix: facts.fix ?? [],
    firstSeen: new Date(facts.firstSeen ?? now).toISOString(),
    lastSeen: new Date(facts.lastSeen ?? now).toISOString(),
  };
}

const order: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** Worst first, then what concerns most objects, then by code and id: a stable order. */
export const bySeverity = (a: Finding, b: Finding): number =>
  order[a.severity] - order[b.severity] ||
  b.affected - a.affected ||
  (a.code < b.code ? -1 : a.code > b.code ? 1 : a.id < b.id ? -1 : 1);
