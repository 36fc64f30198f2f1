/** What only the running tenant can tell: users without a country, users of the cloud that were meant to match. */
import type { EngineConnector } from '../../sync/context.ts';
import { clouds, counted, type Detector, type DiagnosisContext } from '../diagnose-context.ts';
import type { FindingFacts } from '../findings/finding.ts';
import { attributesOf, cloudIdOf, cloudRow, identityObjects, nameOf, text } from '../findings/object.ts';
import type { GraphCall } from '../fix/action.ts';
import { graphFix, textFix } from '../fix/text.ts';
import { readList } from './live-cloud.ts';

export const cloudState: Detector = {
  name: 'cloud-state',
  async detect(context) {
    const found: FindingFacts[] = [];
    for (const cloud of clouds(context)) {
      found.push(...(await missingLocations(context, cloud)), ...(await unmatched(context, cloud)));
      found.push(...masteredByCloud(context, cloud));
    }
    return found;
  },
};

const query = (filter: string, select: string, top: number): string =>
  `/v1.0/users?$filter=${encodeURIComponent(filter)}&$select=${select}&$top=${top}&$count=true`;

/** Most users that one fix changes. */
const mostUsers = 500;

/**
 * Users without a usage location cannot be licensed. Reported only where most synchronized users have one: an
 * organization that licenses nobody, or by the tenant's default, needs none (our decision; casebook, section B).
 */
async function missingLocations(context: DiagnosisContext, cloud: EngineConnector): Promise<FindingFacts[]> {
  const tenant = await context.live?.tenant(cloud.row.name);
  if (!tenant) return [];
  // Through Graph nobody is mastered by a directory; ours are known by their source anchor.
  const isGraph = cloud.settings.connector.dialect === 'graph';
  const synced = isGraph ? 'onPremisesImmutableId ne null' : 'onPremisesSyncEnabled eq true';
  const having = await readList(
    tenant,
    query(`${synced} and usageLocation ne null`, 'id,usageLocation', 500),
    mostUsers,
  );
  if (!having || having.length === 0) return [];
  const without = await readList(
    tenant,
    query(`${synced} and accountEnabled eq true and usageLocation eq null`, 'id,userPrincipalName', 500),
    mostUsers + 1,
  );
  if (!without || without.length > having.length) return [];
  const rows = without.flatMap((u) => context.store.cs.byAnchor(cloud.row.id, `User_${String(u.id)}`) ?? []);
  const own = context.focus ? rows.filter((r) => context.focus?.cs.has(r.id)) : rows;
  if (own.length === 0) return [];
  const location = mostFrequent(having.map((u) => String(u.usageLocation)));
  const calls = own.map(
    (r): GraphCall => ({
      method: 'PATCH',
      path: `/v1.0/users/${cloudIdOf(r.anchor)}`,
      body: { usageLocation: location },
    }),
  );
  const title = `Set the usage location ${location}, which most others have`;
  return [
    {
      code: 'missing-usage-location',
      root: context.focus ? `${cloud.row.name} ${[...context.focus.cs].join(' ')}` : cloud.row.name,
      attribute: 'usageLocation',
      summary: `${counted(own.length, 'enabled user')} ${own.length === 1 ? 'has' : 'have'} no usage location and cannot be licensed. It comes from the attribute of the directory that a rule sends as usageLocation, or is set in the cloud.`,
      objects: own.slice(0, 20).flatMap((r) => identityObjects(context, r.id, 'target')),
      affected: own.length,
      evidence: [
        {
          source: `Graph of ${cloud.row.name}`,
          fact: `usageLocation is null for ${own.length} synchronized users; ${having.length}${having.length >= mostUsers ? ' or more' : ''} have one`,
        },
      ],
      fix:
        own.length > mostUsers
          ? [textFix(title, 'cloud', 'PATCH /users/{id} { "usageLocation": "…" } for each of them')]
          : [graphFix(title, cloud.row.name, calls, ['User.ReadWrite.All'])],
    },
  ];
}

function mostFrequent(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? '';
}

/** Members made in the cloud who bear the names of a synchronized user: they were meant to be one (no-soft-match-key). */
async function unmatched(context: DiagnosisContext, cloud: EngineConnector): Promise<FindingFacts[]> {
  const tenant = await context.live?.tenant(cloud.row.name);
  const attribute = context.store.attributes.find('displayName');
  if (!tenant || attribute === undefined) return [];
  const select =
    'id,displayName,userPrincipalName,mail,mailNickname,userType,onPremisesImmutableId,onPremisesSyncEnabled';
  const users = await readList(tenant, query('onPremisesSyncEnabled ne true', select, 500), 5000);
  return (users ?? []).flatMap((user) => {
    if (typeof user.displayName !== 'string' || user.userType === 'Guest') return [];
    const twins = context.store.mv.findKey(attribute, user.displayName.toLowerCase());
    const [mv] = twins;
    if (mv === undefined || twins.length !== 1 || (context.focus && context.focus.mv !== mv)) return [];
    const finding = likelyPair(context, cloud, mv, user);
    return finding ? [finding] : [];
  });
}

