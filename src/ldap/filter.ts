/** Search filters on the wire (RFC 4511 s.4.5.1.7), from their text (RFC 4515) or from a structure. */
import { BerWriter } from './ber-writer.ts';
import type { Filter } from './types.ts';

/** A filter text that is not RFC 4515; `position` counts characters from 0. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly position: number;
  constructor(problem: string, filter: string, position: number) {
    super(`The LDAP filter ${shown(filter)} is malformed at character ${position + 1}: ${problem}.`);
    this.position = position;
  }
}

const TAG = {
  and: 0xa0,
  or: 0xa1,
  not: 0xa2,
  equal: 0xa3,
  substrings: 0xa4,
  atLeast: 0xa5,
  atMost: 0xa6,
  present: 0x87,
  approximate: 0xa8,
  extensible: 0xa9,
} as const;
/** Deep enough for every real filter, shallow enough for every stack. */
const MAX_DEPTH = 100;

/** The filter as BER. Throws `FilterError` for a malformed text. */
export function encodeFilter(filter: string | Filter): Buffer {
  const writer = new BerWriter();
  writeFilter(writer, filter);
  return writer.bytes();
}

export function writeFilter(writer: BerWriter, filter: string | Filter): void {
  if (typeof filter !== 'string') {
    writeStructure(writer, filter, 0);
    return;
  }
  const text = filter.trim();
  const parser = new FilterParser(writer, text.startsWith('(') ? text : `(${text})`);
  parser.parse();
}

function writeStructure(writer: BerWriter, filter: Filter, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError(`A filter may not be nested deeper than ${MAX_DEPTH}.`);
  if ('and' in filter || 'or' in filter) {
    const [tag, parts] = 'and' in filter ? [TAG.and, filter.and] : [TAG.or, filter.or];
    const start = writer.begin(tag);
    for (const part of parts) writeStructure(writer, part, depth + 1);
    writer.end(start);
  } else if ('not' in filter) {
    const start = writer.begin(TAG.not);
    writeStructure(writer, filter.not, depth + 1);
    writer.end(start);
  } else if ('present' in filter) writer.octets(filter.present, TAG.present);
  else if ('equal' in filter) writeAssertion(writer, TAG.equal, ...filter.equal);
  else if ('atLeast' in filter) writeAssertion(writer, TAG.atLeast, ...filter.atLeast);
  else if ('atMost' in filter) writeAssertion(writer, TAG.atMost, ...filter.atMost);
  else writeSubstrings(writer, filter.startsWith[0], [Buffer.from(filter.startsWith[1]), Buffer.alloc(0)]);
}

function writeAssertion(writer: BerWriter, tag: number, attribute: string, value: string | Uint8Array): void {
  const start = writer.begin(tag);
  writer.octets(attribute);
  writer.octets(value);
  writer.end(start);
}

/** `pieces` are what lies between the asterisks; an empty first or last piece says that it may be anything. */
function writeSubstrings(writer: BerWriter, attribute: string, pieces: readonly Uint8Array[]): void {
  const last = pieces.length - 1;
  if (pieces.every((piece) => piece.length === 0)) {
    writer.octets(attribute, TAG.present);
    return;
  }
  const start = writer.begin(TAG.substrings);
  writer.octets(attribute);
  const list = writer.begin(0x30);
  pieces.forEach((piece, i) => {
    if (piece.length > 0) writer.octets(piece, i === 0 ? 0x80 : i === last ? 0x82 : 0x81);
  });
  writer.end(list);
  writer.end(start);
}

class FilterParser {
  readonly #writer: BerWriter;
  readonly #text: string;
  #at = 0;

  constructor(writer: BerWriter, text: string) {
    this.#writer = writer;
    this.#text = text;
  }

