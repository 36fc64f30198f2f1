/** What the connector's account may do, and how it gets what it lacks (active-directory s.6.2). Changes nothing. */
import { securityDescriptorFlags } from '../../ldap/controls.ts';
import { LdapError } from '../../ldap/errors.ts';
import { attributeOf, texts } from '../../ldap/text.ts';
import type { LdapEntry, SearchRequest } from '../../ldap/types.ts';
import type { ActiveDirectoryConfig } from './config.ts';
import { grantDeletedObjects, maySeeDeleted } from './deleted-objects.ts';
import { grantReplication, mayUseDirSync } from './dirsync.ts';
import type { DomainController } from './locator.ts';
import type { AdPartition } from './partitions.ts';
import { readOwnSids } from './root-dse.ts';
import type { AdSchema } from './schema.ts';
import { isSamba } from './search.ts';
import { hasExtendedRight } from './security-descriptor.ts';
import { makeSelection } from './selection.ts';

export interface RightCheck {
  readonly partition: string;
  readonly right:
    | 'read'
    | 'replicating-directory-changes'
    | 'replicating-directory-changes-all'
    | 'see-deleted-objects'
    | 'write-consistency-guid';
  /** `unknown`: the account may not even see whether it has the right, or there is nothing to try it on. */
  readonly state: 'granted' | 'missing' | 'unknown';
  readonly neededFor: string;
  /** How it was found out, and on which object. */
  readonly detail: string;
  /** The right that makes this one dispensable. */
  readonly instead?: RightCheck['right'];
  /** Command that grants it; absent if it is granted. */
  readonly remedy?: string;
}

export interface RightsContext {
  readonly config: ActiveDirectoryConfig;
  readonly dc: DomainController;
  readonly partition: AdPartition;
  readonly schema: AdSchema;
  readonly signal: AbortSignal;
}

const CHANGES_ALL = '1131f6ad-9c07-11d1-f79f-00c04fc2dcd2';
const anything = { present: 'objectClass' } as const;

/** One result for each right. The session opened, so that reading is granted. */
export async function checkRights(context: RightsContext): Promise<RightCheck[]> {
  const { base, name } = context.partition;
  const read: RightCheck = {
    partition: name,
    right: 'read',
    state: 'granted',
    neededFor: 'importing',
    detail: `"${base}" can be read.`,
  };
  return [
    read,
    await checkReplication(context),
    await checkReplicationOfSecrets(context),
    await checkDeletedObjects(context),
    await checkWriteBack(context),
  ];
}

async function checkReplication(context: RightsContext): Promise<RightCheck> {
  const { base } = context.partition;
  const nothing = { attributes: new Set<string>(), objectTypes: new Set<string>() };
  const isGranted = await mayUseDirSync({ ...context, selection: makeSelection(context.schema, nothing) });
  return check(context, isGranted ? 'granted' : 'missing', {
    right: 'replicating-directory-changes',
    neededFor: 'delta imports with DirSync',
    detail: `Tried a DirSync search of "${base}" that matches nothing.`,
    remedy: grantReplication(base, context.config.bind.user),
  });
}

async function checkReplicationOfSecrets(context: RightsContext): Promise<RightCheck> {
  const { base } = context.partition;
  const entry = await readOne(context, base, ['nTSecurityDescriptor']);
  const descriptor = entry && attributeOf(entry, 'nTSecurityDescriptor')?.values[0];
  const sids = new Set(await readOwnSids(context.dc.connection));
  const known = descriptor && sids.size > 0 ? hasExtendedRight(descriptor, sids, CHANGES_ALL) : undefined;
  return check(context, known === undefined ? 'unknown' : known ? 'granted' : 'missing', {
    right: 'replicating-directory-changes-all',
    neededFor: 'password hash synchronization only',
    detail:
      known === undefined
        ? `The access list of "${base}" cannot be read by the account.`
        : `Read the access list of "${base}" for the account and its groups.`,
    remedy: `dsacls "${base}" /G "${context.config.bind.user}:CA;Replicating Directory Changes All"`,
  });
}

async function checkDeletedObjects(context: RightsContext): Promise<RightCheck> {
  const { base } = context.partition;
  const nothing = { attributes: new Set<string>(), objectTypes: new Set<string>() };
  const isGranted = await maySeeDeleted({ ...context, selection: makeSelection(context.schema, nothing) });
  return check(context, isGranted ? 'granted' : 'missing', {
    right: 'see-deleted-objects',
    neededFor: isSamba(context.dc.rootDse)
      ? 'noticing deletions, which Samba leaves out of replication otherwise'
      : 'noticing deletions without the right to replicate',
    detail: `Tried to read the container of deleted objects of "${base}".`,
    remedy: grantDeletedObjects(context.dc.rootDse, base, context.config.bind.user),
    ...(isSamba(context.dc.rootDse) ? {} : { instead: 'replicating-directory-changes' as const }),
  });
}

async function checkWriteBack(context: RightsContext): Promise<RightCheck> {
  const { base } = context.partition;
  const sample = await sampleUser(context);
  const entry = sample && (await readOne(context, sample, ['allowedAttributesEffective']));
  const allowed = entry && texts(entry, 'allowedAttributesEffective').map((name) => name.toLowerCase());
  const state = allowed === undefined ? 'unknown' : allowed.includes('ms-ds-consistencyguid') ? 'granted' : 'missing';
  return check(context, state, {
    right: 'write-consistency-guid',
    neededFor: 'writing the source anchor back to mS-DS-ConsistencyGuid',
    detail:
      sample === undefined
        ? `"${base}" has no user to try it on.`
        : `Asked the domain controller what the account may write on "${sample}". Accounts with adminCount 1 and containers without inheritance have access lists of their own.`,
    remedy: `dsacls "${base}" /I:S /G "${context.config.bind.user}:RPWP;mS-DS-ConsistencyGuid;user"`,
  });
}

function check(
  { partition }: RightsContext,
  state: RightCheck['state'],
  facts: Omit<RightCheck, 'partition' | 'state' | 'remedy'> & { readonly remedy: string },
): RightCheck {
  const { remedy, ...rest } = facts;
  return { partition: partition.name, state, ...rest, ...(state === 'granted' ? {} : { remedy }) };
}

/** DN of an ordinary user; undefined if there is none. */
async function sampleUser({ dc, partition, signal }: RightsContext): Promise<string | undefined> {
  const request: SearchRequest = {
    base: partition.base,
    scope: 'sub',
    filter: {
      and: [
        { equal: ['objectCategory', 'person'] },
        { equal: ['objectClass', 'user'] },
        { not: { equal: ['adminCount', '1'] } },
        { not: { equal: ['isCriticalSystemObject', 'TRUE'] } },
      ],
    },
    attributes: ['1.1'],
    sizeLimit: 1,
    signal,
  };
  try {
    for await (const entries of dc.connection.search(request)) return entries[0]?.dn;
  } catch (error) {
    // More than one, as was to be expected (result 4), but none delivered.
    if (!(error instanceof LdapError && error.code === 4)) throw error;
  }
  return undefined;
}

async function readOne(
  { dc, signal }: RightsContext,
  base: string,
  attributes: readonly string[],
): Promise<LdapEntry | undefined> {
  try {
    const controls = attributes.includes('nTSecurityDescriptor') ? [securityDescriptorFlags(7)] : [];
    return (await dc.connection.searchAll({ base, scope: 'base', filter: anything, attributes, controls, signal }))[0];
  } catch (error) {
    if (error instanceof LdapError && (error.code === 32 || error.code === 50)) return undefined;
    throw error;
  }
}
