/**
 * Rule files: YAML text to `SyncRule`s. One shape for out-of-box and custom rules.
 *
 * ```yaml
 * rules:
 *   - name: In from AD - User Join
 *     tag: Causeway.InFromADUserJoin.001   # out-of-box rules only: stable identity with a version suffix
 *     description: text                    # optional
 *     direction: inbound                   # inbound | outbound
 *     connectorType: active-directory      # one instance for each connector of this type; or `connector: <name>`
 *     source: user                         # inbound: connector-space type; outbound: metaverse type
 *     target: person                       # inbound: metaverse type, "*" joins any; outbound: connector-space type
 *     link: Provision                      # Join | StickyJoin | Provision; default Join
 *     precedence: 100                      # out-of-box: the order, renumbered from 100; custom: 1-99
 *     passwordSync: true                   # default false
 *     disabled: false                      # default false
 *     scope:                               # groups are OR, clauses of a group AND; absent: always in scope
 *       - - isCriticalSystemObject NOTEQUAL TRUE
 *         - adminDescription NOTSTARTSWITH User_
 *       - - { attribute: x, operator: EQUAL, value: "text with  odd spaces " }   # long form of a clause
 *     join:                                # groups in order, clauses of a group AND; absent: does not join
 *       - - objectSid = objectSid          # connector space = metaverse, in both directions
 *       - - { cs: sourceAnchor, mv: sourceAnchor, caseSensitive: true }          # long form of a clause
 *     copy: [displayName, givenName]       # direct flows between attributes of the same name
 *     flows:                               # target: source, one way of each
 *       - { target: surname, direct: sn }
 *       - { target: sourceObjectType, constant: User }
 *       - { target: cloudFiltered, expression: 'IIF(IsPresent([isCriticalSystemObject]), True, NULL)' }
 *       - { target: proxyAddresses, direct: proxyAddresses, merge: MergeCaseInsensitive, executeOnce: true }
 * ```
 *
 * Only in custom files: `precedenceBefore` / `precedenceAfter` (a tag or the name of a rule) instead of `precedence`;
 * `replaces: <tag>` on a rule, which takes the place of the out-of-box rule and, without `precedence`, its order;
 * `disable: [<tag>, …]` beside `rules`; `metaverse: { person: { costBand: string, other: { syntax: string,
 * multiValued: true, indexed: true } } }` beside `rules`, which adds attributes to the metaverse schema.
 * A tag may be written without its version suffix: `Causeway.InFromADUserJoin`. Without out-of-box rules (a rule set
 * imported as a whole) any precedence, `tag` and `id` may be written.
 */
import type { RuleProblem } from './compiled.ts';
import {
  builtInMetaverseSchema,
  extendMetaverseSchema,
  type MetaverseSchema,
  type SchemaAddition,
} from './metaverse-schema.ts';
import type { SyncRule } from './model.ts';
import { suggestion } from './nearest-name.ts';
import { firstOutOfBox, type OrderedEntry, orderEntries } from './order-rules.ts';
import { parseRuleFile } from './parse-rule-file.ts';
import { type ConnectorName, instancesOf, isTag, type PlacedEntry, tagBase } from './rule-entry.ts';
import { type RuleFileContent, ruleEntrySchema } from './rule-file-schema.ts';

/** The text of a rule file; `path` is what messages call it. */
export interface RuleFile {
  readonly path: string;
  readonly text: string;
}
export interface LoadOptions {
  /** The out-of-box rules in the shape of rule files (`outOfBoxRules(options)`); absent or empty: none. */
  readonly outOfBox?: readonly {
    readonly file: string;
    readonly rules: readonly unknown[];
    readonly metaverse?: readonly SchemaAddition[];
  }[];
  /** Custom rules, in the order in which they are to be read. */
  readonly files?: readonly RuleFile[];
  /** In configured order: the first forest wins ties. */
  readonly connectors: readonly ConnectorName[];
  /** Schema that `metaverse` in the files adds to; default the built-in one. */
  readonly schema?: MetaverseSchema;
}
export type LoadedRules =
  | { readonly ok: true; readonly rules: readonly SyncRule[]; readonly schema: MetaverseSchema }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

/**
 * All rules in their order, numbered, and the metaverse schema; or everything that is wrong, and then nothing is loaded.
 * Disabled and replaced rules are in the list, marked as disabled. Whether the rules make sense is for `compileRuleSet`.
 */
export function loadRules(options: LoadOptions): LoadedRules {
  const problems: RuleProblem[] = [];
  const outOfBox = shippedEntries(options.outOfBox ?? [], problems);
  const custom = readFiles(options.files ?? [], problems);
  const shipped = extendShipped(options, problems);
  const schema = extendSchema(shipped, custom, problems);
  const entries = custom.flatMap((file) => file.entries);
  if (outOfBox.length > 0) checkTags(entries, problems);
  const off = disabledTags(custom, entries, outOfBox, problems);
  const order = orderEntries(outOfBox, entries, problems);
  const rules = numbered(
    order,
    options.connectors,
    (placed) => outOfBox.includes(placed) && isOff(placed, off),
    problems,
  );
  return problems.length > 0 ? { ok: false, problems } : { ok: true, rules, schema };
}

