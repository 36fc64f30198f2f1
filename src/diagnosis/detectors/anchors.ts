/**
 * Source anchors: the whole population reads them elsewhere than before, one account has another one than the cloud
 * knows, or two accounts have the same one (entra-directory s.1.6).
 */
import { attributeOf } from '../../ldap/text.ts';
import { type Attributes, isBinary } from '../../model/value.ts';
import {
  clouds,
  connectorOf,
  counted,
  type Detector,
  type DiagnosisContext,
  firstSeen,
  lastSeen,
  type StoredError,
  sourceRows,
  storedErrors,
  withoutFocus,
} from '../diagnose-context.ts';
import type { Evidence, FindingFacts } from '../findings/finding.ts';
import { attributesOf, cloudIdOf, identityObjects, nameOf, namesOf, objectOf, text } from '../findings/object.ts';
import { configurationFix } from '../fix/configuration-text.ts';
import { directoryFix, textFix } from '../fix/text.ts';
import { decideKeeper, incomingSide, standingOf } from './conflict-sides.ts';
import { readRow } from './live-directory.ts';

const consistencyGuid = 'mS-DS-ConsistencyGuid';

/** The guard of the out-of-box rule that lets nobody change the anchor of a cloud object. */
export const isAnchorError = (e: StoredError): boolean => /SourceAnchor attribute has changed/i.test(e.message);

export const anchors: Detector = {
  name: 'anchors',
  async detect(context) {
    return [
      ...(await changedAttribute(context)),
      ...(await changedAnchors(context)),
      ...(await copiedAnchors(context)),
    ];
  },
};

/** So many objects at once are not as many accidents. */
const massFrom = 20;

async function changedAttribute(context: DiagnosisContext): Promise<FindingFacts[]> {
  const errors = storedErrors(withoutFocus(context), 'sync').filter(isAnchorError);
  const now = context.facts.sourceAnchor;
  const found: FindingFacts[] = [];
  for (const cloud of clouds(context)) {
    const tenant = await context.live?.tenant(cloud.row.name);
    const remembered = tenant?.company.sourceAnchorAttribute;
    const told = remembered !== undefined && now !== undefined && remembered.toLowerCase() !== now.toLowerCase();
    if (!told && !isMass(context, errors)) continue;
    const agreeing = told ? undefined : await attributeOfAnchors(context, errors);
    const before = told ? remembered : agreeing?.attribute;
    const rows = errors.slice(0, 5).flatMap((e) => identityObjects(context, e.cs, 'source'));
    found.push({
      code: 'anchor-attribute-changed',
      root: cloud.row.name,
      attribute: 'sourceAnchor',
      ...(now === undefined ? {} : { value: now }),
      summary: `The source anchor is read from ${now ?? 'another attribute'} now${before ? `, but the cloud's objects were made with ${before}` : ''}: ${counted(errors.length, 'object')} no longer match${errors.length === 1 ? 'es' : ''} what the cloud holds. Nothing of them is exported until the attribute is the former one again.`,
      objects: [{ role: 'connector', connector: cloud.row.name }, ...rows],
      affected: errors.length,
      evidence: [
        ...(told
          ? [{ source: `company configuration of ${cloud.row.name}`, fact: `anchors were made from ${before}` }]
          : []),
        ...(agreeing
          ? [{ source: 'comparison', fact: `${agreeing.n} of ${agreeing.of} anchors of the cloud are in ${before}` }]
          : []),
        { source: 'configuration', fact: `sourceAnchor: ${now ?? 'unknown'}` },
        ...(errors[0] ? [{ source: 'synchronization', fact: `${errors.length} times: ${errors[0].message}` }] : []),
      ],
      fix:
        before === undefined
          ? [
              textFix(
                'Read the anchor from the former attribute again',
                'configuration',
                'No attribute of these objects has the anchors that the cloud knows. "causeway config versions" shows which attribute "sourceAnchor" named before.',
              ),
            ]
          : [
              configurationFix(context, `Read the anchor from ${before} again`, {
                path: ['sourceAnchor'],
                value: before,
              }),
            ],
      ...(errors.length > 0 ? { firstSeen: firstSeen(errors), lastSeen: lastSeen(errors) } : {}),
    });
  }
  return found;
}

function isMass(context: DiagnosisContext, errors: readonly StoredError[]): boolean {
  return errors.length >= massFrom && errors.length > context.store.mv.count() / 2;
}