function likelyPair(
  context: DiagnosisContext,
  cloud: EngineConnector,
  mv: number,
  user: Readonly<Record<string, unknown>>,
): FindingFacts | undefined {
  const row = context.store.mv.get(mv);
  const link = context.store.mv.linkIn(mv, cloud.row.id);
  const object = link && context.store.cs.get(link.cs);
  const second = object && cloudRow(context, object);
  const values = row ? (JSON.parse(row.attributes) as Record<string, never>) : {};
  const copyId = cloudIdOf(second?.anchor ?? null);
  const anchor = text(values, 'sourceAnchor');
  // Before the first export nobody has a second user; only then it can still be prevented.
  const isNew = context.predicted !== undefined && object?.anchor === null;
  if (!link || (copyId === undefined && !isNew) || anchor === undefined || copyId === user.id) return undefined;
  // Equal keys that did not match are a conflict, which is told with its reason.
  const same = (a: unknown, b: string | undefined) => typeof a === 'string' && a.toLowerCase() === b?.toLowerCase();
  const isConflict =
    same(user.userPrincipalName, text(values, 'userPrincipalName')) || same(user.mail, text(values, 'mail'));
  if (isConflict) return undefined;
  const local = (v: unknown) => (typeof v === 'string' ? v.split('@')[0]?.toLowerCase() : undefined);
  const names = [text(values, 'accountName'), text(values, 'mailNickname'), local(text(values, 'userPrincipalName'))];
  const agree = [local(user.userPrincipalName), local(user.mailNickname), local(user.mail)].filter(
    (n) => n !== undefined && names.some((m) => m?.toLowerCase() === n),
  );
  if (agree.length === 0) return undefined;
  const objects = identityObjects(context, link.cs, 'incoming');
  const holder = {
    role: 'holder' as const,
    cloudId: String(user.id),
    objectType: 'user',
    userPrincipalName: String(user.userPrincipalName),
    displayName: String(user.displayName),
  };
  return {
    code: 'no-soft-match-key',
    root: [cloud.row.name, String(user.id)].join('|'),
    attribute: 'userPrincipalName',
    value: String(user.userPrincipalName),
    summary: `${objects[0] ? nameOf(objects[0]) : 'A user'} and the cloud user ${String(user.userPrincipalName)} are probably one person, but neither primary address nor sign-in name agree, ${isNew ? 'so nothing will match and a second user will be made' : 'so nothing matched and a second user was made'}.`,
    objects: [...objects, holder],
    affected: 1,
    evidence: [
      { source: 'comparison', fact: `the display name ${String(user.displayName)} and the name ${agree[0]} agree` },
      {
        source: `Graph of ${cloud.row.name}`,
        fact: `${holder.userPrincipalName} was made in the cloud (onPremisesSyncEnabled is not true)`,
      },
    ],
    fix: [
      graphFix(
        isNew
          ? 'If they are one person: let the export take the user over (hard match)'
          : 'If they are one person: remove the second user and join the first (hard match)',
        cloud.row.name,
        [
          ...(isNew
            ? []
            : [
                { method: 'DELETE' as const, path: `/v1.0/users/${copyId}` },
                { method: 'DELETE' as const, path: `/v1.0/directory/deletedItems/${copyId}` },
              ]),
          { method: 'PATCH', path: `/v1.0/users/${String(user.id)}`, body: { onPremisesImmutableId: anchor } },
        ],
        ['User.ReadWrite.All'],
      ),
    ],
  };
}

function isMastered({ store }: DiagnosisContext, cloud: EngineConnector, id: number): boolean {
  const row = store.cs.get(id);
  const isIdle = !store.exports.unconfirmed(id) && store.mv.link(id) !== undefined;
  return row?.connector === cloud.row.id && isIdle && attributesOf(row).cloudMastered === true;
}

/** Objects whose mastery went to the cloud: what the directory says of them is ignored there. */
function masteredByCloud(context: DiagnosisContext, cloud: EngineConnector): FindingFacts[] {
  const own = context.focus
    ? [...context.focus.cs].filter((id) => isMastered(context, cloud, id))
    : context.store.diagnosis.flagged(cloud.row.id, 'cloudMastered');
  if (own.length === 0) return [];
  return [
    {
      code: 'authoritative-elsewhere',
      root: context.focus ? `${cloud.row.name} ${own.join(' ')}` : cloud.row.name,
      summary: `${counted(own.length, 'object')} ${own.length === 1 ? 'is' : 'are'} mastered by the cloud now: changes in the directory no longer arrive there.`,
      objects: own.slice(0, 20).flatMap((id) => identityObjects(context, id, 'target')),
      affected: own.length,
      evidence: [{ source: `connector space of ${cloud.row.name}`, fact: 'cloudMastered is true' }],
      fix: masteryFixes(context, cloud, own),
    },
  ];
}

const masteredPlanes: Readonly<Record<string, string>> = { user: 'users', group: 'groups', contact: 'contacts' };

/** One request an object; many of them are a decision that nobody takes with one command. */
function masteryFixes(context: DiagnosisContext, cloud: EngineConnector, own: readonly number[]) {
  const calls = own.slice(0, mostUsers).flatMap((id): GraphCall[] => {
    const row = context.store.cs.get(id);
    const cloudId = cloudIdOf(row?.anchor ?? null);
    const plane = masteredPlanes[row?.object_type ?? ''];
    if (cloudId === undefined || plane === undefined) return [];
    const path = `/v1.0/${plane}/${cloudId}/onPremisesSyncBehavior`;
    return [{ method: 'PATCH', path, body: { isCloudManaged: false } }];
  });
  const kinds = new Set(calls.map((c) => c.path.split('/')[2]));
  const permissions = [
    ...(kinds.has('users') ? ['User-OnPremisesSyncBehavior.ReadWrite.All'] : []),
    ...(kinds.has('groups') ? ['Group-OnPremisesSyncBehavior.ReadWrite.All'] : []),
    ...(kinds.has('contacts') ? ['Contacts-OnPremisesSyncBehavior.ReadWrite.All'] : []),
  ];
  const title = 'If the directory is to be the master again; what was changed in the cloud meanwhile is overwritten';
  return calls.length === 0 ? [] : [graphFix(title, cloud.row.name, calls, permissions)];
}
