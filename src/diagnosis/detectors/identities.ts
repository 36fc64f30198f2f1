/** Identities that the cloud has twice, or not at all for a reason that somebody should know of. */
import type { Attributes } from '../../model/value.ts';
import type { MvRow } from '../../store/metaverse.ts';
import { clouds, counted, type Detector, type DiagnosisContext, groupBy } from '../diagnose-context.ts';
import type { CaseCode } from '../findings/cases.ts';
import type { FindingFacts, FindingObject } from '../findings/finding.ts';
import { cloudRow, identityObjects, namesOf, text } from '../findings/object.ts';
import { directoryFix, grantCommand, powershellFix, swap, textFix } from '../fix/text.ts';

export const identities: Detector = {
  name: 'identities',
  detect: (context) => [...withoutObject(context), ...samePeople(context), ...sameNicknames(context)],
};

const valuesOf = (mv: Pick<MvRow, 'attributes'>): Attributes => JSON.parse(mv.attributes) as Attributes;

/** Why a person has no cloud object; undefined where that is as it should be (filters, devices, contacts). */
function reasonOf(type: string, values: Attributes): CaseCode | undefined {
  if (type !== 'person' || values.cloudFiltered === true) return undefined;
  const isAccount = values.accountName !== undefined;
  if (isLinkedMailbox(values)) return 'linked-mailbox-without-account';
  if (!isAccount && values.sourceObjectType !== 'User') return undefined;
  if (values.sourceAnchor === undefined) return 'no-anchor';
  return values.accountEnabled === undefined ? 'no-account-enabled' : undefined;
}

/** The recipient type 2 of Exchange: the mailbox belongs to an account in another forest. */
const isLinkedMailbox = (v: Attributes): boolean =>
  v.msExchRecipientTypeDetails === 2 && v.sourceObjectType === undefined;

const explanations: Readonly<Record<string, { summary(n: number): string; fix: string }>> = {
  'linked-mailbox-without-account': {
    summary: (n) =>
      `${counted(n, 'linked mailbox')} ${n === 1 ? 'belongs' : 'belong'} to an account in another forest that was not found here: nothing is synchronized until that account is, or the mailbox is converted.`,
    fix: 'Bring the forest (or the container) with the active account into scope, so that the two join by msExchMasterAccountSid; or convert the mailbox: Set-Mailbox -Identity <mailbox> -LinkedMasterAccount $null',
  },
  'no-anchor': {
    summary: (n) =>
      `${counted(n, 'account')} ${n === 1 ? 'has' : 'have'} no value in the attribute that the source anchor comes from, so the cloud could not recognize ${n === 1 ? 'it' : 'them'} again.`,
    fix: 'Fill the attribute that "sourceAnchor" in causeway.yaml names, or choose another one before anything was exported.',
  },
  'no-account-enabled': {
    summary: (n) =>
      `For ${counted(n, 'account')} it is not known whether it is enabled (userAccountControl cannot be read), so nothing is synchronized.`,
    fix: 'Let the account of the connector read userAccountControl of these objects, and run: causeway sync --policy initial',
  },
};

function withoutObject(context: DiagnosisContext): FindingFacts[] {
  const found: { code: CaseCode; mv: number }[] = [];
  for (const cloud of clouds(context)) {
    for (const mv of candidates(context, cloud.row.id)) {
      const code = reasonOf(mv.type, valuesOf(mv));
      if (code) found.push({ code, mv: mv.id });
    }
  }
  return [...groupBy(found, (f) => f.code)].map(([code, group]) => {
    const told = explanations[code]!;
    return {
      code: code as CaseCode,
      root: context.focus ? `mv ${context.focus.mv}` : 'all',
      ...(code === 'no-anchor' ? { attribute: context.facts.sourceAnchor ?? 'sourceAnchor' } : {}),
      ...(code === 'no-account-enabled' ? { attribute: 'userAccountControl' } : {}),
      summary: `${told.summary(group.length)}${whoOf(group.flatMap((g, i) => (i < 3 ? objectsOf(context, g.mv) : [])))}`,
      objects: group.slice(0, 20).flatMap((g) => objectsOf(context, g.mv)),
      affected: group.length,
      evidence: [{ source: 'metaverse', fact: `${group.length} times: ${conditionText[code] ?? ''}` }],
      fix: [
        ...(code === 'no-account-enabled' ? readFixes(context, group) : []),
        textFix('What to do', 'directory', told.fix),
      ],
    };
  });
}

const whoOf = (objects: readonly FindingObject[]): string =>
  objects.length === 0 ? '' : ` ${objects.length === 1 ? 'It is' : 'Among them are'} ${namesOf(objects).join(', ')}.`;

/** The right to read one attribute, on each object that lacks it. */
function readFixes(context: DiagnosisContext, group: readonly { readonly mv: number }[]) {
  const grants = group.slice(0, 20).flatMap((g) =>
    objectsOf(context, g.mv).flatMap((o) => {
      const account = context.facts.endpoints?.find((e) => e.connector === o.connector)?.user ?? '<account>';
      return o.dn === undefined ? [] : [grantCommand(o.dn, `${account}:RP;userAccountControl`)];
    }),
  );
  return grants.length === 0
    ? []
    : [powershellFix('Let the account read userAccountControl', 'directory', grants.join('\n'))];
}

const conditionText: Readonly<Record<string, string>> = {
  'linked-mailbox-without-account': 'msExchRecipientTypeDetails is 2 and no account gave a source anchor',
  'no-anchor': 'sourceAnchor is absent',
  'no-account-enabled': 'accountEnabled is absent',
};

