/** Trees to closures. No text of a user is ever turned into JavaScript. */
import { attributeCode, importedCode, questionCode, valueCountCode } from './compile-attributes.ts';
import { operatorCode } from './compile-operators.ts';
import { iifCode, selectCode, switchCode, whereCode, withCode } from './compile-special.ts';
import { costOf } from './cost.ts';
import { ExpressionError } from './expression-error.ts';
import { NOT_CONSTANT } from './functions/function-spec.ts';
import { functionTable } from './functions/table.ts';
import { booleanCode, fuseChain, fuseComparison, once, repeatedCalls, withoutReference } from './fuse.ts';
import { AUTHORITATIVE_NULL, type Code, IGNORE, type Raw } from './machine.ts';
import { type BinaryNode, type CallNode, type LiteralWord, type Node, type Span, ungroup } from './node.ts';
import { constantPiece, mergeSources, type Piece, perValueCall, wholeCall } from './per-value.ts';
import { printExpression } from './printer.ts';
import type { ExpressionSchema } from './types.ts';

export interface CompilerOptions {
  readonly schema?: ExpressionSchema;
  /** `=` and `<>` on texts ignore letter case. Default false, see docs/expressions.md. */
  readonly caseInsensitiveEquality?: boolean;
  /** Functions over multi-valued attributes take a single value for a list of one. Default false: it is an error. */
  readonly singleValuesAsLists?: boolean;
}

interface Variable {
  readonly slot: number;
  readonly sources: readonly string[];
}
type Scope = ReadonlyMap<string, Variable>;

const literals: Readonly<Record<LiteralWord, Raw>> = {
  True: true,
  False: false,
  NULL: undefined,
  AuthoritativeNull: AUTHORITATIVE_NULL,
  IgnoreThisFlow: IGNORE,
  CRLF: '\r\n',
};

/** Compiles one checked tree. The names it reads gather in the sets. */
export class Compiler {
  /** Where the call with this index stands. */
  readonly positions: Span[] = [];
  readonly attributes = new Set<string>();
  readonly imported = new Set<string>();
  readonly parameters = new Set<string>();
  readonly #options: CompilerOptions;
  readonly #inChain = new WeakSet<Node>();
  readonly #pieces = new WeakMap<Node, Piece>();
  #slots = 0;
  #repeated: ReadonlyMap<string, number> = new Map();

  constructor(options: CompilerOptions) {
    this.#options = options;
  }

  compileRoot(node: Node): Piece {
    this.#repeated = repeatedCalls(node);
    return this.compile(node, new Map());
  }

  /** A node is compiled once, however many closures use it: otherwise nested patterns would double at every level. */
  compile(node: Node, scope: Scope): Piece {
    const known = this.#pieces.get(node);
    if (known) return known;
    const piece = this.#compileNode(node, scope);
    this.#pieces.set(node, piece);
    return piece;
  }

