import { guidText } from '../../model/guid.ts';
import { sidText } from '../../model/sid.ts';
import { type AttributeValue, bytesOf, isBinary } from '../../model/value.ts';
import type { Body } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';

const renamed: Readonly<Record<string, string>> = {
  alias: 'mailNickname',
  title: 'jobTitle',
  company: 'companyName',
  physicalDeliveryOfficeName: 'officeLocation',
  mobile: 'mobilePhone',
  facsimileTelephoneNumber: 'faxNumber',
  employeeID: 'employeeId',
  onPremiseSecurityIdentifier: 'onPremisesSecurityIdentifier',
  dnsDomainName: 'onPremisesDomainName',
  netBiosName: 'onPremisesNetBiosName',
  deviceTrustType: 'trustType',
  deviceOSType: 'operatingSystem',
  deviceOSVersion: 'operatingSystemVersion',
};
const same = new Set([
  'accountEnabled',
  'displayName',
  'givenName',
  'surname',
  'mail',
  'userPrincipalName',
  'department',
  'city',
  'state',
  'postalCode',
  'streetAddress',
  'country',
  'preferredLanguage',
  'usageLocation',
  'userType',
  'employeeId',
  'onPremisesSamAccountName',
  'onPremisesDistinguishedName',
  'onPremisesUserPrincipalName',
  'proxyAddresses',
  'description',
  'securityEnabled',
  'deviceId',
]);

/** What Graph shows of properties that the engine sent. */
export function visibleProperties(
  kind: Kind,
  before: Body,
  properties: Readonly<Record<string, AttributeValue | null>>,
): Body {
  const body: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(properties)) {
    if (/^extensionAttribute(\d|1[0-5])$/.test(name)) {
      body.onPremisesExtensionAttributes = { ...(body.onPremisesExtensionAttributes as object), [name]: value };
    } else if (name === 'telephoneNumber') body.businessPhones = value === null ? [] : [value];
    else if (Object.hasOwn(renamed, name)) body[renamed[name]!] = plain(renamed[name]!, value);
    else if (same.has(name)) body[name] = plain(name, value);
  }
  if (kind === 'group') body.mailEnabled = typeof body.mail === 'string';
  return body;
}

function plain(name: string, value: AttributeValue | null): unknown {
  if (!isBinary(value)) return value;
  const bytes = bytesOf(value);
  if (name === 'onPremisesSecurityIdentifier') return sidText(bytes);
  if (name === 'deviceId') return guidText(bytes);
  return value.base64;
}
