/** Members, managers and owners that lead to nothing in the cloud: which are missing, and why each is. */
import { attributeOf } from '../../ldap/text.ts';
import { dnKey, parentDn } from '../../model/dn.ts';
import { guidText } from '../../model/guid.ts';
import { sidText } from '../../model/sid.ts';
import type { Attributes } from '../../model/value.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { UnresolvedRow } from '../../store/diagnosis.ts';
import type { EngineConnector } from '../../sync/context.ts';
import {
  clouds,
  connectorOf,
  counted,
  type Detector,
  type DiagnosisContext,
  groupBy,
  sources,
} from '../diagnose-context.ts';
import { explainScope } from '../explain/scope.ts';
import type { FindingFacts, Fix } from '../findings/finding.ts';
import { identityObjects, nameOf, objectOf } from '../findings/object.ts';
import { configurationFix } from '../fix/configuration-text.ts';
import { commandFix, powershell, powershellFix, textFix } from '../fix/text.ts';

export const references: Detector = {
  name: 'references',
  async detect(context) {
    const found: FindingFacts[] = [];
    for (const cloud of clouds(context)) {
      // What the cloud refuses has a finding of its own; only whoever asks about a group hears of it here.
      const all = missing(context, cloud).filter((m) => context.focus || m.reason.kind !== 'refused');
      const groups = groupBy(all, (m) => [m.reason.kind, m.reason.root].join('\0'));
      for (const group of groups.values()) found.push(findingOf(context, cloud, group));
    }
    if (!context.focus) found.push(...(await primaryGroups(context)));
    return found;
  },
};

interface Reason {
  readonly kind: 'container' | 'domain' | 'foreign' | 'gone' | 'filtered' | 'refused' | 'no-object';
  /** What all references with this reason share. */
  readonly root: string;
  readonly sentence: string;
  readonly fix: Fix;
}
interface Missing {
  readonly row: CsRow;
  readonly attribute: string;
  readonly n: number;
  readonly source: number;
  readonly reason: Reason;
}

function missing(context: DiagnosisContext, cloud: EngineConnector): Missing[] {
  const { store, focus } = context;
  const rows: UnresolvedRow[] = focus
    ? [...focus.cs].flatMap((cs) =>
        store.cs.get(cs)?.connector === cloud.row.id ? store.diagnosis.unresolved(cloud.row.id, cs) : [],
      )
    : store.diagnosis.unresolved(cloud.row.id);
  return rows.flatMap((r) => {
    const row = store.cs.get(r.target);
    const reason = row && reasonOf(context, cloud, row);
    return row && reason
      ? [{ row, attribute: store.attributes.name(r.attribute), n: r.n, source: r.source, reason }]
      : [];
  });
}

/** Why an object that is referred to is not in the cloud; undefined if it is only on its way. */
function reasonOf(context: DiagnosisContext, cloud: EngineConnector, row: CsRow): Reason | undefined {
  if (row.object_type === null) return outsideReason(context, row);
  const link = context.store.mv.link(row.id);
  if (row.object_type === 'foreignSecurityPrincipal' && !link) return foreign(row);
  if (!link) {
    if (context.store.cs.pending(row.id)) return undefined;
    return noObject(
      context,
      row,
      'no inbound rule takes it in (it is filtered, for example as a critical system object)',
    );
  }
  const other = context.store.mv.linkIn(link.mv, cloud.row.id);
  if (other) {
    const error = context.store.records.errorsOf(other.cs).find((e) => e.phase === 'export');
    if (!error) return undefined;
    return {
      kind: 'refused',
      root: `${row.connector} ${row.anchor ?? row.dn}`,
      sentence: `the cloud refuses its own export (${error.code})`,
      fix: commandFix('Repair the object that is referred to', ['diagnose', row.dn]),
    };
  }
  const mv = context.store.mv.get(link.mv);
  const values = mv ? (JSON.parse(mv.attributes) as Attributes) : {};
  if (values.cloudFiltered === true)
    return noObject(context, row, 'the default filter keeps it out of the cloud (cloudFiltered)');
  return noObject(context, row, 'no outbound rule makes a cloud object of it');
}

