/**
 * Reads the newer JSON export, `…-SynchronizationPolicy-….JSON` (operations s.3.8). Its schema is not published: what public
 * scripts rely on is read, member names regardless of letter case, and everything else is reported. Pure.
 */
import { z } from 'zod';
import { type LinkType, type ScopeClause, type ScopeOperator, type SyncRule, scopeOperators } from '../model.ts';
import type { NotTaken } from './read-rule.ts';

export interface PolicyConnector {
  readonly name: string;
  readonly type: 'active-directory' | 'entra';
  readonly id?: string;
  readonly partitions: readonly {
    readonly name: string;
    readonly include: readonly string[];
    readonly exclude: readonly string[];
  }[];
}
export interface StandardRule {
  readonly connector: string;
  readonly name: string;
  readonly tag?: string;
  readonly precedence?: number;
  readonly disabled: boolean;
}
export interface ImportedPolicy {
  readonly connectors: readonly PolicyConnector[];
  /** Out-of-box rules of the original: only named there, so Causeway's own take their place. */
  readonly standardRules: readonly StandardRule[];
  readonly customRules: readonly SyncRule[];
  /** Version of the program that wrote the file. */
  readonly version?: string;
  readonly notTaken: readonly NotTaken[];
}

const text = z.string();
const list = <T extends z.ZodType>(item: T) => z.array(item).default([]);
const standardRule = z.looseObject({
  name: text,
  uniqueidentifier: text.optional(),
  immutabletag: text.optional(),
  tag: text.optional(),
  precedence: z.number().optional(),
  disabled: z.boolean().optional(),
});
const scopeFilter = z.looseObject({ attribute: text, condition: text, value: z.union([text, z.null()]).optional() });
const joinCondition = z.looseObject({
  csattribute: text,
  mvattribute: text.optional(),
  ilmattribute: text.optional(),
  casesensitive: z.boolean().optional(),
});
const mapping = z.looseObject({
  destination: text,
  source: z.union([text, z.array(text)]).optional(),
  expression: text.nullish(),
  flowtype: text.optional(),
  executeonce: z.boolean().optional(),
  valuemergetype: text.optional(),
});
const customRule = z.looseObject({
  name: text,
  description: text.nullish(),
  direction: text,
  linktype: text,
  precedence: z.number(),
  internalidentifier: text.optional(),
  uniqueidentifier: text.optional(),
  sourceobjecttype: text.optional(),
  source: text.optional(),
  targetobjecttype: text.optional(),
  target: text.optional(),
  disabled: z.boolean().optional(),
  scopefilters: list(z.union([scopeFilter, z.array(scopeFilter)])),
  attributemappings: list(mapping),
  joinconditions: list(z.union([joinCondition, z.array(joinCondition)])),
});
const rules = { standardsynchronizationrules: list(standardRule), customsynchronizationrules: list(z.unknown()) };
const policy = z.looseObject({
  policymetadata: z.looseObject({ azureadconnectversion: text.optional() }).optional(),
  onpremisesdirectorypolicy: list(
    z.looseObject({
      friendlyname: text.optional(),
      fullyqualifieddomainname: text,
      uniqueidentifier: text.optional(),
      partitionfilters: list(
        z.looseObject({ distinguishedname: text, containerinclusions: list(text), containerexclusions: list(text) }),
      ),
      ...rules,
    }),
  ),
  azuredirectorypolicy: z.looseObject({ friendlyname: text.optional(), ...rules }).optional(),
});

const maximumLength = 32 * 1024 * 1024;
const cloudName = 'Microsoft Entra ID';

/** The policy in the text of one file. Throws `SyntaxError` if it is not JSON or not a synchronization policy. */
export function importPolicy(content: string, file: string): ImportedPolicy {
  if (content.length > maximumLength) throw new SyntaxError(`${file} is larger than a policy can be.`);
  const parsed = policy.safeParse(lowerKeys(JSON.parse(content.replace(/^\uFEFF/, '')), 0, file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SyntaxError(
      `${file} is not a synchronization policy: ${issue?.path.join('.') || 'the file'} ${issue?.message ?? ''}.`,
    );
  }
  const notTaken: NotTaken[] = [];
  const standardRules: StandardRule[] = [];
  const customRules: SyncRule[] = [];
  const takeRules = (
    connector: string,
    from: { standardsynchronizationrules: z.infer<typeof standardRule>[]; customsynchronizationrules: unknown[] },
  ): void => {
    for (const { name, immutabletag, tag, precedence, disabled } of from.standardsynchronizationrules) {
      const label = immutabletag ?? tag;
      standardRules.push({
        connector,
        name,
        ...(label ? { tag: label } : {}),
        ...(precedence === undefined ? {} : { precedence }),
        disabled: disabled ?? false,
      });
    }
    customRules.push(
      ...from.customsynchronizationrules.flatMap((rule) => readCustomRule(rule, connector, file, notTaken)),
    );
  };
  const connectors: PolicyConnector[] = [];
  for (const forest of parsed.data.onpremisesdirectorypolicy) {
    const name = forest.friendlyname ?? forest.fullyqualifieddomainname;
    const partitions = forest.partitionfilters.map((p) => ({
      name: p.distinguishedname,
      include: p.containerinclusions,
      exclude: p.containerexclusions,
    }));
    connectors.push({
      name,
      type: 'active-directory',
      ...(forest.uniqueidentifier ? { id: forest.uniqueidentifier } : {}),
      partitions,
    });
    takeRules(name, forest);
  }
  const cloud = parsed.data.azuredirectorypolicy;
  if (cloud) {
    const name = cloud.friendlyname ?? cloudName;
    connectors.push({ name, type: 'entra', partitions: [] });
    takeRules(name, cloud);
  }
  const version = parsed.data.policymetadata?.azureadconnectversion;
  return { connectors, standardRules, customRules, ...(version ? { version } : {}), notTaken };
}

/** The letter case of the members is not verified, so it does not matter. */
function lowerKeys(value: unknown, depth: number, file: string): unknown {
  if (depth > 64) throw new SyntaxError(`${file} nests more than 64 levels.`);
  if (Array.isArray(value)) return value.map((item) => lowerKeys(item, depth + 1, file));
  if (typeof value !== 'object' || value === null) return value;
  const lowered: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) lowered[key.toLowerCase()] = lowerKeys(item, depth + 1, file);
  return { ...lowered };
}

