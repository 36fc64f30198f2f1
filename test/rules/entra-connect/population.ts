/** A made-up organization: varied objects of every type, the same every time. */
import type { Attributes, AttributeValue } from '../../../src/model/value.ts';
import { forest, otherForest, type SourceObject } from '../out-of-box/world.ts';

type Random = () => number;

/** Mulberry32. */
export function generator(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const text = [
  ['title', 'company', 'department', 'givenName', 'initials', 'middleName', 'sn', 'c', 'co', 'l', 'st', 'postalCode'],
  ['streetAddress', 'physicalDeliveryOfficeName', 'telephoneNumber', 'mobile', 'homePhone', 'ipPhone', 'pager'],
  ['facsimileTelephoneNumber', 'wWWHomePage', 'preferredLanguage', 'info', 'telephoneAssistant', 'targetAddress'],
  ['legacyExchangeDN', 'msDS-PhoneticDisplayName', 'msExchAssistantName', 'msExchRetentionComment'],
  ['msExchRetentionURL', 'msExchImmutableId', 'msExchResourceDisplay', 'msExchELCExpirySuspensionEnd'],
  ['msRTCSIP-Line', 'msRTCSIP-DeploymentLocator', 'msRTCSIP-PrimaryUserAddress', 'msRTCSIP-OwnerUrn'],
  ['msExchTeamMailboxSharePointUrl', 'msExchLitigationHoldOwner', 'msExchAuditOwner', 'postalAddress'],
  ...[1, 2, 7, 15].map((i) => [`extensionAttribute${i}`]),
].flat();
const texts = ['Ana', '  Bell ', '', ' ', 'x'.repeat(460), 'Ö ü', 'a;b', '(MSOL) x'];
const lists = ['description', 'url', 'postOfficeBox', 'otherTelephone', 'otherMobile', 'otherHomePhone', 'otherPager'];
const moreLists = [
  'msExchExtensionCustomAttribute1',
  'msExchExtensionCustomAttribute5',
  'msExchUserHoldPolicies',
  'msExchSenderHintTranslations',
];
const numbers = [
  'countryCode',
  'msDS-HABSeniorityIndex',
  'msExchELCMailboxFlags',
  'msExchModerationFlags',
  'msExchRecipientDisplayType',
  'msExchRemoteRecipientType',
  'msExchMailboxAuditLogAgeLimit',
  'msExchResourceCapacity',
];
const booleans = [
  'msExchHideFromAddressLists',
  'msExchRequireAuthToSendTo',
  'msExchEnableModeration',
  'msExchBypassAudit',
  'oOFReplyToOriginator',
  'reportToOwner',
  'msRTCSIP-UserEnabled',
  'hideDLMembership',
];
const binaries = [
  'thumbnailPhoto',
  'photo',
  'msExchMailboxGuid',
  'msExchSafeSendersHash',
  'msExchBlockedSendersHash',
  'msExchMasterAccountSid',
  'msRTCSIP-OriginatorSid',
];
const references = [
  'manager',
  'assistant',
  'publicDelegates',
  'authOrig',
  'unauthOrig',
  'dLMemSubmitPerms',
  'managedBy',
  'msExchModeratedByLink',
  'altRecipient',
  'msExchBypassModerationLink',
  'msExchCoManagedByLink',
];
const singleReferences = new Set(['manager', 'assistant', 'managedBy']);

const addresses = [
  'SMTP:ana@contoso.com',
  ' smtp:bell@contoso.com ',
  'x500:/o=x',
  'SMTP:broken',
  'smtp:Ana@contoso.com',
  'SIP:ana@contoso.com',
];
const accountNames = [
  'ana',
  'bo',
  'MSOL_1',
  'AAD_1',
  'SUPPORT_388945a0',
  'CAS_{1}',
  'CAS_x',
  'svc-backup',
  'MSOL_AD_Sync_RichCoexistence',
];
const aliases = ['ana', 'SystemMailbox{1}', 'CAS_{1}', 'CAS_', 'bo'];
const recipientTypes = [1, 2, 4, 32, 128, 8192, 0x4000_0000, 0x2000_0000, 2147483648, 0x0100_0000];
const sids = ['AQUAAAAAAAUVAAAAwM8SUMELJU0m/cWzfAQAAA==', 'AQUAAAAAAAUVAAAAwM8SUMELJU0m/cWzfQQAAA=='].map((base64) => ({
  base64,
}));

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const some = (random: Random, from: readonly string[], chance: number): readonly string[] =>
  from.filter(() => random() < chance);
const guid = (random: Random): AttributeValue => ({
  base64: Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256))).toString('base64'),
});

