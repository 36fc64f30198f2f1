/** The parts of the out-of-box rules that depend on what the administrator chose (sync-engine s.4.2 to s.4.5). */
import type { Flow, JoinClause } from '../model.ts';
import type { OutOfBoxOptions } from './options.ts';

const consistencyGuid = 'mS-DS-ConsistencyGuid';
/** A linked mailbox has no anchor of its own: it belongs to the account in another forest. */
const unlessLinked = (expression: string): string => `IIF([msExchRecipientTypeDetails] = 2, NULL, ${expression})`;
/** Text stays as it is, everything else becomes base64 of its bytes. */
const asText = (attribute: string): string =>
  `IIF(IsString([${attribute}]), CStr([${attribute}]), ConvertToBase64([${attribute}]))`;

/** `sourceAnchor` of users, and `sourceAnchorBinary` where it is written back or joined on. */
export function anchorFlow(options: OutOfBoxOptions): Flow[] {
  if (options.sourceAnchor === consistencyGuid) {
    const either = (use: (attribute: string) => string): string =>
      unlessLinked(`IIF(IsPresent([${consistencyGuid}]), ${use(consistencyGuid)}, ${use('objectGUID')})`);
    return [
      { target: 'sourceAnchor', expression: either(asText) },
      { target: 'sourceAnchorBinary', expression: either((attribute) => `[${attribute}]`) },
    ];
  }
  const guarded = `IIF(IsPresent([${options.sourceAnchor}]), ${asText(options.sourceAnchor)}, NULL)`;
  const anchor: Flow = { target: 'sourceAnchor', expression: unlessLinked(guarded) };
  return options.userJoin === 'once' ? [anchor, { target: 'sourceAnchorBinary', direct: 'objectGUID' }] : [anchor];
}

/** `userPrincipalName`, and `onPremisesUserPrincipalName` where people sign in with something else. */
export function principalNameFlows(options: OutOfBoxOptions): Flow[] {
  const fallback =
    'IIF(IsPresent([sAMAccountName]), [sAMAccountName] & "@" & %Domain.FQDN%, Error("AccountName is not present"))';
  const own = `IIF(IsPresent([userPrincipalName]), [userPrincipalName], ${fallback})`;
  if (options.userPrincipalName === 'userPrincipalName') return [{ target: 'userPrincipalName', expression: own }];
  // Without the alternative sign-in name the account keeps its principal name, so that it is not lost to the cloud [U].
  const chosen = `[${options.userPrincipalName}]`;
  return [
    { target: 'userPrincipalName', expression: `IIF(IsPresent(${chosen}), ${chosen}, ${own})` },
    { target: 'onPremisesUserPrincipalName', direct: 'userPrincipalName' },
  ];
}

/**
 * Finds only the very same object again. A rule creates nothing for an object without any join value (sync-engine s.2.4),
 * so without this people who have no mail address would never be synchronized when people are joined by mail.
 */
const itself: JoinClause[] = [{ cs: 'objectGUID', mv: 'sourceAnchorBinary' }];

/** How accounts of one person in different forests find each other. */
export function personJoin({ userJoin }: OutOfBoxOptions): JoinClause[][] {
  if (typeof userJoin === 'object')
    return [[{ cs: userJoin.attribute, mv: metaverseName(userJoin.attribute) }], itself];
  switch (userJoin) {
    case 'mail':
      return [[{ cs: 'mail', mv: 'mail' }], itself];
    case 'once':
      return [itself];
    case 'accountName':
      // The mailbox of an account in another forest carries the account's name as its alias, or its own [K].
      return [
        [{ cs: 'sAMAccountName', mv: 'accountName' }],
        [{ cs: 'sAMAccountName', mv: 'mailNickname' }],
        [{ cs: 'mailNickname', mv: 'accountName' }],
        [{ cs: 'mailNickname', mv: 'mailNickname' }],
      ];
    case 'objectSid':
      return [
        [{ cs: 'objectSid', mv: 'objectSid' }],
        [{ cs: 'msExchMasterAccountSid', mv: 'objectSid' }],
        [{ cs: 'objectSid', mv: 'msExchMasterAccountSid' }],
        [{ cs: 'msRTCSIP-OriginatorSid', mv: 'objectSid' }],
        [{ cs: 'objectSid', mv: 'msRTCSIP-OriginatorSid' }],
      ];
  }
}

/** Names that the metaverse has for attributes of the directory. */
const metaverseName = (attribute: string): string => (attribute === 'sAMAccountName' ? 'accountName' : attribute);
/** Attributes that the other rules bring into the metaverse anyway, some of them trimmed. */
const contributed = new Set([
  ...['accountName', 'assistant', 'c', 'cn', 'co', 'company', 'countryCode', 'department', 'displayName', 'givenName'],
  ...['l', 'mail', 'mailNickname', 'mobile', 'objectSid', 'sn', 'telephoneNumber', 'title', 'userPrincipalName'],
  ...Array.from({ length: 15 }, (_, i) => `extensionAttribute${i + 1}`),
]);

/** What a join on an attribute of the administrator's choice needs: the metaverse must have the attribute. */
export function joinFlow({ userJoin }: OutOfBoxOptions): Flow[] {
  if (typeof userJoin !== 'object') return [];
  const target = metaverseName(userJoin.attribute);
  return contributed.has(target) ? [] : [{ target, direct: userJoin.attribute }];
}

/** Which computers stay out of the cloud (sync-engine s.4.3, computers). */
export function deviceFilterFlow({ deviceCertificate }: OutOfBoxOptions): Flow[] {
  if (deviceCertificate === 'any') {
    return [{ target: 'cloudFiltered', expression: 'IIF(IsPresent([userCertificate]), NULL, True)' }];
  }
  // A computer that joins the cloud signs a certificate for "CN=<its objectGUID>". Windows before 10 (versions 6.x)
  // registers itself in another way. The clock matters: a computer leaves the cloud when its certificate has expired
  // and the computer is evaluated again.
  const subject = '"cn=" & LCase(Replace(Replace(StringFromGuid([objectGUID]), "{", ""), "}", ""))';
  const valid =
    'IsCert($certificate) && CertNotAfter($certificate) > Now() && LCase(CertSubject($certificate)) = $subject';
  const joined = `With($subject, ${subject}, Count(Where($certificate, [userCertificate], ${valid})) > 0)`;
  const oldWindows = 'InStr(LCase([operatingSystem]), "windows") > 0 && Left([operatingSystemVersion], 2) = "6."';
  const expression = `IIF(IsNullOrEmpty([userCertificate]), True, IIF(${oldWindows}, True, IIF(${joined}, NULL, True)))`;
  return [{ target: 'cloudFiltered', expression }];
}

/** Who registered the computer. Set once: afterwards it belongs to the cloud. */
export const ownerFlow: Flow = { target: 'registeredOwnerReference', direct: 'mS-DS-CreatorSID', executeOnce: true };
