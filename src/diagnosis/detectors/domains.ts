/** Sign-in names in domains that the tenant has not verified: the cloud makes others of them (entra-directory s.2.4). */
import type { EngineConnector } from '../../sync/context.ts';
import { clouds, counted, type Detector, type DiagnosisContext } from '../diagnose-context.ts';
import type { FindingFacts, FindingObject } from '../findings/finding.ts';
import { attributesOf, cloudIdOf, objectOf, text } from '../findings/object.ts';
import { bulkFix, type DirectoryTarget, mostChanges, powershell, powershellFix, swap } from '../fix/text.ts';
import { readCloudObject } from './live-cloud.ts';
import { originOf } from './origin.ts';

export const domains: Detector = {
  name: 'domains',
  async detect(context) {
    const attribute = context.store.attributes.find('userPrincipalName');
    if (attribute === undefined) return [];
    const found: FindingFacts[] = [];
    for (const cloud of clouds(context)) {
      const verified = await verifiedDomains(context, cloud.row.name);
      if (!verified) continue;
      for (const { suffix, n } of suffixesOf(context, attribute, cloud)) {
        if (suffix === '' || verified.has(suffix) || !/^[a-z0-9.-]+$/.test(suffix)) continue;
        found.push(await findingOf(context, { cloud, attribute, suffix, n, verified }));
      }
    }
    return found;
  },
};

async function verifiedDomains(context: DiagnosisContext, connector: string): Promise<ReadonlySet<string> | undefined> {
  const tenant = await context.live?.tenant(connector);
  return tenant && new Set(tenant.company.domains.filter((d) => d.verified).map((d) => d.name.toLowerCase()));
}

function suffixesOf(
  context: DiagnosisContext,
  attribute: number,
  cloud: EngineConnector,
): { suffix: string; n: number }[] {
  const { focus, store } = context;
  if (!focus) return store.diagnosis.suffixes(attribute, cloud.row.id);
  const mv = focus.mv === null ? undefined : store.mv.get(focus.mv);
  const upn =
    mv && store.mv.linkIn(mv.id, cloud.row.id) ? text(JSON.parse(mv.attributes), 'userPrincipalName') : undefined;
  return upn === undefined ? [] : [{ suffix: upn.slice(upn.indexOf('@') + 1).toLowerCase(), n: 1 }];
}

interface Suffix {
  readonly cloud: EngineConnector;
  readonly attribute: number;
  readonly suffix: string;
  readonly n: number;
  readonly verified: ReadonlySet<string>;
}

/** Users whose name in the cloud is looked up, as examples. */
const examples = 5;

async function findingOf(context: DiagnosisContext, s: Suffix): Promise<FindingFacts> {
  const ids = context.focus
    ? [context.focus.mv as number]
    : context.store.diagnosis.identitiesOfSuffix(s.attribute, s.suffix, s.cloud.row.id, mostChanges + 1);
  const better = betterDomain(context, s);
  const objects: FindingObject[] = [];
  const targets: DirectoryTarget[] = [];
  for (const [i, mv] of ids.entries()) {
    const link = context.store.mv.linkIn(mv, s.cloud.row.id);
    const cloud = link && context.store.cs.get(link.cs);
    const origin = cloud && originOf(context, cloud, 'userPrincipalName');
    if (!cloud || !origin) continue;
    const id = cloudIdOf(cloud.anchor);
    const live = i < examples && id ? await readCloudObject(context, s.cloud.row.name, id) : undefined;
    const signIn = live?.body.userPrincipalName;
    if (objects.length < 20)
      objects.push(objectOf(context, origin.row, 'source', typeof signIn === 'string' ? { signsInAs: signIn } : {}));
    const name = text(attributesOf(origin.row), origin.attribute);
    if (name !== undefined && better && origin.attribute === 'userPrincipalName')
      targets.push({
        connector: origin.connector,
        dn: origin.row.dn,
        changes: swap(origin.attribute, name, `${name.slice(0, name.lastIndexOf('@'))}@${better}`),
      });
  }
  const like = objects.find((o) => o.facts?.signsInAs);
  return {
    code: 'unroutable-upn-suffix',
    root: [s.cloud.row.name, s.suffix].join('|'),
    attribute: 'userPrincipalName',
    value: s.suffix,
    summary: `${counted(s.n, 'user')} ${s.n === 1 ? 'has' : 'have'} a sign-in name in ${s.suffix}, which the tenant has not verified${like ? `: in the cloud ${like.userPrincipalName} signs in as ${like.facts?.signsInAs}` : ''}.`,
    objects,
    affected: s.n,
    evidence: [
      { source: `company configuration of ${s.cloud.row.name}`, fact: `verified are ${[...s.verified].join(', ')}` },
      { source: 'metaverse', fact: `${s.n} sign-in names end with @${s.suffix}` },
    ],
    fix: better ? fixes(s, better, targets) : [],
  };
}

/** The verified domain that most sign-in names are in; the initial domain only if there is no other. */
function betterDomain(context: DiagnosisContext, s: Suffix): string | undefined {
  const used = context.store.diagnosis.suffixes(s.attribute, s.cloud.row.id).find((u) => s.verified.has(u.suffix));
  const own = [...s.verified].filter((d) => !d.endsWith('.onmicrosoft.com'));
  return used?.suffix ?? own[0] ?? [...s.verified][0];
}

function fixes(s: Suffix, better: string, targets: readonly DirectoryTarget[]) {
  const script = [
    `Set-ADForest -Identity (Get-ADForest) -UPNSuffixes @{Add=${powershell(better)}}`,
    `Get-ADUser -Filter ${powershell(`userPrincipalName -like "*@${s.suffix}"`)} | ForEach-Object {`,
    `  $_ | Set-ADUser -UserPrincipalName ($_.UserPrincipalName -replace ${powershell(`@${s.suffix.replaceAll('.', '\\.')}$`)}, ${powershell(`@${better}`)})`,
    '}',
  ];
  return [
    bulkFix(`Move ${counted(targets.length, 'sign-in name')} to ${better}`, targets),
    powershellFix(`The same for all of ${s.suffix} (PowerShell)`, 'directory', script.join('\n')),
  ];
}
