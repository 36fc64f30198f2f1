import type { Kind } from '../store/properties.ts';
import { relationsOf } from './relations.ts';
import { type PropertyType, schemas, typeNames } from './schema.ts';

/** Types of properties that have members, by property; a device's `extensionAttributes` are those of a user. */
const complexTypes: Readonly<Record<string, string>> = {
  addresses: 'physicalOfficeAddress',
  alternativeSecurityIds: 'alternativeSecurityId',
  assignedLicenses: 'assignedLicense',
  assignedPlans: 'assignedPlan',
  employeeOrgData: 'employeeOrgData',
  extensionAttributes: 'onPremisesExtensionAttributes',
  identities: 'objectIdentity',
  licenseAssignmentStates: 'licenseAssignmentState',
  licenseProcessingState: 'licenseProcessingState',
  onPremisesExtensionAttributes: 'onPremisesExtensionAttributes',
  onPremisesProvisioningErrors: 'onPremisesProvisioningError',
  passwordProfile: 'passwordProfile',
  phones: 'phone',
  provisionedPlans: 'provisionedPlan',
  serviceProvisioningErrors: 'serviceProvisioningError',
  writebackConfiguration: 'groupWritebackConfiguration',
};
/** Resources that are no directory objects of a list: what they are made from, and their members as below. */
const resources: Readonly<Record<string, readonly [string, ...string[]]>> = {
  extensionProperty: [
    'directoryObject',
    ...['appDisplayName', 'dataType', 'isMultiValued:Boolean', 'isSyncedFromOnPremises:Boolean', 'name'],
    'targetObjects:Strings',
  ],
  companySubscription: [
    'entity',
    ...['commerceSubscriptionId', 'createdDateTime:DateTimeOffset', 'isTrial:Boolean', 'ownerId', 'ownerTenantId'],
    ...['nextLifecycleDateTime:DateTimeOffset', 'ownerType', 'skuId', 'skuPartNumber', 'status', 'totalLicenses:Int32'],
  ],
  subscribedSku: [
    'entity',
    ...['accountId', 'accountName', 'appliesTo', 'capabilityStatus', 'consumedUnits:Int32', 'skuId:Guid'],
    ...['skuPartNumber', 'subscriptionIds:Strings'],
  ],
};
const extensionNames = Array.from({ length: 15 }, (_, i) => `extensionAttribute${i + 1}`);
/** Their members: `name` is text, `name:Type` another primitive type, `name:s` a list of them. */
const members: Readonly<Record<string, readonly string[]>> = {
  alternativeSecurityId: ['identityProvider', 'key:Binary', 'type:Int32'],
  assignedLicense: ['disabledPlans:Guids', 'skuId:Guid'],
  assignedPlan: ['assignedDateTime:DateTimeOffset', 'capabilityStatus', 'service', 'servicePlanId:Guid'],
  employeeOrgData: ['costCenter', 'division'],
  groupWritebackConfiguration: ['isEnabled:Boolean', 'onPremisesGroupType'],
  licenseAssignmentState: ['assignedByGroup', 'disabledPlans:Guids', 'error', 'skuId:Guid', 'state'],
  licenseProcessingState: ['state'],
  objectIdentity: ['issuer', 'issuerAssignedId', 'signInType'],
  onPremisesExtensionAttributes: extensionNames,
  onPremisesProvisioningError: ['category', 'occurredDateTime:DateTimeOffset', 'propertyCausingError', 'value'],
  passwordProfile: [
    'forceChangePasswordNextSignIn:Boolean',
    'forceChangePasswordNextSignInWithMfa:Boolean',
    'password',
  ],
  phone: ['language', 'number', 'region', 'type'],
  physicalOfficeAddress: ['city', 'countryOrRegion', 'officeLocation', 'postalCode', 'state', 'street'],
  provisionedPlan: ['capabilityStatus', 'provisioningStatus', 'service'],
  serviceProvisioningError: ['createdDateTime:DateTimeOffset', 'isResolved:Boolean', 'serviceInstance'],
};
const primitive: Readonly<Partial<Record<PropertyType, string>>> = {
  text: 'Edm.String',
  texts: 'Collection(Edm.String)',
  boolean: 'Edm.Boolean',
  integer: 'Edm.Int32',
  time: 'Edm.DateTimeOffset',
  guid: 'Edm.Guid',
  binary: 'Edm.Binary',
};
const collections: Readonly<Record<Kind, string>> = {
  user: 'users',
  group: 'groups',
  contact: 'contacts',
  device: 'devices',
  directoryRole: 'directoryRoles',
  application: 'applications',
  servicePrincipal: 'servicePrincipals',
  administrativeUnit: 'administrativeUnits',
};
const inherited = new Set(['id', 'deletedDateTime']);

