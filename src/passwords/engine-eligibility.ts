/** Who may have the password leave, as the engine's store and rules say now (entra-directory s.6.2). Only reads. */
import type { CsRow } from '../store/connector-space.ts';
import type { LinkRow } from '../store/metaverse.ts';
import type { Engine, EngineConnector } from '../sync/context.ts';
import { rulesInScope } from '../sync/inbound.ts';
import { rulesFor } from '../sync/outbound.ts';
import { CsView, MvView } from '../sync/views.ts';
import type { Eligibility, EligibilityLookup, IneligibleUser } from './contract.ts';

export interface EngineEligibilityOptions {
  /** Names of the connectors. */
  readonly directory: string;
  readonly cloud: string;
  /** Whether the user with this cloud anchor holds an administrator role in the cloud. Absent: nobody is known to. */
  readonly isCloudAdministrator?: (cloudAnchor: string) => boolean;
}

/** Object classes whose passwords are synchronized; inetOrgPerson is none of them. */
const userType = 'user';

/** The lookup for one pair of connectors. `engine` is asked each time, so that new rules apply at once. */
export function engineEligibility(engine: () => Engine, options: EngineEligibilityOptions): EligibilityLookup {
  return (objectGuids) => {
    const current = engine();
    const directory = connectorNamed(current, options.directory);
    const cloud = connectorNamed(current, options.cloud);
    return new Map(objectGuids.map((guid) => [guid, eligibilityOf(current, directory, cloud, guid, options)]));
  };
}

function connectorNamed(engine: Engine, name: string): EngineConnector {
  const found = engine.all.find((c) => c.settings.connector.name === name);
  if (!found) throw new TypeError(`there is no connector ${name}`);
  return found;
}

function eligibilityOf(
  engine: Engine,
  directory: EngineConnector,
  cloud: EngineConnector,
  objectGuid: string,
  options: EngineEligibilityOptions,
): Eligibility {
  const { store } = engine;
  const row = store.cs.byAnchor(directory.row.id, objectGuid.toLowerCase());
  if (!row || row.attributes === null) {
    return no('not-imported', `The account is not in the connector space of ${options.directory}.`);
  }
  if (row.object_type !== userType) return no('not-a-user', `The object is of the type ${row.object_type}.`);
  const link = store.mv.link(row.id);
  const identity = link && store.mv.get(link.mv);
  if (!identity) return no('not-joined', 'The account is not joined to an identity.');
  const inbound = rulesInScope(engine, new CsView(store, row, false));
  if (!inbound.some((r) => r.rule.passwordSync)) {
    return no('no-password-rule', 'No inbound rule in scope for the account synchronizes passwords.');
  }
  const target = store.mv.linkIn(identity.id, cloud.row.id);
  return inCloud(engine, cloud, new MvView(store, identity), target, options);
}

function inCloud(
  engine: Engine,
  cloud: EngineConnector,
  identity: MvView,
  link: LinkRow | undefined,
  options: EngineEligibilityOptions,
): Eligibility {
  const row = link && engine.store.cs.get(link.cs);
  if (!row) return no('not-in-scope', `No rule leads the identity to ${options.cloud}.`);
  if (row.object_type === null || !isExported(engine, row)) {
    return no('not-exported', `The user has not been exported to ${options.cloud} yet.`);
  }
  const outbound = rulesFor({ engine }, identity, cloud, row.object_type);
  if (!outbound.some((r) => r.rule.passwordSync)) {
    return no('no-password-rule', `No outbound rule in scope to ${options.cloud} synchronizes passwords.`);
  }
  const { sourceAnchor } = new CsView(engine.store, row, true).values;
  if (typeof sourceAnchor !== 'string') return no('not-exported', 'The user has no source anchor in the cloud yet.');
  const cloudAdministrator = options.isCloudAdministrator?.(row.anchor!) === true;
  return { eligible: true, sourceAnchor, cloudAnchor: row.anchor!, cloudAdministrator };
}

/** It has its anchor from the cloud as soon as the add succeeded; a pending delete says that it is about to go. */
function isExported(engine: Engine, row: CsRow): boolean {
  const pending = engine.store.exports.get(row.id)?.operation;
  return row.anchor !== null && pending !== 'add' && pending !== 'delete';
}

const statuses = {
  'not-imported': 'SourceConnectorNotPresent',
  'not-a-user': 'NoTargetConnection',
  'not-joined': 'NoTargetConnection',
  'not-in-scope': 'NoTargetConnection',
  'no-password-rule': 'NoTargetConnection',
  'not-exported': 'TargetNotExportedToDirectory',
} as const;

const no = (reason: IneligibleUser['reason'], detail: string): IneligibleUser => ({
  eligible: false,
  status: statuses[reason],
  reason,
  detail,
});
