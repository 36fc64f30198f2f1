/**
 * An edited table back into the directories (operations s.2.7). Every change is one modify request that expects the value
 * it was planned for; what can be undone is written down before the change leaves.
 */
import { LdapError } from '../../ldap/errors.ts';
import type { DirectoryChange } from '../fix/action.ts';
import { binaryAttributes, changesOf } from './changes-of.ts';
import { CsvError, type CsvRecord } from './csv.ts';
import { uniqueAttributes } from './keys.ts';
import { type Action, actions } from './model.ts';
import { ruleSets } from './rule-sets.ts';

/** What a table may change. A table is a file that goes through many hands, so it cannot reach passwords or rights. */
export const changeableAttributes: readonly string[] = [
  ...new Set([
    ...uniqueAttributes,
    ...Object.values(ruleSets).flatMap((rules) => rules.map((r) => r.attribute)),
    ...binaryAttributes,
    ...'sn title department company l st co physicalDeliveryOfficeName streetAddress postalCode telephoneNumber mobile homePhone pager facsimileTelephoneNumber ipPhone initials description info wWWHomePage employeeID'.split(
      ' ',
    ),
    ...Array.from({ length: 15 }, (_, i) => `extensionAttribute${i + 1}`),
  ]),
];
const canonical = new Map(changeableAttributes.map((name) => [name.toLowerCase(), name]));

export interface PlannedChange {
  /** Line of the table. */
  readonly line: number;
  readonly connector: string;
  readonly dn: string;
  /** GUID text; the object must still be this one. Empty if the table does not say. */
  readonly objectGuid: string;
  readonly attribute: string;
  readonly value: string;
  readonly update: string;
  readonly action: Action;
  readonly changes: readonly DirectoryChange[];
}

/**
 * The changes of a table. Lines without an action, completed and failed ones are passed over. Throws a CsvError that
 * names the line if an action cannot be understood: then nothing is changed at all.
 */
export function planApply(
  records: readonly { readonly line: number; readonly record: CsvRecord }[],
  connectors: readonly string[],
): PlannedChange[] {
  return records.flatMap(({ line, record }) => planOne(line, record, connectors));
}

function planOne(line: number, record: CsvRecord, connectors: readonly string[]): PlannedChange[] {
  const word = record.ACTION.trim().toUpperCase();
  if (word === '' || word === 'COMPLETE' || word === 'FAIL') return [];
  const action = actions.find((a) => a === word);
  if (!action) throw new CsvError(`Line ${line}: "${record.ACTION}" is no action; EDIT, REMOVE and COMPLETE are.`);
  const attribute = canonical.get(record.ATTRIBUTE.trim().toLowerCase());
  if (attribute === undefined) {
    throw new CsvError(`Line ${line}: "${record.ATTRIBUTE}" is no attribute that a table can change.`);
  }
  const connector = record.CONNECTOR === '' && connectors.length === 1 ? connectors[0]! : record.CONNECTOR;
  if (!connectors.includes(connector)) {
    throw new CsvError(`Line ${line}: there is no directory "${connector}". Directories: ${connectors.join(', ')}.`);
  }
  if (record.DISTINGUISHEDNAME === '') throw new CsvError(`Line ${line}: the distinguished name is missing.`);
  const { VALUE: value, UPDATE: update } = record;
  const changes = changesOf(attribute, value, update, action);
  if (changes.length === 0) throw new CsvError(`Line ${line}: neither a value to take away nor one to write is given.`);
  if (value === update) return [];
  return [
    {
      line,
      connector,
      dn: record.DISTINGUISHEDNAME,
      objectGuid: record.OBJECTGUID.toLowerCase(),
      attribute,
      value,
      update: action === 'REMOVE' ? '' : update,
      action,
      changes,
    },
  ];
}

