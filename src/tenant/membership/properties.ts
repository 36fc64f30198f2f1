import type { StoredObject } from '../store/objects.ts';
import { invalidRule, unsupportedRule } from './rule-error.ts';

export type Subject = 'user' | 'device';
/** A value as a rule sees it; null is absence. */
export type RuleValue = string | boolean | null;

export interface RuleProperty {
  readonly type: 'text' | 'boolean' | 'texts';
  read(object: StoredObject): RuleValue | readonly string[];
}

const member =
  (name: string): RuleProperty['read'] =>
  (object) => {
    const value = object.body[name];
    if (Array.isArray(value)) return value as readonly string[];
    return typeof value === 'string' || typeof value === 'boolean' ? value : null;
  };
const text = (name: string): RuleProperty => ({ type: 'text', read: member(name) });
const flag = (name: string): RuleProperty => ({ type: 'boolean', read: member(name) });
const texts = (name: string): RuleProperty => ({
  type: 'texts',
  read: (object) => (object.body[name] ?? []) as readonly string[],
});
const first = (name: string): RuleProperty => ({
  type: 'text',
  read: (object) => ((object.body[name] ?? []) as readonly string[])[0] ?? null,
});
const id: RuleProperty = { type: 'text', read: (object) => object.id };
const same = (names: string, make: (name: string) => RuleProperty): [string, RuleProperty][] =>
  names.split(' ').map((name) => [name.toLowerCase(), make(name)]);

/** Names of rules, in lower case, where they differ from those of Graph, and what they read. */
const tables: Readonly<Record<Subject, ReadonlyMap<string, RuleProperty>>> = {
  user: new Map([
    ...same('accountEnabled', flag),
    ...same('city companyName country department displayName employeeId givenName jobTitle mail mailNickname', text),
    ...same('onPremisesDistinguishedName onPremisesSecurityIdentifier passwordPolicies postalCode', text),
    ...same('preferredLanguage state streetAddress surname usageLocation userPrincipalName userType', text),
    ...same('otherMails proxyAddresses', texts),
    ['dirsyncenabled', { type: 'boolean', read: (object) => object.sync ?? null }],
    ['facsimiletelephonenumber', text('faxNumber')],
    ['mobile', text('mobilePhone')],
    ['objectid', id],
    ['physicaldeliveryofficename', text('officeLocation')],
    ['sipproxyaddress', first('imAddresses')],
    ['telephonenumber', first('businessPhones')],
  ]),
  device: new Map([
    ...same('accountEnabled isRooted', flag),
    ...same(
      'deviceCategory deviceId deviceOwnership displayName enrollmentProfileName managementType profileType',
      text,
    ),
    ...same('systemLabels', texts),
    ['devicemanagementappid', text('mdmAppId')],
    ['devicemanufacturer', text('manufacturer')],
    ['devicemodel', text('model')],
    ['deviceostype', text('operatingSystem')],
    ['deviceosversion', text('operatingSystemVersion')],
    ['devicephysicalids', texts('physicalIds')],
    ['devicetrusttype', text('trustType')],
    ['objectid', id],
  ]),
};
/** Properties that the real service knows and whose rules are not followed here. */
const notFollowed = new Set(['memberof', 'assignedplans', 'employeehiredate']);

/** The property of a rule. Throws a MembershipRuleError for one that objects of this class have not. */
export function ruleProperty(subject: Subject, name: string): RuleProperty {
  const lower = name.toLowerCase();
  const known = tables[subject].get(lower);
  if (known) return known;
  if (notFollowed.has(lower)) throw unsupportedRule(`the property '${name}' of dynamic membership rules`);
  const attribute = /^extensionattribute([1-9]|1[0-5])$/.exec(lower)?.[1];
  if (attribute !== undefined) return extensionAttribute(subject, attribute);
  if (/^extension_[0-9a-f]{32}_\w{1,120}$/.test(lower)) return directoryExtension(lower);
  const object = subject === 'user' ? 'User' : 'Device';
  throw invalidRule(
    `Wrong property applied. Property '${name.slice(0, 100)}' cannot be applied to object '${object}'.`,
  );
}

function extensionAttribute(subject: Subject, number: string): RuleProperty {
  const container = subject === 'user' ? 'onPremisesExtensionAttributes' : 'extensionAttributes';
  return {
    type: 'text',
    read: (object) => {
      const all = object.body[container] as Record<string, unknown> | undefined;
      const value = all?.[`extensionAttribute${number}`];
      return typeof value === 'string' ? value : null;
    },
  };
}

/** A directory extension is found in any letter case; one with several values is not looked at. */
function directoryExtension(lower: string): RuleProperty {
  return {
    type: 'text',
    read: (object) => {
      const name = Object.keys(object.body).find((own) => own.toLowerCase() === lower);
      const value = name === undefined ? null : object.body[name];
      return typeof value === 'string'
        ? value
        : typeof value === 'boolean' || typeof value === 'number'
          ? String(value)
          : null;
    },
  };
}
