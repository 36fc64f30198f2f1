/** Rules of dynamic membership: read, checked and turned into a function (Entra: "Manage rules for dynamic membership groups"). */
import type { StoredObject } from '../store/objects.ts';
import { type Token, tokenize } from './lexer.ts';
import { compilePattern } from './pattern.ts';
import { type RuleProperty, type RuleValue, ruleProperty, type Subject } from './properties.ts';
import { invalidRule, unsupportedRule } from './rule-error.ts';

export interface MembershipRule {
  /** Objects of this class can be members. */
  readonly subject: Subject;
  matches(object: StoredObject): boolean;
}

/** Longest rule (entra-directory s.4.2). */
export const longestRule = 3072;
const deepest = 50;

/** A condition on an object, or inside `-any (…)` on one value of a collection. */
type Condition = (object: StoredObject, element: string | null) => boolean;

interface Parser {
  readonly tokens: readonly Token[];
  next: number;
  subject: Subject | undefined;
  /** Whether `_` stands for a value of a collection here. */
  inCollection: boolean;
}

/** The rule of this text. Throws a MembershipRuleError that says what is wrong with it. */
export function parseMembershipRule(text: string): MembershipRule {
  if (text.length > longestRule) throw invalidRule(`The rule is longer than ${longestRule} characters.`);
  if (/^\s*\(?\s*direct\s+reports\s+for\b/i.test(text))
    throw unsupportedRule("dynamic membership by 'Direct Reports for'");
  const parser: Parser = { tokens: tokenize(text), next: 0, subject: undefined, inCollection: false };
  const condition = parseOr(parser, 0);
  if (peek(parser).kind !== 'end') throw invalidRule(`Unexpected ${show(peek(parser))} in the rule.`);
  return { subject: parser.subject ?? 'user', matches: (object) => condition(object, null) };
}

const peek = (parser: Parser): Token => parser.tokens[parser.next] as Token;
const show = (token: Token): string =>
  token.kind === 'end'
    ? 'end'
    : `'${token.kind === 'text' || token.kind === 'word' ? token.value.slice(0, 60) : token.kind}'`;

function take(parser: Parser): Token {
  const token = peek(parser);
  if (token.kind !== 'end') parser.next += 1;
  return token;
}
function expect(parser: Parser, kind: ')' | ']'): void {
  const token = take(parser);
  if (token.kind !== kind) throw invalidRule(`'${kind}' is missing before ${show(token)}.`);
}

/** An operator in lower case without its hyphen, which may be left out or typed as a dash. */
const operatorOf = (token: Token): string | undefined =>
  token.kind === 'word' ? token.value.replace(/^[-\u2013]/, '').toLowerCase() : undefined;

function takeOperator(parser: Parser, name: string): boolean {
  if (operatorOf(peek(parser)) !== name) return false;
  parser.next += 1;
  return true;
}

function parseOr(parser: Parser, depth: number): Condition {
  const parts = [parseAnd(parser, depth)];
  while (takeOperator(parser, 'or')) parts.push(parseAnd(parser, depth));
  return parts.length === 1
    ? (parts[0] as Condition)
    : (object, element) => parts.some((part) => part(object, element));
}
function parseAnd(parser: Parser, depth: number): Condition {
  const parts = [parseNot(parser, depth)];
  while (takeOperator(parser, 'and')) parts.push(parseNot(parser, depth));
  return parts.length === 1
    ? (parts[0] as Condition)
    : (object, element) => parts.every((part) => part(object, element));
}
function parseNot(parser: Parser, depth: number): Condition {
  if (depth > deepest) throw invalidRule(`The rule is nested deeper than ${deepest} levels.`);
  if (takeOperator(parser, 'not')) {
    const inner = parseNot(parser, depth + 1);
    return (object, element) => !inner(object, element);
  }
  if (peek(parser).kind !== '(') return parseExpression(parser, depth);
  parser.next += 1;
  const inner = parseOr(parser, depth + 1);
  expect(parser, ')');
  return inner;
}

const element: RuleProperty = { type: 'text', read: () => null };

function parseExpression(parser: Parser, depth: number): Condition {
  const token = take(parser);
  if (token.kind !== 'word') throw invalidRule(`A property is expected instead of ${show(token)}.`);
  const isElement = parser.inCollection && token.value === '_';
  const property = isElement ? element : readProperty(parser, token.value);
  const operator = operatorOf(take(parser)) ?? '';
  if (operator === 'any' || operator === 'all') return parseEach(parser, property, operator, depth);
  const test = parseTest(parser, property, operator);
  if (isElement) return (_, value) => test(value);
  if (property.type !== 'texts') return (object) => test(property.read(object) as RuleValue);
  return collectionTest(property, operator, test);
}

function readProperty(parser: Parser, word: string): RuleProperty {
  const [, subject, name] = /^(user|device)\.(\w{1,200})$/i.exec(word) ?? [];
  if (subject === undefined || name === undefined) {
    throw invalidRule(`'${word.slice(0, 100)}' is not the property of an object: user.department, device.displayName.`);
  }
  const wanted = subject.toLowerCase() as Subject;
  if (parser.subject !== undefined && parser.subject !== wanted) {
    throw invalidRule('A rule cannot be about both users and devices.');
  }
  parser.subject = wanted;
  return ruleProperty(wanted, name);
}

/** `user.proxyAddresses -any (_ -startsWith "smtp:a")`; the brackets may be left out around one expression. */
function parseEach(parser: Parser, property: RuleProperty, operator: 'any' | 'all', depth: number): Condition {
  if (property.type !== 'texts' || parser.inCollection)
    throw invalidRule(`Invalid operands found for operator -${operator}.`);
  parser.inCollection = true;
  const inner = parseNot(parser, depth + 1);
  parser.inCollection = false;
  const values = (object: StoredObject) => property.read(object) as readonly string[];
  return operator === 'any'
    ? (object) => values(object).some((value) => inner(object, value))
    : (object) => values(object).every((value) => inner(object, value));
}

/** Without `-any` a collection has the value if one of its values has it; a negated operator asks for none. */
function collectionTest(property: RuleProperty, operator: string, test: (value: RuleValue) => boolean): Condition {
  const negated = operator === 'ne' || operator.startsWith('not');
  return (object) => {
    const values = property.read(object) as readonly string[];
    if (values.length === 0) return test(null);
    return negated ? values.every(test) : values.some(test);
  };
}

type TextTest = (text: string) => boolean;
const textOperators: Readonly<Record<string, (value: string) => TextTest>> = {
  startswith: (value) => (text) => text.startsWith(value),
  endswith: (value) => (text) => text.endsWith(value),
  contains: (value) => (text) => text.includes(value),
};

/** Text is compared without regard to letter case. What is absent equals nothing, so negated operators hold for it. */
function parseTest(parser: Parser, property: RuleProperty, operator: string): (value: RuleValue) => boolean {
  const positive = operator.startsWith('not') ? operator.slice(3) : operator;
  const isNegated = positive !== operator;
  const negate = (test: (value: RuleValue) => boolean) => (isNegated ? (value: RuleValue) => !test(value) : test);
  if (operator === 'eq' || operator === 'ne') {
    const wanted = readLiteral(parser, property, operator);
    const equals = (value: RuleValue) => (typeof value === 'string' ? value.toLowerCase() : value) === wanted;
    return operator === 'eq' ? equals : (value) => !equals(value);
  }
  if (positive === 'in') {
    const wanted = new Set(readList(parser, property));
    return negate((value) => typeof value === 'string' && wanted.has(value.toLowerCase()));
  }
  const make = Object.hasOwn(textOperators, positive) ? textOperators[positive] : undefined;
  if (!make && positive !== 'match') throw invalidRule(`Invalid operator '${operator.slice(0, 40)}'.`);
  const value = readLiteral(parser, property, operator);
  if (typeof value !== 'string') throw invalidRule(`Invalid operands found for operator -${operator}.`);
  const test = make ? make(value) : compilePattern(value);
  return negate((found) => typeof found === 'string' && test(found.toLowerCase()));
}

function readLiteral(parser: Parser, property: RuleProperty, operator: string): RuleValue {
  const token = take(parser);
  const wrong = () => invalidRule(`Invalid operands found for operator -${operator}: ${show(token)}.`);
  if (token.kind === 'text') {
    if (property.type === 'boolean') throw wrong();
    return token.value.toLowerCase();
  }
  const word = token.kind === 'word' ? token.value.toLowerCase() : '';
  if (word === 'null' || word === '$null') return null;
  if (property.type === 'boolean' && (word === 'true' || word === 'false')) return word === 'true';
  if (property.type !== 'boolean' && /^-?\d{1,30}(\.\d{1,30})?$/.test(word)) return word;
  throw wrong();
}

function readList(parser: Parser, property: RuleProperty): string[] {
  if (take(parser).kind !== '[' || property.type === 'boolean')
    throw invalidRule('Invalid operands found for operator -in.');
  const values: string[] = [];
  for (;;) {
    const value = readLiteral(parser, property, 'in');
    if (typeof value === 'string') values.push(value);
    if (peek(parser).kind !== ',') break;
    parser.next += 1;
  }
  expect(parser, ']');
  return values;
}
