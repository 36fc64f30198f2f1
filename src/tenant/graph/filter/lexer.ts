import { badRequest } from '../request.ts';

export type Token =
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  /** Unquoted: instants and GUIDs. */
  | { readonly kind: 'word'; readonly value: string; readonly at: number }
  | { readonly kind: '(' | ')' | ',' | '/' | ':'; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

const punctuation = new Set(['(', ')', ',', '/', ':']);
// Sticky, each linear in the length of what it takes.
const instant = /\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?(?:Z|[+-]\d{2}:\d{2})?)?(?![\w-])/iy;
const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/iy;
const number = /-?\d{1,18}(?:\.\d{1,12})?(?![\w.-])/y;
const word = /[A-Za-z_$][\w.$-]{0,199}/y;

/** The tokens of a filter. Throws 400 with the position of what cannot be read. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] as string;
    if (char === ' ' || char === '\t' || char === '\n' || char === '\r') at += 1;
    else if (punctuation.has(char)) tokens.push({ kind: char as '(', at: at++ });
    else {
      const [token, end] = char === "'" ? readQuoted(text, at) : readUnquoted(text, at);
      tokens.push(token);
      at = end;
    }
  }
  tokens.push({ kind: 'end', at });
  return tokens;
}

function readQuoted(text: string, start: number): [Token, number] {
  let value = '';
  for (let at = start + 1; ; ) {
    const end = text.indexOf("'", at);
    if (end < 0) throw badRequest(`There is an unterminated string literal at position ${start} in '${clip(text)}'.`);
    value += text.slice(at, end);
    if (text[end + 1] !== "'") return [{ kind: 'text', value, at: start }, end + 1];
    value += "'";
    at = end + 2;
  }
}

function readUnquoted(text: string, at: number): [Token, number] {
  for (const [pattern, kind] of [
    [instant, 'word'],
    [guid, 'word'],
    [number, 'number'],
    [word, 'word'],
  ] as const) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    const token: Token = kind === 'number' ? { kind, value: Number(found), at } : { kind, value: found, at };
    return [token, at + found.length];
  }
  throw badRequest(`Syntax error: character '${text[at]}' is not valid at position ${at} in '${clip(text)}'.`);
}

export const clip = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
