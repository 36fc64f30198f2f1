/** Users of the cloud that the export takes over, and which of their values it overwrites (casebook: cloud-only-owner). */
import { inParallel } from '../../connectors/active-directory/parallel.ts';
import { changedProperties, graphProperties } from '../../entra/graph-form.ts';
import { holderSide, incomingSide, sideObjects } from '../detectors/conflict-sides.ts';
import { originOf } from '../detectors/origin.ts';
import type { Detector, DiagnosisContext } from '../diagnose-context.ts';
import type { FindingFacts } from '../findings/finding.ts';
import { attributesOf, nameOf, text, wantedAttributes } from '../findings/object.ts';
import { bulkFix, type DirectoryTarget, swap } from '../fix/text.ts';
import type { Plan } from './model.ts';

/** Take-overs of which the values are compared, and requests that are under way at a time. */
const most = 200;
const atOnce = 8;

/** Asked of a plan only: afterwards nobody knows what there was. */
export const takeovers = (plan: Plan): Detector => ({
  name: 'takeovers',
  async detect(context) {
    const all = plan.connectors.flatMap(({ connector, prediction }) =>
      (prediction?.takeovers ?? []).map((t) => ({ ...t, connector })),
    );
    return (await inParallel(all.slice(0, most), atOnce, (t) => findingOf(context, t))).flatMap((f) => f ?? []);
  },
});

interface Takeover {
  readonly connector: string;
  readonly cs: number;
  readonly id: string;
  readonly by: string;
}

interface Overwritten {
  /** Name in Graph, and what stands there and will stand there. */
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Property of the sync plane that it follows from. */
  readonly property: string;
}

async function findingOf(context: DiagnosisContext, t: Takeover): Promise<FindingFacts | undefined> {
  const row = context.store.cs.get(t.cs);
  const connector = context.engine.all.find((c) => c.row.name === t.connector);
  const tenant = await context.live?.tenant(t.connector);
  if (!row || !connector || !tenant || row.object_type !== 'user') return undefined;
  const overwritten = await overwrittenBy(context, tenant, t);
  if (!overwritten) return undefined;
  const incoming = sideObjects(context, incomingSide(context, t.cs), 'incoming', {});
  const holder = sideObjects(context, await holderSide(context, connector, t.id), 'holder', {});
  const [who, whom] = [incoming[0] ? nameOf(incoming[0]) : row.dn, holder[0] ? nameOf(holder[0]) : t.id];
  const how = t.by === 'hard' ? 'by its source anchor (hard match)' : 'by sign-in name or primary address (soft match)';
  const told = overwritten.map((o) => `${o.name}: ${JSON.stringify(o.before)} becomes ${JSON.stringify(o.after)}`);
  return {
    code: 'cloud-only-owner',
    title: 'An object made in the cloud will be taken over',
    severity: 'info',
    root: ['takeover', t.connector, t.cs, t.id].join('|'),
    ...(overwritten[0] ? { attribute: overwritten[0].name } : {}),
    summary: `${who} matches the cloud user ${whom} ${how} and takes it over. ${overwritten.length === 0 ? 'No value there is overwritten.' : `These values there are overwritten: ${told.slice(0, 5).join('; ')}${told.length > 5 ? '; …' : ''}.`}`,
    objects: [...incoming, ...holder],
    affected: 1,
    evidence: told.map((fact) => ({ source: `Graph of ${t.connector}`, fact })),
    fix: keeping(context, t.cs, overwritten),
  };
}

/** Values that are there and will be others; undefined if the user cannot be read. */
async function overwrittenBy(
  context: DiagnosisContext,
  tenant: NonNullable<Awaited<ReturnType<NonNullable<DiagnosisContext['live']>['tenant']>>>,
  { cs, id }: Takeover,
): Promise<readonly Overwritten[] | undefined> {
  const row = context.store.cs.get(cs);
  const wanted = row ? wantedAttributes(context, row) : {};
  const after = new Map<string, { readonly value: unknown; readonly property: string }>();
  for (const property of Object.keys(wanted))
    for (const [name, value] of Object.entries(graphProperties('user', [property], wanted, {})))
      if (!name.startsWith('onPremises') && !name.startsWith('extension_')) after.set(name, { value, property });
  if (after.size === 0) return [];
  const answer = await tenant.graph({
    method: 'GET',
    path: `/v1.0/users/${id}?$select=id,${[...after.keys()].join(',')}`,
  });
  if (answer.status !== 200) return undefined;
  const before = answer.body as Readonly<Record<string, unknown>>;
  const changed = changedProperties(before, Object.fromEntries([...after].map(([name, { value }]) => [name, value])));
  return Object.entries(changed).flatMap(([name, value]) => {
    const had = before[name];
    const isNothing = had === undefined || had === null || (Array.isArray(had) && had.length === 0);
    return isNothing ? [] : [{ name, before: had, after: value, property: after.get(name)?.property ?? name }];
  });
}

/** What is to stay has to be in the directory before. */
function keeping(context: DiagnosisContext, cs: number, overwritten: readonly Overwritten[]) {
  const row = context.store.cs.get(cs);
  const targets = overwritten.flatMap((o): DirectoryTarget[] => {
    const origin = row && originOf(context, row, o.property);
    const stored = origin && text(attributesOf(origin.row), origin.attribute);
    // A name to sign in with is what they matched by, or moves on purpose.
    if (!origin || stored === undefined || typeof o.before !== 'string' || o.name === 'userPrincipalName') return [];
    return [{ connector: origin.connector, dn: origin.row.dn, changes: swap(origin.attribute, stored, o.before) }];
  });
  return targets.length === 0
    ? []
    : [bulkFix('If the values of the cloud are right: write them into the directory before the export', targets)];
}
