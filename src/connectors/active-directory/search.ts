/** Searches that return many entries. */
import type { LdapConnection, SearchRequest, SearchStream } from '../../ldap/types.ts';
import type { RootDse } from './root-dse.ts';

/** MaxPageSize of Windows. */
const PAGE_SIZE = 1000;

export const isSamba = (rootDse: RootDse): boolean => rootDse.vendor.startsWith('Samba');

/**
 * A search without limit. Windows refuses more than 1,000 entries without pages. Samba has no such limit, and there
 * pages cost a search by GUID for every entry: measured on 3,000 users, 185 ms without pages and 530 ms with them.
 */
export function searchMany(
  connection: LdapConnection,
  rootDse: RootDse,
  request: SearchRequest,
  pageSize = PAGE_SIZE,
): SearchStream {
  return isSamba(rootDse) ? connection.search(request) : connection.searchPaged({ ...request, pageSize });
}
