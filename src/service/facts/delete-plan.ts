/** The deletes that wait for one target, as the plan that an approval is bound to (law 5). */
import type { Store } from '../../store/store.ts';
import { deletePlanHash } from '../../sync/export.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { type Approval, approvalOf, deletionThreshold } from '../engine/settings.ts';
import { Refusal } from '../refusal.ts';

export interface DeletePlan {
  readonly connector: string;
  readonly deletes: number;
  /** 0: no limit. */
  readonly threshold: number;
  /** More would be deleted than the policy allows, and nobody approved it. */
  readonly isHeld: boolean;
  /** Of exactly this set of objects; an approval names it. */
  readonly hash: string;
  readonly approval?: Approval;
}

/** Throws a Refusal if no connector has the name. */
export function deletePlan(store: Store, config: LoadedConfiguration, connector: string): DeletePlan {
  const row = requireConnector(store, config, connector);
  const threshold = deletionThreshold(store.records, config.settings.scheduler.deletionThreshold);
  const dns = row === undefined ? [] : store.exports.deletedDns(row);
  const hash = deletePlanHash(connector, dns);
  const approval = approvalOf(store, hash);
  return {
    connector,
    deletes: dns.length,
    threshold,
    isHeld: threshold > 0 && dns.length > threshold && approval === undefined,
    hash,
    ...(approval ? { approval } : {}),
  };
}

/** The number of a connector in the store; undefined if it was never synchronized. Throws a Refusal for an unknown name. */
export function requireConnector(store: Store, config: LoadedConfiguration, name: string): number | undefined {
  const names = config.settings.connectors.map((c) => c.name);
  if (!names.includes(name)) {
    throw new Refusal('not-found', `There is no connector "${name}". Connectors: ${names.join(', ')}.`, {
      code: 'unknown-connector',
    });
  }
  return store.records.connectors().find((c) => c.name === name)?.id;
}
