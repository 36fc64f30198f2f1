/**
 * Compare and swap for attributes: a change takes away the values it was computed from and brings the new ones, in one
 * modify request, which is all or nothing (RFC 4511 s.4.6). Whoever changed the attribute since the import makes it
 * fail instead of being overwritten. Neither Windows nor Samba offers the assertion control of RFC 4528.
 */
import { LdapError } from '../../ldap/errors.ts';
import { attributeOf } from '../../ldap/text.ts';
import type { LdapConnection, LdapEntry, ModifyChange } from '../../ldap/types.ts';
import { type AttributeValue, sameValue, type Value, valueKey, valuesOf } from '../../model/value.ts';
import type { ExportError, ExportRequest, ReferenceTarget } from '../contract.ts';
import { readValue } from './entry-decoder.ts';
import { exportError } from './export-result.ts';
import { ldapReference, ldapValues } from './export-values.ts';
import { readByName } from './read-objects.ts';
import { type AttributeReader, readReference } from './values.ts';

export interface Swap {
  readonly reader: AttributeReader;
  readonly changes: readonly ModifyChange[];
  /**
   * The changes that still have to be made where the directory holds this; undefined if somebody changed it. `raw` are
   * the bytes of its values.
   */
  readonly settle: (held: readonly Buffer[]) => readonly ModifyChange[] | undefined;
}

/** The swap of an attribute that is no reference. Throws a RangeError for an instant that is none. */
export function swapValues(
  reader: AttributeReader,
  before: AttributeValue | undefined,
  after: AttributeValue | null,
): Swap {
  const wanted = after ?? undefined;
  const keep = new Set(valuesOf(wanted).map(valueKey));
  const had = new Set(valuesOf(before).map(valueKey));
  const gone = valuesOf(before).filter((value) => !keep.has(valueKey(value)));
  const fresh = valuesOf(wanted).filter((value) => !had.has(valueKey(value)));
  const toLdap = (values: readonly Value[]) => ldapValues(values, reader);
  return {
    reader,
    changes: changesOf(reader.name, toLdap(gone), toLdap(fresh)),
    settle: (raw) => {
      const held = readValue({ name: reader.name, options: '', values: raw }, reader);
      if (sameValue(held, wanted)) return [];
      if (!sameValue(held, before)) return undefined;
      // What was imported is there after all, in bytes that are not those it would be written with.
      const old = raw.filter((bytes) => !keep.has(valueKey(reader.read(bytes))));
      return changesOf(reader.name, old, toLdap(fresh));
    },
  };
}

/** The swap of a reference that has at most one target. */
export function swapReference(
  reader: AttributeReader,
  added: readonly ReferenceTarget[],
  removed: readonly ReferenceTarget[],
): Swap {
  const next = added.at(-1);
  const write = (target: ReferenceTarget | undefined): string[] => {
    const value = target && ldapReference(target);
    return value === undefined ? [] : [value];
  };
  const isOneOf = (targets: readonly ReferenceTarget[], held: ReferenceTarget): boolean =>
    targets.some(({ anchor, dn }) =>
      anchor === undefined || held.anchor === undefined
        ? dn?.toLowerCase() === held.dn?.toLowerCase()
        : anchor === held.anchor,
    );
  const changes = changesOf(reader.name, removed.slice(-1).flatMap(write), write(next));
  return {
    reader,
    changes,
    settle: (raw) => {
      const held = raw[0] && readReference(raw[0]);
      // A target that was deleted took its reference along.
      if (held === undefined) return changesOf(reader.name, [], write(next));
      if (next && isOneOf([next], held)) return [];
      return isOneOf(removed, held) ? changes : undefined;
    },
  };
}

function changesOf(attribute: string, gone: ModifyChange['values'], fresh: ModifyChange['values']): ModifyChange[] {
  const changes: ModifyChange[] = [];
  if (gone.length > 0) changes.push({ operation: 'delete', attribute, values: gone });
  if (fresh.length > 0) changes.push({ operation: 'add', attribute, values: fresh });
  return changes;
}

/** What a server says of a value that is not there to be taken away, or where there is one already. */
const MAY_BE_CONFLICT = new Set([16, 19, 20]);

/**
 * Carries out all swaps of one object, or none. Returns the error if that was refused; throws an LdapError if nobody knows
 * what became of it.
 */
export async function writeSwaps(
  connection: LdapConnection,
  target: string,
  swaps: readonly Swap[],
  request: ExportRequest,
  signal: AbortSignal,
): Promise<ExportError | undefined> {
  const all = swaps.flatMap(({ changes }) => changes);
  const first = await tryModify(connection, target, all);
  if (first === undefined) return undefined;
  const only = swaps.length === 1 ? swaps[0]?.reader.name : undefined;
  if (!MAY_BE_CONFLICT.has(first.code)) return exportError(first, only);
  const names = swaps.map(({ reader }) => reader.name);
  const entry = await readByName(connection, target, names, signal);
  if (!entry) return exportError(first, only);
  const rest: ModifyChange[] = [];
  for (const swap of swaps) {
    const changes = swap.settle(valuesIn(entry, swap.reader.name));
    if (changes === undefined) return conflict(request, swap, entry);
    rest.push(...changes);
  }
  const second = await tryModify(connection, target, rest);
  return second && exportError(second, only);
}

const valuesIn = (entry: LdapEntry, name: string): readonly Buffer[] => attributeOf(entry, name)?.values ?? [];

async function tryModify(
  connection: LdapConnection,
  target: string,
  changes: readonly ModifyChange[],
): Promise<LdapError | undefined> {
  if (changes.length === 0) return undefined;
  try {
    await connection.modify(target, changes);
    return undefined;
  } catch (error) {
    if (error instanceof LdapError && error.code >= 0) return error;
    throw error;
  }
}

/** Characters of a value that are shown. */
const SHOWN = 200;

function conflict(request: ExportRequest, { reader }: Swap, entry: LdapEntry): ExportError {
  const held = valuesIn(entry, reader.name)
    .map((bytes) => (reader.type === 'binary' ? bytes.toString('base64') : bytes.toString('utf8')))
    .join('; ')
    .slice(0, SHOWN);
  const now = held === '' ? 'was cleared' : `is "${held}" now`;
  return {
    code: 'changed-in-directory',
    detail: `"${reader.name}" of "${request.dn}" ${now}: somebody changed it since the last import, so it is not overwritten. The next import brings the change, and the rules decide again.`,
    attribute: reader.name,
    facts: { held },
    retry: 'next-cycle',
  };
}
