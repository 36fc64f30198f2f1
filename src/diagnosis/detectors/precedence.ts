/** Values of one object that a rule of better precedence gives while another would give another one ("it does not update"). */

import { sameValue } from '../../model/value.ts';
import type { FlowTrace } from '../../rules/trace.ts';
import { type Detector, type DiagnosisContext, groupBy } from '../diagnose-context.ts';
import { traceInbound } from '../explain/flows.ts';
import { valueText } from '../explain/model.ts';
import type { FindingFacts } from '../findings/finding.ts';
import { identityObjects, nameOf, objectOf } from '../findings/object.ts';
import { commandFix, textFix } from '../fix/text.ts';

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
      textFix(
        'Correct the value where it wins, or change the order',
        'configuration',
        `Correct ${attribute} of ${won.dn}, or give "${loser.rule.rule.name}" a number below ${winner.rule.precedence}.`,
      ),
      commandFix('See all candidates', ['explain', won.dn, '--attribute', attribute]),
    ],
  };
}
