/** What repairs a conflict: exact changes with the real names, the recommended one first. */
import type { CsRow } from '../../store/connector-space.ts';
import { connectorOf, type DiagnosisContext } from '../diagnose-context.ts';
import type { Fix } from '../findings/finding.ts';
import { attributesOf, cloudIdOf, text, wantedAttributes } from '../findings/object.ts';
import type { DirectoryChange, GraphCall } from '../fix/action.ts';
import { configurationFix, exclusionOf } from '../fix/configuration-text.ts';
import { directoryFix, graphFix, powershell, powershellFix, sequenceFix, swap, textFix } from '../fix/text.ts';
import { placesOf, type Side } from './conflict-sides.ts';
import type { ConflictCase } from './conflict-text.ts';

const writeUsers = ['User.ReadWrite.All'];
const consistencyGuid = 'mS-DS-ConsistencyGuid';

export function fixesOf(context: DiagnosisContext, c: ConflictCase): Fix[] {
  switch (c.code) {
    case 'existing-admin-role-conflict':
      return administratorFixes(context, c);
    case 'cloud-only-owner':
    case 'invalid-soft-match':
      return samePerson(c) || c.code === 'invalid-soft-match'
        ? [...hardMatch(context, c), ...removals(context, c, c.incoming)]
        : [...removals(context, c, c.incoming), ...hardMatch(context, c)];
    case 'anchor-changed-recreated':
    case 'anchor-changed-forest-move':
      return [...oldAnchor(context, c), ...removals(context, c, c.incoming)];
    case 'object-type-mismatch':
      return [...removals(context, c, c.incoming), ...removals(context, c, c.holder), ...removeHolder(c)];
    case 'duplicate-source-anchor':
      return clearAnchor(context, c.incoming);
    case 'duplicate-sid':
      return exclusions(context, c);
    default:
      return duplicateFixes(context, c);
  }
}

/** The side that should not keep the value gives it up; the other way round as the second choice. */
function duplicateFixes(context: DiagnosisContext, c: ConflictCase): Fix[] {
  const [first, second] = c.verdict.keeper === 'incoming' ? [c.holder, c.incoming] : [c.incoming, c.holder];
  return [...removals(context, c, first), ...removals(context, c, second)];
}

/**
 * A security identifier cannot be changed. One account is read twice (two connectors or partitions for one domain), or is a
 * copy: the one that should not stay leaves the selection.
 */
function exclusions(context: DiagnosisContext, c: ConflictCase): Fix[] {
  const [first, second] = c.verdict.keeper === 'incoming' ? [c.holder, c.incoming] : [c.incoming, c.holder];
  return [...first.sources, ...second.sources].flatMap((row) => {
    const exclusion = exclusionOf(context, row);
    const who = text(attributesOf(row), 'userPrincipalName') ?? row.dn;
    const title = `Take ${who} of ${connectorOf(context, row)?.row.name ?? ''} out of scope: a security identifier cannot be changed`;
    return exclusion ? [configurationFix(context, title, exclusion.there)] : [];
  });
}

/** Takes the value from the directory objects of a side; a sign-in name is replaced by one that is free. */
function removals(context: DiagnosisContext, c: ConflictCase, side: Side): Fix[] {
  const { attribute, value } = c.conflict;
  const byRow = new Map<CsRow, { attribute: string; stored: string }[]>();
  for (const p of placesOf(side, attribute, value)) byRow.set(p.row, [...(byRow.get(p.row) ?? []), p]);
  return [...byRow].flatMap(([row, places]) => {
    const connector = connectorOf(context, row)?.row.name ?? '';
    const who = text(attributesOf(row), 'userPrincipalName') ?? row.dn;
    const isUpn = attribute === 'UserPrincipalName' && places.some((p) => p.attribute === 'userPrincipalName');
    const changes: DirectoryChange[] = places.flatMap((p) =>
      isUpn && p.attribute === 'userPrincipalName'
        ? swap(p.attribute, p.stored, freeName(context, p.stored))
        : [{ operation: 'delete' as const, attribute: p.attribute, values: [p.stored] }],
    );
    const what = isUpn ? `Give ${who} the sign-in name ${freeName(context, value)}` : `Take ${value} away from ${who}`;
    return [
      directoryFix(what, connector, row.dn, changes, isWritable(context, row)),
      powershellFix(`${what} (PowerShell)`, 'directory', powershellChange(row.dn, changes)),
    ];
  });
}

