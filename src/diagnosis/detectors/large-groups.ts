/** Groups with more members than the cloud takes: told before the export, and with what the export said after it. */
import { defaultLimits } from '../../entra/limits.ts';
import { escapeDnValue, parentDn, parseDn } from '../../model/dn.ts';
import { formatLdif } from '../../model/ldif-writer.ts';
import type { CsRow } from '../../store/connector-space.ts';
import {
  clouds,
  type Detector,
  type DiagnosisContext,
  type StoredError,
  sourceRows,
  storedErrors,
} from '../diagnose-context.ts';
import type { FindingFacts, Fix } from '../findings/finding.ts';
import { attributesOf, identityObjects, numberOf, text } from '../findings/object.ts';
import { ldifOf, powershell, powershellFix } from '../fix/text.ts';

export const largeGroups: Detector = {
  name: 'large-groups',
  async detect(context) {
    const limit = await memberLimit(context);
    const refused = refusedGroups(context);
    const clouded = new Set(clouds(context).map((c) => c.row.id));
    return [...largeIn(context, limit, refused)].flatMap(({ cs, attribute }) => {
      const row = context.store.cs.get(cs);
      const count = context.store.references.counts(cs).find((c) => c.attribute === attribute)?.count ?? 0;
      if (!row || clouded.has(row.connector)) return [];
      return [findingOf(context, { row, attribute, count, limit, refusals: refused.get(cs) ?? [] })];
    });
  },
};

/** The smallest number that a tenant names; each tells its own in its company configuration. */
async function memberLimit(context: DiagnosisContext): Promise<number> {
  let limit = defaultLimits.groupMembers;
  for (const cloud of clouds(context)) {
    const tenant = await context.live?.tenant(cloud.row.name);
    limit = Math.min(limit, tenant?.company.groupMembers ?? limit);
  }
  return limit;
}

export const isTooManyMembers = (e: StoredError): boolean =>
  e.code === 'ExceededAllowedLength' && (e.attribute ?? e.facts.AttributeConflictName)?.toLowerCase() === 'member';

/** What exports said, by the group of the directory. */
function refusedGroups(context: DiagnosisContext): ReadonlyMap<number, readonly StoredError[]> {
  const groups = new Map<number, StoredError[]>();
  for (const error of storedErrors(context, 'export').filter(isTooManyMembers))
    for (const row of sourceRows(context, error.cs)) groups.set(row.id, [...(groups.get(row.id) ?? []), error]);
  return groups;
}

function* largeIn(
  context: DiagnosisContext,
  limit: number,
  refused: ReadonlyMap<number, unknown>,
): Generator<{ readonly cs: number; readonly attribute: number }> {
  const { store, focus } = context;
  const large = focus
    ? [...focus.cs].flatMap((cs) => store.references.counts(cs).map((c) => ({ cs, ...c })))
    : store.diagnosis.largeReferences(limit);
  const told = new Set<number>();
  for (const { cs, attribute, count } of large) {
    if (count <= limit) continue;
    told.add(cs);
    yield { cs, attribute };
  }
  const member = store.attributes.find('member');
  if (member !== undefined) for (const cs of refused.keys()) if (!told.has(cs)) yield { cs, attribute: member };
}

interface Large {
  readonly row: CsRow;
  readonly attribute: number;
  readonly count: number;
  readonly limit: number;
  readonly refusals: readonly StoredError[];
}

function findingOf(context: DiagnosisContext, large: Large): FindingFacts {
  const { row, count, limit, refusals } = large;
  const name = context.store.attributes.name(large.attribute);
  const [refusal] = refusals;
  return {
    code: 'group-too-large',
    root: [row.anchor ?? row.dn, name].join('|'),
    ...(refusal ? { errorCode: refusal.code } : { predicted: true }),
    attribute: name,
    value: String(count),
    summary: `${row.dn} has ${count} values of ${name}; the cloud takes ${limit} in one group, ${refusal ? 'and refused the others' : 'so it will refuse the others'}: the group is not updated there as a whole.`,
    objects: identityObjects(context, row.id, 'source'),
    affected: 1,
    evidence: [
      { source: 'connector space', fact: `${count} references` },
      { source: 'limits of the cloud', fact: `${limit} members of one group` },
      ...refusals.slice(0, 3).map((e) => ({ source: 'export', fact: e.message })),
    ],
    fix: split(context, large),
    ...(refusal ? { firstSeen: refusal.firstSeen, lastSeen: refusal.lastSeen } : {}),
  };
}

