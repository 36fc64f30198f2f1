/** Why one object is not in the cloud: the first gate that is closed (asked for one object only, because most such objects are meant to stay out). */
import { attributeOf, texts } from '../../ldap/text.ts';
import type { Filter } from '../../ldap/types.ts';
import { parentDn } from '../../model/dn.ts';
import type { CsRow } from '../../store/connector-space.ts';
import { connectorOf, type Detector, type DiagnosisContext, sources } from '../diagnose-context.ts';
import { explain } from '../explain/explain.ts';
import type { ClosedGate, Explanation, LiveObject, ObjectExplanation } from '../explain/model.ts';
import { isCaseCode } from '../findings/cases.ts';
import type { FindingFacts, Fix } from '../findings/finding.ts';
import { attributesOf, text } from '../findings/object.ts';
import { configurationFix } from '../fix/configuration-text.ts';
import { commandFix, directoryFix, textFix } from '../fix/text.ts';
import { domainFixes, referralSeen } from './other-domains.ts';
import { containerFix } from './references.ts';

export const absence: Detector = {
  name: 'absence',
  async detect(context) {
    if (!context.focus) return [];
    const explanation = await explainFocus(context);
    const gate = explanation?.gate;
    if (!explanation || !gate || explanation.inCloud === 'yes' || !isCaseCode(gate.code)) return [];
    return [await findingOf(context, explanation, gate)];
  },
};

/** Cases that other detectors tell with more detail. */
async function explainFocus(context: DiagnosisContext): Promise<ObjectExplanation | undefined> {
  const { reference } = context.focus as NonNullable<DiagnosisContext['focus']>;
  const isKnown = (context.focus?.cs.size ?? 0) > 0;
  const live = isKnown ? undefined : await lookFor(context, reference);
  const lookup = async (connector: string, dn: string): Promise<LiveObject | null | undefined> => {
    if (live?.dn.toLowerCase() === dn.toLowerCase()) return live;
    return lookByDn(context, connector, dn);
  };
  const explanation: Explanation = await explain(context.engine, live?.dn ?? reference, {
    lookup,
    ...(context.facts.locate ? { locate: context.facts.locate } : {}),
  });
  return explanation.kind === 'object' ? explanation : undefined;
}

/** Object classes by which a directory object is named; the most special last. */
const classes = ['user', 'inetOrgPerson', 'contact', 'group', 'computer', 'foreignSecurityPrincipal', 'msDS-Device'];
const typeOf = (all: readonly string[]): string =>
  [...all].reverse().find((c) => classes.includes(c)) ?? all.at(-1) ?? '';

/** Looks for a name in every directory that can be asked. */
async function lookFor(context: DiagnosisContext, reference: string): Promise<LiveObject | undefined> {
  if (reference.includes('=')) return undefined;
  const filter: Filter = {
    or: ['userPrincipalName', 'sAMAccountName', 'mail', 'cn'].map((name) => ({ equal: [name, reference] as const })),
  };
  for (const connector of sources(context)) {
    const directory = await context.live?.directory(connector.row.name);
    for (const { name } of directory?.session.partitions ?? []) {
      const [entry] =
        (await directory?.read({
          base: name,
          scope: 'sub',
          filter,
          attributes: ['objectClass'],
          signal: context.signal,
        })) ?? [];
      if (entry)
        return { connector: connector.row.name, dn: entry.dn, objectType: typeOf(texts(entry, 'objectClass')) };
    }
  }
  return undefined;
}

async function lookByDn(
  context: DiagnosisContext,
  connector: string,
  dn: string,
): Promise<LiveObject | null | undefined> {
  const directory = await context.live?.directory(connector);
  if (!directory) return undefined;
  const [entry] = await directory.read({
    base: dn,
    scope: 'base',
    filter: { present: 'objectClass' },
    attributes: ['objectClass'],
    signal: context.signal,
  });
  return entry && attributeOf(entry, 'objectClass')
    ? { connector, dn: entry.dn, objectType: typeOf(texts(entry, 'objectClass')) }
    : null;
}

