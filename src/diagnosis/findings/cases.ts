/** The cases of the casebook (sections A to F) that exist in this product: what each is called and how bad it is. */
import type { Severity } from './finding.ts';

export interface Case {
  readonly section: 'A' | 'B' | 'C' | 'D' | 'E' | 'F';
  readonly severity: Severity;
  readonly title: string;
}

const cases = {
  'duplicate-proxy-address': { section: 'A', severity: 'error', title: 'Two objects have one mail address' },
  'duplicate-upn': { section: 'A', severity: 'error', title: 'Two objects have one sign-in name' },
  'duplicate-mail': { section: 'A', severity: 'error', title: 'Two objects have one mail attribute' },
  'duplicate-mail-nickname': { section: 'A', severity: 'warning', title: 'Two objects have one mail nickname' },
  'duplicate-sip': { section: 'A', severity: 'error', title: 'Two objects have one SIP address' },
  'duplicate-sid': { section: 'A', severity: 'error', title: 'Two objects have one security identifier' },
  'stale-proxy-address': { section: 'A', severity: 'error', title: 'An abandoned object still holds a mail address' },
  'cloud-only-owner': { section: 'A', severity: 'error', title: 'An object made in the cloud has the value' },
  'invalid-soft-match': { section: 'A', severity: 'error', title: 'The matching cloud object has another anchor' },
  'anchor-changed-forest-move': { section: 'A', severity: 'error', title: 'The account moved to another forest' },
  'anchor-changed-recreated': { section: 'A', severity: 'error', title: 'The account was deleted and made again' },
  'anchor-attribute-changed': { section: 'A', severity: 'error', title: 'The source anchor is read elsewhere now' },
  'duplicate-source-anchor': { section: 'A', severity: 'error', title: 'Two objects have one source anchor' },
  'invalid-hard-match': { section: 'A', severity: 'error', title: 'The cloud refuses the take-over' },
  'object-type-mismatch': { section: 'A', severity: 'error', title: 'An object of another type has the value' },
  'existing-admin-role-conflict': { section: 'A', severity: 'error', title: 'It would match an administrator' },
  'cloud-only-protected': { section: 'A', severity: 'error', title: 'The cloud protects an object of its own' },
  'quarantined-attribute': { section: 'A', severity: 'warning', title: 'The cloud set a value aside' },
  'no-soft-match-key': { section: 'A', severity: 'warning', title: 'A second object was made, it did not match' },
  'ambiguous-join': { section: 'A', severity: 'error', title: 'Several objects claim one identity' },
  'duplicate-person': { section: 'A', severity: 'warning', title: 'One person is in the cloud twice' },

  'invalid-upn': { section: 'B', severity: 'error', title: 'The sign-in name is not valid' },
  'unroutable-upn-suffix': { section: 'B', severity: 'warning', title: 'The domain of sign-in names is not verified' },
  'federated-domain-change': { section: 'B', severity: 'error', title: 'A sign-in name moves between federations' },
  'invalid-mail': { section: 'B', severity: 'error', title: 'A mail attribute is no address' },
  'invalid-proxy-address': { section: 'B', severity: 'error', title: 'A proxy address is not valid' },
  'invalid-characters': { section: 'B', severity: 'error', title: 'A value has characters that are not allowed' },
  'value-too-long': { section: 'B', severity: 'error', title: 'A value is too long' },
  'too-many-certificates': { section: 'B', severity: 'error', title: 'Too many certificates' },
  'photo-too-large': { section: 'B', severity: 'error', title: 'The photo is too large' },
  'object-too-large': { section: 'B', severity: 'error', title: 'The object is too large' },
  'group-too-large': { section: 'B', severity: 'error', title: 'The group has too many members' },
  'missing-usage-location': { section: 'B', severity: 'info', title: 'Users have no usage location' },

  'ou-not-in-scope': { section: 'C', severity: 'info', title: 'Its container is not selected' },
  'domain-not-in-scope': { section: 'C', severity: 'info', title: 'Its domain is not configured' },
  'filtered-by-rule': { section: 'C', severity: 'info', title: 'A filter keeps it out of the cloud' },
  'filtered-by-group': { section: 'C', severity: 'info', title: 'It is not in the group that is synchronized' },
  'object-type-not-selected': { section: 'C', severity: 'info', title: 'Its object type is not selected' },
  'no-anchor': { section: 'C', severity: 'warning', title: 'It has no source anchor' },
  'no-account-enabled': { section: 'C', severity: 'warning', title: 'It has no account' },
  'linked-mailbox-without-account': { section: 'C', severity: 'warning', title: 'A mailbox without its account' },
  'rule-precedence-override': { section: 'C', severity: 'info', title: 'A rule with better precedence wins' },
  'authoritative-elsewhere': { section: 'C', severity: 'info', title: 'It is mastered elsewhere' },
  'rule-error': { section: 'C', severity: 'error', title: 'A rule fails' },
  'rule-conflict': { section: 'C', severity: 'error', title: 'Two rules contradict each other' },
  'needs-full-sync': { section: 'C', severity: 'warning', title: 'A full run is due' },
  'ou-renamed': { section: 'C', severity: 'error', title: 'A selected container has another name now' },
  'unresolved-reference': { section: 'C', severity: 'warning', title: 'References lead to nothing in the cloud' },
  'conflict-object': { section: 'C', severity: 'warning', title: 'Replication left a conflict object' },

  'scheduler-disabled': { section: 'D', severity: 'warning', title: 'The schedule is off' },
  'scheduler-suspended': { section: 'D', severity: 'warning', title: 'The schedule is suspended' },
  'maintenance-window': { section: 'D', severity: 'warning', title: 'A maintenance window is open' },
  'staging-mode': { section: 'D', severity: 'info', title: 'Staging mode: nothing is exported' },
  'two-active-servers': { section: 'D', severity: 'error', title: 'Two servers write to one tenant' },
  'no-active-server': { section: 'D', severity: 'error', title: 'No server exports' },
  'staging-drift': { section: 'D', severity: 'warning', title: 'The staging server would do something else' },
  'cycle-overrun': { section: 'D', severity: 'warning', title: 'Cycles take longer than their interval' },
  'cycle-stale': { section: 'D', severity: 'error', title: 'No good cycle for too long' },
  'service-down': { section: 'D', severity: 'error', title: 'The engine ended without being asked' },
  'accidental-delete-threshold': { section: 'D', severity: 'error', title: 'Too many deletes; nothing is exported' },
  'export-not-confirmed': { section: 'D', severity: 'warning', title: 'An exported value does not come back' },
  'store-corrupt': { section: 'D', severity: 'error', title: 'The store is damaged' },
  'store-full': { section: 'D', severity: 'error', title: 'The disk is full' },
  'both-engines-one-object': { section: 'D', severity: 'warning', title: 'Somebody else writes the same objects' },
  'configuration-outdated': { section: 'D', severity: 'warning', title: 'The store is of another version' },

  'dns-failure': { section: 'E', severity: 'error', title: 'A name cannot be resolved' },
  'port-blocked': { section: 'E', severity: 'error', title: 'Nothing answers' },
  'connection-refused': { section: 'E', severity: 'error', title: 'The connection is refused' },
  'tls-untrusted': { section: 'E', severity: 'error', title: 'A certificate is not trusted' },
  'tls-intercepted': { section: 'E', severity: 'error', title: 'Something on the way opens the connection' },
  'proxy-auth-required': { section: 'E', severity: 'error', title: 'A proxy wants credentials' },
  'clock-skew': { section: 'E', severity: 'warning', title: 'The clocks differ' },
  'ad-bind-failed': { section: 'E', severity: 'error', title: 'The directory refuses the account' },
  'ad-signing-required': { section: 'E', severity: 'error', title: 'The directory wants TLS or signing' },
  'ad-permission-missing': { section: 'E', severity: 'error', title: 'The account lacks a right' },
  'cloud-auth-failed': { section: 'E', severity: 'error', title: 'The cloud refuses the credentials' },
  'cloud-throttled': { section: 'E', severity: 'warning', title: 'The cloud asks for patience' },
  'cloud-unavailable': { section: 'E', severity: 'error', title: 'The cloud does not answer' },
  'dn-attributes-failure': { section: 'E', severity: 'warning', title: 'A reference was moved meanwhile' },
  'no-domain-controller': { section: 'E', severity: 'error', title: 'No domain controller can be used' },

  'password-sync-disabled': { section: 'F', severity: 'error', title: 'Password synchronization is switched off' },
  'password-sync-stalled': { section: 'F', severity: 'warning', title: 'Password synchronization does not run' },
  'password-sync-permission': { section: 'F', severity: 'error', title: 'A replication right is missing' },
  'password-sync-dc-failure': { section: 'F', severity: 'error', title: 'Passwords cannot be read' },
  'password-sync-cloud-failure': { section: 'F', severity: 'error', title: 'Passwords do not reach the cloud' },
  'password-not-synced': { section: 'F', severity: 'warning', title: 'A password stopped on its way' },

  // Not cases of the casebook: what an export, an import or a run said that none of the cases covers.
  'export-error': { section: 'A', severity: 'error', title: 'An export is refused' },
  'import-error': { section: 'E', severity: 'error', title: 'Objects cannot be read' },
  'run-failed': { section: 'D', severity: 'error', title: 'A step of the cycle fails' },
} as const satisfies Record<string, Case>;

export type CaseCode = keyof typeof cases;
export const casebook: Readonly<Record<CaseCode, Case>> = cases;
export const caseOf = (code: CaseCode): Case => cases[code];
export const isCaseCode = (code: string): code is CaseCode => Object.hasOwn(cases, code);
