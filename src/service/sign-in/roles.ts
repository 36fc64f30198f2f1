/** Who may do what (operations s.8). */
export const roles = ['viewer', 'operator', 'rule-editor', 'approver', 'admin'] as const;
export type Role = (typeof roles)[number];

const titles: Record<Role, string> = {
  viewer: 'a viewer',
  operator: 'an operator',
  'rule-editor': 'a rule editor',
  approver: 'an approver',
  admin: 'an administrator',
};

/** Everybody may look; an administrator may do everything; the others do what their role is called. */
export const mayAct = (held: readonly Role[], needed: Role): boolean =>
  held.includes('admin') || held.includes(needed) || (needed === 'viewer' && held.length > 0);

export const roleTitle = (role: Role): string => titles[role];
export const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);
