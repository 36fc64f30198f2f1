/**
 * The sync plane's wire format: the operation set of entra-directory s.0 as JSON over HTTP, spoken by the Entra
 * connector (dialect `sync`) and by the local tenant. Property values use the encoding of `model/value.ts`.
 */
import type { AttributeValue } from '../model/value.ts';
import type { RuleChoices } from './settings.ts';

export const syncPaths = {
  capabilities: '/sync/v1/capabilities', // GET → Capabilities
  company: '/sync/v1/company', // GET → CompanyConfiguration, PATCH CompanyPatch → CompanyConfiguration
  provision: '/sync/v1/provision', // POST ProvisionBatch → ProvisionResponse
  readBack: '/sync/v1/read-back', // POST ReadBackRequest → ReadBackResponse
  finalize: '/sync/v1/finalize', // POST FinalizeRequest → 204
  credentials: '/sync/v1/credentials', // POST CredentialBatch → CredentialResponse
} as const;

export type SyncObjectType = 'User' | 'Group' | 'Contact' | 'Device';
export type SyncOperation = 'Add' | 'Set' | 'Delete';

export interface Capabilities {
  readonly version: number;
  /** Objects in one provision call. */
  readonly maxObjects: number;
  /** Link changes in one provision call (15,000 observed). */
  readonly maxLinks: number;
  /** Objects in one read-back page. */
  readonly maxReadBack: number;
  readonly maxCredentials: number;
  /** Bytes of one request body; absent is 32 MiB. */
  readonly maxBytes?: number;
}
export interface CompanyConfiguration {
  readonly tenantId: string;
  readonly displayName: string;
  readonly initialDomain: string;
  readonly domains: readonly {
    readonly name: string;
    readonly verified: boolean;
    readonly authentication: 'Managed' | 'Federated';
  }[];
  readonly dirSyncEnabled: boolean;
  /** Names as in Graph `onPremisesSynchronization.features`. */
  readonly features: Readonly<Record<string, boolean>>;
  /** Attribute an earlier installation used for the source anchor; absent if none did. */
  readonly sourceAnchorAttribute?: string;
  /** Accidental-delete prevention; 0 is off. */
  readonly deletionThreshold: number;
  /** Members that one group takes; absent is 250,000. */
  readonly groupMembers?: number;
  /** How the tenant decides where the published sources leave it open, so that refusals can be predicted. */
  readonly rules?: RuleChoices;
}
export interface CompanyPatch {
  readonly features?: Readonly<Record<string, boolean>>;
  readonly sourceAnchorAttribute?: string;
  readonly deletionThreshold?: number;
}

export interface LinkChange {
  readonly anchor: string;
  readonly anchorType: 'cloudAnchor' | 'sourceAnchor';
  readonly operation: 'add' | 'remove';
}
export interface ProvisionObject {
  readonly operation: SyncOperation;
  readonly objectType: SyncObjectType;
  readonly sourceAnchor: string;
  /** Known after the first success; a Set or Delete addresses by it, otherwise by the source anchor. */
  readonly cloudAnchor?: string;
  /** Cloud names of sync-engine s.4.7; `null` clears. For Add all properties, for Set those that change. */
  readonly properties: Readonly<Record<string, AttributeValue | null>>;
  readonly links?: Readonly<Record<string, readonly LinkChange[]>>;
}
export interface ProvisionBatch {
  readonly objects: readonly ProvisionObject[];
}
export interface ProvisionResult {
  readonly resultCode: 'Success' | 'Failure';
  readonly operation: SyncOperation;
  readonly objectType: SyncObjectType;
  readonly sourceAnchor: string;
  readonly cloudAnchor?: string;
  /** How an Add came about. */
  readonly match?: 'created' | 'hard' | 'soft' | 'existing';
  readonly errorCode?: string;
  readonly errorDescription?: string;
  /** `ExtraErrorDetails`: AttributeConflictName, AttributeConflictValues, ConflictingObjectId, … */
  readonly errorDetails?: Readonly<Record<string, string>>;
  /** Values withheld by duplicate attribute resiliency although the object was written. */
  readonly quarantined?: readonly { readonly property: string; readonly value: string; readonly heldBy: string }[];
}
/** One result per object, in the order of the batch. */
export interface ProvisionResponse {
  readonly results: readonly ProvisionResult[];
}

export interface ReadBackRequest {
  /** From the answer before; absent starts a full read. */
  readonly cookie?: string;
  readonly top?: number;
  /**
   * Instead of a cookie: only these objects, whole, as they are now. What is not in the answer is not in the tenant.
   * If the answer says `more`, its cookie is the number of entries answered; ask again for the rest of the list.
   */
  readonly anchors?: readonly (
    | { readonly objectType: SyncObjectType; readonly sourceAnchor: string }
    | { readonly cloudAnchor: string }
  )[];
}
export interface ReadBackObject {
  readonly objectType: SyncObjectType;
  readonly cloudAnchor: string;
  readonly sourceAnchor?: string;
  readonly deleted?: boolean;
  /** In a delta: made since the cookie, so that `added` are all its links (in the pages so far). */
  readonly created?: boolean;
  /** All synced properties as the engine wrote them (shadow values), plus the `cloud…` ones. */
  readonly properties: Readonly<Record<string, AttributeValue>>;
  /** `all` in a full read (an object with many links comes again with `more`), changes in a delta. Cloud anchors. */
  readonly links: Readonly<
    Record<
      string,
      | { readonly all: readonly string[]; readonly more?: boolean }
      | { readonly added: readonly string[]; readonly removed: readonly string[] }
    >
  >;
}
export interface ReadBackResponse {
  readonly objects: readonly ReadBackObject[];
  readonly cookie: string;
  /** More pages follow now. */
  readonly more: boolean;
  readonly full: boolean;
}
export interface FinalizeRequest {
  readonly totalExported: number;
  readonly successfulExportCount: number;
  /** Name of the machine that exported, as Graph tells it in `currentExportData` (entra-directory s.5.6). */
  readonly clientMachineName?: string;
}
export interface Credential {
  readonly sourceAnchor: string;
  readonly cloudAnchor?: string;
  /** `v1;PPH1_MD4,<salt>,<iterations>,<hash>;` (entra-directory s.6.1). */
  readonly hash: string;
  /** ISO instant of the change in the directory. */
  readonly changedAt: string;
  readonly forceChangeOnLogon?: boolean;
}
export interface CredentialBatch {
  readonly credentials: readonly Credential[];
}
export interface CredentialResponse {
  readonly results: readonly {
    readonly sourceAnchor: string;
    readonly resultCode: 'Success' | 'Failure';
    readonly errorCode?: string;
    readonly errorDescription?: string;
  }[];
}