export type ApplyOutcome = 'applied' | 'already-so' | 'changed-meanwhile' | 'not-found' | 'not-writable' | 'refused';
export interface ApplyResult {
  readonly line: number;
  readonly dn: string;
  readonly attribute: string;
  readonly outcome: ApplyOutcome;
  readonly detail: string;
}

/** An object as it is now: GUID text, and the values of the attribute (bytes in base64). */
export interface CurrentValues {
  readonly objectGuid: string;
  readonly values: readonly string[];
}
export interface WritableDirectory {
  read(dn: string, attribute: string): Promise<CurrentValues | undefined>;
  /** One modify request. Throws an LdapError if it is refused. */
  modify(dn: string, changes: readonly DirectoryChange[]): Promise<void>;
}
export interface ApplyHost {
  /** Undefined if the directory cannot be written, e.g. a file. */
  directory(connector: string): Promise<WritableDirectory | undefined>;
  /** Puts the line that undoes a change where a crash cannot reach it. */
  remember(undo: CsvRecord): void;
  readonly signal: AbortSignal;
}

/** Carries the changes out one after the other; a refusal does not keep the others from being tried. */
export async function* applyChanges(plan: readonly PlannedChange[], host: ApplyHost): AsyncGenerator<ApplyResult> {
  for (const change of plan) {
    host.signal.throwIfAborted();
    const [outcome, detail] = await applyOne(change, host);
    yield { line: change.line, dn: change.dn, attribute: change.attribute, outcome, detail };
  }
}

async function applyOne(change: PlannedChange, host: ApplyHost): Promise<[ApplyOutcome, string]> {
  const directory = await host.directory(change.connector);
  if (!directory) {
    return [
      'not-writable',
      `${change.connector} cannot be changed from here; use "--format ldif" and change it there.`,
    ];
  }
  try {
    const now = await directory.read(change.dn, change.attribute);
    if (!now) return ['not-found', 'There is no object of this name; was it renamed or moved?'];
    if (change.objectGuid !== '' && now.objectGuid.toLowerCase() !== change.objectGuid) {
      return ['changed-meanwhile', `Another object has this name now (${now.objectGuid}).`];
    }
    const refusal = compare(change, now.values);
    if (refusal) return refusal;
    host.remember(undoOf(change));
    await directory.modify(change.dn, change.changes);
    return ['applied', change.update === '' ? 'taken away' : `now ${change.update}`];
  } catch (error) {
    if (!(error instanceof LdapError)) throw error;
    // 16 noSuchAttribute, 20 attributeOrValueExists: somebody was faster than the look before.
    const isRace = error.code === 16 || error.code === 20;
    return [isRace ? 'changed-meanwhile' : 'refused', error.message];
  }
}

function compare({ value, update }: PlannedChange, current: readonly string[]): [ApplyOutcome, string] | undefined {
  const shown = current.length === 0 ? 'absent' : current.slice(0, 3).join(', ');
  const isThere = value === '' || current.includes(value);
  const isDone =
    (update === '' || current.includes(update)) && (value === '' ? update !== '' : !current.includes(value));
  if (isDone) return ['already-so', 'Nothing to do.'];
  if (!isThere) return ['changed-meanwhile', `The value is not "${value}" any more; it is ${shown}.`];
  return undefined;
}

/** The line that takes the change back: apply it like any other table. */
function undoOf({ connector, dn, objectGuid, attribute, value, update, line }: PlannedChange): CsvRecord {
  return {
    DISTINGUISHEDNAME: dn,
    COMMONNAME: '',
    OBJECTCLASS: '',
    ATTRIBUTE: attribute,
    ERROR: '',
    VALUE: update,
    UPDATE: value,
    PROPOSEDACTION: value === '' ? 'REMOVE' : 'EDIT',
    ACTION: value === '' ? 'REMOVE' : 'EDIT',
    CONNECTOR: connector,
    OBJECTGUID: objectGuid,
    CODE: '',
    CONFIDENCE: '',
    REASON: `Takes back line ${line} of the table.`,
  };
}
