/** Attributes that the server hands out in pieces (active-directory s.2.2). */
import { LdapError } from './errors.ts';
import { text } from './text.ts';
import type { LdapAttribute, LdapConnection, LdapEntry } from './types.ts';

export interface ValueRange {
  readonly from: number;
  /** Last index of this piece; undefined if nothing follows it. */
  readonly to: number | undefined;
}

/** The range option of an attribute, e.g. `range=0-1499` or `range=1500-*`; undefined if it has none. */
export function rangeOf(attribute: LdapAttribute): ValueRange | undefined {
  const match = /(?:^|;)range=(\d{1,10})-(\d{1,10}|\*)(?:;|$)/i.exec(attribute.options);
  if (!match) return undefined;
  return { from: Number(match[1]), to: match[2] === '*' ? undefined : Number(match[2]) };
}

/** A group that is changed while it is read is read again, this often at most. */
const MAX_ATTEMPTS = 5;

/**
 * All values of an attribute, however many pieces the server makes of them; empty if it has none. The values are one
 * state of the entry: if its uSNChanged moves meanwhile, reading starts again.
 */
export async function readAllValues(connection: LdapConnection, dn: string, attribute: string): Promise<Buffer[]> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const values = await readOnce(connection, dn, attribute);
    if (values !== undefined) return values;
  }
  const problem = `"${attribute}" of "${dn}" changed ${MAX_ATTEMPTS} times while it was read in pieces`;
  throw new LdapError('refused', `${problem}; try again when it is not being edited.`);
}

/** Undefined if the entry changed between two pieces. */
async function readOnce(connection: LdapConnection, dn: string, attribute: string): Promise<Buffer[] | undefined> {
  const values: Buffer[] = [];
  let version: string | undefined;
  for (let next: number | undefined = 0; next !== undefined; ) {
    // Asked without a range first: servers that know none answer that with everything.
    const name: string = next === 0 ? attribute : `${attribute};range=${next}-*`;
    const entry = await readEntry(connection, dn, [name, 'uSNChanged'], next);
    if (entry === undefined) return undefined;
    const current = text(entry, 'uSNChanged');
    if (next > 0 && current !== version) return undefined;
    version = current;
    const piece = pieceOf(entry, attribute);
    const range: ValueRange | undefined = piece && rangeOf(piece);
    if (next > 0 && range?.from !== next) return undefined;
    for (const value of piece?.values ?? []) values.push(value);
    if (range?.to !== undefined && range.to < next) {
      throw new LdapError('protocol-error', `The server returns the range ${piece?.options} of "${attribute}" again.`);
    }
    next = range?.to === undefined ? undefined : range.to + 1;
  }
  return values;
}

/** The entry; undefined if the server has nothing at this offset any more (Windows: operationsError). */
async function readEntry(
  connection: LdapConnection,
  dn: string,
  attributes: readonly string[],
  offset: number,
): Promise<LdapEntry | undefined> {
  try {
    const found = await connection.searchAll({
      base: dn,
      scope: 'base',
      filter: { present: 'objectClass' },
      attributes,
    });
    if (found[0] === undefined)
      throw new LdapError('refused', `"${dn}" cannot be read with the rights of this account.`);
    return found[0];
  } catch (error) {
    if (offset > 0 && error instanceof LdapError && error.code === 1) return undefined;
    throw error;
  }
}

/** A piece with a range wins over the empty attribute that Windows sends along with it. */
function pieceOf(entry: LdapEntry, attribute: string): LdapAttribute | undefined {
  const wanted = attribute.toLowerCase();
  const named = entry.attributes.filter((a) => a.name.toLowerCase() === wanted);
  return named.find((a) => rangeOf(a) !== undefined) ?? named[0];
}
