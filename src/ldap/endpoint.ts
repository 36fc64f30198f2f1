/** Addresses of directory servers. */
import { isIP } from 'node:net';
import { LdapError } from './errors.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (ldaps). */
  readonly tls: boolean;
  /** For messages: `ldaps://dc1.corp.contoso.com:636`. */
  readonly name: string;
}

/** Reads `ldap://host[:389]` or `ldaps://host[:636]`. Throws an `LdapError` that shows the right form. */
export function parseLdapUrl(url: string): Endpoint {
  const match = /^(ldaps?):\/\/(\[[0-9a-f:.%]+\]|[^/:?#@\s[\]]+)(?::(\d{1,5}))?\/?$/i.exec(url.trim());
  const scheme = match?.[1]?.toLowerCase();
  const host = match?.[2]?.replace(/^\[|\]$/g, '');
  const port = match?.[3] === undefined ? (scheme === 'ldaps' ? 636 : 389) : Number(match[3]);
  if (scheme === undefined || host === undefined || port < 1 || port > 65_535) {
    throw new LdapError('refused', `"${url}" is no address of a directory: write ldaps://host or ldap://host:389.`);
  }
  return { host, port, tls: scheme === 'ldaps', name: `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}` };
}

/** Whether nothing sent there leaves this machine. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
