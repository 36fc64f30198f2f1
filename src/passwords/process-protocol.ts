/** What the service and the replication process say to each other (structured clone over the channel of `fork`). */
import type { PasswordAccount } from './contract.ts';

/** Who replicates. Travels once, right after the process has started. */
export interface ReplicationCredential {
  /** NetBIOS or DNS name of the domain; empty if `user` is a user principal name. */
  readonly domain: string;
  readonly user: string;
  readonly password: string;
}
export interface ReplicationSettings {
  readonly connectTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly pageSize?: number;
  /** Port of the replication interface, where the endpoint mapper cannot be reached. */
  readonly port?: number;
}

export type Request =
  | { readonly op: 'configure'; readonly credential: ReplicationCredential; readonly settings: ReplicationSettings }
  | { readonly op: 'open'; readonly server: string; readonly namingContext: string }
  | { readonly op: 'changes'; readonly session: number; readonly namingContext: string; readonly watermark?: string }
  | { readonly op: 'next'; readonly session: number; readonly stream: number }
  | { readonly op: 'single'; readonly session: number; readonly objectGuid: string }
  | {
      readonly op: 'transform';
      readonly session: number;
      readonly page: number;
      readonly objectGuids: readonly string[];
    }
  | { readonly op: 'release'; readonly session: number; readonly page: number }
  | { readonly op: 'close'; readonly session: number };

export interface PageData {
  readonly page: number;
  readonly accounts: readonly PasswordAccount[];
  readonly watermark: string;
  readonly more: boolean;
  readonly estimatedTotal: number;
}
export interface Answers {
  configure: undefined;
  open: { readonly session: number; readonly endpoint: string; readonly clockSkewMs: number | undefined };
  changes: number;
  next: PageData | undefined;
  single: PageData | undefined;
  transform: readonly string[];
  release: undefined;
  close: undefined;
}
export interface Failure {
  readonly message: string;
  /** Members of a ReplicationError; absent for any other error. */
  readonly replication?: {
    readonly reason: string;
    readonly remedy: string;
    readonly retry: string;
    readonly endpoint: string;
    readonly status32?: number;
  };
}
export type RequestMessage = { readonly id: number } & Request;
export type AnswerMessage = { readonly id: number } & ({ readonly value: unknown } | { readonly failure: Failure });
