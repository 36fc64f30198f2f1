/** A cloud object has the anchor, and the cloud does not let synchronization take it over (entra-directory s.1.2, step 2). */
import {
  connectorOf,
  type Detector,
  type DiagnosisContext,
  type StoredError,
  storedErrors,
} from '../diagnose-context.ts';
import type { FindingFacts, Fix } from '../findings/finding.ts';
import { nameOf, text, wantedAttributes } from '../findings/object.ts';
import type { GraphCall } from '../fix/action.ts';
import { graphFix, textFix } from '../fix/text.ts';
import { holderSide, incomingSide, roleNames, type Side, sideObjects, standingOf } from './conflict-sides.ts';

const codes: ReadonlySet<string> = new Set(['InvalidHardMatch', 'AttributeUpdateNotAllowed', 'duplicate-anchor']);
const blockName = 'blockCloudObjectTakeoverThroughHardMatchEnabled';

export const hardMatch: Detector = {
  name: 'hard-match',
  async detect(context) {
    const found: FindingFacts[] = [];
    for (const error of storedErrors(context, 'export')) {
      if (!codes.has(error.code)) continue;
      const finding = error.code === 'duplicate-anchor' ? undefined : await refused(context, error);
      if (finding) found.push(finding);
    }
    return found;
  },
};

async function refused(context: DiagnosisContext, error: StoredError): Promise<FindingFacts | undefined> {
  const row = context.store.cs.get(error.cs);
  const connector = row && connectorOf(context, row);
  if (!row || !connector) return undefined;
  const incoming = incomingSide(context, error.cs);
  const holder = await holderSide(
    context,
    connector,
    error.facts.ObjectIdInConflict ?? error.facts.ObjectId ?? '',
    error.holder,
  );
  const anchor = text(wantedAttributes(context, row), 'sourceAnchor') ?? '';
  const asking = sideObjects(context, incoming, 'incoming', {});
  const held = sideObjects(context, holder, 'holder', (await standingOf(context, holder)).facts);
  const who = asking[0] ? nameOf(asking[0]) : 'An object';
  const owner = held[0] ? nameOf(held[0]) : 'a cloud object';
  const rule = ruleThatRefused(error, holder);
  return {
    code: 'invalid-hard-match',
    root: [connector.row.name, anchor, holder.cloudId ?? ''].join('|'),
    errorCode: error.code,
    attribute: error.attribute ?? 'sourceAnchor',
    value: error.value ?? anchor,
    summary: `${who} has the source anchor of ${owner} and should take it over, but the cloud refuses: ${rule.why}`,
    objects: [...asking, ...held],
    affected: 1,
    evidence: [
      { source: `export to ${connector.row.name}`, fact: error.message },
      ...(holder.roles.length > 0 ? [{ source: 'Graph', fact: `${owner} holds ${roleNames(holder)}` }] : []),
    ],
    fix: await rule.fixes(context, connector.row.name),
    firstSeen: error.firstSeen,
    lastSeen: error.lastSeen,
  };
}

interface Refusal {
  readonly why: string;
  fixes(context: DiagnosisContext, connector: string): Promise<Fix[]>;
}

function ruleThatRefused(error: StoredError, holder: Side): Refusal {
  if (error.code === 'AttributeUpdateNotAllowed') return identifier(error, holder);
  if (error.message.includes(blockName))
    return { why: 'the tenant blocks the take-over of cloud objects.', fixes: liftBlock };
  return {
    why: `it holds or may activate a privileged role (${roleNames(holder) || 'see the message'}).`,
    fixes: async (_, connector) => roles(holder, connector),
  };
}

/** For the one cycle only: the block is a protection and comes back. */
async function liftBlock(context: DiagnosisContext, connector: string): Promise<Fix[]> {
  const tenant = await context.live?.tenant(connector);
  const id = tenant?.company.tenantId ?? '{tenantId}';
  const path = `/v1.0/directory/onPremisesSynchronization/${id}`;
  const set = (value: boolean): GraphCall => ({ method: 'PATCH', path, body: { features: { [blockName]: value } } });
  return [
    graphFix(
      'Lift the block for one cycle, and put it back',
      connector,
      [set(false)],
      ['OnPremDirectorySynchronization.ReadWrite.All'],
      [set(true)],
    ),
  ];
}

function roles(holder: Side, connector: string): Fix[] {
  const { cloudId } = holder;
  if (cloudId === undefined || holder.roles.length === 0)
    return [
      textFix(
        'In this order',
        'cloud',
        'Take the role (also an eligible one) from the cloud user, run "causeway sync", give it back.',
      ),
    ];
  const member = (r: { id: string }) => `/v1.0/directoryRoles/${r.id}/members`;
  const calls = holder.roles.map((r): GraphCall => ({ method: 'DELETE', path: `${member(r)}/${cloudId}/$ref` }));
  const after = holder.roles.map(
    (r): GraphCall => ({
      method: 'POST',
      path: `${member(r)}/$ref`,
      body: { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${cloudId}` },
    }),
  );
  const title = 'Take the role away for one cycle, and give it back';
  return [graphFix(title, connector, calls, ['RoleManagement.ReadWrite.Directory'], after)];
}

function identifier(error: StoredError, holder: Side): Refusal {
  return {
    why: `its object identifier is set to another directory object (${error.value ?? ''}) and would change.`,
    fixes: async (_, connector) =>
      holder.cloudId === undefined
        ? [
            textFix(
              'What to do',
              'cloud',
              'Clear onPremisesObjectIdentifier of the cloud object and synchronize again.',
            ),
          ]
        : [
            graphFix(
              'Clear the object identifier, so that the next export sets it anew',
              connector,
              [{ method: 'PATCH', path: `/beta/users/${holder.cloudId}`, body: { onPremisesObjectIdentifier: null } }],
              ['User-OnPremisesSyncBehavior.ReadWrite.All'],
            ),
          ],
  };
}
