/** Changes that touch rights in the cloud: holders of roles, and groups that carry roles. They are shown before all others. */
import { parseDelta } from '../../connector-space/hologram.ts';
import type { DirectoryIndex } from '../../entra/objects.ts';
import type { ExportRow, ReferenceExportRow } from '../../store/exports.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import type { PrivilegeChange } from './model.ts';
import { nameOf } from './names.ts';
import type { Prediction } from './predict.ts';

const listed = 1000;

export class PrivilegeFinder {
  readonly changes: PrivilegeChange[] = [];
  readonly #engine: Engine;
  readonly #target: EngineConnector;
  readonly #index: DirectoryIndex;
  readonly #roles = new Map<number, readonly string[]>();

  constructor(engine: Engine, target: EngineConnector, index: DirectoryIndex) {
    this.#engine = engine;
    this.#target = target;
    this.#index = index;
  }

  #note(what: PrivilegeChange['what'], cs: number, roles: readonly string[], detail: string): void {
    if (this.changes.length >= listed) return;
    const dn = this.#engine.store.cs.get(cs)?.dn ?? '';
    this.changes.push({ connector: this.#target.row.name, what, dn, name: nameOf(this.#engine, cs), roles, detail });
  }

  /** Roles of a target object; a group that may be given roles counts even while it has none. */
  rolesOf(cs: number): readonly string[] {
    const known = this.#roles.get(cs);
    if (known) return known;
    const anchor = this.#engine.store.cs.get(cs)?.anchor;
    const id = anchor?.slice(anchor.indexOf('_') + 1);
    const held = id === undefined ? [] : this.#index.adminRoles(id);
    const assignable = id !== undefined && this.#index.byId(id)?.graph.isAssignableToRole === true;
    const roles = held.length === 0 && assignable ? ['(role-assignable group)'] : held;
    this.#roles.set(cs, roles);
    return roles;
  }

  object(row: ExportRow): void {
    // What is to be made holds nothing yet; whom it will match is told by the prediction.
    if (row.operation === 'add') return;
    const roles = this.rolesOf(row.cs);
    if (roles.length === 0) return;
    if (row.operation === 'delete') this.#note('deletes-role-holder', row.cs, roles, '');
    else this.#note('changes-role-holder', row.cs, roles, Object.keys(parseDelta(row.attributes)).join(', '));
  }

  references(rows: readonly ReferenceExportRow[]): void {
    const member = this.#engine.store.attributes.find('member');
    for (const row of rows) {
      if (row.attribute !== member) continue;
      const roles = this.rolesOf(row.cs);
      if (roles.length === 0) continue;
      const what = row.change === 1 ? 'member-of-role-group' : 'no-member-of-role-group';
      this.#note(what, row.cs, roles, nameOf(this.#engine, row.target));
    }
  }

  /** New objects that the cloud recognizes as somebody with a role: it refuses, or makes a second object. */
  matches(prediction: Prediction): void {
    for (const p of [...prediction.refusals, ...prediction.withheld]) {
      if (p.code !== 'InvalidHardMatch' && p.code !== 'ExistingAdminRoleConflict') continue;
      const roles = p.holder ? this.#index.adminRoles(p.holder.id) : [];
      if (roles.length > 0)
        this.#note('matches-role-holder', p.cs, roles, `${p.code}: ${p.holder?.name ?? p.holder?.id ?? ''}`);
    }
    for (const t of prediction.takeovers) {
      const roles = this.#index.adminRoles(t.id);
      if (roles.length > 0) this.#note('matches-role-holder', t.cs, roles, `takes over ${t.id}`);
    }
  }
}
