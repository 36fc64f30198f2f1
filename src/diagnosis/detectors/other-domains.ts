/** Domains that nobody configured: where the directories say that they are, and the connector that would read them. */
import { stringify } from 'yaml';
import { type DiagnosisContext, sources } from '../diagnose-context.ts';
import type { Evidence, Fix } from '../findings/finding.ts';
import { textFix } from '../fix/text.ts';

/** The naming context of a DN and its DNS name (RFC 2247 s.2). */
function domainOf(dn: string): { readonly base: string; readonly name: string } | undefined {
  const base = /(?:^|,)((?:DC=[^,]+,?)+)$/i.exec(dn)?.[1];
  if (base === undefined) return undefined;
  const labels = base.split(',').map((part) => part.slice(3).toLowerCase());
  return labels.every((l) => /^[a-z0-9_-]+$/.test(l)) ? { base, name: labels.join('.') } : undefined;
}

/** What each directory says of the domain: a referral names the servers that would know the object, or it trusts the domain. */
export async function referralSeen(context: DiagnosisContext, dn: string): Promise<Evidence[]> {
  const seen: Evidence[] = [];
  const domain = domainOf(dn);
  for (const { row } of sources(context)) {
    const directory = await context.live?.directory(row.name);
    if (!directory || !domain) continue;
    const to = await directory.session.referrals(dn);
    if (to.length > 0) seen.push({ source: row.name, fact: `it refers to ${to.join(', ')}` });
    for (const base of directory.namingContexts.filter((n) => /^DC=/i.test(n))) {
      const trusts = await directory.read({
        base: `CN=System,${base}`,
        scope: 'one',
        filter: { and: [{ equal: ['objectClass', 'trustedDomain'] }, { equal: ['trustPartner', domain.name] }] },
        attributes: ['1.1'],
        signal: context.signal,
      });
      for (const trust of trusts)
        seen.push({
          source: row.name,
          fact: `it trusts the domain ${domain.name} (${trust.dn}), which no connector reads`,
        });
    }
  }
  return seen;
}

/** A connector as `causeway.yaml` has it; only the account and its password are for somebody to choose. */
export function domainFixes(dn: string): Fix[] {
  const domain = domainOf(dn);
  if (!domain) return [textFix('What to do', 'configuration', 'Configure a connector for the directory that has it.')];
  const connector = {
    name: domain.name,
    type: 'active-directory',
    domain: domain.name,
    bind: {
      user: `causeway@${domain.name}`,
      password: { env: `${domain.name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_PASSWORD` },
    },
    partitions: [{ base: domain.base }],
  };
  return [
    textFix(
      `Configure ${domain.name}, with an account that may read it`,
      'configuration',
      `# causeway.yaml, besides the connectors that are there:\n${stringify({ connectors: [connector] }, { lineWidth: 0 }).trimEnd()}`,
    ),
  ];
}