/** Members that a change record moves; more are a task for the script. */
const mostMoved = 2000;

/**
 * Just as many members as have to go move to new groups beside it, which become members of the old one, so that rights in
 * the directory stay what they are. Not applicable: the cloud gives licences and applications to direct members only, so
 * somebody has to say by what the group is split.
 */
function split(context: DiagnosisContext, large: Large): Fix[] {
  const { row, count, limit } = large;
  if (limit < 2 || count <= limit) return [];
  const surplus = count - limit;
  const parts = Math.ceil(surplus / (limit - 1));
  const moved = surplus + parts;
  const values = attributesOf(row);
  const cn = parseDn(row.dn)?.[0]?.value ?? text(values, 'cn') ?? 'Group';
  const account = text(values, 'sAMAccountName') ?? cn;
  const type = numberOf(values, 'groupType') ?? -2147483646;
  const names = Array.from({ length: parts }, (_, i) => ({
    cn: `${cn} ${i + 2}`,
    account: `${account}-${i + 2}`,
    dn: `CN=${escapeDnValue(`${cn} ${i + 2}`)},${parentDn(row.dn)}`,
  }));
  const title = `Split the group: move ${moved} members to ${parts === 1 ? 'a group' : `${parts} groups`} of at most ${limit} members in it`;
  const script = powershellFix(`${title} (PowerShell)`, 'directory', scriptOf(row.dn, names, type, moved, limit));
  if (moved > mostMoved) return [script];
  const members = context.store.references.sampleDns(row.id, large.attribute, moved);
  const share = Math.ceil(moved / parts);
  const added = names.map((g, i) =>
    formatLdif(
      {
        kind: 'add',
        dn: g.dn,
        controls: [],
        line: 1,
        attributes: [
          { name: 'objectClass', values: ['group'] },
          { name: 'sAMAccountName', values: [g.account] },
          { name: 'displayName', values: [g.cn] },
          { name: 'groupType', values: [String(type)] },
          { name: 'member', values: members.slice(i * share, (i + 1) * share) },
        ],
      },
      0,
    ).trimEnd(),
  );
  const nested = ldifOf(row.dn, [
    { operation: 'delete', attribute: 'member', values: members },
    { operation: 'add', attribute: 'member', values: names.map((g) => g.dn) },
  ]);
  const ldif = { title, where: 'directory', language: 'ldif', applicable: false } as const;
  return [{ ...ldif, text: [...added, nested].join('\n\n') }, script];
}

/** Scopes of groups by the bits of groupType. */
const scopes = [
  [2, 'Global'],
  [4, 'DomainLocal'],
  [8, 'Universal'],
] as const;

function scriptOf(
  dn: string,
  names: readonly { readonly cn: string; readonly account: string; readonly dn: string }[],
  type: number,
  moved: number,
  limit: number,
): string {
  const scope = scopes.find(([bit]) => (type & bit) !== 0)?.[1] ?? 'Global';
  const category = type < 0 ? 'Security' : 'Distribution';
  const share = Math.min(limit, Math.ceil(moved / names.length));
  return [
    `$members = @((Get-ADObject -Identity ${powershell(dn)} -Properties member).member)`,
    ...names.flatMap((g, i) => [
      `New-ADGroup -Name ${powershell(g.cn)} -SamAccountName ${powershell(g.account)} -GroupScope ${scope} -GroupCategory ${category} -Path ${powershell(parentDn(dn))}`,
      `$part = $members[${i * share}..${Math.min((i + 1) * share, moved) - 1}]`,
      `Set-ADObject -Identity ${powershell(g.dn)} -Add @{member=$part}`,
      `Set-ADObject -Identity ${powershell(dn)} -Remove @{member=$part}`,
      `Set-ADObject -Identity ${powershell(dn)} -Add @{member=${powershell(g.dn)}}`,
    ]),
  ].join('\n');
}
