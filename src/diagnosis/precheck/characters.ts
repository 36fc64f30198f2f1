/**
 * Characters that nobody sees, and letters that look like others. Both get into directories by copying from mails and
 * documents; the cloud drops an address with one of them without a word (entra-directory s.2.2). Linear in the text.
 */

/** Only visible ASCII, with single kinds of spaces inside: nothing to look at. Nearly every value ends here. */
const isPlain = (text: string): boolean => /^[!-~](?:[ -~]*[!-~])?$/.test(text);

/** Controls, formats (zero width, direction marks, soft hyphen), unusual spaces, private use, unpaired surrogates. */
const invisible =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u115f\u1160\u17b4\u17b5\u3164\uffa0]/u;
/** Scripts in which the two joiners are spelling; and emoji, which they hold together. */
const joined =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Extended_Pictographic}]|\u{fe0f}/u;
const isJoiner = (c: string): boolean => c === '\u200c' || c === '\u200d';
/** A space of another kind stands for a space; everything else for nothing. */
const asSpace = /[\p{Z}\t\n\v\f\r]/u;

export interface InvisibleCharacters {
  /** `U+200B at position 5`, at most five of them. */
  readonly found: readonly string[];
  /** The text without them. */
  readonly cleaned: string;
}

const names: Readonly<Record<string, string>> = {
  '\u0009': 'tab',
  '\u000a': 'line break',
  '\u000d': 'line break',
  '\u00a0': 'no-break space',
  '\u00ad': 'soft hyphen',
  '\u200b': 'zero width space',
  '\u200c': 'zero width non-joiner',
  '\u200d': 'zero width joiner',
  '\u200e': 'left-to-right mark',
  '\u200f': 'right-to-left mark',
  '\u202a': 'direction mark',
  '\u202c': 'direction mark',
  '\u202e': 'right-to-left override',
  '\u2060': 'word joiner',
  '\ufeff': 'byte order mark',
};
const codePoint = (c: string): string => {
  const code = `U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  return names[c] === undefined ? code : `${code} (${names[c]})`;
};

/** What cannot be seen in the text, white space at its ends included; undefined if there is nothing. */
export function findInvisible(text: string): InvisibleCharacters | undefined {
  if (text === '' || isPlain(text)) return undefined;
  const found: string[] = [];
  let cleaned = '';
  let before = '';
  let position = 0;
  const characters = [...text];
  for (const [i, c] of characters.entries()) {
    position += 1;
    if (
      c === ' ' ||
      !invisible.test(c) ||
      (isJoiner(c) && (joined.test(before) || joined.test(characters[i + 1] ?? '')))
    ) {
      cleaned += c;
    } else {
      if (found.length < 5) found.push(`${codePoint(c)} at position ${position}`);
      if (asSpace.test(c)) cleaned += ' ';
    }
    before = c;
  }
  if (text.startsWith(' ')) found.push('a space at the start');
  if (text.endsWith(' ')) found.push('a space at the end');
  if (found.length === 0) return undefined;
  return { found, cleaned: cleaned.replace(/ {2,}/g, ' ').trim() };
}

/** Letters of other scripts that are drawn like Latin ones: the usual suspects of Unicode's confusables (UTS 39 s.4). */
const confusable: ReadonlyMap<string, string> = new Map(
  [
    ['аеорсухѕіјһԁԛԝӏ', 'aeopcyxsijhdqwl'],
    ['АВЕЅІЈКМНОРСТУХҮԌԜ', 'ABESIJKMHOPCTYXYGW'],
    ['οναικρτυχγ', 'ovaikptuxy'],
    ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ABEZHIKMNOPTYX'],
    ['օսցհոյզ', 'oughnjq'],
    ['ɑɡıȷ', 'agij'],
  ].flatMap(([from = '', to = '']) => [...from].map((c, i) => [c, to[i]!] as const)),
);

/** The text as it looks to somebody who reads Latin letters, in lower case and without accents. */
export const skeleton = (text: string): string =>
  isPlain(text) ? text.toLowerCase() : foldToLatin(text).toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');

/** Look-alikes as the Latin letters they resemble, full-width forms as normal ones. */
export const foldToLatin = (text: string): string =>
  [...text.normalize('NFKC')].map((c) => confusable.get(c) ?? c).join('');

const latin = /\p{Script=Latin}/u;
const other = /\p{Script=Cyrillic}|\p{Script=Greek}|\p{Script=Armenian}/u;

export interface LookAlike {
  readonly found: readonly string[];
  /** The text in Latin letters only. */
  readonly folded: string;
}

/**
 * Letters that pass for others: in a word that mixes Latin with Cyrillic, Greek or Armenian letters, or written in
 * full-width or mathematical forms; undefined if there are none. A word that is all Cyrillic is a Cyrillic word.
 */
export function findLookAlikes(text: string): LookAlike | undefined {
  if (isPlain(text)) return undefined;
  const found: string[] = [];
  for (const word of text.split(/[^\p{L}\p{M}\p{N}]+/u)) {
    if (!latin.test(word) || !other.test(word)) continue;
    for (const c of word) if (other.test(c) && found.length < 5) found.push(`${c} (${codePoint(c)})`);
  }
  for (const c of text) {
    if (/[\uff01-\uff5e\u{1d400}-\u{1d7ff}]/u.test(c) && found.length < 5) found.push(`${c} (${codePoint(c)})`);
  }
  return found.length === 0 ? undefined : { found, folded: foldToLatin(text) };
}

/** Whether the text has letters that could be taken for Latin ones, mixed or not. */
export const hasConfusable = (text: string): boolean => !isPlain(text) && [...text].some((c) => confusable.has(c));

const spelled: Readonly<Record<string, string>> = {
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  ß: 'ss',
  å: 'aa',
  ø: 'oe',
  æ: 'ae',
  œ: 'oe',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
};

/** The text in the letters that addresses are made of: accents off, umlauts spelled out, look-alikes replaced. */
export const toAscii = (text: string): string =>
  [...foldToLatin(text)]
    .map((c) => {
      const plain = spelled[c.toLowerCase()];
      if (plain === undefined) return c.normalize('NFD').replace(/\p{M}/gu, '');
      return c === c.toLowerCase() ? plain : plain[0]!.toUpperCase() + plain.slice(1);
    })
    .join('')
    .replace(/[^\x20-\x7e]/g, '');