async function findingOf(context: DiagnosisContext, e: ObjectExplanation, gate: ClosedGate): Promise<FindingFacts> {
  const { subject } = e;
  const row = subject.cs[0] === undefined ? undefined : context.store.cs.get(subject.cs[0]);
  const dn = subject.dn ?? row?.dn ?? subject.name;
  const alike = gate.code === 'ou-not-in-scope' ? await alikeBelow(context, gate.connector, parentDn(dn)) : undefined;
  const referral = gate.code === 'domain-not-in-scope' ? await referralSeen(context, dn) : [];
  const same =
    alike === undefined ? '' : ` ${alike} object${alike === '1' ? ' shares' : 's share'} that fate in ${parentDn(dn)}.`;
  return {
    code: gate.code as never,
    root: dn.toLowerCase(),
    summary: `${subject.name} is not in the cloud. ${gate.reason}${same}`,
    attribute: gate.attribute,
    objects: [
      {
        role: 'source',
        dn,
        ...(subject.connector
          ? { connector: subject.connector }
          : row
            ? { connector: connectorOf(context, row)?.row.name ?? '' }
            : {}),
        ...(subject.type ? { objectType: subject.type } : {}),
        ...(subject.name === dn ? {} : { displayName: subject.name }),
      },
      ...(gate.code === 'ou-not-in-scope' ? [{ role: 'container' as const, dn: parentDn(dn) }] : []),
      ...(gate.rule ? [{ role: 'rule' as const, name: gate.rule }] : []),
    ],
    affected: 1,
    evidence: [
      { source: gate.gate, fact: gate.reason },
      ...referral,
      ...(gate.clause
        ? [
            {
              source: `rule "${gate.rule ?? ''}"`,
              fact: `${gate.clause}${gate.seen === undefined ? '' : `; the object has ${JSON.stringify(gate.seen)}`}`,
            },
          ]
        : []),
      ...(gate.configuration
        ? [
            {
              source: gate.configuration.at ?? 'configuration',
              fact: `${gate.configuration.path.join('.')}: ${gate.configuration.value}`,
            },
          ]
        : []),
    ],
    fix: fixesOf(context, gate, dn, row, subject.type),
  };
}

/** How many objects there are in a container; `1000 or more` where counting ends. */
async function alikeBelow(
  context: DiagnosisContext,
  connector: string | undefined,
  container: string,
): Promise<string | undefined> {
  const directory = connector === undefined ? undefined : await context.live?.directory(connector);
  if (!directory) return undefined;
  const filter: Filter = { or: classes.slice(0, 5).map((c) => ({ equal: ['objectClass', c] as const })) };
  const entries = await directory.count({
    base: container,
    scope: 'sub',
    filter,
    attributes: ['1.1'],
    sizeLimit: 1000,
    signal: context.signal,
  });
  return entries >= 1000 ? '1000 or more' : String(entries);
}

/** Attributes that are there to carry such marks; others are what they say and are not simply cleared. */
const marks = /^(adminDescription|extensionAttribute\d+|msDS-cloudExtensionAttribute\d+)$/i;

function fixesOf(
  context: DiagnosisContext,
  gate: ClosedGate,
  dn: string,
  row: CsRow | undefined,
  type: string | undefined,
): Fix[] {
  const remedy = gate.remedy ? [textFix('What to do', 'configuration', gate.remedy)] : [];
  const connector = context.engine.all.find((c) => c.row.name === gate.connector || c.row.id === row?.connector);
  const isWritable = connector?.settings.connector.type === 'active-directory';
  switch (gate.code) {
    case 'ou-not-in-scope': {
      const partition = connector?.settings.partitions.find((p) =>
        dn.toLowerCase().endsWith(p.name.toLowerCase()),
      )?.name;
      return [containerFix(context, connector, partition, parentDn(dn)), ...remedy];
    }
    case 'domain-not-in-scope':
      return domainFixes(dn);
    case 'object-type-not-selected': {
      const at = connector ? context.engine.all.indexOf(connector) : -1;
      if (!connector || at < 0 || type === undefined) break;
      // The whole list, because without one the usual types are selected.
      const change = { path: ['connectors', at, 'objectClasses'], value: [...connector.settings.objectTypes, type] };
      return [configurationFix(context, `Select objects of type ${type}`, change)];
    }
    case 'filtered-by-group': {
      const group = connector?.settings.groupFilter;
      if (!connector || group === undefined) break;
      const change = { operation: 'add' as const, attribute: 'member', values: [dn] };
      return [directoryFix(`Make it a member of ${group}`, connector.row.name, group, [change], isWritable), ...remedy];
    }
    case 'filtered-by-rule': {
      const { attribute } = gate;
      const value = row && attribute !== undefined ? text(attributesOf(row), attribute) : undefined;
      if (!connector || attribute === undefined || value === undefined || !marks.test(attribute)) break;
      const change = { operation: 'delete' as const, attribute, values: [value] };
      const title = `If it should be synchronized: take ${value} out of ${attribute}`;
      return [directoryFix(title, connector.row.name, dn, [change], isWritable), ...remedy];
    }
  }
  return remedy.length > 0 ? remedy : [commandFix('See every gate on its way', ['explain', dn])];
}