function readCustomRule(value: unknown, connector: string, file: string, notTaken: NotTaken[]): SyncRule[] {
  const parsed = customRule.safeParse(value);
  const name = ((value ?? {}) as { name?: unknown }).name;
  const refuse = (part: string, reason: string): [] => {
    notTaken.push({ file, name: typeof name === 'string' ? name : 'custom rule', part, reason });
    return [];
  };
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(issue?.path.join('.') || 'rule', issue?.message ?? 'It has another shape than known.');
  }
  const rule = parsed.data;
  const direction = rule.direction.toLowerCase();
  const linkType = (['Join', 'StickyJoin', 'Provision'] as const).find(
    (l): l is LinkType => l.toLowerCase() === rule.linktype.toLowerCase(),
  );
  const source = rule.sourceobjecttype ?? rule.source;
  const target = rule.targetobjecttype ?? rule.target;
  const scope = readScope(rule.scopefilters);
  const flows = rule.attributemappings.map(readMapping);
  const join = rule.joinconditions.map((group) =>
    [group].flat().map((c) => ({
      cs: c.csattribute,
      mv: c.mvattribute ?? c.ilmattribute ?? '',
      ...(c.casesensitive ? { caseSensitive: true } : {}),
    })),
  );
  if (direction !== 'inbound' && direction !== 'outbound')
    return refuse('direction', `"${rule.direction}" is neither Inbound nor Outbound.`);
  if (!linkType) return refuse('linkType', `"${rule.linktype}" is not a link type.`);
  if (!source || !target) return refuse('object types', 'The source or target object type is missing.');
  if (!scope) return refuse('scopeFilters', 'A condition is not a scope operator.');
  if (join.flat().some(({ mv }) => !mv))
    return refuse('joinConditions', 'A join condition lacks its metaverse attribute.');
  const id = rule.uniqueidentifier ?? rule.internalidentifier ?? `${connector}/${rule.name}`;
  return [
    {
      id: id.toLowerCase(),
      name: rule.name,
      ...(rule.description ? { description: rule.description } : {}),
      direction,
      connector,
      sourceObjectType: source,
      targetObjectType: target,
      linkType,
      precedence: rule.precedence,
      ...(rule.disabled ? { disabled: true } : {}),
      scope,
      join,
      flows: flows.flatMap(
        (flow) => flow ?? refuse('attributeMappings', 'A mapping copies several attributes without an expression.'),
      ),
    },
  ];
}

/** A flat list is one group, in which all conditions hold; a list of lists is one group each. */
function readScope(
  filters: readonly (z.infer<typeof scopeFilter> | z.infer<typeof scopeFilter>[])[],
): ScopeClause[][] | undefined {
  const flat = filters.filter((filter) => !Array.isArray(filter)) as z.infer<typeof scopeFilter>[];
  const groups = [...(flat.length > 0 ? [flat] : []), ...filters.filter((filter) => Array.isArray(filter))] as z.infer<
    typeof scopeFilter
  >[][];
  const clauses = groups.map((group) =>
    group.map(({ attribute, condition, value }) => {
      const operator = scopeOperators.find((o): o is ScopeOperator => o === condition.toUpperCase());
      if (!operator) return undefined;
      return operator === 'ISNULL' || operator === 'ISNOTNULL'
        ? { attribute, operator }
        : { attribute, operator, value: value ?? '' };
    }),
  );
  return clauses.some((group) => group.includes(undefined)) ? undefined : (clauses as ScopeClause[][]);
}

function readMapping(from: z.infer<typeof mapping>): SyncRule['flows'][number] | undefined {
  const once = from.executeonce ? { executeOnce: true } : {};
  const merge = (['Replace', 'Merge', 'MergeCaseInsensitive'] as const).find(
    (m) => m.toLowerCase() === from.valuemergetype?.toLowerCase(),
  );
  const rest = { ...(merge ? { merge } : {}), ...once };
  if (from.expression) return { target: from.destination, expression: from.expression, ...rest };
  const [source, ...others] = [from.source ?? []].flat();
  if (others.length > 0) return undefined;
  if (from.flowtype?.toLowerCase() === 'expression')
    return { target: from.destination, expression: source ?? '', ...rest };
  if (from.flowtype?.toLowerCase() === 'constant') return { target: from.destination, constant: source ?? '', ...rest };
  return { target: from.destination, direct: source ?? '', ...rest };
}