function candidates(context: DiagnosisContext, cloud: number): Iterable<Pick<MvRow, 'id' | 'type' | 'attributes'>> {
  const { focus, store } = context;
  if (!focus) return store.diagnosis.withoutTarget(cloud);
  const mv = focus.mv === null ? undefined : store.mv.get(focus.mv);
  return mv && !store.mv.linkIn(mv.id, cloud) ? [mv] : [];
}

function objectsOf(context: DiagnosisContext, mv: number) {
  const [link] = context.store.mv.links(mv);
  return link ? identityObjects(context, link.cs, 'source') : [];
}

/** Attributes that tell people apart, and how much each says. Two points make a pair. */
const marks: readonly (readonly [name: string, points: number])[] = [
  ['employeeID', 2],
  ['mail', 2],
  ['accountName', 1],
  ['displayName', 1],
];

/** Persons from different connectors who agree in what tells people apart, and are in the cloud both. */
function samePeople(context: DiagnosisContext): FindingFacts[] {
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
  return [...pairs.values()].flatMap(([a, b]) => samePerson(context, a, b) ?? []);
}

/** Identities that share a search key: all such groups, or the one of the focus. */
function namesakes(context: DiagnosisContext, attribute: number, name: string): readonly (readonly number[])[] {
  const { focus, store } = context;
  if (!focus) return store.diagnosis.sharedKeys(attribute).map((s) => s.ids);
  const mv = focus.mv === null ? undefined : store.mv.get(focus.mv);
  const value = mv && text(valuesOf(mv), name);
  return value === undefined ? [] : [store.mv.findKey(attribute, value.toLowerCase())];
}

function samePerson(context: DiagnosisContext, a: number, b: number): FindingFacts | undefined {
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
  const shared = agree.map(([name]) => `${name} ${text(x, name)}`);
  const best = agree.find(([, points]) => points === 2)?.[0] ?? 'accountName';
  const join =
    best === 'mail'
      ? 'userJoin: mail'
      : best === 'accountName'
        ? 'userJoin: accountName'
        : `userJoin: { attribute: ${best} }`;
  return {
    code: 'duplicate-person',
    root: [a, b].join('|'),
    attribute: agree[0]?.[0],
    value: text(x, agree[0]?.[0] ?? ''),
    summary: `${namesOf(objects).join(' and ')} are probably one person: ${shared.join(', ')} agree. No join rule unites them, so the cloud has two users.`,
    objects,
    affected: 2,
    evidence: shared.map((fact) => ({ source: 'metaverse', fact: `both have ${fact}` })),
    fix: [
      textFix(
        'Join people across the directories',
        'configuration',
        `In ${context.facts.configurationFile ?? 'causeway.yaml'} write under "rules": ${join}. Look at the effect first with "causeway plan"; one of the two cloud users will be deleted.`,
      ),
    ],
  };
}

const isCloudConnector = (context: DiagnosisContext, connector: number): boolean =>
  context.engine.byId.get(connector)?.settings.connector.type === 'entra';

/** Mail nicknames need not be unique for the directory; Exchange gives the second one an address with digits (s.2.1). */
function sameNicknames(context: DiagnosisContext): FindingFacts[] {
  return nicknames(context).flatMap(({ value, ids }) => {
    const inCloud = ids.filter((id) => clouds(context).some((c) => context.store.mv.linkIn(id, c.row.id)));
    if (inCloud.length < 2) return [];
    const objects = inCloud.slice(0, 10).flatMap((id) => objectsOf(context, id));
    return [
      {
        code: 'duplicate-mail-nickname' as const,
        root: value,
        attribute: 'mailNickname',
        value,
        summary: `${namesOf(objects).join(' and ')} have the mail nickname ${value}. The cloud takes it, but the second gets a routing address with random digits.`,
        objects,
        affected: inCloud.length,
        evidence: objects.map((o) => ({
          source: `connector space of ${o.connector ?? ''}`,
          fact: `mailNickname of ${o.dn ?? ''} is ${value}`,
        })),
        fix: nicknameFixes(context, inCloud, value),
      },
    ];
  });
}

function nicknames(context: DiagnosisContext): readonly { readonly value: string; readonly ids: readonly number[] }[] {
  const { focus, store } = context;
  // The cloud takes equal nicknames, so of the whole population only precheck tells of them.
  if (!focus) return [];
  const mv = focus.mv === null ? undefined : store.mv.get(focus.mv);
  const value = mv && text(valuesOf(mv), 'mailNickname')?.toLowerCase();
  return value === undefined ? [] : [{ value, ids: store.diagnosis.identitiesWith('mailNickname', value) }];
}

function nicknameFixes(context: DiagnosisContext, ids: readonly number[], value: string) {
  return ids.slice(1, 2).flatMap((mv) => {
    const row = context.store.mv
      .links(mv)
      .filter((l) => !isCloudConnector(context, l.connector))
      .flatMap((l) => context.store.cs.get(l.cs) ?? [])
      .find((r) => text(JSON.parse(r.attributes ?? '{}') as Attributes, 'mailNickname')?.toLowerCase() === value);
    const stored = row && text(JSON.parse(row.attributes ?? '{}') as Attributes, 'mailNickname');
    const connector = row && context.engine.byId.get(row.connector)?.row.name;
    if (!row || !stored || !connector) return [];
    return [
      directoryFix(
        `Give the younger one the nickname ${stored}2`,
        connector,
        row.dn,
        swap('mailNickname', stored, `${stored}2`),
      ),
    ];
  });
}
