/**
 * Section A: values that belong to somebody else. What the cloud refused or set aside becomes one finding for each value
 * and holder, however many objects ask for it, with both sides in every hop and who should keep the value.
 */
import { inParallel } from '../../connectors/active-directory/parallel.ts';
import type { EngineConnector } from '../../sync/context.ts';
import {
  clouds,
  type Detector,
  type DiagnosisContext,
  firstSeen,
  groupBy,
  lastSeen,
  type StoredError,
  storedErrors,
} from '../diagnose-context.ts';
import type { FindingFacts } from '../findings/finding.ts';
import { classify } from './conflict-cases.ts';
import { decideKeeper, holderSide, incomingSide, standingOf } from './conflict-sides.ts';
import { type ConflictCase, findingOf, healing } from './conflict-text.ts';
import { quarantinesOfTenant, stillWithheld, withPresentOwner } from './quarantine.ts';

/** A value that somebody wants and somebody else has. */
export interface Conflict {
  readonly connector: EngineConnector;
  /** Objects of the cloud's connector space that want the value. */
  readonly incoming: readonly number[];
  /** As in `AttributeConflictName`. */
  readonly attribute: string;
  readonly value: string;
  readonly holderId: string;
  /** Its number in the connector space, for one that does not exist in the cloud yet. */
  readonly holderCs?: number;
  /** Name of the error; absent for a value that was set aside without one. */
  readonly errorCode: string;
  readonly message: string;
  readonly withheld: boolean;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

const conflictCodes: ReadonlySet<string> = new Set([
  'AttributeValueMustBeUnique',
  'QuarantinedAttributeValueMustBeUnique',
  'InvalidSoftMatch',
  'ObjectTypeMismatch',
  'ExistingAdminRoleConflict',
]);

export const conflicts: Detector = {
  name: 'conflicts',
  async detect(context) {
    const cases: ConflictCase[] = [];
    const found: FindingFacts[] = [];
    const all = await inParallel(await allConflicts(context), atOnce, async (stored) => {
      context.signal.throwIfAborted();
      // Nothing is withheld yet of what is only predicted.
      const conflict = context.predicted ? stored : await withPresentOwner(context, stored);
      return conflict === 'free' ? { healing: healing(context, stored) } : { case: await caseOf(context, conflict) };
    });
    for (const one of all) {
      if (one.case) cases.push(one.case);
      else found.push(one.healing);
    }
    for (const group of groupBy(cases, rootOf).values()) found.push(findingOf(context, rootOf(group[0]!), group));
    return found;
  },
};

/** Questions to directory and tenant that are under way at a time. */
const atOnce = 8;

async function caseOf(context: DiagnosisContext, conflict: Conflict): Promise<ConflictCase> {
  const incoming = incomingSide(context, conflict.incoming[0] as number);
  const holder = await holderSide(context, conflict.connector, conflict.holderId, conflict.holderCs);
  const standings = {
    incoming: await standingOf(context, incoming, conflict.connector),
    holder: await standingOf(context, holder),
  };
  const code = classify(conflict, incoming, holder, standings);
  return { conflict, code, incoming, holder, standings, verdict: decideKeeper(standings.incoming, standings.holder) };
}

/** Cases in which not the value is the matter but that two objects are one person, or should not be. */
const betweenObjects: ReadonlySet<string> = new Set([
  ...['cloud-only-owner', 'invalid-soft-match', 'anchor-changed-recreated', 'anchor-changed-forest-move'],
  ...['existing-admin-role-conflict', 'object-type-mismatch'],
]);

/** What the finding is about, as its id is made of it. */
const rootOf = ({ code, conflict }: ConflictCase): string =>
  betweenObjects.has(code)
    ? [code, conflict.connector.row.name, conflict.incoming[0], conflict.holderId].join('|')
    : [code, conflict.connector.row.name, conflict.attribute, valueKey(conflict.value), conflict.holderId].join('|');

async function allConflicts(context: DiagnosisContext): Promise<Conflict[]> {
  const rows = storedErrors(context, 'export').filter((e) => conflictCodes.has(e.code));
  const stored: Conflict[] = [];
  for (const connector of clouds(context)) {
    const own = rows.filter((e) => context.store.cs.get(e.cs)?.connector === connector.row.id).flatMap(withOthers);
    for (const group of groupBy(own, keyOf).values()) {
      const conflict = conflictOf(connector, group);
      if (conflict) stored.push(conflict);
    }
  }
  if (context.predicted) return stored;
  const standing: Conflict[] = [];
  for (const conflict of stored) {
    if (!conflict.withheld || (await stillWithheld(context, conflict))) standing.push(conflict);
  }
  return [...standing, ...(await quarantinesOfTenant(context, standing))];
}

/** A row holds the first of what was withheld in one export, and the others beside it. */
function withOthers(error: StoredError): StoredError[] {
  const { others } = error as { others?: readonly Partial<StoredError>[] };
  return [error, ...(others ?? []).map((o) => ({ ...error, ...o, facts: o.facts ?? {} }))];
}

export const valueKey = (value: string): string => value.toLowerCase();
const keyOf = (e: StoredError): string =>
  [
    e.code,
    e.facts.AttributeConflictName,
    valueKey(e.facts.AttributeConflictValues ?? ''),
    e.facts.ObjectIdInConflict,
  ].join('\0');

function conflictOf(connector: EngineConnector, group: readonly StoredError[]): Conflict | undefined {
  const [first] = group;
  if (!first) return undefined;
  return {
    connector,
    incoming: group.map((e) => e.cs),
    attribute: first.facts.AttributeConflictName ?? first.attribute ?? '',
    value: first.facts.AttributeConflictValues ?? first.value ?? '',
    holderId: first.facts.ObjectIdInConflict ?? '',
    ...(first.holder === undefined ? {} : { holderCs: first.holder }),
    errorCode: first.code,
    message: first.message,
    withheld: first.severity === 'warning',
    firstSeen: firstSeen(group),
    lastSeen: lastSeen(group),
  };
}
