/** Compiles one rule, and says everything that is wrong with it. */
import { attributesOf, type ConnectedAttribute, compileFlow } from './compile-flow.ts';
import type { CompiledRule, RuleProblem, RuleProblemCode } from './compiled.ts';
import type { CompileOptions } from './expression/compile.ts';
import { joinCriteriaText, sourceSide } from './join.ts';
import { isAttributeName, type MetaverseSchema } from './metaverse-schema.ts';
import type { Flow, SyncRule } from './model.ts';
import { suggestion } from './nearest-name.ts';
import { compileScope } from './scope.ts';
import { clauseProblem } from './scope-operators.ts';

export interface RuleSurroundings {
  readonly schema: MetaverseSchema;
  /** Attributes of the rule's connector by name, where the directory has told them. */
  readonly connected: ReadonlyMap<string, ConnectedAttribute> | undefined;
  /** Whether a connector-space attribute of the rule's connector holds references. */
  readonly isConnectedReference: (name: string) => boolean;
  /** For expressions that read the metaverse. */
  readonly expressionOptions: CompileOptions;
}

/** The compiled rule, and everything that is wrong: with any problem the rule must not be used. */
export function compileRule(
  rule: SyncRule,
  order: number,
  surroundings: RuleSurroundings,
): { readonly compiled: CompiledRule; readonly problems: readonly RuleProblem[] } {
  const problems: RuleProblem[] = [];
  const report = reporter(rule, problems);
  const { schema } = surroundings;
  checkTypes(rule, schema, report);
  const checker = attributeChecker(rule, schema, report);
  checkClauses(rule, checker, report);
  checkDuplicates(rule, report);
  const flows = rule.flows.flatMap((flow) => {
    checker.target(flow.target, flow);
    const compiled = compileFlow(rule.direction, flow, surroundings, report);
    if (compiled === undefined) return [];
    for (const name of attributesOf(compiled)) checker.source(name, `the flow to ${flow.target}`, flow);
    return [compiled];
  });
  const isReference =
    rule.direction === 'inbound'
      ? surroundings.isConnectedReference
      : (name: string) => schema.attributes.get(name)?.syntax === 'reference';
  const scope = compileScope(problems.length > 0 ? [] : rule.scope, isReference);
  const from = sourceSide(rule.direction);
  const joined = rule.join.flat().map((clause) => clause[from]);
  const reads = new Set([...scope.attributes, ...joined, ...flows.flatMap(attributesOf)]);
  reads.delete('dn');
  const { id, precedence } = rule;
  const joinCriteria = joinCriteriaText(rule.join);
  return { compiled: { rule, id, precedence, order, scope, flows, joinCriteria, reads }, problems };
}

export type Report = (code: RuleProblemCode, message: string, flow?: Flow, more?: Partial<RuleProblem>) => void;
function reporter(rule: SyncRule, problems: RuleProblem[]): Report {
  return (code, message, flow, more = {}) => {
    problems.push({
      code,
      message,
      rule: rule.name,
      ...(flow === undefined ? {} : { flow: flow.target }),
      ...(rule.origin === undefined ? {} : { file: rule.origin.file, line: flow?.line ?? rule.origin.line }),
      ...more,
    });
  };
}

function checkTypes(rule: SyncRule, schema: MetaverseSchema, report: Report): void {
  const type = rule.direction === 'inbound' ? rule.targetObjectType : rule.sourceObjectType;
  if (type === '*' && rule.direction === 'inbound') {
    if (rule.linkType !== 'Provision') return;
    report('unknown-object-type', `The rule joins any metaverse type, so that it cannot provision: choose link Join.`);
  } else if (!schema.types.has(type)) {
    const known = [...schema.types.keys()];
    report('unknown-object-type', `The metaverse has no object type "${type}".${suggestion(type, known)}`);
  }
}

function checkClauses(rule: SyncRule, checker: AttributeChecker, report: Report): void {
  for (const clause of rule.scope.flat()) {
    const wrong = clauseProblem(clause);
    if (wrong !== undefined) report('invalid-scope-clause', wrong);
    checker.source(clause.attribute, 'the scoping filter');
  }
  for (const clause of rule.join.flat()) {
    checker.connectorSpace(clause.cs, 'a join clause');
    checker.metaverse(clause.mv, 'a join clause');
  }
}

function checkDuplicates(rule: SyncRule, report: Report): void {
  const seen = new Set<string>();
  for (const flow of rule.flows) {
    if (seen.has(flow.target)) {
      report(
        'duplicate-flow',
        `The rule has two flows to ${flow.target}: one rule gives an attribute one value.`,
        flow,
      );
    }
    seen.add(flow.target);
  }
}

interface AttributeChecker {
  source(name: string, where: string, flow?: Flow): void;
  target(name: string, flow: Flow): void;
  connectorSpace(name: string, where: string, flow?: Flow): void;
  metaverse(name: string, where: string, flow?: Flow): void;
}

function attributeChecker(rule: SyncRule, schema: MetaverseSchema, report: Report): AttributeChecker {
  const inbound = rule.direction === 'inbound';
  const type = inbound ? rule.targetObjectType : rule.sourceObjectType;
  const known = type === '*' ? schema.attributes : (schema.types.get(type) ?? schema.attributes);
  const connectorSpace: AttributeChecker['connectorSpace'] = (name, where, flow) => {
    if (isAttributeName(name)) return;
    report('invalid-attribute-name', `"${name}" in ${where} cannot be the name of an attribute.`, flow);
  };
  const metaverse: AttributeChecker['metaverse'] = (name, where, flow) => {
    if (known.has(name)) return;
    const hint = suggestion(name, known.keys());
    const text = `The metaverse type ${type} has no attribute "${name}", which ${where} of the rule names.${hint}`;
    report('unknown-attribute', text, flow);
  };
  return {
    connectorSpace,
    metaverse,
    source: inbound ? connectorSpace : metaverse,
    target: inbound
      ? (name, flow) => metaverse(name, 'a flow', flow)
      : (name, flow) => connectorSpace(name, 'a flow', flow),
  };
}