  #compileNode(node: Node, scope: Scope): Piece {
    switch (node.kind) {
      case 'text':
      case 'number':
        return constantPiece(node.value);
      case 'word':
        return constantPiece(node.name);
      case 'literal':
        return constantPiece(literals[node.word]);
      case 'group':
        return this.compile(node.inner, scope);
      case 'attribute':
        this.attributes.add(node.name);
        return { code: attributeCode(node.name, this.#options.schema), sources: [`[${node.name}]`] };
      case 'parameter':
        this.parameters.add(node.name);
        return { code: parameterCode(node.name, this.#position(node)), sources: [] };
      case 'variable':
        return variablePiece(scope.get(node.name), node.name);
      case 'binary': {
        if (node.left.kind === 'binary' && node.left.operator === node.operator) this.#inChain.add(node.left);
        const [left, right] = [this.compile(node.left, scope), this.compile(node.right, scope)];
        const foldCase = this.#options.caseInsensitiveEquality ?? false;
        const general = operatorCode(node.operator, this.#position(node), left, right, foldCase);
        const code = this.#fused(node, general, scope);
        return { code, sources: mergeSources([left, right]) };
      }
      case 'call': {
        const piece = this.#call(withoutReference(node), scope);
        const slot = this.#repeated.size > 0 ? this.#repeated.get(printExpression(node)) : undefined;
        return slot === undefined ? piece : { ...piece, code: once(slot, piece.code) };
      }
    }
  }

  /** Every operator of a chain would compile the part to its left again: only the last one of it is fused. */
  #fused(node: BinaryNode, general: Code, scope: Scope): Code {
    const compile = (part: Node) => this.compile(part, scope);
    const isLogical = node.operator === '&&' || node.operator === '||';
    if (isLogical) return this.#inChain.has(node) ? general : fuseChain(node, general, compile);
    return this.#options.caseInsensitiveEquality ? general : fuseComparison(node, general, compile);
  }

  #position(node: Node): number {
    return this.positions.push(node.at) - 1;
  }

  #call(node: CallNode, scope: Scope): Piece {
    const spec = functionTable.get(node.name);
    if (!spec) throw new TypeError(`${node.name} is not a function; check the expression before it is compiled`);
    if (spec.mapping === 'special') return this.#special(node, scope);
    const at = this.#position(node);
    const { schema, singleValuesAsLists } = this.#options;
    const only = node.arguments.length === 1 ? ungroup(node.arguments[0]!) : undefined;
    if (only?.kind === 'attribute') {
      const code = questionCode(node.name, only.name, at, singleValuesAsLists === true, schema);
      if (code) {
        this.attributes.add(only.name);
        return { code, sources: [] };
      }
    }
    const pieces = node.arguments.map((argument) => this.compile(argument, scope));
    const constants = pieces.map((p) => (p.constant ? p.constant.value : NOT_CONSTANT));
    const run = spec.prepare?.(constants) ?? spec.run;
    if (spec.mapping === 'perValue') {
      const code = perValueCall(run, at, pieces, spec.cost ?? 1);
      const sources = mergeSources(pieces);
      return { code: node.name === 'CBool' ? booleanCode(pieces[0]!.code, code) : code, sources };
    }
    const lenient = singleValuesAsLists === true && spec.parameters[0]?.type.startsWith('mv') === true;
    return { code: wholeCall(run, at, pieces, lenient), sources: [printExpression(node)] };
  }

  #special(node: CallNode, scope: Scope): Piece {
    const at = this.#position(node);
    const [first, second, third] = node.arguments as [Node, Node, Node];
    switch (node.name) {
      case 'ImportedValue':
      case 'ValueCount':
        return this.#namedAttribute(node.name, ungroup(first));
      case 'IIF': {
        const [test, yes, no] = node.arguments.map((a) => this.compile(a, scope)) as [Piece, Piece, Piece];
        return { code: iifCode(at, test, yes, no), sources: mergeSources([test, yes, no]) };
      }
      case 'Switch': {
        const pieces = node.arguments.map((a) => this.compile(a, scope));
        const [tests, values] = [pieces.filter((_, i) => i % 2 === 0), pieces.filter((_, i) => i % 2 === 1)];
        return { code: switchCode(at, tests, values), sources: mergeSources(pieces) };
      }
      default:
        return this.#binding(node, at, ungroup(first), this.compile(second, scope), third, scope);
    }
  }

  #namedAttribute(functionName: string, node: Node): Piece {
    const name = node.kind === 'text' ? node.value : '';
    if (functionName === 'ImportedValue') {
      this.imported.add(name);
      return { code: importedCode(name), sources: [`ImportedValue ${name}`] };
    }
    this.attributes.add(name);
    return { code: valueCountCode(name), sources: [] };
  }

  #binding(node: CallNode, at: number, variable: Node, value: Piece, third: Node, scope: Scope): Piece {
    const name = variable.kind === 'variable' ? variable.name : '';
    const slot = this.#slots++;
    const isWith = node.name === 'With';
    const body = this.compile(third, new Map(scope).set(name, { slot, sources: isWith ? value.sources : [] }));
    if (isWith) return { code: withCode(slot, value, body), sources: body.sources };
    const loop = { at, slot, list: value, body, cost: costOf(third) };
    const code = node.name === 'Select' ? selectCode(loop) : whereCode(loop);
    return { code, sources: [printExpression(node)] };
  }
}

function variablePiece(variable: Variable | undefined, name: string): Piece {
  if (!variable) throw new TypeError(`$${name} is not bound; check the expression before it is compiled`);
  const { slot, sources } = variable;
  return { code: (m) => m.variables[slot], sources };
}

/** A parameter nobody defined is an error: going on without it would build values like `ana@`. */
function parameterCode(name: string, at: number): Code {
  return (m) => {
    const { parameters } = m.context;
    if (Object.hasOwn(parameters, name)) return parameters[name];
    m.at = at;
    throw new ExpressionError(`The parameter %${name}% has no value for this connector.`);
  };
}
