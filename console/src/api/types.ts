/** What the API sends. Only what the console reads; the OpenAPI document has everything. */

export type Value =
  | string
  | number
  | boolean
  | { readonly base64: string }
  | { readonly date: string }
  | { readonly dn: string }
  | { readonly int: string };
export type AttributeValue = Value | readonly Value[];
export type Severity = 'ok' | 'warning' | 'error' | 'running';
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export const roles = ['viewer', 'operator', 'rule-editor', 'approver', 'admin'] as const;
export type Role = (typeof roles)[number];

/* Status */
export interface Scheduler {
  readonly CurrentlyEffectiveSyncCycleInterval: string;
  readonly CustomizedSyncCycleInterval: string | null;
  readonly NextSyncCyclePolicyType: 'Delta' | 'Initial';
  readonly NextSyncCycleStartTimeInUTC: string | null;
  readonly PurgeRunHistoryInterval: string;
  readonly SyncCycleEnabled: boolean;
  readonly MaintenanceEnabled: boolean;
  readonly StagingModeEnabled: boolean;
  readonly SchedulerSuspended: boolean;
  readonly SyncCycleInProgress: boolean;
}
export interface Alert {
  readonly key: string;
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly summary: string;
  readonly subject?: string;
  readonly since?: string;
  readonly run?: number;
  /** For changes; absent until the alert was written down. */
  readonly id?: number;
  readonly acknowledgedBy?: string;
  readonly isMuted?: boolean;
}
/** An alert as it was written down; kept for 90 days. */
export interface KeptAlert {
  readonly id: number;
  readonly kind: 'health' | 'finding';
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly summary: string;
  readonly subject: string | null;
  readonly finding: string | null;
  readonly raised: string;
  readonly resolved: string | null;
  readonly acknowledged: { readonly who: string; readonly time: string; readonly note: string } | null;
  readonly muted: {
    readonly until: string;
    readonly who: string;
    readonly time: string;
    readonly reason: string;
  } | null;
  readonly told: readonly { readonly channel: string; readonly state: 'raised' | 'resolved'; readonly at: string }[];
}
export interface Run {
  readonly id: number;
  readonly cycle: number | null;
  readonly connector: string | null;
  readonly profile: 'full-import' | 'delta-import' | 'full-sync' | 'delta-sync' | 'export';
  readonly status: string;
  readonly title: string;
  readonly severity: Severity;
  readonly started: string;
  readonly ended: string | null;
  readonly durationMs: number | null;
  readonly server: string | null;
  readonly counters: Readonly<Record<string, number>>;
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string } | null;
}
export interface Cycle {
  readonly cycle: number;
  readonly started: string;
  readonly ended: string | null;
  readonly durationMs: number | null;
  readonly outcome: 'running' | 'clean' | 'object-errors' | 'failed';
  readonly runs: readonly Run[];
}
export interface PendingCounts {
  readonly add: number;
  readonly update: number;
  readonly delete: number;
}
export interface ConnectorStatus {
  readonly name: string;
  readonly type: string;
  readonly partitions: readonly {
    readonly name: string;
    readonly lastFullImport: string | null;
    readonly lastDeltaImport: string | null;
  }[];
  readonly lastImport: Run | null;
  readonly lastExport: Run | null;
  readonly pendingExports: PendingCounts;
}
export interface Status {
  readonly verdict: { readonly state: 'ok' | 'warning' | 'error'; readonly sentence: string };
  readonly scheduler: Scheduler;
  readonly exportDeletionThreshold: number;
  readonly engine: {
    readonly state: string;
    readonly since?: string;
    readonly reason?: string;
    readonly nextAttempt?: string;
  };
  readonly lastCycle: Cycle | null;
  readonly connectors: readonly ConnectorStatus[];
  readonly errors: Readonly<Record<string, number>>;
  readonly alerts: readonly Alert[];
  readonly version: string;
}

/* Runs */
export interface Counter {
  readonly name: string;
  readonly title: string;
  readonly group: 'staging' | 'inbound' | 'outbound' | 'export' | 'confirm';
  readonly count: number;
  readonly listed: number;
}
export interface RunDetail extends Run {
  readonly table: readonly Counter[];
  readonly previous: Run | null;
  readonly cycleRuns: readonly Run[];
}
export interface RunObject {
  readonly id: number;
  readonly reference: string;
  readonly mv: number | null;
  readonly name: string;
  readonly dn: string;
  readonly type: string | null;
  readonly connector: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly changes: readonly Change[];
}

