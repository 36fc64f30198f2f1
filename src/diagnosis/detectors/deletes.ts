/** Too many deletes: what caused them, and whether a container that was renamed is behind it. */
import type { Filter } from '../../ldap/types.ts';
import { dnKey, isAtOrBelow, parentDn, splitDn } from '../../model/dn.ts';
import { guidText } from '../../model/guid.ts';
import type { EngineConnector } from '../../sync/context.ts';
import { deletePlanHash } from '../../sync/export.ts';
import { clouds, counted, type Detector, type DiagnosisContext, sources } from '../diagnose-context.ts';
import type { Evidence, FindingFacts } from '../findings/finding.ts';
import { attributesOf, objectOf, text } from '../findings/object.ts';
import { configurationFix } from '../fix/configuration-text.ts';
import { commandFix, textFix } from '../fix/text.ts';

export const deletes: Detector = {
  name: 'deletes',
  async detect(context) {
    if (context.focus) return [];
    const doomed = clouds(context).map((cloud) => ({ cloud, ids: context.store.exports.deletes(cloud.row.id) }));
    const places = await whereTheyAre(
      context,
      doomed.flatMap((d) => d.ids),
    );
    const renamed = await renamedContainers(context, places);
    const found = [...renamed];
    for (const { cloud, ids } of doomed) {
      const finding = renamed.length > 0 ? undefined : tooMany(context, cloud, ids, places);
      if (finding) found.push(finding);
    }
    return found;
  },
};

/** Objects looked up in the directories, as a sample of many. */
const sampleSize = 20;

interface Place {
  readonly cs: number;
  /** Where the object of the directory is now; undefined: it is gone, null: nobody could be asked. */
  readonly dn: string | undefined | null;
  readonly connector?: EngineConnector;
}

async function whereTheyAre(context: DiagnosisContext, ids: readonly number[]): Promise<Place[]> {
  const step = Math.max(1, Math.floor(ids.length / sampleSize));
  const sample = ids.filter((_, i) => i % step === 0).slice(0, sampleSize);
  const places: Place[] = [];
  for (const cs of sample) places.push(await placeOf(context, cs));
  return places;
}

async function placeOf(context: DiagnosisContext, cs: number): Promise<Place> {
  const row = context.store.cs.get(cs);
  const anchor = row && text(attributesOf(row), 'sourceAnchor');
  const bytes = anchor === undefined ? undefined : Buffer.from(anchor, 'base64');
  let asked = false;
  for (const connector of sources(context)) {
    const directory = await context.live?.directory(connector.row.name);
    if (!directory || bytes?.length !== 16) continue;
    asked = true;
    const read = (base: string, scope: 'base' | 'sub', filter: Filter) =>
      directory.read({ base, scope, filter, attributes: ['1.1'], signal: context.signal });
    const byGuid = await read(`<GUID=${guidText(bytes)}>`, 'base', { present: 'objectClass' });
    if (byGuid[0]) return { cs, dn: byGuid[0].dn, connector };
    for (const { name } of directory.session.partitions) {
      const [entry] = await read(name, 'sub', { equal: ['mS-DS-ConsistencyGuid', bytes] });
      if (entry) return { cs, dn: entry.dn, connector };
    }
  }
  return { cs, dn: asked ? undefined : null };
}

/** A selected container that is not there, and where objects that were in it are now. */
async function renamedContainers(context: DiagnosisContext, places: readonly Place[]): Promise<FindingFacts[]> {
  const found: FindingFacts[] = [];
  for (const [index, connector] of context.engine.all.entries()) {
    const directory = await context.live?.directory(connector.row.name);
    for (const [at, partition] of connector.settings.partitions.entries()) {
      for (const [position, include] of partition.include.entries()) {
        const staged = context.store.cs.byDn(connector.row.id, dnKey(include)).some((r) => r.object_type !== null);
        if (staged || !directory) continue;
        const there = await directory.read({
          base: include,
          scope: 'base',
          filter: { present: 'objectClass' },
          attributes: ['1.1'],
          signal: context.signal,
        });
        if (there.length > 0) continue;
        const path = ['connectors', index, 'partitions', at, 'include', position];
        found.push(renamedOne(context, { connector, partition: partition.name, include, path, places }));
      }
    }
  }
  return found;
}

interface Renamed {
  readonly connector: EngineConnector;
  readonly partition: string;
  readonly include: string;
  readonly path: readonly (string | number)[];
  readonly places: readonly Place[];
}

