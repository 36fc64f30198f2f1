import { z } from 'zod';
import { features } from '../entra/features.ts';

const domainName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i, 'is not a domain name');
const guid = z.guid();
const featureNames = features.map((f) => f.name) as [string, ...string[]];

const switches = z.strictObject({
  throttling: z.enum(['off', 'S', 'M', 'L']).optional().describe('Rate limits of the Graph plane; default off.'),
  readDelayMs: z
    .int()
    .min(0)
    .max(600_000)
    .optional()
    .describe('How far lists and delta queries lag behind writes, in ms; default 0.'),
  resiliency: z.boolean().optional().describe('Duplicate attribute resiliency; default true.'),
  hardMatchProtection: z.boolean().optional().describe('The protections of July 2026; default true.'),
  objectQuota: z.int().min(0).optional().describe('Most objects; 0 is no limit (default).'),
  objectByteCap: z.int().min(0).optional().describe('Most bytes of one object; 0 is no limit (default).'),
  groupMembers: z.int().min(1).optional().describe('Most members of one group; default 250,000.'),
  usersMayCreateGroups: z
    .boolean()
    .optional()
    .describe('Whether people without an administrator role may make groups through Graph; default true.'),
  objectsOfPerson: z
    .int()
    .min(0)
    .optional()
    .describe('Most objects one person without an administrator role may make; 0 is no limit, default 250.'),
  syncedExtensions: z
    .int()
    .min(0)
    .optional()
    .describe('Most directory extensions synchronization may fill in the whole tenant; default 100.'),
  domainsOfOtherTenants: z
    .array(domainName.toLowerCase())
    .optional()
    .describe('Domains that other tenants have verified; here they cannot be.'),
  softMatchAddress: z.enum(['any', 'primary']).optional(),
  samePrimaryOnAdd: z.enum(['refuse', 'quarantine']).optional(),
  upnAgainstAddresses: z.boolean().optional(),
  invalidUserPrincipalName: z.enum(['refuse', 'fallback']).optional(),
  federatedDomainChange: z.enum(['refuse', 'allow']).optional(),
  unknownProperty: z.enum(['refuse', 'ignore']).optional(),
});

/** What can be said of a tenant when it is first made; later only new domains, features and switches are taken over. */
export const tenantSettingsSchema = z.strictObject({
  tenantId: guid.optional().describe('Default: made at random when the tenant is made.'),
  displayName: z.string().min(1).max(256).optional().describe('Default: the first label of the initial domain.'),
  initialDomain: domainName.describe('<name>.onmicrosoft.com'),
  verifiedDomains: z.array(domainName).optional(),
  federatedDomains: z.array(domainName).optional().describe('Verified domains whose users sign in elsewhere.'),
  unverifiedDomains: z.array(domainName).optional(),
  countryLetterCode: z.string().length(2).optional(),
  technicalNotificationMails: z
    .array(z.email())
    .optional()
    .describe('Who is told of conflicts; the mails are kept in the tenant and leave it never. Default nobody.'),
  dirSyncEnabled: z.boolean().optional().describe('Whether synchronization clients may write; default true.'),
  deletionThreshold: z.int().min(0).optional().describe('Accidental-delete prevention; 0 is off, default 500.'),
  features: z.partialRecord(z.enum(featureNames), z.boolean()).optional(),
  switches: switches.optional(),
});
export type TenantSettings = z.infer<typeof tenantSettingsSchema>;

/** The `tenant` section of causeway.yaml. */
export const tenantSectionSchema = tenantSettingsSchema.extend({
  listen: z
    .string()
    .regex(/^.+:\d{1,5}$/, 'must have the form host:port')
    .describe('host:port'),
  tls: z
    .strictObject({ certificate: z.string(), key: z.string() })
    .optional()
    .describe('Paths of PEM files; without them the tenant speaks plain HTTP.'),
  directory: z.string().optional().describe('Where the tenant keeps its data; default <stateDirectory>/tenant.'),
  seed: z.string().optional().describe('Path of a JSON file with what a new tenant starts with.'),
});
