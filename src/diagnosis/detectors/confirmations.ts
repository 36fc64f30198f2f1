/** Exports that did not stick, and the sign that somebody else writes to the same tenant. */
import { hostname } from 'node:os';
import type { EngineConnector } from '../../sync/context.ts';
import {
  clouds,
  connectorOf,
  counted,
  type Detector,
  type DiagnosisContext,
  firstSeen,
  groupBy,
  lastSeen,
  type StoredError,
  storedErrors,
} from '../diagnose-context.ts';
import type { Evidence, FindingFacts } from '../findings/finding.ts';
import { identityObjects, nameOf } from '../findings/object.ts';
import { commandFix, textFix } from '../fix/text.ts';
import { lastExportTo, readSynchronization } from './live-cloud.ts';

export const confirmations: Detector = {
  name: 'confirmations',
  async detect(context) {
    // A server in staging is not the one whose word counts: what the active one writes there is no contradiction.
    if (context.facts.staging) return [];
    const errors = storedErrors(context, 'confirm').filter((e) => isOpen(context, e));
    const found: FindingFacts[] = [];
    for (const group of groupBy(
      errors,
      (e) => `${context.store.cs.get(e.cs)?.connector}|${e.attribute ?? ''}`,
    ).values())
      found.push(await notConfirmed(context, group));
    if (context.focus) return found;
    for (const cloud of clouds(context)) {
      const other = await otherEngine(context, cloud);
      if (other && !found.some((f) => f.code === 'both-engines-one-object'))
        found.push({
          code: 'two-active-servers',
          root: cloud.row.name,
          summary: `Somebody else${other.machine === undefined ? '' : ` (${other.machine})`} synchronizes to ${cloud.row.name}: it finished an export at ${other.at}, and the last export of this server ended at ${other.own}.`,
          objects: [{ role: 'connector', connector: cloud.row.name }],
          affected: 1,
          evidence: other.evidence,
          fix: otherFixes,
        });
    }
    return found;
  },
};

/** What was found missing is on its way again. If nothing is, the directory came to the same by itself. */
function isOpen(context: DiagnosisContext, { cs, attribute }: StoredError): boolean {
  const { exports } = context.store;
  const texts = [exports.get(cs)?.attributes, exports.unconfirmed(cs)?.attributes].filter((t) => t !== undefined);
  return texts.some((t) => attribute === undefined || Object.hasOwn(JSON.parse(t) as object, attribute));
}

const otherFixes = [
  textFix(
    'Leave this server the active one',
    'configuration',
    'Stop the other server (a second Causeway, Entra Connect, Cloud Sync), or put it into staging mode. The finding is gone with the next export of this one.',
  ),
  commandFix(
    'Or leave the other one active: this one goes into staging mode',
    ['scheduler', 'set', 'StagingModeEnabled=true'],
    {
      kind: 'scheduler',
      field: 'StagingModeEnabled',
      value: 'true',
    },
  ),
];

async function notConfirmed(context: DiagnosisContext, group: readonly StoredError[]): Promise<FindingFacts> {
  const first = group[0] as StoredError;
  const row = context.store.cs.get(first.cs);
  const connector = row && connectorOf(context, row);
  const name = connector?.row.name ?? '';
  const objects = group.slice(0, 20).flatMap((e) => identityObjects(context, e.cs, 'target'));
  const other = connector ? await otherEngine(context, connector) : undefined;
  const common = {
    root: [name, first.attribute ?? ''].join('|'),
    errorCode: first.code,
    attribute: first.attribute,
    value: first.facts.returned,
    objects,
    affected: group.length,
    firstSeen: firstSeen(group),
    lastSeen: lastSeen(group),
  };
  const sent = first.facts.sent ? ` Sent was ${first.facts.sent}, back came ${first.facts.returned ?? 'nothing'}.` : '';
  const evidence = group.slice(0, 5).map((e) => ({ source: `import of ${name}`, fact: e.message }));
  if (other)
    return {
      ...common,
      code: 'both-engines-one-object',
      summary: `${first.attribute ?? 'Attributes'} of ${counted(group.length, 'object')} changed in ${name} after this server had written ${group.length === 1 ? 'it' : 'them'}, and another synchronization client exported to it meanwhile.${sent}`,
      evidence: [...evidence, ...other.evidence],
      fix: otherFixes,
    };
  return {
    ...common,
    code: 'export-not-confirmed',
    summary: `${name} took the export of ${first.attribute ?? 'an object'} of ${objects[0] ? nameOf(objects[0]) : 'an object'}${group.length > 1 ? ` and ${counted(group.length - 1, 'other object')}` : ''}, but returns something else.${sent} It is sent again${first.count > 1 ? `; this happened ${first.count} times` : ''}.`,
    evidence,
    fix: [
      commandFix('Send it again and look', ['sync'], { kind: 'cycle', policy: 'delta' }),
      textFix(
        'If it stays',
        'cloud',
        'Somebody or something in the cloud changes the value after it was written: look into the audit log of the tenant.',
      ),
    ],
  };
}

/** Milliseconds by which two clocks may differ before it means anything. */
const tolerance = 60_000;

interface OtherEngine {
  readonly at: string;
  readonly own: string;
  /** Name of the other machine, if the tenant tells it. */
  readonly machine?: string;
  readonly evidence: readonly Evidence[];
}

/** A finished export in the tenant that is not ours. */
async function otherEngine(context: DiagnosisContext, connector: EngineConnector): Promise<OtherEngine | undefined> {
  const at = await lastExportTo(context, connector.row.name);
  const last = context.store.reports.lastOfKind(connector.row.id, 'export');
  const own = last?.ended ?? 0;
  if (typeof at !== 'number' || own === 0 || at <= own + tolerance) return undefined;
  const [theirs, ours] = [new Date(at).toISOString(), new Date(own).toISOString()];
  const tenant = await context.live?.tenant(connector.row.name);
  const { machine } = (tenant && (await readSynchronization(tenant))) ?? {};
  const source = `Graph of ${connector.row.name}`;
  const { engine } = context.facts;
  return {
    at: theirs,
    own: ours,
    ...(machine === undefined ? {} : { machine }),
    evidence: [
      { source, fact: `onPremisesLastSyncDateTime is ${theirs}` },
      {
        source: 'the other server',
        fact:
          machine === undefined
            ? `${source} does not tell which machine exported last (OnPremDirectorySynchronization.Read.All)`
            : `the last export came from ${machine} (clientMachineName of currentExportData)`,
      },
      { source: 'this server', fact: `${hostname()}; its last export ended at ${ours}` },
      { source: 'lease', fact: engine ? `${engine.state}: ${engine.detail}` : 'not known' },
    ],
  };
}
