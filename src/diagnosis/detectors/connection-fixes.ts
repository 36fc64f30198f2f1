/** What to do about a way that is not free, or an account that is refused. */
import type { Endpoint } from '../diagnose-context.ts';
import type { CaseCode } from '../findings/cases.ts';
import type { Fix } from '../findings/finding.ts';
import { powershell, powershellFix, textFix } from '../fix/text.ts';

/** `index` is the place of the connector in the configuration. */
export function wayFixes(code: CaseCode, endpoint: Endpoint | undefined, index: number): Fix[] {
  const url = endpoint?.urls[0];
  if (code === 'ad-signing-required' && url) {
    const secure = url.replace(/^ldap:\/\/([^/:]+)(:\d+)?/, 'ldaps://$1');
    return [
      {
        ...textFix(
          'Use TLS',
          'configuration',
          `connectors:\n  - name: ${endpoint.connector}\n    servers: [${secure}]`,
        ),
        applicable: true,
        action: { kind: 'configuration', path: ['connectors', index, 'servers'], from: url, to: secure },
      },
      textFix(
        'Or secure the connection as it is',
        'configuration',
        '"tls: { startTls: true }", or "bind: { method: ntlm }"',
      ),
    ];
  }
  if (code === 'tls-intercepted')
    return [
      textFix(
        'Let this connection through unopened',
        'configuration',
        'Exclude the addresses of the cloud from TLS inspection of the proxy, or name the authority of the proxy as "tls: { ca: … }".',
      ),
    ];
  if (code === 'proxy-auth-required')
    return [
      textFix(
        'Let this machine pass',
        'configuration',
        'Allow this machine through the proxy without credentials, or configure the credentials of the proxy.',
      ),
    ];
  return [];
}

/** Finds the account by the name that the connector signs in with, whichever of its names that is. */
export function accountFix(user: string, toAccount: string): Fix {
  const [, domain, name = user] = /^(?:([^\\]*)\\)?(.*)$/s.exec(user) ?? [];
  const at = domain === undefined ? name.lastIndexOf('@') : -1;
  const simple = filterText(at < 0 ? name : name.slice(0, at));
  const found = name.includes('=')
    ? `Get-ADUser -Identity ${powershell(name)}`
    : `Get-ADUser -LDAPFilter ${powershell(at < 0 ? `(sAMAccountName=${simple})` : `(|(userPrincipalName=${filterText(name)})(sAMAccountName=${simple}))`)}`;
  return powershellFix(`Repair the account ${user}`, 'directory', `${found} | ${toAccount}`);
}
/** A value in a filter (RFC 4515 s.3). */
const filterText = (value: string): string =>
  value.replace(/[\\*()\u0000]/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
