/** A conflict as a finding: what happened in one paragraph, the evidence of both sides, and the fixes. */
import { counted, type DiagnosisContext } from '../diagnose-context.ts';
import type { CaseCode } from '../findings/cases.ts';
import type { Evidence, FindingFacts, FindingObject } from '../findings/finding.ts';
import { anchorOf, nameOf, namesOf, text, wantedAttributes } from '../findings/object.ts';
import { fixesOf } from './conflict-fixes.ts';
import {
  bare,
  incomingSide,
  placesOf,
  roleNames,
  type Side,
  type Standing,
  sideObjects,
  type Verdict,
} from './conflict-sides.ts';
import type { Conflict } from './conflicts.ts';

export interface ConflictCase {
  readonly conflict: Conflict;
  readonly code: CaseCode;
  readonly incoming: Side;
  readonly holder: Side;
  readonly standings: { readonly incoming: Standing; readonly holder: Standing };
  readonly verdict: Verdict;
}

/** Attributes as the directory calls them. */
const attributeNames: Readonly<Record<string, string>> = {
  ProxyAddresses: 'proxyAddresses',
  UserPrincipalName: 'userPrincipalName',
  SipProxyAddress: 'proxyAddresses',
  OnPremiseSecurityIdentifier: 'objectSid',
  Mail: 'mail',
  SourceAnchor: 'sourceAnchor',
  DeviceId: 'deviceId',
};
export const directoryName = (attribute: string): string => attributeNames[attribute] ?? attribute;

/** One finding of the conflicts with one root; the first stands for all. */
export function findingOf(context: DiagnosisContext, root: string, group: readonly ConflictCase[]): FindingFacts {
  const c = group[0] as ConflictCase;
  const { conflict, incoming, holder, standings, verdict } = c;
  const asking = conflict.incoming
    .slice(1)
    .flatMap((cs) => sideObjects(context, incomingSide(context, cs), 'incoming', {}));
  const incomingObjects = [...sideObjects(context, incoming, 'incoming', standings.incoming.facts), ...asking];
  const holderObjects = sideObjects(context, holder, 'holder', standings.holder.facts);
  // The attribute to correct: an address that the cloud knows as a proxy address may stand in mail only.
  const attribute =
    placesOf(incoming, conflict.attribute, conflict.value)[0]?.attribute ?? directoryName(conflict.attribute);
  return {
    code: c.code,
    root,
    errorCode: conflict.errorCode,
    attribute,
    value: conflict.value,
    summary: summaryOf(c, incomingObjects[0], holderObjects[0]),
    objects: [...incomingObjects.slice(0, 10), ...holderObjects],
    affected: conflict.incoming.length,
    evidence: [
      ...group.slice(1).map((o) => ({ source: `export to ${conflict.connector.row.name}`, fact: o.conflict.message })),
      ...evidenceOf(context, c, verdict),
      ...(c.code === 'anchor-changed-recreated' || c.code === 'anchor-changed-forest-move'
        ? journalEvidence(context, c)
        : []),
      ...(c.code === 'cloud-only-owner'
        ? group.map((o) => ({ source: 'soft match', fact: whyNoMatch(o.conflict) }))
        : []),
    ],
    fix: fixesOf(context, c),
    firstSeen: conflict.firstSeen,
    lastSeen: conflict.lastSeen,
  };
}

/** A value that nobody has any more: the cloud gives it back without anybody doing anything. */
export function healing(context: DiagnosisContext, conflict: Conflict): FindingFacts {
  const objects = sideObjects(context, incomingSide(context, conflict.incoming[0] as number), 'incoming', {});
  const what = `${directoryName(conflict.attribute)} ${conflict.value}`;
  return {
    code: 'quarantined-attribute',
    severity: 'info',
    root: ['free', conflict.connector.row.name, conflict.attribute, conflict.value.toLowerCase()].join('|'),
    errorCode: conflict.errorCode,
    attribute: directoryName(conflict.attribute),
    value: conflict.value,
    summary: `${what} was withheld from ${objects[0] ? nameOf(objects[0]) : 'an object'}; nobody has it any more. The cloud looks every hour and gives it back by itself within an hour.`,
    objects,
    affected: conflict.incoming.length,
    evidence: [{ source: `Graph of ${conflict.connector.row.name}`, fact: `no object has ${what}` }],
    firstSeen: conflict.firstSeen,
    lastSeen: conflict.lastSeen,
  };
}

