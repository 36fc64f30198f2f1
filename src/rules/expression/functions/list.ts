/** Functions over multi-valued attributes (sync-engine s.3.5). Indexes count from 1. */
import { type Value, valueKey } from '../../../model/value.ts';
import { ExpressionError } from '../expression-error.ts';
import { isDn, listLimit, listOf, type Machine, type Raw, textLimit, textOf, wrongType } from '../machine.ts';
import { smallOf } from '../number.ts';
import { ANY, NUMBER, several, single, TEXT } from '../types.ts';
import { textFrom } from './conversion.ts';
import { type FunctionSpec, type Implementation, signature } from './function-spec.ts';

function list(name: string, sign: string, result: FunctionSpec['result'], run: Implementation): FunctionSpec {
  return { name, category: 'list', ...signature(sign), mapping: 'whole', result, run };
}

/** Texts are searched for the text, references must equal it. */
const contains: Implementation = (m, a, b, c) => {
  const values = listOf(m, a);
  if (b === undefined) return 0;
  const fold = c !== undefined && textOf(m, c) === 'CaseInsensitive';
  const sought = fold ? textOf(m, b).toLowerCase() : textOf(m, b);
  m.charge(values.length);
  for (let i = 0; i < values.length; i++) if (holds(m, values[i]!, sought, fold)) return i + 1;
  return 0;
};

function holds(m: Machine, value: Value, sought: string, fold: boolean): boolean {
  if (typeof value === 'string' && !fold && sought.length <= 16 && value.length <= 256) return value.includes(sought);
  const isReference = isDn(value);
  let text = isReference ? value.dn : textOf(m, value);
  if (fold) text = text.toLowerCase();
  if (isReference) return text === sought;
  if (sought.length > 16) m.chargeProduct(text.length, sought.length);
  return text.includes(sought);
}

const itemOrNull: Implementation = (m, a, b) => {
  const values = listOf(m, a);
  return b === undefined ? undefined : values[smallOf(b) - 1];
};

const item: Implementation = (m, a, b) => {
  const value = itemOrNull(m, a, b, undefined, undefined);
  if (value !== undefined) return value;
  const index = b === undefined ? 'NULL' : smallOf(b);
  const count = listOf(m, a).length;
  throw new ExpressionError(`There is no value ${index}: the attribute has ${count}. Use ItemOrNull or IsPresent.`);
};

/** NULL for no values [I]. */
function joinWith(m: Machine, a: Raw, delimiter: string): Raw {
  const values = listOf(m, a);
  if (values.length === 0) return undefined;
  let length = delimiter.length * values.length;
  const texts = values.map((value) => {
    const text = textFrom(value) ?? wrongType('text values', value);
    length += text.length;
    return text;
  });
  if (length > 256) m.charge(length >> 7);
  if (length > textLimit) throw new ExpressionError(`The text becomes longer than ${textLimit} characters.`);
  return texts.join(delimiter);
}

const removeDuplicates: Implementation = (m, a) => {
  const values = listOf(m, a);
  m.charge(values.length);
  if (values.length < 2) return values;
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = valueKey(value);
    return seen.size < seen.add(key).size;
  });
};

/** With a limit the last value holds the rest of the text [I]; a limit below 1 is none. */
const split: Implementation = (m, a, b, c) => {
  if (a === undefined) return undefined;
  const value = textOf(m, a);
  const delimiter = b === undefined ? '' : textOf(m, b);
  if (delimiter.length !== 1) throw new ExpressionError('The delimiter of Split must be exactly one character.');
  const parts = value.split(delimiter);
  if (parts.length > listLimit) throw new ExpressionError(`An expression may build at most ${listLimit} values.`);
  m.charge(parts.length);
  const limit = c === undefined ? 0 : smallOf(c);
  if (limit < 1 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(delimiter)];
};

export const listFunctions: readonly FunctionSpec[] = [
  list(
    'Contains',
    'mvstr|mvref list, str sought, [enum casetype: CaseSensitive CaseInsensitive]',
    single(NUMBER),
    contains,
  ),
  list('Count', 'mv list', single(NUMBER), (m, a) => listOf(m, a).length),
  list('Item', 'mv list, num index', single(ANY), item),
  list('ItemOrNull', 'mv list, num index', single(ANY), itemOrNull),
  {
    ...list('Join', 'mv list, [str delimiter]', single(TEXT), (m, a, b) =>
      joinWith(m, a, b === undefined ? '' : textOf(m, b)),
    ),
    // A delimiter that is NULL joins without one; only one that is left out means a space.
    prepare: (given) => (given.length === 1 ? (m, a) => joinWith(m, a, ' ') : undefined),
  },
  list('RemoveDuplicates', 'mv list', several(ANY), removeDuplicates),
  { ...list('Split', 'str value, str delimiter, [num limit]', several(TEXT), split), mapping: 'perValue' },
];
