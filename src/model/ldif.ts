/**
 * LDIF, the text form of directory entries and of changes to them (RFC 2849). The reader takes a file in pieces and gives
 * whole records; the writer is in `ldif-writer.ts`.
 */

/** A value as the file has it: text if it was written as text, bytes if it was in base64. */
export type LdifValue = string | Buffer;
export interface LdifAttribute {
  /** With its options, as written first: `userCertificate;binary`. */
  readonly name: string;
  readonly values: readonly LdifValue[];
}
export interface LdifControl {
  readonly oid: string;
  readonly critical: boolean;
  readonly value?: LdifValue;
}
export interface LdifModification {
  readonly operation: 'add' | 'delete' | 'replace';
  readonly attribute: string;
  readonly values: readonly LdifValue[];
}
interface Identified {
  readonly dn: string;
  /** Line of the file in which the record begins, from 1. */
  readonly line: number;
}
/** An entry as it is (no `changetype`). */
export interface LdifEntry extends Identified {
  readonly kind: 'entry';
  readonly attributes: readonly LdifAttribute[];
}
interface Controlled extends Identified {
  readonly controls: readonly LdifControl[];
}
export type LdifChange =
  | (Controlled & { readonly kind: 'add'; readonly attributes: readonly LdifAttribute[] })
  | (Controlled & { readonly kind: 'delete' })
  | (Controlled & { readonly kind: 'modify'; readonly changes: readonly LdifModification[] })
  | (Controlled & {
      readonly kind: 'rename';
      readonly newRdn: string;
      readonly deleteOldRdn: boolean;
      readonly newSuperior?: string;
    });
export type LdifRecord = LdifEntry | LdifChange;

/** A file that is not LDIF. */
export class LdifError extends Error {
  override readonly name = 'LdifError';
  /** Line of the file, from 1. */
  readonly line: number;
  constructor(line: number, problem: string) {
    super(`Line ${line} of the LDIF file: ${problem}`);
    this.line = line;
  }
}

/** Text of a value. Throws a TypeError if it is not UTF-8. */
export const ldifText = (value: LdifValue): string => (typeof value === 'string' ? value : utf8.decode(value));
export const ldifBytes = (value: LdifValue): Buffer => (typeof value === 'string' ? Buffer.from(value) : value);

