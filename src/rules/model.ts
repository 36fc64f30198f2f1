/** Synchronization rules as data (sync-engine s.2). One shape for out-of-box, custom and imported rules. */
export type Direction = 'inbound' | 'outbound';
export const linkTypes = ['Join', 'StickyJoin', 'Provision'] as const;
export type LinkType = (typeof linkTypes)[number];
export const mergeTypes = ['Update', 'Replace', 'Merge', 'MergeCaseInsensitive'] as const;
export type MergeType = (typeof mergeTypes)[number];

export const scopeOperators = [
  'EQUAL',
  'NOTEQUAL',
  'LESSTHAN',
  'LESSTHAN_OR_EQUAL',
  'GREATERTHAN',
  'GREATERTHAN_OR_EQUAL',
  'CONTAINS',
  'NOTCONTAINS',
  'STARTSWITH',
  'NOTSTARTSWITH',
  'ENDSWITH',
  'NOTENDSWITH',
  'ISNULL',
  'ISNOTNULL',
  'ISIN',
  'ISNOTIN',
  'ISBITSET',
  'ISBITNOTSET',
  'ISMEMBEROF',
  'ISNOTMEMBEROF',
] as const;
export type ScopeOperator = (typeof scopeOperators)[number];

/** `attribute` is one of the source side: the connector-space object (inbound) or the metaverse object (outbound). */
export interface ScopeClause {
  readonly attribute: string;
  readonly operator: ScopeOperator;
  readonly value?: string;
}
/** `cs` is always the connector-space side, `mv` the metaverse side, in both directions. */
export interface JoinClause {
  readonly cs: string;
  readonly mv: string;
  readonly caseSensitive?: boolean;
}
export interface Flow {
  readonly target: string;
  /** Exactly one of the three. */
  readonly direct?: string;
  readonly constant?: string;
  readonly expression?: string;
  /** Default Update. */
  readonly merge?: MergeType;
  /** Only when the target object is first created. */
  readonly executeOnce?: boolean;
  /** Line in the file of the rule, for error messages. */
  readonly line?: number;
}
export interface SyncRule {
  /** Stable identity: the tag of an out-of-box rule, the GUID of an imported one, otherwise made from file and name. */
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly tag?: string;
  readonly direction: Direction;
  /** Name of the connector this rule is for. Rules written for a type of connector are instantiated for each. */
  readonly connector: string;
  /** Inbound: type in the connector space. Outbound: type in the metaverse. */
  readonly sourceObjectType: string;
  /** Inbound: metaverse type, `*` for any (then it only joins). Outbound: type in the connector space. */
  readonly targetObjectType: string;
  readonly linkType: LinkType;
  /** Lower wins. Custom rules 1–99, out-of-box rules from 100. */
  readonly precedence: number;
  readonly disabled?: boolean;
  readonly passwordSync?: boolean;
  /** Groups are OR, clauses inside are AND. Empty: always in scope. */
  readonly scope: readonly (readonly ScopeClause[])[];
  /** Groups in order. Empty: the rule does not join. */
  readonly join: readonly (readonly JoinClause[])[];
  readonly flows: readonly Flow[];
  /** Where it was read, for error messages: file and line. */
  readonly origin?: { readonly file: string; readonly line: number };
}