const isOff = ({ entry }: PlacedEntry, tags: readonly string[]): boolean => tags.some((tag) => isTag(entry.tag, tag));

function shippedEntries(files: NonNullable<LoadOptions['outOfBox']>, problems: RuleProblem[]): PlacedEntry[] {
  return files.flatMap(({ file, rules }) =>
    rules.flatMap((rule) => {
      const checked = ruleEntrySchema.safeParse(rule);
      if (checked.success) return [{ entry: checked.data, file, line: 1, flowLine: () => 1 }];
      const issue = checked.error.issues[0];
      const message = `${issue?.path.map(String).join('.')}: ${issue?.message}`;
      problems.push({ code: 'invalid-rule-file', message, file, line: 1 });
      return [];
    }),
  );
}

interface CustomFile {
  readonly path: string;
  readonly content: RuleFileContent;
  readonly lineOf: (path: readonly PropertyKey[]) => number;
  readonly entries: readonly PlacedEntry[];
}

function readFiles(files: readonly RuleFile[], problems: RuleProblem[]): CustomFile[] {
  return files.flatMap(({ path, text }) => {
    const parsed = parseRuleFile(path, text);
    if (!parsed.ok) {
      problems.push(...parsed.problems);
      return [];
    }
    const { content, lineOf } = parsed;
    const entries = (content.rules ?? []).map((entry, index) => ({
      entry,
      file: path,
      line: lineOf(['rules', index]),
      flowLine: (flow: number) => lineOf(['rules', index, 'flows', flow]),
    }));
    return [{ path, content, lineOf, entries }];
  });
}

/** The schema with what the out-of-box rules bring. */
function extendShipped({ schema = builtInMetaverseSchema, outOfBox = [] }: LoadOptions, problems: RuleProblem[]) {
  let extended = schema;
  for (const { file, metaverse = [] } of outOfBox) {
    const made = extendMetaverseSchema(extended, metaverse);
    if (made.ok) extended = made.schema;
    else
      for (const { message } of made.conflicts)
        problems.push({ code: 'attribute-conflict', message: `${message}.`, file });
  }
  return extended;
}

function extendSchema(base: MetaverseSchema, files: readonly CustomFile[], problems: RuleProblem[]): MetaverseSchema {
  let schema = base;
  for (const { path, content, lineOf } of files) {
    const additions = Object.entries(content.metaverse ?? {}).flatMap(([objectType, attributes]) =>
      Object.entries(attributes).map(([name, shape]): SchemaAddition => {
        const { syntax, multiValued = false, indexed = false } = typeof shape === 'string' ? { syntax: shape } : shape;
        return { objectType, attribute: { name, syntax, multiValued, indexed } };
      }),
    );
    const extended = extendMetaverseSchema(schema, additions);
    if (extended.ok) schema = extended.schema;
    else {
      for (const { addition, message } of extended.conflicts) {
        const line = lineOf(['metaverse', addition.objectType, addition.attribute.name]);
        problems.push({ code: 'attribute-conflict', message: `${message}.`, file: path, line });
      }
    }
  }
  return schema;
}

/** Tags are how upgrades recognize out-of-box rules, so custom rules have none (sync-engine s.2.8). */
function checkTags(entries: readonly PlacedEntry[], problems: RuleProblem[]): void {
  for (const { entry, file, line } of entries) {
    if (entry.tag === undefined) continue;
    const message = 'A custom rule has no tag. To take the place of an out-of-box rule write its tag at "replaces".';
    problems.push({ code: 'invalid-rule-file', message, rule: entry.name, file, line });
  }
}

/** Tags that must not run: disabled or replaced. Each must exist. */
function disabledTags(
  files: readonly CustomFile[],
  entries: readonly PlacedEntry[],
  outOfBox: readonly PlacedEntry[],
  problems: RuleProblem[],
): string[] {
  const wanted = [
    ...files.flatMap(({ path, content, lineOf }) =>
      (content.disable ?? []).map((tag, i) => ({ tag, file: path, line: lineOf(['disable', i]) })),
    ),
    ...entries.flatMap(({ entry, file, line }) =>
      entry.replaces === undefined ? [] : [{ tag: entry.replaces, file, line, rule: entry.name }],
    ),
  ];
  const known = outOfBox.flatMap(({ entry }) => entry.tag ?? []);
  for (const { tag, ...place } of wanted) {
    if (known.some((one) => isTag(one, tag))) continue;
    const message = `There is no out-of-box rule with the tag "${tag}".${suggestion(
      tag,
      known.flatMap((one) => [tagBase(one), one]),
    )}`;
    problems.push({ code: 'unknown-rule', message, ...place });
  }
  return wanted.map(({ tag }) => tag);
}

function numbered(
  order: readonly OrderedEntry[],
  connectors: readonly ConnectorName[],
  isDisabled: (placed: PlacedEntry) => boolean,
  problems: RuleProblem[],
): SyncRule[] {
  let next = firstOutOfBox;
  return order.flatMap(({ placed, number }) =>
    instancesOf(placed, connectors, isDisabled(placed), problems).map((rule) => ({
      ...rule,
      precedence: number ?? next++,
    })),
  );
}
