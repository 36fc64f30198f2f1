/** Identities that are not in the cloud for a reason that somebody should know of. */
import type { Attributes } from '../../model/value.ts';
import type { MvRow } from '../../store/metaverse.ts';
import { clouds, counted, type Detector, type DiagnosisContext, groupBy, sourceRows } from '../diagnose-context.ts';
import type { CaseCode } from '../findings/cases.ts';
import type { FindingFacts, FindingObject } from '../findings/finding.ts';
import { identityObjects, namesOf, text } from '../findings/object.ts';
import { directoryFix, swap } from '../fix/text.ts';
import { withoutObjectCure } from './without-object.ts';

export const identities: Detector = {
  name: 'identities',
  detect: async (context) => [...(await withoutObject(context)), ...sameNicknames(context)],
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

const summaries: Readonly<Record<string, (n: number) => string>> = {
  'linked-mailbox-without-account': (n) =>
    `${counted(n, 'linked mailbox')} ${n === 1 ? 'belongs' : 'belong'} to an account in another forest that was not found here: nothing is synchronized until that account is, or the mailbox is converted.`,
  'no-anchor': (n) =>
    `${counted(n, 'account')} ${n === 1 ? 'has' : 'have'} no value in the attribute that the source anchor comes from, so the cloud could not recognize ${n === 1 ? 'it' : 'them'} again.`,
  'no-account-enabled': (n) =>
    `For ${counted(n, 'account')} it is not known whether it is enabled (userAccountControl cannot be read), so nothing is synchronized.`,
};

async function withoutObject(context: DiagnosisContext): Promise<FindingFacts[]> {
  const found: { code: CaseCode; mv: number }[] = [];
  for (const cloud of clouds(context)) {
    for (const mv of candidates(context, cloud.row.id)) {
      const code = reasonOf(mv.type, valuesOf(mv));
      if (code) found.push({ code, mv: mv.id });
    }
  }
  const told: FindingFacts[] = [];
  for (const [code, group] of groupBy(found, (f) => f.code)) {
    const rows = group
      .flatMap((g) => context.store.mv.links(g.mv).slice(0, 1))
      .flatMap((l) => sourceRows(context, l.cs));
    const cure = await withoutObjectCure(context, code, rows);
    told.push({
      code: code as CaseCode,
      root: context.focus ? `mv ${context.focus.mv}` : 'all',
      ...(code === 'no-anchor' ? { attribute: context.facts.sourceAnchor ?? 'sourceAnchor' } : {}),
      ...(code === 'no-account-enabled' ? { attribute: 'userAccountControl' } : {}),
      summary: `${summaries[code]?.(group.length) ?? ''}${whoOf(group.flatMap((g, i) => (i < 3 ? objectsOf(context, g.mv) : [])))}`,
      objects: group.slice(0, 20).flatMap((g) => objectsOf(context, g.mv)),
      affected: group.length,
      evidence: [
        { source: 'metaverse', fact: `${group.length} times: ${conditionText[code] ?? ''}` },
        ...cure.evidence,
      ],
      fix: cure.fixes,
    });
  }
  return told;
}

const whoOf = (objects: readonly FindingObject[]): string =>
  objects.length === 0 ? '' : ` ${objects.length === 1 ? 'It is' : 'Among them are'} ${namesOf(objects).join(', ')}.`;

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