function renamedOne(context: DiagnosisContext, r: Renamed): FindingFacts {
  const pending = clouds(context).reduce((n, c) => n + context.store.exports.counts(c.row.id).delete, 0);
  const now = presentName(r);
  const { name } = r.connector.row;
  return {
    code: 'ou-renamed',
    severity: pending > 0 ? 'error' : 'warning',
    root: [name, dnKey(r.include)].join('|'),
    attribute: 'include',
    value: r.include,
    summary: `The container ${r.include}, which the configuration of ${name} selects, does not exist any more${now ? `: its objects are in ${now} now` : ''}. ${pending > 0 ? `${counted(pending, 'delete')} ${pending === 1 ? 'is' : 'are'} pending because of it.` : 'Nothing below it is synchronized.'}`,
    objects: [
      { role: 'container', connector: name, dn: r.include },
      ...(now ? [{ role: 'container' as const, connector: name, dn: now }] : []),
    ],
    affected: pending,
    evidence: [
      { source: name, fact: `there is no object ${r.include}` },
      ...r.places
        .slice(0, 3)
        .flatMap((p) => (p.dn ? [{ source: name, fact: `an object that is to be deleted is ${p.dn} now` }] : [])),
    ],
    fix: now
      ? [configurationFix(context, `Select ${now} instead`, { path: r.path.slice(0, -1), from: r.include, to: now })]
      : [
          textFix(
            'Correct the selection',
            'configuration',
            `Replace ${JSON.stringify(r.include)} under "include" by the container that took its place, or take it out.`,
          ),
        ],
  };
}

/** The container that the objects below the old one are in now: as deep below the top as the old one was. */
function presentName({ include, places, connector }: Renamed): string | undefined {
  const depth = splitDn(include)?.length ?? 0;
  const scope = connector.settings.partitions.flatMap((p) => p.include.map(dnKey));
  const names = new Map<string, number>();
  for (const { dn, connector: of } of places) {
    if (!dn || of !== connector) continue;
    const parts = splitDn(dn) ?? [];
    const container = parts.slice(Math.max(1, parts.length - depth)).join(',');
    if (scope.some((key) => isAtOrBelow(dnKey(container), key))) continue;
    names.set(container, (names.get(container) ?? 0) + 1);
  }
  return [...names].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function tooMany(
  context: DiagnosisContext,
  cloud: EngineConnector,
  ids: readonly number[],
  places: readonly Place[],
): FindingFacts | undefined {
  const limit = context.facts.deletionThreshold;
  if (limit === 0 || ids.length <= limit) return undefined;
  const dns = ids.map((id) => context.store.cs.get(id)?.dn ?? String(id));
  const hash = deletePlanHash(cloud.row.name, dns);
  if (context.facts.isApproved?.(hash)) return undefined;
  const { name } = cloud.row;
  const causes = causesOf(context, ids, places);
  return {
    code: 'accidental-delete-threshold',
    root: name,
    value: String(ids.length),
    summary: `${ids.length} objects would be deleted in ${name}, and the limit is ${limit}: nothing at all is exported until somebody decides. ${causes.sentence}`,
    objects: ids.slice(0, 15).flatMap((id) => {
      const row = context.store.cs.get(id);
      return row ? [objectOf(context, row, 'target')] : [];
    }),
    affected: ids.length,
    evidence: causes.evidence,
    fix: [
      textFix(
        'If they are a mistake',
        'directory',
        `${causes.repair} Then run "causeway sync": the deletes disappear by themselves.`,
      ),
      commandFix(`If they are right: approve exactly these ${ids.length}`, ['approve', name], {
        kind: 'approve-deletes',
        connector: name,
        hash,
      }),
    ],
  };
}

/** What is behind the deletes: gone from the directory, moved out of scope, or filtered by a rule. */
function causesOf(
  context: DiagnosisContext,
  ids: readonly number[],
  places: readonly Place[],
): { sentence: string; repair: string; evidence: Evidence[] } {
  const reasons = new Map<string, number>();
  for (const id of ids.slice(0, 2000)) {
    const last = context.store.records.journalOf(null, id).findLast((j) => j.kind === 'deprovisioned');
    const reason = last ? ((JSON.parse(last.detail) as { reason?: string }).reason ?? 'unknown') : 'unknown';
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const gone = places.filter((p) => p.dn === undefined).length;
  const containers = new Map<string, number>();
  for (const p of places) if (p.dn) containers.set(parentDn(p.dn), (containers.get(parentDn(p.dn)) ?? 0) + 1);
  const top = [...containers].sort((a, b) => b[1] - a[1])[0];
  const evidence: Evidence[] = [
    ...[...reasons].map(([reason, n]) => ({ source: 'journal', fact: `${n} because of ${reason}` })),
    ...(places.length > 0
      ? [
          {
            source: 'directory',
            fact: `of ${places.length} looked up, ${gone} are gone and ${[...containers.values()].reduce((a, b) => a + b, 0)} exist`,
          },
        ]
      : []),
    ...[...containers].slice(0, 5).map(([dn, n]) => ({ source: 'directory', fact: `${n} are in ${dn}` })),
  ];
  if (top && top[1] >= gone)
    return {
      sentence: `Their objects still exist, most of them in ${top[0]}, which is out of scope or filtered.`,
      repair: `Bring ${top[0]} back into scope (include, exclude, filters), or move the objects back.`,
      evidence,
    };
  if ((reasons.get('out-of-scope') ?? 0) > ids.length / 2)
    return {
      sentence: 'A rule no longer takes them in.',
      repair: 'Look at what changed in the rules or in the attribute they filter by.',
      evidence,
    };
  return {
    sentence: 'Their objects are gone from the directory.',
    repair: 'Restore the deleted objects in the directory (recycle bin).',
    evidence,
  };
}