/** All records of a text. Throws `LdifError`. */
export function parseLdif(text: string | Uint8Array): LdifRecord[] {
  const reader = new LdifReader();
  return [...reader.push(text), ...reader.end()];
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Characters of one line after unfolding. */
const MAX_LINE = 64 << 20;

/** One line after unfolding: `name: value`, or the single `-` that ends a modification. */
interface Line {
  readonly number: number;
  readonly name: string;
  readonly value: LdifValue;
}

/** Reads a file piece by piece. After an error the reader cannot be used any more. */
export class LdifReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #names = new Set<string>();
  /** Begin of a line whose end has not come yet. */
  #pieces: string[] = [];
  #number = 0;
  #unfolded: string | undefined;
  #unfoldedAt = 0;
  #lines: Line[] = [];
  #first = true;
  #records: LdifRecord[] = [];

  /** The records that are complete with this piece. Throws `LdifError`. */
  push(chunk: string | Uint8Array): LdifRecord[] {
    this.#split(typeof chunk === 'string' ? chunk : this.#decode(chunk, true));
    return this.#take();
  }

  /** The last record. Throws `LdifError`. */
  end(): LdifRecord[] {
    this.#split(`${this.#decode(new Uint8Array(0), false)}\n\n`);
    return this.#take();
  }

  #decode(chunk: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(chunk, { stream });
    } catch {
      const problem = 'near here the file is not UTF-8; save it as UTF-8, or write the value in base64 (name:: …).';
      throw new LdifError(this.#number + 1, problem);
    }
  }

  #take(): LdifRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #split(text: string): void {
    let at = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
      let line = text.slice(at, end);
      if (this.#pieces.length > 0) {
        line = this.#pieces.join('') + line;
        this.#pieces = [];
      }
      this.#physicalLine(line.endsWith('\r') ? line.slice(0, -1) : line);
      at = end + 1;
    }
    if (at < text.length) this.#pieces.push(text.slice(at));
  }

  #physicalLine(line: string): void {
    this.#number++;
    if (line.startsWith(' ')) {
      if (this.#unfolded === undefined) throw new LdifError(this.#number, 'it continues (with a space) no line.');
      if (this.#unfolded.length + line.length > MAX_LINE) throw new LdifError(this.#unfoldedAt, 'it is too long.');
      this.#unfolded += line.slice(1);
      return;
    }
    if (this.#unfolded !== undefined) this.#line(this.#unfolded, this.#unfoldedAt);
    this.#unfolded = line === '' ? undefined : line;
    this.#unfoldedAt = this.#number;
    if (line === '') this.#endOfRecord();
  }

  #line(line: string, number: number): void {
    if (line.startsWith('#')) return;
    if (line === '-') {
      this.#lines.push({ number, name: '-', value: '' });
      return;
    }
    const colon = line.indexOf(':');
    if (colon < 0) throw new LdifError(number, `there is no colon in "${shown(line)}".`);
    const name = line.slice(0, colon);
    if (!this.#names.has(name)) this.#checkName(name, number);
    this.#lines.push({ number, name, value: readValue(line, colon + 1, number) });
  }

  #checkName(name: string, number: number): void {
    if (!/^[A-Za-z0-9][\w.-]*(;[\w=*-]+)*$/.test(name)) {
      throw new LdifError(number, `"${shown(name)}" is no attribute name.`);
    }
    if (this.#names.size < 10_000) this.#names.add(name);
  }

  #endOfRecord(): void {
    let lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    if (this.#first && lines[0]?.name.toLowerCase() === 'version') {
      if (lines[0].value !== '1') throw new LdifError(lines[0].number, 'only version 1 of LDIF is known.');
      lines = lines.slice(1);
    }
    this.#first = false;
    if (lines.length > 0) this.#records.push(readRecord(lines));
  }
}

/** What follows the colon: text, `: base64` or `< URL` (RFC 2849, value-spec). */
function readValue(line: string, at: number, number: number): LdifValue {
  const kind = line[at];
  if (kind === '<') {
    throw new LdifError(
      number,
      'values from a URL are refused; put the value itself there, in base64 if it is binary.',
    );
  }
  if (kind !== ':') return skipSpaces(line, at);
  const base64 = skipSpaces(line, at + 1).trimEnd();
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new LdifError(number, 'the value after "::" is not base64.');
  }
  return Buffer.from(base64, 'base64');
}

function skipSpaces(line: string, from: number): string {
  let at = from;
  while (line[at] === ' ') at++;
  return line.slice(at);
}

function readRecord(lines: readonly Line[]): LdifRecord {
  const [head, ...rest] = lines as [Line, ...Line[]];
  if (head.name.toLowerCase() !== 'dn') {
    throw new LdifError(head.number, `a record must begin with "dn:", not with "${shown(head.name)}:".`);
  }
  const record = { dn: textOf(head), line: head.number };
  let at = 0;
  const controls: LdifControl[] = [];
  while (rest[at]?.name.toLowerCase() === 'control') controls.push(readControl(rest[at++] as Line));
  const type = rest[at];
  if (type?.name.toLowerCase() !== 'changetype') {
    if (controls.length > 0) throw new LdifError(head.number, '"control:" is allowed in a change record only.');
    return { ...record, kind: 'entry', attributes: groupAttributes(rest) };
  }
  const body = rest.slice(at + 1);
  const change = { ...record, controls };
  switch (textOf(type).trim().toLowerCase()) {
    case 'add':
      return { ...change, kind: 'add', attributes: groupAttributes(body) };
    case 'delete':
      if (body[0]) throw new LdifError(body[0].number, 'nothing may follow "changetype: delete".');
      return { ...change, kind: 'delete' };
    case 'modify':
      return { ...change, kind: 'modify', changes: readModifications(body) };
    case 'modrdn':
    case 'moddn':
      return { ...change, kind: 'rename', ...readRename(body, type) };
    default:
      throw new LdifError(type.number, `"${shown(textOf(type))}" is no change; add, delete, modify or modrdn is.`);
  }
}

