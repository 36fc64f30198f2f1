import type { TenantContext } from '../../context.ts';
import type { StoredCredential } from '../../sign-in.ts';
import { hashPassword } from '../../tokens/pph1.ts';
import { badRequest } from '../request.ts';

/** The credential of a `passwordProfile`; undefined if it has no password. Throws 400 if it is too simple. */
export function readPasswordProfile(
  context: TenantContext,
  profile: unknown,
  userPrincipalName: string,
): StoredCredential | undefined {
  if (typeof profile !== 'object' || profile === null) throw invalid();
  const { password, forceChangePasswordNextSignIn, forceChangePasswordNextSignInWithMfa } = profile as Record<
    string,
    unknown
  >;
  for (const flag of [forceChangePasswordNextSignIn, forceChangePasswordNextSignInWithMfa]) {
    if (flag !== undefined && flag !== null && typeof flag !== 'boolean') throw invalid();
  }
  if (password === undefined || password === null) return undefined;
  if (typeof password !== 'string') throw invalid();
  if (!isComplex(password, userPrincipalName)) {
    throw badRequest(
      'The specified password does not comply with password complexity requirements. Please provide a different password.',
    );
  }
  return {
    hash: hashPassword(password, context.random.bytes(10)),
    changedAt: context.clock.iso(),
    forceChange: (forceChangePasswordNextSignIn ?? true) === true || forceChangePasswordNextSignInWithMfa === true,
    synced: false,
  };
}

const invalid = () => badRequest("Invalid value specified for property 'passwordProfile' of resource 'User'.");

/** 8 to 256 characters, three of four classes, without the name of the user (entra-directory s.6.3). */
function isComplex(password: string, userPrincipalName: string): boolean {
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((pattern) => pattern.test(password)).length;
  const name = (userPrincipalName.split('@')[0] as string).toLowerCase();
  const namesUser = name.length > 3 && password.toLowerCase().includes(name);
  return password.length >= 8 && password.length <= 256 && classes >= 3 && !namesUser;
}
