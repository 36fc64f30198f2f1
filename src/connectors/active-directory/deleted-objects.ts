/** Whether deletions are shown to the account, and how it gets to see them (active-directory s.4, 6.2). */
import { showDeleted } from '../../ldap/controls.ts';
import { LdapError } from '../../ldap/errors.ts';
import { attributeOf } from '../../ldap/text.ts';
import type { DirSyncJob } from './dirsync.ts';
import type { RootDse } from './root-dse.ts';
import { isSamba } from './search.ts';

/** CN=Deleted Objects, wherever it was moved (MS-ADTS s.6.1.1.4). */
const DELETED_OBJECTS = '18E2EA80684F11D2B9AA00C04F79F805';

/**
 * Whether an import of changes reports deletions to the account. With DirSync a Windows server reports every one to
 * whoever may replicate (MS-ADTS s.3.1.1.3.4.1.3); Samba holds each entry against the access lists, so that without a
 * right on the container of deleted objects they are left out and nothing says so [measured on 4.17].
 */
export async function reportsDeletions(job: DirSyncJob, mode: 'dirsync' | 'usn'): Promise<boolean> {
  return (mode === 'dirsync' && !isSamba(job.dc.rootDse)) || (await maySeeDeleted(job));
}

/**
 * Whether the account may read the container of deleted objects. Samba shows it to everybody as an entry without any
 * attribute; only an attribute proves the right.
 */
export async function maySeeDeleted(job: DirSyncJob): Promise<boolean> {
  try {
    const [entry] = await job.dc.connection.searchAll({
      base: `<WKGUID=${DELETED_OBJECTS},${job.partition.base}>`,
      scope: 'base',
      filter: { present: 'objectClass' },
      attributes: ['objectClass'],
      controls: [showDeleted()],
      signal: job.signal,
    });
    return entry !== undefined && (attributeOf(entry, 'objectClass')?.values.length ?? 0) > 0;
  } catch (error) {
    if (error instanceof LdapError && (error.code === 32 || error.code === 50)) return false;
    throw error;
  }
}

/** Commands that let an account see the deleted objects; the account is for the reader to fill in. */
export function grantDeletedObjects(rootDse: RootDse, base: string, account = '<account>'): string {
  const container = `CN=Deleted Objects,${base}`;
  if (!isSamba(rootDse)) {
    return `dsacls "${container}" /takeownership, then dsacls "${container}" /G "${account}:LCRP"`;
  }
  // samba-tool dsacl fails on this container, because it does not ask for deleted objects [measured on 4.17].
  const list = 'D:PAI(A;;LCRP;;;<SID>)(A;;RPWPCCDCLCRCWOWDSDSW;;;SY)(A;;LCRP;;;BA)';
  const change = `dn: ${container}\\nchangetype: modify\\nreplace: nTSecurityDescriptor\\nnTSecurityDescriptor: ${list}\\n`;
  return `printf '${change}' | ldbmodify -H /var/lib/samba/private/sam.ldb --controls=show_deleted:1 --controls=sd_flags:1:4 (as root on the domain controller, with the objectSid of ${account} for <SID>)`;
}
