/** What a plan of the next export consists of. Plain JSON with stable keys. */
import type { Fact } from '../explain/model.ts';
import type { Finding } from '../findings/finding.ts';
import type { PlanInputs } from './inputs.ts';
import type { Predicted, Prediction } from './predict.ts';

export type PlannedOperation = 'add' | 'update' | 'delete' | 'add-reference' | 'remove-reference';

/** Why something is to be exported; equal causes make one group. */
export interface PlanCause {
  readonly kind: /** An identity that the target does not have yet. */
    | 'new-object'
    /** A rule gives an attribute another value than the target holds. */
    | 'value'
    /** References of an attribute follow the directory, or objects that came and went. */
    | 'references'
    /** The object is gone from the directory. */
    | 'deleted-in-directory'
    /** A container is not selected any more, or the object was moved out of those that are. */
    | 'container'
    /** A filter of a rule excludes it now. */
    | 'filter'
    | 'unknown';
  /** The rule that writes the value, or whose filter closed. */
  readonly rule?: string;
  /** The inbound rule that gave the metaverse its value. */
  readonly sourceRule?: string;
  readonly attribute?: string;
  readonly change?: 'set' | 'changed' | 'cleared';
  /** Clause of the filter, or container. */
  readonly decidedBy?: string;
}
export interface PlanSample {
  readonly cs: number;
  readonly dn: string;
  readonly name: string;
  readonly before?: Fact;
  readonly after?: Fact;
}
export interface PlanGroup {
  readonly operation: PlannedOperation;
  readonly objectType: string;
  readonly cause: PlanCause;
  readonly count: number;
  readonly samples: readonly PlanSample[];
}

/** A change that touches somebody's rights in the cloud. These come first, however few they are. */
export interface PrivilegeChange {
  readonly connector: string;
  readonly what:
    | 'member-of-role-group'
    | 'no-member-of-role-group'
    | 'changes-role-holder'
    | 'deletes-role-holder'
    | 'matches-role-holder';
  readonly dn: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** The member, or the attributes that change. */
  readonly detail: string;
}

export interface Estimate {
  readonly writes: number;
  /** Seconds that the quota makes the export take at least. */
  readonly seconds: number;
  readonly quota: Quota;
}
/** Writes that the target takes in a window of time (sync-engine s.6.2: 84,000 an hour, 7,000 in 5 minutes). */
export interface Quota {
  readonly writes: number;
  readonly windowSeconds: number;
}
export const defaultQuota: Quota = { writes: 7000, windowSeconds: 300 };

export interface PlannedDeletes {
  readonly count: number;
  /** 0: no limit. */
  readonly threshold: number;
  /** Exactly these deletes; an approval names it. */
  readonly hash: string;
  /** More than the policy allows, and nobody approved them: the export will stop before it writes anything. */
  readonly isHeld: boolean;
}
export interface ConnectorPlan {
  readonly connector: string;
  readonly type: string;
  readonly counts: Readonly<Record<PlannedOperation, number>>;
  readonly groups: readonly PlanGroup[];
  readonly deletes: PlannedDeletes;
  readonly estimate: Estimate;
  /** Absent for targets whose answers nobody can predict. */
  readonly prediction?: Prediction & { readonly image: PlannedImage };
}
export interface PlannedImage {
  readonly source: 'connector-space' | 'tenant';
  readonly readAt: string;
  readonly limits: readonly string[];
}

/** How far the pending exports are behind the directories. */
export interface Freshness {
  /** Imported but not synchronized: the next synchronization may plan more. */
  readonly pendingImports: number;
  /** Identities whose outbound side waits. */
  readonly pendingIdentities: number;
  /** The rules changed since the last full synchronization. */
  readonly needsFullSync: boolean;
  readonly lastImports: Readonly<Record<string, string | null>>;
}
export interface Plan {
  readonly causewayPlan: 1;
  /** ISO instant. */
  readonly created: string;
  readonly staging: boolean;
  readonly freshness: Freshness;
  readonly privilege: readonly PrivilegeChange[];
  readonly connectors: readonly ConnectorPlan[];
  /** What will be wrong, by the cases of the casebook; absent if nobody asked. */
  readonly findings?: readonly Finding[];
  readonly inputs: PlanInputs;
  /** What a reader must know, as sentences. */
  readonly notes: readonly string[];
}
export type { Predicted };
