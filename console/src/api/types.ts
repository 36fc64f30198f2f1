/** What the API sends where its schema leaves the form open; the rest is made from the schemas (generated.ts). */
import type { ObjectError, PasswordError, Run } from './generated.ts';

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

/* Runs */
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

/* Plan */
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

/* Configuration and audit */
export interface ConfigurationContent {
  readonly settings: unknown;
  readonly ruleFiles: readonly { readonly name: string; readonly text: string }[];
  readonly rulesVersion: string;
}

/* Data quality */
export interface NamedCount {
  readonly name: string;
  readonly count: number;
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