const isWritable = (context: DiagnosisContext, row: CsRow): boolean =>
  connectorOf(context, row)?.settings.connector.type === 'active-directory';

function powershellChange(dn: string, changes: readonly DirectoryChange[]): string {
  return changes
    .map((c) => {
      const word = { add: 'Add', delete: 'Remove', replace: 'Replace' }[c.operation];
      const values = c.values.map((v) =>
        typeof v === 'string' ? powershell(v) : `[Convert]::FromBase64String('${v.base64}')`,
      );
      return `Set-ADObject -Identity ${powershell(dn)} -${word} @{${powershell(c.attribute)}=${values.join(',')}}`;
    })
    .join('\n');
}

/** The sign-in name with the first number behind it that makes it nobody's. */
export function freeName(context: DiagnosisContext, upn: string): string {
  const at = upn.lastIndexOf('@');
  const [local, domain] = at < 0 ? [upn, ''] : [upn.slice(0, at), upn.slice(at)];
  const attribute = context.store.attributes.find('userPrincipalName');
  for (let n = 2; n < 1000; n++) {
    const name = `${local}${n}${domain}`;
    if (attribute === undefined || context.store.mv.findKey(attribute, name.toLowerCase()).length === 0) return name;
  }
  return `${local}-${context.now}${domain}`;
}

/** Whether name or sign-in name say that both sides are one person. */
function samePerson({ incoming, holder, conflict }: ConflictCase): boolean {
  if (conflict.attribute === 'UserPrincipalName') return true;
  const g = holder.graph ?? {};
  return incoming.sources.some((row) => {
    const a = attributesOf(row);
    const same = (x: string | undefined, y: unknown) =>
      x !== undefined && typeof y === 'string' && x.toLowerCase() === y.toLowerCase();
    return same(text(a, 'userPrincipalName'), g.userPrincipalName) || same(text(a, 'displayName'), g.displayName);
  });
}

/** The second object that synchronization made because it could not match: it goes, so that its anchor is free. */
function removeCopy(incoming: Side): GraphCall[] {
  const id = cloudIdOf(incoming.cloud?.anchor ?? null);
  if (id === undefined || incoming.objectType !== 'user') return [];
  return [
    { method: 'DELETE', path: `/v1.0/users/${id}` },
    { method: 'DELETE', path: `/v1.0/directory/deletedItems/${id}` },
  ];
}

const anchorWanted = (context: DiagnosisContext, side: Side): string | undefined =>
  side.cloud ? text(wantedAttributes(context, side.cloud), 'sourceAnchor') : undefined;

/** The cloud object gets the anchor of the directory object, so that the next export takes it over. */
function hardMatch(context: DiagnosisContext, c: ConflictCase): Fix[] {
  const anchor = anchorWanted(context, c.incoming);
  const { cloudId, objectType } = c.holder;
  if (anchor === undefined || cloudId === undefined || objectType !== 'user') return [];
  const calls: GraphCall[] = [
    ...removeCopy(c.incoming),
    { method: 'PATCH', path: `/v1.0/users/${cloudId}`, body: { onPremisesImmutableId: anchor } },
  ];
  return [
    graphFix(
      `If both are the same person: join them (hard match; what the directory has overwrites the cloud's values)`,
      c.conflict.connector.row.name,
      calls,
      writeUsers,
    ),
  ];
}