/* The lane */
export type StationName = 'source' | 'source-space' | 'metaverse' | 'target-space' | 'cloud';
export interface Station {
  readonly station: StationName;
  readonly title: string;
  readonly state: 'ok' | 'warning' | 'error' | 'none' | 'waiting';
  readonly detail: string;
  readonly time?: string;
}
export interface Lane {
  readonly stations: readonly Station[];
  readonly brokenBefore?: StationName;
}

/* Session and live updates */
export interface Session {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly method: 'link' | 'openid-connect' | 'token';
  readonly csrf: string;
  readonly expires: string;
}
export type SessionAnswer =
  | ({ readonly signedIn: true; readonly methods: readonly string[] } & Session)
  | { readonly signedIn: false; readonly methods: readonly string[] };
export interface Work {
  readonly id: number;
  readonly order:
    | { readonly kind: 'cycle'; readonly policy: 'delta' | 'initial' }
    | { readonly kind: 'run'; readonly connector: string | null; readonly profile: Run['profile'] };
  readonly by: string;
  readonly trigger: 'schedule' | 'person';
  readonly state: 'queued' | 'running' | 'done' | 'failed';
  readonly queuedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly progress?: {
    readonly connector: string;
    readonly step: string;
    readonly done: number;
    readonly total?: number;
    readonly rate: number;
    readonly remainingMs?: number;
  };
  readonly error?: { readonly code: string; readonly message: string };
}
export interface Job {
  readonly id: number;
  readonly name: string;
  readonly by: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly progress?: { readonly done: number; readonly total?: number; readonly rate: number };
  readonly answer?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}
export interface ChartPoint {
  readonly run: number;
  readonly started: number;
  readonly durationMs: number;
  readonly connector: string | null;
  readonly profile: Run['profile'];
  readonly status: string;
  readonly counters: Readonly<Record<string, number>>;
}