/** The CSDL document of the types that the tenant holds, with the properties it holds (OData 4.0 CSDL s.3). */
export function metadataDocument(version: 'v1.0' | 'beta'): string {
  const kinds = Object.keys(schemas) as Kind[];
  return `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="entity" Abstract="true"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.String" Nullable="false"/></EntityType>
<EntityType Name="directoryObject" BaseType="graph.entity" OpenType="true"><Property Name="deletedDateTime" Type="Edm.DateTimeOffset"/></EntityType>
${kinds.map((kind) => entityType(kind, version)).join('\n')}
${Object.entries(resources).map(resourceType).join('\n')}
<EntityType Name="directory" BaseType="graph.entity">${directoryParts.map(containedSet).join('')}</EntityType>
${Object.keys(members).map(complexType).join('\n')}
<EntityContainer Name="GraphService">
${kinds
  .filter((kind) => kind !== 'administrativeUnit')
  .map((kind) => `<EntitySet Name="${collections[kind]}" EntityType="microsoft.graph.${typeNames[kind]}"/>`)
  .join('\n')}
<EntitySet Name="subscribedSkus" EntityType="microsoft.graph.subscribedSku"/>
<Singleton Name="directory" Type="microsoft.graph.directory"/>
<EntitySet Name="directoryObjects" EntityType="microsoft.graph.directoryObject"/>
</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>
`;
}

function entityType(kind: Kind, version: 'v1.0' | 'beta'): string {
  const properties = [...schemas[kind]]
    .filter(([name, spec]) => !inherited.has(name) && !spec.missing && (version === 'beta' || !spec.beta))
    .map(([name, spec]) => property(name, typeOf(name, spec.type)));
  const relations = relationsOf(kind).map(({ name, single }) => {
    const type = single ? 'graph.directoryObject' : 'Collection(graph.directoryObject)';
    return `<NavigationProperty Name="${name}" Type="${type}"/>`;
  });
  const extensions = kind === 'application' ? [containedSet(['extensionProperties', 'extensionProperty'])] : [];
  return `<EntityType Name="${typeNames[kind]}" BaseType="graph.directoryObject" OpenType="true">${[...properties, ...relations, ...extensions].join('')}</EntityType>`;
}

function typeOf(name: string, type: PropertyType): string {
  const plain = primitive[type];
  if (plain !== undefined) return plain;
  const complex = `graph.${complexTypes[name]}`;
  return type === 'complexes' ? `Collection(${complex})` : complex;
}

const property = (name: string, type: string): string =>
  `<Property Name="${name}" Type="${type}"${type.startsWith('Collection') ? ' Nullable="false"' : ''}/>`;

/** Collections below `/directory` and their types. */
const directoryParts = [
  ['administrativeUnits', 'administrativeUnit'],
  ['deletedItems', 'directoryObject'],
  ['subscriptions', 'companySubscription'],
] as const;
const containedSet = ([name, type]: readonly [string, string]): string =>
  `<NavigationProperty Name="${name}" Type="Collection(graph.${type})" ContainsTarget="true"/>`;

function resourceType([name, [base, ...own]]: [string, readonly [string, ...string[]]]): string {
  return `<EntityType Name="${name}" BaseType="graph.${base}">${own.map(memberProperty).join('')}</EntityType>`;
}

function memberProperty(member: string): string {
  const [own = '', type = 'String'] = member.split(':');
  return property(own, type.endsWith('s') ? `Collection(Edm.${type.slice(0, -1)})` : `Edm.${type}`);
}

const complexType = (name: string): string =>
  `<ComplexType Name="${name}">${(members[name] ?? []).map(memberProperty).join('')}</ComplexType>`;
