/** The shape of `causeway.yaml` (architecture s.3.1). The JSON Schema for editors is made from it. */
import { z } from 'zod';
import { extensionTypes } from '../../rules/out-of-box/extensions.ts';
import { windowProblem } from '../../scheduler/maintenance.ts';
import { tenantSectionSchema } from '../../tenant/config.ts';
import { activeDirectoryKeys, bindMethod } from './active-directory.ts';
import { graphKeys } from './graph.ts';

const secret = z
  .union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })])
  .describe('Where a secret is: an environment variable or a file. The secret itself is never written here.');
const dn = z.string().min(1).max(2048);
const interval = z
  .string()
  .regex(/^(\d+(ms|s|m|h|d)|(\d+\.)?\d{1,2}:\d{2}:\d{2})$/, 'must be a duration such as 30m, 10s or 00:30:00');

const partition = z.strictObject({
  base: dn,
  include: z.array(dn).optional().describe('Containers in scope; absent: everything below the base.'),
  exclude: z.array(dn).optional().describe('Containers out of scope. The longest match decides.'),
});
const common = {
  name: z.string().min(1).max(256),
  objectClasses: z.array(z.string()).optional(),
  partitions: z.array(partition).optional(),
  groupFilter: dn.optional().describe('Only direct members of this group are synchronized. For pilots.'),
};
const passwordHashSync = z
  .union([
    z.boolean(),
    z.strictObject({
      bind: z
        .strictObject({ user: z.string().min(1), password: secret })
        .optional()
        .describe('Account with the two replication rights and no others; absent: the one that imports.'),
      cloud: z
        .string()
        .min(1)
        .optional()
        .describe('Name of the cloud connector that gets the passwords, if there are several with the dialect "sync".'),
      excludeAdminCount: z.boolean().optional().describe('Keep passwords of protected accounts (adminCount) here.'),
      excludeCloudAdministrators: z
        .boolean()
        .optional()
        .describe('Keep passwords of holders of administrator roles in the cloud here. Default true.'),
      port: z.int().min(1).max(65535).optional().describe('Of the replication interface, if port 135 is closed.'),
      runAs: z
        .strictObject({ uid: z.int().min(1), gid: z.int().min(1) })
        .optional()
        .describe('Operating system user of the replication process; needs the right to switch to it.'),
    }),
  ])
  .describe('Password hash synchronization: true, or an object with its own account.');
const activeDirectory = z.strictObject({
  ...common,
  type: z.literal('active-directory'),
  bind: z.strictObject({ user: z.string().min(1), password: secret, method: bindMethod }),
  ...activeDirectoryKeys,
  passwordHashSync: passwordHashSync.optional(),
});
const ldif = z.strictObject({
  ...common,
  type: z.literal('ldif'),
  path: z.string().min(1),
  parameters: z.record(z.string(), z.string()).optional().describe('Values such as Domain.FQDN that rules use.'),
});
const entra = z.strictObject({
  name: common.name,
  type: z.literal('entra'),
  dialect: z.enum(['sync', 'graph']).default('sync'),
  url: z.string().optional(),
  tenantId: z.guid(),
  clientId: z.guid(),
  credential: z.union([
    z.strictObject({ secret }),
    z.strictObject({ certificate: z.string() }),
    z.strictObject({ managedIdentity: z.union([z.literal(true), z.guid()]) }),
    z.strictObject({ federatedToken: z.string() }),
  ]),
  tls: z.strictObject({ ca: z.string().optional() }).optional(),
  ...graphKeys,
});
const userJoin = z.union([
  z.enum(['objectSid', 'mail', 'once', 'accountName']),
  z.strictObject({ attribute: z.string() }),
]);
const attributeName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,119}$/, 'must be the name of an attribute');
const directoryExtensions = z
  .strictObject({
    application: z.guid().describe('Application id of the app that the extensions belong to in the cloud.'),
    attributes: z
      .array(
        z.union([
          attributeName,
          z.strictObject({
            attribute: attributeName,
            name: z
              .string()
              .regex(/^[A-Za-z]\w{0,119}$/, 'must be a letter followed by letters, digits and "_"')
              .optional()
              .describe('Last part of the name in the cloud; absent: the attribute, with "_" for "-".'),
            type: z.enum(extensionTypes).optional().describe('Default string.'),
            multiValued: z.boolean().optional(),
            objects: z
              .array(z.enum(['user', 'group']))
              .min(1)
              .optional()
              .describe('Whose attribute; absent: that of users and groups.'),
          }),
        ]),
      )
      .max(100),
  })
  .describe('Attributes of the forests that go to the cloud as directory extensions, at most 100.');

