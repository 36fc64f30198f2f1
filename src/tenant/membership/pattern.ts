import { unsupportedRule } from './rule-error.ts';

/** One character of a pattern; `any` is a dot, `gap` a dot with a star. */
type Part = { readonly kind: 'char'; readonly char: string } | { readonly kind: 'any' | 'gap' };

/**
 * Whether a text contains the pattern of `-match`. Of regular expressions a rule may use plain characters, `.`, `.*`,
 * `^` at the beginning, `$` at the end, and a backslash before a character that is no letter or digit; the time is
 * bounded by the product of the lengths. Throws a MembershipRuleError for anything else.
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const folded = pattern.toLowerCase();
  const fromStart = folded.startsWith('^');
  const parts: Part[] = fromStart ? [] : [{ kind: 'gap' }];
  let toEnd = false;
  for (let at = fromStart ? 1 : 0; at < folded.length; at++) {
    const char = folded[at] as string;
    if (char === '.' && folded[at + 1] === '*') {
      parts.push({ kind: 'gap' });
      at += folded[at + 2] === '?' ? 2 : 1;
    } else if (char === '.') parts.push({ kind: 'any' });
    else if (char === '$' && at === folded.length - 1) toEnd = true;
    else if (char === '\\' && /^[^\p{L}\p{N}]$/u.test(folded[at + 1] ?? '')) {
      parts.push({ kind: 'char', char: folded[at + 1] as string });
      at += 1;
    } else if ('\\*+?()[]{}|^$'.includes(char)) {
      throw unsupportedRule(`regular expressions with '${char}' in dynamic membership rules`);
    } else parts.push({ kind: 'char', char });
  }
  if (!toEnd) parts.push({ kind: 'gap' });
  return (text) => matches(parts, text.toLowerCase());
}

/** The pattern against the whole text. On a failure only the last gap grows: an earlier one could not do better. */
function matches(parts: readonly Part[], text: string): boolean {
  let at = 0;
  let part = 0;
  let gap = -1;
  let gapAt = 0;
  while (at < text.length) {
    const current = parts[part];
    if (current?.kind === 'gap') {
      gap = part++;
      gapAt = at;
    } else if (current?.kind === 'any' || (current?.kind === 'char' && current.char === text[at])) {
      part += 1;
      at += 1;
    } else if (gap >= 0) {
      part = gap + 1;
      at = ++gapAt;
    } else return false;
  }
  while (parts[part]?.kind === 'gap') part += 1;
  return part === parts.length;
}