/** Attributes that any kind of object may have. */
function common(random: Random): { values: Record<string, AttributeValue>; references: Record<string, number> } {
  const density = random() < 0.3 ? 0.7 : 0.15;
  const values: Record<string, AttributeValue> = {
    cn: pick(random, ['Ana Bell', 'Bo', 'Staff']),
    objectGUID: guid(random),
  };
  const put = (name: string, value: AttributeValue): void => {
    values[name] = value;
  };
  for (const name of some(random, text, density)) put(name, pick(random, texts));
  for (const name of some(random, [...lists, ...moreLists], density))
    put(name, [pick(random, texts), ` second ${name} `]);
  for (const name of some(random, numbers, density)) put(name, pick(random, [0, 1, 554, -2147483642]));
  for (const name of some(random, booleans, density)) put(name, random() < 0.5);
  for (const name of some(random, binaries, density)) put(name, pick(random, sids));
  for (const name of ['userCertificate', 'userSMIMECertificate']) {
    if (random() < 0.3)
      put(
        name,
        Array.from({ length: pick(random, [1, 3, 15, 16, 40]) }, (_, i) => ({
          base64: Buffer.from([i]).toString('base64'),
        })),
      );
  }
  if (random() < 0.6) put('displayName', pick(random, texts));
  if (random() < 0.5) put('mail', pick(random, ['ana@contoso.com', ' ana@contoso.com ', 'no address', '']));
  if (random() < 0.4)
    put(
      'proxyAddresses',
      addresses.filter(() => random() < 0.4),
    );
  if (Array.isArray(values.proxyAddresses) && values.proxyAddresses.length === 0) delete values.proxyAddresses;
  if (random() < 0.4) put('mailNickname', pick(random, aliases));
  if (random() < 0.3) put('msExchRecipientTypeDetails', pick(random, recipientTypes));
  if (random() < 0.06) put('isCriticalSystemObject', random() < 0.5);
  if (random() < 0.08) put('adminDescription', pick(random, ['User_1', 'Group_1', 'kept for audit']));
  const counts = Object.fromEntries(
    some(random, references, density).map((name) => [name, singleReferences.has(name) ? 1 : 2]),
  );
  return { values, references: counts };
}

function account(random: Random): Record<string, AttributeValue> {
  const values: Record<string, AttributeValue> = {
    userAccountControl: pick(random, [512, 514, 66048, 66050]),
    objectSid: pick(random, sids),
  };
  if (random() < 0.95) values.sAMAccountName = random() < 0.6 ? 'ana' : pick(random, accountNames);
  if (random() < 0.9) values.userPrincipalName = 'ana@contoso.com';
  if (random() < 0.8) values.pwdLastSet = pick(random, [{ int: '132568642745385468' }, 0]);
  if (random() < 0.2) values['mS-DS-ConsistencyGuid'] = guid(random);
  return values;
}

function ofType(objectType: string, connector: string, random: Random): SourceObject {
  const { values, references: counts } = common(random);
  const dn =
    random() < 0.04
      ? 'CN=Ana\\0ACNF:5ecf4b0b-0000-4000-8000-000000000000,DC=contoso,DC=com'
      : 'CN=Ana,DC=contoso,DC=com';
  const object = (more: Attributes, links: Record<string, number> = counts): SourceObject => ({
    connector,
    objectType,
    dn,
    values: { ...values, ...more },
    references: links,
  });
  switch (objectType) {
    case 'group': {
      const member = pick(random, [0, 1, 3, 49_999, 50_000, 50_001, 250_000, 250_001]);
      const groupType = pick(random, [-2147483646, -2147483640, 2, 4, 8, 2147483650]);
      const sAMAccountName = pick(random, accountNames);
      return object(
        { groupType, sAMAccountName, objectSid: pick(random, sids) },
        { ...counts, ...(member > 0 ? { member } : {}) },
      );
    }
    case 'contact':
      return object({});
    case 'computer':
      return object(
        {
          userAccountControl: 4096,
          operatingSystem: pick(random, ['Windows 11', 'Windows 7']),
          operatingSystemVersion: pick(random, ['10.0 (26100)', '6.1 (7601)']),
        },
        { ...counts, 'mS-DS-CreatorSID': 1 },
      );
    default:
      return object(account(random));
  }
}

/** What the cloud says of an object that it has. */
function inCloud(
  objectType: string,
  sourceAnchor: AttributeValue | undefined,
  connector: string,
  random: Random,
): SourceObject {
  const values: Record<string, AttributeValue> = { cloudAnchor: `${objectType === 'user' ? 'User' : 'Group'}_1` };
  const known = random() < 0.8 ? sourceAnchor : 'b2xkIGFuY2hvcg==';
  if (known !== undefined) values.sourceAnchor = known;
  if (random() < 0.9) values.cloudMastered = random() < 0.1;
  if (random() < 0.5) values.usageLocation = 'NZ';
  if (random() < 0.5) values.cloudMSExchRecipientDisplayType = pick(random, [-2147483648, -2147483642, 0, 6]);
  if (random() < 0.5) values.cloudLegacyExchangeDN = '/o=ExchangeLabs/cn=1';
  if (random() < 0.5) values.cloudMSExchSafeSendersHash = { base64: 'AAEC' };
  if (random() < 0.3) values.cloudMSExchUserHoldPolicies = ['policy'];
  if (random() < 0.3) values.cloudMSExchArchiveStatus = 1;
  if (random() < 0.3)
    values.searchableDeviceKey = [
      { base64: Buffer.from([0x30, 0, 0, 0, 0x30, 0x32, 0, 1, 2, 3, 4, 5, 6]).toString('base64') },
    ];
  return { connector, objectType, values, references: random() < 0.3 ? { cloudPublicDelegates: 2 } : {} };
}

/** `count` identities, each of one or two linked objects in the forests and perhaps its object in the cloud. */
export function population(count: number, seed: number, cloudConnector: string): SourceObject[][] {
  const random = generator(seed);
  const types = ['user', 'user', 'user', 'inetOrgPerson', 'group', 'group', 'contact', 'computer'];
  return Array.from({ length: count }, () => {
    const objectType = pick(random, types);
    const objects = [ofType(objectType, forest, random)];
    if (['user', 'inetOrgPerson'].includes(objectType) && random() < 0.25)
      objects.push(ofType('user', otherForest, random));
    const anchor = objects[0]?.values.objectGUID as { base64: string } | undefined;
    const cloudType = objectType === 'inetOrgPerson' ? 'user' : objectType;
    if (objectType !== 'computer' && random() < 0.4)
      objects.push(inCloud(cloudType, anchor?.base64, cloudConnector, random));
    return objects;
  });
}