/** The anchor that the cloud knows, written to the account that is there now. */
function oldAnchor(context: DiagnosisContext, c: ConflictCase): Fix[] {
  const anchor =
    (typeof c.holder.graph?.onPremisesImmutableId === 'string' ? c.holder.graph.onPremisesImmutableId : undefined) ??
    anchorWanted(context, c.holder);
  const row = c.incoming.sources[0];
  if (anchor === undefined || !row) return [];
  if (
    Buffer.from(anchor, 'base64').length !== 16 ||
    (context.facts.sourceAnchor ?? consistencyGuid) !== consistencyGuid
  ) {
    return [
      textFix(
        'Give the account its old source anchor',
        'directory',
        `The cloud knows the anchor ${anchor}. Write it to the attribute ${context.facts.sourceAnchor ?? consistencyGuid} of ${row.dn}.`,
      ),
    ];
  }
  const change: DirectoryChange[] = [
    { operation: 'replace', attribute: consistencyGuid, values: [{ base64: anchor }] },
  ];
  const directory = directoryFix(
    `Give ${text(attributesOf(row), 'userPrincipalName') ?? row.dn} the anchor that the cloud knows`,
    connectorOf(context, row)?.row.name ?? '',
    row.dn,
    change,
    isWritable(context, row),
  );
  const copy = removeCopy(c.incoming);
  if (copy.length === 0) return [directory];
  const remove = graphFix('Remove the second object', c.conflict.connector.row.name, copy, writeUsers);
  return [sequenceFix(`${directory.title}, and remove the second object that was made meanwhile`, [remove, directory])];
}

function clearAnchor(context: DiagnosisContext, side: Side): Fix[] {
  return side.sources.flatMap((row) => {
    const value = attributesOf(row)[consistencyGuid];
    if (value === undefined || typeof value !== 'object' || !('base64' in value)) return [];
    const change: DirectoryChange[] = [{ operation: 'delete', attribute: consistencyGuid, values: [value] }];
    return [
      directoryFix(
        `Clear the copied anchor of ${text(attributesOf(row), 'userPrincipalName') ?? row.dn}; never on the other one, whose cloud object would be deleted`,
        connectorOf(context, row)?.row.name ?? '',
        row.dn,
        change,
        isWritable(context, row),
      ),
    ];
  });
}

/** The four steps: role off, copy away for good, synchronize, role back (entra-directory s.3.1). */
function administratorFixes(context: DiagnosisContext, c: ConflictCase): Fix[] {
  const { cloudId, roles } = c.holder;
  if (cloudId === undefined || roles.length === 0) {
    return [
      textFix(
        'In this order',
        'cloud',
        `1. Take the administrator role from the cloud user ${cloudId ?? ''}. 2. Delete the second object and remove it from the recycle bin. 3. Run "causeway sync". 4. Give the role back.`,
      ),
      ...removals(context, c, c.incoming),
    ];
  }
  const calls: GraphCall[] = [
    ...roles.map(
      (r): GraphCall => ({ method: 'DELETE', path: `/v1.0/directoryRoles/${r.id}/members/${cloudId}/$ref` }),
    ),
    ...removeCopy(c.incoming),
  ];
  const after = roles.map(
    (r): GraphCall => ({
      method: 'POST',
      path: `/v1.0/directoryRoles/${r.id}/members/$ref`,
      body: { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${cloudId}` },
    }),
  );
  const permissions = ['RoleManagement.ReadWrite.Directory', ...writeUsers];
  return [
    graphFix(
      'Take the role away, remove the second object, let one cycle match, and give the role back',
      c.conflict.connector.row.name,
      calls,
      permissions,
      after,
    ),
    ...removals(context, c, c.incoming),
  ];
}

const planes: Readonly<Record<string, string>> = { user: 'users', group: 'groups', device: 'devices' };

/** Only what the cloud masters can be deleted there; contacts cannot be deleted through Graph. */
function removeHolder({ holder, conflict }: ConflictCase): Fix[] {
  const plane = planes[holder.objectType ?? ''];
  if (!plane || holder.cloudId === undefined || holder.sources.length > 0) return [];
  return [
    graphFix(
      `Delete the ${holder.objectType} in the cloud that has the value; it is lost`,
      conflict.connector.row.name,
      [{ method: 'DELETE', path: `/v1.0/${plane}/${holder.cloudId}` }],
      plane === 'groups' ? ['Group.ReadWrite.All'] : plane === 'users' ? writeUsers : ['Device.ReadWrite.All'],
    ),
  ];
}
