/** Keys by which the cloud compares values (entra-directory s.2.1), and the parts of addresses. */

/** A proxy address taken apart. `prefix` as written: `SMTP` in capitals marks the primary address. */
export interface ProxyAddress {
  readonly prefix: string;
  readonly address: string;
}

/** The prefix is 1 to 9 letters and digits, as in SMTP, SIP, X500, EUM, SPO; undefined if the value has none. */
export function parseProxyAddress(value: string): ProxyAddress | undefined {
  const colon = value.indexOf(':');
  if (colon < 1 || colon > 9 || colon === value.length - 1) return undefined;
  const prefix = value.slice(0, colon);
  return /^[A-Za-z0-9]+$/.test(prefix) ? { prefix, address: value.slice(colon + 1) } : undefined;
}

/** Letter case matters neither in the prefix nor in the address (entra-directory s.2.1). */
export const addressKey = (value: string): string => value.toLowerCase();
export const smtpKey = (address: string): string => `smtp:${address.toLowerCase()}`;
export const upnKey = (upn: string): string => upn.toLowerCase();

export const isSmtp = (value: string): boolean => value.slice(0, 5).toLowerCase() === 'smtp:';
export const isPrimarySmtp = (value: string): boolean => value.startsWith('SMTP:');

/** Address of the first `SMTP:` value: upper case is what makes it the primary (entra-directory s.2.2). */
export function primarySmtp(values: readonly string[]): string | undefined {
  return values.find(isPrimarySmtp)?.slice(5);
}

/** What comes before the last `@`, and what after it. */
export function splitAddress(address: string): { readonly local: string; readonly domain: string } | undefined {
  const at = address.lastIndexOf('@');
  return at > 0 && at < address.length - 1 ? { local: address.slice(0, at), domain: address.slice(at + 1) } : undefined;
}

const maxAddressLength = 256;
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domainLabel = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;

/** Whether the text is `local@domain` in ASCII without white space (the dot-atom form of RFC 5322 s.3.2.3). */
export function isSmtpAddress(address: string): boolean {
  if (address.length > maxAddressLength) return false;
  const parts = splitAddress(address);
  if (parts === undefined || !localPart.test(parts.local)) return false;
  const labels = parts.domain.split('.');
  return labels.length > 1 && labels.every((label) => domainLabel.test(label));
}
