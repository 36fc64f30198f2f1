/**
 * The out-of-box rules as the loader reads them, made from the YAML files beside this one and from the options that the
 * administrator chose. The files are rule files (see `../load.ts`) with four additions, all resolved here:
 *
 * - `sets:` names lists for use through YAML anchors; lists may nest and are flattened;
 * - `trim: [a, b]` is a flow `Trim([a])` to `a`; `rename: { alias: mailNickname }` a direct flow from another name;
 * - `{ variant: name }` in `flows` or `join` stands for what `variants.ts` makes of the options;
 * - `feature:` leaves the rule out unless the options turn the feature on.
 */
import type { SchemaAddition } from '../metaverse-schema.ts';
import type { Flow, JoinClause, LinkType, ScopeClause, ScopeOperator } from '../model.ts';
import { baseFiles } from './base-files.ts';
import { type DirectoryExtensions, extensionRules } from './extensions.ts';
import { anchorFlow, deviceFilterFlow, joinFlow, ownerFlow, personJoin, principalNameFlows } from './variants.ts';

export type UserJoin =
  /** By security identifier, also of linked mailboxes and Lync accounts. */
  | 'objectSid'
  | 'mail'
  /** Everybody has one account in all forests: nobody is joined across forests. */
  | 'once'
  /** By sign-in name: sAMAccountName and mailNickname against each other. */
  | 'accountName'
  | { readonly attribute: string };

export interface OutOfBoxOptions {
  /** Attribute that makes users recognizable for ever. Anything but `mS-DS-ConsistencyGuid` is only read. */
  readonly sourceAnchor: string;
  readonly userJoin: UserJoin;
  /** Attribute with the sign-in name; if it is not `userPrincipalName` that one becomes `onPremisesUserPrincipalName`. */
  readonly userPrincipalName: string;
  /** The forests may have Exchange attributes. */
  readonly exchange: boolean;
  /** Write Exchange hybrid attributes back to the forests. */
  readonly exchangeHybrid: boolean;
  readonly lync: boolean;
  readonly devices: boolean;
  /** `joined`: a computer needs a valid certificate for its objectGUID, and no old Windows. `any`: it needs a certificate. */
  readonly deviceCertificate: 'joined' | 'any';
  /**
   * Send who registered a computer. Only for directories that deliver mS-DS-CreatorSID as a reference: Active Directory
   * itself has a security identifier there, which is not one, and the computer would not be synchronized.
   */
  readonly deviceOwner: boolean;
  /** Attributes of the forests that go to the cloud as directory extensions. */
  readonly directoryExtensions?: DirectoryExtensions;
}

export const defaultOptions: OutOfBoxOptions = {
  sourceAnchor: 'mS-DS-ConsistencyGuid',
  userJoin: 'objectSid',
  userPrincipalName: 'userPrincipalName',
  exchange: true,
  exchangeHybrid: false,
  lync: true,
  devices: true,
  deviceCertificate: 'joined',
  deviceOwner: false,
};

/** One rule in the loader's shape, every clause and flow in its long form. */
export interface RuleEntry {
  readonly name: string;
  readonly tag: string;
  readonly description?: string;
  readonly direction: 'inbound' | 'outbound';
  readonly connectorType?: string;
  /** Instead of a type: the one connector the rule is for. */
  readonly connector?: string;
  readonly source: string;
  readonly target: string;
  readonly link?: LinkType;
  readonly precedence: number;
  readonly passwordSync?: boolean;
  readonly scope?: readonly (readonly ScopeClause[])[];
  readonly join?: readonly (readonly JoinClause[])[];
  readonly flows: readonly Flow[];
}
export interface OutOfBoxFile {
  /** For messages: the file of this folder. */
  readonly file: string;
  readonly rules: readonly RuleEntry[];
  /** What the metaverse needs beyond its built-in attributes. */
  readonly metaverse?: readonly SchemaAddition[];
}

