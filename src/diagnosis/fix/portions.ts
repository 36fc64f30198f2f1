/**
 * A change of many objects of a directory: portion by portion, each written down before it leaves, and ended by the first
 * refusal with what was done by then. What is as it should be already is passed over, so that the same fix goes on where it
 * ended.
 */
import { LdapError } from '../../ldap/errors.ts';
import type { LdapEntry } from '../../ldap/types.ts';
import type { LiveDirectory } from '../connectivity/live.ts';
import type { DirectoryChange, FixAction, LdapValue } from './action.ts';
import type { FixHost } from './fix.ts';
import { FixError } from './fix-error.ts';

export type DirectoryAction = Extract<FixAction, { kind: 'directory' }>;

/** Objects of which one line of the journal tells. */
const portionSize = 100;
/** Changes written at once: they wait for the directory, not for each other. */
const together = 4;

/** The changes of a sequence of nothing else; undefined if it is another action, or one object. */
export function manyChanges(action: FixAction): readonly DirectoryAction[] | undefined {
  if (action.kind !== 'sequence' || action.actions.length < 2) return undefined;
  const changes = action.actions.filter((a): a is DirectoryAction => a.kind === 'directory');
  return changes.length === action.actions.length ? changes : undefined;
}

/** Throws a FixError at the first refusal; everything before it is done and stays. */
export async function performMany(
  host: Pick<FixHost, 'live' | 'journal' | 'progress'>,
  changes: readonly DirectoryAction[],
  about: Readonly<Record<string, unknown>>,
): Promise<void> {
  const total = changes.length;
  const counted = { made: 0, already: 0 };
  for (let at = 0; at < total; at += portionSize) {
    const portion = changes.slice(at, at + portionSize);
    host.journal('fix-portion', { ...about, from: at + 1, to: at + portion.length, of: total, changes: portion });
    for (let i = 0; i < portion.length; i += together) {
      const told = await Promise.allSettled(portion.slice(i, i + together).map((one) => change(host, one)));
      for (const result of told) if (result.status === 'fulfilled') counted[result.value]++;
      const failed = told.findIndex((result) => result.status === 'rejected');
      if (failed >= 0)
        throw stopped((told[failed] as PromiseRejectedResult).reason, portion[i + failed]!, counted, total);
      host.progress?.(counted.made + counted.already, total);
    }
  }
}

function stopped(
  error: unknown,
  { dn }: DirectoryAction,
  { made, already }: { readonly made: number; readonly already: number },
  total: number,
): unknown {
  if (!(error instanceof LdapError || error instanceof FixError)) return error;
  const before = already > 0 ? ` ${already} were so already.` : '';
  return new FixError(
    'fix-refused',
    `${dn} was refused: ${error.message} Of ${total} changes ${made} were made and stay.${before} Repair what was refused, or leave that object out, and apply the fix again: it goes on with the rest.`,
    error,
  );
}

/** No such attribute, attribute or value exists, no such object: what the change expects is not so (RFC 4511 s.4.1.9). */
const otherwise: ReadonlySet<number> = new Set([16, 20]);

async function change(host: Pick<FixHost, 'live'>, action: DirectoryAction): Promise<'made' | 'already'> {
  const directory = await host.live.directory(action.connector);
  if (!directory)
    throw new FixError('fix-refused', `The directory ${action.connector} cannot be reached to change it.`);
  try {
    await directory.modify(action.dn, action.changes);
    return 'made';
  } catch (error) {
    if (!(error instanceof LdapError && otherwise.has(error.code))) throw error;
    if (await isSo(directory, action)) return 'already';
    throw error;
  }
}

/** Whether the object is as the change would make it. */
async function isSo(directory: Pick<LiveDirectory, 'read'>, { dn, changes }: DirectoryAction): Promise<boolean> {
  const attributes = [...new Set(changes.map((c) => c.attribute))];
  const [entry] = await directory.read({ base: dn, scope: 'base', filter: { present: 'objectClass' }, attributes });
  return entry !== undefined && changes.every((c) => hasChange(entry, changes, c));
}

const bytesOf = (value: LdapValue): string =>
  (typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64')).toString('hex');

function hasChange(
  entry: LdapEntry,
  all: readonly DirectoryChange[],
  { operation, attribute, values }: DirectoryChange,
) {
  const name = attribute.toLowerCase();
  const held = new Set(
    entry.attributes.find((a) => a.name.toLowerCase() === name)?.values.map((v) => v.toString('hex')) ?? [],
  );
  const wanted = values.map(bytesOf);
  if (operation === 'add') return wanted.every((v) => held.has(v));
  if (operation === 'replace') return wanted.length === held.size && wanted.every((v) => held.has(v));
  // Of a swap in which only the letters' case differs the value to go may be the one that came.
  const added = all.filter((c) => c.operation === 'add' && c.attribute.toLowerCase() === name).flatMap((c) => c.values);
  const kept = new Set(added.map(bytesOf));
  return values.length === 0 ? held.size === kept.size : wanted.every((v) => !held.has(v) || kept.has(v));
}
