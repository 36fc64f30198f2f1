/** Addresses of users that the cloud masters, where Graph writes `mail` (entra-directory s.5.2). */
import { addressKey, isPrimarySmtp, smtpKey } from './keys.ts';

/** The addresses with `mail` as the primary one; the primary so far becomes a secondary. */
export function withPrimaryAddress(addresses: readonly string[], mail: string): readonly string[] {
  const others = addresses.filter((value) => addressKey(value) !== smtpKey(mail));
  return [`SMTP:${mail}`, ...others.map((value) => (isPrimarySmtp(value) ? `smtp:${value.slice(5)}` : value))];
}