/** The files of the out-of-box rule set under these options, with their rules in the loader's shape. */
export function outOfBoxRules(options: Partial<OutOfBoxOptions> = {}): readonly OutOfBoxFile[] {
  const chosen: OutOfBoxOptions = { ...defaultOptions, ...options };
  const features = featuresOf(chosen);
  const shipped = baseFiles().map(({ file, rules }) => ({
    file,
    rules: rules
      .filter(({ feature }) => feature === undefined || features.has(feature))
      .map((rule) => resolve(rule, chosen)),
  }));
  return [...shipped, ...extensionRules(chosen.directoryExtensions)];
}

function featuresOf(options: OutOfBoxOptions): ReadonlySet<string> {
  const writesAnchor = options.sourceAnchor === 'mS-DS-ConsistencyGuid';
  const on: Record<string, boolean> = {
    exchange: options.exchange,
    'exchange-hybrid': options.exchange && options.exchangeHybrid,
    lync: options.lync,
    devices: options.devices,
    'anchor-write-back': writesAnchor,
    'person-write-back': writesAnchor || (options.exchange && options.exchangeHybrid),
  };
  return new Set(Object.keys(on).filter((feature) => on[feature]));
}

/** A rule of a base file, before its additions are resolved. Only these files are read this way, so the shape is trusted. */
export interface BaseRule extends Omit<RuleEntry, 'flows' | 'join' | 'scope'> {
  readonly feature?: string;
  readonly scope?: readonly (readonly string[])[];
  readonly join?: readonly (readonly (string | JoinClause)[])[] | Variant;
  readonly copy?: Nested<string>;
  readonly trim?: Nested<string>;
  readonly rename?: Nested<Readonly<Record<string, string>>>;
  readonly flows?: Nested<Flow | Variant>;
}
export interface Variant {
  readonly variant: string;
}
export type Nested<T> = T | readonly Nested<T>[];

function resolve(rule: BaseRule, options: OutOfBoxOptions): RuleEntry {
  const { feature: _, copy, trim, rename, flows, join, scope, ...rest } = rule;
  const groups = join === undefined ? undefined : 'variant' in join ? joinVariant(join.variant, options) : join;
  return {
    ...rest,
    ...(scope === undefined ? {} : { scope: scope.map((group) => group.map(scopeClause)) }),
    ...(groups === undefined ? {} : { join: groups.map((group) => group.map(joinClause)) }),
    flows: [
      ...flatten(copy).map((name) => ({ target: name, direct: name })),
      ...flatten(trim).map((name) => ({ target: name, expression: `Trim([${name}])` })),
      ...flatten(rename).flatMap((pairs) => Object.entries(pairs).map(([target, direct]) => ({ target, direct }))),
      ...flatten(flows).flatMap((flow) => ('variant' in flow ? flowVariant(flow.variant, options) : [flow])),
    ],
  };
}

function scopeClause(text: string): ScopeClause {
  const [attribute = '', operator = '', ...value] = text.split(' ');
  return { attribute, operator: operator as ScopeOperator, ...(value.length === 0 ? {} : { value: value.join(' ') }) };
}

function joinClause(clause: string | JoinClause): JoinClause {
  if (typeof clause !== 'string') return clause;
  const [cs = '', mv = ''] = clause.split(' = ');
  return { cs, mv };
}

function flatten<T>(nested: Nested<T> | undefined): T[] {
  if (nested === undefined) return [];
  return Array.isArray(nested) ? nested.flatMap((part: Nested<T>) => flatten(part)) : [nested as T];
}

function flowVariant(name: string, options: OutOfBoxOptions): Flow[] {
  switch (name) {
    case 'userSourceAnchor':
      return anchorFlow(options);
    case 'userPrincipalName':
      return principalNameFlows(options);
    case 'userJoinFlow':
      return joinFlow(options);
    case 'deviceOwner':
      return options.deviceOwner ? [ownerFlow] : [];
    case 'deviceFilter':
      return deviceFilterFlow(options);
    default:
      throw new TypeError(`The out-of-box rules name the unknown variant ${name}.`);
  }
}

function joinVariant(name: string, options: OutOfBoxOptions): JoinClause[][] {
  if (name !== 'userJoin') throw new TypeError(`The out-of-box rules name the unknown variant ${name}.`);
  return personJoin(options);
}
