/**
 * What became of objects that a full import did not find. An access list that hides an object looks to a search like its
 * deletion, so that only a trace of the deletion proves it (architecture, law 4).
 */
import { showDeleted, showRecycled } from '../../ldap/controls.ts';
import { LdapError } from '../../ldap/errors.ts';
import { attributeOf, text } from '../../ldap/text.ts';
import type { LdapEntry } from '../../ldap/types.ts';
import { dnKey, isAtOrBelow } from '../../model/dn.ts';
import { isGuidText } from '../../model/guid.ts';
import type { Absence } from '../contract.ts';
import { grantDeletedObjects } from './deleted-objects.ts';
import { type DirSyncJob, isMissingRight, lookByDirSync } from './dirsync.ts';
import { inParallel } from './parallel.ts';
import { isSamba } from './search.ts';

/** Searches under way at the same time; they share a connection. */
const CONCURRENCY = 32;

/** One answer for each anchor. `account` is named in what can be done. */
export async function findAbsences(
  job: DirSyncJob,
  anchors: readonly string[],
  account: string,
): Promise<readonly Absence[]> {
  const asked = await inParallel(anchors, CONCURRENCY, (anchor) => look(job, anchor));
  const open = asked.filter(({ state }) => state === 'unconfirmed').map(({ anchor }) => anchor);
  // There DirSync is narrowed by the same access lists as a search, and proves nothing.
  const replicated = open.length === 0 || isSamba(job.dc.rootDse) ? undefined : await replicatedStates(job, open);
  return asked.map((answer) => {
    const found = answer.state === 'unconfirmed' ? (replicated?.(answer.anchor) ?? answer) : answer;
    return found.state === 'gone' ? found : { ...found, remedy: remedyFor(job, found.state, account) };
  });
}

/** What a search by GUID, among the deleted too, says of one object. */
async function look(job: DirSyncJob, anchor: string): Promise<Absence> {
  if (!isGuidText(anchor)) return { anchor, state: 'unconfirmed', detail: `"${anchor}" is no objectGUID.` };
  try {
    const [entry] = await job.dc.connection.searchAll({
      base: `<GUID=${anchor}>`,
      scope: 'base',
      filter: { present: 'objectClass' },
      attributes: ['objectClass', 'isDeleted'],
      controls: [showDeleted(), showRecycled()],
      signal: job.signal,
    });
    return entry
      ? stateOf(job, anchor, entry)
      : { anchor, state: 'unconfirmed', detail: 'A search by its GUID finds nothing.' };
  } catch (error) {
    if (!(error instanceof LdapError && error.code === 32)) throw error;
    return stateOfRefusal(job, anchor, error);
  }
}

function stateOf(job: DirSyncJob, anchor: string, entry: LdapEntry): Absence {
  const { base } = job.partition;
  const classes = attributeOf(entry, 'objectClass')?.values ?? [];
  if (text(entry, 'isDeleted')?.toUpperCase() === 'TRUE' || isBelowDeleted(entry.dn, base)) {
    return { anchor, state: 'gone', detail: `It is among the deleted objects as "${entry.dn}".` };
  }
  if (classes.length === 0) {
    return {
      anchor,
      state: 'present',
      detail: `It is there as "${entry.dn}", and the account may read nothing of it.`,
    };
  }
  if (!isAtOrBelow(dnKey(entry.dn), dnKey(base))) {
    return { anchor, state: 'gone', detail: `It left the partition and is now "${entry.dn}".` };
  }
  return job.selection.objectTypeOf(classes) === undefined
    ? { anchor, state: 'gone', detail: `"${entry.dn}" is of a type now that is not imported.` }
    : { anchor, state: 'present', detail: `It is there as "${entry.dn}", and yet the import did not find it.` };
}

/**
 * Samba says for which container its access check failed. A deleted object fails at the container of deleted objects, a
 * hidden one anywhere else, and an object that is in the database in no form at all is "not found" [measured on 4.17;
 * words that are not known prove nothing]. Windows has one answer for all three.
 */
function stateOfRefusal(job: DirSyncJob, anchor: string, error: LdapError): Absence {
  const words = error.result?.message ?? '';
  if (isSamba(job.dc.rootDse)) {
    const failedAt = /Access check failed on (.+)$/.exec(words)?.[1];
    if (failedAt !== undefined) {
      return isBelowDeleted(failedAt, job.partition.base)
        ? { anchor, state: 'gone', detail: 'It is among the deleted objects, which the account may not read.' }
        : { anchor, state: 'present', detail: `It is there, and "${failedAt}" does not let the account see it.` };
    }
    if (/Base-DN '<GUID=[0-9a-f-]{36}>' not found/.test(words)) {
      return { anchor, state: 'gone', detail: 'Neither the object nor a trace of its deletion is in the database.' };
    }
  }
  return { anchor, state: 'unconfirmed', detail: 'The account sees neither the object nor a trace of its deletion.' };
}

/** Whether it is the container of deleted objects of the partition, or in it. */
const isBelowDeleted = (dn: string, base: string): boolean =>
  isAtOrBelow(dnKey(dn), dnKey(`CN=Deleted Objects,${base}`));

/** The answers of replication, which no access list narrows; undefined if the account may not replicate. */
async function replicatedStates(
  job: DirSyncJob,
  anchors: readonly string[],
): Promise<((anchor: string) => Absence) | undefined> {
  try {
    const found = await lookByDirSync(job, anchors);
    return (anchor) => {
      const state = found.get(anchor);
      if (state === 'present') return { anchor, state, detail: 'It is there: replication shows it.' };
      const detail = state === 'deleted' ? 'Replication shows its deletion.' : 'Replication does not know it any more.';
      return { anchor, state: 'gone', detail };
    };
  } catch (error) {
    if (isMissingRight(error)) return undefined;
    throw error;
  }
}

function remedyFor({ dc, partition }: DirSyncJob, state: Absence['state'], account: string): string {
  return state === 'present'
    ? `Let the account "${account}" read the object and its containers again, or take them out of the scope of the connector.`
    : `Let the account see deleted objects with ${grantDeletedObjects(dc.rootDse, partition.base, account)}.`;
}