/** Objects that are looked at to find out where anchors came from. */
const sampled = 20;
/** Attributes that are preferred if several have the anchor: the one that is written back comes first. */
const usual = [consistencyGuid, 'objectGUID'];

/** The attribute in which most of the anchors stand that the cloud knows. */
async function attributeOfAnchors(
  context: DiagnosisContext,
  errors: readonly StoredError[],
): Promise<{ readonly attribute: string; readonly n: number; readonly of: number } | undefined> {
  const votes = new Map<string, number>();
  let of = 0;
  for (const error of errors.slice(0, sampled)) {
    const link = context.store.mv.link(error.cs);
    const mv = link && context.store.mv.get(link.mv);
    const anchor = mv && text(JSON.parse(mv.attributes) as Attributes, 'cloudSourceAnchor');
    if (anchor === undefined) continue;
    of++;
    const found = new Set<string>();
    for (const row of sourceRows(context, error.cs)) {
      for (const [name, value] of Object.entries(attributesOf(row)))
        if (value === anchor || (isBinary(value) && value.base64 === anchor)) found.add(name);
      // Nobody imports it while another attribute is the anchor.
      const live = attributeOf((await readRow(context, row, [consistencyGuid])) ?? nothing, consistencyGuid);
      if (live?.values[0]?.toString('base64') === anchor) found.add(consistencyGuid);
    }
    for (const name of found) votes.set(name, (votes.get(name) ?? 0) + 1);
  }
  const rank = (name: string) => (usual.includes(name) ? usual.indexOf(name) : usual.length);
  const [best] = [...votes].sort((a, b) => b[1] - a[1] || rank(a[0]) - rank(b[0]));
  return best && best[1] > of / 2 ? { attribute: best[0], n: best[1], of } : undefined;
}
const nothing = { dn: '', attributes: [] };

/** An account whose anchor is another one than that of its cloud object. */
async function changedAnchors(context: DiagnosisContext): Promise<FindingFacts[]> {
  const errors = storedErrors(context, 'sync').filter(isAnchorError);
  if (isMass(context, errors)) return [];
  return errors.flatMap((error) => {
    const row = context.store.cs.get(error.cs);
    const link = row && context.store.mv.link(row.id);
    const mv = link && context.store.mv.get(link.mv);
    if (!row || !mv) return [];
    const values = JSON.parse(mv.attributes) as Attributes;
    const [now, before] = [text(values, 'sourceAnchor'), text(values, 'cloudSourceAnchor')];
    const connector = connectorOf(context, row)?.row.name ?? '';
    const who = nameOf(objectOf(context, row, 'incoming'));
    const moved = storedBefore(context, mv.id).some((c) => c !== row.connector);
    const is16 = before !== undefined && Buffer.from(before, 'base64').length === 16;
    return [
      {
        code: moved ? ('anchor-changed-forest-move' as const) : ('anchor-changed-recreated' as const),
        root: before ?? row.dn,
        errorCode: error.code,
        attribute: 'sourceAnchor',
        ...(now === undefined ? {} : { value: now }),
        summary: `${who} has the source anchor ${now ?? ''} now, but its cloud object was made with ${before ?? 'another one'}. An anchor never changes, so nothing is exported for it.`,
        objects: identityObjects(context, row.id, 'incoming'),
        evidence: [{ source: 'synchronization', fact: error.message }, ...journalEvidence(context, mv.id)],
        fix:
          is16 && (context.facts.sourceAnchor ?? consistencyGuid) === consistencyGuid
            ? [
                directoryFix(`Give ${who} its former anchor again`, connector, row.dn, [
                  { operation: 'replace', attribute: consistencyGuid, values: [{ base64: before }] },
                ]),
              ]
            : [textFix('Write the former anchor back', 'directory', `The cloud knows ${before ?? ''}.`)],
        firstSeen: error.firstSeen,
        lastSeen: error.lastSeen,
      },
    ];
  });
}

/** Connectors of objects that were linked to the identity before. */
function storedBefore(context: DiagnosisContext, mv: number): number[] {
  return context.store.records
    .journalOf(mv, null)
    .filter((j) => j.kind === 'unlinked' && j.cs !== null)
    .flatMap((j) => context.store.cs.get(j.cs as number)?.connector ?? []);
}

