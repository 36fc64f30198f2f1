/** Both sides of a conflict in the cloud: who wants a value, who has it, and what tells who should keep it. */

import { sidText } from '../../model/sid.ts';
import { type Attributes, isBinary } from '../../model/value.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { EngineConnector } from '../../sync/context.ts';
import { type DiagnosisContext, sourceRows } from '../diagnose-context.ts';
import type { FindingObject } from '../findings/finding.ts';
import { attributesOf, cloudIdOf, numberOf, objectOf, text, texts } from '../findings/object.ts';
import { type Role, readCloudObject } from './live-cloud.ts';
import { readAccount } from './live-directory.ts';

/** One side, in every hop that is known. */
export interface Side {
  /** Its row in the cloud's connector space; absent for an object that no synchronization knows. */
  readonly cloud?: CsRow;
  /** Its objects in the directories. */
  readonly sources: readonly CsRow[];
  /** What Graph says of it; absent if it was not asked. */
  readonly graph?: Readonly<Record<string, unknown>>;
  readonly roles: readonly Role[];
  readonly cloudId?: string;
  readonly objectType?: string;
}

/** The side of an export. */
export function incomingSide(context: DiagnosisContext, cs: number): Side {
  const cloud = context.store.cs.get(cs);
  return {
    ...(cloud ? { cloud } : {}),
    sources: cloud ? sourceRows(context, cs) : [],
    roles: [],
    ...(cloud?.object_type ? { objectType: cloud.object_type } : {}),
  };
}

const types = ['User', 'Group', 'Contact', 'Device'] as const;

/** The side that has the value, by its id in the cloud. */
export async function holderSide(
  context: DiagnosisContext,
  connector: EngineConnector,
  id: string,
  cs?: number,
): Promise<Side> {
  let cloud = cs === undefined ? undefined : context.store.cs.get(cs);
  for (const type of types) cloud ??= context.store.cs.byAnchor(connector.row.id, `${type}_${id}`);
  const live = await readCloudObject(context, connector.row.name, id);
  const objectType = cloud?.object_type ?? live?.type;
  return {
    ...(cloud ? { cloud } : {}),
    sources: cloud ? sourceRows(context, cloud.id) : [],
    ...(live ? { graph: live.body } : {}),
    roles: live?.roles ?? [],
    cloudId: id,
    ...(objectType ? { objectType } : {}),
  };
}

/** The side as objects of a finding: every directory object, or what the cloud says if there is none. */
export function sideObjects(
  context: DiagnosisContext,
  side: Side,
  role: 'incoming' | 'holder',
  facts: Readonly<Record<string, string>>,
): FindingObject[] {
  if (side.sources.length > 0) return side.sources.map((row) => objectOf(context, row, role, facts));
  if (side.cloud) {
    const made = objectOf(context, side.cloud, role, facts);
    const upn = side.graph?.userPrincipalName;
    return [typeof upn === 'string' && !made.userPrincipalName ? { ...made, userPrincipalName: upn } : made];
  }
  const g = side.graph ?? {};
  const one = (name: string) => (typeof g[name] === 'string' ? (g[name] as string) : undefined);
  const [upn, name, anchor] = [one('userPrincipalName'), one('displayName'), one('onPremisesImmutableId')];
  return [
    {
      role,
      ...(side.cloudId ? { cloudId: side.cloudId } : {}),
      ...(upn ? { userPrincipalName: upn } : {}),
      ...(name ? { displayName: name } : {}),
      ...(anchor ? { sourceAnchor: anchor } : {}),
      ...(side.objectType ? { objectType: side.objectType } : {}),
      ...(Object.keys(facts).length > 0 ? { facts } : {}),
    },
  ];
}

export interface Standing {
  readonly enabled: boolean | undefined;
  /** A mailbox here, or a licence in the cloud. */
  readonly mailbox: boolean;
  /** Epoch milliseconds; undefined if nobody knows. */
  readonly created: number | undefined;
  /** The last sign-in that directory or cloud know of; epoch milliseconds. */
  readonly lastSignIn: number | undefined;
  /** For people. */
  readonly facts: Readonly<Record<string, string>>;
}

/** What tells whether a side should keep a value: account enabled, mailbox or licence, last sign-in, age, who masters it. */
export async function standingOf(
  context: DiagnosisContext,
  side: Side,
  connector?: EngineConnector,
): Promise<Standing> {
  const attributes = side.sources.map(attributesOf);
  const graph = side.graph ?? (await graphOf(context, side, connector));
  const enabled = attributes.length > 0 ? enabledOf(attributes) : (graph.accountEnabled as boolean | undefined);
  const isLicensed = licensed(graph);
  const hasOne = attributes.some(hasMailbox);
  const live = await readAccount(context, side.sources[0]);
  const created = live.created ?? instant(graph.createdDateTime);
  const lastSignIn = latest(live.lastSignIn, instant(graph.lastSignInDateTime));
  const facts: Record<string, string> = {};
  if (enabled !== undefined) facts.account = enabled ? 'enabled' : 'disabled';
  facts.mailbox = hasOne ? 'yes' : 'no';
  if (Array.isArray(graph.assignedLicenses)) facts.licence = isLicensed ? 'yes' : 'no';
  if (lastSignIn !== undefined) facts['last sign-in'] = new Date(lastSignIn).toISOString();
  if (created !== undefined) facts.created = new Date(created).toISOString();
  facts['mastered by'] = masterOf(context, side, graph);
  const asked = attributes.map((a) => text(a, 'userPrincipalName')).find((n) => n !== undefined);
  const signsIn = graph.userPrincipalName;
  // The placeholder that the cloud gives while it withholds the name.
  if (asked !== undefined && typeof signsIn === 'string' && signsIn.toLowerCase() !== asked.toLowerCase())
    facts['signs in as'] = signsIn;
  if (side.roles.length > 0) facts.roles = roleNames(side);
  return { enabled, mailbox: hasOne || isLicensed, created, lastSignIn, facts };
}