/** The values of each attribute together, in the order of the file; names are compared without letter case. */
function groupAttributes(lines: readonly Line[]): LdifAttribute[] {
  const groups = new Map<string, { name: string; values: LdifValue[] }>();
  let lastName = '';
  let last: LdifValue[] = [];
  for (const { name, value, number } of lines) {
    if (name === '-') throw new LdifError(number, 'a "-" is allowed after "changetype: modify" only.');
    if (name !== lastName) {
      const key = name.toLowerCase();
      if (key === 'dn' || key === 'changetype') {
        throw new LdifError(
          number,
          `"${name}:" stands in the middle of a record; is the empty line before it missing?`,
        );
      }
      const group = groups.get(key) ?? { name, values: [] };
      groups.set(key, group);
      lastName = name;
      last = group.values;
    }
    last.push(value);
  }
  return [...groups.values()];
}

const OPERATIONS = new Map<string, LdifModification['operation']>([
  ['add', 'add'],
  ['delete', 'delete'],
  ['replace', 'replace'],
]);

function readModifications(lines: readonly Line[]): LdifModification[] {
  const changes: LdifModification[] = [];
  for (let at = 0; at < lines.length; at++) {
    const head = lines[at] as Line;
    const operation = OPERATIONS.get(head.name.toLowerCase());
    if (!operation) throw new LdifError(head.number, `"${shown(head.name)}" is not one of add, delete and replace.`);
    const attribute = textOf(head).trim();
    const values: LdifValue[] = [];
    for (at++; at < lines.length && lines[at]?.name !== '-'; at++) {
      const { name, value, number } = lines[at] as Line;
      if (name.toLowerCase() !== attribute.toLowerCase()) {
        throw new LdifError(number, `a value of "${shown(attribute)}" or a "-" is expected, not "${shown(name)}:".`);
      }
      values.push(value);
    }
    changes.push({ operation, attribute, values });
  }
  return changes;
}

function readRename(
  lines: readonly Line[],
  type: Line,
): { newRdn: string; deleteOldRdn: boolean; newSuperior?: string } {
  const found = new Map<string, string>();
  for (const line of lines) {
    const name = line.name.toLowerCase();
    if (!['newrdn', 'deleteoldrdn', 'newsuperior'].includes(name) || found.has(name)) {
      throw new LdifError(line.number, `"${shown(line.name)}:" has no place in a renaming.`);
    }
    found.set(name, textOf(line));
  }
  const [newRdn, old, newSuperior] = [found.get('newrdn'), found.get('deleteoldrdn'), found.get('newsuperior')];
  if (newRdn === undefined || (old !== '0' && old !== '1')) {
    throw new LdifError(type.number, 'a renaming needs "newrdn:" and "deleteoldrdn:" with 0 or 1.');
  }
  return { newRdn, deleteOldRdn: old === '1', ...(newSuperior === undefined ? {} : { newSuperior }) };
}

/** `control: OID [true|false] [: text|:: base64]`. */
function readControl(line: Line): LdifControl {
  const match = /^([0-9.]+)(?: +(true|false))?(?:(:.*))?$/s.exec(textOf(line).trimEnd());
  const oid = match?.[1];
  if (!match || oid === undefined) throw new LdifError(line.number, 'a control needs an object identifier.');
  const value = match[3] === undefined ? undefined : readValue(match[3], 1, line.number);
  return { oid, critical: match[2] === 'true', ...(value === undefined ? {} : { value }) };
}

function textOf(line: Line): string {
  try {
    return ldifText(line.value);
  } catch {
    throw new LdifError(line.number, `the value of "${shown(line.name)}" is not UTF-8.`);
  }
}

const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