function noObject(context: DiagnosisContext, row: CsRow, why: string): Reason {
  const name = connectorOf(context, row)?.row.name ?? '';
  return {
    kind: 'filtered',
    root: `${name} ${why}`,
    sentence: why,
    fix: commandFix('See which rule and value keep it out', ['explain', row.dn]),
  };
}

const foreign = (row: CsRow): Reason => ({
  kind: 'foreign',
  root: String(row.connector),
  sentence: 'it stands for an account of another forest (foreign security principal) that is not synchronized here',
  fix: textFix(
    'Add the other forest',
    'configuration',
    'Add a connector for the forest the account comes from, or take it out of the group.',
  ),
});

function outsideReason(context: DiagnosisContext, row: CsRow): Reason | undefined {
  if (/,CN=ForeignSecurityPrincipals,/i.test(row.dn)) return foreign(row);
  const scope = explainScope(context.engine, row.dn, undefined);
  const where = parentDn(row.dn);
  if (scope.closed?.code === 'domain-not-in-scope') {
    const domain = row.dn.match(/DC=.*$/i)?.[0] ?? row.dn;
    return {
      kind: 'domain',
      root: domain.toLowerCase(),
      sentence: `its domain ${domain} is not configured`,
      fix: textFix('Add the domain', 'configuration', `Add a connector or a partition for ${domain} to causeway.yaml.`),
    };
  }
  if (scope.closed)
    return {
      kind: 'container',
      root: where.toLowerCase(),
      sentence: `its container ${where} is not selected`,
      fix: containerFix(context, scope.connector, scope.partition, where),
    };
  return {
    kind: 'gone',
    root: String(row.connector),
    sentence: 'no import has brought it: it is gone, of a type that is not selected, or the account may not read it',
    fix: commandFix('Read the directory as a whole', ['run', scope.connector?.row.name ?? '', 'full-import'], {
      kind: 'cycle',
      policy: 'initial',
    }),
  };
}

/** Adds a container to the selection of its partition. */
export function containerFix(
  context: DiagnosisContext,
  connector: EngineConnector | undefined,
  partition: string | undefined,
  container: string,
): Fix {
  const index = connector ? context.engine.all.indexOf(connector) : -1;
  const at = connector?.settings.partitions.findIndex((p) => p.name.toLowerCase() === partition?.toLowerCase()) ?? -1;
  if (index < 0 || at < 0)
    return textFix(
      `Select ${container}`,
      'configuration',
      `Add to "include" of the partition ${partition ?? ''} in ${context.facts.configurationFile ?? 'causeway.yaml'}:\n  - ${JSON.stringify(container)}`,
    );
  const path = ['connectors', index, 'partitions', at, 'include'];
  return configurationFix(context, `Select ${container}`, { path, to: container });
}

function findingOf(context: DiagnosisContext, cloud: EngineConnector, group: readonly Missing[]): FindingFacts {
  const first = group[0] as Missing;
  const total = group.reduce((n, m) => n + m.n, 0);
  const holders = [...new Set(group.map((m) => m.source))]
    .slice(0, 5)
    .flatMap((cs) => identityObjects(context, cs, 'holder'));
  const missingObjects = group.slice(0, 12).map((m) => objectOf(context, m.row, 'target', { attribute: m.attribute }));
  const attributes = [...new Set(group.map((m) => m.attribute))].join(', ');
  return {
    code: 'unresolved-reference',
    severity: first.reason.kind === 'filtered' || first.reason.kind === 'container' ? 'info' : 'warning',
    root: [cloud.row.name, first.reason.kind, first.reason.root, ...(context.focus ? [context.focus.mv] : [])].join(
      '|',
    ),
    attribute: attributes,
    value: first.row.dn,
    summary: `${counted(total, 'reference')} (${attributes}) of ${holders.slice(0, 3).map(nameOf).join(', ')} ${total === 1 ? 'leads' : 'lead'} to nothing in ${cloud.row.name}: ${group.length === 1 ? first.row.dn : `${counted(group.length, 'object')}, for example ${first.row.dn},`} ${group.length === 1 ? 'is' : 'are'} not there, because ${first.reason.sentence}.`,
    objects: [...holders, ...missingObjects],
    affected: group.length,
    evidence: group
      .slice(0, 10)
      .map((m) => ({ source: 'connector space', fact: `${m.attribute} → ${m.row.dn}: ${m.reason.sentence}` })),
    fix: [first.reason.fix],
  };
}