  parse(): void {
    this.#filter(0);
    if (this.#at < this.#text.length) throw this.#error('something follows the last bracket');
  }

  #filter(depth: number): void {
    if (depth > MAX_DEPTH) throw this.#error(`it is nested deeper than ${MAX_DEPTH}`);
    this.#expect('(');
    const tag = { '&': TAG.and, '|': TAG.or, '!': TAG.not }[this.#text[this.#at] ?? ''];
    if (tag === undefined) this.#item();
    else {
      this.#at++;
      const start = this.#writer.begin(tag);
      this.#space();
      if (tag === TAG.not) this.#filter(depth + 1);
      else while (this.#text[this.#at] === '(') this.#filter(depth + 1);
      this.#writer.end(start);
    }
    this.#space();
    this.#expect(')');
    this.#space();
  }

  #item(): void {
    const from = this.#at;
    const operator = this.#text.indexOf('=', from);
    if (operator < 0) throw this.#error('there is no "="');
    const kind = this.#text[operator - 1];
    const end = kind !== undefined && '<>~:'.includes(kind) && operator - 1 >= from ? operator - 1 : operator;
    const attribute = this.#text.slice(from, end).trim();
    this.#at = operator + 1;
    if (end < operator && kind === ':') {
      this.#extensible(attribute, from);
      return;
    }
    if (!/^[A-Za-z0-9][A-Za-z0-9.;_-]*$/.test(attribute)) {
      this.#at = from;
      throw this.#error(`${shown(attribute)} is no attribute name`);
    }
    const pieces = this.#value();
    const first = pieces[0] ?? Buffer.alloc(0);
    if (end < operator) {
      if (pieces.length > 1) throw this.#error('an asterisk is allowed after "=" only');
      const tag = kind === '<' ? TAG.atMost : kind === '>' ? TAG.atLeast : TAG.approximate;
      writeAssertion(this.#writer, tag, attribute, first);
    } else if (pieces.length === 1) writeAssertion(this.#writer, TAG.equal, attribute, first);
    else writeSubstrings(this.#writer, attribute, pieces);
  }

  /** `attribute:dn:rule:=value`, each part but the value optional (RFC 4515 s.3, extensible). */
  #extensible(description: string, from: number): void {
    const parts = description.split(':');
    const attribute = parts.shift() ?? '';
    const dn = parts[0]?.toLowerCase() === 'dn';
    if (dn) parts.shift();
    const rule = parts.shift() ?? '';
    if (parts.length > 0 || (attribute === '' && rule === '') || !/^[A-Za-z0-9.;_-]*$/.test(attribute + rule)) {
      this.#at = from;
      throw this.#error(`${shown(description)} is no attribute with a matching rule`);
    }
    const pieces = this.#value();
    if (pieces.length > 1) throw this.#error('an asterisk is not allowed after ":="');
    const start = this.#writer.begin(TAG.extensible);
    if (rule !== '') this.#writer.octets(rule, 0x81);
    if (attribute !== '') this.#writer.octets(attribute, 0x82);
    this.#writer.octets(pieces[0] ?? '', 0x83);
    if (dn) this.#writer.boolean(true, 0x84);
    this.#writer.end(start);
  }

  /** The pieces between unescaped asterisks, up to the closing bracket. */
  #value(): Buffer[] {
    const pieces: Buffer[] = [];
    let parts: Buffer[] = [];
    let from = this.#at;
    const flush = (): void => {
      if (this.#at > from) parts.push(Buffer.from(this.#text.slice(from, this.#at)));
    };
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at];
      if (c === ')') break;
      if (c === '(' || c === '\0') throw this.#error('an opening bracket or a zero must be escaped in a value');
      if (c === '*') {
        flush();
        pieces.push(Buffer.concat(parts));
        parts = [];
        from = this.#at + 1;
      } else if (c === '\\') {
        flush();
        const pair = this.#text.slice(this.#at + 1, this.#at + 3);
        if (!/^[0-9a-fA-F]{2}$/.test(pair)) throw this.#error('after "\\" two hexadecimal digits must follow');
        parts.push(Buffer.from(pair, 'hex'));
        this.#at += 2;
        from = this.#at + 1;
      }
    }
    flush();
    pieces.push(Buffer.concat(parts));
    return pieces;
  }

  #space(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\n') this.#at++;
  }

  #expect(c: string): void {
    if (this.#text[this.#at] !== c) throw this.#error(`"${c}" is missing`);
    this.#at++;
  }

  #error(problem: string): FilterError {
    return new FilterError(problem, this.#text, this.#at);
  }
}

const shown = (text: string): string => (text.length > 200 ? `"${text.slice(0, 200)}…"` : `"${text}"`);

/** A value escaped for a filter text (RFC 4515 s.3). Where possible use a structured filter, which needs no escaping. */
export function escapeFilterValue(value: string | Uint8Array): string {
  if (typeof value !== 'string') return Array.from(value, (b) => `\\${b.toString(16).padStart(2, '0')}`).join('');
  return value.replace(/[\\*()\0]/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
