/**
 * Program flow and everything else that is not a plain function of its arguments (sync-engine s.3.5). The checker reads
 * the signatures here; how they run is in compile-special.ts.
 */
import { ExpressionError } from '../expression-error.ts';
import { isList } from '../machine.ts';
import { ANY, NOTHING, NUMBER, several, single } from '../types.ts';
import { textFrom } from './conversion.ts';
import { type FunctionSpec, type Implementation, signature } from './function-spec.ts';

const compiledElsewhere: Implementation = () => {
  throw new TypeError('a special form is compiled, not called');
};

function special(name: string, sign: string, result: FunctionSpec['result'], category: FunctionSpec['category']) {
  return {
    name,
    category,
    ...signature(sign),
    mapping: 'special',
    result,
    run: compiledElsewhere,
  } satisfies FunctionSpec;
}

export const flowFunctions: readonly FunctionSpec[] = [
  special('IIF', 'exp condition, result valueIfTrue, result valueIfFalse', single(ANY), 'flow'),
  { ...special('Switch', 'exp condition, result value', single(ANY), 'flow'), repeats: true },
  special('Select', 'variable item, var list, result function', several(ANY), 'flow'),
  special('Where', 'variable item, var list, exp condition', several(ANY), 'flow'),
  special('With', 'variable name, result value, result expression', single(ANY), 'flow'),
  special('ImportedValue', 'attribute name', { kinds: ANY, multi: 'maybe' }, 'list'),
  special('ValueCount', 'attribute name', single(NUMBER), 'list'),
  {
    ...{ name: 'Error', category: 'flow', ...signature('str message'), mapping: 'whole', result: NOTHING },
    run: (_m, a) => {
      const text = isList(a) ? textFrom(a[0]) : textFrom(a);
      throw new ExpressionError(text || 'The rule refused the object.', 'sync-rule-error-function-triggered');
    },
  },
];