function summaryOf(c: ConflictCase, incoming: FindingObject | undefined, holder: FindingObject | undefined): string {
  const { conflict, verdict } = c;
  const names = namesOf([incoming ?? { role: 'incoming' }, holder ?? { role: 'holder' }]);
  const who = incoming ? names[0] : 'An object';
  const owner = holder ? names[1] : 'another object';
  const many = conflict.incoming.length > 1 ? ` ${counted(conflict.incoming.length, 'object')} ask for it.` : '';
  const what = valueInWords(conflict);
  const keep =
    verdict.keeper === 'undecided'
      ? `Nothing tells who should keep it: ${verdict.why}.`
      : `${verdict.keeper === 'incoming' ? who : owner} should keep it, because ${verdict.why}.`;
  const effect = conflict.withheld
    ? `the cloud wrote the object without it and reported success`
    : `the cloud refuses the object (${conflict.errorCode})`;
  switch (c.code) {
    case 'object-type-mismatch':
      return `${who} is a ${c.incoming.objectType ?? 'object'}, but ${what} belongs to the ${c.holder.objectType ?? 'object'} ${owner} in the cloud, so the two cannot be one object.${many}`;
    case 'existing-admin-role-conflict':
      return `${who} would match the cloud user ${owner}, who holds an administrator role (${roleNames(c.holder) || 'which one could not be read'}). Administrators are never taken over, so ${conflict.withheld ? 'a second object is made without the values they share' : 'the object is refused'}.`;
    case 'cloud-only-owner':
      return `${who} wants ${what}, which ${owner} has: an object made in the cloud, not by synchronization. ${effectSentence(effect)}${many} It did not take that object over by itself; the evidence says why.`;
    case 'invalid-soft-match':
      return `${who} matches ${owner} by ${what}, but that cloud object is tied to another source anchor, so the two are not joined.${many}`;
    case 'anchor-changed-recreated':
      return `${who} was made again in the directory: the cloud still has ${owner} under the anchor of the old account, and that object holds ${what}. ${effectSentence(effect)}`;
    case 'anchor-changed-forest-move':
      return `${who} came from another forest with a new anchor: the cloud still has ${owner} under the old one, and that object holds ${what}. ${effectSentence(effect)}`;
    case 'duplicate-source-anchor':
      return `${who} has the same source anchor (${conflict.value}) as ${owner}: only one of them can be the cloud object.`;
    case 'stale-proxy-address':
      return `${who} and ${owner} both have ${what}, and ${verdict.keeper === 'undecided' ? 'one of them' : verdict.keeper === 'incoming' ? owner : who} was left behind. ${keep} ${effectSentence(effect)}${many}`;
    default:
      return `${who} wants ${what}, but ${owner} has it; ${effect}.${many} ${keep}`;
  }
}

/** The value as people say it. */
function valueInWords({ attribute, value }: Conflict): string {
  switch (attribute) {
    case 'ProxyAddresses':
      return `the ${value.startsWith('SMTP:') ? 'primary ' : ''}mail address ${bare(value)}`;
    case 'UserPrincipalName':
      return `the sign-in name ${value}`;
    case 'SipProxyAddress':
      return `the SIP address ${bare(value)}`;
    default:
      return `${directoryName(attribute)} ${value}`;
  }
}

const effectSentence = (effect: string): string => `${effect.charAt(0).toUpperCase()}${effect.slice(1)}.`;

function evidenceOf(context: DiagnosisContext, c: ConflictCase, verdict: Verdict): Evidence[] {
  const { conflict, incoming, holder } = c;
  const cloud = conflict.connector.row.name;
  const evidence: Evidence[] = [{ source: `export to ${cloud}`, fact: conflict.message }];
  for (const [name, side] of [
    ['incoming', incoming],
    ['holder', holder],
  ] as const) {
    for (const row of side.sources) {
      const connector = context.engine.byId.get(row.connector)?.row.name ?? '';
      const anchor = anchorOf(context, row);
      evidence.push({
        source: `connector space of ${connector}`,
        fact: `${name}: ${row.dn}${anchor ? `, source anchor ${anchor}` : ''}`,
      });
    }
    const standing = c.standings[name].facts;
    if (Object.keys(standing).length > 0)
      evidence.push({
        source: 'account',
        fact: `${name}: ${Object.entries(standing)
          .map(([k, v]) => `${k} ${v}`)
          .join(', ')}`,
      });
  }
  evidence.push(...holderEvidence(c, cloud));
  evidence.push({ source: 'comparison', fact: `keep: ${verdict.keeper}, because ${verdict.why}` });
  return evidence;
}

function holderEvidence({ holder, conflict }: ConflictCase, cloud: string): Evidence[] {
  const g = holder.graph;
  if (!g)
    return [
      {
        source: cloud,
        fact: `the value belongs to the object ${conflict.holderId}, which could not be read through Graph`,
      },
    ];
  const synced = g.onPremisesSyncEnabled === true ? 'synchronized' : 'made in the cloud';
  const facts = [`holder: ${holder.objectType} ${conflict.holderId}, ${synced}`];
  if (typeof g.onPremisesImmutableId === 'string') facts.push(`its immutableId is ${g.onPremisesImmutableId}`);
  if (holder.roles.length > 0) facts.push(`it holds the roles ${roleNames(holder)}`);
  return facts.map((fact) => ({ source: `Graph of ${cloud}`, fact }));
}

/** Soft match goes by the primary address and, where the tenant allows it, by the sign-in name (entra-directory s.1.2). */
const whyNoMatch = (conflict: Conflict): string =>
  conflict.attribute === 'ProxyAddresses' && !conflict.value.startsWith('SMTP:')
    ? 'it was no match, because only the primary address (SMTP: in capitals) of the directory object is compared'
    : 'it was no match, because the object is synchronized already under its own anchor, or the tenant blocks soft match';

/** When the account of before went, and when the new one came, as the engine wrote it down. */
function journalEvidence(context: DiagnosisContext, { incoming, holder }: ConflictCase): Evidence[] {
  const { records } = context.store;
  const anchor =
    holder.graph?.onPremisesImmutableId ??
    (holder.cloud ? text(wantedAttributes(context, holder.cloud), 'sourceAnchor') : undefined);
  const at = (time: number, run: number | null) =>
    `${new Date(time).toISOString()}${run === null ? '' : ` (run ${run})`}`;
  const gone = typeof anchor === 'string' ? records.removedIdentities(anchor.toLowerCase()).slice(0, 3) : [];
  const own = incoming.sources[0];
  const link = own && context.store.mv.link(own.id);
  const came = records.journalOf(link?.mv ?? null, own?.id ?? null).find((j) => j.kind === 'linked');
  return [
    ...gone.map((j) => ({
      source: 'journal',
      fact: `the identity with the anchor ${anchor} went ${at(j.time, j.run)}`,
    })),
    ...(came && own ? [{ source: 'journal', fact: `${own.dn} came ${at(came.time, came.run)}` }] : []),
  ];
}
