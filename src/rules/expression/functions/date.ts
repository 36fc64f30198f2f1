/** Date functions (sync-engine s.3.5). */
import { addInterval, fromFiletime, instant, toFiletime } from '../date.ts';
import { compileDateFormat } from '../date-format.ts';
import { isDate, textOf, wrongType } from '../machine.ts';
import { smallOf } from '../number.ts';
import { DATE, NUMBER, single, TEXT } from '../types.ts';
import { constantText, type FunctionSpec, type Implementation, signature } from './function-spec.ts';

function date(name: string, sign: string, kinds: number, run: Implementation, extra?: Partial<FunctionSpec>) {
  return {
    name,
    category: 'date',
    ...signature(sign),
    mapping: 'perValue',
    result: single(kinds),
    run,
    ...extra,
  } satisfies FunctionSpec;
}

export const dateFunctions: readonly FunctionSpec[] = [
  date('DateAdd', 'str interval, num value, dt date', DATE, (m, a, b, c) =>
    a === undefined || b === undefined || c === undefined ? undefined : addInterval(textOf(m, a), smallOf(b), c),
  ),
  date('DateFromNum', 'num value', DATE, (_m, a) => (a === undefined ? undefined : fromFiletime(a))),
  date('NumFromDate', 'dt value', NUMBER, (_m, a) => (a === undefined ? undefined : toFiletime(a))),
  date(
    'FormatDateTime',
    'dt value, str format',
    TEXT,
    (m, a, b) => {
      if (a === undefined) return undefined;
      m.charge(50);
      const format = compileDateFormat(b === undefined ? '' : textOf(m, b));
      return isDate(a) ? format(a) : wrongType('a date', a);
    },
    {
      cost: 10,
      prepare: ([, b]) => {
        const text = constantText(b);
        if (text === undefined) return undefined;
        const format = compileDateFormat(text);
        return (_m, a) => (isDate(a) ? format(a) : a === undefined ? undefined : wrongType('a date', a));
      },
    },
  ),
  // The documentation speaks of the server's local clock; an expression must not depend on where it runs, so UTC.
  date('Now', '', DATE, (m) => instant(Math.trunc(m.context.now()))),
];
