import type { TenantContext } from './context.ts';
import type { StoredObject } from './store/objects.ts';
import { propertyNumber } from './store/properties.ts';

export interface RoleTemplate {
  readonly id: string;
  readonly displayName: string;
  /** Protected against take-over by synchronization (entra-directory s.1.2, step 2.3). */
  readonly privileged: boolean;
}

/** Directory roles by template (entra-directory s.5.4). Which are privileged is [U] beyond the administrators. */
export const roleTemplates: readonly RoleTemplate[] = [
  { id: '62e90394-69f5-4237-9190-012177145e10', displayName: 'Global Administrator', privileged: true },
  { id: 'e8611ab8-c189-46e8-94e1-60213ab1f814', displayName: 'Privileged Role Administrator', privileged: true },
  {
    id: '7be44c8a-adaf-4e2a-84d6-ab2649e08a13',
    displayName: 'Privileged Authentication Administrator',
    privileged: true,
  },
  { id: 'fe930be7-5e62-47db-91af-98c3a49a38b1', displayName: 'User Administrator', privileged: true },
  { id: '729827e3-9c14-49f7-bb1b-9608f156bbb8', displayName: 'Helpdesk Administrator', privileged: true },
  { id: '8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2', displayName: 'Hybrid Identity Administrator', privileged: true },
  { id: 'd29b2b05-8046-44ba-8758-1e26182fcf32', displayName: 'Directory Synchronization Accounts', privileged: true },
  { id: '88d8e3e3-8f55-4a1e-953a-9b9898b8876b', displayName: 'Directory Readers', privileged: false },
];

/** The template with this id or name. */
export function findRoleTemplate(idOrName: string): RoleTemplate | undefined {
  const wanted = idOrName.toLowerCase();
  return roleTemplates.find((t) => t.id === wanted || t.displayName.toLowerCase() === wanted);
}

const templateProperty = propertyNumber('directoryRole', 'roleTemplateId') as number;

/** The activated role of the template, made active if it was not. */
export function activateRole(context: TenantContext, template: RoleTemplate): StoredObject {
  const active = context.objects.byValue(templateProperty, template.id, 1)[0];
  if (active) return active;
  return context.objects.insert({
    id: context.random.guid(),
    kind: 'directoryRole',
    body: { displayName: template.displayName, description: template.displayName, roleTemplateId: template.id },
  });
}

/** The templates of the roles that the object holds. */
export function rolesHeld(context: TenantContext, object: StoredObject): RoleTemplate[] {
  return context.links
    .sources(object.seq, 'member')
    .filter((source) => source.kind === 'directoryRole')
    .map((role) => findRoleTemplate(String(role.body.roleTemplateId)))
    .filter((template) => template !== undefined);
}
/** The templates of the roles that the object could activate (privileged identity management). */
export function rolesEligible(object: StoredObject): RoleTemplate[] {
  const ids = (object.internal.eligibleRoles ?? []) as readonly string[];
  return ids.map(findRoleTemplate).filter((template) => template !== undefined);
}
