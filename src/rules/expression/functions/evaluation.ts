/** Tests of values and bit functions (sync-engine s.3.5). Tests see a multi-valued argument as a whole. */
import { parseDate } from '../date.ts';
import { ExpressionError } from '../expression-error.ts';
import { type Item, isBytes, isDate, isList, isNumber, type Raw, textOf } from '../machine.ts';
import { bigOf, bitAnd, bitOr, int64, parseNumber } from '../number.ts';
import { compileRegex } from '../regex.ts';
import { BOOLEAN, NUMBER, single } from '../types.ts';
import { textFrom } from './conversion.ts';
import { constantText, type FunctionSpec, type Implementation, signature } from './function-spec.ts';

/** Whether there is a value; a symbol such as AuthoritativeNull is none. */
export const isNullValue = (v: Raw): boolean =>
  v === undefined || typeof v === 'symbol' || (isList(v) && v.every((item) => item === undefined));

export const isEmptyTextValue = (v: Raw): boolean =>
  isList(v) ? v.length > 0 && v.every((item) => item === '') : v === '';

/** Present: not absent and not the empty text. 0 and False are present (architecture s.4). */
export function isPresentValue(v: Raw): boolean {
  if (isList(v)) return v.some((item) => item !== undefined && item !== '');
  return v !== undefined && v !== '' && typeof v !== 'symbol';
}

function every(v: Raw, test: (item: Item) => boolean): boolean {
  if (typeof v === 'symbol') return false;
  if (!isList(v)) return test(v);
  return !isNullValue(v) && v.every((item) => item === undefined || test(item));
}

const numeric = (v: Item): boolean =>
  isNumber(v) || (typeof v === 'string' && parseNumber(v) !== undefined) || (isBytes(v) && v.base64.length <= 12);

const dated = (v: Item): boolean => isDate(v) || (typeof v === 'string' && parseDate(v) !== undefined);

function evaluate(name: string, run: Implementation): FunctionSpec {
  return { name, category: 'evaluation', ...signature('var value'), mapping: 'whole', result: single(BOOLEAN), run };
}

/** NULL gives NULL, which no comparison holds for. */
function bits(name: string, f: (a: Raw, b: Raw) => Raw): FunctionSpec {
  const run: Implementation = (_m, a, b) => (a === undefined || b === undefined ? undefined : f(a, b));
  const sign = signature('num value1, num value2');
  return { name, category: 'math', ...sign, mapping: 'perValue', result: single(NUMBER), run };
}

/** Whether all bits of the flag are set; no bit is never set. */
const isBitSet: Implementation = (_m, a, b) => {
  if (a === undefined || b === undefined) return false;
  const flag = bitAnd(b, b);
  const common = bitAnd(a, b);
  return flag !== 0 && (common === flag || (typeof common === 'object' && bigOf(common) === bigOf(flag)));
};

/** A whole number from `start` to `end`, both included [I]. */
const randomNumber: Implementation = (m, a, b) => {
  if (a === undefined || b === undefined) return undefined;
  const [start, end] = [bigOf(a), bigOf(b)];
  if (start > end) throw new ExpressionError('RandomNum needs a start that is not greater than the end.');
  const span = end - start + 1n;
  const offset =
    span <= BigInt(Number.MAX_SAFE_INTEGER)
      ? BigInt(Math.floor(m.context.random() * Number(span)))
      : (BigInt(Math.floor(m.context.random() * 2 ** 48)) * span) >> 48n;
  return int64(start + offset);
};

export const evaluationFunctions: readonly FunctionSpec[] = [
  evaluate('IsNull', (_m, a) => isNullValue(a)),
  evaluate('IsEmpty', (_m, a) => isEmptyTextValue(a)),
  evaluate('IsNullOrEmpty', (_m, a) => !isPresentValue(a)),
  evaluate('IsPresent', (_m, a) => isPresentValue(a)),
  evaluate('IsNumeric', (_m, a) => every(a, numeric)),
  evaluate('IsDate', (_m, a) => every(a, dated)),
  evaluate('IsString', (_m, a) => every(a, (v) => v !== undefined && !isDate(v) && textFrom(v) !== undefined)),
  {
    ...{ name: 'IsBitSet', category: 'evaluation', mapping: 'perValue' },
    ...{ ...signature('num value, num flag'), result: single(BOOLEAN), run: isBitSet },
  },
  bits('BitAnd', bitAnd),
  bits('BitOr', bitOr),
  {
    ...{ name: 'RandomNum', category: 'math', mapping: 'perValue' },
    ...{ ...signature('num start, num end'), result: single(NUMBER), run: randomNumber },
  },
  {
    ...{ name: 'RegexIsMatch', category: 'evaluation', mapping: 'perValue', cost: 50 },
    ...{ ...signature('str text, str pattern'), result: single(BOOLEAN) },
    run: (m, a, b) => {
      if (a === undefined || b === undefined) return false;
      const regex = compileRegex(textOf(m, b));
      m.charge(20 * regex.size);
      return regex.test(textOf(m, a), (steps) => m.charge(steps));
    },
    prepare: ([, b]) => {
      const pattern = constantText(b);
      if (pattern === undefined) return undefined;
      const regex = compileRegex(pattern);
      return (m, a) => (a === undefined ? false : regex.test(textOf(m, a), (steps) => m.charge(steps)));
    },
  },
];
