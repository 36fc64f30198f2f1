/** What `causeway.yaml` says of a connector to Active Directory: its keys, what contradicts itself, and what it means. */
import { z } from 'zod';
import type { ActiveDirectoryConfig } from '../../connectors/active-directory/config.ts';
import { isLoopback, parseLdapUrl } from '../../ldap/endpoint.ts';
import { durationMs } from '../../model/duration.ts';

const hostName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/;
const fingerprint = /^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/;
const interval = z.string().regex(/^\d+(ms|s|m|h|d)$/, 'must be a duration such as 500ms, 30s, 10m, 12h or 7d');

const tls = z.strictObject({
  ca: z.string().optional().describe('PEM file of the authorities to trust instead of the system’s.'),
  startTls: z.boolean().optional().describe('Encrypt connections to ldap:// addresses before signing in.'),
  serverName: z
    .string()
    .regex(hostName, 'must be the name in the certificate, such as dc1.corp.contoso.com')
    .optional()
    .describe('Name that the certificate must carry, if the address is another, for example an IP address.'),
  fingerprints: z
    .array(
      z.string().regex(fingerprint, 'must be a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons'),
    )
    .min(1)
    .optional()
    .describe(
      'SHA-256 fingerprints of the only certificates that are accepted. They alone decide; instead of "ca" and "serverName".',
    ),
});

/** Keys besides those that every connector has. */
export const activeDirectoryKeys = {
  servers: z
    .array(z.string().regex(/^ldaps?:\/\//, 'must start with ldap:// or ldaps://'))
    .min(1)
    .optional()
    .describe('Addresses of domain controllers, tried in this order. Either this or "domain".'),
  domain: z
    .string()
    .regex(hostName, 'must be a DNS name such as corp.contoso.com')
    .optional()
    .describe('DNS name of the domain; its controllers are found through SRV records.'),
  site: z
    .string()
    .regex(/^[\p{L}\p{N}]([\p{L}\p{N}_-]{0,62})$/u, 'must be the name of a site, without spaces or dots')
    .optional()
    .describe('Active Directory site whose domain controllers are tried first. Only with "domain".'),
  preferredServers: z
    .array(z.string().regex(hostName, 'must be the DNS name of a domain controller, without ldaps://'))
    .min(1)
    .optional()
    .describe('Domain controllers that are tried before the others that DNS names. Only with "domain".'),
  tls: tls.optional(),
  allowClearTextPassword: z
    .boolean()
    .optional()
    .describe('Lets the password travel readable for everybody. For labs; said in every import.'),
  changeTracking: z
    .enum(['auto', 'dirsync', 'usn'])
    .optional()
    .describe('How changes are found: auto takes DirSync where the account may, otherwise uSNChanged.'),
  fullImport: z
    .enum(['auto', 'dirsync', 'search'])
    .optional()
    .describe('How everything is read: by replication, by search, or what suits the domain controller.'),
  fullImportEvery: interval
    .optional()
    .describe(
      'A delta import gives way to a full one after this time. Default: never; 1h where the domain controller reports no deletions to the account.',
    ),
  pageSize: z
    .int()
    .min(10)
    .max(5000)
    .optional()
    .describe('Entries in one page of a search; default 1000, the limit of Windows.'),
  connectTimeout: interval.optional().describe('For TCP, TLS and sign-in, each; default 5s.'),
  idleTimeout: interval.optional().describe('Without a byte of an answer; default 120s.'),
};

export const bindMethod = z
  .enum(['simple', 'ntlm'])
  .optional()
  .describe('simple (default) needs TLS; ntlm signs and encrypts an ldap:// connection without TLS.');

interface Section {
  readonly name: string;
  readonly bind: { readonly user: string; readonly method?: 'simple' | 'ntlm' | undefined };
  readonly servers?: readonly string[] | undefined;
  readonly domain?: string | undefined;
  readonly site?: string | undefined;
  readonly preferredServers?: readonly string[] | undefined;
  readonly tls?: z.infer<typeof tls> | undefined;
  readonly allowClearTextPassword?: boolean | undefined;
  readonly changeTracking?: 'auto' | 'dirsync' | 'usn' | undefined;
  readonly fullImport?: 'auto' | 'dirsync' | 'search' | undefined;
  readonly fullImportEvery?: string | undefined;
  readonly pageSize?: number | undefined;
  readonly connectTimeout?: string | undefined;
  readonly idleTimeout?: string | undefined;
}

/** What contradicts itself, a sentence each with the way out. */
export function activeDirectoryProblems(c: Section): string[] {
  const say = (text: string): string => `the connector "${c.name}" ${text}`;
  const problems: string[] = [];
  if (!c.servers && !c.domain)
    problems.push(
      say('has neither "servers" nor "domain"; name the domain controllers, or the domain to look them up.'),
    );
  for (const key of ['site', 'preferredServers'] as const) {
    if (c[key] && (c.servers || !c.domain))
      problems.push(
        say(`has "${key}", which only orders what DNS finds for "domain"; with "servers" their own order counts.`),
      );
  }
  if (c.tls?.fingerprints && (c.tls.ca !== undefined || c.tls.serverName !== undefined))
    problems.push(say('has "tls.fingerprints", which alone decide; leave out "ca" and "serverName".'));
  return [...problems, ...bindProblems(c, say)];
}

function bindProblems(c: Section, say: (text: string) => string): string[] {
  const problems: string[] = [];
  const plain = (c.servers ?? []).filter((url) => !url.startsWith('ldaps://'));
  const isNtlm = c.bind.method === 'ntlm';
  if (isNtlm && (c.tls?.startTls || plain.length < (c.servers ?? []).length))
    problems.push(say('binds by NTLM, which encrypts by itself: use ldap:// addresses without startTls.'));
  if (isNtlm && /^[a-z]+=/i.test(c.bind.user))
    problems.push(say(`binds by NTLM as "${c.bind.user}"; write DOMAIN\\user or user@domain instead of a DN.`));
  if (!isNtlm && !c.tls?.startTls && c.allowClearTextPassword !== true) {
    const open = plain.filter((url) => !isLoopback(parseLdapUrl(url).host));
    if (open.length > 0)
      problems.push(
        say(
          `would send its password readable for everybody to ${open.join(' and ')}: use ldaps://, "tls: { startTls: true }" or "bind: { method: ntlm }".`,
        ),
      );
  }
  return problems;
}

/** The same for the connector, with names of its own; `ca` is the text of the file. */
export function activeDirectoryOptions(c: Section, ca: string | undefined): Partial<ActiveDirectoryConfig> {
  const { tls: section } = c;
  const given = {
    servers: c.servers,
    domain: c.domain,
    site: c.site,
    preferredServers: c.preferredServers,
    allowClearTextPassword: c.allowClearTextPassword,
    changeTracking: c.changeTracking,
    fullImport: c.fullImport,
    fullImportEveryMs: c.fullImportEvery === undefined ? undefined : durationMs(c.fullImportEvery),
    pageSize: c.pageSize,
    connectTimeoutMs: c.connectTimeout === undefined ? undefined : durationMs(c.connectTimeout),
    idleTimeoutMs: c.idleTimeout === undefined ? undefined : durationMs(c.idleTimeout),
    tls: section && present({ ...section, ca }),
  };
  return present(given);
}

/** Without the keys that have no value. */
function present<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}
