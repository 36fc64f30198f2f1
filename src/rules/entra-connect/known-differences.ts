/**
 * Where the out-of-box rules differ on purpose from the rule set of build 1.1.130 (2016), because newer builds do or
 * because the old rule did not do what it was for. `docs/rules.md` lists every one of them, and a test compares.
 */
import type { RuleDifference } from './compare.ts';

export interface KnownDifference {
  readonly id: string;
  /** Names of the rules, in lower case. */
  readonly rules: RegExp;
  readonly part: RuleDifference['part'];
  /** Target attributes of flows. */
  readonly attributes?: RegExp;
  /** What the old build has there; anything else is somebody's customisation. `absent`: it has nothing. */
  readonly imported: RegExp | 'absent';
}

export const knownDifferences: readonly KnownDifference[] = [
  { id: 'member-limit', rules: /^out to aad - group join$/, part: 'scope', imported: /memberCount LESSTHAN 50000/ },
  {
    id: 'member-limit',
    rules: /^out to aad - group join$/,
    part: 'flow',
    attributes: /^member$/,
    imported: /^IIF\(\(\[memberCount\]> 50000\)/,
  },
  {
    id: 'certificate-limit',
    rules: /^out to aad - (user|contact) exchangeonline$/,
    part: 'flow',
    attributes: /^user(SMIME)?Certificate$/,
    imported: /^user(SMIME)?Certificate$/,
  },
  {
    id: 'device-certificate',
    rules: /^in from ad - computer join$/,
    part: 'flow',
    attributes: /^cloudFiltered$/,
    imported: /^IIF\(IsNullOrEmpty\(\[userCertificate\]\),True,NULL\)$/,
  },
  {
    id: 'alt-recipient',
    rules: /^(in from ad - .* exchange|out to aad - user exchangeonline)$/,
    part: 'flow',
    attributes: /^altRecipient$/,
    imported: 'absent',
  },
  {
    id: 'moderation-bypass',
    rules: /^out to aad - group exchangeonline$/,
    part: 'flow',
    attributes: /^msExchBypassModerationLink$/,
    imported: 'absent',
  },
  {
    id: 'newer-exchange-schema',
    rules: /^in from ad - ((user|inetorgperson|group) exchange|contact common)$/,
    part: 'flow',
    attributes:
      /^(msExch(Audit(Admin|Delegate|DelegateAdmin|Owner)|BypassAudit|MailboxAudit(Enable|LogAgeLimit)|RemoteRecipientType|ExtensionCustomAttribute[1-5]|LitigationHold(Date|Owner)|TeamMailbox(Expiration|Owners|SharePointLinkedBy|SharePointUrl))|msDS-HABSeniorityIndex|msOrg-IsOrganizational)$/,
    imported: 'absent',
  },
  {
    id: 'hybrid-write-back',
    rules: /^out to ad - (user|inetorgperson) exchange hybrid$/,
    part: 'flow',
    attributes: /^(msDS-ExternalDirectoryObjectID|msExchArchiveStatus)$/,
    imported: 'absent',
  },
  {
    id: 'cloud-mastered',
    rules: /^(in from aad - user join|out to ad - user join soainad)$/,
    part: 'scope',
    imported: /^cloudMastered EQUAL false$/,
  },
  {
    id: 'contact-state',
    rules: /^out to aad - contact dynamicscrm$/,
    part: 'flow',
    attributes: /^state$/,
    imported: /^postalAddress$/,
  },
  {
    id: 'unknown-account-state',
    rules: /^in from ad - /,
    part: 'flow',
    attributes: /^accountEnabled$/,
    imported: /^IIF\(BitAnd\(\[userAccountControl\],\s*2\)\s*=\s*0,\s*True,\s*False\)$/,
  },
  {
    id: 'unknown-account-state',
    rules: /^in from ad - (user|inetorgperson) accountenabled$/,
    part: 'scope',
    imported: /^userAccountControl ISBITNOTSET 2$/,
  },
];

/** The identity of the known difference that this one is, if it is one. `rule` is the rule's name in lower case. */
export function knownDifference(rule: string, difference: RuleDifference): string | undefined {
  return knownDifferences.find(
    (known) =>
      known.part === difference.part &&
      known.rules.test(rule) &&
      (known.attributes === undefined || known.attributes.test(difference.attribute ?? '')) &&
      (known.imported === 'absent'
        ? difference.imported === undefined
        : known.imported.test(difference.imported ?? '')),
  )?.id;
}