/** RIDs of groups that are the primary group of everybody or of computers. */
const usualPrimary = ['513', '514', '515', '516', '521'];

/** Members by primary group are in no `member` attribute, so the cloud does not see them (active-directory s.2.4). */
async function primaryGroups(context: DiagnosisContext): Promise<FindingFacts[]> {
  const found: FindingFacts[] = [];
  for (const connector of sources(context)) {
    const directory = await context.live?.directory(connector.row.name);
    if (!directory) continue;
    for (const { name } of directory.session.partitions) {
      const entries = await directory.read({
        base: name,
        scope: 'sub',
        filter: {
          and: [
            { equal: ['objectCategory', 'person'] },
            { equal: ['objectClass', 'user'] },
            ...usualPrimary.map((rid) => ({ not: { equal: ['primaryGroupID', rid] as const } })),
          ],
        },
        attributes: ['primaryGroupID', 'objectSid'],
        signal: context.signal,
      });
      const byGroup = groupBy(entries, (e) => primarySid(e) ?? '');
      for (const [sid, members] of byGroup) {
        const finding = await primaryFinding(
          context,
          connector,
          sid,
          members.map((m) => m.dn),
        );
        if (finding) found.push(finding);
      }
    }
  }
  return found;
}

type Entry = Parameters<typeof attributeOf>[0];

function primarySid(entry: Entry): string | undefined {
  const sid = attributeOf(entry, 'objectSid')?.values[0];
  const rid = attributeOf(entry, 'primaryGroupID')?.values[0]?.toString();
  return sid && rid ? `${sidText(sid).replace(/-\d+$/, '')}-${rid}` : undefined;
}

async function primaryFinding(
  context: DiagnosisContext,
  connector: EngineConnector,
  sid: string,
  members: readonly string[],
): Promise<FindingFacts | undefined> {
  const directory = await context.live?.directory(connector.row.name);
  if (!directory || sid === '') return undefined;
  const [group] = await directory.read({
    base: `<SID=${sid}>`,
    scope: 'base',
    filter: { present: 'objectClass' },
    attributes: ['objectGUID'],
    signal: context.signal,
  });
  const guid = group && attributeOf(group, 'objectGUID')?.values[0];
  const row = guid?.length === 16 ? context.store.cs.byAnchor(connector.row.id, guidText(guid)) : undefined;
  const known = members.filter((dn) =>
    context.store.cs.byDn(connector.row.id, dnKey(dn)).some((r) => r.object_type !== null),
  );
  if (!row || !context.store.mv.link(row.id) || known.length === 0) return undefined;
  const self = objectOf(context, row, 'holder');
  return {
    code: 'unresolved-reference',
    root: ['primary-group', row.anchor ?? row.dn].join('|'),
    attribute: 'primaryGroupID',
    value: row.dn,
    summary: `${nameOf(self)} is the primary group of ${counted(known.length, 'user')}. Active Directory does not list them as members, so the cloud does not either.`,
    objects: [
      self,
      ...known.slice(0, 10).map((dn) => ({ role: 'target' as const, connector: connector.row.name, dn })),
    ],
    affected: known.length,
    evidence: [{ source: connector.row.name, fact: `primaryGroupID of ${known[0]} is ${sid.split('-').at(-1)}` }],
    fix: [
      powershellFix(
        'Give them Domain Users as their primary group and make them plain members',
        'directory',
        known
          .slice(0, 20)
          .map(
            (dn) =>
              `Add-ADGroupMember -Identity 'Domain Users' -Members ${powershell(dn)}; Set-ADUser -Identity ${powershell(dn)} -Replace @{primaryGroupID=513}; Add-ADGroupMember -Identity ${powershell(row.dn)} -Members ${powershell(dn)}`,
          )
          .join('\n'),
      ),
    ],
  };
}
