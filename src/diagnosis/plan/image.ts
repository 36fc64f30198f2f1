/** What is known of the tenant: its objects, found by key, and the rules by which it decides. */

import type { ExtensionDefinition } from '../../connectors/entra/graph-extensions.ts';
import { sidOf } from '../../entra/graph-form.ts';
import { defaultLimits } from '../../entra/limits.ts';
import { memoryIndex } from '../../entra/memory-index.ts';
import {
  type CloudObject,
  classOf,
  type DirectoryIndex,
  idOfCloudAnchor,
  type ObjectClass,
} from '../../entra/objects.ts';
import { freshSettings, type RuleContext, type RuleSettings, ruleChoices } from '../../entra/settings.ts';
import { guidOfAnchor } from '../../entra/source-anchor.ts';
import type { Capabilities, CompanyConfiguration, SyncObjectType } from '../../entra/sync-protocol.ts';
import type { Attributes } from '../../model/value.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import { heldAttributes } from '../../sync/views.ts';

export interface TenantImage {
  /** `connector-space`: only what was synchronized, as last imported. `tenant`: everything, read now. */
  readonly source: 'connector-space' | 'tenant';
  /** ISO instant. */
  readonly readAt: string;
  readonly settings: RuleSettings;
  readonly index: DirectoryIndex;
  /** What the tenant takes in one call; absent if it did not say. */
  readonly capabilities?: Capabilities;
  /** Through Microsoft Graph: whom the exporter takes for administrators. */
  readonly administrators?: ReadonlyMap<string, readonly string[]>;
  /** Through Microsoft Graph: the directory extensions that rules write and the tenant defines. */
  readonly extensions?: readonly ExtensionDefinition[];
  /** What the image cannot know, as sentences. */
  readonly limits: readonly string[];
}

/** The index without one object: what the others have. */
export function withoutObject(index: DirectoryIndex, id: string): DirectoryIndex {
  const others = (objects: readonly CloudObject[]) => objects.filter((o) => o.id !== id);
  return {
    byId: (asked) => (asked === id ? undefined : index.byId(asked)),
    bySourceAnchor: (key) => others(index.bySourceAnchor(key)),
    byUserPrincipalName: (key) => others(index.byUserPrincipalName(key)),
    byAddress: (key) => others(index.byAddress(key)),
    bySid: (key) => others(index.bySid(key)),
    byDeviceId: (key) => others(index.byDeviceId(key)),
    adminRoles: (asked) => index.adminRoles(asked),
    linkCount: (asked, property) => index.linkCount(asked, property),
    objectCount: () => Math.max(0, (index.objectCount?.() ?? 0) - 1),
  };
}

/** Time and identities for decisions that are only predicted: the same question has the same answer. */
export function predictedContext(now: number): RuleContext {
  let made = 0;
  return {
    now: new Date(now).toISOString(),
    newId: () => `00000000-0000-4000-8000-${(++made).toString(16).padStart(12, '0')}`,
    digits: (count) => String(++made % 10 ** Math.min(count, 9)).padStart(count, '0'),
  };
}

/** The rules of the tenant; without its company configuration every domain counts as verified. */
export function settingsOf(company: CompanyConfiguration | undefined, name: string): RuleSettings {
  if (company)
    return freshSettings(company.initialDomain, company.domains, {
      dirSyncEnabled: company.dirSyncEnabled,
      features: company.features,
      ...ruleChoices(company.rules ?? {}),
      limits: {
        ...defaultLimits,
        ...(company.groupMembers === undefined ? {} : { groupMembers: company.groupMembers }),
        ...company.rules?.limits,
      },
    });
  const initial = /\.onmicrosoft\./i.test(name) ? name : `${name.split('.')[0]}.onmicrosoft.com`;
  return {
    ...freshSettings(initial),
    domain: (asked) => ({ name: asked, verified: true, authentication: 'Managed' }),
  };
}

