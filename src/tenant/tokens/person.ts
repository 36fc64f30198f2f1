import type { TenantContext } from '../context.ts';
import type { StoredCredential } from '../sign-in.ts';
import type { StoredObject } from '../store/objects.ts';
import { TokenError } from './errors.ts';

/** The person, if they may still be signed in. Throws a TokenError. */
export function livingPerson(context: TenantContext, id: string): StoredObject {
  const person = context.objects.byId(id);
  if (person?.kind !== 'user' || person.deletedAt !== undefined) {
    throw new TokenError(400, 'invalid_grant', 50034, 'The user account does not exist in the directory.');
  }
  if (person.body.accountEnabled === false) {
    throw new TokenError(400, 'invalid_grant', 50057, 'The user account is disabled.');
  }
  return person;
}

/** Whether what was granted at that instant (ms since 1970) has ended since: sessions revoked, or the password changed. */
export function isRevokedSince(person: StoredObject, at: number): boolean {
  const validFrom = Date.parse(String(person.body.signInSessionsValidFromDateTime ?? ''));
  const credential = person.internal.credential as StoredCredential | undefined;
  const changed = credential && !credential.synced ? Date.parse(credential.changedAt) : Number.NaN;
  // Instants of the directory have whole seconds.
  const second = Math.floor(at / 1000) * 1000;
  return validFrom > second || changed > second;
}