/* Objects */
export interface Hit {
  readonly id: number;
  readonly reference: string;
  readonly space: 'cs' | 'mv';
  readonly connector?: string;
  readonly type: string;
  readonly name: string;
  readonly dn?: string;
}
export interface ObjectError {
  readonly phase: string;
  readonly code: string;
  readonly message: string;
  readonly attribute?: string;
  readonly rule?: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly count: number;
  readonly nextAttempt?: string;
}
export interface References {
  readonly count: number;
  readonly sample: readonly string[];
}
export interface CsObject {
  readonly id: number;
  readonly connector: string;
  readonly connectorType: string;
  readonly dn: string;
  readonly anchor: string | null;
  readonly type: string | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly references: Readonly<Record<string, References>>;
  readonly pendingImport: { readonly kind: string; readonly previous: unknown } | null;
  readonly pendingExport: {
    readonly operation: string;
    readonly state: 'pending' | 'in-progress';
    readonly attributes: Readonly<Record<string, AttributeValue | null>>;
    readonly attempt: number;
  } | null;
  readonly pendingReferences: number;
  readonly unconfirmed: Readonly<Record<string, AttributeValue | null>>;
  readonly link: { readonly origin: string; readonly rule: string; readonly since: string } | null;
  readonly errors: readonly ObjectError[];
}
export interface MvObject {
  readonly id: number;
  readonly type: string;
  readonly attributes: Readonly<
    Record<
      string,
      { readonly value: AttributeValue; readonly rule: string; readonly connector: string; readonly dn: string }
    >
  >;
  readonly references: Readonly<Record<string, References & { readonly rule: string; readonly dn: string }>>;
}
export interface Description {
  readonly reference: string;
  readonly mv: MvObject | null;
  readonly objects: readonly CsObject[];
}
export interface Change {
  readonly attribute: string;
  readonly before?: AttributeValue;
  readonly after?: AttributeValue;
}
export interface HistoryLine {
  readonly id: number;
  readonly time: string;
  readonly run: number | null;
  readonly kind: string;
  readonly title: string;
  readonly connector: string | null;
  readonly dn: string | null;
  readonly changes: readonly Change[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/* Explanations */
export type Fact = AttributeValue | null;
export interface ExplainNode {
  readonly state: Station['state'];
  readonly title: string;
  readonly facts?: Readonly<Record<string, Fact>>;
  readonly children?: readonly ExplainNode[];
}
export interface ClosedGate {
  readonly gate: string;
  readonly code: string;
  readonly reason: string;
  readonly remedy?: string;
  readonly state: 'closed' | 'waiting';
  readonly connector?: string;
  readonly rule?: string;
  readonly clause?: string;
  readonly attribute?: string;
  readonly seen?: Fact;
  readonly configuration?: {
    readonly path: readonly (string | number)[];
    readonly value: string;
    readonly at?: string;
  };
  readonly attempt?: number;
  readonly nextAttempt?: string;
  readonly since?: string;
}
export interface Subject {
  readonly reference: string;
  readonly mv: number | null;
  readonly cs: readonly number[];
  readonly name: string;
  readonly type: string;
  readonly connector?: string;
  readonly dn?: string;
}
export interface ObjectExplanation {
  readonly kind: 'object';
  readonly subject: Subject;
  readonly inCloud: 'yes' | 'no' | 'pending';
  readonly summary: readonly string[];
  readonly gate?: ClosedGate;
  readonly lane: Lane;
  readonly tree: readonly ExplainNode[];
}
export interface Candidate {
  readonly rule: string;
  readonly precedence: number;
  readonly connector: string;
  readonly dn: string;
  readonly flow: string;
  readonly outcome: string;
  readonly value: Fact;
  readonly references?: number;
  readonly inputs: Readonly<Record<string, Fact>>;
  readonly error?: string;
}
export interface ValueOrigin {
  readonly where: string;
  readonly attribute: string;
  readonly value: Fact;
  readonly winner?: Candidate;
  readonly losers: readonly Candidate[];
  readonly since?: { readonly time: string; readonly run: number | null; readonly before: Fact; readonly how: string };
}
export interface AttributeExplanation {
  readonly kind: 'attribute';
  readonly subject: Subject;
  readonly attribute: string;
  readonly summary: readonly string[];
  readonly origins: readonly ValueOrigin[];
  readonly cloud?: {
    readonly property: string;
    readonly sent: Fact;
    readonly calculated: Fact;
    readonly returned?: Fact;
    readonly notes: readonly string[];
  };
  readonly lane: Lane;
  readonly tree: readonly ExplainNode[];
}
export interface NoExplanation {
  readonly kind: 'not-found' | 'ambiguous';
  readonly reference: string;
  readonly summary: readonly string[];
  readonly candidates: readonly { readonly reference: string; readonly name: string; readonly type: string }[];
}
export type Explanation = ObjectExplanation | AttributeExplanation | NoExplanation;

/* Plan */
export interface DeletePlan {
  readonly connector: string;
  readonly deletes: number;
  readonly threshold: number;
  readonly isHeld: boolean;
  readonly hash: string;
  readonly approval?: { readonly who: string; readonly time: number };
}
export interface PendingSummary {
  readonly connector: string;
  readonly operations: PendingCounts;
  readonly groups: readonly { readonly operation: string; readonly type: string | null; readonly count: number }[];
  readonly attributes: readonly { readonly attribute: string; readonly count: number }[];
  readonly references: readonly {
    readonly attribute: string;
    readonly change: 'add' | 'remove';
    readonly count: number;
  }[];
  readonly deletes: DeletePlan;
}
export interface PendingExport {
  readonly id: number;
  readonly reference: string;
  /** What it is called there now. */
  readonly name?: string;
  readonly dn: string;
  readonly type: string | null;
  readonly operation: 'add' | 'update' | 'delete';
  readonly state: 'pending' | 'in-progress';
  readonly changes: readonly Change[];
  readonly attempt: number;
  readonly nextAttempt: string | null;
}

/* Errors of objects */
export interface ErrorRow extends ObjectError {
  readonly name?: string;
  readonly id: number;
  readonly reference: string;
  readonly connector: string;
  readonly dn: string;
  readonly type: string | null;
  readonly run: number;
  readonly value?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}
export interface ErrorSummary {
  readonly phase: string;
  readonly code: string;
  readonly objects: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

export interface Counts {
  readonly connectorSpaces: readonly { readonly connector: string; readonly type: string; readonly count: number }[];
  readonly metaverse: readonly { readonly type: string; readonly count: number }[];
  readonly pendingImports: readonly { readonly connector: string; readonly kind: string; readonly count: number }[];
}

/* Findings */
export interface FindingObject {
  readonly role: 'incoming' | 'holder' | 'source' | 'target' | 'container' | 'rule' | 'connector';
  readonly connector?: string;
  readonly dn?: string;
  readonly userPrincipalName?: string;
  readonly displayName?: string;
  readonly sourceAnchor?: string;
  readonly cloudId?: string;
  readonly objectType?: string;
  readonly name?: string;
  readonly facts?: Readonly<Record<string, string>>;
}
export interface Fix {
  readonly title: string;
  readonly where: 'directory' | 'cloud' | 'configuration';
  readonly language: 'ldif' | 'powershell' | 'graph' | 'causeway' | 'text';
  readonly text: string;
  readonly applicable: boolean;
  /** Who may carry it out. */
  readonly needs?: Role;
}
export interface Finding {
  readonly id: string;
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly summary: string;
  readonly predicted: boolean;
  readonly errorCode?: string;
  readonly attribute?: string;
  readonly value?: string;
  readonly objects: readonly FindingObject[];
  readonly affected: number;
  readonly evidence: readonly { readonly source: string; readonly fact: string }[];
  readonly fix: readonly Fix[];
  readonly firstSeen: string;
  readonly lastSeen: string;
}
export interface Diagnosis {
  readonly kind: 'diagnosis' | 'ambiguous' | 'not-found';
  readonly verdict: string;
  readonly findings?: readonly Finding[];
  /** Of all pages. */
  readonly total?: number;
  readonly next?: string | null;
}
export interface FixResult {
  readonly finding: string;
  readonly fix: string;
  readonly isGone: boolean;
  readonly outcome: string;
}

/* Preview */
export interface PreviewSide {
  readonly connector: string;
  readonly dn: string;
  readonly operation: 'none' | 'add' | 'update' | 'delete';
  readonly before: Readonly<Record<string, AttributeValue>>;
  readonly after: Readonly<Record<string, AttributeValue>>;
}
export interface PreviewAnswer {
  readonly reference: string;
  /** Rules that the preview was computed with. */
  readonly rules: string;
  readonly isAlive: boolean;
  readonly identity: {
    readonly before: Readonly<Record<string, AttributeValue>>;
    readonly after: Readonly<Record<string, AttributeValue>>;
  };
  readonly sides: readonly PreviewSide[];
  readonly problems: readonly string[];
}

/* Rules */
export interface Draft {
  readonly name: string;
  readonly time: string;
  readonly who: string;
  readonly text: string;
}
export interface RuleSummary {
  readonly id: string;
  readonly name: string;
  readonly tag: string | null;
  readonly description: string | null;
  readonly direction: 'inbound' | 'outbound';
  readonly connector: string;
  readonly source: string;
  readonly target: string;
  readonly link: 'Join' | 'StickyJoin' | 'Provision';
  readonly precedence: number;
  readonly disabled: boolean;
  readonly passwordSync: boolean;
  readonly origin: 'out-of-box' | 'custom';
  readonly file: string | null;
  readonly line: number | null;
  readonly flows: number;
}
export interface ScopeClause {
  readonly attribute: string;
  readonly operator: string;
  readonly value?: string;
}
export interface Mapping {
  readonly target: string;
  readonly kind: 'direct' | 'constant' | 'expression';
  readonly source: string;
  readonly merge: string;
  readonly executeOnce: boolean;
  readonly line: number | null;
}
export interface LintFinding {
  readonly code: string;
  readonly severity: 'warning' | 'info';
  readonly message: string;
  readonly rule: string;
  readonly flow?: string;
  readonly file?: string;
  readonly line?: number;
}
export interface Rule extends RuleSummary {
  readonly scope: readonly (readonly ScopeClause[])[];
  readonly join: readonly (readonly { readonly cs: string; readonly mv: string; readonly caseSensitive?: boolean }[])[];
  readonly mappings: readonly Mapping[];
  readonly findings: readonly LintFinding[];
}
export interface RuleProblem {
  readonly code: string;
  readonly message: string;
  readonly rule?: string;
  readonly flow?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}
export interface RuleChange {
  readonly rule: string;
  readonly connector: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly parts: readonly {
    readonly part: string;
    readonly attribute?: string;
    readonly before?: unknown;
    readonly after?: unknown;
  }[];
}
export interface DraftCheck {
  readonly ok: boolean;
  readonly problems: readonly RuleProblem[];
  readonly findings: readonly LintFinding[];
  readonly changes: readonly RuleChange[];
}
export interface Evaluation {
  readonly kind: 'value' | 'null' | 'authoritative-null' | 'ignore' | 'error';
  readonly value?: AttributeValue;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly line?: number;
    readonly column?: number;
  };
  readonly attributes: Readonly<Record<string, AttributeValue | null>>;
}

/* Configuration and audit */
export interface ConfigurationVersion {
  readonly version: number;
  readonly time: string;
  readonly who: string;
  readonly reason: string;
  readonly hash: string;
}
export interface ConfigurationContent {
  readonly settings: unknown;
  readonly ruleFiles: readonly { readonly name: string; readonly text: string }[];
  readonly rulesVersion: string;
}
export interface ConfigurationDiff {
  readonly settings: readonly { readonly path: string; readonly before?: unknown; readonly after?: unknown }[];
  readonly rules: readonly RuleChange[];
}
export interface AuditLine {
  readonly id: number;
  readonly time: string;
  readonly who: string;
  readonly how: string;
  readonly action: string;
  readonly subject: string | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly outcome: string;
  readonly hash: string;
}

/* What-if and forecast */
export interface PlanSample {
  readonly cs: number;
  readonly dn: string;
  readonly name: string;
  readonly before?: Fact;
  readonly after?: Fact;
}
export interface ForkGroup {
  readonly connector: string;
  readonly objectType: string;
  readonly cause: { readonly kind: string; readonly rule?: string; readonly decidedBy?: string };
  readonly count: number;
  readonly samples: readonly PlanSample[];
}
export interface ForkValues {
  readonly where: string;
  readonly objectType: string;
  readonly attribute: string;
  readonly change: 'set' | 'changed' | 'cleared';
  readonly rule: string;
  readonly count: number;
  readonly samples: readonly PlanSample[];
}
export interface ForkResult {
  readonly identities: number;
  readonly seconds: number;
  readonly changedIdentities: number;
  readonly entering: readonly ForkGroup[];
  readonly leaving: readonly ForkGroup[];
  readonly values: readonly ForkValues[];
  readonly joins: readonly {
    readonly what: string;
    readonly connector: string;
    readonly rule: string;
    readonly count: number;
    readonly samples: readonly PlanSample[];
  }[];
  readonly references: readonly {
    readonly connector: string;
    readonly attribute: string;
    readonly change: 'added' | 'removed';
    readonly count: number;
  }[];
  readonly errors: readonly {
    readonly code: string;
    readonly rule: string;
    readonly attribute: string;
    readonly message: string;
    readonly count: number;
    readonly samples: readonly PlanSample[];
  }[];
  readonly deletes: readonly {
    readonly connector: string;
    readonly count: number;
    readonly threshold: number;
    readonly isOverThreshold: boolean;
  }[];
  readonly approximations: readonly string[];
}
export interface Predicted {
  readonly cs: number;
  readonly dn: string;
  readonly name: string;
  readonly objectType: string;
  readonly operation: string;
  readonly code: string;
  readonly attribute?: string;
  readonly value?: string;
  readonly detail: string;
  readonly holder?: { readonly id: string; readonly cs?: number; readonly dn?: string; readonly name?: string };
}
export interface PlanCause {
  readonly kind: string;
  readonly rule?: string;
  readonly attribute?: string;
  readonly change?: string;
  readonly decidedBy?: string;
}
export interface Forecast {
  readonly created: string;
  readonly privilege: readonly {
    readonly connector: string;
    readonly what: string;
    readonly dn: string;
    readonly name: string;
    readonly roles: readonly string[];
    readonly detail: string;
  }[];
  readonly connectors: readonly {
    readonly connector: string;
    readonly groups: readonly {
      readonly operation: string;
      readonly objectType: string;
      readonly cause: PlanCause;
      readonly count: number;
      readonly samples: readonly PlanSample[];
    }[];
    readonly estimate: { readonly writes: number; readonly seconds: number };
    readonly prediction?: { readonly refusals: readonly Predicted[]; readonly withheld: readonly Predicted[] };
  }[];
  readonly notes: readonly string[];
}

/* Data quality */
export interface NamedCount {
  readonly name: string;
  readonly count: number;
}
export interface PrecheckSummary {
  readonly objects: number;
  readonly rows: number;
  readonly listed: number;
  readonly valuesCompared: number;
  readonly excluded: readonly NamedCount[];
  readonly checks: readonly NamedCount[];
  readonly attributes: readonly NamedCount[];
  readonly limits: readonly string[];
}
export interface PrecheckRow {
  readonly number: number;
  readonly code: string;
  readonly title: string;
  readonly checks: readonly string[];
  readonly severity: 'error' | 'warning' | 'info';
  readonly connector: string;
  readonly dn: string;
  readonly name: string;
  readonly type: string;
  readonly attribute: string;
  readonly value: string;
  readonly update: string | null;
  readonly action: 'EDIT' | 'REMOVE' | 'COMPLETE' | null;
  readonly confidence: 'high' | 'medium' | 'low' | null;
  readonly reason: string;
  readonly objectGuid: string;
}
export interface PrecheckDecision {
  readonly dn: string;
  readonly attribute: string;
  readonly value: string;
  readonly action: 'EDIT' | 'REMOVE' | 'COMPLETE';
  readonly update: string;
}
/** What became of a table that was carried out. */
export interface AppliedTable {
  readonly results: readonly {
    readonly line: number;
    readonly dn: string;
    readonly attribute: string;
    readonly outcome: string;
    readonly detail: string;
  }[];
  readonly undo: string | null;
  readonly left: number;
  readonly ran: readonly { readonly what: string; readonly outcome: string }[];
}

/* Tenant */
export interface Tenant {
  readonly url: string;
  readonly tenantId: string;
  readonly displayName: string;
  readonly now: string;
  readonly domains: readonly {
    readonly name: string;
    readonly verified: boolean;
    readonly authentication: string;
    readonly isInitial?: boolean;
  }[];
  readonly features: Readonly<Record<string, boolean>>;
  readonly switches: Readonly<Record<string, string | number | boolean>>;
  readonly deletionThreshold: number;
}
export interface GraphObject {
  readonly id: string;
  readonly displayName?: string | null;
  readonly userPrincipalName?: string | null;
  readonly mail?: string | null;
  readonly accountEnabled?: boolean | null;
  readonly onPremisesSyncEnabled?: boolean | null;
  readonly onPremisesLastSyncDateTime?: string | null;
  readonly deletedDateTime?: string | null;
  readonly onPremisesProvisioningErrors?: readonly {
    readonly category: string;
    readonly propertyCausingError: string;
    readonly value: string;
  }[];
}
export interface GraphPage {
  readonly value: readonly GraphObject[];
  readonly '@odata.nextLink'?: string;
  readonly '@odata.count'?: number;
}

/* Passwords */
export interface PasswordError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly at: string;
}
export interface PasswordDomain {
  readonly namingContext: string;
  readonly endpoint: string | null;
  readonly fullInProgress: boolean;
  readonly fullCompleted: string | null;
  readonly lastCycle: string | null;
  readonly lastSuccess: string | null;
  readonly lastChange: string | null;
  readonly lastError: PasswordError | null;
  readonly clockSkewMs: number | null;
  readonly queue: { readonly waiting: number; readonly retry: number; readonly requested: number };
  readonly heldUp: readonly { readonly status: string; readonly reason: string; readonly users: number }[];
}
export interface PasswordChannel {
  readonly connector: string;
  readonly cloud: string;
  readonly account: string;
  readonly ownAccount: boolean;
  readonly state: 'on' | 'staging' | 'not-ready';
  readonly lastHeartbeat: string | null;
  readonly lastBatch: string | null;
  readonly lastError: PasswordError | null;
  readonly domains: readonly PasswordDomain[];
}
export interface PasswordStatus {
  readonly channels: readonly PasswordChannel[];
  readonly off: readonly string[];
}
export interface PasswordUser {
  readonly connector: string;
  readonly dn: string;
  readonly eligible: boolean;
  readonly step: string;
  readonly detail?: string;
  readonly queued: {
    readonly status: string;
    readonly reason: string;
    readonly attempt: number;
    readonly nextAttempt: string;
  } | null;
  readonly history: readonly {
    readonly at: string;
    readonly status: string;
    readonly reason: string;
    readonly detail?: string;
  }[];
}
export interface PasswordAnswer {
  readonly channels: readonly {
    readonly connector: string;
    readonly paused?: string;
    readonly errors: readonly PasswordError[];
    readonly servers?: readonly {
      readonly namingContext: string;
      readonly server: string;
      readonly error?: PasswordError;
    }[];
  }[];
}
export interface Identity {
  readonly reference: string;
  readonly type: string;
  readonly name: string;
  readonly userPrincipalName: string | null;
  readonly mail: string | null;
  readonly directories: readonly string[];
  readonly cloud: 'ok' | 'waiting' | 'error' | 'none';
}

/* Lineage */
export interface Carried {
  readonly cs: number;
  readonly connector: string;
  readonly attribute: string;
  readonly reads: readonly string[];
  readonly rule: string;
  readonly ruleId: string;
  readonly flow: string;
}
export interface LineageFacts {
  readonly reference: string;
  readonly inbound: readonly Carried[];
  readonly outbound: readonly Carried[];
}