/** The side that asks has a cloud object too, unless it is new; its licences count like those of the other side. */
async function graphOf(
  context: DiagnosisContext,
  side: Side,
  connector: EngineConnector | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const id = cloudIdOf(side.cloud?.anchor ?? null);
  if (!connector || id === undefined || side.objectType !== 'user') return {};
  return (await readCloudObject(context, connector.row.name, id))?.body ?? {};
}

const latest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;

/** Which directory decides what the object is; the cloud itself for what was made there. */
function masterOf(context: DiagnosisContext, side: Side, graph: Readonly<Record<string, unknown>>): string {
  const names = side.sources.flatMap((row) => context.engine.byId.get(row.connector)?.row.name ?? []);
  if (names.length > 0) return [...new Set(names)].join(', ');
  if (graph.onPremisesSyncEnabled !== true) return 'the cloud';
  const domain = graph.onPremisesDomainName;
  return typeof domain === 'string' && domain !== ''
    ? `${domain}, which is not read here`
    : 'a directory that is not read here';
}

function enabledOf(attributes: readonly Attributes[]): boolean | undefined {
  const flags = attributes.map((a) => numberOf(a, 'userAccountControl')).filter((n) => n !== undefined);
  return flags.length === 0 ? undefined : flags.some((n) => (n & 2) === 0);
}

/** The marks that Exchange leaves on whatever has a mailbox, here or in the cloud. */
const hasMailbox = (a: Attributes): boolean =>
  a.msExchMailboxGuid !== undefined || a.homeMDB !== undefined || (numberOf(a, 'msExchRemoteRecipientType') ?? 0) > 0;
const licensed = (graph: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(graph.assignedLicenses) && graph.assignedLicenses.length > 0;
const instant = (value: unknown): number | undefined => {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
};

export interface Verdict {
  readonly keeper: 'incoming' | 'holder' | 'undecided';
  readonly why: string;
}

/** Domain controllers tell each other of sign-ins only every 14 days (lastLogonTimestamp); twice that means something. */
const signInDifference = 28 * 86_400_000;

/** Who should keep the value. Enabled comes before mailbox or licence, then the last sign-in, then age. */
export function decideKeeper(incoming: Standing, holder: Standing): Verdict {
  if (incoming.enabled !== undefined && holder.enabled !== undefined && incoming.enabled !== holder.enabled)
    return { keeper: incoming.enabled ? 'incoming' : 'holder', why: 'its account is enabled and the other one is not' };
  if (incoming.mailbox !== holder.mailbox)
    return {
      keeper: incoming.mailbox ? 'incoming' : 'holder',
      why: 'it has a mailbox or a licence and the other one has none',
    };
  const [mine, theirs] = [incoming.lastSignIn, holder.lastSignIn];
  if (mine !== undefined && theirs !== undefined && Math.abs(mine - theirs) > signInDifference)
    return { keeper: mine > theirs ? 'incoming' : 'holder', why: 'somebody signed in with it more lately' };
  if (incoming.created !== undefined && holder.created !== undefined && incoming.created !== holder.created)
    return { keeper: incoming.created < holder.created ? 'incoming' : 'holder', why: 'it is the older of the two' };
  return { keeper: 'undecided', why: 'both are alike: enabled, mailbox, licence, sign-in and age do not tell' };
}

export const roleNames = (side: Side): string => side.roles.map((r) => r.name).join(', ');

/** The SID of an identity as text; from the directory, or as it was sent to the cloud. */
export function sidOf(side: Side): string | undefined {
  for (const row of side.sources) {
    const sid = attributesOf(row).objectSid;
    if (sid !== undefined && isBinary(sid)) return sidText(Buffer.from(sid.base64, 'base64'));
  }
  const graph = side.graph?.onPremisesSecurityIdentifier;
  if (typeof graph === 'string') return graph;
  const sent = side.cloud ? attributesOf(side.cloud).onPremiseSecurityIdentifier : undefined;
  return sent !== undefined && isBinary(sent) ? sidText(Buffer.from(sent.base64, 'base64')) : undefined;
}

export const domainOfSid = (sid: string | undefined): string | undefined => sid?.replace(/-\d+$/, '');

/** Attributes of the directory objects of a side in which a value is found, as the fix must name them. */
export function placesOf(
  side: Side,
  attribute: string,
  value: string,
): { readonly row: CsRow; readonly attribute: string; readonly stored: string }[] {
  const wanted = bare(value).toLowerCase();
  const names =
    attribute === 'ProxyAddresses'
      ? ['proxyAddresses', 'mail']
      : attribute === 'SipProxyAddress'
        ? ['proxyAddresses', 'msRTCSIP-PrimaryUserAddress']
        : attribute === 'Mail'
          ? ['mail']
          : attribute === 'UserPrincipalName'
            ? ['userPrincipalName']
            : [attribute];
  return side.sources.flatMap((row) => {
    const attributes = attributesOf(row);
    return names.flatMap((name) =>
      texts(attributes, name)
        .filter((v) => bare(v).toLowerCase() === wanted)
        .map((stored) => ({ row, attribute: name, stored })),
    );
  });
}

/** An address without its prefix. */
export const bare = (value: string): string => value.replace(/^(?:smtp|sip):/i, '');

export { text };
