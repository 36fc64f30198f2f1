/** What an administrator of a real tenant needs to let a connector in: the permissions by their ids, and where to consent. */
import { authorityOf } from './graph-address.ts';
import { definitionsNeed, needsOf } from './graph-permissions.ts';

/** Microsoft Graph as an application of every tenant. */
export const graphAppId = '00000003-0000-0000-c000-000000000000';

/** Application permissions (app roles) of Microsoft Graph by their names; the ids are the same in every tenant of the global cloud. */
const roleIds: Readonly<Record<string, string>> = {
  'Organization.Read.All': '498476ce-e0fe-48b0-b801-37ba7e2685c6',
  'User.ReadWrite.All': '741f803b-c850-494e-b5df-cde7c675a1ca',
  'Group.ReadWrite.All': '62a82d76-70ea-41e2-9197-370581804d09',
  'RoleManagement.Read.Directory': '483bed4a-2ad3-4361-a73b-c83ccdbdc53c',
  'OrgContact.Read.All': 'e1a88a34-94c4-4418-be12-c87b00e26bea',
  'Application.Read.All': '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30',
  'Device.Read.All': '7438b122-aefc-4978-80ed-43db9fcc7715',
  'OnPremDirectorySynchronization.Read.All': 'bb70e231-92dc-4729-aff5-697b3f04be95',
};
const blockSwitches = {
  grant: 'OnPremDirectorySynchronization.Read.All',
  to: 'know which matches the tenant blocks; without it those of a fresh tenant count',
} as const;

export interface AskedPermission {
  readonly name: string;
  /** Id of the app role, in the global cloud. */
  readonly id: string;
  readonly to: string;
  readonly required: boolean;
}
export interface ConsentGuide {
  readonly tenantId: string;
  readonly clientId: string;
  /** The application whose permissions these are: Microsoft Graph. */
  readonly resourceAppId: string;
  readonly permissions: readonly AskedPermission[];
  /** Of the manifest of the app registration. */
  readonly requiredResourceAccess: readonly {
    readonly resourceAppId: string;
    readonly resourceAccess: readonly { readonly id: string; readonly type: 'Role' }[];
  }[];
  /** Where an administrator signs in and consents for the whole tenant, once the registration asks for the permissions. */
  readonly consentUrl: string;
  /** The same as commands of the Azure CLI. */
  readonly commands: readonly string[];
}

/** What the app of a connector of the dialect `graph` must be granted. */
export function consentGuide(config: {
  readonly tenantId: string;
  readonly clientId: string;
  /** Of Graph; default Microsoft's. */
  readonly url?: string;
  readonly authority?: string;
  readonly readsDevices: boolean;
  /** Whether rules write directory extensions; default not. */
  readonly readsExtensions?: boolean;
}): ConsentGuide {
  const { tenantId, clientId } = config;
  const needs = [...needsOf(config.readsDevices), ...(config.readsExtensions ? [definitionsNeed] : [])].map(
    ({ grant, to }) => ({ grant, to, required: true }),
  );
  const permissions = [...needs, { ...blockSwitches, required: false }].map(
    ({ grant, to, required }): AskedPermission => ({ name: grant, id: roleIds[grant] ?? '', to, required }),
  );
  const authority = (config.authority ?? authorityOf(config.url)).replace(/\/+$/, '');
  const roles = permissions.map(({ id }) => `${id}=Role`).join(' ');
  return {
    tenantId,
    clientId,
    resourceAppId: graphAppId,
    permissions,
    requiredResourceAccess: [
      { resourceAppId: graphAppId, resourceAccess: permissions.map(({ id }) => ({ id, type: 'Role' })) },
    ],
    consentUrl: `${authority}/${tenantId}/adminconsent?client_id=${clientId}`,
    commands: [
      `az ad app permission add --id ${clientId} --api ${graphAppId} --api-permissions ${roles}`,
      `az ad app permission admin-consent --id ${clientId}`,
    ],
  };
}
