/**
 * What stands for a tenant while an export through Microsoft Graph is only predicted. Whoever predicts must not know the
 * local tenant (architecture, rooms), so whoever may hands it in.
 */
import type { DirectoryIndex } from './objects.ts';
import type { DomainFacts, RuleSettings } from './settings.ts';

/** As Graph tells of it (extensionProperty). */
export interface ReplicaExtension {
  readonly name: string;
  readonly dataType: string;
  readonly isMultiValued?: boolean | null | undefined;
  readonly targetObjects: readonly string[];
}
export interface ReplicaFacts {
  readonly settings: RuleSettings;
  /** The verified domains; those that nobody will ask about may be missing. */
  readonly domains: readonly DomainFacts[];
  /** Every object of the tenant that may be asked for. */
  readonly index: DirectoryIndex;
  /** Directory extensions that are defined; absent: none. */
  readonly extensions?: readonly ReplicaExtension[];
  /** Milliseconds since 1970. */
  readonly now: number;
}
export interface Replica extends Disposable {
  /** Answers the Graph plane and the token endpoint as the tenant would; what is written stays in memory. */
  fetch(request: Request): Promise<Response>;
}
export type MakeReplica = (facts: ReplicaFacts) => Replica;
