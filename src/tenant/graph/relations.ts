import type { LinkKind } from '../store/links.ts';
import type { Kind } from '../store/properties.ts';

/** A navigation property: which links it shows, in which direction. */
export interface Relation {
  /** As documented. */
  readonly name: string;
  readonly links: readonly LinkKind[];
  /** From the target to those who point to it. */
  readonly reverse: boolean;
  readonly single: boolean;
  readonly transitive: boolean;
  /** Kinds that can be found there. */
  readonly kinds: readonly Kind[];
  /** Through Graph links can be added and removed. */
  readonly writable?: LinkKind;
}

const principals: readonly Kind[] = ['user', 'group', 'device', 'servicePrincipal', 'contact'];
const containers: readonly Kind[] = ['group', 'directoryRole', 'administrativeUnit'];
const relation = (
  name: string,
  links: readonly LinkKind[],
  kinds: readonly Kind[],
  more: Partial<Omit<Relation, 'name' | 'links' | 'kinds'>> = {},
): Relation => ({ name, links, kinds, reverse: false, single: false, transitive: false, ...more });

const manager = relation('manager', ['manager'], ['user', 'contact'], { single: true, writable: 'manager' });
const readOnlyManager = relation('manager', ['manager'], ['user', 'contact'], { single: true });
const directReports = relation('directReports', ['manager'], ['user', 'contact'], { reverse: true });
const memberOf = relation('memberOf', ['member', 'unitMember'], containers, { reverse: true });
const transitiveMemberOf = relation('transitiveMemberOf', ['member', 'unitMember'], containers, {
  reverse: true,
  transitive: true,
});
const ownedObjects = relation('ownedObjects', ['owner', 'managedBy'], ['group'], { reverse: true });

const byKind: Readonly<Record<Kind, readonly Relation[]>> = {
  user: [
    manager,
    directReports,
    memberOf,
    transitiveMemberOf,
    ownedObjects,
    relation('ownedDevices', ['registeredOwner', 'registeredOwnerReference'], ['device'], { reverse: true }),
    relation('registeredDevices', ['registeredUser', 'registeredUsersReference'], ['device'], { reverse: true }),
  ],
  group: [
    relation('members', ['member'], principals, { writable: 'member' }),
    relation('transitiveMembers', ['member'], principals, { transitive: true }),
    // What the directory says in managedBy is shown as owner too.
    relation('owners', ['owner', 'managedBy'], ['user', 'servicePrincipal'], { writable: 'owner' }),
    memberOf,
    transitiveMemberOf,
  ],
  contact: [readOnlyManager, directReports, memberOf, transitiveMemberOf],
  device: [
    relation('registeredOwners', ['registeredOwner', 'registeredOwnerReference'], ['user'], {
      writable: 'registeredOwner',
    }),
    relation('registeredUsers', ['registeredUser', 'registeredUsersReference'], ['user'], {
      writable: 'registeredUser',
    }),
    memberOf,
    transitiveMemberOf,
  ],
  directoryRole: [relation('members', ['member'], ['user', 'servicePrincipal', 'group'], { writable: 'member' })],
  application: [],
  administrativeUnit: [relation('members', ['unitMember'], ['user', 'group', 'device'], { writable: 'unitMember' })],
  servicePrincipal: [memberOf, transitiveMemberOf, ownedObjects],
};

/** The relation of a kind with this name in lower case. */
export const findRelation = (kind: Kind, name: string): Relation | undefined =>
  byKind[kind].find((r) => r.name.toLowerCase() === name);
export const relationsOf = (kind: Kind): readonly Relation[] => byKind[kind];
