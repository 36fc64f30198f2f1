import { invalidRule } from './rule-error.ts';

export type Token =
  | { readonly kind: 'text'; readonly value: string }
  /** Names, operators, numbers, true, false and null. */
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: '(' | ')' | '[' | ']' | ',' | 'end' };

const punctuation = new Set(['(', ')', '[', ']', ',']);
// Sticky and linear: one class of characters.
const word = /[^\s()[\],"']+/y;
const blank = /\s+/y;

/** The tokens of a membership rule. Throws a MembershipRuleError for a text that does not end. */
export function tokenize(rule: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < rule.length) {
    const char = rule[at] as string;
    blank.lastIndex = at;
    if (blank.test(rule)) at = blank.lastIndex;
    else if (punctuation.has(char)) {
      tokens.push({ kind: char as '(' });
      at += 1;
    } else if (char === '"' || char === "'") {
      const [value, end] = char === '"' ? readDouble(rule, at + 1) : readSingle(rule, at + 1);
      tokens.push({ kind: 'text', value });
      at = end;
    } else {
      word.lastIndex = at;
      const found = (word.exec(rule) as RegExpExecArray)[0];
      tokens.push({ kind: 'word', value: found });
      at += found.length;
    }
  }
  tokens.push({ kind: 'end' });
  return tokens;
}

const unterminated = () => invalidRule('A text in the rule has no closing quotation mark.');

/** Up to the closing mark; a backtick makes the mark after it part of the text. */
function readDouble(rule: string, start: number): [string, number] {
  let value = '';
  for (let at = start; at < rule.length; at++) {
    if (rule[at] === '"') return [value, at + 1];
    if (rule[at] === '`' && (rule[at + 1] === '"' || rule[at + 1] === '`')) at += 1;
    value += rule[at];
  }
  throw unterminated();
}

/** Up to the closing mark; two marks stand for one. */
function readSingle(rule: string, start: number): [string, number] {
  let value = '';
  for (let at = start; at < rule.length; at++) {
    if (rule[at] === "'") {
      if (rule[at + 1] !== "'") return [value, at + 1];
      at += 1;
    }
    value += rule[at];
  }
  throw unterminated();
}
