/**
 * A server in staging: what waits, whether anybody exports at all, and whether the active server would do the same. Servers
 * do not know each other; the tenant that both write to knows when somebody exported last.
 */
import type { PendingRow } from '../../store/reports.ts';
import type { EngineConnector } from '../../sync/context.ts';
import { clouds, counted, type Detector, type DiagnosisContext } from '../diagnose-context.ts';
import type { Evidence, FindingFacts } from '../findings/finding.ts';
import { attributesOf, identityObjects, nameOf } from '../findings/object.ts';
import { commandFix, textFix } from '../fix/text.ts';
import { sinceOf, whoSet } from './cycles.ts';
import { lastExportTo } from './live-cloud.ts';

export const staging: Detector = {
  name: 'staging',
  async detect(context) {
    if (context.focus || !context.facts.staging) return [];
    const found = [stagingMode(context)];
    for (const cloud of clouds(context)) {
      const last = await lastExportTo(context, cloud.row.name);
      // A tenant to which nobody ever exported is being set up: that is what staging mode is for.
      if (typeof last !== 'number') continue;
      const other =
        context.now - last > idleLimit(context) ? nobodyExports(context, cloud, last) : drift(context, cloud, last);
      if (other) found.push(other);
    }
    return found;
  },
};

const promote = commandFix('Make this server the active one', ['scheduler', 'set', 'StagingModeEnabled=false'], {
  kind: 'scheduler',
  field: 'StagingModeEnabled',
  value: 'false',
});
const lookFirst = commandFix('Look first at what would be exported', ['plan']);
const iso = (ms: number): string => new Date(ms).toISOString();

function stagingMode(context: DiagnosisContext): FindingFacts {
  const waiting = clouds(context).flatMap((c) =>
    context.store.reports.pendingGroups(c.row.id).map((g) => `${c.row.name}: ${g.operation} ${g.n} ${g.type ?? ''}`),
  );
  const n = clouds(context).reduce((sum, c) => {
    const counts = context.store.exports.counts(c.row.id);
    return sum + counts.add + counts.update + counts.delete;
  }, 0);
  return {
    code: 'staging-mode',
    root: 'staging',
    attribute: 'StagingModeEnabled',
    value: 'true',
    summary: `This server is in staging mode: it imports and synchronizes, but exports nothing. ${counted(n, 'export')} ${n === 1 ? 'waits' : 'wait'}.`,
    affected: n,
    evidence: [
      ...whoSet(context, 'StagingModeEnabled'),
      ...waiting.map((fact) => ({ source: 'pending exports', fact })),
    ],
    fix: [lookFirst, promote],
    ...sinceOf(context, 'StagingModeEnabled'),
  };
}

/** Milliseconds without an export after which no server is active: three hours, or two intervals if those are longer. */
const idleLimit = ({ facts }: DiagnosisContext): number =>
  Math.max(3 * 3_600_000, 2 * (facts.scheduler?.intervalMs ?? 0));

function nobodyExports(context: DiagnosisContext, cloud: EngineConnector, last: number): FindingFacts {
  const hours = Math.round((context.now - last) / 3_600_000);
  return {
    code: 'no-active-server',
    root: cloud.row.name,
    value: iso(last),
    summary: `Nobody exports to ${cloud.row.name}: this server is in staging mode, and no other one has finished an export for ${counted(hours, 'hour')}. What changes in the directories does not reach the cloud.`,
    objects: [{ role: 'connector', connector: cloud.row.name }],
    affected: 1,
    evidence: [
      { source: `Graph of ${cloud.row.name}`, fact: `onPremisesLastSyncDateTime is ${iso(last)}` },
      ...whoSet(context, 'StagingModeEnabled'),
    ],
    fix: [lookFirst, { ...promote, title: 'Make this server the active one, after stopping the other one for good' }],
    firstSeen: last + idleLimit(context),
  };
}

/** Objects compared one by one. */
const compared = 2000;
/** Milliseconds by which the clocks of the tenant and of this machine may differ before it means anything. */
const tolerance = 60_000;

/**
 * Exports that waited here already when the active server finished one, and that the import after it did not settle: the
 * other server did not want them, or the cloud refused them there.
 */
function drift(context: DiagnosisContext, cloud: EngineConnector, last: number): FindingFacts | undefined {
  const { store } = context;
  const seen = Math.max(
    ...['full-import', 'delta-import'].map((p) => store.reports.lastOfKind(cloud.row.id, p)?.started ?? 0),
  );
  if (seen <= last) return undefined;
  const rows = store.reports.pending({ connector: cloud.row.id, after: 0, limit: compared }).filter((row) => {
    const run = store.records.run(store.exports.get(row.cs)?.run ?? 0);
    return run !== undefined && (run.ended ?? run.started) + tolerance < last;
  });
  const [first] = rows;
  if (!first) return undefined;
  const objects = rows.slice(0, 20).flatMap((row) => identityObjects(context, row.cs, 'target'));
  const more = rows.length === 1 ? '' : ` and ${counted(rows.length - 1, 'other object')}`;
  return {
    code: 'staging-drift',
    root: cloud.row.name,
    summary: `This server would export other things to ${cloud.row.name} than the active one does: ${objects[0] ? nameOf(objects[0]) : first.dn}${more} ${rows.length === 1 ? 'was' : 'were'} waiting here when it finished its last export, and it left ${rows.length === 1 ? 'it' : 'them'} out. Rules or selection of the two differ, or the cloud refuses it there.`,
    objects,
    affected: rows.length,
    evidence: [
      { source: `Graph of ${cloud.row.name}`, fact: `the active server finished an export at ${iso(last)}` },
      ...rows.slice(0, 20).map((row) => difference(context, row)),
    ],
    fix: [
      lookFirst,
      textFix(
        'Compare the configurations',
        'configuration',
        'On the active server: causeway config export --format json --output active.json. Then here: causeway config diff active.json current',
      ),
    ],
  };
}

/** What one object is here and in the cloud. */
function difference(context: DiagnosisContext, row: PendingRow): Evidence {
  const there = attributesOf(context.store.cs.get(row.cs) ?? { attributes: null });
  const wanted = Object.entries(JSON.parse(row.attributes) as Record<string, unknown>);
  const values = wanted
    .slice(0, 5)
    .map(([name, value]) => `${name} here ${JSON.stringify(value)}, there ${JSON.stringify(there[name] ?? null)}`);
  return {
    source: 'pending export',
    fact: `${row.operation} ${row.dn}${row.operation === 'update' ? `: ${values.join('; ')}` : ''}`,
  };
}
