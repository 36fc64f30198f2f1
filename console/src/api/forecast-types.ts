/** What would be different: what the jobs of plan and what-if answer. */
import type { Fact } from './explanation-types.ts';
import type { Finding } from './types.ts';

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
  /** What will be wrong by its causes, worst first. */
  readonly findings?: readonly Finding[];
}