function journalEvidence(context: DiagnosisContext, mv: number): Evidence[] {
  return context.store.records
    .journalOf(mv, null)
    .filter((j) => j.kind === 'unlinked' || j.kind === 'linked')
    .slice(-4)
    .map((j) => ({ source: 'journal', fact: `${new Date(j.time).toISOString()} ${j.kind} ${j.detail}` }));
}

/** Two identities with one anchor: a migration tool copied it along (casebook: duplicate-source-anchor). */
async function copiedAnchors(context: DiagnosisContext): Promise<FindingFacts[]> {
  const attribute = context.store.attributes.find('sourceAnchor');
  if (attribute === undefined) return [];
  const found: FindingFacts[] = [];
  for (const { value, ids } of context.store.diagnosis.sharedKeys(attribute)) {
    if (context.focus && !ids.includes(context.focus.mv ?? -1)) continue;
    const finding = await copied(context, value, ids);
    if (finding) found.push(finding);
  }
  return found;
}

async function copied(
  context: DiagnosisContext,
  key: string,
  ids: readonly number[],
): Promise<FindingFacts | undefined> {
  const identities = ids.flatMap((id) => context.store.mv.get(id) ?? []);
  const anchor = identities.map((mv) => text(JSON.parse(mv.attributes) as Attributes, 'sourceAnchor'))[0];
  // Keys ignore letter case and anchors do not: only equal ones are copies.
  const same = identities.filter((mv) => text(JSON.parse(mv.attributes) as Attributes, 'sourceAnchor') === anchor);
  if (anchor === undefined || same.length < 2 || new Set(same.map((mv) => mv.type)).size > 1) return undefined;
  const sides = same.flatMap((mv) => {
    const links = context.store.mv.links(mv.id);
    const own = links.find((l) => context.engine.byId.get(l.connector)?.settings.connector.type !== 'entra');
    const cloud = links.find((l) => l !== own);
    return own ? [{ own: own.cs, since: own.time, cloud: cloud ? context.store.cs.get(cloud.cs) : undefined }] : [];
  });
  // Live is whose cloud object exists; of several the account that the anchor is the objectGUID of, then the elder.
  const [live, ...rest] = sides.sort(
    (a, b) => Number(b.cloud?.anchor != null) - Number(a.cloud?.anchor != null) || a.since - b.since,
  );
  const left = rest[0];
  if (!live || !left) return undefined;
  const standings = [
    incomingSide(context, left.cloud?.id ?? left.own),
    incomingSide(context, live.cloud?.id ?? live.own),
  ];
  const verdict = decideKeeper(
    await standingOf(context, standings[0] as never),
    await standingOf(context, standings[1] as never),
  );
  const rowLeft = context.store.cs.get(left.own);
  const rowLive = context.store.cs.get(live.own);
  if (!rowLeft || !rowLive) return undefined;
  const [abandoned, alive] = [objectOf(context, rowLeft, 'incoming'), objectOf(context, rowLive, 'holder')];
  const copy = attributesOf(rowLeft)[consistencyGuid];
  return {
    code: 'duplicate-source-anchor',
    root: key,
    attribute: consistencyGuid,
    value: anchor,
    summary: `${namesOf([abandoned, alive]).join(' and ')} have the same source anchor. ${nameOf(alive)} is the one the cloud knows${live.cloud?.anchor ? ` (${cloudIdOf(live.cloud.anchor)})` : ''}; the other was given a copy, usually by a migration tool. Clear it there only: on ${nameOf(alive)} the change would delete the cloud object.`,
    objects: [abandoned, alive],
    evidence: [
      {
        source: `connector space of ${abandoned.connector ?? ''}`,
        fact: `${consistencyGuid} of ${rowLeft.dn} is ${anchor}`,
      },
      {
        source: `connector space of ${alive.connector ?? ''}`,
        fact: `${consistencyGuid} of ${rowLive.dn} is ${anchor}`,
      },
      {
        source: 'comparison',
        fact: `by account, mailbox and age the ${verdict.keeper} one would keep it, because ${verdict.why}`,
      },
    ],
    fix:
      copy !== undefined && typeof copy === 'object' && 'base64' in copy
        ? [
            directoryFix(`Clear the copied anchor of ${nameOf(abandoned)}`, abandoned.connector ?? '', rowLeft.dn, [
              { operation: 'delete', attribute: consistencyGuid, values: [copy] },
            ]),
          ]
        : [textFix('Give one of them an anchor of its own', 'directory', `Both have ${anchor}.`)],
  };
}
