/** What forking the population under another configuration shows. Plain JSON with stable keys. */
import type { Fact } from '../explain/model.ts';
import type { PlanSample, PrivilegeChange } from '../plan/model.ts';

/** Why objects enter or leave: what decides under the other configuration, or decided until now. */
export interface ForkCause {
  readonly kind: 'rule' | 'container' | 'object-type' | 'join' | 'error' | 'unknown';
  readonly rule?: string;
  /** Clause of the rule, container or type. */
  readonly decidedBy?: string;
}
export interface ForkGroup {
  readonly connector: string;
  readonly objectType: string;
  readonly cause: ForkCause;
  readonly count: number;
  readonly samples: readonly PlanSample[];
}
export interface ForkValues {
  /** `metaverse`, or the name of the target. */
  readonly where: string;
  readonly objectType: string;
  readonly attribute: string;
  readonly change: 'set' | 'changed' | 'cleared';
  /** The rule that gives the new value, or gave the old one if there is none any more. */
  readonly rule: string;
  readonly count: number;
  readonly samples: readonly PlanSample[];
}
export interface ForkReferences {
  readonly connector: string;
  readonly attribute: string;
  readonly change: 'added' | 'removed';
  /** References, not objects. */
  readonly count: number;
  readonly samples: readonly PlanSample[];
}
export interface ForkJoin {
  readonly what: 'won' | 'lost' | 'not-made-again';
  readonly connector: string;
  readonly rule: string;
  readonly count: number;
  readonly samples: readonly PlanSample[];
}
export interface ForkErrors {
  readonly code: string;
  readonly rule: string;
  readonly attribute: string;
  readonly message: string;
  readonly count: number;
  readonly samples: readonly PlanSample[];
}
export interface ForkDeletes {
  readonly connector: string;
  readonly count: number;
  readonly threshold: number;
  readonly isOverThreshold: boolean;
}
export interface ForkResult {
  readonly causewayFork: 1;
  readonly created: string;
  readonly what: 'rules' | 'scope';
  readonly from: string;
  readonly to: string;
  /** Identities and objects without identity that were computed. */
  readonly identities: number;
  readonly seconds: number;
  readonly privilege: readonly PrivilegeChange[];
  readonly entering: readonly ForkGroup[];
  readonly leaving: readonly ForkGroup[];
  readonly joins: readonly ForkJoin[];
  readonly values: readonly ForkValues[];
  readonly references: readonly ForkReferences[];
  readonly errors: readonly ForkErrors[];
  readonly deletes: readonly ForkDeletes[];
  /** Identities of which anything differs. */
  readonly changedIdentities: number;
  /** What is not exact in this, as sentences. */
  readonly approximations: readonly string[];
}

/** The difference for one object, for the drill-down. */
export interface ForkObject {
  readonly mv: number | null;
  readonly name: string;
  readonly before: ForkSide;
  readonly after: ForkSide;
  readonly values: readonly {
    readonly where: string;
    readonly attribute: string;
    readonly before: Fact;
    readonly after: Fact;
    readonly rule: string;
  }[];
}
export interface ForkSide {
  /** The identity exists. */
  readonly exists: boolean;
  /** Names of the targets that have, or will have, an object. */
  readonly targets: readonly string[];
  /** Rule errors, as sentences. */
  readonly errors: readonly string[];
}
