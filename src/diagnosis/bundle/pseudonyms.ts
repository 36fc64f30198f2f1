/**
 * Words in place of names and values: the same value has the same word throughout one bundle, whatever its letter case, and without
 * the key nobody can tell which value it was. What says nothing of anybody (codes, rules, connectors, times) stays readable.
 */
import { createHmac } from 'node:crypto';

export interface Pseudonyms {
  /** The word of one value. */
  word(value: string): string;
  /** Free text with everything replaced that looks like a name or is one of the known values. */
  text(text: string): string;
  /** Plain JSON: values of members that are known to be harmless stay, every other text is replaced. */
  json(value: unknown): unknown;
}

/** Relative names of a DN; the domain components stay, because the structure of the forest matters. */
const relativeNames = /(?<=(?<![\w-])(?:CN|OU|UID|L|O)=)(?:\\.|[^,"\\\r\n])+/gi;
const localParts = /[\p{L}\p{N}_.!#$%&'*+/=?^`{|}~-]{1,256}(?=@[\p{L}\p{N}-]{1,63}\.[\p{L}\p{N}])/gu;
const identifiers = [
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{22}==/g,
  /\bS-1-5-21(?:-\d+){3,4}\b/g,
];

/** Members whose text is vocabulary of this product or of the configuration. */
const harmless = new Set(
  (
    'kind type code severity phase state status gate station outcome operation origin rule connector connectorType profile ' +
    'attribute role errorCode objectType inCloud brokenBefore action how version system node language where from to what by'
  ).split(' '),
);
const isTime = (text: string): boolean => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text);
/** Shorter values are words of the language too. */
const shortestValue = 4;

/**
 * `known`: values of people and objects that may stand in the middle of a sentence. `spared`: words in lower case that stay, such as
 * names of rules, which look like addresses.
 */
export function makePseudonyms(
  key: Buffer,
  known: Iterable<string> = [],
  spared: ReadonlySet<string> = new Set(),
): Pseudonyms {
  const word = (value: string): string =>
    spared.has(value.toLowerCase())
      ? value
      : `x${createHmac('sha256', key).update(value.toLowerCase()).digest('hex').slice(0, 10)}`;
  const values = new Set([...known].filter((v) => v.length >= shortestValue).map((v) => v.toLowerCase()));
  const longest = Math.max(0, ...[...values].map((v) => v.split(' ').length));
  const text = (whole: string): string => {
    const shaped = [relativeNames, localParts, ...identifiers].reduce((t, p) => t.replace(p, word), whole);
    return values.size === 0 ? shaped : replaceKnown(shaped, values, Math.min(longest, 8), word);
  };
  const json = (value: unknown, name = ''): unknown => {
    if (typeof value === 'string') return harmless.has(name) || isTime(value) ? text(value) : hidden(value);
    if (Array.isArray(value)) return value.map((v) => json(v, name));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [text(k), json(v, k)]));
  };
  // A DN keeps its structure and an address its domain; other texts become one word.
  const hidden = (value: string): string => {
    const shaped = text(value);
    return /(?:^|,)DC=/i.test(value) || localParts.test(resetOf(localParts, value)) ? shaped : word(value);
  };
  return { word, text, json: (value) => json(value) };
}

/** A pattern that remembers where it was begins anew. */
function resetOf(pattern: RegExp, value: string): string {
  pattern.lastIndex = 0;
  return value;
}

/** Runs of whole words that are a known value, longest first. Linear in the text but for the length of a value in words. */
function replaceKnown(text: string, values: ReadonlySet<string>, longest: number, word: (v: string) => string): string {
  const tokens = text.split(/([^\p{L}\p{N}_.'-]+)/u);
  let out = '';
  for (let i = 0; i < tokens.length; i++) {
    let taken = 0;
    for (let size = Math.min(longest, (tokens.length - i + 1) >> 1); size > 0 && i % 2 === 0; size--) {
      const run = tokens.slice(i, i + size * 2 - 1).join('');
      if (!values.has(run.toLowerCase())) continue;
      out += word(run);
      taken = size * 2 - 1;
      break;
    }
    if (taken > 0) i += taken - 1;
    else out += tokens[i];
  }
  return out;
}
