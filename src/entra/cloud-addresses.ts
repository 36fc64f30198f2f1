/** Addresses of users that the cloud masters, where Graph writes `mail` and licences add addresses (entra-directory s.2.4, 5.2). */
import { addressKey, isPrimarySmtp, isSmtp, smtpKey } from './keys.ts';
import { hasReservedSuffix } from './proxy-calculation.ts';

/** The addresses with `mail` as the primary one; the primary so far becomes a secondary. */
export function withPrimaryAddress(addresses: readonly string[], mail: string): readonly string[] {
  const others = addresses.filter((value) => addressKey(value) !== smtpKey(mail));
  return [`SMTP:${mail}`, ...others.map((value) => (isPrimarySmtp(value) ? `smtp:${value.slice(5)}` : value))];
}

/**
 * The addresses of a user of the cloud with an Exchange licence: the sign-in name is primary if there is no other, and
 * the routing address is among them.
 */
export function withExchangeLicence(addresses: readonly string[], upn: string, moera: string): readonly string[] {
  const result = new Map(addresses.map((value) => [addressKey(value), value]));
  if (![...result.values()].some(isPrimarySmtp)) result.set(smtpKey(upn), `SMTP:${upn}`);
  for (const address of [upn, moera]) {
    if (!result.has(smtpKey(address))) result.set(smtpKey(address), `smtp:${address}`);
  }
  return [...result.values()];
}

/** The addresses left when the licence goes: those in the suffixes of the cloud, with one of them as primary. */
export function withoutExchangeLicence(addresses: readonly string[], upn: string): readonly string[] {
  const rest = addresses.filter((value) => addressKey(value) !== smtpKey(upn));
  if (rest.length === addresses.length || rest.some(isPrimarySmtp)) return rest;
  const moera = rest.find((value) => isSmtp(value) && hasReservedSuffix(value.slice(value.lastIndexOf('@') + 1)));
  return moera === undefined ? rest : withPrimaryAddress(rest, moera.slice(5));
}
