/** Where Microsoft Graph is, and who gives tokens for it, in the clouds of Microsoft and elsewhere. */
export const microsoft = 'https://graph.microsoft.com';

/** Microsoft's own addresses of Graph, the national clouds among them. */
export const isMicrosofts = (url: string): boolean =>
  /^https:\/\/(?:(?:dod-)?graph\.microsoft\.(?:com|us)|microsoftgraph\.chinacloudapi\.cn)$/.test(url);

/** Who gives tokens for a Graph at this address: any but Microsoft's gives its own. */
export function authorityOf(address: string = microsoft): string {
  const url = address.replace(/\/+$/, '');
  if (!isMicrosofts(url)) return url;
  if (url.endsWith('.us')) return 'https://login.microsoftonline.us';
  return url.endsWith('.cn') ? 'https://login.partner.microsoftonline.cn' : 'https://login.microsoftonline.com';
}
