import { withPrimaryAddress } from '../../../entra/cloud-addresses.ts';
import { isPrimarySmtp, isSmtpAddress } from '../../../entra/keys.ts';
import { addressConflict } from '../../../entra/uniqueness.ts';
import { storeIndex } from '../../cloud-object.ts';
import type { TenantContext } from '../../context.ts';
import { ruleSettings } from '../../rules.ts';
import { badRequest } from '../request.ts';
import { duplicate } from './payload.ts';

/**
 * The proxy addresses after `mail` was written: it becomes the primary address, the one before stays as a secondary
 * (entra-directory s.5.2). Clearing it removes the primary. Throws 400 if somebody else has the address.
 */
export function addressesWithMail(
  context: TenantContext,
  before: readonly string[],
  mail: string | null,
  self: string | undefined,
): readonly string[] {
  if (mail === null) return before.filter((value) => !isPrimarySmtp(value));
  if (!isSmtpAddress(mail)) throw badRequest("Invalid value specified for property 'mail' of resource 'User'.");
  const primary = `SMTP:${mail}`;
  if (addressConflict(primary, self, storeIndex(context), ruleSettings(context))) throw duplicate('proxyAddresses');
  return withPrimaryAddress(before, mail);
}
