/** Objects and checks for the tests of this folder. */
import { memoryIndex } from '../../entra/memory-index.ts';
import type { CloudObject } from '../../entra/objects.ts';
import { freshSettings, type RuleSettings } from '../../entra/settings.ts';
import { guidBytes, guidText } from '../../model/guid.ts';
import { type Attributes, binary } from '../../model/value.ts';
import type { PrecheckOptions } from './context.ts';
import type { PrecheckObject, PrecheckSource, Row, RuleSetName } from './model.ts';
import { precheck } from './precheck.ts';

export const now = Date.UTC(2026, 5, 1);

/** GUID text with this number in it. */
export const guid = (n: number): string => guidText(Buffer.from(n.toString(16).padStart(32, '0'), 'hex'));
export const anchorOfGuid = (n: number): string => guidBytes(guid(n))!.toString('base64');

let made = 0;
/** A user in the account forest; a number of its own makes everything unique that must be. */
export function user(attributes: Attributes = {}, rest: Partial<PrecheckObject> = {}): PrecheckObject {
  const id = ++made;
  return {
    id,
    identity: -id,
    connector: 'corp',
    dn: `CN=User ${id},OU=Staff,DC=corp,DC=contoso,DC=com`,
    anchor: guid(id),
    type: 'user',
    attributes: {
      cn: `User ${id}`,
      displayName: `User ${id}`,
      sAMAccountName: `user${id}`,
      userPrincipalName: `user${id}@contoso.com`,
      objectGUID: binary(guidBytes(guid(id))!),
      userAccountControl: 512,
      ...attributes,
    },
    ...rest,
  };
}
export const group = (attributes: Attributes = {}): PrecheckObject => {
  const { userPrincipalName: _, userAccountControl: __, ...rest } = user().attributes;
  return { ...user(), type: 'group', attributes: { ...rest, groupType: 8, proxyAddresses: [], ...attributes } };
};
export const contact = (attributes: Attributes = {}): PrecheckObject => {
  const { cn, displayName, objectGUID } = user().attributes;
  return {
    ...user(),
    type: 'contact',
    attributes: { cn: cn!, displayName: displayName!, objectGUID: objectGUID!, ...attributes },
  };
};

export const sourceOf = (objects: readonly PrecheckObject[]): PrecheckSource => ({
  objects: () => objects,
  object: (id) => objects.find((o) => o.id === id),
});

export const tenant = (changes: Partial<RuleSettings> = {}): RuleSettings =>
  freshSettings(
    'contoso.onmicrosoft.com',
    [
      { name: 'contoso.com', verified: true, authentication: 'Managed' },
      { name: 'fabrikam.com', verified: true, authentication: 'Managed' },
    ],
    changes,
  );

export interface CheckOptions extends Partial<Omit<PrecheckOptions, 'image'>> {
  readonly cloud?: readonly CloudObject[];
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** Leaves the tenant out. */
  readonly offline?: boolean;
  readonly settings?: RuleSettings;
}

export const options = ({
  cloud = [],
  roles = {},
  offline,
  settings = tenant(),
  ...rest
}: CheckOptions): PrecheckOptions => ({
  rules: 'multi-tenant',
  now,
  ...rest,
  ...(offline
    ? {}
    : {
        image: {
          source: 'tenant',
          readAt: '2026-06-01T00:00:00Z',
          settings,
          index: memoryIndex(cloud, { adminRoles: roles }),
          limits: [],
        },
      }),
});

/** The rows of these objects. */
export function check(objects: readonly PrecheckObject[], given: CheckOptions = {}): Row[] {
  const rows: Row[] = [];
  precheck(sourceOf(objects), options(given), (row) => rows.push(row));
  return rows;
}

/** The names of IdFix that one object gets for an attribute. */
export const errorsOf = (
  attributes: Attributes,
  attribute: string,
  rules: RuleSetName = 'multi-tenant',
  type = 'user',
): string =>
  check([{ ...user(attributes), type }], { rules })
    .filter((r) => r.attribute === attribute)
    .flatMap((r) => r.errors)
    .join(',');

export const cloudUser = (
  id: string,
  graph: Readonly<Record<string, unknown>>,
  rest: Partial<CloudObject> = {},
): CloudObject => ({
  id,
  class: 'user',
  onPremisesSyncEnabled: null,
  deleted: false,
  graph,
  shadow: {},
  ...rest,
});
