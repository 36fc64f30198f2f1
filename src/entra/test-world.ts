/** A small tenant for the tests of this room: objects as literals, operations in one line, everything repeatable. */
import type { AttributeValue } from '../model/value.ts';
import { applyChanges } from './changes.ts';
import { type MemoryFacts, type MemoryIndex, memoryIndex } from './memory-index.ts';
import type { CloudObject } from './objects.ts';
import type { ProvisionOutcome } from './outcome.ts';
import { planProvision } from './provision.ts';
import { type DomainFacts, freshSettings, type RuleContext, type RuleSettings } from './settings.ts';
import type { ProvisionObject, SyncObjectType } from './sync-protocol.ts';

export const initialDomain = 'contoso.onmicrosoft.com';
const domains: readonly DomainFacts[] = [
  { name: 'contoso.com', verified: true, authentication: 'Managed' },
  { name: 'fabrikam.com', verified: true, authentication: 'Managed' },
  { name: 'fed1.com', verified: true, authentication: 'Federated' },
  { name: 'fed2.com', verified: true, authentication: 'Federated' },
  { name: 'pending.com', verified: false, authentication: 'Managed' },
];

type Properties = Readonly<Record<string, AttributeValue | null>>;

export const settingsWith = (changes: Partial<RuleSettings> = {}): RuleSettings =>
  freshSettings(initialDomain, domains, changes);
export const featuresOf = (changes: Record<string, boolean>) => ({
  features: { ...settingsWith().features, ...changes },
});

/** Ids count up, digits are 0001, 0002, …, time stands still. */
export function testContext(): RuleContext & { now: string } {
  let ids = 0;
  let digits = 0;
  return {
    now: '2026-08-01T10:00:00Z',
    newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    digits: (count) => String(++digits).padStart(count, '0').slice(-count),
  };
}

/** 16 bytes of this number as a source anchor. */
export const anchor = (number: number): string => Buffer.alloc(16, number).toString('base64');
export const sid = (rid: number): { base64: string } => {
  const bytes = Buffer.from('010500000000000515000000010000000200000003000000ffffffff', 'hex');
  bytes.writeUInt32LE(rid, 24);
  return { base64: bytes.toString('base64') };
};
export const sidTextOf = (rid: number): string => `S-1-5-21-1-2-3-${rid}`;

/** A user of the cloud that was never synchronized. */
export const cloudUser = (
  id: string,
  upn: string,
  more: Partial<CloudObject> & { graph?: object } = {},
): CloudObject => ({
  id,
  class: 'user',
  onPremisesSyncEnabled: null,
  deleted: false,
  shadow: {},
  ...more,
  graph: { displayName: id, userPrincipalName: upn, mailNickname: upn.split('@')[0], ...more.graph },
});
/** A group or contact of the cloud. */
export const cloudObject = (
  id: string,
  objectClass: 'group' | 'contact' | 'device',
  graph: object,
  more: Partial<CloudObject> = {},
): CloudObject => ({
  id,
  class: objectClass,
  onPremisesSyncEnabled: null,
  deleted: false,
  shadow: {},
  graph: { displayName: id, ...graph },
  ...more,
});

export const add = (
  objectType: SyncObjectType,
  sourceAnchor: string,
  properties: Properties,
  more: Partial<ProvisionObject> = {},
): ProvisionObject => ({
  operation: 'Add',
  objectType,
  sourceAnchor,
  properties: { displayName: 'Somebody', ...properties },
  ...more,
});
export const addUser = (number: number, properties: Properties): ProvisionObject =>
  add('User', anchor(number), properties);
export const set = (
  objectType: SyncObjectType,
  sourceAnchor: string,
  properties: Properties,
  more: Partial<ProvisionObject> = {},
): ProvisionObject => ({
  operation: 'Set',
  objectType,
  sourceAnchor,
  properties,
  ...more,
});
export const remove = (objectType: SyncObjectType, sourceAnchor: string, cloudAnchor?: string): ProvisionObject => ({
  operation: 'Delete',
  objectType,
  sourceAnchor,
  properties: {},
  ...(cloudAnchor === undefined ? {} : { cloudAnchor }),
});

export interface World {
  readonly index: MemoryIndex;
  settings: RuleSettings;
  readonly context: ReturnType<typeof testContext>;
  /** What would become of the operation. */
  plan(operation: ProvisionObject): ProvisionOutcome;
  /** Plans the operation, carries it out and returns the outcome. */
  run(operation: ProvisionObject): ProvisionOutcome;
  /** Carries out an outcome. */
  apply(outcome: ProvisionOutcome): void;
  object(id: string | undefined): CloudObject;
  /** Replaces members of an object, as the tenant itself does with licences and the like. */
  change(id: string | undefined, more: Partial<CloudObject>): CloudObject;
}

export function world(
  objects: readonly CloudObject[] = [],
  settings: Partial<RuleSettings> = {},
  facts: MemoryFacts = {},
): World {
  const index = memoryIndex(objects, facts);
  const context = testContext();
  const w: World = {
    index,
    context,
    settings: settingsWith(settings),
    plan: (operation) => planProvision(operation, index, w.settings, context),
    run(operation) {
      const outcome = w.plan(operation);
      w.apply(outcome);
      return outcome;
    },
    apply(outcome) {
      const { id, decision } = outcome;
      if (id === undefined || decision === 'refuse' || decision === 'ignore') return;
      if (outcome.deletion === 'hard') index.remove(id);
      else index.put(applyChanges(outcome.target, { id, class: outcome.class }, outcome.changes));
    },
    object(id) {
      const object = id === undefined ? undefined : index.byId(id);
      if (object === undefined) throw new Error(`there is no object ${id}`);
      return object;
    },
    change(id, more) {
      const changed = { ...w.object(id), ...more };
      index.put(changed);
      return changed;
    },
  };
  return w;
}
