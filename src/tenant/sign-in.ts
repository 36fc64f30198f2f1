import { createHash } from 'node:crypto';
import type { TenantContext } from './context.ts';
import type { StoredObject } from './store/objects.ts';
import { propertyNumber } from './store/properties.ts';
import { verifyPassword } from './tokens/pph1.ts';

/** What the tenant keeps of a person's password. */
export interface StoredCredential {
  /** `v1;PPH1_MD4,…;` */
  readonly hash: string;
  /** ISO instant. */
  readonly changedAt: string;
  readonly forceChange: boolean;
  /** Came through password hash synchronization. */
  readonly synced: boolean;
}
export type SignIn =
  | { readonly kind: 'ok'; readonly person: StoredObject }
  | { readonly kind: 'refused'; readonly code: number; readonly message: string };

const upn = propertyNumber('user', 'userPrincipalName') as number;
/** Failures until an account is locked, and for how long at first, in ms (entra-directory s.6.3). */
const lockAfter = 10;
const lockForMs = 60_000;

interface Failures {
  count: number;
  until: number;
  /** Digests of the wrong passwords tried last; the same one again does not count twice. */
  recent: string[];
}
const failuresOf = new WeakMap<TenantContext, Map<string, Failures>>();

/** Checks a name and a password against the user's stored hash. Codes are AADSTS numbers (entra-directory s.5.13). */
export function signIn(context: TenantContext, name: string, password: string): SignIn {
  const person = context.objects.byValue(upn, name, 1)[0];
  if (!person) return refuse(50034, `The user account ${name.slice(0, 120)} does not exist in the directory.`);
  const table = failuresOf.get(context) ?? new Map<string, Failures>();
  failuresOf.set(context, table);
  const failures = table.get(person.id);
  const now = context.clock.now();
  if (failures && failures.until > now) {
    return refuse(50053, 'The account is locked because of too many sign-in attempts with an incorrect password.');
  }
  const credential = person.internal.credential as StoredCredential | undefined;
  if (!credential || password.length > 256 || !verifyPassword(password, credential.hash)) {
    countFailure(table, person.id, password, now);
    return refuse(50126, 'Error validating credentials due to invalid username or password.');
  }
  table.delete(person.id);
  if (person.body.accountEnabled === false) return refuse(50057, 'The user account is disabled.');
  if (credential.forceChange) return refuse(50055, 'The password is expired and must be changed.');
  return { kind: 'ok', person };
}

function countFailure(table: Map<string, Failures>, id: string, password: string, now: number): void {
  const failures = table.get(id) ?? { count: 0, until: 0, recent: [] };
  const digest = createHash('sha256').update(password).digest('hex');
  if (!failures.recent.includes(digest)) {
    failures.count += 1;
    failures.recent = [...failures.recent.slice(-2), digest];
  }
  if (failures.count >= lockAfter) failures.until = now + lockForMs * 2 ** Math.min(failures.count - lockAfter, 10);
  if (table.size > 10_000) table.delete(table.keys().next().value as string);
  table.set(id, failures);
}

const refuse = (code: number, message: string): SignIn => ({ kind: 'refused', code, message });