const channelCommon = {
  name: z.string().min(1).max(64),
  severity: z
    .enum(['error', 'warning', 'info'])
    .default('warning')
    .describe('Alerts that are less bad are not told here.'),
  remind: interval.optional().describe('Tell an open alert again after this time until somebody acknowledges it.'),
};
const channel = z.discriminatedUnion('type', [
  z.strictObject({
    ...channelCommon,
    type: z.literal('webhook'),
    url: z
      .union([z.url({ protocol: /^https?$/ }), secret])
      .describe('Where to post. A reference, if the address itself is a secret.'),
    secret: secret.optional().describe('Key of the signature in the header x-causeway-signature (HMAC-SHA256).'),
  }),
  z.strictObject({
    ...channelCommon,
    type: z.literal('file'),
    path: z.string().min(1).describe('One line of JSON an event.'),
  }),
  z.strictObject({ ...channelCommon, type: z.literal('stdout') }),
]);

const maintenanceWindow = z
  .strictObject({
    cron: z
      .string()
      .max(200)
      .describe('When it begins: minute, hour, day of the month, month, weekday, such as "0 2 * * SUN".'),
    hours: z.number().positive().max(8784).optional().describe('How long it lasts. This, or minutes.'),
    minutes: z.int().min(1).max(527_040).optional().describe('How long it lasts. This, or hours.'),
    timeZone: z.string().optional().describe('Such as Europe/Berlin; absent: that of the machine.'),
    reason: z.string().min(1).max(500).optional().describe('Told wherever it is told that a window is open.'),
  })
  .superRefine((window, context) => {
    const problem = windowProblem(window);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

export const configurationSchema = z.strictObject({
  stateDirectory: z.string().default('./state'),
  connectors: z.array(z.discriminatedUnion('type', [activeDirectory, ldif, entra])).min(1),
  sourceAnchor: z.string().default('mS-DS-ConsistencyGuid'),
  rules: z
    .strictObject({
      outOfBox: z.boolean().default(true),
      directory: z.string().optional(),
      userJoin: userJoin.optional(),
      userPrincipalName: z.string().optional(),
      exchange: z.boolean().optional(),
      exchangeHybrid: z.boolean().optional(),
      lync: z.boolean().optional(),
      devices: z.boolean().optional(),
      deviceCertificate: z.enum(['joined', 'any']).optional(),
      directoryExtensions: directoryExtensions.optional(),
    })
    .default({ outOfBox: true }),
  scheduler: z
    .strictObject({
      enabled: z.boolean().default(true),
      interval: interval.default('30m').describe('Time between cycles; down to 1s.'),
      staging: z.boolean().default(false).describe('Import and synchronize, but never export.'),
      deletionThreshold: z.int().min(0).default(500).describe('Most deletes of one export; 0 switches the guard off.'),
      maintenance: z
        .array(maintenanceWindow)
        .max(50)
        .default([])
        .describe('Windows in which no cycle starts by itself. Passwords go on, and so does a cycle that runs.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      collapseShare: z.number().min(0).max(1).default(0.2),
      collapseObjects: z.int().min(1).default(10),
      errorLimit: z.int().min(1).default(5000),
    })
    .prefault({}),
  service: z
    .strictObject({
      listen: z
        .string()
        .regex(/^.+:\d{1,5}$/, 'must have the form host:port')
        .default('127.0.0.1:8440')
        .describe('host:port. Any address but a loopback one needs tls.'),
      tls: z
        .strictObject({ certificate: z.string(), key: z.string() })
        .optional()
        .describe('Paths of PEM files: certificate with its chain, and private key.'),
      publicUrl: z.url().optional().describe('Where browsers reach the service, if not at the address it listens on.'),
      signIn: z
        .strictObject({
          issuer: z.url().describe('Of the OpenID Connect provider.'),
          clientId: z.string().min(1),
          clientSecret: secret.optional(),
          roles: z
            .record(z.string(), z.enum(['viewer', 'operator', 'rule-editor', 'approver', 'admin']))
            .default({})
            .describe(
              'User name, or value of a roles or groups claim, to a role. Whoever is not in it does not get in.',
            ),
        })
        .optional()
        .describe('Sign-in to the console with OpenID Connect, beside the one-time link of the local administrator.'),
    })
    .prefault({}),
  notifications: z
    .strictObject({ channels: z.array(channel).max(20).default([]) })
    .prefault({})
    .describe('Who is told when something is wrong, and when it is over.'),
  tenant: tenantSectionSchema.optional(),
});
export type Configuration = z.infer<typeof configurationSchema>;
export type ConnectorConfiguration = Configuration['connectors'][number];
export type ActiveDirectoryConfiguration = z.infer<typeof activeDirectory>;
export type LdifConfiguration = z.infer<typeof ldif>;
export type EntraConfiguration = z.infer<typeof entra>;
export type ChannelConfiguration = z.infer<typeof channel>;
export type SecretReference = z.infer<typeof secret>;

/** JSON Schema of the file, for editors. */
export const configurationJsonSchema = (): unknown => z.toJSONSchema(configurationSchema, { io: 'input' });
