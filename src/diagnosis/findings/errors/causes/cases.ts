/** What usually leads to each case of the casebook, the most frequent cause first (casebook; operations s.6 and 7). */
import type { CaseCode } from '../../cases.ts';
import type { Causes } from '../page.ts';

export const caseCauses: Readonly<Record<CaseCode, Causes>> = {
  'duplicate-proxy-address': [
    'A mailbox was given to somebody else, and the former holder kept the address.',
    'Two people have one name, and a script made one address for both.',
    'A shared mailbox, group or contact was given the address of a person.',
  ],
  'duplicate-upn': [
    'Two forests that came together had people of one name.',
    'A second account was made for the same person instead of moving the first.',
    'A script makes the sign-in name without asking whether it is free.',
  ],
  'duplicate-mail': [
    'An account was copied together with its mail attribute.',
    'An administrative account carries the address of its person.',
  ],
  'duplicate-mail-nickname': [
    'Two people of one name are in different containers or domains, where nothing compares nicknames.',
    'A group or contact was given the nickname of a mailbox.',
  ],
  'duplicate-sip': [
    'An account was copied together with its SIP address.',
    'A person has accounts in two forests, and both were enabled for telephony.',
  ],
  'duplicate-sid': [
    'Two connectors read the same domain.',
    'A resource forest holds a linked account beside the account that it stands for.',
    'A domain was restored from a copy, and both are read.',
  ],
  'stale-proxy-address': [
    'A mailbox was migrated and the source kept its addresses.',
    'Somebody left, the account was disabled, and a successor got the address.',
  ],
  'cloud-only-owner': [
    'The user was made in the cloud before synchronization was set up.',
    'Somebody made the user in the cloud by hand because the account was late.',
    'The cloud user is protected, has no mail address, or the tenant blocks soft match.',
  ],
  'invalid-soft-match': [
    'The person has another account that is synchronized already.',
    'Another synchronization, or an HR system, set the anchor of the cloud user.',
    'The account was made again and has another identifier now.',
  ],
  'anchor-changed-forest-move': [
    'A migration made the account anew in the other forest and did not carry the anchor along.',
    'mS-DS-ConsistencyGuid is not the anchor here, so that objectGUID counts and differs.',
  ],
  'anchor-changed-recreated': [
    'Somebody deleted the account and made it again instead of restoring it from the recycle bin.',
    'An HR system makes a new account for whoever comes back.',
  ],
  'anchor-attribute-changed': [
    'A new server was set up with another source anchor than the old one.',
    'The source anchor of the configuration was edited.',
    'The account cannot read mS-DS-ConsistencyGuid any more, so that objectGUID takes its place.',
  ],
  'duplicate-source-anchor': [
    'A migration tool copied all attributes, and mS-DS-ConsistencyGuid among them.',
    'Somebody wrote the anchor to a new account and left it on the old one.',
  ],
  'invalid-hard-match': [
    'The tenant blocks cloud object take-over by hard match.',
    'The cloud user holds a privileged role, or may activate one.',
    'The cloud object remembers the identifier of another directory object.',
  ],
  'object-type-mismatch': [
    'A contact was made for somebody who has an account now.',
    'A group was given the address of a person, or a person that of a group.',
    'A distribution group and a shared mailbox were exchanged for one another.',
  ],
  'existing-admin-role-conflict': [
    'An administrator has a cloud-only account and a directory account with the same sign-in name or address.',
    'A user got a role in the cloud before synchronization matched the account.',
  ],
  'cloud-only-protected': [
    'A user was deleted, then restored in the cloud, before two cycles had run.',
    'The object was handed over to the cloud, and the directory object went.',
    'The database of the engine is older than the tenant, for example after a copy was put back.',
  ],
  'quarantined-attribute': [
    'Another object of the tenant holds the sign-in name or address.',
    'The holder was deleted a moment ago, and the hourly look of the cloud is still to come.',
  ],
  'no-soft-match-key': [
    'The cloud user has no proxy address, and another sign-in name than the account.',
    'The primary address in the directory is another one than in the cloud.',
    'The account had no mail attribute yet when it was first exported.',
  ],
  'ambiguous-join': [
    'Two mailboxes or accounts carry the same SID of a master account.',
    'A join compares an attribute that is not unique, such as employeeID of several contracts.',
    'An account was copied with the value that joins.',
  ],
  'duplicate-person': [
    'Two forests were added with no rule that joins people across them.',
    'The attribute that should join is empty or written differently on one side.',
  ],

  'invalid-upn': [
    'The sign-in name was typed with a space, an accent or an apostrophe that is not the plain one.',
    'A script made the name of first and last name without replacing characters.',
    'The part before or after the @ is missing, or ends in a dot.',
  ],
  'unroutable-upn-suffix': [
    'The forest has an internal name such as .local, which nobody can verify.',
    'The domain was never added to the tenant, or its DNS record was not checked.',
    'Accounts were made with the default suffix of the forest.',
  ],
  'federated-domain-change': [
    'A company was renamed, and all sign-in names move to its new domain.',
    'Somebody moved to a subsidiary whose domain is federated by itself.',
  ],
  'invalid-mail': [
    'The address was typed by hand, with an accent or a space.',
    'The attribute was used for something else, such as a note.',
  ],
  'invalid-proxy-address': [
    'The value lacks its prefix, or has two of them.',
    'A tool wrote an address with a space or a bracket around it.',
    'A template of addresses left a placeholder that it could not fill.',
  ],
  'invalid-characters': [
    'The value was pasted from a document or a table, and brought invisible characters along.',
    'An import from another system wrote the wrong encoding.',
  ],
  'value-too-long': [
    'The cloud holds less than Active Directory in this attribute.',
    'A description or title became a place for notes.',
    'A rule puts several values together.',
  ],
  'too-many-certificates': [
    'A certification authority publishes every renewed certificate and never removes the expired ones.',
    'Several devices of one person each enrol a certificate.',
  ],
  'photo-too-large': ['A tool wrote the photo to thumbnailPhoto without making it smaller.'],
  'object-too-large': [
    'The object collected proxy addresses over years of domains and migrations.',
    'Several attributes with many values each come together.',
  ],
  'group-too-large': [
    'A group of everybody grew with the organization.',
    'Groups were made flat, where nested ones had been.',
  ],
  'missing-usage-location': [
    'No rule sends a country, and nobody set it in the cloud.',
    'The attribute that the rule reads is empty, or holds no two-letter country code.',
  ],

  'ou-not-in-scope': [
    'The container is new, and new containers are not selected by themselves.',
    'The object was moved to a container that is not selected.',
    'The container was left out on purpose, for example that of service accounts.',
  ],
  'domain-not-in-scope': [
    'The domain was added to the forest after the connector was set up.',
    'The object belongs to a trusted forest that has no connector.',
  ],
  'filtered-by-rule': [
    'Somebody marked the object with the value that a filter looks for.',
    'A default filter leaves out what is built in, critical to the system, or has no usable name.',
    'A filter of your own matches more than it was meant to.',
  ],
  'filtered-by-group': [
    'The object was never added to the group.',
    'It is a member by way of another group, and nested members do not count.',
  ],
  'object-type-not-selected': ['objectClasses of the connector names other classes than this one.'],
  'no-anchor': [
    'The anchor was set to an attribute that this object does not have.',
    'The account of the connector may not read the attribute.',
  ],
  'no-account-enabled': [
    'The account of the connector may not read userAccountControl on this object.',
    'The identity is made of a contact or of a mailbox only, and no account has joined it.',
  ],
  'linked-mailbox-without-account': [
    'The forest of the account has no connector, or its container is not selected.',
    'The account was deleted, and its mailbox stayed.',
    'msExchMasterAccountSid does not have the SID of the account.',
  ],
  'rule-precedence-override': [
    'Two directories give the attribute, and the one you look at is not the first.',
    'A rule of your own has a smaller precedence number than it was meant to have.',
  ],
  'authoritative-elsewhere': [
    'The source of authority of the object was handed over to the cloud.',
    'Another connector is the master of the attribute.',
  ],
  'rule-error': [
    'The expression does not allow for an absent value.',
    'A value has another type or form than the expression expects.',
    'The rule calls Error() on purpose, to keep such objects out.',
  ],
  'rule-conflict': [
    'A rule was copied, and both copies are in force for the same objects.',
    'Two rules of equal precedence write one attribute.',
    'One rule merges the values, and another one replaces them.',
  ],
  'needs-full-sync': [
    'A sync rule was changed, added or switched off.',
    'The selection of containers or classes was changed.',
    'The program was upgraded and brought other standard rules.',
  ],
  'ou-renamed': ['Somebody renamed or moved the container in the directory, and the selection has the old name.'],
  'unresolved-reference': [
    'The member or manager is in a container that is not selected.',
    'Its own export failed, or is still to come in this cycle.',
    'The member comes from another forest, and only a placeholder of it is here.',
    'The account that is referred to was deleted in the directory.',
  ],
  'conflict-object': [
    'The same object was made on two domain controllers before they had replicated.',
    'A domain controller was cut off for a long time and came back.',
  ],

  'scheduler-disabled': [
    'Somebody switched the schedule off for maintenance and forgot it.',
    'The configuration was taken over from a standby server.',
  ],
  'scheduler-suspended': [
    'The schedule was suspended for a change, and the change was never ended.',
    'A tool suspended it and was broken off.',
  ],
  'maintenance-window': [
    'The window is open as it was planned, for example while domain controllers are patched.',
    'It was meant for one night, and the cron expression says every night.',
    'Its time zone is another one than the one that was meant: without "timeZone" it is that of the machine.',
    'Several windows follow each other without a gap, so that no cycle ever starts.',
  ],
  'staging-mode': [
    'The server is the standby, as intended.',
    'A new server was set up in staging mode, and nobody has made it the active one yet.',
  ],
  'two-active-servers': [
    'The standby was made active while the old server was thought to be off.',
    'An old server was started again from a copy of its machine.',
  ],
  'no-active-server': [
    'The old server was put into staging mode for a change of roles that was never completed.',
    'The active server was lost, and the standby was not promoted.',
  ],
  'staging-drift': [
    'A rule or a selection was changed on one server only.',
    'The servers have different versions of the program.',
  ],
  'cycle-overrun': [
    'A full synchronization takes its time after a change of rules.',
    'A large group, or a bulk change in the directory, is worked through.',
    'The cloud slows the export down.',
    'The machine has too little memory, or a slow disk.',
  ],
  'cycle-stale': [
    'The account of a connector was locked, or its password expired.',
    'A limit on deletes or errors stops every cycle.',
    'The service was not running, or the schedule was off.',
  ],
  'service-down': [
    'The machine had no memory left.',
    'The disk filled up, so that the store could not be written.',
    'A defect ended the engine; its log has the last words.',
  ],
  'accidental-delete-threshold': [
    'A container was renamed, moved or taken out of the selection.',
    'A filter was added or changed.',
    'Objects were really deleted in the directory, for example after a merger.',
    'The account of the connector lost the right to see them.',
  ],
  'export-not-confirmed': [
    'Somebody, or another program, changes the value in the target.',
    'The target writes the value in a form of its own.',
    'The cloud set the value aside because somebody else has it.',
  ],
  'store-corrupt': [
    'The machine lost power, or the virtual machine was restored in the middle of a write.',
    'The database lies on a network share or a failing disk.',
    'Another program opened or copied the file while it was written.',
  ],
  'store-full': [
    'Logs or backups on the same disk grew.',
    'The first full import of a large directory needs more room than was planned.',
  ],
  'both-engines-one-object': [
    'The previous synchronization was not switched off during a migration.',
    'A pilot of another product selects the same containers.',
  ],
  'configuration-outdated': [
    'The program was upgraded, and no cycle has run since.',
    'An older version was started on the state of a newer one.',
  ],

  'dns-failure': [
    'The name in the configuration is misspelt, or the machine behind it is gone.',
    'This machine asks DNS servers that do not know the domain of the directory.',
  ],
  'port-blocked': [
    'A firewall between the two lets the port not through.',
    'The machine is switched off, or its address changed.',
  ],
  'connection-refused': [
    'The service is not started, or the port in the configuration is another one.',
    'The domain controller has no certificate, so that nothing listens for ldaps.',
  ],
  'tls-untrusted': [
    'An internal authority made the certificate, and this machine does not know it.',
    'The connection names the server by its address or another name than the certificate has.',
    'The certificate has expired.',
  ],
  'tls-intercepted': ['A proxy or firewall inspects TLS, and shows a certificate of its own authority.'],
  'proxy-auth-required': [
    'The proxy wants everybody to sign in, and the service has no credentials for it.',
    'The exception for this machine at the proxy is gone.',
  ],
  'clock-skew': [
    'This machine takes its time from nowhere, or from the host of its virtual machine.',
    'It was resumed from a snapshot.',
  ],
  'ad-bind-failed': [
    'The password of the account was changed or expired, and the configuration has the old one.',
    'The account is locked, because something else tries a wrong password.',
    'The account was disabled, moved or deleted in a clean-up.',
  ],
  'ad-signing-required': [
    'A group policy requires LDAP signing or channel binding.',
    'The address begins with ldap:// and the bind is a simple one.',
  ],
  'ad-permission-missing': [
    'The rights were never granted at the root of the domain.',
    'Inheritance is switched off on the object or its container.',
    'The object is a protected administrator, whose access list is reset every hour.',
    'The account of the connector was replaced, and the new one lacks the rights.',
  ],
  'cloud-auth-failed': [
    'The client secret or certificate has expired.',
    'The application was disabled or deleted.',
    'Consent to the permissions is missing, or was withdrawn.',
    'A conditional access policy covers the application.',
  ],
  'cloud-throttled': [
    'A first or full export sends a great deal at once.',
    'Other programs use the same application and share its budget.',
  ],
  'cloud-unavailable': ['The service has an incident.', 'A proxy on the way answers in its place.'],
  'dn-attributes-failure': [
    'Somebody moved or renamed the object while the cycle was running.',
    'The import of that directory failed, so that an old name is known here.',
  ],
  'no-domain-controller': [
    'The machines under "servers" were replaced, and the list was not.',
    'The network to their site is down, or a firewall changed.',
    'DNS no longer gives the records by which they are found.',
  ],

  'password-sync-disabled': [
    'It was never switched on in the configuration of this connector.',
    'An administrator switched it off in the tenant.',
  ],
  'password-sync-stalled': [
    'The service is not running.',
    'The first reading of all passwords is still under way.',
    'The domain controller that passwords are read from is gone.',
  ],
  'password-sync-permission': [
    'One of the two rights of replication was never granted.',
    'The account of the connector was replaced, or a clean-up removed the rights.',
  ],
  'password-sync-dc-failure': [
    'A firewall blocks the RPC ports of the domain controller, although LDAP passes.',
    'The domain controller is restarting, or was removed.',
    'The account may not replicate.',
  ],
  'password-sync-cloud-failure': [
    'The credentials of the application have expired.',
    'A proxy or firewall stops the upload.',
    'The tenant has password synchronization switched off.',
  ],
  'password-not-synced': [
    'The user is out of scope, or was not exported yet.',
    'The password must be changed at the next sign-in, and the tenant does not take over such passwords.',
    'The account is an administrator in the directory or the cloud, whose passwords stay here.',
    'The cloud refused the hash, or the user is mastered in the cloud.',
  ],

  'export-error': ['The target refuses the value or the change for a reason of its own, which the finding quotes.'],
  'import-error': [
    'The account may not read the object or one of its attributes.',
    'A value is not what the schema says.',
    'A line of a directory file is damaged.',
  ],
  'run-failed': [
    'The directory or the cloud could not be reached.',
    'The credentials were refused.',
    'A limit on deletes or errors stopped the step.',
  ],
};
