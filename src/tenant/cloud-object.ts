import { newExtensions } from '../entra/directory-extensions.ts';
import { linkGrowth } from '../entra/links.ts';
import type { CloudObject, DirectoryIndex, Licence, ObjectClass } from '../entra/objects.ts';
import { propertyRule } from '../entra/properties.ts';
import type { ProvisionObject } from '../entra/sync-protocol.ts';
import type { Attributes } from '../model/value.ts';
import type { TenantContext } from './context.ts';
import { licenceOf } from './licences.ts';
import { objectsCounted } from './quota.ts';
import { rolesEligible, rolesHeld } from './roles.ts';
import { isLinkKind } from './store/links.ts';
import type { StoredObject } from './store/objects.ts';
import { addressProperty, type Kind, propertyNumber, sidProperty } from './store/properties.ts';

/** A stored object as the cloud's rules see it; nothing is parsed before a rule looks at it. */
class CloudView implements CloudObject {
  readonly stored: StoredObject;
  constructor(stored: StoredObject) {
    this.stored = stored;
  }
  get id(): string {
    return this.stored.id;
  }
  get class(): ObjectClass {
    return this.stored.kind as ObjectClass;
  }
  get onPremisesSyncEnabled(): boolean | null {
    return this.stored.sync ?? null;
  }
  get immutableId(): string | undefined {
    return this.stored.anchor;
  }
  get objectIdentifier(): string | undefined {
    return this.stored.internal.objectIdentifier as string | undefined;
  }
  get deleted(): boolean {
    return this.stored.deletedAt !== undefined;
  }
  get cloudManaged(): boolean {
    return this.stored.internal.isCloudManaged === true;
  }
  get graph(): Readonly<Record<string, unknown>> {
    return this.stored.body;
  }
  get shadow(): Attributes {
    return this.stored.shadow as Attributes;
  }
  get moera(): string | undefined {
    return this.stored.internal.moera as string | undefined;
  }
  get licence(): Licence {
    return licenceOf(this.stored.body);
  }
  get subscriptions(): number {
    return ((this.stored.body.assignedLicenses ?? []) as readonly unknown[]).length;
  }
}

export const cloudView = (stored: StoredObject): CloudObject => new CloudView(stored);
/** The stored object behind a view made here. */
export const storedOf = (object: CloudObject): StoredObject => (object as CloudView).stored;

const upn = propertyNumber('user', 'userPrincipalName') as number;
const deviceId = propertyNumber('device', 'deviceId') as number;
const classes: ReadonlySet<Kind> = new Set<Kind>(['user', 'group', 'contact', 'device']);

export interface StoreIndex extends DirectoryIndex {
  /** Tells the index that the batch made this object. */
  created(id: string): void;
  /** Tells the index how many links the batch will make, because it makes them only when all objects are written. */
  asked(id: string, links: ProvisionObject['links']): void;
  /** Writes down which directory extensions the batch filled. */
  filled(values: Readonly<Record<string, unknown>>): void;
}

/** The cloud's rules look things up in the store through this. Good for one batch. */
export function storeIndex(context: TenantContext): StoreIndex {
  const { objects, links } = context;
  const made = new Set<string>();
  const growth = new Map<string, number>();
  let countBefore: number | undefined;
  let extensions: Set<string> | undefined;
  const views = (found: readonly StoredObject[]) => found.filter((o) => classes.has(o.kind)).map(cloudView);
  const index: StoreIndex = {
    created: (id) => {
      made.add(id);
    },
    asked(id, changes) {
      for (const [name, list] of Object.entries(changes ?? {})) {
        const key = `${id}/${propertyRule(name)?.name ?? name}`;
        growth.set(key, (growth.get(key) ?? 0) + linkGrowth(list));
      }
    },
    filled(values) {
      for (const name of newExtensions(values, index)) {
        context.db.sql('INSERT OR IGNORE INTO synced_extension (name) VALUES (?)').run(name);
        extensions?.add(name);
      }
    },
    byId(id) {
      const object = objects.byId(id);
      return object && classes.has(object.kind) ? cloudView(object) : undefined;
    },
    bySourceAnchor: (anchor) => views(objects.byAnchorOfAnyKind(anchor)),
    byUserPrincipalName: (key) => views(objects.byValue(upn, key)),
    byAddress: (key) => views(objects.byValue(addressProperty, key)),
    bySid: (sid) => views(objects.byValue(sidProperty, sid)),
    byDeviceId: (id) => views(objects.byValue(deviceId, id)),
    adminRoles(id) {
      const object = objects.byId(id);
      if (!object) return [];
      return [...rolesHeld(context, object), ...rolesEligible(object)]
        .filter((role) => role.privileged)
        .map((role) => role.displayName);
    },
    linkCount(id, property) {
      const object = objects.byId(id);
      if (!object || !isLinkKind(property)) return 0;
      return links.count(object.seq, property) + (growth.get(`${id}/${property}`) ?? 0);
    },
    isNewInBatch: (id) => made.has(id),
    objectCount() {
      countBefore ??= objectsCounted(context) - made.size;
      return countBefore + made.size;
    },
    extensionAttributes() {
      extensions ??= new Set(
        context.db
          .sql('SELECT name FROM synced_extension')
          .all()
          .map((row) => String(row.name)),
      );
      return extensions;
    },
  };
  return index;
}
