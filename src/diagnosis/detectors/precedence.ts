/** Values of one object that a rule of better precedence gives while another would give another one ("it does not update"). */

import { type Attributes, sameValue } from '../../model/value.ts';
import { attributesOf as readBy } from '../../rules/compile-flow.ts';
import type { SyncRule } from '../../rules/model.ts';
import { tagBase } from '../../rules/rule-entry.ts';
import type { FlowTrace } from '../../rules/trace.ts';
import { connectorOf, type Detector, type DiagnosisContext, groupBy } from '../diagnose-context.ts';
import { traceInbound } from '../explain/flows.ts';
import { valueText } from '../explain/model.ts';
import type { FindingFacts, Fix } from '../findings/finding.ts';
import { attributesOf, identityObjects, nameOf, objectOf, text } from '../findings/object.ts';
import { ruleFix } from '../fix/configuration-text.ts';
import { commandFix, directoryFix, swap, textFix } from '../fix/text.ts';

export const precedence: Detector = {
  name: 'precedence',
  detect(context) {
    const { focus, store } = context;
    const mv = focus?.mv == null ? undefined : store.mv.get(focus.mv);
    if (!mv) return [];
    const flows = groupBy(traceInbound(context.engine, mv).flows, (f) => f.attribute);
    return [...flows].flatMap(([attribute, all]) => overridden(context, attribute, all) ?? []);
  },
};

/** Rules that came with the product: among them precedence is meant to decide. */
const isOwn = (f: FlowTrace): boolean => !f.rule.id.startsWith('Causeway.');
const givenBy = (f: FlowTrace) => (f.result.kind === 'value' ? f.result.value : undefined);

/** What every account has of its own: between joined accounts it differs by nature, and the enabled one is meant to win. */
const ofTheAccount: ReadonlySet<string> = new Set([
  ...['accountEnabled', 'accountName', 'userPrincipalName', 'onPremisesUserPrincipalName', 'cn', 'pwdLastSet'],
  ...['objectSid', 'objectSidString', 'sourceAnchor', 'sourceAnchorBinary', 'sourceObjectType'],
  ...['domainFQDN', 'domainNetBios', 'forestFQDN', 'forestNetBios'],
  ...['contributingConnectorUser', 'contributingConnectorExchange'],
]);

function overridden(
  context: DiagnosisContext,
  attribute: string,
  flows: readonly FlowTrace[],
): FindingFacts | undefined {
  const winner = flows.find((f) => f.outcome === 'won');
  const loser = flows.find(
    (f) => f.outcome === 'lost' && givenBy(f) !== undefined && winner && !sameValue(givenBy(f), givenBy(winner)),
  );
  // Inside one directory the rules that came with the product disagree on purpose; other forests and own rules surprise.
  if (!winner || !loser || (winner.sourceId === loser.sourceId && !isOwn(winner))) return undefined;
  if (!isOwn(winner) && ofTheAccount.has(attribute)) return undefined;
  const [won, lost] = [context.store.cs.get(winner.sourceId), context.store.cs.get(loser.sourceId)];
  if (!won || !lost) return undefined;
  const [w, l] = [objectOf(context, won, 'holder'), objectOf(context, lost, 'source')];
  return {
    code: 'rule-precedence-override',
    root: [context.focus?.mv, attribute].join('|'),
    attribute,
    value: valueText(givenBy(winner) ?? null),
    summary: `${attribute} is ${valueText(givenBy(winner) ?? null)} by the rule "${winner.rule.rule.name}" (precedence ${winner.rule.precedence}) from ${nameOf(w)} of ${w.connector ?? ''}; ${valueText(givenBy(loser) ?? null)} of ${l.connector ?? ''} loses, because "${loser.rule.rule.name}" has precedence ${loser.rule.precedence}.`,
    objects: [w, l, { role: 'rule', name: winner.rule.rule.name }, { role: 'rule', name: loser.rule.rule.name }],
    affected: identityObjects(context, won.id, 'source').length,
    evidence: [winner, loser].map((f) => ({
      source: `rule "${f.rule.rule.name}"`,
      fact: `precedence ${f.rule.precedence}, ${context.store.cs.get(f.sourceId)?.dn ?? ''}: ${valueText(givenBy(f) ?? null)}`,
    })),
    fix: [
      ...corrections(context, winner, loser, attribute),
      ...reorderings(winner, loser),
      commandFix('See all candidates', ['explain', won.dn, '--attribute', attribute]),
    ],
  };
}

/** The one attribute of the directory that a flow makes its value of, and how it is written there (perhaps with blanks). */
function sourceOf(f: FlowTrace, attribute: string, values: Attributes): { name: string; stored: string } | undefined {
  const read = f.rule.flows.filter((flow) => flow.target === attribute).flatMap((flow) => [...readBy(flow)]);
  const [name] = read;
  const stored = name === undefined || read.length > 1 ? undefined : text(values, name);
  return name !== undefined && stored !== undefined && stored.trim() === givenBy(f) ? { name, stored } : undefined;
}

/** The value that loses, written where the other one wins. */
function corrections(context: DiagnosisContext, winner: FlowTrace, loser: FlowTrace, attribute: string): Fix[] {
  const won = context.store.cs.get(winner.sourceId);
  const source = won && sourceOf(winner, attribute, attributesOf(won));
  const wanted = givenBy(loser);
  const connector = won && connectorOf(context, won)?.row.name;
  if (!won || !source || connector === undefined || typeof wanted !== 'string') return [];
  const title = `If ${valueText(wanted)} is right: write it where the other value wins (${source.name} of ${won.dn})`;
  return [directoryFix(title, connector, won.dn, swap(source.name, source.stored, wanted))];
}

/** The order of a rule of one's own against the other one; between out-of-box rules it follows from the order of connectors. */
function reorderings(winner: FlowTrace, loser: FlowTrace): Fix[] {
  const title = `If "${loser.rule.rule.name}" should win`;
  const other = (rule: SyncRule) => (rule.tag === undefined ? rule.name : tagBase(rule.tag));
  if (isOwn(winner))
    return [ruleFix(title, winner.rule.rule, { precedence: undefined, precedenceAfter: other(loser.rule.rule) })];
  if (isOwn(loser))
    return [ruleFix(title, loser.rule.rule, { precedence: undefined, precedenceBefore: other(winner.rule.rule) })];
  return [
    textFix(
      title,
      'configuration',
      `Among out-of-box rules of equal order the connector that causeway.yaml names first wins: write ${loser.rule.rule.connector} before ${winner.rule.rule.connector}.`,
    ),
  ];
}
