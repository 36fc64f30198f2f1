/** One person who is in the cloud twice, because no join rule unites two accounts (casebook: duplicate-person). */
import type { Attributes } from '../../model/value.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import { connectorOf, type Detector, type DiagnosisContext } from '../diagnose-context.ts';
import type { Evidence, FindingFacts, Fix } from '../findings/finding.ts';
import { cloudRow, identityObjects, nameOf, namesOf, objectOf, text } from '../findings/object.ts';
import { exclusionOf, stepsFix } from '../fix/configuration-text.ts';
import { textFix } from '../fix/text.ts';
import { decideKeeper, incomingSide, standingOf, type Verdict } from './conflict-sides.ts';

export const people: Detector = {
  name: 'people',
  detect: samePeople,
};

const valuesOf = (mv: Pick<MvRow, 'attributes'>): Attributes => JSON.parse(mv.attributes) as Attributes;

/** Attributes that tell people apart, and how much each says. Two points make a pair. */
const marks: readonly (readonly [name: string, points: number])[] = [
  ['employeeID', 2],
  ['mail', 2],
  ['accountName', 1],
  ['displayName', 1],
];

/** Pairs of which directory and tenant are asked who should stay; of others only what was imported is known. */
const asked = 20;

/** Persons from different connectors who agree in what tells people apart, and are in the cloud both. */
async function samePeople(context: DiagnosisContext): Promise<FindingFacts[]> {
  const pairs = new Map<string, [number, number]>();
  for (const name of ['displayName', 'accountName', 'mail']) {
    const attribute = context.store.attributes.find(name);
    if (attribute === undefined) continue;
    for (const ids of namesakes(context, attribute, name)) {
      // A name that so many share tells nobody apart.
      if (ids.length < 2 || ids.length > 4) continue;
      ids.forEach((a, i) => {
        for (const b of ids.slice(i + 1))
          pairs.set(`${Math.min(a, b)} ${Math.max(a, b)}`, [Math.min(a, b), Math.max(a, b)]);
      });
    }
  }
  const found: FindingFacts[] = [];
  const { live: _, ...offline } = context;
  for (const [i, [a, b]] of [...pairs.values()].entries()) {
    const finding = await samePerson(i < asked ? context : offline, a, b);
    if (finding) found.push(finding);
  }
  return found;
}

/** Identities that share a search key: all such groups, or the one of the focus. */
function namesakes(context: DiagnosisContext, attribute: number, name: string): readonly (readonly number[])[] {
  const { focus, store } = context;
  if (!focus) return store.diagnosis.sharedKeys(attribute).map((s) => s.ids);
  const mv = focus.mv === null ? undefined : store.mv.get(focus.mv);
  const value = mv && text(valuesOf(mv), name);
  return value === undefined ? [] : [store.mv.findKey(attribute, value.toLowerCase())];
}

async function samePerson(context: DiagnosisContext, a: number, b: number): Promise<FindingFacts | undefined> {
  const { store } = context;
  const [first, second] = [store.mv.get(a), store.mv.get(b)];
  if (first?.type !== 'person' || second?.type !== 'person') return undefined;
  const [x, y] = [valuesOf(first), valuesOf(second)];
  const agree = marks.filter(([name]) => {
    const [v, w] = [text(x, name), text(y, name)];
    return v !== undefined && w !== undefined && v.toLowerCase() === w.toLowerCase();
  });
  if (agree.reduce((sum, [, points]) => sum + points, 0) < 2) return undefined;
  const ends = [a, b].map((mv) => store.mv.links(mv).find((l) => !isCloudConnector(context, l.connector)));
  const [left, right] = ends;
  if (!left || !right || left.connector === right.connector) return undefined;
  const rows = [store.cs.get(left.cs), store.cs.get(right.cs)];
  if (!rows[0] || !rows[1] || !rows.every((r) => r && cloudRow(context, r))) return undefined;
  const objects = [...identityObjects(context, left.cs, 'source'), ...identityObjects(context, right.cs, 'source')];
  const best = agree.find(([, points]) => points === 2)?.[0] ?? 'accountName';
  const shared = agree.map(([name]) => `${name} ${text(x, name)}`);
  const verdict = decideKeeper(
    await standingOf(context, incomingSide(context, (cloudRow(context, rows[0]) ?? rows[0]).id)),
    await standingOf(context, incomingSide(context, (cloudRow(context, rows[1]) ?? rows[1]).id)),
  );
  return {
    code: 'duplicate-person',
    root: [a, b].join('|'),
    attribute: agree[0]?.[0],
    value: text(x, agree[0]?.[0] ?? ''),
    summary: `${namesOf(objects).join(' and ')} are probably one person: ${shared.join(', ')} agree. No join rule unites them, so the cloud has two users.`,
    objects,
    affected: 2,
    evidence: [
      ...shared.map((fact): Evidence => ({ source: 'metaverse', fact: `both have ${fact}` })),
      { source: 'comparison', fact: `${keptText(objects, verdict)}, because ${verdict.why}` },
    ],
    fix: unite(context, best, verdict, [rows[0], rows[1]]),
  };
}

const keptText = (objects: Parameters<typeof namesOf>[0], { keeper }: Verdict): string =>
  keeper === 'undecided'
    ? 'nothing tells whose cloud user should stay'
    : `the cloud user of ${namesOf(objects)[keeper === 'incoming' ? 0 : 1]} should stay`;

/**
 * A join rule alone unites only who comes after it: an account that has an identity keeps it. So one of the two leaves the
 * selection for a cycle, its user in the cloud goes, and it comes back to the identity of the other.
 */
function unite(
  context: DiagnosisContext,
  attribute: string,
  verdict: Verdict,
  [first, second]: readonly [CsRow, CsRow],
): Fix[] {
  const value = attribute === 'mail' || attribute === 'accountName' ? attribute : { attribute };
  const order = verdict.keeper === 'holder' ? [first, second] : [second, first];
  const fixes = order.flatMap((row) => {
    const exclusion = exclusionOf(context, row);
    const who = nameOf(objectOf(context, row, 'source'));
    const title = `Join everybody who agrees in ${attribute}; ${who} of ${connectorOf(context, row)?.row.name ?? ''} loses its own user in the cloud and comes to the other (look first: "causeway plan" in staging mode after step 2)`;
    if (!exclusion) return [];
    const steps = [
      { path: ['rules', 'userJoin'], value },
      exclusion.there,
      { cycle: 'delta' as const },
      exclusion.back,
    ];
    return [stepsFix(context, title, steps)];
  });
  return fixes.length > 0
    ? fixes
    : [textFix('Join people across the directories', 'configuration', `rules:\n  userJoin: ${JSON.stringify(value)}`)];
}

const isCloudConnector = (context: DiagnosisContext, connector: number): boolean =>
  context.engine.byId.get(connector)?.settings.connector.type === 'entra';
