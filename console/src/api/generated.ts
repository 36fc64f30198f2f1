/**
 * What the API sends, as far as it has a name here. Made from the schemas of the endpoints (src/service/api/console-types.ts)
 * by CAUSEWAY_UPDATE_SCHEMAS=1 node --test test/service/published.test.ts: do not edit.
 */
// biome-ignore-all format: it is written by a program
export type Scheduler = {
  readonly AllowedSyncCycleInterval: string;
  readonly CurrentlyEffectiveSyncCycleInterval: string;
  readonly CustomizedSyncCycleInterval: string | null;
  readonly NextSyncCyclePolicyType: "Delta" | "Initial";
  readonly NextSyncCycleStartTimeInUTC: string | null;
  readonly PurgeRunHistoryInterval: string;
  readonly SyncCycleEnabled: boolean;
  readonly MaintenanceEnabled: boolean;
  readonly StagingModeEnabled: boolean;
  readonly SchedulerSuspended: boolean;
  readonly SyncCycleInProgress: boolean;
  readonly MaintenanceWindowOpen: boolean;
  /** Null also if no end of the windows is in sight. */
  readonly MaintenanceWindowUntilInUTC: string | null;
};
export type Alert = {
  readonly key: string;
  readonly code: string;
  readonly severity: "error" | "warning" | "info";
  readonly title: string;
  readonly summary: string;
  readonly subject?: string;
  readonly since?: string;
  readonly run?: number;
  /** For GET /alerts/{id}; absent until it was written down. */
  readonly id?: number;
  readonly acknowledgedBy?: string;
  readonly isMuted?: boolean;
};
export type KeptAlert = {
  readonly id: number;
  readonly kind: "health" | "finding";
  readonly code: string;
  readonly severity: "error" | "warning" | "info";
  readonly title: string;
  readonly summary: string;
  readonly subject: string | null;
  /** Of a finding: its id. */
  readonly finding: string | null;
  readonly raised: string;
  readonly resolved: string | null;
  readonly acknowledged: {
    readonly who: string;
    readonly time: string;
    readonly note: string;
  } | null;
  readonly muted: {
    readonly until: string;
    readonly who: string;
    readonly time: string;
    readonly reason: string;
  } | null;
  readonly told: readonly ({
    readonly channel: string;
    readonly state: "raised" | "resolved";
    readonly at: string;
  })[];
};
export type Run = {
  readonly id: number;
  /** Runs of one cycle have the same number; null: run by itself. */
  readonly cycle: number | null;
  /** Null: all connectors. */
  readonly connector: string | null;
  readonly profile: "full-import" | "delta-import" | "full-sync" | "delta-sync" | "export";
  /** The classic status string. */
  readonly status: string;
  /** The status in plain words. */
  readonly title: string;
  readonly severity: "ok" | "warning" | "error" | "running";
  /** UTC, ISO 8601. */
  readonly started: string;
  readonly ended: string | null;
  readonly durationMs: number | null;
  readonly server: string | null;
  readonly counters: Readonly<Record<string, number>>;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
  } | null;
};
export type Cycle = {
  readonly cycle: number;
  readonly started: string;
  readonly ended: string | null;
  readonly durationMs: number | null;
  readonly outcome: "running" | "clean" | "object-errors" | "failed";
  readonly runs: readonly Run[];
};
export type Status = {
  readonly verdict: {
    readonly state: "ok" | "warning" | "error";
    readonly sentence: string;
  };
  readonly scheduler: Scheduler;
  /** The window that is open; no cycle starts by itself until it is over. */
  readonly maintenance: {
    readonly since: string;
    /** Null: one window follows the other, and no end is in sight. */
    readonly until: string | null;
    readonly reason?: string;
  } | null;
  readonly exportDeletionThreshold: number;
  readonly engine: {
    readonly state: "running" | "down" | "closed" | "no-service";
    readonly since?: string;
    readonly reason?: string;
    readonly nextAttempt?: string;
  };
  /** Threads and processes of the service: engine, tenant, reader, pages, diagnosis, passwords. */
  readonly parts: readonly ({
    readonly state: "running" | "down" | "closed" | "no-service";
    readonly since?: string;
    readonly reason?: string;
    readonly nextAttempt?: string;
    readonly name: string;
  })[];
  readonly lastCycle: Cycle | null;
  readonly connectors: readonly ({
    readonly name: string;
    readonly type: string;
    readonly partitions: readonly ({
      readonly name: string;
      readonly lastFullImport: string | null;
      readonly lastDeltaImport: string | null;
    })[];
    readonly lastImport: Run | null;
    readonly lastExport: Run | null;
    readonly pendingExports: {
      readonly add: number;
      readonly update: number;
      readonly delete: number;
    };
  })[];
  /** Objects in error by phase. */
  readonly errors: Readonly<Record<string, number>>;
  readonly alerts: readonly Alert[];
  readonly version: string;
};
export type Counter = {
  readonly name: string;
  readonly title: string;
  readonly group: "staging" | "inbound" | "outbound" | "export" | "confirm";
  readonly count: number;
  /** Objects that can be looked at; at most 5000 are kept of one counter. */
  readonly listed: number;
};
export type RunDetail = {
  readonly id: number;
  /** Runs of one cycle have the same number; null: run by itself. */
  readonly cycle: number | null;
  /** Null: all connectors. */
  readonly connector: string | null;
  readonly profile: "full-import" | "delta-import" | "full-sync" | "delta-sync" | "export";
  /** The classic status string. */
  readonly status: string;
  /** The status in plain words. */
  readonly title: string;
  readonly severity: "ok" | "warning" | "error" | "running";
  /** UTC, ISO 8601. */
  readonly started: string;
  readonly ended: string | null;
  readonly durationMs: number | null;
  readonly server: string | null;
  readonly counters: Readonly<Record<string, number>>;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
  } | null;
  readonly table: readonly Counter[];
  /** The run of the same kind before this one. */
  readonly previous: Run | null;
  /** All runs of the cycle, in order. */
  readonly cycleRuns: readonly Run[];
};
export type Work = {
  readonly id: number;
  readonly order: {
    readonly kind: "cycle";
    readonly policy: "delta" | "initial";
    readonly retryAll: boolean;
  } | {
    readonly kind: "run";
    readonly connector: string | null;
    readonly profile: "full-import" | "delta-import" | "full-sync" | "delta-sync" | "export";
  } | {
    readonly kind: "plan";
    readonly created: string;
    readonly seal: string;
    readonly approveDeletes: boolean;
  };
  readonly by: string;
  readonly trigger: "schedule" | "person";
  readonly state: "queued" | "running" | "done" | "failed";
  /** Milliseconds since 1970, as the other instants here. */
  readonly queuedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly progress?: {
    readonly connector: string;
    readonly step: string;
    readonly done: number;
    readonly total?: number;
    /** Objects a second. */
    readonly rate: number;
    readonly remainingMs?: number;
    /** Milliseconds since 1970 at which the whole export will be over, as far as the limits of the target go. */
    readonly finishesAt?: number;
  };
  /** Of a cycle or a run, when it is done. */
  readonly result?: unknown;
  readonly error?: {
    readonly code: string;
    readonly message: string;
  };
};
export type Job = {
  readonly id: number;
  readonly name: string;
  readonly by: string;
  readonly state: "running" | "done" | "failed" | "cancelled";
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly progress?: {
    readonly done: number;
    readonly total?: number;
    readonly rate: number;
  };
  readonly answer?: unknown;
  readonly error?: {
    readonly code: string;
    readonly message: string;
  };
};
export type Hit = {
  readonly id: number;
  /** What object pages and verbs take: mv:<number> or cs:<number>. */
  readonly reference: string;
  readonly space: "cs" | "mv";
  readonly connector?: string;
  readonly type: string;
  readonly name: string;
  readonly dn?: string;
};
export type ObjectError = {
  readonly phase: string;
  readonly code: string;
  readonly message: string;
  readonly attribute?: string;
  readonly rule?: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly count: number;
  readonly nextAttempt?: string;
};
export type DeletePlan = {
  readonly connector: string;
  readonly deletes: number;
  /** 0: no limit. */
  readonly threshold: number;
  /** Nothing is exported to this connector until the deletes are approved. */
  readonly isHeld: boolean;
  /** Of exactly this set of deletes; an approval names it. */
  readonly hash: string;
  readonly approval?: {
    readonly who: string;
    readonly time: number;
  };
};
export type PendingSummary = {
  readonly connector: string;
  readonly operations: {
    readonly add: number;
    readonly update: number;
    readonly delete: number;
  };
  readonly groups: readonly ({
    readonly operation: string;
    readonly type: string | null;
    readonly count: number;
  })[];
  /** Attributes that updates change, most frequent first; of the first 5000 updates. */
  readonly attributes: readonly {
    readonly attribute: string;
    readonly count: number;
  }[];
  readonly references: readonly ({
    readonly attribute: string;
    readonly change: "add" | "remove";
    readonly count: number;
  })[];
  readonly deletes: DeletePlan;
};
export type ErrorRow = {
  readonly phase: string;
  readonly code: string;
  readonly message: string;
  readonly attribute?: string;
  readonly rule?: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly count: number;
  readonly nextAttempt?: string;
  /** Of the connector-space object. */
  readonly id: number;
  readonly reference: string;
  readonly connector: string;
  readonly dn: string;
  /** Of its identity, or its own. */
  readonly name?: string;
  readonly type: string | null;
  readonly run: number;
  readonly value?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Section of the error report of Connect Health; of what the cloud refused or set aside. */
  readonly category?: "Duplicate attribute" | "Data mismatch" | "Data validation failure" | "Large attribute" | "Federated domain change" | "Existing admin role conflict" | "Other";
};
export type ErrorSummaries = readonly ({
  readonly phase: string;
  readonly code: string;
  readonly objects: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Section of the error report of Connect Health; of what the cloud refused or set aside. */
  readonly category?: "Duplicate attribute" | "Data mismatch" | "Data validation failure" | "Large attribute" | "Federated domain change" | "Existing admin role conflict" | "Other";
})[];
export type Counts = {
  readonly connectorSpaces: readonly {
    readonly connector: string;
    readonly type: string;
    readonly count: number;
  }[];
  readonly metaverse: readonly {
    readonly type: string;
    readonly count: number;
  }[];
  readonly pendingImports: readonly {
    readonly connector: string;
    readonly kind: string;
    readonly count: number;
  }[];
};
export type RuleChange = {
  readonly rule: string;
  readonly connector: string;
  readonly kind: "added" | "removed" | "changed";
  readonly parts: readonly ({
    readonly part: "description" | "types" | "link" | "state" | "password-sync" | "scope" | "join" | "flow" | "order";
    /** Target attribute of a flow. */
    readonly attribute?: string;
    readonly before?: unknown;
    readonly after?: unknown;
  })[];
};
export type ConfigurationVersion = {
  readonly version: number;
  readonly time: string;
  readonly who: string;
  readonly reason: string;
  readonly hash: string;
};
export type ConfigurationDiff = {
  readonly settings: readonly {
    /** Keys down to the value, with dots. */
    readonly path: string;
    /** Absent: it was not there. */
    readonly before?: unknown;
    /** Absent: it is not there any more. */
    readonly after?: unknown;
  }[];
  readonly rules: readonly RuleChange[];
};
export type AuditLine = {
  readonly id: number;
  readonly time: string;
  readonly who: string;
  /** command-line, console, api or service. */
  readonly how: string;
  readonly action: string;
  readonly subject: string | null;
  readonly before: unknown;
  readonly after: unknown;
  /** done, or the code of the refusal. */
  readonly outcome: string;
  /** Covers this row and, through the row before it, all earlier ones. */
  readonly hash: string;
};
export type PrecheckSummary = {
  readonly objects: number;
  readonly rows: number;
  /** Rows that can be looked at. */
  readonly listed: number;
  readonly valuesCompared: number;
  readonly excluded: readonly {
    readonly name: string;
    readonly count: number;
  }[];
  readonly checks: readonly {
    readonly name: string;
    readonly count: number;
  }[];
  readonly attributes: readonly {
    readonly name: string;
    readonly count: number;
  }[];
  readonly limits: readonly string[];
};
export type PrecheckRow = {
  readonly number: number;
  readonly code: string;
  readonly title: string;
  /** Names of IdFix, and those that this product adds. */
  readonly checks: readonly string[];
  readonly severity: "error" | "warning" | "info";
  readonly connector: string;
  readonly dn: string;
  readonly name: string;
  readonly type: string;
  readonly attribute: string;
  readonly value: string;
  /** As it should be; null: nothing to suggest. */
  readonly update: string | null;
  readonly action: "EDIT" | "REMOVE" | "COMPLETE" | null;
  readonly confidence: "high" | "medium" | "low" | null;
  readonly reason: string;
  /** Of the object, if its directory has one. */
  readonly objectGuid: string;
};
export type PrecheckDecision = {
  readonly dn: string;
  readonly attribute: string;
  /** As it is now: object, attribute and value are what is decided about. */
  readonly value: string;
  readonly action: "EDIT" | "REMOVE" | "COMPLETE";
  /** As it will be. */
  readonly update: string;
};
export type PasswordError = {
  readonly code: string;
  readonly reason?: string;
  readonly message: string;
  readonly remedy: string;
  readonly endpoint?: string;
  readonly at: string;
};
export type PasswordDomain = {
  readonly namingContext: string;
  /** Domain controller of the last cycle. */
  readonly endpoint: string | null;
  readonly fullInProgress: boolean;
  readonly fullCompleted: string | null;
  readonly lastCycle: string | null;
  readonly lastSuccess: string | null;
  /** When a change of a password was last seen in the directory. */
  readonly lastChange: string | null;
  readonly lastError: PasswordError | null;
  readonly clockSkewMs: number | null;
  readonly queue: {
    readonly waiting: number;
    readonly retry: number;
    readonly requested: number;
  };
  readonly heldUp: readonly {
    readonly status: string;
    readonly reason: string;
    readonly users: number;
  }[];
};
export type PasswordChannel = {
  readonly connector: string;
  readonly cloud: string;
  readonly account: string;
  /** Whether the account is another than the one that imports. */
  readonly ownAccount: boolean;
  readonly state: "on" | "staging" | "not-ready";
  readonly lastHeartbeat: string | null;
  readonly lastBatch: string | null;
  readonly lastError: PasswordError | null;
  readonly domains: readonly PasswordDomain[];
};
export type PasswordStatus = {
  readonly channels: readonly PasswordChannel[];
  /** Active Directory connectors that do not synchronize passwords. */
  readonly off: readonly string[];
};
export type PasswordUser = {
  readonly connector: string;
  readonly objectGuid: string;
  readonly dn: string;
  readonly eligible: boolean;
  /** Where the password stops: "synchronized", or the reason. */
  readonly step: string;
  readonly detail?: string;
  readonly queued: {
    readonly kind: string;
    readonly status: string;
    readonly reason: string;
    readonly attempt: number;
    readonly nextAttempt: string;
  } | null;
  /** Results of seven days, newest first. */
  readonly history: readonly {
    readonly at: string;
    readonly status: string;
    readonly reason: string;
    readonly detail?: string;
    readonly errorCode?: string;
    /** When the password was changed in the directory. */
    readonly changed?: string;
  }[];
};
export type Identity = {
  readonly reference: string;
  readonly type: string;
  readonly name: string;
  readonly userPrincipalName: string | null;
  readonly mail: string | null;
  /** Connectors of the directories that it comes from. */
  readonly directories: readonly string[];
  /** There, on its way, refused, or not meant to be there. */
  readonly cloud: "ok" | "waiting" | "error" | "none";
};