const types: Readonly<Record<string, SyncObjectType>> = {
  user: 'User',
  group: 'Group',
  contact: 'Contact',
  device: 'Device',
};
export const syncTypeOf = (objectType: string | null): SyncObjectType | undefined =>
  objectType !== null && Object.hasOwn(types, objectType) ? types[objectType] : undefined;

/**
 * The tenant as the connector space remembers it. Effective values are taken to be what was sent; what the cloud has besides
 * is not in it.
 */
export function imageOfConnectorSpace(
  engine: Engine,
  target: EngineConnector,
  company: CompanyConfiguration | undefined,
): TenantImage {
  const index = memoryIndex();
  const isGraph = target.settings.connector.dialect === 'graph';
  for (const type of Object.keys(types)) {
    for (let after = 0; ; ) {
      const rows = engine.store.cs.page(target.row.id, type, after, 1000);
      if (rows.length === 0) break;
      for (const row of rows) {
        const object = isGraph ? rememberedInGraph(engine, row) : rememberedObject(engine, row);
        if (object) index.put(object);
      }
      after = rows.at(-1)!.id;
    }
  }
  return {
    source: 'connector-space',
    readAt: new Date(engine.now()).toISOString(),
    settings: settingsOf(company, target.row.name),
    index,
    limits: [
      'The tenant was not read: objects that exist in the cloud only, administrator roles and values that were set aside are not known, so conflicts with them are not predicted.',
      ...(company ? [] : ['The domains of the tenant are not known; every domain is taken to be verified.']),
    ],
  };
}

function rememberedObject(engine: Engine, row: CsRow): CloudObject | undefined {
  const type = syncTypeOf(row.object_type);
  const objectClass = type && classOf(type);
  const id = objectClass && row.anchor !== null ? idOfCloudAnchor(row.anchor, objectClass) : undefined;
  if (!objectClass || id === undefined) return undefined;
  const values = heldAttributes(engine.store, row.id, JSON.parse(row.attributes ?? '{}') as Attributes);
  const { cloudAnchor: _, cloudMastered, sourceAnchor, ...shadow } = values;
  const anchor = typeof sourceAnchor === 'string' ? sourceAnchor : undefined;
  return {
    id,
    class: objectClass,
    onPremisesSyncEnabled: cloudMastered !== true,
    ...(anchor === undefined ? {} : { immutableId: anchor }),
    ...(objectClass === 'user' && anchor !== undefined ? { objectIdentifier: guidOfAnchor(anchor) } : {}),
    deleted: false,
    graph: effectiveAsSent(objectClass, shadow),
    shadow,
  };
}

/** Nobody masters it but the cloud, and of its addresses only the one is known that is written. */
function rememberedInGraph(engine: Engine, row: CsRow): CloudObject | undefined {
  const object = rememberedObject(engine, row);
  if (!object) return undefined;
  const { mail, securityEnabled } = object.shadow;
  const graph = {
    ...object.graph,
    ...(object.class === 'device' ? {} : { proxyAddresses: typeof mail === 'string' ? [`SMTP:${mail}`] : [] }),
    ...(object.class === 'group' ? { uniqueName: object.immutableId, mailEnabled: false, securityEnabled } : {}),
  };
  return { ...object, onPremisesSyncEnabled: null, graph, shadow: {} };
}

/** The values by which others are compared, as if the cloud took everything as it was sent. */
function effectiveAsSent(objectClass: ObjectClass, shadow: Attributes): Readonly<Record<string, unknown>> {
  return {
    displayName: shadow.displayName,
    userPrincipalName: objectClass === 'user' ? shadow.userPrincipalName : undefined,
    mailNickname: shadow.alias,
    mail: shadow.mail,
    proxyAddresses: shadow.proxyAddresses ?? [],
    onPremisesSecurityIdentifier: sidOf(shadow),
    deviceId: objectClass === 'device' ? shadow.deviceId : undefined,
  };
}
