/** What each case of the casebook means, and what to do; every finding says it again with the names filled in. */
import type { CaseCode } from '../cases.ts';

/** Meaning and remedy. */
export const caseWords: Readonly<Record<CaseCode, readonly [meaning: string, remedy: string]>> = {
  'duplicate-proxy-address': [
    'Two synchronized objects hold one mail address, and the cloud has room for one of them.',
    'Take the address from the side that should not keep it; the finding says which one and why.',
  ],
  'duplicate-upn': [
    'Two synchronized objects have one userPrincipalName, perhaps in different forests.',
    'Give one of them the free name that the finding proposes.',
  ],
  'duplicate-mail': [
    'Two synchronized objects have one value of mail, and the cloud makes an address of it.',
    'Take it from the side that should not keep it.',
  ],
  'duplicate-mail-nickname': [
    'Two objects have one mailNickname; the second one gets a routing address with random digits.',
    'Give the younger one another nickname.',
  ],
  'duplicate-sip': ['Two synchronized objects have one SIP address.', 'Take it from the side that should not keep it.'],
  'duplicate-sid': [
    'Two objects have one security identifier: an account is read twice, or is a copy.',
    'Take the container of one of them out of the selection.',
  ],
  'stale-proxy-address': [
    'An object that is disabled, or has no mailbox, still holds an address that somebody else uses.',
    'Take the address from the object that was left behind.',
  ],
  'cloud-only-owner': [
    'An object that was made in the cloud holds the value, and synchronization did not match it.',
    'If both are one person, join them by a hard match; otherwise take the value from one of them.',
  ],
  'invalid-soft-match': [
    'The object matches a cloud object that belongs to another source anchor.',
    'If both are one person, give the cloud object the anchor of the account; otherwise clear the duplicate value.',
  ],
  'anchor-changed-forest-move': [
    'An account moved to another forest and has another anchor now; its cloud object waits under the old one.',
    'Write the old anchor to mS-DS-ConsistencyGuid of the new account.',
  ],
  'anchor-changed-recreated': [
    'An account was deleted and made again, while its cloud object stayed under the old anchor.',
    'Write the old anchor to mS-DS-ConsistencyGuid of the new account.',
  ],
  'anchor-attribute-changed': [
    'The source anchor is computed from another attribute than before, so that nobody matches any more.',
    'Choose the former attribute again before anything else.',
  ],
  'duplicate-source-anchor': [
    'A second object carries a copy of a source anchor, as migration tools leave it.',
    'Clear mS-DS-ConsistencyGuid of the abandoned object, never of the live one.',
  ],
  'invalid-hard-match': [
    'The cloud refuses the take-over of its object: by a switch of the tenant, a privileged role, or an object identifier.',
    'Lift the obstacle for one cycle and put it back; the fix does both.',
  ],
  'object-type-mismatch': [
    'A group, contact or user of another class holds the value, so that the two cannot be one object.',
    'Take the value away from one of them, or delete the holder.',
  ],
  'existing-admin-role-conflict': [
    'The object would match a cloud user who holds an administrator role; such users are never taken over.',
    'Role off, second object away for good, one cycle, role back: the fix does it in that order.',
  ],
  'cloud-only-protected': [
    'A delete or a password change is aimed at an object that the cloud masters.',
    'Delete it in the cloud, if it really has to go.',
  ],
  'quarantined-attribute': [
    'The cloud set a value aside, although the export said success.',
    'Once nobody else has the value, the cloud gives it back within an hour.',
  ],
  'no-soft-match-key': [
    'A cloud user was meant to match and did not, so that a second one was made.',
    'Join the pair by a hard match.',
  ],
  'ambiguous-join': [
    'Several objects of one connector claim one identity.',
    'Correct the value that they share, or take one of them out of scope.',
  ],
  'duplicate-person': [
    'One person has an account in two directories and two users in the cloud.',
    'Join people across the directories (userJoin); look at the effect with plan first.',
  ],

  'invalid-upn': [
    'The sign-in name has characters or a form that the cloud does not take.',
    'Correct it; the finding marks the character and proposes a name.',
  ],
  'unroutable-upn-suffix': [
    'The domain of sign-in names is not verified, so that users sign in as …@….onmicrosoft.com.',
    'Move the names to a verified domain, or verify the domain.',
  ],
  'federated-domain-change': [
    'A sign-in name would move from one federated domain to another in one step.',
    'Go by way of the initial domain, with a cycle between the two steps.',
  ],
  'invalid-mail': ['The value of mail is no mail address.', 'Correct or clear it.'],
  'invalid-proxy-address': ['A proxy address or target address is no address.', 'Correct or remove it.'],
  'invalid-characters': [
    'A value has white space, control or invisible characters where none are allowed.',
    'Correct it; the finding proposes a value.',
  ],
  'value-too-long': ['A value is longer than the cloud, or the metaverse, holds.', 'Shorten it.'],
  'too-many-certificates': [
    'An object has more than 15 certificates in one attribute.',
    'Remove those that have expired.',
  ],
  'photo-too-large': ['A photo has more than 100 KB.', 'Replace it by a smaller one.'],
  'object-too-large': [
    'An object is over the budget of sizes, usually with hundreds of proxy addresses.',
    'Remove what is superfluous; the finding says what weighs most.',
  ],
  'group-too-large': ['A group has more members than the cloud takes.', 'Split it into groups that are members of it.'],
  'missing-usage-location': [
    'Users have no usage location and cannot be licensed.',
    'Set it in the cloud, or let a rule send it.',
  ],

  'ou-not-in-scope': ['The container of the object is not selected.', 'Select the container.'],
  'domain-not-in-scope': ['No connector covers the domain of the object.', 'Add a connector or a partition.'],
  'filtered-by-rule': [
    'A rule keeps the object out of the cloud because of a value it has.',
    'Change the value, if the object should be synchronized.',
  ],
  'filtered-by-group': [
    'Only members of a group are synchronized, and the object is none.',
    'Make it a member, or end the filter.',
  ],
  'object-type-not-selected': ['Objects of that class are not selected.', 'Add the class to objectClasses.'],
  'no-anchor': ['The attribute that the source anchor comes from is empty.', 'Fill it.'],
  'no-account-enabled': [
    'It is not known whether the account is enabled, because userAccountControl cannot be read.',
    'Let the account of the connector read it.',
  ],
  'linked-mailbox-without-account': [
    'A linked mailbox belongs to an account of another forest that is not here.',
    'Bring that account into scope, or convert the mailbox.',
  ],
  'rule-precedence-override': [
    'A value does not arrive because a rule of better precedence gives another one.',
    'Change the precedence, or the value of the winning side.',
  ],
  'authoritative-elsewhere': [
    'The object is mastered in the cloud, or by another connector.',
    'Change it where it is mastered.',
  ],
  'rule-error': [
    'An expression of a rule fails for some objects.',
    'Correct the value it reads, or let the expression allow for it.',
  ],
  'rule-conflict': [
    'Two joining rules apply to one object, or two rules write one attribute in ways that exclude each other.',
    'Narrow the scope of one of them.',
  ],
  'needs-full-sync': [
    'Rules or selection changed since the last full run, and deltas skip what did not change itself.',
    'Run a cycle; it becomes a full one by itself.',
  ],
  'ou-renamed': [
    'A selected container has another name now, so that everything in it looks deleted.',
    'Correct the selection; the fix does it.',
  ],
  'unresolved-reference': [
    'A member, manager or owner is not in the cloud.',
    'The finding says for each why; bring it into scope, or leave it.',
  ],
  'conflict-object': [
    'Two domain controllers made an object of one name, and replication kept both.',
    'Compare the two and delete the conflict object.',
  ],

  'scheduler-disabled': ['Cycles do not start by themselves.', 'Switch the schedule on.'],
  'scheduler-suspended': ['The schedule was suspended, and nobody ended it.', 'End it.'],
  'maintenance-window': [
    'No cycle starts by itself until the window is over; passwords go on.',
    'Wait, run one cycle by hand, or take the window out of the configuration.',
  ],
  'staging-mode': [
    'This server imports and synchronizes, and exports nothing.',
    'Nothing, if it is the standby; otherwise look at the plan and make it the active one.',
  ],
  'two-active-servers': ['Somebody else exports to the same tenant.', 'Leave one of them active.'],
  'no-active-server': [
    'Every server is in staging mode: the tenant has seen no export for hours.',
    'Look at the plan and make one server the active one.',
  ],
  'staging-drift': [
    'The standby would export other things than the active server does: their rules or selections differ.',
    'Compare the two configurations.',
  ],
  'cycle-overrun': [
    'Cycles take longer than their interval.',
    'Lengthen the interval, or make the slowest step faster.',
  ],
  'cycle-stale': [
    'No cycle went well for longer than twice the interval, or a delta is older than 7 days.',
    'Repair the first failing step, and run a cycle.',
  ],
  'service-down': ['The engine ended without being asked.', 'Start it again; look at its log.'],
  'accidental-delete-threshold': [
    'More deletes are pending than the limit allows, so nothing is exported.',
    'Repair what caused them, or approve exactly these.',
  ],
  'export-not-confirmed': [
    'A value was exported and comes back otherwise.',
    'Run a cycle; if it stays, find who changes it in the cloud.',
  ],
  'store-corrupt': [
    'The database file is damaged.',
    'Put a copy back, or start without it: a full import rebuilds the state.',
  ],
  'store-full': ['There is no room under the database.', 'Make room, and run a cycle.'],
  'both-engines-one-object': ['Another synchronization client writes the same objects.', 'Find it and stop it.'],
  'configuration-outdated': [
    'The database is of another version of the program.',
    'Start the version that made it, or let this one upgrade it.',
  ],

  'dns-failure': ['A name cannot be resolved.', 'Correct the name or the DNS servers of this machine.'],
  'port-blocked': ['Nothing answers at the port.', 'Open the port in the firewalls between.'],
  'connection-refused': [
    'The machine answers, and nothing listens at the port.',
    'Start the server, or correct the port.',
  ],
  'tls-untrusted': [
    'The certificate is not from an authority that is trusted here, or is for another name.',
    'Name the authority as tls.ca, or renew the certificate.',
  ],
  'tls-intercepted': [
    'Something on the way opens the connection and shows a certificate of its own.',
    'Exclude the addresses of the cloud from TLS inspection.',
  ],
  'proxy-auth-required': [
    'A proxy wants credentials.',
    'Let this machine through, or configure the credentials of the proxy.',
  ],
  'clock-skew': [
    'The clocks of this machine and of the server differ.',
    'Let this machine take its time from the domain.',
  ],
  'ad-bind-failed': [
    'The directory refuses the account; the sub-code says why.',
    'Repair the account, or correct the password that the configuration refers to.',
  ],
  'ad-signing-required': ['The directory wants TLS or signing.', 'Use an ldaps:// address.'],
  'ad-permission-missing': ['The account lacks a right.', 'Grant it; the finding shows the command.'],
  'cloud-auth-failed': [
    'The cloud refuses the application; the AADSTS code says why.',
    'Renew the secret or certificate, or give consent.',
  ],
  'cloud-throttled': [
    'The cloud limits how much it takes in a time.',
    'Wait; give this program a registration of its own.',
  ],
  'cloud-unavailable': ['The cloud does not answer, or with a 5xx status.', 'Wait; look at the health of the service.'],
  'dn-attributes-failure': [
    'An object that a reference points to was moved, renamed or deleted while the reference was exported.',
    'Run a cycle: the import brings the new name.',
  ],
  'no-domain-controller': [
    'None of the domain controllers can be used.',
    'The finding lists those that were tried, and the hop that broke.',
  ],

  'password-sync-disabled': [
    'Password synchronization is switched off, here or in the tenant.',
    'Switch it on where the finding says.',
  ],
  'password-sync-stalled': ['Nothing was heard of the password channel for too long.', 'Start the service.'],
  'password-sync-permission': [
    'The account lacks a right of replication.',
    'Grant both rights on the root of the domain.',
  ],
  'password-sync-dc-failure': ['Passwords cannot be read from the domain controller.', 'Repair the way to it.'],
  'password-sync-cloud-failure': ['Passwords do not reach the cloud.', 'Repair the way to it.'],
  'password-not-synced': [
    'The password of one user stopped on its way; the finding names the step.',
    'What the step says.',
  ],

  'export-error': ['An export is refused for a reason that no other case covers.', 'What the target says.'],
  'import-error': [
    'Some objects cannot be read, so that nothing is concluded from absence.',
    'Correct the value, or let the account read it.',
  ],
  'run-failed': ['A step of the cycle ended before its time.', 'What the step says; then run a cycle.'],
};
