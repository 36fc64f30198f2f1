/** Finds what is wrong with a parsed expression before it ever runs: names, number and types of arguments. */
import { nearestName } from '../nearest-name.ts';
import { checkCall } from './check-call.ts';
import { type BinaryNode, literalWords, type Node, ungroup } from './node.ts';
import { type ExpressionProblem, limits, problemAt } from './problem.ts';
import {
  ANY,
  BINARY,
  BOOLEAN,
  DATE,
  describeKinds,
  type ExpressionSchema,
  NOTHING,
  NUMBER,
  perValueMulti,
  REFERENCE,
  type StaticType,
  single,
  TEXT,
  typeOfAttribute,
} from './types.ts';

export type Variables = ReadonlyMap<string, StaticType>;

export interface CheckOptions {
  readonly schema?: ExpressionSchema | undefined;
  /** See CompilerOptions. */
  readonly singleValuesAsLists?: boolean | undefined;
}

/** All problems of the expression; none means that it compiles. `text` is what the positions count lines in. */
export function checkExpression(node: Node, text: string, options: CheckOptions = {}): readonly ExpressionProblem[] {
  const checker = new Checker(text, options);
  checker.infer(node, new Map(), true);
  return checker.problems;
}

/** The static type of the result, for checks against the target of a flow. */
export function typeOfExpression(node: Node, options: CheckOptions = {}): StaticType {
  return new Checker('', options).infer(node, new Map(), true);
}

export class Checker {
  readonly problems: ExpressionProblem[] = [];
  readonly options: CheckOptions;
  readonly #text: string;

  constructor(text: string, options: CheckOptions) {
    this.#text = text;
    this.options = options;
  }

  report(node: Node, code: string, message: string, suggested?: string): StaticType {
    if (this.problems.length < limits.problems) {
      this.problems.push(problemAt(this.#text, code, message, node.at.start, node.at.end, suggested));
    }
    return { kinds: ANY, multi: 'maybe' };
  }

  /** The type of the node. `isResult`: it stands where the result of the flow may come from. */
  infer(node: Node, variables: Variables, isResult = false): StaticType {
    switch (node.kind) {
      case 'text':
        return single(TEXT);
      case 'number':
        return single(NUMBER);
      case 'group':
        return this.infer(node.inner, variables, isResult);
      case 'literal':
        return this.#literal(node, isResult);
      case 'attribute':
        return this.attribute(node, node.name);
      case 'parameter':
        return this.#parameter(node);
      case 'variable':
        return variables.get(node.name) ?? this.#unknownVariable(node, variables);
      case 'word':
        return this.#word(node);
      case 'binary':
        return this.#binary(node, variables);
      case 'call':
        return checkCall(this, node, variables, isResult);
    }
  }

  #literal(node: Extract<Node, { kind: 'literal' }>, isResult: boolean): StaticType {
    if (node.word === 'True' || node.word === 'False') return single(BOOLEAN);
    if (node.word === 'CRLF') return single(TEXT);
    if (node.word === 'NULL' || isResult) return NOTHING;
    const message = `${node.word} says what becomes of the whole flow and can only stand where its result comes from.`;
    return this.report(node, 'type-mismatch', message);
  }

  /** The type of the attribute; reports it if the schema does not have it. */
  attribute(node: Node, name: string): StaticType {
    const { schema } = this.options;
    if (!schema) return name === 'dn' ? single(TEXT) : { kinds: ANY, multi: 'maybe' };
    const found = schema.attribute(name);
    if (found) return typeOfAttribute(found);
    if (name === 'dn') return single(TEXT);
    return this.unknown(node, 'attribute', `[${name}]`, name, schema.attributeNames());
  }

  /** Reports a name that is not known and the nearest one that is. Of a call only the name is marked. */
  unknown(whole: Node, kind: string, shown: string, name: string, known: Iterable<string>): StaticType {
    const end = whole.kind === 'call' ? whole.at.start + name.length : whole.at.end;
    const node = { ...whole, at: { start: whole.at.start, end } };
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? '' : ` Did you mean ${shown.replace(name, () => nearest)}?`;
    const why = nearest?.toLowerCase() === name.toLowerCase() ? ' Names are case-sensitive.' : '';
    return this.report(node, `unknown-${kind}`, `There is no ${kind} ${shown}.${hint}${why}`, nearest);
  }

  #parameter(node: Extract<Node, { kind: 'parameter' }>): StaticType {
    const known = this.options.schema?.parameters;
    if (!known || [...known].includes(node.name)) return single(ANY);
    return this.unknown(node, 'parameter', `%${node.name}%`, node.name, known);
  }

  #unknownVariable(node: Extract<Node, { kind: 'variable' }>, variables: Variables): StaticType {
    return this.unknown(node, 'variable', `$${node.name}`, node.name, variables.keys());
  }

  #word(node: Extract<Node, { kind: 'word' }>): StaticType {
    return this.unknown(node, 'word', node.name, node.name, literalWords);
  }

  #binary(node: BinaryNode, variables: Variables): StaticType {
    const [left, right] = [this.infer(node.left, variables), this.infer(node.right, variables)];
    const multi = perValueMulti([left, right]);
    switch (node.operator) {
      case '&&':
      case '||':
        this.#operand(node.left, left, BOOLEAN | NUMBER, node.operator);
        this.#operand(node.right, right, BOOLEAN | NUMBER, node.operator);
        return { kinds: BOOLEAN, multi };
      case '&': {
        // Binary joins binary only; everything else joins as text.
        const texts = TEXT | NUMBER | BOOLEAN | REFERENCE;
        const onlyBinary = left.kinds === BINARY || right.kinds === BINARY;
        this.#operand(node.left, left, onlyBinary ? BINARY : texts | BINARY, '&');
        this.#operand(node.right, right, onlyBinary ? BINARY : texts | BINARY, '&');
        return { kinds: onlyBinary ? BINARY : TEXT | (left.kinds & right.kinds & BINARY), multi };
      }
      case '+':
      case '-':
      case '*':
      case '/':
        this.#operand(node.left, left, NUMBER, node.operator);
        this.#operand(node.right, right, NUMBER, node.operator);
        return { kinds: NUMBER, multi };
      default:
        this.#comparison(node, left, right);
        return { kinds: BOOLEAN, multi };
    }
  }

  #operand(node: Node, type: StaticType, accepted: number, operator: string): void {
    if (type.kinds === 0 || type.kinds & accepted) return;
    const hint = operator === '+' && type.kinds & TEXT ? ' Use & to join texts.' : '';
    const message = `"${operator}" expects ${describeKinds(accepted)}, but this is ${describeKinds(type.kinds)}.${hint}`;
    this.report(ungroup(node), 'type-mismatch', message);
  }

  #comparison(node: BinaryNode, left: StaticType, right: StaticType): void {
    const texts = TEXT | REFERENCE;
    const common = left.kinds & right.kinds || (left.kinds & texts && right.kinds & texts);
    if (left.kinds !== 0 && right.kinds !== 0 && !common) {
      const message = `Expected two values of one type, but ${describeKinds(left.kinds)} is compared with ${describeKinds(right.kinds)}.`;
      this.report(node, 'type-mismatch', message);
    }
    const isOrder = node.operator !== '=' && node.operator !== '<>';
    if (isOrder && common) this.#operand(node.left, left, TEXT | NUMBER | DATE, node.operator);
  }
}
