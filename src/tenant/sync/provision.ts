import { errorMembers, ruleError } from '../../entra/errors.ts';
import { propertyRule } from '../../entra/properties.ts';
import { planProvision } from '../../entra/provision.ts';
import type { LinkChange, ProvisionResponse, ProvisionResult } from '../../entra/sync-protocol.ts';
import { storeIndex } from '../cloud-object.ts';
import type { TenantContext } from '../context.ts';
import { defineByValues } from '../extensions.ts';
import { ruleContext, ruleSettings } from '../rules.ts';
import { isLinkKind } from '../store/links.ts';
import type { StoredObject } from '../store/objects.ts';
import { applyOutcome } from './apply.ts';
import { idOfCloudAnchor, readProvisionBatch } from './batch.ts';
import { tellOfRefusal } from './conflict-mails.ts';

/**
 * Carries out a batch in one transaction: first every object by the cloud's rules, then all links, so that the order of
 * objects within a batch does not matter to those who refer to each other.
 */
export function provision(context: TenantContext, body: unknown): ProvisionResponse {
  const batch = readProvisionBatch(body);
  return context.write(() => {
    const index = storeIndex(context);
    const settings = ruleSettings(context);
    const rules = ruleContext(context);
    const done = batch.objects.map((operation) => {
      const outcome = planProvision(operation, index, settings, rules);
      const written = applyOutcome(context, outcome);
      if (outcome.decision === 'refuse') tellOfRefusal(context, outcome, operation);
      if (written) {
        index.filled(outcome.changes.shadow);
        defineByValues(context, written.kind, outcome.changes.shadow, 'sync');
      }
      if (written) index.asked(written.id, operation.links);
      if (outcome.decision === 'create' && outcome.id !== undefined) index.created(outcome.id);
      return { result: outcome.result, written };
    });
    const results = done.map(({ result, written }, at) => {
      const links = batch.objects[at]!.links;
      return links && written ? applyLinks(context, written, links, result) : result;
    });
    return { results };
  });
}

function applyLinks(
  context: TenantContext,
  source: StoredObject,
  links: Readonly<Record<string, readonly LinkChange[]>>,
  result: ProvisionResult,
): ProvisionResult {
  const missing: string[] = [];
  for (const [asked, changes] of Object.entries(links)) {
    const rule = propertyRule(asked);
    if (!rule || !isLinkKind(rule.name)) continue;
    for (const change of changes) {
      const target = resolveLink(context, change);
      if (change.operation === 'remove') {
        if (target) context.links.remove(source.seq, rule.name, target);
      } else if (!target || target.deletedAt !== undefined) missing.push(change.anchor);
      else {
        if (!rule.multiValued) replaceOthers(context, source, rule.name, target);
        context.links.add(source.seq, rule.name, target);
      }
    }
  }
  if (missing.length === 0) return result;
  const error = ruleError('ReferenceNotFound', { objectId: source.id, values: missing.slice(0, 20) });
  return { ...result, resultCode: 'Failure', ...errorMembers(error) };
}

/** A reference with one value: whoever was there goes. */
function replaceOthers(
  context: TenantContext,
  source: StoredObject,
  kind: Parameters<TenantContext['links']['add']>[1],
  target: StoredObject,
): void {
  for (const other of context.links.targets(source.seq, kind)) {
    if (other.seq !== target.seq) context.links.remove(source.seq, kind, other);
  }
}

function resolveLink(context: TenantContext, change: LinkChange): StoredObject | undefined {
  if (change.anchorType === 'sourceAnchor') return context.objects.byAnchorOfAnyKind(change.anchor)[0];
  const id = idOfCloudAnchor(change.anchor);
  return id === undefined ? undefined : context.objects.byId(id);
}
